/// The bounds of leases that tasks extend, for the task, its worker, and the scheduler that holds the lease.
public enum LeaseLimits {
    /// How long a task may say at once that it goes on, milliseconds from that moment.
    public static let extensionMilliseconds: ClosedRange<Int64> = 1...3_600_000
    /// How long a worker may have an occurrence, however often its lease is extended, milliseconds.
    public static let totalMilliseconds: Int64 = 86_400_000
    /// What a lease that was extended lasts beyond the time of its task, for the outcome's way back, milliseconds.
    public static let outcomeMilliseconds: Int64 = 6_000
}
