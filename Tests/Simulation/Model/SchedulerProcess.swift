import SchedulerCore
import Storage
import TaskDomain
import TaskRecurrence

/// A scheduler, as Services/Scheduler is one around the core: carries out effects, keeps the time, serves streams.
final class SchedulerProcess: Process {
    private final class Stream {
        /// The worker's, who may have given it up while what was sent is on its way.
        weak var connection: WorkStream?
        var worker: WorkerID?
        var instance = ""
        /// What the worker may be handed in all, as it has said.
        var creditLimit = 0

        init(_ connection: WorkStream) { self.connection = connection }
    }

    private let life: Life
    private(set) var core: SchedulerCore
    private var streams: [WorkerID: Stream] = [:]
    private var nextWorker: UInt64 = 1
    private var requests: [RequestID: (writes: [StoreWrite], answer: ([StoreWriteResult]?) -> Void)] = [:]
    private var cancellations: [RequestID: OccurrenceKey] = [:]
    private var nextRequest: UInt64 = 1
    private var wakeAt: Int64?
    private(set) var isDraining = false
    private var zones: ZoneWatching?
    private(set) var keeping: StrandKeeping?
    private(set) var hasStarted = false
    /// Crashes after so many effects of the next event that has some.
    var effectsToCrash: Int?

    init(_ life: Life, seed: UInt64) {
        self.life = life
        core = SchedulerCore(configuration: life.plan.configuration, seed: seed)
        super.init()
        keeping = StrandKeeping(life, self)
        let stored = life.store.open()
        life.checker.schedulerStarted(self, of: stored.strands)
        hasStarted = true
        zones = ZoneWatching(life, self)
        keeping?.begin(stored.strands, queues: stored.queues)
    }

    private var timeline: Timeline { life.timeline }
    private var now: Moment { Moment(wall: timeline.wall, monotonic: MonotonicMilliseconds(timeline.monotonic)) }

    // MARK: Events

    func handle(_ event: Event) {
        guard isAlive else { return }
        var effects: [Effect] = []
        life.digest.add(event)
        life.trace(event)
        core.handle(event, now: now, effects: &effects)
        for effect in effects { life.digest.add(effect) }
        if let limit = effectsToCrash, !effects.isEmpty {
            effectsToCrash = nil
            for effect in effects.prefix(limit) { carryOut(effect) }
            return life.crashScheduler()
        }
        for effect in effects { carryOut(effect) }
        guard isAlive else { return }
        let view = Self.view(of: &core)
        life.checker.check(view.snapshot)
        scheduleWake(due: view.due, deadline: view.deadline)
        if isDraining, view.snapshot.leased == 0, view.snapshot.unwritten == 0 { end() }
    }

    /// Looks at the core where it is: to read a property of an object's it would be copied.
    private static func view(of core: inout SchedulerCore) -> (snapshot: Snapshot, due: UnixMilliseconds?, deadline: MonotonicMilliseconds?) {
        (core.snapshot, core.nextDue, core.nextDeadline)
    }

    private func scheduleWake(due: UnixMilliseconds?, deadline: MonotonicMilliseconds?) {
        var wait = life.longestSleepMilliseconds
        if let due { wait = min(wait, due - timeline.wall) }
        if let deadline { wait = min(wait, deadline.count - timeline.monotonic) }
        let at = timeline.monotonic + max(0, wait)
        if let wakeAt, wakeAt <= at { return }
        wakeAt = at
        timeline.schedule(in: at - timeline.monotonic, for: self) { [self] in
            guard wakeAt == at else { return }
            wakeAt = nil
            handle(.tick)
        }
    }

    /// The wall clock was set: noticed within the longest sleep.
    func clockWasSet() { timeline.schedule(in: life.chance.int(0...500), for: self) { self.handle(.tick) } }

    /// A strand is about to be taken.
    func zonesOf(_ taken: ModelStore.Taken) {
        let changed = zones?.took(taken) ?? []
        if !changed.isEmpty { handle(.zonesChanged(changed)) }
    }

    // MARK: Effects

    private func carryOut(_ effect: Effect) {
        life.trace(effect)
        switch effect {
        case .load(let token, let shard, let after, let through, let limit):
            let answer = keeping?.reads(shard)
            life.store.load(shard: shard, after: after, through: through, limit: limit) { result in
                switch result {
                case .success(let page): answer?(.loaded(token: token, shard, page))
                case .failure: answer?(.loadFailed(token: token, shard))
                }
            }
        case .loadShelf(let token, let scope, let after, let limit, let shard):
            let answer = keeping?.reads(shard)
            life.store.loadShelf(scope, after: after, limit: limit, of: shard) { result in answer?(.shelfLoaded(token: token, try? result.get())) }
        case .write(let token, let writes, let shard):
            keeping?.submit(writes, of: shard) { [self] result in
                later { [self] in handle(.written(token: token, try? result.get())) }
            }
        case .dispatch(let worker, let dispatches):
            guard let stream = streams[worker] else { return }
            for dispatch in dispatches {
                life.checker.dispatched(dispatch, to: stream.instance, by: self)
                life.checker.checkRoom(dispatch, at: stream.instance)
                life.callers.isHandedOut(dispatch.entry.due.occurrence)
            }
            stream.connection?.down.send(SchedulerMessage(dispatches: dispatches))
        case .acknowledge(let worker, let leases):
            life.checker.acknowledged(leases)
            streams[worker]?.connection?.down.send(SchedulerMessage(acknowledged: leases))
        case .extended(let worker, let answers):
            guard let stream = streams[worker] else { return }
            for answer in answers { life.checker.extended(answer, of: stream.instance) }
            stream.connection?.down.send(SchedulerMessage(extended: answers))
        case .revoke(let worker, let leases):
            streams[worker]?.connection?.down.send(SchedulerMessage(revoked: leases))
        case .recall(let worker, let leases):
            streams[worker]?.connection?.down.send(SchedulerMessage(recalled: leases))
        case .answer(let id, let results, let inFlight):
            guard let request = requests.removeValue(forKey: id) else { return }
            life.checker.answered(request.writes, results, inFlight: inFlight, by: self)
            request.answer(results)
        case .cancelled(let id, let what):
            if let key = cancellations.removeValue(forKey: id) { life.checker.cancelled(key, what, by: self) }
        case .refuse(let id):
            cancellations[id] = nil
            requests.removeValue(forKey: id)?.answer(nil)
        case .released(let shards): keeping?.released(shards)
        }
    }

    /// What other threads report comes through one mailbox.
    func later(_ body: @escaping () -> Void) { timeline.schedule(in: 0, for: self, body) }

    // MARK: Workers

    func accept(_ connection: WorkStream) {
        let stream = Stream(connection)
        connection.up.onMessage = { [self] message in received(message, stream) }
        connection.up.onEnd = { [self] end in
            stream.connection?.cut(isSilent: false)
            guard let worker = stream.worker, streams.removeValue(forKey: worker) != nil else { return }
            life.checker.detached(stream.instance, end, from: self)
            handle(end == .clean ? .workerLeft(worker) : .workerDetached(worker, isSilent: end == .silence))
        }
    }

    /// Has the workers that are attached say what they have of shards that were taken.
    func ask(about shards: [OwnedShard]) {
        for (_, stream) in streams.sorted(by: { $0.key < $1.key }) { stream.connection?.down.send(SchedulerMessage(asked: shards)) }
    }

    /// Whether a shard is its own: of another's it hears nothing.
    func owns(_ shard: Shard) -> Bool { keeping?.owns(shard) ?? false }

    private func received(_ message: WorkerMessage, _ stream: Stream) {
        let limit = message.creditLimit ?? stream.creditLimit, isLower = limit < stream.creditLimit
        defer { stream.creditLimit = limit }
        if let attach = message.attach {
            let worker = WorkerID(rawValue: nextWorker)
            nextWorker += 1
            stream.worker = worker
            stream.instance = attach.instance
            streams[worker] = stream
            life.checker.attached(attach, message.outcomes, to: self)
            life.checker.heard(message.outcomes, by: self)
            life.checker.hasRoom(attach.instance, as: worker, message)
            handle(
                .workerAttached(
                    worker, instance: attach.instance, queues: attach.queues, tasks: attach.tasks, creditLimit: limit,
                    running: attach.running, following: attach.following, outcomes: message.outcomes))
        }
        guard let worker = stream.worker else { return }
        if message.attach == nil {
            life.checker.hasRoom(stream.instance, as: worker, message)
            life.checker.heard(message.outcomes, by: self)
        }
        // What makes it take less goes first, as in the process (WorkerStream.swift).
        if isLower { handle(.creditLimit(worker, limit)) }
        if message.isLeaving { handle(.workerDraining(worker)) }
        if let standing = message.standing { handle(.workerStands(worker, queues: standing.queues, isDrained: standing.isDrained)) }
        if let has = message.has {
            if keeping?.isTaken(has.shards) ?? false { life.checker.told(has, message.outcomes, by: stream.instance, to: self) }
            handle(.workerRuns(worker, of: has.shards, running: has.running, following: has.following, outcomes: message.outcomes))
        }
        if message.attach == nil, message.has == nil, !message.outcomes.isEmpty { handle(.outcomes(worker, message.outcomes)) }
        if !message.extensions.isEmpty {
            life.checker.asked(message.extensions, by: stream.instance)
            handle(.extend(worker, message.extensions))
        }
        if message.attach == nil, limit > stream.creditLimit { handle(.creditLimit(worker, limit)) }
    }

    // MARK: Callers

    func create(
        _ reminder: Reminder, _ position: SeriesPosition?, _ idempotency: IdempotencyRecord?, answer: @escaping (Bool) -> Void
    ) {
        guard let keeping, owns(reminder.id.shard) else { return answer(false) }
        zones?.note(reminder)
        let write = StoreWrite.create(reminder, position: position, idempotency: idempotency)
        if life.plan.sabotage == .answersCreatesBeforeTheyAreStored { answer(true) }
        // The thread that is to say so may be put off, while what another reads is said.
        var own = Chance(life.plan.seed, 38, reminder.id.low)
        let delay = life.plan.profile == .busy && own.one(in: 8) ? own.spread(1...4_000) : 0
        core.creating(reminder.id)
        keeping.create(write, in: reminder.id.shard) { [self] result in
            timeline.schedule(in: delay, for: self) { [self] in
                switch ((try? result.get())?.first, position) {
                case (.done?, let position?): handle(.created(DueEntry(reminder, at: position)))
                case (nil, let position?): handle(.mayBeStored(DueEntry(reminder, at: position)))
                default: core.createEnded(reminder.id)
                }
                switch (try? result.get())?.first {
                case .done?: if isAlive { answer(true) }
                case .exists?, .replayed?: answer(true)
                case nil: if isAlive { answer(false) }
                default: answer(false)
                }
            }
        }
    }

    func request(_ writes: [StoreWrite], answer: @escaping ([StoreWriteResult]?) -> Void) {
        guard !isDraining else { return answer(nil) }
        let id = RequestID(rawValue: nextRequest)
        nextRequest += 1
        requests[id] = (writes, answer)
        handle(.request(id, writes))
    }

    func cancel(_ key: OccurrenceKey) {
        guard !isDraining else { return }
        let id = RequestID(rawValue: nextRequest)
        nextRequest += 1
        cancellations[id] = key
        handle(.cancel(id, key, caller: nil))
    }

    // MARK: The end

    /// SIGTERM: dispatches nothing more, waits a while for what runs, and closes the store.
    func drain() {
        guard isAlive, !isDraining else { return }
        isDraining = true
        timeline.schedule(in: 5_000, for: self) { self.end() }
        handle(.drain)
    }

    private func end() {
        guard isAlive else { return }
        life.stopScheduler()
    }
}
