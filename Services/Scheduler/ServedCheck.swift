import Operations
import ServiceLifecycle

/// Says in `/readyz` which kinds of tasks are due and run by no worker. The scheduler is ready all the same: they wait.
struct ServedCheck: Service, CustomStringConvertible {
    static let interval = Duration.seconds(1)

    let loop: SchedulerLoop
    let readiness: Readiness

    var description: String { "workers' check" }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                let unserved = try await loop.eventLoop.submit { loop.unserved }.get()
                readiness.set(
                    "workers",
                    unserved.isEmpty
                        ? .ok : .notice("no worker serves what is due in \(unserved.joined(separator: ", ")) (queue/task)"))
                try await Task.sleep(for: Self.interval)
            }
        }
    }
}
