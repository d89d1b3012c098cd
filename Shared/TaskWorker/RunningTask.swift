internal import NIOCore
import ScheduledTasks
import TaskDomain
import TaskMessages

/// An occurrence that a worker runs.
struct RunningTask {
    /// Of this process: a lease may come again after a run that was given up.
    let number: UInt64
    let id: [UInt8]
    let task: String
    let scheduledAt: UnixSeconds
    let authorization: Secret
    let startedAt: UnixMilliseconds
    /// By the clock that a duration is measured with.
    let startedMonotonic: MonotonicMicroseconds
    /// When its lease ends for the task: what runs longer is cancelled. Later only once the scheduler has said so.
    var deadline: CallDeadline
    var isExtended = false
    /// When its own time limit ends.
    var limit: CallDeadline?
    var work: Task<Void, Never>?
    var overrun: Scheduled<Void>?

    /// As the scheduler is told of it.
    func wire(_ lease: UInt64) -> Proto.Lease {
        var wire = Proto.Lease(lease: lease, id: id, scheduledAt: scheduledAt.count)
        guard isExtended else { return wire }
        wire.leftMs = UInt32(clamping: deadline.millisecondsLeft)
        wire.heldMs = UInt32(clamping: (SystemClock.monotonicMicroseconds - startedMonotonic) / 1_000)
        return wire
    }
}
