import TaskDomain

/// The bounds and times of the decision core. Every one has a working default.
public struct CoreConfiguration: Sendable {
    /// Occurrences held in memory at most, waiting, ready and leased together. The rest stays on disk.
    public var maxEntriesInMemory = 200_000
    /// Of these, those that wait for the store to catch up with their strand: they must not take the place of what others can hand out.
    var maxStalledEntries: Int { maxEntriesInMemory / 4 }
    /// What falls due within this time is brought into memory; more is fetched when half of it is left.
    public var horizonMilliseconds: Int64 = 60_000
    /// The most occurrences that one load brings. For what those of all shards may bring, were they read at once, memory has room.
    public var loadLimit = 250
    /// How long a worker may run an occurrence without reporting before it is given to another.
    public var leaseMilliseconds: Int64 = 60_000
    /// When the ends of a connection notice that it has fallen silent; the two graces after this one follow from it.
    public var keepalive = Keepalive()
    /// How long a worker whose connection broke may take to come back before its occurrences go to others. It was told of the end at
    /// once, as this side was.
    public var reconnectGraceMilliseconds: Int64 = 300
    /// The same where nothing was heard from the worker: it notices the end by itself, and perhaps so much later.
    public var silentGraceMilliseconds: Int64 { keepalive.returnMilliseconds }
    /// The time that a worker of a former process may take to come back and say what it still runs, before what was due then is given
    /// to others. What the former process ended with, its machine too perhaps, may not have told it.
    public var rejoinGraceMilliseconds: Int64 { keepalive.returnMilliseconds }
    /// The same for a worker for which processes have waited in vain for longer than its leases last: enough to try once.
    public var lastCallMilliseconds: Int64 = 3_000
    /// An occurrence of a series that was not dispatched within this time is missed, and its misfire policy applies.
    public var misfireThresholdMilliseconds: Int64 = MisfirePolicy.thresholdSeconds * 1_000
    /// Being one priority higher is worth being due this much earlier; so the lowest is not starved.
    public var priorityStepMilliseconds: Int64 = 10_000
    /// Writes of one strand that wait for the store, beyond which nothing more of it is dispatched.
    public var maxPendingWrites = 50_000
    /// The same of all strands, beyond which nothing of any is dispatched.
    public var maxPendingWritesInAll = 200_000
    /// Bytes of tasks' results of one strand that wait for the store, beyond which nothing more of it is dispatched.
    public var maxPendingResultBytes = 16 << 20
    /// The same of all strands, beyond which nothing of any is dispatched, and an outcome is taken without its result: what was dispatched
    /// before the store fell behind may all return at once.
    public var maxResultBytes = 64 << 20
    /// Requests of one strand that wait for the store, beyond which none is taken.
    public var maxPendingRequests = 10_000
    /// The same of all strands.
    public var maxPendingRequestsInAll = 40_000
    /// Changes of reminders in requests that wait for others of the same reminders to be answered, beyond which none is taken that would have to.
    public var maxWaitingChanges = 100_000
    /// So many requests may wait for each other, one behind the other.
    public var maxWaitingDepth = 100
    /// How long the answer to a cancel, a pause or another schedule may wait until workers have stopped what is called off.
    public var recallMilliseconds: Int64 = 1_000
    /// Writes in one batch.
    public var maxWritesPerBatch = 5_000
    public var retry = RetryPolicy()
    /// What is broken on purpose; only the simulation's tests set it.
    package var mutation: Mutation?

    public init() {}
}
