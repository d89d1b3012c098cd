import Storage
public import TaskDomain

/// What became of an occurrence that somebody called off.
public enum Cancellation: Sendable, Hashable {
    /// It has come to its end: called off, or what it had come to meanwhile.
    case ended(Outcome)
    /// It may be on its way yet. It is not tried again, whatever comes of it.
    case onItsWay
    /// No worker has it, and none is about to get it.
    case notFound
}

/// Single occurrences that were called off, and who waits for what becomes of them.
///
/// The worker is told to stop, and says of it what became of it, as of anything that it runs. What is not done by then is at its end. Who
/// waits is answered when that is on stable storage. Where the worker says nothing for a while it is at its end all the same, and who waits
/// is told that it may be on its way.
struct Cancellations {
    private struct Waiting {
        let until: MonotonicMilliseconds
        var requests: [RequestID]
        /// Its time is up, and a change of its reminder is on its way, after which it is ended.
        var isLate = false
    }

    /// Ends that are on their way to the store.
    struct Storing {
        let requests: [RequestID]
        /// What is answered when the end is stored, and was an end.
        let result: Cancellation
        /// What is answered where there was nothing to end.
        var otherwise = Cancellation.notFound
    }

    /// By what was called off, and is at a worker.
    private var waiting: [OccurrenceKey: Waiting] = [:]
    /// By the first of those who are answered.
    private var storing: [RequestID: Storing] = [:]

    /// Whether nothing is called off that a worker has.
    var isEmpty: Bool { waiting.isEmpty }
    /// Answers that wait.
    private(set) var count = 0
    /// What was called off, and is at a worker.
    var keys: some Collection<OccurrenceKey> { waiting.keys }
    /// When the first worker has been waited for long enough.
    var nextAnswer: MonotonicMilliseconds? { waiting.isEmpty ? nil : waiting.values.lazy.filter { !$0.isLate }.map(\.until).min() }

    func contains(_ key: OccurrenceKey) -> Bool { !waiting.isEmpty && waiting[key] != nil }

    /// Waits for what its worker says of an occurrence; where somebody does already, as long as that one does.
    mutating func wait(_ id: RequestID, for key: OccurrenceKey, until: MonotonicMilliseconds) {
        waiting[key, default: Waiting(until: until, requests: [])].requests.append(id)
        count += 1
    }

    /// Its end is about to be written.
    /// - Returns: whose request is to be written with it; `nil`: nobody waits for it.
    mutating func end(_ key: OccurrenceKey, _ result: Cancellation) -> RequestID? {
        guard let requests = waiting.removeValue(forKey: key)?.requests else { return nil }
        count -= requests.count
        return store(Storing(requests: requests, result: result))
    }

    /// What is about to be written is an end.
    mutating func store(_ end: Storing) -> RequestID? {
        guard let first = end.requests.first else { return nil }
        storing[first] = end
        count += end.requests.count
        return first
    }

    /// It is on stable storage.
    /// - Returns: what it was; `nil` where this is another's request.
    mutating func stored(_ id: RequestID) -> Storing? {
        guard !storing.isEmpty, let end = storing.removeValue(forKey: id) else { return nil }
        count -= end.requests.count
        return end
    }

    /// What is at a worker there is another's.
    /// - Returns: who waits for it, in order.
    mutating func drop(in shards: [Shard]) -> [RequestID] {
        guard !waiting.isEmpty else { return [] }
        let gone = waiting.filter { shards.contains($0.key.reminder.shard) }
        for key in gone.keys { waiting[key] = nil }
        let requests = gone.values.flatMap(\.requests).sorted { $0.rawValue < $1.rawValue }
        count -= requests.count
        return requests
    }

    /// Takes what workers have been waited for long enough, in the order of the requests; but for what is of a reminder that is being changed.
    mutating func takeLate(now: Moment, isChanging: (ReminderID) -> Bool) -> [(key: OccurrenceKey, requests: [RequestID])] {
        let late = waiting.filter { $0.value.until <= now.monotonic }
        for key in late.keys {
            waiting[key]?.isLate = true
            guard !isChanging(key.reminder), let requests = waiting.removeValue(forKey: key)?.requests else { continue }
            count -= requests.count
        }
        let taken = late.filter { waiting[$0.key] == nil }.map { (key: $0.key, requests: $0.value.requests) }
        return taken.sorted { ($0.requests.first?.rawValue ?? 0) < ($1.requests.first?.rawValue ?? 0) }
    }
}

extension SchedulerCore {
    /// Somebody calls off an occurrence.
    /// - Parameter caller: only if its reminder is this caller's.
    mutating func cancel(_ id: RequestID, _ key: OccurrenceKey, caller: String?) {
        guard owns(key) else { return effects.append(.refuse(id)) }
        // What is at a worker is called off at once.
        let isAtWorker = table[key]?.isHandedOut ?? false
        if isAtWorker || !waitsInLine(.cancel(id, key, caller: caller)) { carryOutCancel(id, key, caller: caller) }
    }

    mutating func carryOutCancel(_ id: RequestID, _ key: OccurrenceKey, caller: String?) {
        guard let strand = strand(of: key.reminder), takesRequests(strand), cancellations.count < configuration.maxPendingRequests else {
            return effects.append(.refuse(id))
        }
        func isOwn(_ reminder: Reminder) -> Bool { caller.map { $0 == reminder.caller } ?? true }
        if let entry = table[key] {
            // One that is to come is its series'.
            let isToCome = entry.state == .waiting && entry.positionIndex != nil
            guard isOwn(entry.reminder), !isToCome else { return effects.append(.cancelled(id, .notFound)) }
            if entry.isHandedOut {
                if case .leased(let lease, _) = entry.state { leases.revoke(lease) }
                return cancellations.wait(id, for: key, until: now.monotonic + configuration.recallMilliseconds)
            }
        } else if let lease = recalls.open(of: key.reminder).first(where: { $0.value == key })?.key, let reminder = leases[lease]?.reminder {
            // Its worker has been told, and has not ended it: answered when what called it off is on stable storage.
            guard isOwn(reminder) else { return effects.append(.cancelled(id, .notFound)) }
            if let request = cancellations.store(Cancellations.Storing(requests: [id], result: .onItsWay)) { strand.outbox.add([], for: request) }
            return
        }
        // A worker of a former process may have it.
        let isUncertain = table[key].map { $0.state == .inDoubt } ?? (strand.doubt != nil) || leases.claims[key] != nil
        let end = Cancellations.Storing(requests: [id], result: isUncertain ? .onItsWay : .ended(.cancelled))
        let detail = isUncertain ? "called off, and it may have been on its way" : "called off while it waited"
        endStored(key, end, caller: caller, isUnderWay: false, detail: detail)
    }

    /// What no worker has, or none has ended in time, is at its end where it is stored.
    private mutating func endStored(
        _ key: OccurrenceKey, _ end: Cancellations.Storing, caller: String?, isUnderWay: Bool, detail: String
    ) {
        guard let request = cancellations.store(end) else { return }
        if let entry = table[key] {
            part(entry)
            // Whatever the answer: the write may be repeated, and finds nothing then.
            if entry.positionIndex == nil, entry.isManual, isAhead(entry) { passed.ended(key) }
        }
        let change = ReminderChange.cancelOccurrence(scheduledAt: key.scheduledAt, detail: detail, isUnderWay: isUnderWay)
        withdraw(key.reminder, for: change)
        strand(of: key.reminder)?.outbox.add([.change(key.reminder, change, ChangeGuard(caller: caller), at: now.wall)], for: request)
    }

    /// An attempt at an occurrence that was called off has ended: what was not done is at its end, and is not tried again.
    /// - Returns: the end, and whose request it is written with.
    mutating func endCancelled(_ end: AttemptEnd) -> (end: AttemptEnd, request: RequestID?) {
        let key = end.entry.key, outcome = end.attempt.outcome
        guard cancellations.contains(key) else { return (end, nil) }
        guard !outcome.isFinal else { return (end, cancellations.end(key, .ended(outcome))) }
        guard !breaks(.triesAgainWhatIsCancelled) else {
            return (end, outcome == .unsent ? nil : cancellations.end(key, .ended(.cancelled)))
        }
        var cancelled = end
        cancelled.attempt.outcome = .cancelled
        cancelled.attempt.detail = end.attempt.detail.isEmpty ? "called off" : "called off: \(end.attempt.detail)"
        // Whoever was lost with it may send it yet.
        return (cancelled, cancellations.end(key, outcome == .leaseLost ? .onItsWay : .ended(.cancelled)))
    }

    /// What workers have not ended in time is at its end: its outcome is recorded when it comes, and no more.
    mutating func endLateCancellations() {
        guard !cancellations.isEmpty else { return }
        for (key, requests) in cancellations.takeLate(now: now, isChanging: { changing[$0] != nil }) {
            // One before it may be of the same reminder.
            let end = Cancellations.Storing(requests: requests, result: .onItsWay, otherwise: .onItsWay)
            endStored(key, end, caller: nil, isUnderWay: true, detail: "called off; its worker had not ended it")
        }
    }

    /// The end of what was called off is on stable storage.
    mutating func conclude(_ end: Cancellations.Storing, _ writes: [StoreWrite], _ results: [StoreWriteResult]) {
        var result = end.result
        for (write, stored) in zip(writes, results) {
            guard case .change(let id, .cancelOccurrence(let scheduledAt, _, _), _, _) = write else { continue }
            if case .changed(let outcome) = stored, outcome.verdict == .done {
                passed.ended(OccurrenceKey(reminder: id, scheduledAt: scheduledAt))
            } else {
                result = end.otherwise
            }
            changed(write, stored)
        }
        for request in end.requests { effects.append(.cancelled(request, result)) }
    }
}
