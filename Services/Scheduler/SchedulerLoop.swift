import Logging
import Metrics
import NIOCore
import PostgresStore
import SchedulerCore
import Sealing
import Storage
import TaskDomain
import TaskMessages
import TaskOperations
import TaskRecurrence
import TaskWire

/// Runs the decision core on one event loop: brings it events and the time, carries out its effects.
///
/// What the store reports comes on this event loop too, in the order in which it happened.
///
/// @unchecked Sendable is safe because every mutable member is used on `eventLoop` only.
final class SchedulerLoop: @unchecked Sendable {
    /// A loop that has not come round for longer than this does not look alive to others.
    private static let longestTick = Duration.seconds(1)
    /// The longest sleep: a wall clock that was set forwards is noticed within this time.
    static let maxSleepMilliseconds: Int64 = 500

    let eventLoop: any EventLoop
    let store: any Store
    let sealer: Sealer
    private(set) var core: SchedulerCore
    /// Of this process: what is said in the order of its memory bears it.
    let mark = ReminderID(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
    private var effects: [Effect] = []
    private var workers: [WorkerID: WorkerStream] = [:]
    var fleet = Fleet()
    var totals = Totals()
    private(set) var rates = Rates()
    private var nextWorker: UInt64 = 1
    /// At a monotonic time in nanoseconds.
    private var wake: (at: Int64, task: Scheduled<Void>)?
    private var isStopped = false, isLooking = false, willShowLife = false
    private var drained: EventLoopPromise<Void>?
    /// Who waits for what a request comes to.
    private var requests: [RequestID: @Sendable (Result<Changed, CallError>) -> Void] = [:]
    /// Who waits for what becomes of an occurrence that was called off.
    private var cancellations: [RequestID: @Sendable (Result<Cancellation, CallError>) -> Void] = [:]
    private var nextRequest: UInt64 = 1
    private var isStoreFailing = false
    /// Why nothing new is taken in; `nil`: it is.
    var createRefusal: String?
    /// As last seen.
    private var observed: Snapshot?
    /// Of a store that other schedulers stand by for.
    private let ownership: Ownership?
    private let onStoreHealth: @Sendable (_ isFailing: Bool) -> Void
    private let logger: Logger
    let measures = SchedulerMetrics()
    /// Beats a moment after each tick, of which there is one at least every `maxSleepMilliseconds`. For any thread.
    let pulse = Heartbeat()
    let storeProbe: StoreProbe
    let zoneMarks: ZoneMarks
    /// Of this machine's data, as it was last looked at.
    var zoneVersion: String?

    /// - Parameters:
    ///   - store: completes on `eventLoop`.
    ///   - ownership: whether the store is this scheduler's still; `nil`: it cannot be another's.
    ///   - onStoreHealth: told when writes begin to fail, and when they succeed again.
    init(
        configuration: CoreConfiguration, store: any Store, ownership: Ownership? = nil, sealer: Sealer, eventLoop: any EventLoop, logger: Logger,
        onStoreHealth: @escaping @Sendable (_ isFailing: Bool) -> Void
    ) {
        self.onStoreHealth = onStoreHealth
        self.store = store
        self.ownership = ownership
        storeProbe = StoreProbe(store)
        zoneMarks = ZoneMarks(store)
        self.sealer = sealer
        self.eventLoop = eventLoop
        self.logger = logger
        core = SchedulerCore(configuration: configuration, seed: .random(in: .min ... .max))
    }

    /// Takes over the strands that it begins with, and shows that it lives from then on.
    func start(_ strands: [TakenShards], queues: [QueueSettings]) async throws {
        let version = ZoneData.version
        try await take(strands, queues: queues)
        try await eventLoop.submit {
            self.zoneVersion = version
            self.ownership?.beats { [pulse = self.pulse] in pulse.age < Self.longestTick }
        }.get()
    }

    /// Takes over strands.
    /// - Parameters:
    ///   - strands: those that the store was asked for.
    ///   - queues: those that have settings of their own.
    func take(_ strands: [TakenShards], queues: [QueueSettings]) async throws {
        // Their files are read here, so that the event loop need not.
        for zone in Set(strands.flatMap { $0.zones.map(\.zone) }) { _ = try? Zone(identifier: zone) }
        try await eventLoop.submit {
            let changedZones = self.zoneMarks.took(strands)
            if !changedZones.isEmpty { self.handle(.zonesChanged(changedZones)) }
            self.handle(.take([], rejoin: [], queues: queues))
            for strand in strands { self.handle(.take(strand.shards, rejoin: strand.workers, passed: strand.passed)) }
        }.get()
    }

    // MARK: Events

    func handle(_ event: Event) {
        guard !isStopped else { return }
        // The time first: what falls due while this stands still here is not trusted to be its own.
        let now = Self.now
        if let ownership { (core.isTrusted, core.mayHaveRival) = (ownership.isTrusted, ownership.mayHaveRival) }
        core.handle(event, now: now, effects: &effects)
        // An effect never leads back here within this call: stores and streams answer through later ticks.
        let batch = effects
        effects.removeAll(keepingCapacity: true)
        for effect in batch { carryOut(effect) }
        lookLater()
    }

    /// The store is about to be given creates of these. What came of each is told by an event, or by `createEnded`.
    func creating(_ ids: some Sequence<ReminderID>) { for id in ids { core.creating(id) } }

    /// A create has made nothing.
    func createEnded(_ id: ReminderID) { core.createEnded(id) }

    /// When to wake next, and what is to be seen from outside: once for all events of a tick.
    private func lookLater() {
        guard !isLooking else { return }
        isLooking = true
        eventLoop.assumeIsolated().execute { [self] in
            isLooking = false
            guard !isStopped else { return }
            scheduleWake()
            observe(core.snapshot)
        }
    }

    /// What a request for changes came to.
    struct Changed: Sendable {
        let results: [StoreWriteResult]
        /// Occurrences that may be on their way although they were called off.
        let inFlight: [OccurrenceKey]
    }

    /// Asks for changes of reminders or queues, in one transaction, in order with all that was decided before.
    /// - Parameter completion: called on the event loop, once they are on stable storage.
    func request(
        _ writes: [StoreWrite], completion: @escaping @Sendable (Result<[StoreWriteResult], CallError>) -> Void
    ) {
        change(writes) { completion($0.map(\.results)) }
    }

    /// The same for changes that may call off what a worker has.
    /// - Parameter completion: called once it has been stopped, or not for long.
    func change(_ writes: [StoreWrite], completion: @escaping @Sendable (Result<Changed, CallError>) -> Void) {
        guard !isStopped else { return completion(.failure(CallError(.unavailable, "the scheduler is stopping"))) }
        let id = RequestID(rawValue: nextRequest)
        nextRequest += 1
        requests[id] = completion
        handle(.request(id, writes))
    }

    /// Calls off an occurrence that a worker has, or is about to get.
    /// - Parameters:
    ///   - caller: only if it is this caller's.
    ///   - completion: called on the event loop, once its end is on stable storage, or not for long.
    func cancel(
        _ key: OccurrenceKey, caller: String?, completion: @escaping @Sendable (Result<Cancellation, CallError>) -> Void
    ) {
        guard !isStopped else { return completion(.failure(CallError(.unavailable, "the scheduler is stopping"))) }
        let id = RequestID(rawValue: nextRequest)
        nextRequest += 1
        cancellations[id] = completion
        handle(.cancel(id, key, caller: caller))
    }

    /// Queues and tasks, as `queue/task`, of which something is due and no attached worker runs it; the first few by name.
    var unserved: [String] { core.unserved(limit: Self.maxUnservedShown) }

    static let maxUnservedShown = 5

    func queue(_ name: String) -> QueueStanding { core.queueStanding(of: name) }

    /// A page of the queues, by name.
    func queues(after name: String, limit: Int) -> [QueueStanding] { core.queueStandings(after: name, limit: limit) }

    /// Queues that have settings of their own.
    var configuredQueues: Int { core.configuredQueues }

    /// Whether a shard is this scheduler's, and is not being released.
    func owns(_ shard: Shard) -> Bool { core.owns(shard) }

    /// How many occurrences an attached worker has.
    func runCount(of worker: WorkerID) -> Int { core.runCount(of: worker) }

    /// Those that it has had for longest.
    func runs(of worker: WorkerID, limit: Int) -> [Run] { core.runs(of: worker, limit: limit) }

    /// When that fell due which has been ready for longest; `nil`: nothing is ready.
    var oldestReady: UnixMilliseconds? { core.oldestReady() }

    /// To be called about once a second.
    func sampleRates() { rates.sample(totals, at: SystemClock.monotonic) }

    /// A worker has said what became of occurrences.
    func reported(_ worker: String, _ outcomes: [OutcomeReport]) {
        let (finished, failed) = fleet.reported(worker, outcomes)
        totals.finished &+= finished
        totals.failed &+= failed
    }

    func isServed(_ reminder: Reminder) -> Bool { core.isServed(queue: reminder.queue, task: reminder.task) }

    private func observe(_ snapshot: Snapshot) {
        measures.record(snapshot, after: observed)
        observed = snapshot
        let isFailing = snapshot.isStoreFailing || storeProbe.isRefused
        if isFailing != isStoreFailing {
            isStoreFailing = isFailing
            onStoreHealth(isStoreFailing)
        }
        if drained != nil, snapshot.leased == 0, snapshot.unwritten == 0 { finishDrain() }
    }

    private static var now: Moment {
        Moment(wall: SystemClock.now, monotonic: SystemClock.monotonic)
    }

    private func scheduleWake() {
        let wait = min(nanosecondsToWake, Self.maxSleepMilliseconds * 1_000_000)
        let at = SystemClock.monotonicNanoseconds + wait
        if let wake {
            // An earlier wake than needed costs one tick; a later one would be late.
            if wake.at <= at { return }
            wake.task.cancel()
        }
        let task = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) {
            self.wake = nil
            self.tick()
        }
        wake = (at, task)
    }

    /// How long after a tick the store is probed, milliseconds. At the tick itself the store's thread would have its turn before the worker that
    /// what is due goes to.
    private static let lifeDelayMilliseconds: Int64 = 20

    private func tick() {
        guard !isStopped else { return }
        handle(.tick)
        guard !willShowLife else { return }
        willShowLife = true
        eventLoop.scheduleTask(in: .milliseconds(Self.lifeDelayMilliseconds)) { self.showLife() }
    }

    private func showLife() {
        willShowLife = false
        guard !isStopped else { return }
        pulse.beat()
        storeProbe.look(now: SystemClock.monotonic)
    }

    /// Until the first thing that the core waits for, on either clock.
    private var nanosecondsToWake: Int64 {
        var wait = Int64.max
        if let due = core.nextDue {
            wait = min(wait, due.nanoseconds(from: SystemClock.unixNanoseconds))
        }
        if let deadline = core.nextDeadline {
            wait = min(wait, deadline.nanoseconds(from: SystemClock.monotonicNanoseconds))
        }
        return max(0, wait)
    }

    // MARK: Effects

    private func carryOut(_ effect: Effect) {
        switch effect {
        case .load(let token, let shard, let after, let through, let limit):
            store.load(shard: shard, after: after, through: through, limit: limit) { result in
                self.loaded(token, shard, result)
            }
        case .loadShelf(let token, let scope, let after, let limit, let shard):
            store.loadShelf(scope, of: shard, after: after, limit: limit) { result in self.shelfLoaded(token, result) }
        case .write(let token, let writes, _):
            store.submit(writes) { result in self.written(token, result) }
        case .dispatch(let worker, let dispatches):
            totals.dispatched &+= UInt64(dispatches.count)
            workers[worker]?.dispatch(dispatches)
        case .acknowledge(let worker, let leases): workers[worker]?.acknowledge(leases)
        case .extended(let worker, let answers): workers[worker]?.answer(answers)
        case .revoke(let worker, let leases): workers[worker]?.revoke(leases)
        case .recall(let worker, let leases): workers[worker]?.recall(leases)
        case .answer(let id, let results, let inFlight):
            requests.removeValue(forKey: id)?(.success(Changed(results: results, inFlight: inFlight)))
        case .refuse(let id):
            let error = CallError(.unavailable, "the store cannot be written now, or too many changes wait for it")
            requests.removeValue(forKey: id)?(.failure(error))
            cancellations.removeValue(forKey: id)?(.failure(error))
        // It has taken all shards of its store, and gives none away.
        case .released: break
        case .cancelled(let id, let what): cancellations.removeValue(forKey: id)?(.success(what))
        }
    }

    private func loaded(_ token: UInt64, _ shard: Shard, _ result: Result<DuePage, StoreError>) {
        switch result {
        case .success(let page): handle(.loaded(token: token, shard, page))
        case .failure(let error):
            logger.error("could not read what is due", metadata: ["shard": "\(shard.number)", "reason": "\(error)"])
            handle(.loadFailed(token: token, shard))
        }
    }

    private func shelfLoaded(_ token: UInt64, _ result: Result<ShelfPage, StoreError>) {
        switch result {
        case .success(let page): handle(.shelfLoaded(token: token, page))
        case .failure(let error):
            logger.error("could not read what was left to the disk", metadata: ["reason": "\(error)"])
            handle(.shelfLoaded(token: token, nil))
        }
    }

    private func written(_ token: UInt64, _ result: Result<[StoreWriteResult], StoreError>) {
        switch result {
        case .success(let results):
            storeProbe.wrote()
            handle(.written(token: token, results))
        case .failure(let error):
            logger.error("could not write; trying again", metadata: ["reason": "\(error)"])
            handle(.written(token: token, nil))
        }
    }

    // MARK: Workers

    /// A worker's stream has announced itself.
    func attach(
        _ stream: WorkerStream, instance: String, queues: [String], tasks: [String], creditLimit: Int, running: [LeaseReport],
        following: [LeaseReport], outcomes: [OutcomeReport]
    ) -> WorkerID {
        let worker = WorkerID(rawValue: nextWorker)
        nextWorker += 1
        workers[worker] = stream
        handle(
            .workerAttached(
                worker, instance: instance, queues: queues, tasks: tasks, creditLimit: creditLimit, running: running, following: following,
                outcomes: outcomes))
        return worker
    }

    /// The stream of an attached worker.
    func stream(of worker: WorkerID) -> WorkerStream? { workers[worker] }

    /// A worker's stream has ended.
    /// - Parameter error: why; `nil`: it said goodbye, nothing is running there.
    func detach(_ worker: WorkerID, because error: CallError?) {
        guard workers.removeValue(forKey: worker) != nil else { return }
        handle(error.map { .workerDetached(worker, isSilent: $0.isPeerSilent) } ?? .workerLeft(worker))
    }

    // MARK: The end

    /// How long what the workers run may take to be reported once nothing more is dispatched.
    static let drainMilliseconds: Int64 = 5_000

    /// Dispatches nothing more, waits until what runs has been reported and written, and takes no more events.
    func drain() async {
        let done = eventLoop.makePromise(of: Void.self)
        eventLoop.execute { [self] in
            drained = done
            // Nothing that would be reported could be written.
            if ownership?.isLost ?? false { return finishDrain() }
            eventLoop.scheduleTask(in: .milliseconds(Self.drainMilliseconds)) { self.finishDrain() }
            handle(.drain)
        }
        try? await done.futureResult.get()
    }

    private func finishDrain() {
        guard let drained else { return }
        self.drained = nil
        isStopped = true
        pulse.end()
        storeProbe.pulse.end()
        wake?.task.cancel()
        let error = CallError(.unavailable, "the scheduler is stopping")
        for completion in requests.values { completion(.failure(error)) }
        for completion in cancellations.values { completion(.failure(error)) }
        (requests, cancellations) = ([:], [:])
        drained.succeed()
    }
}
