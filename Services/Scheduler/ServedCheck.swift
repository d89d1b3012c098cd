import NIOCore
import ServiceLifecycle
import TaskOperations

/// Looks once a second at what has happened since, and says in `/readyz` which kinds of tasks are due and run by no worker. The scheduler is
/// ready all the same: they wait.
///
/// It looks on the loop's own thread, so that nothing waits for a loop that does not come round.
struct ServedCheck: Service, CustomStringConvertible {
    static let interval = TimeAmount.seconds(1)

    let loop: SchedulerLoop
    let readiness: Readiness

    var description: String { "workers' check" }

    func run() async throws {
        let task = loop.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.interval) { _ in look() }
        try? await gracefulShutdown()
        task.cancel()
    }

    private func look() {
        loop.sampleRates()
        let unserved = loop.unserved
        readiness.set(
            "workers",
            unserved.isEmpty ? .ok : .notice("no worker serves what is due in \(unserved.joined(separator: ", ")) (queue/task)"))
    }
}
