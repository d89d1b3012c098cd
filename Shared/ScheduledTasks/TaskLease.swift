import TaskDomain
public import TaskMessages

/// A lease that a task runs under, as whoever runs it knows it.
package struct TaskLease: Sendable {
    package typealias Extended = Result<CallDeadline, LeaseNotExtended>

    package let lease: UInt64
    private let keeper: any LeaseKeeper

    package init(_ lease: UInt64, keeper: any LeaseKeeper) {
        self.lease = lease
        self.keeper = keeper
    }

    fileprivate func extend(_ run: UInt64, byMilliseconds milliseconds: Int64) async -> Extended {
        await withCheckedContinuation { continuation in
            keeper.extend(lease, of: run, byMilliseconds: milliseconds) { continuation.resume(returning: $0) }
        }
    }

    fileprivate func report(_ run: UInt64, _ fraction: Double?, _ text: String) { keeper.progressed(lease, of: run, fraction, text) }
}

/// Who holds the leases of the tasks that it runs.
package protocol LeaseKeeper: AnyObject, Sendable {
    /// Asks that a run may go on for so long from now.
    /// - Parameter answer: called once.
    func extend(_ lease: UInt64, of run: UInt64, byMilliseconds: Int64, answer: @escaping @Sendable (TaskLease.Extended) -> Void)

    /// Takes how far a run is; from any thread, and as often as it likes.
    func progressed(_ lease: UInt64, of run: UInt64, _ fraction: Double?, _ text: String)
}

/// Thrown where a task cannot go on for longer: its lease is as it was, and lost if that says so.
public struct LeaseNotExtended: Error, Sendable, Hashable, CustomStringConvertible {
    /// For an operator.
    public let reason: String

    package init(_ reason: String) { self.reason = reason }

    public var description: String { "the lease was not extended: \(reason)" }
}

extension TaskInvocation {
    /// Says that the task goes on, and waits until the scheduler has agreed: until then the occurrence is given to nobody else. To be called
    /// well before ``deadline``, again and again by a task of which nobody knows how long it takes.
    ///
    /// ```swift
    /// for chapter in book.chapters {
    ///     try await invocation.extend(by: .seconds(300))
    ///     try await convert(chapter)
    /// }
    /// ```
    /// - Parameter duration: how long the task may go on from now, a millisecond to an hour; less than is left changes nothing. All of a run
    ///   takes a day at most, and no longer than the task's own time limit, where it has one.
    /// - Returns: the new deadline.
    /// - Throws: ``LeaseNotExtended`` with the scheduler's reason, or because it is of a build that knows no extensions, or because the run
    ///   ended meanwhile. The task may go on until the deadline that it had. Never of an invocation that a test has made.
    @discardableResult
    public func extend(by duration: Duration) async throws(LeaseNotExtended) -> CallDeadline {
        let milliseconds = duration / .milliseconds(1), bounds = LeaseLimits.extensionMilliseconds
        guard milliseconds >= Double(bounds.lowerBound), milliseconds <= Double(bounds.upperBound) else {
            throw LeaseNotExtended("a task may go on for 1 ms to \(bounds.upperBound / 60_000) minutes at once, and again before that is over; it was \(duration)")
        }
        guard let lease else { return max(deadline, .after(milliseconds: Int(milliseconds))) }
        return try await lease.extend(run, byMilliseconds: Int64(milliseconds)).get()
    }

    /// Says how far the task is, for people: shown with the worker and in the list of what runs. Costs next to nothing, however often it is
    /// called: the last one of each second is sent. Decides nothing, and extends no lease.
    /// - Parameters:
    ///   - progress: of the whole that is done, 0 to 1; `nil`: it does not say.
    ///   - text: what it is at; a line of 200 characters at most is kept of it.
    public func report(progress: Double? = nil, _ text: String = "") { lease?.report(run, progress, text) }
}
