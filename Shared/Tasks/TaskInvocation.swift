public import Messages

/// One occurrence to run, as a task sees it.
public struct TaskInvocation: Sendable {
    /// The same for every attempt at this occurrence: `<reminder id>:<unix seconds>`.
    public let idempotencyKey: String
    /// Unix seconds.
    public let scheduledAt: Int64
    /// From 1.
    public let attempt: Int
    /// As stored; see ``arguments()`` for what they mean.
    public let argumentBytes: [UInt8]
    /// The caller's credential, where it gave one. Its description shows nothing of it.
    public let authorization: Credential
    /// When the outcome must have been reported: what runs longer is cancelled and tried again.
    public let deadline: CallDeadline

    public init(
        idempotencyKey: String, scheduledAt: Int64, attempt: Int, argumentBytes: [UInt8], authorization: Credential,
        deadline: CallDeadline
    ) {
        self.idempotencyKey = idempotencyKey
        self.scheduledAt = scheduledAt
        self.attempt = attempt
        self.argumentBytes = argumentBytes
        self.authorization = authorization
        self.deadline = deadline
    }

    /// - Throws: ``TaskArgumentsError`` where the bytes are not arguments.
    public func arguments() throws(TaskArgumentsError) -> TaskArguments { try TaskArguments(json: argumentBytes) }
}

/// A caller's credential on its way through the worker.
public struct Credential: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Empty where there is none.
    public let value: String

    public init(value: String) { self.value = value }

    public var description: String { "<redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// How a task ended.
public struct TaskResult: Sendable {
    /// The numbers of the wire's `OutcomeReport.outcome`.
    public enum Outcome: UInt32, Sendable {
        case delivered = 0, retry, rejected, authRejected, cancelSchedule
        /// Whether it was done is not known: whoever was to do it went away. Tried again at once, and not counted against
        /// the reminder's attempts unless it happens over and over.
        case lost
    }

    public var outcome: Outcome
    /// 0: the scheduler decides when to try again.
    public var retryAfterMilliseconds: UInt32 = 0
    /// Unix milliseconds; 0: the worker's own time of starting stands.
    public var startedAtMilliseconds: Int64 = 0
    public var durationMicroseconds: Int64 = 0
    public var statusCode: UInt32 = 0
    /// For an operator; never a credential.
    public var detail = ""

    public init(
        outcome: Outcome, retryAfterMilliseconds: UInt32 = 0, startedAtMilliseconds: Int64 = 0, durationMicroseconds: Int64 = 0,
        statusCode: UInt32 = 0, detail: String = ""
    ) {
        self.outcome = outcome
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.startedAtMilliseconds = startedAtMilliseconds
        self.durationMicroseconds = durationMicroseconds
        self.statusCode = statusCode
        self.detail = detail
    }
}
