import Logging
import TaskDomain
import TaskWorker

// The tasks of this worker. To add one, write a type as `LogTask` below and register it in the initialiser, or register
// a closure there:
//
//     try register("people.greet") { invocation in
//         print("hello", try invocation.arguments().args)
//     }
//
// Anyone can then ask for it by its name, with POST /tasks or `TaskScheduler.schedule`.

extension TaskRegistry {
    /// - Parameters:
    ///   - notification: what delivers notifications.
    ///   - log: the log that callers may write to, with the task `worker.log`; `nil`: there is no such task.
    init(notification: NotificationTask, log: Logger?) throws(Failure) {
        self.init()
        try register(NotificationTask.name, onEventLoop: notification.run, recall: notification.recall)
        if let log { try register(LogTask(logger: log)) }
    }
}

/// `worker.log`: writes a line into the worker's log, at a rule's rate. For trying out schedules, queues and priorities; a worker has it
/// only where it is asked for.
struct LogTask: ScheduledTask {
    struct Arguments: Codable, Sendable {
        let message: String
        /// One of swift-log's levels, `trace` to `critical`; absent: `notice`.
        let level: String?
    }

    static let name = "worker.log"

    let logger: Logger

    func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws {
        guard let level = Logger.Level(rawValue: arguments.level ?? "notice") else {
            let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw RejectOccurrence("argument level must be one of \(known)")
        }
        logger.log(
            level: level, "\(Redaction(of: invocation.authorization).detail(arguments.message))",
            metadata: ["occurrence": "\(invocation.idempotencyKey)", "attempt": "\(invocation.attempt)"])
    }
}
