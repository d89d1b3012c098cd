import Storage
import TaskDomain

/// An attempt that has ended, and what is to be known to settle it.
struct AttemptEnd {
    let entry: Entry
    var attempt: Attempt
    /// The wait before the next try that was asked for.
    let asked: Int64?
    let lease: Lease?
    /// Who is told when it is on stable storage.
    var reported: Reporter?
    /// Who else is told then: their attempts at the same occurrence ended alike.
    let others: [Reporter]
    /// The reporting worker's instance, where the end waits for a change.
    var instance: String?

    /// Whether a worker waits to be told of it.
    func isReported(by worker: WorkerID) -> Bool { reported?.worker == worker || others.contains { $0.worker == worker } }
}

/// A worker that has reported an attempt's end, and the lease that the attempt was made under.
struct Reporter {
    var worker: WorkerID
    let lease: LeaseID
}
