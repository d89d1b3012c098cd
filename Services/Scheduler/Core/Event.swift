public import Storage
public import TaskDomain

/// What time it is, on both clocks.
public struct Moment: Sendable, Hashable {
    /// Rounded down: what decides when occurrences are due. May jump.
    public var wall: UnixMilliseconds
    /// What leases and graces are measured with.
    public var monotonic: MonotonicMilliseconds

    public init(wall: UnixMilliseconds, monotonic: MonotonicMilliseconds) {
        self.wall = wall
        self.monotonic = monotonic
    }
}

/// One stream of one worker.
public struct WorkerID: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static func < (a: WorkerID, b: WorkerID) -> Bool { a.rawValue < b.rawValue }
}

/// A caller's changes on their way.
public struct RequestID: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// What the core itself asks for. No caller's is 0.
    static let own = RequestID(rawValue: 0)
}

/// An occurrence that a worker says it is running, or has run.
public struct LeaseReport: Sendable, Hashable {
    public var lease: UInt64
    public var key: OccurrenceKey
    /// Of what is running and was extended: how long its task may go on, by what its worker was told, and how long that has had it.
    public var leftMilliseconds: Int64, heldMilliseconds: Int64

    public init(lease: UInt64, key: OccurrenceKey, leftMilliseconds: Int64 = 0, heldMilliseconds: Int64 = 0) {
        self.lease = lease
        self.key = key
        self.leftMilliseconds = leftMilliseconds
        self.heldMilliseconds = heldMilliseconds
    }
}

/// What became of an occurrence that a worker ran.
public struct OutcomeReport: Sendable, Hashable {
    public var lease: UInt64
    public var key: OccurrenceKey
    public var outcome: Outcome
    /// When to try again, where the downstream or the task asked for it.
    public var retryAfterMilliseconds: Int64?
    public var startedAt: UnixMilliseconds
    public var durationMicroseconds: Int64
    public var statusCode: Int
    public var detail: String
    /// The JSON text of what the task returned; empty: nothing. Counts where the outcome is final.
    public var result: [UInt8]

    public init(
        lease: UInt64, key: OccurrenceKey, outcome: Outcome, retryAfterMilliseconds: Int64?,
        startedAt: UnixMilliseconds, durationMicroseconds: Int64, statusCode: Int, detail: String, result: [UInt8] = []
    ) {
        self.lease = lease
        self.key = key
        self.outcome = outcome
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.startedAt = startedAt
        self.durationMicroseconds = durationMicroseconds
        self.statusCode = statusCode
        self.detail = detail
        self.result = result
    }
}

extension OutcomeReport {
    /// Takes the result away, and says so.
    mutating func leaveOutResult() {
        guard !result.isEmpty else { return }
        detail = "the result, \(result.count) bytes, was not kept: the store is behind, and too many results wait for it"
        result = []
    }
}

/// What the core is told. The store's answers come in the order in which it was asked; those about different strands in any.
public enum Event: Sendable {
    /// These shards are now its own, with the epochs that they were taken with, and are written together (Strand.swift). `rejoin`: workers that
    /// may still run what a former owner dispatched of them. `passed`: occurrences that ended before their series came to them.
    case take([OwnedShard], rejoin: [AttachedWorker], queues: [QueueSettings] = [], passed: [OccurrenceKey] = [])
    /// What was taken together with this shard is to go to another. Answered by `Effect.released`; it is not to be taken again before.
    case release(Shard)
    /// What was taken together with this shard is another's already.
    case lose(Shard)
    /// The answer to `Effect.load` with the same token.
    case loaded(token: UInt64, Shard, DuePage)
    case loadFailed(token: UInt64, Shard)
    /// The answer to `Effect.loadShelf` with the same token; `nil`: it failed.
    case shelfLoaded(token: UInt64, ShelfPage?)
    /// The data of these zones is another than that by which what is stored was computed. Told before anything is computed by the new one.
    case zonesChanged(Set<String>)
    /// A reminder was created; its first occurrence.
    case created(DueEntry)
    /// A create failed, and may be stored all the same; its first occurrence.
    case mayBeStored(DueEntry)
    /// A caller wants these changes (`StoreWrite.change`, `.queue`), in one transaction. Answered by `Effect.answer`.
    case request(RequestID, [StoreWrite])
    /// Somebody calls off an occurrence that a worker has, that is ready, or that waits for its next try; `caller`: only if it is this caller's. Answered by
    /// `Effect.cancelled`.
    case cancel(RequestID, OccurrenceKey, caller: String?)
    /// A worker opened a stream. `outcomes`: what it finished meanwhile; known before anything is dispatched again. `following`: what
    /// it finished besides, whose outcomes come right behind.
    case workerAttached(
        WorkerID, instance: String, queues: [String], tasks: [String], creditLimit: Int, running: [LeaseReport],
        following: [LeaseReport] = [], outcomes: [OutcomeReport] = [])
    /// A worker that was attached when these shards were taken, with these epochs, was asked what it has of them: what it runs, and, as when
    /// it attaches, what it finished.
    case workerRuns(WorkerID, of: [OwnedShard], running: [LeaseReport], following: [LeaseReport] = [], outcomes: [OutcomeReport] = [])
    /// The worker may be handed so many on its stream in all, those included that it has been handed. Also fewer than before, and than
    /// those.
    case creditLimit(WorkerID, Int)
    /// The worker serves these queues from now on, or, drained, none until it says otherwise.
    case workerStands(WorkerID, queues: [String], isDrained: Bool)
    /// The worker takes nothing more, and finishes what it has.
    case workerDraining(WorkerID)
    /// The worker's connection broke. `isSilent`: nothing was heard from it, and it may not know yet.
    case workerDetached(WorkerID, isSilent: Bool = false)
    /// The worker said goodbye: nothing runs there.
    case workerLeft(WorkerID)
    case outcomes(WorkerID, [OutcomeReport])
    /// Tasks go on for longer than their leases last. Answered by `Effect.extended`.
    case extend(WorkerID, [LeaseExtension])
    /// How far tasks are. Decides nothing.
    case progress(WorkerID, [(lease: UInt64, progress: TaskProgress)])
    /// Dispatches that never reached the worker, with what they are to end as. They do not count among those that it was handed.
    case undispatchable(WorkerID, [OutcomeReport])
    /// The answer to `Effect.write`; `nil`: it failed.
    case written(token: UInt64, [StoreWriteResult]?)
    /// Nothing more is to be dispatched: the process ends.
    case drain
    /// Time has passed.
    case tick
}

/// An occurrence on its way to a worker.
public struct Dispatch: Sendable {
    public let lease: UInt64
    public let entry: DueEntry
    /// The number of this attempt, from 1.
    public let attempt: Int
    /// How long the lease lasts.
    public let leaseMilliseconds: Int64
}

/// What the core wants done. Effects are carried out in order; `load` and `write` reach the store in order.
public enum Effect: Sendable {
    /// Answered by `Event.loaded` or `Event.loadFailed` with the same token.
    case load(token: UInt64, Shard, after: DueKey?, through: UnixMilliseconds, limit: Int)
    /// Answered by `Event.shelfLoaded` with the same token. `of`: one of the shards of the strand of which it is.
    case loadShelf(token: UInt64, ShelfScope, after: ShelfKey, limit: Int, of: Shard)
    /// Answered by `Event.written` with the same token. `of`: one of the strand's shards, by which the store knows which of its lanes it is.
    case write(token: UInt64, [StoreWrite], of: Shard)
    /// Nothing of these shards is on its way to the store or in memory any more: another can take them.
    case released([Shard])
    case dispatch(WorkerID, [Dispatch])
    /// The outcomes under these leases are on stable storage: the worker can forget them.
    case acknowledge(WorkerID, [UInt64])
    /// What became of extensions, in the order in which they were asked for.
    case extended(WorkerID, [ExtensionAnswer])
    /// What runs under these leases is no longer wanted.
    case revoke(WorkerID, [UInt64])
    /// What runs under these leases has been called off: what has not begun, or not left yet, is to end as unsent; the rest goes on.
    case recall(WorkerID, [UInt64])
    /// What the changes of a request came to; they are on stable storage. `inFlight`: what was called off, or changed, and may be on its
    /// way all the same.
    case answer(RequestID, [StoreWriteResult], inFlight: [OccurrenceKey] = [])
    /// What became of an occurrence that was called off.
    case cancelled(RequestID, Cancellation)
    /// The request was not taken: the store fails, too many wait, or a reminder of it is in another's shard. Where the shard was lost
    /// meanwhile, it may have been carried out, by part or as a whole.
    case refuse(RequestID)
}

/// A queue and what is in it.
public struct QueueStanding: Sendable, Hashable {
    public var settings: QueueSettings
    /// Due, in memory, and waiting for a worker.
    public var ready: Int
    public var running: Int
    /// Attached workers that serve it.
    public var workers: Int
}

/// What the core holds at a moment.
public struct Snapshot: Sendable, Hashable {
    public var entriesInMemory: Int
    /// Due, and waiting for a worker.
    public var ready: Int
    public var leased: Int
    /// Of what is ready, that which no attached worker serves.
    public var unserved: Int = 0
    public var workers: Int
    /// Occurrences of series that were missed and not fired, since the process began.
    public var missed: Int64
    /// Writes that the store has not confirmed.
    public var unwritten: Int
    /// The last write failed, and is being repeated.
    public var isStoreFailing: Bool
    /// What workers said of leases that were not theirs, and what did not count for that, since the process began.
    public var foreign: Int64 = 0
}
