public import TaskDomain

/// A worker says that a task goes on for longer than its lease lasts.
public struct LeaseExtension: Sendable, Hashable {
    /// The worker's, for the answer.
    public var id: UInt64
    public var lease: UInt64
    public var key: OccurrenceKey
    /// How long the task may go on from now.
    public var milliseconds: Int64

    public init(id: UInt64, lease: UInt64, key: OccurrenceKey, milliseconds: Int64) {
        self.id = id
        self.lease = lease
        self.key = key
        self.milliseconds = milliseconds
    }
}

/// Why a lease stays as it is.
public enum ExtensionRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The worker does not have it: it ran out, was given up, or is another's.
    case lost
    /// Somebody called the occurrence off, or gave its reminder another schedule: the task is to end.
    case calledOff
    case outOfBounds(milliseconds: Int64)
    /// It would be longer than any may last; what is left of that.
    case tooLongInAll(leftMilliseconds: Int64)

    public var description: String {
        switch self {
        case .lost: "the lease is lost: the occurrence is not this worker's any more"
        case .calledOff: "the occurrence was called off: the task is to end"
        case .outOfBounds(let milliseconds):
            "an extension must be of \(LeaseLimits.extensionMilliseconds.lowerBound) to \(LeaseLimits.extensionMilliseconds.upperBound) ms; "
                + "it was of \(milliseconds): extend the lease more often, by less"
        case .tooLongInAll(let left):
            "no run may take longer than \(LeaseLimits.totalMilliseconds / 3_600_000) h, however often its lease is extended; \(left) ms of that are left"
        }
    }
}

/// What became of an extension.
public struct ExtensionAnswer: Sendable, Hashable {
    public let id: UInt64
    /// How long the task may go on, milliseconds from now. The lease lasts longer, ``LeaseLimits/outcomeMilliseconds``.
    public let result: Result<Int64, ExtensionRefusal>
}

/// Since when a worker has a lease, and until when.
struct LeaseTerm {
    let since: MonotonicMilliseconds
    let until: MonotonicMilliseconds
    /// Whether its task was told that it may go on.
    var isExtended = false
}

/// Leases that last longer than they were granted for, as their tasks go on, and how far those are.
extension SchedulerCore {
    /// Extends what a worker has, and answers each in the order in which it was asked. What is answered is kept: nobody else is given the
    /// occurrence before, also where the worker falls silent. Only one that says itself that it ends, or whose connection was closed and
    /// which is not back at once, loses it: that is what the end of a process looks like, and one that lives is told so at that moment.
    mutating func extend(_ asked: [LeaseExtension], of worker: WorkerID) {
        guard workers[worker] != nil else { return }
        var answers: [ExtensionAnswer] = []
        // Who owns another shard answers for it.
        for one in asked where owns(one.key) {
            do throws(ExtensionRefusal) {
                answers.append(ExtensionAnswer(id: one.id, result: .success(try extend(one, of: worker))))
            } catch {
                answers.append(ExtensionAnswer(id: one.id, result: .failure(error)))
            }
        }
        if !answers.isEmpty { effects.append(.extended(worker, answers)) }
    }

    /// - Returns: how long the task may go on, milliseconds from now.
    private mutating func extend(_ asked: LeaseExtension, of worker: WorkerID) throws(ExtensionRefusal) -> Int64 {
        guard LeaseLimits.extensionMilliseconds.contains(asked.milliseconds) else { throw .outOfBounds(milliseconds: asked.milliseconds) }
        let id = asked.lease
        if let lease = leases[id], lease.holder == .attached(worker), lease.entry.key == asked.key {
            guard lease.entry.fate != .revoked, !cancellations.contains(asked.key) else { throw .calledOff }
            let until = try extended(LeaseTerm(since: lease.since, until: lease.deadline), by: asked.milliseconds)
            if !breaks(.forgetsExtensions) { leases.extend(id, to: until) }
            // The next occurrence may now fall due before this attempt ends.
            if lease.entry.fate == .kept { scheduleOvertake(lease.entry, within: until - now.monotonic) }
            return until - now.monotonic - LeaseLimits.outcomeMilliseconds
        }
        if let claim = leases.claims[asked.key], claim.lease == id, claim.worker == worker, claim.outcome == nil, !claim.isRevoked {
            let until = try extended(LeaseTerm(since: claim.since, until: claim.deadline), by: asked.milliseconds)
            leases.claims.extend(asked.key, to: until)
            return until - now.monotonic - LeaseLimits.outcomeMilliseconds
        }
        throw .lost
    }

    /// - Returns: until when the lease lasts, never before it did.
    private func extended(_ term: LeaseTerm, by milliseconds: Int64) throws(ExtensionRefusal) -> MonotonicMilliseconds {
        let left = LeaseLimits.totalMilliseconds - (now.monotonic - term.since)
        guard milliseconds <= left else { throw .tooLongInAll(leftMilliseconds: max(0, left)) }
        return max(term.until, now.monotonic + milliseconds + LeaseLimits.outcomeMilliseconds)
    }

    /// The lease of what a worker says that it runs for a former process: as long as one that is granted now, and no shorter than the worker
    /// was told.
    func term(of report: LeaseReport) -> LeaseTerm {
        let held = min(max(0, report.heldMilliseconds), LeaseLimits.totalMilliseconds)
        let told = min(max(0, report.leftMilliseconds), LeaseLimits.extensionMilliseconds.upperBound, LeaseLimits.totalMilliseconds - held)
        let left = told == 0 || breaks(.forgetsExtensions) ? 0 : told + LeaseLimits.outcomeMilliseconds
        return LeaseTerm(
            since: now.monotonic - held, until: now.monotonic + max(configuration.leaseMilliseconds, left), isExtended: left > 0)
    }

    // MARK: Progress

    /// Keeps how far the tasks of what a worker has are, until their leases end.
    mutating func progressed(_ reports: [(lease: UInt64, progress: TaskProgress)], of worker: WorkerID) {
        for report in reports where leases[report.lease]?.holder == .attached(worker) { leases.setProgress(report.progress, of: report.lease) }
    }
}
