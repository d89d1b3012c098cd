/// How one attempt at an occurrence ended.
public enum Outcome: UInt8, Sendable, CaseIterable {
    case delivered = 0
    /// To be tried again, after a delay.
    case retry = 1
    /// The downstream refuses it for good: it becomes a dead letter.
    case rejected = 2
    /// The credential was refused (401, 403): the occurrence is held until a new one comes.
    case authRejected = 3
    /// The task asked for the end of its series; the occurrence itself is done.
    case cancelSchedule = 4
    /// The worker or what it works with was lost, or the lease ran out, and nobody knows what was done; tried again at once.
    case leaseLost = 5
    /// Not fired: its misfire policy said so.
    case misfired = 6
    /// Could not be delivered before its time was over (`Reminder.expiresAfterSeconds`): it becomes a dead letter.
    case expired = 7
    /// Nothing was sent, and nothing begun: no attempt, and in no history. Tried again as soon as may be.
    case unsent = 8
    /// Called off by a person while it ran, or was about to: its end.
    case cancelled = 9

    /// Those of attempts, and of what ended without one: all that a history can hold.
    public static let recorded = allCases.filter { $0 != .unsent }

    /// Whether the occurrence is done by it, whatever became of it meanwhile: it was delivered, or its task ended its series.
    public var isFinal: Bool { self == .delivered || self == .cancelSchedule }

    /// Whether it settles its occurrence once, so that nothing comes of it when it is said again: what is final ends it, and a refused
    /// credential holds it.
    public var settlesOnce: Bool { isFinal || self == .authRejected }

    /// Whether whoever was to be reached was: an answer, whatever it said, or the end of a task that needs nobody.
    /// - Parameter statusCode: of the answer; 0: there was none.
    public func hasReached(statusCode: Int) -> Bool {
        switch self {
        case .delivered, .rejected, .authRejected, .cancelSchedule: true
        case .retry: statusCode > 0
        case .leaseLost, .unsent, .misfired, .expired, .cancelled: false
        }
    }

    public var name: String {
        switch self {
        case .delivered: "delivered"
        case .retry: "retry"
        case .rejected: "rejected"
        case .authRejected: "auth_rejected"
        case .cancelSchedule: "cancel_schedule"
        case .leaseLost: "lease_lost"
        case .misfired: "misfired"
        case .expired: "expired"
        case .unsent: "unsent"
        case .cancelled: "cancelled"
        }
    }
}

/// One try at an occurrence, as kept in its history.
public struct Attempt: Sendable, Hashable {
    /// How many of a reminder's attempts are kept: the latest always, and the most, for as long as retention says.
    public static let alwaysKept = 100, mostKept = 1_000

    /// With the reminder's id the occurrence that was tried.
    public var scheduledAt: UnixSeconds
    /// From 1.
    public var number: Int
    /// When the request left (or the task began).
    public var startedAt: UnixMilliseconds
    public var durationMicroseconds: Int64
    public var outcome: Outcome
    /// The downstream's HTTP status; 0 where there was no answer.
    public var statusCode: Int
    /// For an operator: the reason, or the first 1 KiB of the answer. Never a credential.
    public var detail: String
    /// The JSON text of what its task returned; empty: nothing, or ``detail`` says why it was not kept.
    public var result: [UInt8]
    /// Whether there is a result for which a list had no room.
    public var isResultLeftOut = false

    /// The longest wait before the next try that a downstream (`Retry-After`) or a task may ask for: a day.
    public static let longestAskedMilliseconds: Int64 = 86_400_000

    /// The most that `detail` holds, in UTF-8 bytes.
    public static let detailLimit = 1024

    /// The most that `result` holds, in bytes.
    public static let resultLimit = 64 << 10
    /// For how long one request may wait for an occurrence's end and what its task returned, seconds.
    public static let resultWaitSeconds: ClosedRange<Int64> = 0...60

    /// Bytes of results that one list of attempts brings, the latest attempts' first.
    public static let resultsPerList = 256 << 10

    public init(
        scheduledAt: UnixSeconds, number: Int, startedAt: UnixMilliseconds, durationMicroseconds: Int64, outcome: Outcome,
        statusCode: Int, detail: String, result: [UInt8] = []
    ) {
        self.scheduledAt = scheduledAt
        self.number = number
        self.startedAt = startedAt
        self.durationMicroseconds = durationMicroseconds
        self.outcome = outcome
        self.statusCode = statusCode
        self.detail = detail
        self.result = result
    }
}

/// Where an occurrence that is on disk by itself stands.
public enum OccurrenceState: UInt8, Sendable, CaseIterable {
    /// Waits for `dueAt`.
    case pending = 0
    /// Waits for a new credential.
    case held = 1
    /// In the dead-letter list.
    case dead = 2
}
