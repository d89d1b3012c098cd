import SchedulerCore
import Storage
import TaskDomain

/// Runs a plan: a scheduler with its store, workers, a notifier, a backend, callers, and what goes wrong between them,
/// in one thread and in simulated time. The same plan gives the same run to the event.
package final class Life {
    package let plan: Plan
    let timeline: Timeline
    let store: ModelStore
    let backend: Backend
    let zone: MadeZone?
    private(set) var checker: Checker!
    private(set) var callers: Callers!
    var digest = Digest()
    /// For what has no source of its own.
    var chance: Chance
    private(set) var scheduler: SchedulerProcess?
    private var notifier: NotifierProcess?
    private var workers: [WorkerProcess?]
    private var processes: UInt64 = 0
    private(set) var delayMilliseconds: ClosedRange<Int64>
    private(set) var hasHealed = false
    package private(set) var faults: [String: Int] = [:]
    /// `nil`: nothing is written down.
    private var lines: [TraceLine]?

    package struct TraceLine {
        package let at: Int64
        package let wall: UnixMilliseconds
        /// `nil`: concerns all.
        package let reminder: ReminderID?
        package let text: String
    }

    package init(_ plan: Plan, isTraced: Bool = false) {
        self.plan = plan
        chance = Chance(plan.seed, 4)
        timeline = Timeline(wall: UnixMilliseconds(plan.beginMilliseconds))
        store = ModelStore(timeline, plan.shards, strands: plan.strands, seed: Chance(plan.seed, 5))
        store.commitMilliseconds = plan.commitMilliseconds
        zone = plan.hasMadeZone ? MadeZone() : nil
        backend = Backend(seed: plan.seed, answerMilliseconds: plan.answerMilliseconds)
        delayMilliseconds = plan.delayMilliseconds
        workers = Array(repeating: nil, count: plan.workers)
        if isTraced { lines = [] }
        checker = Checker(self)
        callers = Callers(self)
        store.onCommit = { [unowned self] in checker.committed($0, $1, $2) }
        store.onStray = { [unowned self] in checker.strayed($0) }
    }

    // MARK: A run

    /// How long everything has, once nothing is broken any more, to come to its end: longer than the longest wait that a
    /// backend may ask for.
    static let recoveryMilliseconds: Int64 = 75 * 60_000

    /// - Returns: the promise that was broken, if one was.
    package func run() -> Violation? {
        let begin = timeline.monotonic
        startScheduler()
        startNotifier()
        for index in workers.indices { startWorker(index) }
        for step in plan.steps { timeline.schedule(in: step.at) { [self] in carryOut(step.action) } }
        if plan.profile == .long { timeline.schedule(in: 86_400_000) { self.prune() } }
        run(until: begin + plan.durationMilliseconds)
        heal()
        run(until: timeline.monotonic + 60_000)
        callers.requests.values.sorted { $0.plan.index < $1.plan.index }.forEach { request in
            // What needs neither is left alone: what the scheduler has lost sight of would come back by a change.
            guard let standing = store.contents.reminders[request.reminder.id] else { return }
            if standing.state == .paused { callers.change(request.plan.index, .resume) }
            let isHeld = standing.isHeld || standing.occurrences.values.contains { $0.state == .held }
            if isHeld || standing.state == .paused { callers.change(request.plan.index, .replaceCredential) }
        }
        run(until: timeline.monotonic + Self.recoveryMilliseconds)
        if checker.violation == nil { checker.checkEnd() }
        tearDown()
        return checker.violation
    }

    /// Far more than anything that ends takes.
    private static let maxStepsInAMillisecond = 50_000

    private func run(until end: Int64) {
        timeline.run(until: end) {
            if timeline.stepsInThisMillisecond > Self.maxStepsInAMillisecond { checker.timeStoodStill() }
            return checker.violation == nil
        }
    }

    /// Processes, connections and closures refer to each other: ends them, so that memory is given back.
    private func tearDown() {
        summary = Summary(
            simulatedMilliseconds: timeline.monotonic - 1_000_000, steps: timeline.steps, reminders: store.contents.reminders.count,
            posts: backend.count, taken: backend.taken.count, repeated: backend.repeated, faults: faults, digest: digest.value,
            dispatches: checker.dispatches, deadLetters: checker.deadLetters, largestMemory: checker.largestMemory)
        timeline.clear()
        scheduler?.kill()
        notifier?.kill()
        for worker in workers { worker?.kill() }
        timeline.clear()
        scheduler = nil
        notifier = nil
        workers = []
    }

    package private(set) var summary = Summary()

    package struct Summary {
        package var simulatedMilliseconds: Int64 = 0
        package var steps = 0, reminders = 0, posts = 0, taken = 0, repeated = 0
        package var faults: [String: Int] = [:]
        package var digest: UInt64 = 0
        package var dispatches = 0, deadLetters = 0, largestMemory = 0
    }

    /// From now on nothing is broken.
    private func heal() {
        hasHealed = true
        store.isFull = false
        store.isUnreadable = false
        store.heal()
        store.commitMilliseconds = 1...5
        delayMilliseconds = 0...5
        backend.mood = .well
        startScheduler()
        for worker in workers { worker?.become(.settings) }
        for queue in ReminderPlan.queues { ask(queue: QueueSettings(name: queue), isLast: true) }
    }

    /// How long the scheduler sleeps at most; once no clock is set any more, whatever it has to do must wake it.
    var longestSleepMilliseconds: Int64 { hasHealed ? max(30_000, plan.longestSleepMilliseconds) : plan.longestSleepMilliseconds }

    var isFaulty: Bool { !hasHealed && plan.profile != .calm }

    func delay() -> Int64 { chance.int(delayMilliseconds) }

    private func prune() {
        for id in store.prune(finishedBefore: timeline.wall - 30 * 86_400_000, idempotencyBefore: timeline.wall - 86_400_000) {
            checker.pruned(id)
        }
        timeline.schedule(in: 86_400_000) { self.prune() }
    }

    // MARK: Processes

    /// Where a caller's question arrives.
    var reachableScheduler: SchedulerProcess? { scheduler.flatMap { $0.isAlive && $0.stoppedUntil <= timeline.monotonic ? $0 : nil } }

    private func startScheduler() {
        guard scheduler == nil else { return }
        processes += 1
        trace("the scheduler starts")
        scheduler = SchedulerProcess(self, seed: plan.seed &+ processes)
    }

    func crashScheduler() {
        guard let scheduler, scheduler.isAlive else { return }
        trace("the scheduler dies")
        scheduler.kill()
        checker.schedulerEnded()
        store.crash()
        self.scheduler = nil
        timeline.schedule(in: nextDown) { self.startScheduler() }
    }

    /// How long the next one that dies stays away.
    private var nextDown: Int64 = 100

    func stopScheduler() {
        trace("the scheduler has drained")
        scheduler?.kill()
        checker.schedulerEnded()
        store.close()
        scheduler = nil
        timeline.schedule(in: nextDown) { self.startScheduler() }
    }

    private func startNotifier() { if notifier == nil { notifier = NotifierProcess(self) } }

    private func startWorker(_ index: Int) {
        guard workers[index].map({ !$0.isAlive }) ?? true else { return }
        processes += 1
        workers[index] = WorkerProcess(
            self, instance: "worker-\(processes)", queues: ReminderPlan.queues, concurrency: plan.concurrency)
        trace("worker-\(processes) starts")
    }

    func connect(_ worker: WorkerProcess) -> WorkStream? {
        guard let scheduler = reachableScheduler, scheduler.hasStarted else { return nil }
        let connection = WorkStream(
            timeline, client: worker, server: scheduler, seed: Chance(chance.next()), delay: { [unowned self] in delayMilliseconds })
        scheduler.accept(connection)
        return connection
    }

    func connectToNotifier(_ worker: WorkerProcess) -> DeliverConnection? {
        guard let notifier, notifier.isAlive else { return nil }
        let connection = DeliverConnection(
            timeline, client: worker, server: notifier, seed: Chance(chance.next()), delay: { 0...2 })
        notifier.accept(connection)
        return connection
    }

    // MARK: Outside

    func post(_ key: OccurrenceKey, _ reminder: Reminder, lease: UInt64) -> Backend.Answer {
        checker.leaves(lease)
        let taste = callers.byReminder[key.reminder]?.plan.taste ?? .fine
        let answer = backend.take(key, taste: taste, hasGoodCredential: reminder.sealedAuthorization == ReminderPlan.goodCredential)
        checker.posted(key, answer)
        trace("POST \(key.scheduledAt): \(answer.isLost ? "taken, its answer lost" : "\(answer.status)")", key.reminder)
        return answer
    }

    /// What becomes of a task that the worker runs by itself.
    /// - Returns: how long it takes, what it comes to, and when it says for how long it goes on.
    func local(_ key: OccurrenceKey, attempt: Int) -> (milliseconds: Int64, Outcome, extensions: [(at: Int64, milliseconds: Int64)]) {
        let (duration, outcome) = shortLocal(key, attempt: attempt)
        guard plan.hasLongTasks, !hasHealed else { return (duration, outcome, []) }
        var chance = Chance(plan.seed, 37, key.reminder.high, key.reminder.low, UInt64(bitPattern: key.scheduledAt.count), UInt64(attempt))
        guard chance.one(in: 3) else { return (duration, outcome, []) }
        // Longer than its lease; some do not say so often enough.
        let long = chance.spread(10_000...300_000), step = chance.int(15_000...55_000), by = chance.spread(20_000...200_000)
        return (long, outcome, stride(from: chance.int(0...50_000), to: long, by: Int(step)).map { ($0, by) })
    }

    private func shortLocal(_ key: OccurrenceKey, attempt: Int) -> (milliseconds: Int64, Outcome) {
        var chance = Chance(plan.seed, 6, key.reminder.high, key.reminder.low, UInt64(bitPattern: key.scheduledAt.count), UInt64(attempt))
        let duration = chance.one(in: 30) && isFaulty ? chance.int(40_000...70_000) : chance.spread(1...4_000)
        guard !hasHealed else { return (duration, .delivered) }
        let outcome: Outcome = chance.one(in: 40) ? .cancelSchedule : chance.one(in: 10) ? chance.pick([.retry, .rejected]) : .delivered
        return (duration, outcome)
    }

    func performed(_ key: OccurrenceKey) { checker.performed(key) }

    /// - Parameter isLast: it has to get through; what was asked before it is not asked any more.
    private func ask(queue settings: QueueSettings, isLast: Bool = false) {
        guard isLast || !hasHealed else { return }
        guard let scheduler = reachableScheduler else {
            return timeline.schedule(in: 500) { self.ask(queue: settings, isLast: isLast) }
        }
        var isAnswered = false
        scheduler.request([.queue(settings)]) { isAnswered = $0 != nil }
        guard isLast else { return }
        timeline.schedule(in: 2_000) { [self] in if !isAnswered { ask(queue: settings, isLast: true) } }
    }

    // MARK: Steps

    private func carryOut(_ action: Action) {
        if let name = action.faultName {
            guard !hasHealed else { return }
            faults[name, default: 0] += 1
            trace("\(action)")
        }
        switch action {
        case .create(let index): callers.create(plan.reminders[index])
        case .change(let index, let change): callers.change(index, change)
        case .queue(let settings): ask(queue: settings)
        case .worker(let index, let order): if !hasHealed { workers[index]?.become(order) }
        case .crashScheduler(let down, let effects):
            nextDown = down
            if let effects, let scheduler { scheduler.effectsToCrash = effects } else { crashScheduler() }
        case .drainScheduler(let down):
            nextDown = down
            scheduler?.drain()
        case .crashWorker(let index, let down): end(worker: index, for: down) { $0.kill() }
        case .drainWorker(let index, let down): end(worker: index, for: down) { $0.drain() }
        case .crashNotifier(let down): crashNotifier(down)
        case .upgrade(let order, let gap, let down): upgrade(order, gap, down)
        case .powerCut(let down):
            nextDown = down
            crashScheduler()
            for index in workers.indices { end(worker: index, for: down) { $0.kill() } }
            crashNotifier(down)
        case .stopScheduler(let time):
            checker.isTroubled(for: time)
            // What was to wait for the end of one stop waits for it, though another begins and ends meanwhile.
            if let scheduler { scheduler.stoppedUntil = max(scheduler.stoppedUntil, timeline.monotonic + time) }
        case .stopWorker(let index, let time): stop(worker: index, time)
        case .cutWorker(let index, let isSilent): workers[index]?.stream?.cut(isSilent: isSilent)
        case .cutNotifier(let index, let isSilent): workers[index]?.notifier?.cut(isSilent: isSilent)
        case .diskFull(let time):
            checker.isTroubled(for: time)
            set(\.store.isFull, true, then: false, after: time)
        case .strandFails(let strand, let time):
            checker.isTroubled(for: time)
            store.setFailing(true, strand)
            timeline.schedule(in: time) { [self] in if !hasHealed { store.setFailing(false, strand) } }
        case .strandGoes(let strand, let isPlanned, let time):
            checker.isTroubled(for: time)
            scheduler?.keeping?.goes(strand, isPlanned: isPlanned, for: time)
        case .diskUnreadable(let time): set(\.store.isUnreadable, true, then: false, after: time)
        case .slowDisk(let range, let time):
            checker.isTroubled(for: time)
            set(\.store.commitMilliseconds, range, then: plan.commitMilliseconds, after: time)
        case .slowNetwork(let range, let time): set(\.delayMilliseconds, range, then: plan.delayMilliseconds, after: time)
        case .backend(let mood, let time): set(\.backend.mood, mood, then: .well, after: time)
        case .setClock(let by): setClock(by: by)
        case .zoneData(let from, let offset): zone?.change(at: (timeline.wall + from).second.count, offset: offset)
        case .setBackAndCrash(let by, let after, let down):
            setClock(by: -by)
            timeline.schedule(in: after) { [self] in
                guard !hasHealed else { return }
                nextDown = down
                crashScheduler()
            }
        }
    }

    private func setClock(by milliseconds: Int64) {
        timeline.setWallClock(by: milliseconds)
        checker.clockWasSet(by: milliseconds)
        scheduler?.clockWasSet()
    }

    private func set<Value>(_ path: ReferenceWritableKeyPath<Life, Value>, _ value: Value, then after: Value, after time: Int64) {
        self[keyPath: path] = value
        timeline.schedule(in: time) { [self] in if !hasHealed { self[keyPath: path] = after } }
    }

    private func end(worker index: Int, for down: Int64, _ body: (WorkerProcess) -> Void) {
        guard let worker = workers[index], worker.isAlive, !worker.isDraining else { return }
        worker.onDeath { [self] in
            trace("\(worker.instance) dies")
            timeline.schedule(in: down) { self.startWorker(index) }
        }
        body(worker)
    }

    private func upgrade(_ order: [Int], _ gap: Int64, _ down: Int64) {
        for (place, part) in order.enumerated() {
            timeline.schedule(in: Int64(place) * gap) { [self] in
                guard !hasHealed else { return }
                switch part {
                case 0:
                    nextDown = down
                    scheduler?.drain()
                case 1: crashNotifier(down)
                default: end(worker: part - 2, for: down) { $0.drain() }
                }
            }
        }
    }

    /// A peer that is stopped for long is taken for dead.
    private func stop(worker index: Int, _ time: Int64) {
        guard let worker = workers[index] else { return }
        worker.stoppedUntil = max(worker.stoppedUntil, timeline.monotonic + time)
        if time > WorkStream.silenceMilliseconds.upperBound { worker.stream?.cut(isSilent: true) }
    }

    private func crashNotifier(_ down: Int64) {
        guard let notifier, notifier.isAlive else { return }
        notifier.kill()
        self.notifier = nil
        timeline.schedule(in: down) { self.startNotifier() }
    }

    // MARK: Trace

    func trace(_ text: @autoclosure () -> String, _ reminder: ReminderID? = nil) {
        guard lines != nil else { return }
        lines?.append(TraceLine(at: timeline.monotonic - 1_000_000, wall: timeline.wall, reminder: reminder, text: text()))
    }

    /// What happened to a reminder, and to all.
    package func trace(of reminder: ReminderID?) -> [TraceLine] {
        (lines ?? []).filter { $0.reminder == nil || reminder == nil || $0.reminder == reminder }
    }
}
