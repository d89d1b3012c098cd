import TaskDomain

/// One reminder as it is stored, with those of its occurrences that have rows: what each ``StoreWrite`` means to it.
///
/// The rules of all writes, without a store: rows come in, writes are applied, and the rows that differ afterwards go out, with what
/// ``AttemptHistory/recorded`` holds. The simulation's store is made of them, and stores that decide outside their database; those
/// that decide within it are held to the same by random writes.
///
/// A store need not read all rows of a reminder: which a write needs, ``RowsNeeded`` says, and what else is there is said by ``others``.
public struct StoredReminder: Sendable {
    public internal(set) var reminder: Reminder
    public internal(set) var state: ReminderState
    /// `nil`: the series has ended.
    public internal(set) var position: SeriesPosition?
    /// When the position falls due; `nil` while it is held, and where there is none.
    public internal(set) var dueAt: UnixMilliseconds?
    public internal(set) var delivered: Int64
    public internal(set) var missed: Missed?
    /// Since when it is held because its credential was refused.
    public internal(set) var heldSince: UnixMilliseconds?
    public internal(set) var updatedAt: UnixMilliseconds
    public internal(set) var finishedAt: UnixMilliseconds?
    public internal(set) var revision: Int64
    /// Those that are known, by scheduled time.
    public internal(set) var occurrences: [UnixSeconds: StoredOccurrence]
    /// Of the reminder's occurrences with rows those that are not in ``occurrences``.
    public let others: OtherOccurrences
    /// Seconds that ended or were put off before the series came to them.
    public internal(set) var passed: Set<UnixSeconds>

    /// A reminder as it was read.
    public init(
        reminder: Reminder, state: ReminderState, position: SeriesPosition?, dueAt: UnixMilliseconds?, delivered: Int64, missed: Missed?,
        heldSince: UnixMilliseconds?, updatedAt: UnixMilliseconds, finishedAt: UnixMilliseconds?, revision: Int64,
        occurrences: [UnixSeconds: StoredOccurrence] = [:], others: OtherOccurrences = .none, passed: Set<UnixSeconds> = []
    ) {
        self.reminder = reminder
        self.state = state
        self.position = position
        self.dueAt = dueAt
        self.delivered = delivered
        self.missed = missed
        self.heldSince = heldSince
        self.updatedAt = updatedAt
        self.finishedAt = finishedAt
        self.revision = revision
        self.occurrences = occurrences
        self.others = others
        self.passed = passed
    }

    /// A new reminder.
    /// - Parameter position: its first occurrence to be tried; `nil`: it is completed at once.
    public init(created reminder: Reminder, position: SeriesPosition?) {
        let isDone = position == nil
        self.init(
            reminder: reminder, state: isDone ? .completed : .scheduled, position: position,
            dueAt: position.map { reminder.due(of: $0.scheduledAt) }, delivered: 0, missed: nil, heldSince: nil,
            updatedAt: reminder.createdAt, finishedAt: isDone ? reminder.createdAt : nil, revision: 1)
    }

    /// Its credential was refused.
    public var isHeld: Bool { heldSince != nil }

    /// Neither completed nor cancelled.
    public var isOpen: Bool { state == .scheduled || state == .paused }

    var hasOpenOccurrence: Bool { others.hasOpen || occurrences.values.contains { $0.state != .dead } }

    var hasOccurrence: Bool { others.hasOpen || others.hasDead || !occurrences.isEmpty }

    /// The row of an occurrence; `nil` where it has none, or it is not known.
    public func row(_ key: OccurrenceKey) -> StoredOccurrence? { occurrences[key.scheduledAt] }
}

/// An occurrence with a life of its own, as it is stored.
public struct StoredOccurrence: Sendable, Hashable {
    public var state: OccurrenceState
    public var dueAt: UnixMilliseconds
    public var tries: Tries
    /// When it came to its state.
    public var changedAt: UnixMilliseconds
    /// Asked for by a person.
    public var isManual: Bool
    /// What the attempt came to after which it was set aside; `nil`: there was none.
    public var ending: Ending?

    /// What is kept of that attempt.
    public struct Ending: Sendable, Hashable {
        public var outcome: Outcome
        public var statusCode: Int
        public var detail: String

        public init(outcome: Outcome, statusCode: Int, detail: String) {
            self.outcome = outcome
            self.statusCode = statusCode
            self.detail = detail
        }

        init(_ attempt: Attempt) {
            self.init(outcome: attempt.outcome, statusCode: attempt.statusCode, detail: attempt.boundedDetail)
        }
    }

    public init(
        state: OccurrenceState, dueAt: UnixMilliseconds, tries: Tries, changedAt: UnixMilliseconds, isManual: Bool = false,
        ending: Ending? = nil
    ) {
        self.state = state
        self.dueAt = dueAt
        self.tries = tries
        self.changedAt = changedAt
        self.isManual = isManual
        self.ending = ending
    }
}

/// Whether a reminder has occurrences with rows besides those that were read.
public struct OtherOccurrences: Sendable, Hashable {
    /// Pending or held ones.
    public var hasOpen: Bool
    /// Dead letters.
    public var hasDead: Bool

    public static let none = OtherOccurrences(hasOpen: false, hasDead: false)

    public init(hasOpen: Bool, hasDead: Bool) {
        self.hasOpen = hasOpen
        self.hasDead = hasDead
    }
}

/// Which rows of a reminder's occurrences a write must be given to be decided.
public enum RowsNeeded: Sendable, Hashable {
    /// The occurrences at these seconds, no other, and nothing of what its series has passed.
    case at([UnixSeconds])
    /// All that are pending or held, the dead letters at these seconds, and what its series has passed.
    case open(and: [UnixSeconds])
}

extension StoreWrite {
    /// The reminder that it concerns.
    public var reminder: ReminderID? {
        switch self {
        case .create(let reminder, _, _, _): reminder.id
        case .settle(let key, _, _, _), .materialise(let key, _, _, _): key.reminder
        case .hold(let key, _, _): key.reminder
        case .misfire(let id, _, _), .change(let id, _, _, _): id
        case .shelve(let key): key.due.occurrence.reminder
        case .unshelve, .queue, .zone, .workers: nil
        }
    }

    /// What it needs of the reminder that it concerns, which must be stored; `nil` where it concerns none that is.
    public var rowsNeeded: RowsNeeded? {
        switch self {
        case .settle(let key, _, .cancelSeries, _): .open(and: [key.scheduledAt])
        case .settle(let key, _, _, _), .materialise(let key, _, _, _): .at([key.scheduledAt])
        case .misfire: .open(and: [])
        case .hold(let key, _, _): .open(and: [key.scheduledAt])
        case .change(_, let change, _, let at): .open(and: change.seconds(at: at))
        case .create, .shelve, .unshelve, .queue, .zone, .workers: nil
        }
    }

    /// The attempt that it records where that is new.
    public var attempt: Attempt? {
        switch self {
        case .settle(_, let attempt, _, _), .misfire(_, let attempt, _), .hold(_, let attempt, _): attempt
        case .create, .materialise, .change, .shelve, .unshelve, .queue, .zone, .workers: nil
        }
    }
}

extension ReminderChange {
    /// The seconds whose rows it may touch, besides those of what is open and of the position.
    fileprivate func seconds(at: UnixMilliseconds) -> [UnixSeconds] {
        switch self {
        case .cancel, .pause, .resume, .replaceAuthorization: []
        case .run: [at.second]
        case .replace(_, let position): position.map { [$0.scheduledAt] } ?? []
        case .replay(let scheduledAt), .discard(let scheduledAt, _), .cancelOccurrence(let scheduledAt, _, _): [scheduledAt]
        case .realign(_, let to): to.map { [$0.scheduledAt] } ?? []
        }
    }

    /// The second of which it matters whether it was delivered, besides that of the position.
    public func deliveryAsked(at: UnixMilliseconds) -> UnixSeconds? {
        switch self {
        case .run: at.second
        case .replace(let new, _): new.schedule.start
        case .cancel, .pause, .resume, .replaceAuthorization, .replay, .discard, .cancelOccurrence, .realign: nil
        }
    }
}
