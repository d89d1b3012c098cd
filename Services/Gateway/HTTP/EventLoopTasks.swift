import NIOCore
import NIOPosix

/// Runs tasks on the event loops: a request goes from its connection to its operation and back on one thread.
///
/// As the executor that a task prefers, it makes every function of the task that is bound to nothing else go on where it is. (An
/// event loop in the place of the global executor has each of them enqueued anew: 57 times for a create.)
final class EventLoopTasks: TaskExecutor {
    private let group: MultiThreadedEventLoopGroup

    init(_ group: MultiThreadedEventLoopGroup) {
        self.group = group
    }

    /// On the loop that the caller runs on, so on the one that brought what the task waited for; from elsewhere on any.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? group.any()
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
