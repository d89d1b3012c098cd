public import TaskDomain

/// An occurrence that a worker has by a lease.
public struct Run: Sendable, Hashable {
    public let occurrence: OccurrenceKey
    public let task: String, queue: String
    /// From 1.
    public let attempt: Int
    public let since: UnixMilliseconds
    public let leaseEndsAt: MonotonicMilliseconds
    /// As its task says; `nil`: it has said nothing.
    public let progress: TaskProgress?
}

/// What workers have, for those who ask from outside.
extension SchedulerCore {
    /// How many occurrences an attached worker has.
    public func runCount(of worker: WorkerID) -> Int { leases.held(by: worker).count }

    /// The occurrences that an attached worker has had for longest, the oldest first.
    public func runs(of worker: WorkerID, limit: Int) -> [Run] {
        // A worker has no more of them than it has credit for.
        leases.held(by: worker).sorted().lazy.compactMap { id in leases[id].map { (id, $0) } }.prefix(limit).map { id, lease in
            Run(
                occurrence: lease.entry.key, task: lease.reminder.task, queue: lease.reminder.queue, attempt: lease.entry.tries.next,
                since: lease.dispatchedAt, leaseEndsAt: lease.deadline, progress: leases.progress[id])
        }
    }
}
