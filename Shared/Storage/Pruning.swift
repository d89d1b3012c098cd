import TaskDomain

/// What a store is to remove, and how much of it at once.
///
/// Reminders that are finished go with all that is theirs, as soon as no occurrence of them is left: neither one to come, which a
/// person asked for, nor a dead letter. Of the attempts of every other reminder the latest ``Attempt/alwaysKept`` stay, and the
/// younger ones among the latest ``Attempt/mostKept``.
///
/// A clock that was ahead once holds nothing up: what it dated into the future is
/// counted apart or dated anew.
public struct Pruning: Sendable {
    /// What finished earlier goes, and attempts that began earlier do.
    public var finishedBefore: UnixMilliseconds
    /// Occurrences that became dead letters earlier go.
    public var deadBefore: UnixMilliseconds
    /// Answers to idempotency keys that were given earlier go.
    public var idempotencyBefore: UnixMilliseconds
    public var now: UnixMilliseconds
    /// Rows to remove at most; at least 1.
    public var rows: Int

    public init(
        finishedBefore: UnixMilliseconds, deadBefore: UnixMilliseconds, idempotencyBefore: UnixMilliseconds,
        now: UnixMilliseconds, rows: Int
    ) {
        self.finishedBefore = finishedBefore
        self.deadBefore = deadBefore
        self.idempotencyBefore = idempotencyBefore
        self.now = now
        self.rows = rows
    }

    /// Completed before it, reminders cannot be run once more by a person: their credentials go.
    package var credentialsBefore: UnixMilliseconds { now - ReminderState.runAgainMilliseconds }
}

/// What kinds of rows have an end.
public enum PrunedKind: String, Sendable, CaseIterable {
    /// Finished ones, with their definitions and attempts.
    case reminders
    case deadLetters = "dead_letters"
    case idempotencyKeys = "idempotency_keys"
    /// Of reminders that stay.
    case attempts
    /// Of reminders that were completed ``ReminderState/runAgainMilliseconds`` ago.
    case credentials
}

/// How far a store has come with removing.
public struct PruneProgress: Sendable {
    /// Rows that this call removed, or dated anew.
    public var rows: [PrunedKind: Int] = [:]
    /// Reminders removed by this call.
    public var reminders = 0
    /// How long what is still there should have been gone, milliseconds; of attempts, how long the look at all of them has been
    /// under way. A kind that is missing has nothing left to remove.
    public var behindMilliseconds: [PrunedKind: Int64] = [:]
    /// Whether rows are left for which the call had no room.
    public var hasMore = false
    /// Whether the look at all attempts goes on with the next call.
    public var isUnderWay = false

    public init() {}
}

/// What room a store has.
public struct StoreSpace: Sendable, Hashable {
    /// Bytes that it can still take, on its disk and in what was removed from its files.
    public var free: Int64
    /// Bytes that its disk has in all.
    public var capacity: Int64

    public init(free: Int64, capacity: Int64) {
        self.free = free
        self.capacity = capacity
    }
}
