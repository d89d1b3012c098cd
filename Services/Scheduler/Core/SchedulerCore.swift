import HeapModule
import Storage
import TaskDomain

/// Decides what is due, who gets it, and what its end means. Without I/O, clock, threads, or randomness of its own:
/// events in, effects out. The same seed and the same events give the same effects.
///
/// An occurrence's way: on disk → `waiting` in memory when it is due within the horizon (`Window`, Refilling.swift) →
/// `ready` in a lane when it is due (Dispatching.swift) → leased to a worker (Workers.swift) → settled (Settlement.swift):
/// delivered, dead or held and out of memory, or waiting again for its next try. The series steps on when the first
/// attempt at an occurrence ends, or when the next one is due before that.
public struct SchedulerCore {
    let configuration: CoreConfiguration
    var random: SplitMix64
    var now = Moment(wall: UnixMilliseconds(0), monotonic: .distantPast)
    var effects: [Effect] = []

    /// The shards that it owns, and what of each is in memory.
    var windows = Windows()
    /// The same shards, as they were taken and are written.
    var strands = Strands()
    var table = EntryTable()
    /// By the time at which they are due.
    var waiting = Heap<EntryTimer<UnixMilliseconds>>()
    /// Leased positions, by the time at which the next occurrence of their series is due.
    var overtakes = Heap<EntryTimer<UnixMilliseconds>>()
    /// Due ones of which nothing was sent when they were handed out, by the time at which they are ready again, monotonic.
    var rests = Heap<EntryTimer<MonotonicMilliseconds>>()
    /// Ready occurrences, by the time at which they expire.
    var expiries = Heap<EntryTimer<UnixMilliseconds>>()
    var lanes: Lanes
    var queues = Queues()

    var workers: [WorkerID: Worker] = [:]
    var leases: Leases
    var former = FormerLeases()
    /// What workers said of leases that were not theirs, or that had ended, since this process began.
    var foreignTotal: Int64 = 0
    var holds = Holds()

    /// Whom the next process has to wait for may be others than was written.
    var holdersHaveChanged = false
    /// Workers that are gone, by instance, whose outcomes are not on stable storage: the next process has to believe what they say of them.
    var goneReporters: [String: WorkerID] = [:]
    /// The latest due time of what was handed out. Before the present, unless the clock was set back.
    var handedThrough = UnixMilliseconds.distantPast

    var unheardCreates = UnheardCreates()
    /// Reminders with a change on its way, see Changes.swift.
    var changing: [ReminderID: Changing] = [:]
    var passed = Passed()
    /// Occurrences that were missed and not fired, since this process began.
    var missedTotal: Int64 = 0
    /// Zones whose data has changed since positions were computed; see Zones.swift.
    var changedZones: Set<String> = []
    /// Who waits for other changes of the same reminders.
    var line = RequestLine()
    /// Who waits for changes in several strands.
    var joints = JointRequests()
    /// What is called off at workers, and who waits for that.
    var recalls = Recalls()
    /// Single occurrences that are called off, and who waits for that.
    var cancellations = Cancellations()
    var isDraining = false
    /// Whether what it owns is known to be its own still, as the events that follow are to take it. Where it is not, nothing is handed out:
    /// another may do so.
    public var isTrusted = true
    /// Whether a former owner may not know yet that it is none. What falls due waits then until its workers are here: these have left it.
    public var mayHaveRival = false
    /// Nothing in memory waits for its time: there is nothing to leave to the disk for what is due.
    var hasNothingToLeave = false
    #if DEBUG
        /// Events until the invariants are checked again.
        var eventsUntilCheck = 0
    #endif

    public init(configuration: CoreConfiguration = CoreConfiguration(), seed: UInt64) {
        self.configuration = configuration
        random = SplitMix64(seed: seed)
        lanes = Lanes(maxEntries: configuration.maxEntriesInMemory)
        // Apart from what decides: what happens does not depend on the numbers of leases.
        var numbers = SplitMix64(seed: ~seed)
        leases = Leases(numbers: LeaseNumbers(using: &numbers))
    }

    /// Whether a test has broken this on purpose.
    func breaks(_ mutation: Mutation) -> Bool { configuration.mutation == mutation }

    /// Takes an event, and everything that has fallen due by now; appends what is to be done.
    public mutating func handle(_ event: Event, now: Moment, effects result: inout [Effect]) {
        self.now = now
        apply(event)
        // What it frees is others' in this very step.
        finishReleases()
        giveUpLostWorkers()
        expireLeases()
        expireClaims()
        answerLate()
        endLateCancellations()
        endDoubts()
        ripen()
        settleShelfPages()
        openHolds()
        // What a change has brought back stands by now where it belongs.
        takeTurns()
        dispatch()
        rememberHolders()
        lookForUncertainCreates()
        flush()
        result += effects
        effects.removeAll(keepingCapacity: true)
        #if DEBUG
            assertInvariants()
        #endif
    }

    private mutating func apply(_ event: Event) {
        switch event {
        case .take(let shards, let rejoin, let queues, let passed): take(shards, rejoin, queues, passed)
        case .release(let shard): release(shard)
        case .lose(let shard): lose(shard)
        case .loaded(let token, let shard, let page): loaded(token, shard, page)
        case .loadFailed(let token, let shard): loadFailed(token, shard)
        case .shelfLoaded(let token, let page): shelfLoaded(token, page)
        case .zonesChanged(let zones): zonesChanged(zones)
        case .created(let entry): created(entry)
        case .mayBeStored(let entry): mayBeStored(entry)
        case .request(let id, let writes): request(id, writes)
        case .cancel(let id, let key, let caller): cancel(id, key, caller: caller)
        case .workerAttached(let id, let instance, let queues, let tasks, let creditLimit, let running, let following, let outcomes):
            attach(
                id, instance: instance, queues: queues, tasks: tasks, creditLimit: creditLimit, running: running, following: following)
            take(outcomes, from: id)
        case .workerRuns(let id, let shards, let running, let following, let outcomes):
            hear(running, following, of: shards, from: id)
            take(outcomes, from: id)
        case .creditLimit(let id, let limit): setCreditLimit(limit, of: id)
        case .workerStands(let id, let queues, let isDrained): stands(id, queues: Set(queues), isDrained: isDrained)
        case .workerDraining(let id): change(id) { $0.isDraining = true }
        case .workerDetached(let id, let isSilent): detach(id, isSilent: isSilent)
        case .workerLeft(let id): leave(id)
        case .outcomes(let id, let reports): take(reports, from: id)
        case .extend(let id, let asked): extend(asked, of: id)
        case .progress(let id, let reports): progressed(reports, of: id)
        case .undispatchable(let id, let reports): takeBack(reports, from: id)
        case .written(let token, let results): written(token, results)
        case .drain: isDraining = true
        case .tick: break
        }
    }

    /// Occurrences that a process can make use of at its start (`Event.take`).
    public static var maxPassed: Int { Passed.maxOccurrences }

    // MARK: Outside's view

    /// When the next occurrence in memory falls due.
    public var nextDue: UnixMilliseconds? {
        [waiting.min?.at, overtakes.min?.at, expiries.min?.at].compactMap { $0 }.min()
    }

    /// When the next lease, grace or repetition ends.
    public var nextDeadline: MonotonicMilliseconds? {
        var next = breaks(.neverEndsLeases) ? nil : leases.nextDeadline
        func consider(_ time: MonotonicMilliseconds?) { if let time { next = min(next ?? time, time) } }
        consider(leases.nextLoss)
        consider(leases.claims.nextDeadline)
        for strand in strands.all {
            consider(strand.outbox.repeatAt)
            if !strand.isRetired { consider(strand.doubt?.endsAt) }
        }
        consider(rests.min?.at)
        consider(holds.nextOpening)
        consider(queues.wakeAt)
        consider(recalls.nextAnswer)
        consider(cancellations.nextAnswer)
        return next
    }

    /// What is due, or has a kind of task that no attached worker runs, as `queue/task`; at most so many.
    public func unserved(limit: Int) -> [String] { lanes.unserved(limit: limit) }

    /// Whether an attached worker runs that task in that queue.
    public func isServed(queue: String, task: String) -> Bool {
        lanes.isServed(Lanes.Name(queue: queue, task: task))
    }

    public var snapshot: Snapshot {
        Snapshot(
            entriesInMemory: table.count, ready: lanes.count + lanes.stalled.count, leased: leases.count, unserved: lanes.unservedReady,
            workers: workers.count, missed: missedTotal,
            unwritten: strands.pendingWrites, isStoreFailing: strands.all.contains { $0.outbox.isFailing },
            foreign: foreignTotal)
    }
}
