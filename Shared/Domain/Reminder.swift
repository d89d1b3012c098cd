/// When a reminder is due: one time, or a start with a recurrence rule.
public struct Schedule: Sendable, Hashable {
    /// The first occurrence, unix seconds. It counts towards COUNT whether or not it matches the rule.
    public var start: Int64
    /// RFC 5545 rule text without `RRULE:`; `nil` for a single time.
    public var rule: String?
    /// IANA zone name on whose wall clock the rule runs.
    public var timezone: String
    /// No occurrence after this instant (unix seconds, inclusive).
    public var until: Int64?
    /// Extra and excluded instants, unix seconds.
    public var rdates: [Int64], exdates: [Int64]

    public init(
        start: Int64, rule: String? = nil, timezone: String = "UTC", until: Int64? = nil, rdates: [Int64] = [],
        exdates: [Int64] = []
    ) {
        self.start = start
        self.rule = rule
        self.timezone = timezone
        self.until = until
        self.rdates = rdates
        self.exdates = exdates
    }

    /// Whether the reminder has one due time only.
    public var isSingle: Bool { rule == nil && rdates.isEmpty }
}

/// What happens to occurrences of a series that no scheduler could fire in time.
public enum MisfirePolicy: UInt8, Sendable, CaseIterable {
    /// The latest missed occurrence is fired, the earlier ones are recorded as misfired.
    case fireOnce = 0
    /// Every missed occurrence is fired, in order.
    case fireAll = 1
    /// No missed occurrence is fired; all are recorded as misfired.
    case skip = 2

    /// An occurrence of a series that was not dispatched within this time is missed.
    public static let thresholdSeconds: Int64 = 60
}

/// What a caller asked for, without the credential. Immutable: a change makes a new value.
public final class Reminder: Sendable {
    public let id: ReminderID
    public let schedule: Schedule
    /// Name of the task that a worker runs, e.g. `edvora.notification`.
    public let task: String
    /// The task's arguments: for `edvora.notification` a packed `Notification` message, opaque to the scheduler.
    public let arguments: [UInt8]
    public let queue: String
    /// 0 … 9, higher first.
    public let priority: UInt8
    public let misfirePolicy: MisfirePolicy
    /// Attempts at one occurrence before it becomes a dead letter; at least 1.
    public let maxAttempts: Int
    public let description: String
    /// Shown and filtered on; they come from the notification.
    public let classroomID: String, createdBy: String
    /// Unix milliseconds.
    public let createdAtMilliseconds: Int64
    /// The caller's credential as AES-256-GCM ciphertext with its key id; empty where there is none.
    public let sealedAuthorization: [UInt8]

    public init(
        id: ReminderID, schedule: Schedule, task: String, arguments: [UInt8], queue: String, priority: UInt8,
        misfirePolicy: MisfirePolicy, maxAttempts: Int, description: String, classroomID: String, createdBy: String,
        createdAtMilliseconds: Int64, sealedAuthorization: [UInt8]
    ) {
        self.id = id
        self.schedule = schedule
        self.task = task
        self.arguments = arguments
        self.queue = queue
        self.priority = priority
        self.misfirePolicy = misfirePolicy
        self.maxAttempts = maxAttempts
        self.description = description
        self.classroomID = classroomID
        self.createdBy = createdBy
        self.createdAtMilliseconds = createdAtMilliseconds
        self.sealedAuthorization = sealedAuthorization
    }
}

/// Where a reminder stands.
public enum ReminderState: UInt8, Sendable, CaseIterable {
    /// At least one occurrence is to come, retried or held.
    case scheduled = 0
    case paused = 1
    /// Nothing more happens by itself: every occurrence was delivered, dead-lettered or misfired.
    case completed = 2
    case cancelled = 3

    public var name: String {
        switch self {
        case .scheduled: "scheduled"
        case .paused: "paused"
        case .completed: "completed"
        case .cancelled: "cancelled"
        }
    }
}

/// The position of a series: its `index`-th occurrence (from 1) is the next one, at `scheduledAt` (unix seconds).
public struct SeriesPosition: Sendable, Hashable {
    public var scheduledAt: Int64
    public var index: Int64

    public init(scheduledAt: Int64, index: Int64) {
        self.scheduledAt = scheduledAt
        self.index = index
    }
}
