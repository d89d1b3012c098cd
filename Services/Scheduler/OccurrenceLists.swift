import SchedulerCore
import Storage
import TaskDomain
import TaskMessages
import TaskOperations
import TaskWire

/// Lists of occurrences: of those with rows in the store, and of those that memory alone knows to be ready or to run.
extension SchedulerAPI {
    func listOccurrences(_ request: Proto.ListOccurrencesRequest, _ asker: Asker, _ reply: Responder<Proto.ListOccurrencesReply>) {
        switch request.filter?.state {
        case .ready?:
            listLive(request, reply) { after, limit, matches in loop.core.readyOccurrences(after: after, limit: limit, where: matches) }
        case .running?:
            listLive(request, reply) { after, limit, matches in loop.core.runningOccurrences(after: after, limit: limit, where: matches) }
        case .retrying?, .held?, .dead?, nil: listStored(request, asker, reply)
        }
    }

    // MARK: In the store

    private func listStored(_ request: Proto.ListOccurrencesRequest, _ asker: Asker, _ reply: Responder<Proto.ListOccurrencesReply>) {
        let filter: OccurrenceFilter, after: ListCursor?
        do throws(InvalidRequest) {
            filter = try OccurrenceFilter(request.filter).tried
            after = try .read(request.cursor, filter.state == .pending ? .nextTry : .latestSetAside)
        } catch {
            return reply(.failure(error.callError))
        }
        loop.store.listOccurrences(filter, after: after, limit: Self.limit(request.limit), for: asker) { result in
            let page: ListPage<SetAsideOccurrence>
            do throws(StoreError) { page = try result.get() } catch { return reply(.failure(Self.callError(error))) }
            let (items, next) = Self.cut(page) { 1_280 + $0.reminder.arguments.count }
            let answer = Proto.ListOccurrencesReply(occurrences: items.compactMap(told), cursor: next?.bytes ?? [])
            guard request.withAttempts, let key = filter.key, !items.isEmpty else { return reply(.success(answer)) }
            addAttempts(at: key, to: answer, asker, reply)
        }
    }

    /// `nil`: a worker has its next try, so that it runs.
    private func told(_ occurrence: SetAsideOccurrence) -> Proto.Occurrence? {
        guard occurrence.state != .pending || loop.core.run(of: occurrence.key) == nil else { return nil }
        return Proto.Occurrence(occurrence)
    }

    private func addAttempts(
        at key: OccurrenceKey, to answer: Proto.ListOccurrencesReply, _ asker: Asker, _ reply: Responder<Proto.ListOccurrencesReply>
    ) {
        loop.store.attempts(at: key, limit: Self.maxPage, for: asker) { result in
            reply(
                result.mapError(Self.callError).map { attempts in
                    var whole = answer
                    whole.attempts = attempts.map(\.wire)
                    return whole
                })
        }
    }

    // MARK: In memory

    private func listLive(
        _ request: Proto.ListOccurrencesRequest, _ reply: Responder<Proto.ListOccurrencesReply>,
        _ read: (_ after: UInt64, _ limit: Int, _ matches: (OccurrenceKey, Reminder) -> Bool) -> LivePage
    ) {
        let filter: OccurrenceFilter, after: ListCursor?
        do throws(InvalidRequest) {
            filter = try OccurrenceFilter(request.filter, of: .pending)
            after = try .read(request.cursor, .longestFirst)
        } catch {
            return reply(.failure(error.callError))
        }
        // The order of a former process is none of this one's: the list begins anew.
        let number = after.flatMap { $0.key.reminder == loop.mark ? UInt64(bitPattern: $0.major) : nil } ?? 0
        let live = read(number, Self.limit(request.limit)) { filter.matches($0, of: $1) }
        let places = live.numbers.map(place)
        let (items, next) = Self.cut(ListPage(items: live.occurrences, places: places, next: live.next.map(place))) {
            1_280 + $0.reminder.arguments.count
        }
        let occurrences = items.map { occurrence in
            var wire = Proto.Occurrence(occurrence)
            tell(occurrence.run, in: &wire)
            return wire
        }
        reply(.success(Proto.ListOccurrencesReply(occurrences: occurrences, cursor: next?.bytes ?? [])))
    }

    private func place(_ number: UInt64) -> ListCursor {
        ListCursor(.longestFirst, major: Int64(bitPattern: number), key: OccurrenceKey(reminder: loop.mark, scheduledAt: UnixSeconds(0)))
    }

    private func tell(_ run: LiveOccurrence.Run?, in wire: inout Proto.Occurrence) {
        guard let run else { return }
        wire.worker = WorkerName.instance(of: run.worker)
        wire.leaseMs = UInt32(clamping: run.leaseEndsAt - SystemClock.monotonic)
        wire.progressThousandths = run.progress?.thousandths.map(Int64.init)
        wire.progressText = run.progress?.text ?? ""
    }
}
