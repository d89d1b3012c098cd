import SchedulerCore
import Storage
import TaskDomain
import TaskMessages
import TaskRecurrence
import TaskWire

/// What gateways ask to be done with reminders, occurrences and queues that exist.
extension SchedulerAPI {
    // MARK: Reminders

    func change(_ request: Proto.ChangeRequest, _ asker: Asker, _ reply: Responder<Proto.ChangeReply>) {
        guard (1...RequestBounds.maxItems).contains(request.reminders.count) else {
            return reply(.failure(CallError(.invalidArgument, "a change is of 1 to \(RequestBounds.maxItems) reminders")))
        }
        switch request.action {
        case .cancel: change(request, reply) { _ in .cancel }
        case .pause: change(request, reply) { _ in .pause }
        case .resume: resume(request, asker, reply)
        case .run: change(request, reply) { _ in .run }
        case .update: change(request, reply) { id in try update(request, id) }
        }
    }

    private func change(
        _ request: Proto.ChangeRequest, _ reply: Responder<Proto.ChangeReply>, _ change: (ReminderID) throws -> ReminderChange
    ) {
        let at = Self.time(of: request)
        let writes: [StoreWrite]
        do {
            writes = try request.reminders.map { reference in
                let id = try ReminderID(wire: reference.id)
                return .change(
                    id, try change(id), guardian(reference, revision: request.revision), at: at)
            }
        } catch {
            return reply(.failure(Self.callError(error)))
        }
        loop.change(writes) { result in
            reply(result.map { changed in Proto.ChangeReply(changes: Self.changes(writes, changed)) })
        }
    }

    private static func changes(_ writes: [StoreWrite], _ changed: SchedulerLoop.Changed) -> [Proto.Change] {
        let inFlight = Dictionary(grouping: changed.inFlight, by: \.reminder)
        return zip(writes, changed.results).map { write, result in
            var change = Proto.Change(result)
            if case .change(let id, _, _, _) = write { change.inFlight = (inFlight[id] ?? []).map(\.scheduledAt.count) }
            return change
        }
    }

    /// When the change was asked for, as far as the clocks agree.
    private static func time(of request: Proto.ChangeRequest) -> UnixMilliseconds {
        let now = SystemClock.now, asked = UnixMilliseconds(request.atMs)
        return (now - 60_000...now + 60_000).contains(asked) ? asked : now
    }

    private func guardian(_ reference: Proto.ReminderRef, revision: Int64) -> ChangeGuard {
        ChangeGuard(caller: reference.caller.isEmpty ? nil : reference.caller, revision: revision == 0 ? nil : revision)
    }

    private func update(_ request: Proto.ChangeRequest, _ id: ReminderID) throws -> ReminderChange {
        guard request.authorization.value.utf8.count <= RequestBounds.maxAuthorizationBytes else {
            throw InvalidRequest("the new credential is too long")
        }
        guard let wire = request.reminder else {
            guard !request.authorization.isEmpty else { throw InvalidRequest("an update with nothing new") }
            return .replaceAuthorization(sealed: try seal(request.authorization, for: id))
        }
        guard request.reminders.count == 1, wire.id == id.bytes else {
            throw InvalidRequest("an update of the whole is of one reminder, and names it")
        }
        let reminder = try Reminder(wire, authorization: request.authorization, seal: seal)
        let position = try position(of: reminder.schedule)
        loop.zoneMarks.note(reminder.schedule, in: id.shard)
        return .replace(reminder, position: position)
    }

    /// Where a schedule that replaces another begins: what it says of the past is not made up for, but one time that
    /// has passed is due now, as in a create.
    private func position(of schedule: Schedule) throws(ScheduleError) -> SeriesPosition? {
        let series = try schedule.series()
        guard let first = series.first() else { return nil }
        let now = SystemClock.now.second.count
        let cursor = schedule.isSingle || first.instant > now ? first : series.cursor(after: now)
        return cursor.map { SeriesPosition($0) }
    }

    private func resume(_ request: Proto.ChangeRequest, _ asker: Asker, _ reply: Responder<Proto.ChangeReply>) {
        let items: [Resumption.Item]
        do throws(InvalidRequest) {
            items = try request.reminders.map { (reference) throws(InvalidRequest) in
                Resumption.Item(id: try ReminderID(wire: reference.id), guardian: guardian(reference, revision: request.revision))
            }
        } catch {
            return reply(.failure(error.callError))
        }
        Resumption(of: items, at: Self.time(of: request), for: asker, loop: loop) { result in
            reply(result.map { Proto.ChangeReply(changes: $0) })
        }.start()
    }

    // MARK: Occurrences

    func changeOccurrences(
        _ request: Proto.ChangeOccurrencesRequest, _ asker: Asker, _ reply: Responder<Proto.ChangeOccurrencesReply>
    ) {
        let filter: OccurrenceFilter, after: ListCursor?
        do throws(InvalidRequest) {
            filter = try OccurrenceFilter(request.filter)
            guard filter.state != .pending else { throw InvalidRequest("a change is of held or of dead occurrences") }
            after = try .read(request.cursor, .latestSetAside)
        } catch {
            return reply(.failure(error.callError))
        }
        let limit = min(max(1, Int(request.limit)), RequestBounds.maxItems)
        loop.store.listOccurrences(filter, after: after, limit: limit, for: asker) { result in
            let page: ListPage<SetAsideOccurrence>
            do throws(StoreError) { page = try result.get() } catch { return reply(.failure(Self.callError(error))) }
            let cursor = page.next?.bytes ?? []
            guard !page.items.isEmpty else { return reply(.success(Proto.ChangeOccurrencesReply(changed: 0, cursor: cursor))) }
            let at = SystemClock.now
            let writes = page.items.map { item in
                StoreWrite.change(
                    item.key.reminder, request.action.change(item, at: at), ChangeGuard(caller: filter.caller),
                    at: at)
            }
            loop.request(writes) { result in
                reply(
                    result.map { results in
                        let changed = results.map(Proto.Change.init).count { $0.result == .done }
                        return Proto.ChangeOccurrencesReply(changed: UInt32(changed), cursor: cursor)
                    })
            }
        }
    }

    func cancelOccurrence(_ request: Proto.CancelOccurrenceRequest, _ reply: Responder<Proto.CancelOccurrenceReply>) {
        let key: OccurrenceKey
        do throws(InvalidRequest) {
            guard let occurrence = request.occurrence else { throw InvalidRequest("no occurrence is named") }
            key = OccurrenceKey(reminder: try ReminderID(wire: occurrence.id), scheduledAt: UnixSeconds(occurrence.scheduledAt))
        } catch {
            return reply(.failure(error.callError))
        }
        loop.cancel(key, caller: request.caller.isEmpty ? nil : request.caller) { result in
            reply(
                result.map { what in
                    switch what {
                    case .ended(let outcome): Proto.CancelOccurrenceReply(result: .ended, outcome: outcome.wire)
                    case .onItsWay: Proto.CancelOccurrenceReply(result: .onItsWay)
                    case .notFound: Proto.CancelOccurrenceReply(result: .notFound)
                    }
                })
        }
    }

    // MARK: Queues

    /// Queues that may have settings of their own.
    private static var maxQueues: Int { 1_000 }

    func changeQueue(_ request: Proto.ChangeQueueRequest, _ reply: Responder<Proto.ChangeQueueReply>) {
        let settings: QueueSettings
        do throws(InvalidRequest) { settings = try QueueSettings(request.queue) } catch {
            return reply(.failure(error.callError))
        }
        let none = QueueSettings(name: settings.name)
        // Queues without settings are not counted: whoever creates many must not keep others from being paused.
        guard loop.configuredQueues < Self.maxQueues || settings == none || loop.queue(settings.name).settings != none else {
            let advice = "there are \(Self.maxQueues) queues with settings already; take the settings of one back first"
            return reply(.failure(CallError(.failedPrecondition, advice)))
        }
        loop.request([.queue(settings)]) { result in
            if case .failure(let error) = result { return reply(.failure(error)) }
            // It has been changed, whether or not what is in it can be told.
            loop.store.tallies(of: [settings.name], for: .patient) { tallies in
                let tally = try? tallies.get().queues[settings.name]
                reply(.success(Proto.ChangeQueueReply(queue: Proto.Queue(loop.queue(settings.name), tally))))
            }
        }
    }
}

extension Proto.ChangeOccurrencesRequest.Action {
    fileprivate func change(_ item: SetAsideOccurrence, at: UnixMilliseconds) -> ReminderChange {
        switch self {
        case .replay: .replay(scheduledAt: item.key.scheduledAt)
        case .discard: .discard(scheduledAt: item.key.scheduledAt, goesOnAt: SeriesTarget(item.reminder.schedule, after: at, endsSingle: true))
        }
    }
}

extension Proto.Change {
    init(_ result: StoreWriteResult) {
        guard case .changed(let outcome) = result else {
            self.init(result: .notFound)
            return
        }
        let verdict: Result =
            switch outcome.verdict {
            case .done: .done
            case .notFound: .notFound
            case .finished: .finished
            case .revisionDiffers: .revisionDiffers
            }
        // What cannot be read can still be cancelled, and then has no other standing.
        let state = outcome.standing?.state ?? (outcome.verdict == .done ? .cancelled : nil)
        self.init(
            result: verdict, state: state?.wire, revision: outcome.standing?.revision ?? 0,
            released: UInt32(clamping: outcome.released), scheduledAt: outcome.scheduledAt?.count ?? 0)
    }
}
