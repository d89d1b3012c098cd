import Logging
import Tasks

// The tasks of this worker. To add one, write a type as `LogTask` below (or a closure) and register it here; anyone can
// then ask for it by its name, with POST /tasks or `TaskScheduler.schedule`.

extension TaskRegistry {
    /// - Parameter notification: what delivers notifications.
    init(notification: NotificationTask, logger: Logger) throws(Failure) {
        self.init()
        try register(NotificationTask.name, onEventLoop: notification.run)
        try register(LogTask(logger: logger))
    }
}

/// `worker.log`: writes a line into the worker's log. For trying out schedules, queues and priorities.
struct LogTask: ScheduledTask {
    struct Arguments: Codable, Sendable {
        let message: String
        /// `debug`, `info`, `notice`, `warning` or `error`; absent: `notice`.
        let level: String?
    }

    static let name = "worker.log"
    /// Characters of a message that are logged.
    private static let maxLength = 1_000

    let logger: Logger

    func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws {
        guard let level = Logger.Level(rawValue: arguments.level ?? "notice") else {
            throw RejectOccurrence("level \(arguments.level ?? "") is unknown; it may be debug, info, notice, warning or error")
        }
        logger.log(
            level: level, "\(arguments.message.prefix(Self.maxLength))",
            metadata: ["occurrence": "\(invocation.idempotencyKey)", "attempt": "\(invocation.attempt)"])
    }
}
