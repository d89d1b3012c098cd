import TaskDomain

/// Keeps reminders, their occurrences and their attempts on stable storage.
///
/// What is on disk of a reminder is one row with its *position*: the next occurrence that has not been tried. Only
/// an occurrence that needs a life of its own (a retry, a held one, a dead letter, one that the next has overtaken) is
/// *materialised* as a row beside it. So the happy path writes once on create and once per occurrence.
///
/// Calls never block. Writes and loads are carried out in the order in which they were made, and completions are called in
/// that order too, on a thread of the store's or wherever it was told to: a `load` sees every write submitted before it
/// and none after. Only where so many calls wait that there is no room even for its refusal is one refused at once. What else is read
/// (`reminder`, `attempts`, `list`, `listOccurrences`, `queues`) sees every write that was answered before; lists do not hold up the
/// others, and none is read for whom nobody waits. All writes that arrived during one commit go into the next together (group commit): one
/// fsync for all of them. A write's completion is called only after its commit is on stable storage.
public protocol Store: Sendable {
    /// Carries out the writes in one transaction, shared with others; or, where the store is spread by shard, those of each shard in one.
    /// - Parameter completion: one result for each write, in order; or the error because of which none took effect. Where they are in several
    ///   transactions, or what became of one is not known, some or all may have taken effect: they may be repeated.
    func submit(
        _ writes: [StoreWrite], completion: @escaping @Sendable (Result<[StoreWriteResult], StoreError>) -> Void)

    /// Reads what is due next in one shard: positions of scheduled reminders and pending materialised occurrences,
    /// ascending by `DueKey`, strictly after `after`, due up to and including `through` (unix ms).
    /// - Parameter limit: the most entries to read; and one more where the last one shares its key with its series' position.
    func load(
        shard: Shard, after: DueKey?, through: UnixMilliseconds, limit: Int,
        completion: @escaping @Sendable (Result<DuePage, StoreError>) -> Void)

    /// Reads what was shelved (see `StoreWrite.shelve`) and is still pending, in the order of its keys, strictly after `after`.
    /// - Parameters:
    ///   - scope: where it ends.
    ///   - shard: of a strand, of which it is.
    ///   - limit: the most keys to look at; a full page means that there may be more.
    func loadShelf(
        _ scope: ShelfScope, of shard: Shard, after: ShelfKey, limit: Int,
        completion: @escaping @Sendable (Result<ShelfPage, StoreError>) -> Void)

    /// Reads one reminder with its counts; `nil` where there is none. Runs beside the writers on a snapshot.
    func reminder(
        _ id: ReminderID, for asker: Asker, completion: @escaping @Sendable (Result<ReminderSummary?, StoreError>) -> Void)

    /// Reads attempts of a reminder, newest first, at most `limit`, with as many results as ``ResultRoom`` has room for; `nil` where there is
    /// no such reminder.
    func attempts(
        of id: ReminderID, limit: Int, for asker: Asker, completion: @escaping @Sendable (Result<[Attempt]?, StoreError>) -> Void)

    /// Reads one page of reminders. It looks at no more than a bounded number of candidates, so a page of a filter that
    /// few match may be short, or empty, and still have a cursor to go on with.
    func list(
        _ filter: ReminderFilter, after: ListCursor?, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<ListPage<ReminderSummary>, StoreError>) -> Void)

    /// Reads one page of occurrences that have rows of their own, as `list` does: of pending ones the one that is due next first, of held
    /// ones and of dead letters the latest.
    func listOccurrences(
        _ filter: OccurrenceFilter, after: ListCursor?, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<ListPage<SetAsideOccurrence>, StoreError>) -> Void)

    /// How many occurrences have rows of their own, in all and of these queues: kept with them, so that nothing is counted now.
    func tallies(of queues: [String], for asker: Asker, completion: @escaping @Sendable (Result<OccurrenceTallies, StoreError>) -> Void)

    /// Reads the attempts at one occurrence, newest first, at most `limit`, with results as above.
    func attempts(
        at key: OccurrenceKey, limit: Int, for asker: Asker, completion: @escaping @Sendable (Result<[Attempt], StoreError>) -> Void)

    /// The queues that have settings of their own.
    func queues(completion: @escaping @Sendable (Result<[QueueSettings], StoreError>) -> Void)

    /// Reads unfinished series that run in any of these zones, in the order of their creation.
    /// - Parameters:
    ///   - shards: those that are looked for.
    ///   - after: a `SeriesPage.next`; 0 to begin with.
    ///   - limit: the most to return; it looks at a bounded number besides.
    func series(
        in zones: Set<String>, of shards: Set<Shard>, after: Int64, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<SeriesPage, StoreError>) -> Void)

    /// Removes what has been kept for long enough, a bounded number of rows at a time.
    func prune(_ request: Pruning, completion: @escaping @Sendable (Result<PruneProgress, StoreError>) -> Void)

    /// Seals stored credentials anew, a page of reminders at a time.
    func reseal(_ request: Resealing, completion: @escaping @Sendable (Result<ResealProgress, StoreError>) -> Void)

    /// What room there is for more.
    func space(completion: @escaping @Sendable (Result<StoreSpace, StoreError>) -> Void)

    /// The shards as they are to be taken: those of a strand together, in ascending order.
    static var strands: [[Shard]] { get }

    /// Takes the shards of a strand: whoever had them before writes nothing to them any more. What was shelved of them is no more.
    /// - Parameter passed: of those that came to an end before their series came to them, the most to read.
    func take(_ shards: [Shard], passed: Int, completion: @escaping @Sendable (Result<TakenShards, StoreError>) -> Void)

    /// Finishes what was submitted, then closes. Later calls complete with `.closed`.
    func close() async
}

/// A shard that a process has taken.
public struct OwnedShard: Sendable, Hashable {
    public var shard: Shard
    /// What fences off those who had it before: higher than any epoch that it was taken with, from 1 on.
    public var epoch: Int64

    public init(_ shard: Shard, epoch: Int64) {
        self.shard = shard
        self.epoch = epoch
    }
}

/// A strand that a process has taken, with what it is to know of its former owners.
public struct TakenShards: Sendable {
    /// In ascending order.
    public var shards: [OwnedShard]
    /// The workers that may still run what a former owner handed them, by instance, as its last `StoreWrite.workers` says; what this process
    /// sets is for the next to read.
    public var workers: [AttachedWorker]
    /// Occurrences that came to an end, or were put off, before their series came to them, where that is still to come; by shard, reminder
    /// and time.
    public var passed: [OccurrenceKey]
    /// The zones that their series run in, but UTC, with the data by which a former owner computed them; by name.
    public var zones: [ZoneMark]

    public init(shards: [OwnedShard], workers: [AttachedWorker], passed: [OccurrenceKey], zones: [ZoneMark]) {
        self.shards = shards
        self.workers = workers
        self.passed = passed
        self.zones = zones
    }
}

/// The order in which occurrences fall due within a shard.
public struct DueKey: Sendable, Hashable, Comparable {
    public var dueAt: UnixMilliseconds
    public var occurrence: OccurrenceKey

    public init(dueAt: UnixMilliseconds, occurrence: OccurrenceKey) {
        self.dueAt = dueAt
        self.occurrence = occurrence
    }

    public static func < (a: DueKey, b: DueKey) -> Bool {
        a.dueAt != b.dueAt
            ? a.dueAt < b.dueAt : a.occurrence < b.occurrence
    }
}

/// One occurrence that waits for its time.
public struct DueEntry: Sendable {
    public var due: DueKey
    public var reminder: Reminder
    public var tries: Tries
    /// The index in the series where this is the reminder's position; `nil` for a materialised occurrence.
    public var positionIndex: Int64?
    /// Asked for by a person (run now, replay): neither a pause nor its expiry holds it up.
    public var isManual: Bool

    public init(due: DueKey, reminder: Reminder, tries: Tries, positionIndex: Int64?, isManual: Bool = false) {
        self.due = due
        self.reminder = reminder
        self.tries = tries
        self.positionIndex = positionIndex
        self.isManual = isManual
    }

    /// A reminder's occurrence at its position.
    public init(_ reminder: Reminder, at position: SeriesPosition) {
        self.init(
            due: DueKey(
                dueAt: reminder.due(of: position.scheduledAt),
                occurrence: OccurrenceKey(reminder: reminder.id, scheduledAt: position.scheduledAt)),
            reminder: reminder, tries: .none, positionIndex: position.index)
    }
}

/// A lane, which is a queue and a task, and who it is that something there belongs to.
public struct ShelfPlace: Sendable, Hashable {
    public var queue: String
    public var task: String
    public var sharer: String

    public init(queue: String, task: String, sharer: String) {
        self.queue = queue
        self.task = task
        self.sharer = sharer
    }
}

/// Where something was shelved. The order is by queue, task and sharer, of each the bytes in UTF-8, and then by when it is due.
public struct ShelfKey: Sendable, Hashable {
    public var place: ShelfPlace
    public var due: DueKey

    public init(place: ShelfPlace, due: DueKey) {
        self.place = place
        self.due = due
    }
}

/// What is read of the shelf after a key.
public enum ShelfScope: Sendable, Hashable, CaseIterable {
    /// What is in the key's place.
    case share
    /// What is in the key's queue and has its task.
    case lane
    case everything
}

/// Part of what falls due in a shard.
public struct DuePage: Sendable {
    /// Ascending by `DueKey`. Two share one where a person had an occurrence run at the very second of its series' position:
    /// that comes first, and no page ends between them.
    public var entries: [DueEntry]
    /// Up to and including this it was read, also what is damaged and left out; `nil`: all that was asked for.
    public var end: DueKey?

    public init(entries: [DueEntry] = [], end: DueKey? = nil) {
        self.entries = entries
        self.end = end
    }
}

/// Part of what was shelved.
public struct ShelfPage: Sendable {
    /// All that were looked at, also what is no longer pending.
    public var keys: [ShelfKey]
    /// Those that are, as they stand now, in the same order.
    public var entries: [DueEntry]

    public init(keys: [ShelfKey] = [], entries: [DueEntry] = []) {
        self.keys = keys
        self.entries = entries
    }
}

/// The step of a series past its current occurrence.
public struct PositionMove: Sendable, Hashable {
    /// The write has no effect on the position if the stored one is another.
    public var from: UnixSeconds
    /// `nil`: the series has ended.
    public var to: SeriesPosition?
    /// When the new position falls due.
    public var dueAt: UnixMilliseconds?
    /// The occurrences that it steps over because they were missed; added to what the reminder has missed before.
    public var missed: Missed?
    /// The occurrence at `from` may have a row besides, as a person had that very second run before the series came to it: a delivery
    /// ends both. Asked for only where there may be one, as looking for it costs.
    public var endsRow = false

    /// - Parameter due: where it is not the very second of the new position.
    public init(from: UnixSeconds, to: SeriesPosition?, due: UnixMilliseconds? = nil, missed: Missed? = nil) {
        self.from = from
        self.to = to
        self.missed = missed
        dueAt = due ?? to.map { $0.scheduledAt.milliseconds }
    }
}

/// One change. Every case is conditional on the reminder still being what the writer thought: nothing that a
/// cancellation ended comes back to life, and repeating a write changes nothing.
public enum StoreWrite: Sendable {
    /// A new reminder whose first occurrence to be tried is `position` (`nil`: completed at once, nothing is due).
    /// The same id again answers `.exists`. `pendingLimit`: how many reminders its caller may have that are not finished, this one
    /// included; `nil` for any number.
    case create(Reminder, position: SeriesPosition?, idempotency: IdempotencyRecord?, pendingLimit: Int? = nil)
    /// Records an attempt and what follows from it. `move` is present where the occurrence was the position. Where the series
    /// has not come to the occurrence, that is kept (see `TakenShards.passed`) until it is past it.
    case settle(OccurrenceKey, Attempt, Disposition, move: PositionMove?)
    /// Gives the position's occurrence a row of its own (pending, due at `dueAt`), because the next one
    /// falls due before its first attempt has ended.
    case materialise(OccurrenceKey, dueAt: UnixMilliseconds, tries: Tries, move: PositionMove)
    /// Moves the position past occurrences that the misfire policy does not fire; `record` says which.
    case misfire(ReminderID, record: Attempt, move: PositionMove)
    /// Records an attempt of a series whose credential was refused, and holds the series: the occurrence waits for another
    /// credential, as does every other that has a row, and nothing falls due any more. Where the occurrence is the position,
    /// the series stands there still, for its misfire policy to decide what of it is fired when a credential comes.
    case hold(OccurrenceKey, Attempt, tries: Tries)
    /// What a caller asked to be done with a reminder that exists.
    case change(ReminderID, ReminderChange, ChangeGuard, at: UnixMilliseconds)
    /// Makes an occurrence that is due to be found by `Store.loadShelf` as well, until its shards are taken anew. It is due all the same.
    case shelve(ShelfKey)
    /// They are no longer to be found there.
    case unshelve([ShelfKey])
    case queue(QueueSettings)
    /// With which data of a zone a strand's series were computed, from now on. `of`: the strand's first shard.
    case zone(ZoneMark, of: Shard)
    /// The workers that the next owner of a strand has to ask what they run (see `TakenShards.workers`); of those given before, only these
    /// remain. `of`: the strand's first shard.
    case workers([AttachedWorker], of: Shard)
}

/// A worker that holds leases, or may get some.
public struct AttachedWorker: Sendable, Hashable {
    public var instance: String
    /// The end of the last of its leases, where it gets no more; `nil`: it may get some at any time.
    public var leasesEndAt: UnixMilliseconds?
    /// The latest due time of what was handed out, where the clock was set back before it.
    public var handedThrough: UnixMilliseconds?
    /// Since when processes have waited for it in vain.
    public var awaitedSince: UnixMilliseconds?

    public init(
        instance: String, leasesEndAt: UnixMilliseconds? = nil, handedThrough: UnixMilliseconds? = nil,
        awaitedSince: UnixMilliseconds? = nil
    ) {
        self.instance = instance
        self.leasesEndAt = leasesEndAt
        self.handedThrough = handedThrough
        self.awaitedSince = awaitedSince
    }
}

/// What a caller can do with a reminder, or with an occurrence of it.
public enum ReminderChange: Sendable {
    /// State, position and pending or held occurrences; dead letters and history stay.
    case cancel
    /// Nothing of it falls due any more, but what a person asks for.
    case pause
    /// Goes on. `goesOnAt`: a series' first occurrence that was not missed; what lay before it was skipped. A series that is held stays
    /// where it is, and what it missed goes by its misfire policy when it is released.
    case resume(goesOnAt: SeriesTarget)
    /// Makes an occurrence of this very second, beside those of the schedule. While the series is held it waits, too.
    case run
    /// Replaces the credential and makes every held occurrence pending, due now, with nothing tried. A series that is held goes
    /// on where it stands; of its occurrences with rows, what its misfire policy does not fire is recorded as missed. What a person had
    /// run at the very second where the series stands is pending beside the series' own.
    case replaceAuthorization(sealed: [UInt8])
    /// Replaces the definition. Where it has no credential, the old one stays; where it has one, held occurrences are
    /// released. Where the schedule is another, the position becomes `position`; one that has fallen due stays due.
    case replace(Reminder, position: SeriesPosition?)
    /// A dead letter or held occurrence is due now, with nothing tried. A series that is held for it goes on, with the credential
    /// that it has; a dead letter of such a series waits with it.
    case replay(scheduledAt: UnixSeconds)
    /// A dead letter or held occurrence is given up. A series that is held for it goes on at `goesOnAt`, with the credential that
    /// it has; what lay before is given up, too.
    case discard(scheduledAt: UnixSeconds, goesOnAt: SeriesTarget = .itsPosition)
    /// A pending occurrence with a row of its own is at its end, and recorded as cancelled; `detail`: how it was called off. Not found where
    /// there is none. Its series goes on. `isUnderWay`: a worker has it, and it may have been held with its series meanwhile: it is at its
    /// end then, too.
    case cancelOccurrence(scheduledAt: UnixSeconds, detail: String, isUnderWay: Bool = false)
    /// A position that has not fallen due, held or not, becomes another, as its zone's data is another; `nil`: the series has ended. Nothing if it is no
    /// longer there. The revision stays: nobody asked for it.
    case realign(from: UnixSeconds, to: SeriesPosition?)
}

/// Where a series that is resumed goes on.
public enum SeriesTarget: Sendable, Hashable {
    /// Where it stopped.
    case itsPosition
    /// There, if its position lies before; `nil`: it has ended.
    case position(SeriesPosition?)
}

/// On what condition a change is made.
public struct ChangeGuard: Sendable, Hashable {
    /// Only if the reminder is this caller's.
    public var caller: String?
    /// Only if the reminder has this revision.
    public var revision: Int64?

    public init(caller: String? = nil, revision: Int64? = nil) {
        self.caller = caller
        self.revision = revision
    }
}

/// What follows from an attempt.
public enum Disposition: Sendable, Hashable {
    case delivered
    /// Tried again at this time; `tries` made so far.
    case retry(dueAt: UnixMilliseconds, tries: Tries)
    case held(tries: Tries)
    case dead(tries: Tries)
    /// Done, and the whole series is cancelled with it.
    case cancelSeries
    /// At its end without a delivery: nothing more is made of it.
    case ended
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
    /// `create`: its caller has as many as it may that are not finished. How many that is; never more than one above what it may.
    case tooManyPending(Int)
    /// `settle`, `materialise`, `misfire`, `hold`: no such reminder (any more); nothing was changed.
    case notFound
    case changed(ChangeOutcome)
}

/// What a `change` came to, and where the reminder stands now, whatever it came to.
public struct ChangeOutcome: Sendable {
    public enum Verdict: Sendable, Hashable {
        case done
        /// No such reminder, or not this caller's; or it has no such occurrence set aside.
        case notFound
        /// Cancelled, or completed where that matters.
        case finished
        case revisionDiffers
    }

    public var verdict: Verdict
    /// `nil` where there is no such reminder.
    public var standing: ReminderStanding?
    /// Held occurrences that a new credential released.
    public var released = 0
    /// `run`: the occurrence.
    public var scheduledAt: UnixSeconds?
    /// `replace`: it has another schedule than before. A change that is repeated finds that it has not.
    public var isRescheduled = false

    public init(_ verdict: Verdict, _ standing: ReminderStanding?) {
        self.verdict = verdict
        self.standing = standing
    }
}

/// Everything of a reminder that is to come by itself.
public struct ReminderStanding: Sendable {
    public var reminder: Reminder
    public var state: ReminderState
    public var revision: Int64
    /// Its credential was refused: nothing of it is sent until another comes. Of a cancelled one, some of what a person had run once more
    /// waits for that.
    public var isHeld: Bool
    /// Its position, unless it is paused, held or finished, and its pending occurrences (of a paused one those that a person
    /// asked for), the earliest first; at most `maxEntries`, and one more where there are more.
    public var entries: [DueEntry]

    public static let maxEntries = 1_000

    public init(reminder: Reminder, state: ReminderState, revision: Int64, isHeld: Bool = false, entries: [DueEntry]) {
        self.isHeld = isHeld
        self.reminder = reminder
        self.state = state
        self.revision = revision
        self.entries = entries
    }
}

/// Part of a list.
public struct ListPage<Item: Sendable>: Sendable {
    public var items: [Item]
    /// Of each item, so that a page can be cut short.
    public var places: [ListCursor]
    /// Where the next page begins; `nil`: there is none.
    public var next: ListCursor?

    public init(items: [Item] = [], places: [ListCursor] = [], next: ListCursor? = nil) {
        self.items = items
        self.places = places
        self.next = next
    }
}

/// An occurrence that has a row of its own: pending, held, or a dead letter.
public struct SetAsideOccurrence: Sendable {
    public var key: OccurrenceKey
    public var state: OccurrenceState
    public var reminder: Reminder
    /// Made so far, with those whose end is not known.
    public var tries: Tries
    /// When its row was last changed: when it was set aside, where it is.
    public var since: UnixMilliseconds
    /// When it is tried next, where it is pending.
    public var dueAt: UnixMilliseconds
    /// Of the last attempt; `nil` where an earlier version wrote it.
    public var outcome: Outcome?
    public var statusCode: Int
    public var detail: String

    public init(
        key: OccurrenceKey, state: OccurrenceState, reminder: Reminder, tries: Tries, since: UnixMilliseconds, dueAt: UnixMilliseconds,
        outcome: Outcome?, statusCode: Int, detail: String
    ) {
        self.key = key
        self.state = state
        self.reminder = reminder
        self.tries = tries
        self.since = since
        self.dueAt = dueAt
        self.outcome = outcome
        self.statusCode = statusCode
        self.detail = detail
    }
}

/// What an `Idempotency-Key` stood for, kept for 24 h.
public struct IdempotencyRecord: Sendable, Hashable {
    /// SHA-256 of caller and key.
    public var key: [UInt8]
    /// SHA-256 of the request's body.
    public var request: [UInt8]
    /// The answer to give again.
    public var answer: [UInt8]
    public var createdAt: UnixMilliseconds

    public init(key: [UInt8], request: [UInt8], answer: [UInt8], createdAt: UnixMilliseconds) {
        self.key = key
        self.request = request
        self.answer = answer
        self.createdAt = createdAt
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
    /// Occurrences that were missed and not fired, all together; `nil`: none.
    public var missed: Missed?
    /// When its credential was refused; `nil`: it is not held.
    public var heldSince: UnixMilliseconds?
    public var updatedAt: UnixMilliseconds
    /// Grows with every change that a caller makes.
    public var revision: Int64

    public init(
        reminder: Reminder, state: ReminderState, position: SeriesPosition?, delivered: Int64, retrying: Int, held: Int,
        dead: Int, missed: Missed? = nil,
        heldSince: UnixMilliseconds? = nil, updatedAt: UnixMilliseconds, revision: Int64
    ) {
        self.revision = revision
        self.reminder = reminder
        self.state = state
        self.position = position
        self.delivered = delivered
        self.retrying = retrying
        self.held = held
        self.dead = dead
        self.missed = missed
        self.heldSince = heldSince
        self.updatedAt = updatedAt
    }
}

/// Why the store could not do what was asked.
public enum StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Disk full, read-only, an I/O error, a lost server: may pass. What happened, with the file and what to do.
    case unavailable(String)
    /// Another scheduler uses it. Who, with the file and what to do.
    case inUse(String)
    /// More was asked than can be answered in time; this question was not looked at. Ask again later, and less.
    case overloaded(String)
    /// The data is not what this build understands (a newer schema, a damaged file or row).
    case unusable(String)
    case closed

    /// What happened and what to do, without what it means for the store.
    public var reason: String {
        switch self {
        case .unavailable(let reason), .inUse(let reason), .overloaded(let reason), .unusable(let reason): reason
        case .closed: "the store is closed"
        }
    }

    public var description: String {
        switch self {
        case .unavailable(let reason), .inUse(let reason): "the store cannot be used now: \(reason)"
        case .overloaded(let reason): "too much is asked of the store: \(reason)"
        case .unusable(let reason): "the store cannot be used: \(reason)"
        case .closed: "the store is closed"
        }
    }
}
