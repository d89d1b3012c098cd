import Storage
import TaskDomain

/// What callers have called off, by a cancel, a pause or another schedule, while a worker has it.
///
/// The worker is told to stop what has not left, and says of each what became of it, as of anything that it runs. The caller's answer
/// waits until nothing of it can leave any more; not for long, and not where nobody can tell: then it names what may.
struct Recalls {
    /// An answer that can be given.
    struct Answer {
        let id: RequestID
        let results: [StoreWriteResult]
        let inFlight: [OccurrenceKey]
    }

    private struct Waiting {
        let results: [StoreWriteResult]
        /// Called off, and not known to be at its end.
        var open: [LeaseID: OccurrenceKey]
        /// On its way, for all that is known.
        var inFlight: Set<OccurrenceKey>
        let until: MonotonicMilliseconds

        func answer(_ id: RequestID) -> Answer {
            Answer(id: id, results: results, inFlight: inFlight.union(open.values).sorted())
        }
    }

    /// What one request calls off.
    struct Request {
        var open: [LeaseID: OccurrenceKey] = [:]
        var inFlight: Set<OccurrenceKey> = []

        mutating func add(_ other: Request) {
            open.merge(other.open) { old, _ in old }
            inFlight.formUnion(other.inFlight)
        }
    }

    /// Everything called off that a worker still has.
    private var calledOff: [ReminderID: [LeaseID: OccurrenceKey]] = [:]
    private var waiting: [RequestID: Waiting] = [:]
    private var asking: [LeaseID: [RequestID]] = [:]

    /// Answers that wait.
    var count: Int { waiting.count }
    /// When the first of them has waited long enough.
    var nextAnswer: MonotonicMilliseconds? { waiting.isEmpty ? nil : waiting.values.lazy.map(\.until).min() }

    /// Of a reminder: what was called off before, and has not ended.
    func open(of id: ReminderID) -> [LeaseID: OccurrenceKey] { calledOff.isEmpty ? [:] : calledOff[id] ?? [:] }

    mutating func callOff(_ lease: LeaseID, _ key: OccurrenceKey) { calledOff[key.reminder, default: [:]][lease] = key }

    /// Lets an answer wait for what its request calls off.
    mutating func wait(_ id: RequestID, _ results: [StoreWriteResult], _ request: Request, until: MonotonicMilliseconds) {
        waiting[id] = Waiting(results: results, open: request.open, inFlight: request.inFlight, until: until)
        for lease in request.open.keys { asking[lease, default: []].append(id) }
    }

    /// A lease has ended.
    /// - Parameter isKnown: what became of it is known, so that nothing leaves under it any more.
    /// - Returns: what can be answered now.
    mutating func ended(_ lease: LeaseID, _ key: OccurrenceKey, isKnown: Bool) -> [Answer] {
        guard !calledOff.isEmpty, calledOff[key.reminder]?.removeValue(forKey: lease) != nil else { return [] }
        if calledOff[key.reminder]?.isEmpty ?? false { calledOff[key.reminder] = nil }
        return (asking.removeValue(forKey: lease) ?? []).compactMap { id in
            waiting[id]?.open[lease] = nil
            if !isKnown { waiting[id]?.inFlight.insert(key) }
            guard waiting[id]?.open.isEmpty ?? false else { return nil }
            return waiting.removeValue(forKey: id)?.answer(id)
        }
    }

    /// Takes the answers that have waited long enough, in the order of their requests.
    mutating func takeLate(now: Moment) -> [Answer] {
        let late = waiting.filter { $0.value.until <= now.monotonic }.keys.sorted { $0.rawValue < $1.rawValue }
        return late.compactMap { id in
            guard let answer = waiting.removeValue(forKey: id) else { return nil }
            for lease in answer.open.keys {
                asking[lease]?.removeAll { $0 == id }
                if asking[lease]?.isEmpty ?? false { asking[lease] = nil }
            }
            return answer.answer(id)
        }
    }
}

extension SchedulerCore {
    /// A request's changes are on stable storage: carries them out, and answers when what they call off has been stopped.
    mutating func conclude(_ request: RequestID, _ writes: [StoreWrite], _ results: [StoreWriteResult], of strand: Strand) {
        var recall = Recalls.Request()
        for (write, result) in zip(writes, results) {
            callOff(write, result, &recall)
            changed(write, result)
        }
        guard let whole = joints.join(request, results, recall, of: strand) else { return }
        let results = whole.results
        recall = whole.recall
        // What has ended since another strand said so may have left before it did.
        for (lease, key) in recall.open where leases[lease] == nil {
            recall.open[lease] = nil
            recall.inFlight.insert(key)
        }
        let mustWait = !recall.open.isEmpty && recalls.count < configuration.maxPendingRequests
        guard mustWait, !breaks(.leavesWhatIsCalledOff) else {
            let inFlight = breaks(.leavesWhatIsCalledOff) ? [] : recall.inFlight.union(recall.open.values).sorted()
            return effects.append(.answer(request, results, inFlight: inFlight))
        }
        recalls.wait(request, results, recall, until: now.monotonic + configuration.recallMilliseconds)
    }

    /// Tells workers to stop what a change has called off.
    private mutating func callOff(_ write: StoreWrite, _ result: StoreWriteResult, _ recall: inout Recalls.Request) {
        guard case .change(let id, let change, _, _) = write, change.callsOff, case .changed(let outcome) = result else { return }
        // Said twice, it waits for the same.
        recall.open.merge(recalls.open(of: id)) { old, _ in old }
        let isRepeated = outcome.verdict == .finished && outcome.standing?.state == .cancelled
        guard outcome.verdict == .done || isRepeated else { return }
        let stored = Set((outcome.standing?.entries ?? []).map(\.due.occurrence))
        for entry in table.entries(of: id) {
            guard case .leased(let lease, _) = entry.state else { continue }
            if isRepeated || stored.contains(entry.key) {
                // A person asked for it, or it had fallen due before its schedule changed: it goes on.
                recall.inFlight.insert(entry.key)
            } else {
                recalls.callOff(lease, entry.key)
                if !breaks(.leavesWhatIsCalledOff) { leases.recall(lease) }
                recall.open[lease] = entry.key
            }
        }
        // Nobody knows whether a worker of a former process has these.
        recall.inFlight.formUnion(changing[id]?.doubtful ?? [])
        for (key, claim) in leases.claims.all where key.reminder == id && claim.outcome == nil { recall.inFlight.insert(key) }
    }

    /// Answers that have waited long enough.
    mutating func answerLate() {
        guard recalls.count > 0 else { return }
        answer(recalls.takeLate(now: now))
    }

    mutating func answer(_ answers: [Recalls.Answer]) {
        for answer in answers { effects.append(.answer(answer.id, answer.results, inFlight: answer.inFlight)) }
    }
}

extension ReminderChange {
    /// Whether it may take back what a worker has.
    fileprivate var callsOff: Bool {
        switch self {
        case .cancel, .pause, .replace: true
        default: false
        }
    }
}
