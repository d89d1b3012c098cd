public import TaskDomain

/// How a request ended.
public struct DeliveryResult: Sendable, Hashable {
    /// What is to become of the occurrence.
    public enum Outcome: Sendable, Hashable {
        /// The backend has taken it.
        case delivered
        /// Try again: not before the time that the backend asked for, if it did, in milliseconds from now.
        case retry(afterMilliseconds: Int?)
        /// It can never be delivered as it is.
        case rejected
        /// The credential was not accepted; another one may be.
        case authRejected
        /// Nothing was sent, and nothing tried: the backend has seen nothing of it. Nor will it of any other request for so many
        /// milliseconds, where they are given.
        case unsent(forMilliseconds: Int?)
    }

    public var outcome: Outcome
    public var reason: DeliveryReason
    /// The answer's HTTP status; 0 without an answer.
    public var statusCode: Int
    /// One line for an operator.
    public var detail: String
    /// The beginning of the body of an answer that is no success, the credential blotted out.
    public var answer: [UInt8]
    /// When the request left for the backend, or, without a connection, when one was first
    /// tried; nil if its turn never came.
    public var startedAt: UnixMilliseconds?
    /// From the request's leaving the queue to its end.
    public var durationMicroseconds: Int
    /// How often the request was sent: 2 where the connection that it first went over was one used before, and ended without a
    /// word. Both times with the same headers.
    public var sendings: Int

    public init(
        outcome: Outcome, reason: DeliveryReason, statusCode: Int = 0, detail: String, answer: [UInt8] = [],
        startedAt: UnixMilliseconds? = nil, durationMicroseconds: Int = 0, sendings: Int = 0
    ) {
        self.outcome = outcome
        self.reason = reason
        self.statusCode = statusCode
        self.detail = detail
        self.answer = answer
        self.startedAt = startedAt
        self.durationMicroseconds = durationMicroseconds
        self.sendings = sendings
    }
}

/// What ended a request: a fixed vocabulary, fit for a metric's label.
public enum DeliveryReason: String, Sendable, Hashable, CaseIterable {
    /// The backend's answer: see the status code.
    case answered
    /// An answer came, but its body was longer than the bound.
    case answerTooLarge = "answer too large"
    /// An answer came, but its body broke off or took too long.
    case answerIncomplete = "answer incomplete"
    /// The answer's header was longer than the bound.
    case headerTooLarge = "header too large"
    /// What came was not HTTP.
    case notHTTP = "not HTTP"
    case connectFailed = "connect failed"
    /// The backend's certificate, or the TLS handshake, did not pass.
    case tlsFailed = "TLS failed"
    case readFailed = "read failed"
    case timedOut = "timed out"
    /// The time was up before the request's turn came: the backend has seen nothing of it.
    case timedOutInQueue = "timed out in queue"
    case circuitOpen = "circuit open"
    case queueFull = "queue full"
    case cancelled
    case stopping
    /// The request itself cannot be sent.
    case invalidRequest = "invalid request"
    /// The `Authorization` value cannot be sent.
    case invalidAuthorization = "invalid authorization"
    /// libcurl or the operating system failed here, not at the backend.
    case localFailure = "local failure"
}
