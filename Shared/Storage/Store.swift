import Domain

/// Keeps reminders, their occurrences and their attempts on stable storage.
///
/// What is on disk of a reminder is one row with its *position*: the next occurrence that has not been tried. Only
/// an occurrence that needs a life of its own (a retry, a held one, a dead letter, one that the next has overtaken) is
/// *materialised* as a row beside it. So the happy path writes once on create and once per occurrence.
///
/// Calls never block. Requests are carried out in the order in which they were made, and completions are called in
/// that order too, on the store's own thread: a `load` sees every write submitted before it and none after. All writes
/// that arrived during one commit go into the next together (group commit): one fsync for all of them. A write's
/// completion is called only after its commit is on stable storage.
public protocol Store: Sendable {
    /// Carries out the writes in one transaction, shared with others.
    /// - Parameter completion: one result for each write, in order; or the error because of which none took effect.
    func submit(
        _ writes: [StoreWrite], completion: @escaping @Sendable (Result<[StoreWriteResult], StoreError>) -> Void)

    /// Reads what is due next in one shard: positions of scheduled reminders and pending materialised occurrences,
    /// ascending by `DueKey`, strictly after `after`, due up to and including `throughMilliseconds` (unix ms).
    /// - Parameter limit: the most entries to return; a full page means that there may be more.
    func load(
        shard: Shard, after: DueKey?, throughMilliseconds: Int64, limit: Int,
        completion: @escaping @Sendable (Result<[DueEntry], StoreError>) -> Void)

    /// Reads one reminder with its counts; `nil` where there is none. Runs beside the writers on a snapshot.
    func reminder(
        _ id: ReminderID, completion: @escaping @Sendable (Result<ReminderSummary?, StoreError>) -> Void)

    /// Reads attempts of a reminder, newest first, at most `limit`; `nil` where there is no such reminder.
    func attempts(
        of id: ReminderID, limit: Int, completion: @escaping @Sendable (Result<[Attempt]?, StoreError>) -> Void)

    /// Removes finished reminders (and their attempts), and idempotency records, older than the given unix
    /// milliseconds; at most `limit` reminders at a time. Completes with the number removed.
    func prune(
        finishedBeforeMilliseconds: Int64, idempotencyBeforeMilliseconds: Int64, limit: Int,
        completion: @escaping @Sendable (Result<Int, StoreError>) -> Void)

    /// The worker instances that held a stream when the last scheduler process ended without closing the store;
    /// empty after a clean end. Set by `StoreWrite.workers`; what this process sets is for the next to read.
    func attachedWorkers(completion: @escaping @Sendable (Result<[String], StoreError>) -> Void)

    /// Finishes what was submitted, then closes. Later calls complete with `.closed`.
    func close() async
}

/// The order in which occurrences fall due within a shard.
public struct DueKey: Sendable, Hashable, Comparable {
    /// Unix milliseconds.
    public var dueAtMilliseconds: Int64
    public var occurrence: OccurrenceKey

    public init(dueAtMilliseconds: Int64, occurrence: OccurrenceKey) {
        self.dueAtMilliseconds = dueAtMilliseconds
        self.occurrence = occurrence
    }

    public static func < (a: DueKey, b: DueKey) -> Bool {
        a.dueAtMilliseconds != b.dueAtMilliseconds
            ? a.dueAtMilliseconds < b.dueAtMilliseconds : a.occurrence < b.occurrence
    }
}

/// One occurrence that waits for its time.
public struct DueEntry: Sendable {
    public var due: DueKey
    public var reminder: Reminder
    /// Attempts made so far.
    public var attempts: Int
    /// The index in the series where this is the reminder's position; `nil` for a materialised occurrence.
    public var positionIndex: Int64?

    public init(due: DueKey, reminder: Reminder, attempts: Int, positionIndex: Int64?) {
        self.due = due
        self.reminder = reminder
        self.attempts = attempts
        self.positionIndex = positionIndex
    }
}

/// The step of a series past its current occurrence.
public struct PositionMove: Sendable, Hashable {
    /// Unix seconds; the write has no effect on the position if the stored one is another.
    public var from: Int64
    /// `nil`: the series has ended.
    public var to: SeriesPosition?

    public init(from: Int64, to: SeriesPosition?) {
        self.from = from
        self.to = to
    }
}

/// One change. Every case is conditional on the reminder still being what the writer thought: nothing that a
/// cancellation ended comes back to life, and repeating a write changes nothing.
public enum StoreWrite: Sendable {
    /// A new reminder whose first occurrence to be tried is `position` (`nil`: completed at once, nothing is due).
    /// The same id again answers `.exists`.
    case create(Reminder, position: SeriesPosition?, idempotency: IdempotencyRecord?)
    /// Records an attempt and what follows from it. `move` is present where the occurrence was the position.
    case settle(OccurrenceKey, Attempt, Disposition, move: PositionMove?)
    /// Gives the position's occurrence a row of its own (pending, due at `dueAtMilliseconds`), because the next one
    /// falls due before its first attempt has ended.
    case materialise(OccurrenceKey, dueAtMilliseconds: Int64, attempts: Int, move: PositionMove)
    /// Moves the position past occurrences that the misfire policy does not fire; `record` says which.
    case misfire(ReminderID, record: Attempt, move: PositionMove)
    /// Cancels: state, position and pending or held occurrences; dead letters and history stay.
    case cancel(ReminderID, atMilliseconds: Int64)
    /// Replaces the credential and makes every held occurrence pending, due at `atMilliseconds`, attempts kept at 0.
    case replaceAuthorization(ReminderID, sealed: [UInt8], atMilliseconds: Int64)
    /// The worker instances that now hold a stream (see `Store.attachedWorkers`).
    case workers([String])
}

/// What follows from an attempt.
public enum Disposition: Sendable, Hashable {
    case delivered
    /// Tried again at this time (unix milliseconds); `attempts` made so far.
    case retry(dueAtMilliseconds: Int64, attempts: Int)
    case held(attempts: Int)
    case dead(attempts: Int)
    /// Done, and the whole series is cancelled with it.
    case cancelSeries
}

/// What a write came to.
public enum StoreWriteResult: Sendable {
    /// Took effect (or had already).
    case done
    /// `create`: there is a reminder with this id.
    case exists
    /// `create`: the idempotency key was used with the same request; its answer.
    case replayed(answer: [UInt8])
    /// `create`: the idempotency key was used with another request.
    case idempotencyConflict
    /// Any write but `create` and `workers`: no such reminder (any more); nothing was changed.
    case notFound
    /// `replaceAuthorization`: the new definition; `released` holds its position first where a scheduled reminder has
    /// one to come (`positionIndex` is set), then the occurrences that were held.
    case authorizationReplaced(Reminder, released: [DueEntry])
    /// `cancel`: it was finished before (completed or cancelled).
    case alreadyFinished(ReminderState)
}

/// What an `Idempotency-Key` stood for, kept for 24 h.
public struct IdempotencyRecord: Sendable, Hashable {
    /// SHA-256 of caller and key.
    public var key: [UInt8]
    /// SHA-256 of the request's body.
    public var request: [UInt8]
    /// The answer to give again.
    public var answer: [UInt8]
    /// Unix milliseconds.
    public var createdAtMilliseconds: Int64

    public init(key: [UInt8], request: [UInt8], answer: [UInt8], createdAtMilliseconds: Int64) {
        self.key = key
        self.request = request
        self.answer = answer
        self.createdAtMilliseconds = createdAtMilliseconds
    }
}

/// A reminder as shown to its caller.
public struct ReminderSummary: Sendable {
    public var reminder: Reminder
    public var state: ReminderState
    /// The next occurrence that has not been tried; `nil` when the series has ended.
    public var position: SeriesPosition?
    /// Occurrences by where they stand.
    public var delivered: Int64, retrying: Int, held: Int, dead: Int
    /// Unix milliseconds.
    public var updatedAtMilliseconds: Int64

    public init(
        reminder: Reminder, state: ReminderState, position: SeriesPosition?, delivered: Int64, retrying: Int, held: Int,
        dead: Int, updatedAtMilliseconds: Int64
    ) {
        self.reminder = reminder
        self.state = state
        self.position = position
        self.delivered = delivered
        self.retrying = retrying
        self.held = held
        self.dead = dead
        self.updatedAtMilliseconds = updatedAtMilliseconds
    }
}

/// Why the store could not do what was asked.
public enum StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Disk full, read-only, an I/O error, a lost server: may pass. What happened, with the file and what to do.
    case unavailable(String)
    /// The data is not what this build understands (a newer schema, a damaged file or row).
    case unusable(String)
    case closed

    public var description: String {
        switch self {
        case .unavailable(let reason): "the store cannot be used now: \(reason)"
        case .unusable(let reason): "the store cannot be used: \(reason)"
        case .closed: "the store is closed"
        }
    }
}
