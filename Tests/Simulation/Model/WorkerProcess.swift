import SchedulerCore
import Storage
import TaskDomain

/// A worker, as Services/Worker/SchedulerLink.swift is one: keeps an outcome until the scheduler has acknowledged it,
/// says it again after each reconnection together with what is still running, and gives up what overruns its lease.
final class WorkerProcess: Process {
    private struct Running {
        /// Of this process: a lease may come again after a run that was given up.
        let number: UInt64
        let key: OccurrenceKey
        let startedAt: UnixMilliseconds
        let startedAtMonotonic: Int64
        var isTask: Bool
        /// When its lease ends for the task; later only once the scheduler has said so.
        var deadline: Int64
        var isExtended = false
    }

    private static let leasePercentForTask: Int64 = 90
    static let tasks = [TaskName.notification, TaskName.local]

    let instance: String
    private let life: Life
    private let ownQueues: [String], ownConcurrency: Int
    private var queues: [String], concurrency: Int
    /// It was told to take nothing.
    private var isDrained = false
    private var isStandingFresh = false
    private(set) var stream: WorkStream?
    private var running: [UInt64: Running] = [:]
    private var lastRun: UInt64 = 0
    private var overrunning = 0
    private var unacknowledged: [UInt64: OutcomeReport] = [:]
    private var fresh: [OutcomeReport] = []
    /// What came over this stream, and how much may come in all, as it has said.
    private var received = 0, creditLimit = 0
    private var isFlushScheduled = false
    private(set) var isDraining = false
    private var isPatient = true, hasLeft = false
    private var failures = 0
    /// What tasks have asked to go on for, by number; and when that was said over this stream.
    private var asks: [UInt64: (lease: UInt64, run: UInt64, milliseconds: Int64, sentAt: Int64?)] = [:]
    private var freshAsks: [UInt64] = []
    private var lastAsk: UInt64 = 0

    private(set) var notifier: DeliverConnection?
    private var notifierFailures = 0
    /// Calls under way, and those that wait for a connection.
    private var calls: [UInt64: (Result) -> Void] = [:]
    private var waiting: [DeliverCall] = []

    private struct Result {
        var outcome: Outcome
        var retryAfterMilliseconds: Int64?
        var statusCode = 0
        var detail = ""
    }

    init(_ life: Life, instance: String, queues: [String], concurrency: Int) {
        self.life = life
        self.instance = instance
        (self.queues, ownQueues) = (queues, queues)
        (self.concurrency, ownConcurrency) = (concurrency, concurrency)
        super.init()
        connect()
        connectToNotifier()
    }

    private var timeline: Timeline { life.timeline }

    // MARK: The scheduler

    private func connect() {
        guard stream == nil, !hasLeft else { return }
        guard let connection = life.connect(self) else {
            let wait = min(2_000, Int64(20) << Int64(min(failures, 7)))
            failures += 1
            return timeline.schedule(in: wait / 2 + life.chance.int(0...wait / 2), for: self) { self.connect() }
        }
        failures = 0
        stream = connection
        connection.down.onMessage = { [unowned self, weak connection] message in
            if let connection, stream === connection { received(message) }
        }
        connection.down.onEnd = { [unowned self, weak connection] _ in
            guard let connection, stream === connection else { return }
            stream = nil
            // The other side may not know yet.
            connection.cut(isSilent: false)
            timeline.schedule(in: life.chance.int(10...20), for: self) { self.connect() }
        }
        announce(connection)
    }

    private func announce(_ connection: WorkStream) {
        freshAsks = asks.keys.sorted()
        let (outcomes, following) = outcomes { _ in true }
        let attach = WorkerMessage.Attach(
            instance: instance, queues: queues, tasks: Self.tasks, running: leases { _ in true }, following: following)
        (received, creditLimit) = (0, 0)
        connection.up.send(
            WorkerMessage(
                attach: attach, creditLimit: newCreditLimit(), standing: isDrained ? standing : nil,
                outcomes: outcomes.first ?? [], isLeaving: isDraining, extensions: takeAsks()))
        for more in outcomes.dropFirst() { connection.up.send(WorkerMessage(outcomes: more)) }
        fresh = []
        isStandingFresh = false
    }

    /// Says again what it has of some shards only.
    private func tell(of owned: [OwnedShard]) {
        let shards = Set(owned.map(\.shard))
        func isAsked(_ key: OccurrenceKey) -> Bool { shards.contains(key.reminder.shard) }
        let (outcomes, following) = outcomes(isAsked)
        let has = WorkerMessage.Has(shards: owned, running: leases(isAsked), following: following)
        stream?.up.send(WorkerMessage(has: has, outcomes: outcomes.first ?? []))
        for more in outcomes.dropFirst() { stream?.up.send(WorkerMessage(outcomes: more)) }
        fresh.removeAll { isAsked($0.key) }
    }

    private func leases(_ isWanted: (OccurrenceKey) -> Bool) -> [LeaseReport] {
        running.filter { isWanted($0.value.key) }.sorted { $0.key < $1.key }.map { lease, run in
            LeaseReport(
                lease: lease, key: run.key, leftMilliseconds: run.isExtended ? max(0, run.deadline - timeline.monotonic) : 0,
                heldMilliseconds: run.isExtended ? timeline.monotonic - run.startedAtMonotonic : 0)
        }
    }

    /// What is not acknowledged, in messages, and what comes with those after the first.
    private func outcomes(_ isWanted: (OccurrenceKey) -> Bool) -> (messages: [[OutcomeReport]], following: [LeaseReport]) {
        let outcomes = unacknowledged.values.filter { isWanted($0.key) }.sorted { $0.lease < $1.lease }
        let limit = life.plan.outcomesPerMessage
        let messages = stride(from: 0, to: outcomes.count, by: limit).map { Array(outcomes[$0...].prefix(limit)) }
        return (messages, outcomes.dropFirst(limit).map { LeaseReport(lease: $0.lease, key: $0.key) })
    }

    /// How much may come over this stream in all, counted as said; `nil`: as much as before.
    private func newCreditLimit() -> Int? {
        let limit = received + max(0, places - running.count - overrunning)
        guard limit != creditLimit, limit < creditLimit || !isDraining else { return nil }
        creditLimit = limit
        return limit
    }

    /// Occurrences that it may have at once.
    private var places: Int { isDrained ? 0 : concurrency }

    private var standing: WorkerMessage.Standing { WorkerMessage.Standing(queues: queues, isDrained: isDrained) }

    /// It is told what to be, as Shared/TaskWorker/Capacity.swift has it.
    func become(_ order: WorkerOrder) {
        switch order {
        case .runAtOnce(let concurrency): self.concurrency = concurrency
        case .serve(let queues): self.queues = queues
        case .drain: isDrained = true
        case .resume: isDrained = false
        case .settings: (queues, concurrency, isDrained) = (ownQueues, ownConcurrency, false)
        }
        isStandingFresh = true
        scheduleFlush()
    }

    private func received(_ message: SchedulerMessage) {
        for lease in message.acknowledged {
            unacknowledged[lease] = nil
            life.checker.forgotten(lease, by: self)
        }
        for answer in message.extended { extended(answer) }
        if !message.asked.isEmpty { tell(of: message.asked) }
        for lease in message.revoked { cancel(lease) }
        for lease in message.revoked + message.recalled { recall(lease) }
        for dispatch in message.dispatches { run(dispatch) }
        finishDrainIfDone()
    }

    // MARK: Running

    private func run(_ dispatch: Dispatch) {
        received += 1
        let lease = dispatch.lease, key = dispatch.entry.due.occurrence
        guard running[lease] == nil else { return scheduleFlush() }
        lastRun += 1
        let isTask = dispatch.entry.reminder.task == TaskName.local
        let time = dispatch.leaseMilliseconds * Self.leasePercentForTask / 100
        running[lease] = Running(
            number: lastRun, key: key, startedAt: timeline.wall, startedAtMonotonic: timeline.monotonic, isTask: isTask,
            deadline: timeline.monotonic + time)
        life.checker.began(lease, key, by: self)
        if isTask { life.checker.leaves(lease) }
        isTask ? start(dispatch) : notify(dispatch, deadline: timeline.monotonic + time)
    }

    private func notify(_ dispatch: Dispatch, deadline: Int64) {
        let lease = dispatch.lease, number = lastRun
        calls[number] = { [unowned self] result in
            calls[number] = nil
            finish(lease, result)
        }
        // The client's own deadline.
        timeline.schedule(in: deadline - timeline.monotonic, for: self) { [self] in
            let isWaiting = waiting.contains { $0.number == number }
            calls[number]?(isWaiting ? Result(outcome: .unsent, retryAfterMilliseconds: 1_000) : Result(outcome: .retry))
        }
        let call = DeliverCall(
            number: number, lease: lease, key: dispatch.entry.due.occurrence, reminder: dispatch.entry.reminder, deadline: deadline)
        if let notifier { notifier.up.send(.deliver(call)) } else { waiting.append(call) }
    }

    /// Nobody wants it to be sent any more, where it has not been.
    private func recall(_ lease: UInt64) {
        guard let run = running[lease], !run.isTask else { return }
        if let index = waiting.firstIndex(where: { $0.number == run.number }) {
            waiting.remove(at: index)
            calls[run.number]?(Result(outcome: .unsent))
        } else {
            notifier?.up.send(.recall(number: run.number))
        }
    }

    /// A task of its own, which may take longer than its lease.
    private func start(_ dispatch: Dispatch) {
        let lease = dispatch.lease, run = lastRun
        let (duration, outcome, extensions) = life.local(dispatch.entry.due.occurrence, attempt: dispatch.attempt)
        timeline.schedule(in: duration, for: self) { [self] in
            if outcome == .delivered { life.performed(dispatch.entry.due.occurrence) }
            returned(lease, run, Result(outcome: outcome))
        }
        for (at, milliseconds) in extensions {
            timeline.schedule(in: at, for: self) { self.extend(lease, run, by: milliseconds) }
        }
        awaitOverrun(lease, run)
    }

    private func awaitOverrun(_ lease: UInt64, _ run: UInt64) {
        guard let deadline = running[lease]?.deadline else { return }
        timeline.schedule(in: max(0, deadline - timeline.monotonic), for: self) { [self] in
            guard running[lease]?.number == run, running[lease]?.deadline == deadline else { return }
            overrunning += 1
            report(lease, Result(outcome: .retry, detail: "did not end within its lease"))
        }
    }

    // MARK: Tasks that go on

    private func extend(_ lease: UInt64, _ run: UInt64, by milliseconds: Int64) {
        guard running[lease]?.number == run, !asks.values.contains(where: { $0.lease == lease }) else { return }
        lastAsk += 1
        asks[lastAsk] = (lease, run, milliseconds, nil)
        freshAsks.append(lastAsk)
        if life.plan.sabotage == .believesWhatIsNotAnswered { goesOn(lease, until: timeline.monotonic + milliseconds) }
        scheduleFlush()
    }

    private func takeAsks() -> [LeaseExtension] {
        defer { freshAsks = [] }
        return freshAsks.compactMap { number in
            guard let ask = asks[number], let run = running[ask.lease], run.number == ask.run else {
                asks[number] = nil
                return nil
            }
            asks[number]?.sentAt = timeline.monotonic
            return LeaseExtension(id: number, lease: ask.lease, key: run.key, milliseconds: ask.milliseconds)
        }
    }

    private func extended(_ answer: ExtensionAnswer) {
        guard let ask = asks.removeValue(forKey: answer.id), let sentAt = ask.sentAt, running[ask.lease]?.number == ask.run,
            case .success(let milliseconds) = answer.result
        else { return }
        goesOn(ask.lease, until: sentAt + milliseconds)
    }

    private func goesOn(_ lease: UInt64, until deadline: Int64) {
        guard let run = running[lease] else { return }
        running[lease]?.deadline = deadline
        running[lease]?.isExtended = true
        life.checker.goesOn(lease, until: deadline, by: self)
        awaitOverrun(lease, run.number)
    }

    /// Nobody wants it any more: a task ends early.
    private func cancel(_ lease: UInt64) {
        life.checker.revoked(lease)
        guard let run = running[lease], run.isTask else { return }
        timeline.schedule(in: life.chance.int(0...5), for: self) {
            self.returned(lease, run.number, Result(outcome: .retry, detail: "cancelled"))
        }
    }

    private var returnedRuns: Set<UInt64> = []

    private func returned(_ lease: UInt64, _ run: UInt64, _ result: Result) {
        guard returnedRuns.insert(run).inserted else { return }
        if running[lease]?.number == run { return finish(lease, result) }
        overrunning -= 1
        scheduleFlush()
    }

    private func finish(_ lease: UInt64, _ result: Result) {
        guard running[lease] != nil else { return }
        report(lease, result)
    }

    private func report(_ lease: UInt64, _ result: Result) {
        guard let run = running.removeValue(forKey: lease) else { return }
        let report = OutcomeReport(
            lease: lease, key: run.key, outcome: result.outcome,
            retryAfterMilliseconds: result.retryAfterMilliseconds == 0 ? nil : result.retryAfterMilliseconds,
            startedAt: run.startedAt, durationMicroseconds: (timeline.monotonic - run.startedAtMonotonic) * 1_000,
            statusCode: result.statusCode, detail: result.detail,
            result: result.outcome.isFinal ? Self.result(of: run.key, begunAt: run.startedAt) : [])
        unacknowledged[lease] = report
        fresh.append(report)
        life.checker.ended(lease, result.outcome, by: self)
        scheduleFlush()
    }

    /// What a run returns that is told from every other.
    static func result(of key: OccurrenceKey, begunAt: UnixMilliseconds) -> [UInt8] { Array("[\(key.scheduledAt),\(begunAt)]".utf8) }

    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        timeline.schedule(in: 0, for: self) { self.flush() }
    }

    private func flush() {
        isFlushScheduled = false
        guard let stream else { return }
        let limit = newCreditLimit()
        guard !fresh.isEmpty || limit != nil || isStandingFresh || !freshAsks.isEmpty else { return }
        stream.up.send(
            WorkerMessage(creditLimit: limit, standing: isStandingFresh ? standing : nil, outcomes: fresh, extensions: takeAsks()))
        fresh = []
        isStandingFresh = false
    }

    // MARK: The notifier

    private func connectToNotifier() {
        guard notifier == nil else { return }
        guard let connection = life.connectToNotifier(self) else {
            let wait = min(2_000, Int64(20) << Int64(min(notifierFailures, 7)))
            notifierFailures += 1
            return timeline.schedule(in: wait, for: self) { self.connectToNotifier() }
        }
        notifierFailures = 0
        notifier = connection
        connection.down.onMessage = { [unowned self] reply in
            calls[reply.number]?(
                Result(
                    outcome: reply.outcome, retryAfterMilliseconds: reply.retryAfterMilliseconds, statusCode: reply.statusCode))
        }
        connection.down.onEnd = { [unowned self, weak connection] _ in
            guard let connection, notifier === connection else { return }
            notifier = nil
            connection.cut(isSilent: false)
            // Whether what was sent has left is not known.
            let waiting = Set(waiting.map(\.number))
            for number in calls.keys.sorted() where !waiting.contains(number) {
                calls[number]?(Result(outcome: .leaseLost, detail: "notifier: the connection was lost"))
            }
            timeline.schedule(in: 20, for: self) { self.connectToNotifier() }
        }
        for call in waiting where calls[call.number] != nil { connection.up.send(.deliver(call)) }
        waiting = []
    }

    // MARK: The end

    /// SIGTERM: takes nothing more, finishes what runs, and leaves when every outcome has been acknowledged.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        stream?.up.send(WorkerMessage(isLeaving: true))
        timeline.schedule(in: Self.acknowledgementWaitMilliseconds, for: self) { [self] in
            isPatient = false
            finishDrainIfDone()
        }
        timeline.schedule(in: 10_000, for: self) { self.kill() }
        finishDrainIfDone()
    }

    private static let acknowledgementWaitMilliseconds: Int64 = 8_000

    private func finishDrainIfDone() {
        guard isDraining, !hasLeft, running.isEmpty, unacknowledged.isEmpty || !isPatient else { return }
        hasLeft = true
        if isPatient { life.checker.left(self) }
        stream?.finish()
        timeline.schedule(in: 50, for: self) { self.kill() }
    }

    override func kill() {
        guard isAlive else { return }
        super.kill()
        life.checker.died(self)
        running = [:]
        calls = [:]
        stream = nil
        notifier = nil
    }
}
