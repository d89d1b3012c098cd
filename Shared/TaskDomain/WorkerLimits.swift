/// The bounds of a worker, for the worker itself, the scheduler that it attaches to, and the gateway that takes what it is to be told.
public enum WorkerLimits {
    /// Occurrences that it runs at once.
    public static let concurrency = 1...65_536
    /// Occurrences that it may ask for beyond those that it has been handed: the most that it runs at once, and what it asks for ahead.
    public static let credit = 2 * concurrency.upperBound
    /// Queues that it serves.
    public static let queues = 1...256
    /// Orders that wait for its answer at once.
    public static let waitingControls = 16
}
