import Messages

/// One occurrence to run, as a task sees it.
struct TaskInvocation: Sendable {
    /// The same for every attempt at this occurrence.
    let idempotencyKey: String
    /// From 1.
    let attempt: Int
    let arguments: [UInt8]
    /// The caller's credential. Its description shows nothing of it.
    let authorization: Credential
    /// The lease: by then the outcome must have been reported.
    let deadline: CallDeadline
}

/// A caller's credential on its way through the worker.
struct Credential: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let value: String

    var description: String { "<redacted>" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// How a task ended.
struct TaskResult: Sendable {
    enum Outcome: UInt32, Sendable {
        // The numbers of OutcomeReport.outcome.
        case delivered = 0, retry, rejected, authRejected, cancelSchedule
        /// Whether it was done is not known: whoever was to do it went away. Tried again at once, and not counted against
        /// the reminder's attempts unless it happens over and over.
        case lost
    }

    var outcome: Outcome
    /// 0: the scheduler decides when to try again.
    var retryAfterMilliseconds: UInt32 = 0
    /// Unix milliseconds; 0: the worker's own time of starting stands.
    var startedAtMilliseconds: Int64 = 0
    var durationMicroseconds: Int64 = 0
    var statusCode: UInt32 = 0
    /// For an operator; never a credential.
    var detail = ""
}

/// The tasks that this worker can run, by name.
struct TaskRegistry: Sendable {
    /// A task that runs on the worker's event loop and must not block; it calls back once, there.
    typealias EventLoopTask = @Sendable (TaskInvocation, @escaping @Sendable (TaskResult) -> Void) -> Void
    /// A task that runs in a Swift task of its own; what it throws is a retry, `CancelSchedule` ends the series.
    typealias AsyncTask = @Sendable (TaskInvocation) async throws -> Void

    /// Thrown by a task that wants no further occurrence of its series.
    struct CancelSchedule: Error {}

    enum Body: Sendable {
        case onEventLoop(EventLoopTask)
        case inTask(AsyncTask)
    }

    private var bodies: [String: Body] = [:]

    var names: [String] { bodies.keys.sorted() }

    mutating func register(_ name: String, onEventLoop body: @escaping EventLoopTask) {
        bodies[name] = .onEventLoop(body)
    }

    mutating func register(_ name: String, _ body: @escaping AsyncTask) {
        bodies[name] = .inTask(body)
    }

    subscript(name: String) -> Body? { bodies[name] }
}
