import Storage
import TaskDomain
import TaskMessages
import TaskOperations
import TaskWire

/// What gateways ask about reminders, attempts, queues and workers. Lists of occurrences are in OccurrenceLists.swift.
extension SchedulerAPI {
    /// Bounds of one answer: items, attempts, and about so many bytes.
    static var maxPage: Int { 1_000 }
    private static var maxPageBytes: Int { 2 << 20 }
    /// Occurrences that are told of one worker.
    private static var maxRuns: Int { 1_000 }

    func get(_ request: Proto.ReminderRef, _ asker: Asker, _ reply: Responder<Proto.ReminderReply>) {
        guard let id = id(request.id, reply) else { return }
        loop.store.reminder(id, for: asker) { result in
            switch result {
            case .success(let summary?) where request.caller.isEmpty || request.caller == summary.reminder.caller:
                reply(.success(Proto.ReminderReply(summary, isServed: loop.isServed(summary.reminder))))
            case .success: reply(.success(Proto.ReminderReply(found: false)))
            case .failure(let error): reply(.failure(Self.callError(error)))
            }
        }
    }

    func list(_ request: Proto.ListRequest, _ asker: Asker, _ reply: Responder<Proto.ListReply>) {
        let filter: ReminderFilter, after: ListCursor?
        do throws(InvalidRequest) {
            filter = try ReminderFilter(request.filter)
            after = try .read(request.cursor, filter.isByDueTime ? .byDueTime : .newestFirst)
        } catch {
            return reply(.failure(error.callError))
        }
        loop.store.list(filter, after: after, limit: Self.limit(request.limit), for: asker) { result in
            reply(
                result.mapError(Self.callError).map { page in
                    let (items, next) = Self.cut(page) { 256 + $0.reminder.arguments.count }
                    return Proto.ListReply(
                        reminders: items.map { Proto.ReminderReply($0, isServed: loop.isServed($0.reminder)) },
                        cursor: next?.bytes ?? [])
                })
        }
    }

    func attempts(_ request: Proto.AttemptsRequest, _ asker: Asker, _ reply: Responder<Proto.AttemptsReply>) {
        guard let id = id(request.id, reply) else { return }
        let limit = Self.limit(request.limit)
        guard !request.caller.isEmpty else { return attempts(of: id, limit: limit, asker, reply) }
        loop.store.reminder(id, for: asker) { result in
            switch result {
            case .success(let summary?) where request.caller == summary.reminder.caller:
                attempts(of: id, limit: limit, asker, reply)
            case .success: reply(.success(Proto.AttemptsReply(found: false)))
            case .failure(let error): reply(.failure(Self.callError(error)))
            }
        }
    }

    private func attempts(of id: ReminderID, limit: Int, _ asker: Asker, _ reply: Responder<Proto.AttemptsReply>) {
        loop.store.attempts(of: id, limit: limit, for: asker) { result in
            switch result {
            case .success(nil): reply(.success(Proto.AttemptsReply(found: false)))
            case .success(let attempts?):
                reply(.success(Proto.AttemptsReply(found: true, attempts: attempts.map(\.wire))))
            case .failure(let error): reply(.failure(Self.callError(error)))
            }
        }
    }

    func listQueues(_ request: Proto.ListQueuesRequest, _ asker: Asker, _ reply: Responder<Proto.ListQueuesReply>) {
        guard request.names.count <= Self.maxPage else {
            return reply(.failure(CallError(.invalidArgument, "more than \(Self.maxPage) queues were asked for")))
        }
        let limit = request.limit == 0 ? Self.maxPage : Self.limit(request.limit)
        let page = request.names.isEmpty ? loop.queues(after: request.after, limit: limit + 1) : request.names.map(loop.queue)
        let more = request.names.isEmpty && page.count > limit, queues = more ? Array(page.prefix(limit)) : page
        loop.store.tallies(of: queues.map(\.settings.name), for: asker) { result in
            reply(
                result.mapError(Self.callError).map { tallies in
                    Proto.ListQueuesReply(queues: queues.map { Proto.Queue($0, tallies.queues[$0.settings.name]) }, more: more)
                })
        }
    }

    func listWorkers(_ request: Proto.ListWorkersRequest, _ reply: Responder<Proto.ListWorkersReply>) {
        let now = SystemClock.now
        guard request.instance.isEmpty else {
            let workers = loop.fleet.named(request.instance, now: now).prefix(1).map { worker($0.name, $0.member, runs: Self.maxRuns) }
            return reply(.success(Proto.ListWorkersReply(workers: workers)))
        }
        let limit = Self.limit(request.limit)
        let members = loop.fleet.page(after: request.after, limit: limit + 1, now: now)
        reply(.success(Proto.ListWorkersReply(workers: members.prefix(limit).map { worker($0.name, $0.member, runs: 0) }, more: members.count > limit)))
    }

    /// - Parameter runs: how many of the occurrences that it has are told.
    func worker(_ name: String, _ member: Fleet.Member, runs limit: Int) -> Proto.Worker {
        let attach = member.attach, now = SystemClock.monotonic
        return Proto.Worker(
            instance: attach.instance, name: name, state: member.worker == nil ? .detached : member.isDraining ? .draining : .attached,
            host: attach.host, version: attach.version, process: attach.process, startedAtMs: attach.startedAtMs,
            attachedAtMs: member.attachedAt.count, detachedAtMs: member.gone?.at.count ?? 0, reason: member.gone?.reason ?? "",
            queues: attach.queues, tasks: attach.tasks, concurrency: attach.concurrency,
            running: UInt32(clamping: member.worker.map(loop.runCount) ?? 0), finished: member.finished, failed: member.failed,
            runs: (member.worker.map { loop.runs(of: $0, limit: limit) } ?? []).map { run in
                Proto.RunningOccurrence(
                    id: run.occurrence.reminder.bytes, scheduledAt: run.occurrence.scheduledAt.count, attempt: UInt32(clamping: run.attempt),
                    sinceMs: run.since.count, leaseMs: UInt32(clamping: run.leaseEndsAt - now), task: run.task, queue: run.queue,
                    progressThousandths: run.progress?.thousandths.map(Int64.init), progressText: run.progress?.text ?? "")
            },
            controllable: attach.controllable, maxConcurrency: attach.maxConcurrency)
    }

    /// A gateway works out times by its own zone data, and shows them as if they were this scheduler's.
    func compare(_ request: Proto.Bases, _ peer: PeerIdentity, _ reply: Responder<Proto.Bases>) {
        let own = loop.zoneVersion ?? ""
        readiness?.set("tzdata", ZoneDifference.state(own: own, other: request.tzdata, of: "the \(peer.role) \(peer.instance)"))
        reply(.success(Proto.Bases(tzdata: own)))
    }

    static func limit(_ wire: UInt32) -> Int { min(max(1, Int(wire)), maxPage) }

    /// As much of a page as one message should hold, at least one item.
    static func cut<Item>(_ page: ListPage<Item>, bytes: (Item) -> Int) -> ([Item], next: ListCursor?) {
        var total = 0
        for (index, item) in page.items.enumerated() {
            total += bytes(item)
            if total > maxPageBytes, index > 0 { return (Array(page.items.prefix(index)), page.places[index - 1]) }
        }
        return (page.items, page.next)
    }
}
