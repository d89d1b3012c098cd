/// When a reminder is due: one time, or a start with a recurrence rule.
public struct Schedule: Sendable, Hashable {
    /// The first occurrence. It counts towards COUNT whether or not it matches the rule.
    public var start: UnixSeconds
    /// RFC 5545 rule text without `RRULE:`, or content lines where there is more than one rule: `RRULE`, `EXRULE`, and `EXDATE;VALUE=DATE`
    /// for days left out whole. `nil` where only the start and `rdates` are occurrences.
    public var rule: String?
    /// IANA zone name on whose wall clock the rule runs.
    public var timezone: String
    /// No occurrence after this instant (inclusive).
    public var until: UnixSeconds?
    /// Extra and excluded instants.
    public var rdates: [UnixSeconds], exdates: [UnixSeconds]

    public init(
        start: UnixSeconds, rule: String? = nil, timezone: String = "UTC", until: UnixSeconds? = nil, rdates: [UnixSeconds] = [],
        exdates: [UnixSeconds] = []
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
    /// The latest missed occurrences are fired, in order, up to ``Handling/catchUpLimit`` of them; the earlier ones are recorded as
    /// misfired.
    case fireAll = 1
    /// No missed occurrence is fired; all are recorded as misfired.
    case skip = 2

    /// An occurrence of a series that was not dispatched within this time is missed.
    public static let thresholdSeconds: Int64 = 60

    public var name: String {
        switch self {
        case .fireOnce: "fire_once"
        case .fireAll: "fire_all"
        case .skip: "skip"
        }
    }
}

/// What a caller asked for, without the credential. Immutable: a change makes a new value.
public final class Reminder: Sendable {
    public let id: ReminderID
    public let schedule: Schedule
    public let handling: Handling
    public let payload: Payload
    public let createdAt: UnixMilliseconds
    /// The name of the API key that created it; empty where anyone may.
    public let caller: String
    /// The caller's credential as AES-256-GCM ciphertext with its key id; empty where there is none.
    public let sealedAuthorization: [UInt8]

    public init(
        id: ReminderID, schedule: Schedule, handling: Handling, payload: Payload, createdAt: UnixMilliseconds, caller: String = "",
        sealedAuthorization: [UInt8]
    ) {
        self.id = id
        self.schedule = schedule
        self.handling = handling
        self.payload = payload
        self.createdAt = createdAt
        self.caller = caller
        self.sealedAuthorization = sealedAuthorization
    }

    /// Whether it cannot be sent as it is: a notification without a credential, which was removed when it could not be needed any more.
    public var lacksCredential: Bool { payload.task == TaskName.notification && sealedAuthorization.isEmpty }

    /// The same with another credential.
    public func with(sealedAuthorization: [UInt8]) -> Reminder {
        Reminder(
            id: id, schedule: schedule, handling: handling, payload: payload, createdAt: createdAt,
            caller: caller, sealedAuthorization: sealedAuthorization)
    }

    // The parts' fields that decisions are made on.
    public var queue: String { handling.queue }
    public var priority: Int { handling.priority }
    public var misfirePolicy: MisfirePolicy { handling.misfirePolicy }
    public var retryForSeconds: Int { handling.retryForSeconds }
    public var maxAttempts: Int? { handling.maxAttempts }
    public var jitterSeconds: Int { handling.jitterSeconds }
    public var expiresAfterSeconds: Int? { handling.expiresAfterSeconds }
    public var task: String { payload.task }
    public var arguments: [UInt8] { payload.arguments }
    public var classroomID: String { payload.classroomID }
    public var createdBy: String { payload.createdBy }

    /// When the occurrence scheduled at a second falls due: never before that second, and with
    /// jitter later by a part of it that follows from the occurrence's key, so that it is the same after every restart.
    public func due(of scheduledAt: UnixSeconds) -> UnixMilliseconds {
        let due = scheduledAt.milliseconds
        let jitter = handling.jitterSeconds
        guard jitter > 0, due < .distantFuture - Int64(jitter) * 1_000 else { return due }
        let spread = UInt64(jitter) * 1_000
        return due + Int64(OccurrenceKey(reminder: id, scheduledAt: scheduledAt).scatter % spread)
    }

    /// The time from which an occurrence is not delivered any more; `nil`: it does not expire.
    public func expiry(of scheduledAt: UnixSeconds) -> UnixMilliseconds? {
        handling.expiresAfterSeconds.map { (scheduledAt + Int64($0)).milliseconds }
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

    /// How long after its completion a reminder can be run once more, milliseconds: so long its credential is kept.
    public static let runAgainMilliseconds: Int64 = 3_600_000

    public var name: String {
        switch self {
        case .scheduled: "scheduled"
        case .paused: "paused"
        case .completed: "completed"
        case .cancelled: "cancelled"
        }
    }
}

/// The position of a series: its `index`-th occurrence (from 1) is the next one, at `scheduledAt`.
public struct SeriesPosition: Sendable, Hashable {
    public var scheduledAt: UnixSeconds
    public var index: Int64

    public init(scheduledAt: UnixSeconds, index: Int64) {
        self.scheduledAt = scheduledAt
        self.index = index
    }
}
