import Glibc
import Logging
import Metrics
internal import NIOCore
import ScheduledTasks
import TaskDomain
import TaskMessages
import TaskOperations
internal import TaskWire

/// Takes occurrences from a scheduler, runs them, and reports what became of them.
///
/// An outcome is kept until the scheduler has acknowledged it, and said again after each reconnection, together with
/// what is still running: so nothing runs twice for a broken connection, and no outcome is lost with it.
///
/// From one scheduler at a time: its leases mean nothing to another, which would acknowledge them and never record an outcome. So a worker
/// of several has a link to each; they share its places (Places.swift). Where a second is connected, as when a name stands for two
/// addresses, it is left alone until the stream to the first is over; the same scheduler over a second endpoint is the other way to the
/// first, also where both ways break.
///
/// @unchecked Sendable is safe because every mutable member is used on `eventLoop` only.
final class SchedulerLink: @unchecked Sendable {
    private typealias WorkStream = MessageStream<Proto.SchedulerMessage, Proto.WorkerMessage>

    /// How far the end of this worker has come.
    private enum End {
        case notAsked
        /// Nothing new is taken; what runs is finished, and what was reported is to be acknowledged.
        case draining(EventLoopPromise<Void>, isPatient: Bool)
        case left
    }

    /// How much of a lease a task may use; the rest is for the outcome's way back.
    private static let leasePercentForTask = 90
    /// Bytes of results that are not acknowledged, beyond which nothing new is taken until some are. With what runs, memory is bounded.
    static let maxWaitingResultBytes = 16 << 20
    /// Before a stream is opened anew on a connection that has not gone with it.
    private static let reattachDelay = TimeAmount.seconds(1)
    /// Before a scheduler that another has taken over from is looked at again.
    private static let formerDelay = TimeAmount.seconds(5)
    /// So long nobody with a higher term must have been there before a scheduler with a lower one is believed.
    static let formerMilliseconds: Int64 = 30_000
    /// How long a worker that has been told to stop waits until its outcomes are acknowledged, also for a scheduler that is not there
    /// now: what is not would be sent again. Shorter than the drain of the whole process.
    static let acknowledgementWait = Duration.seconds(8)

    let eventLoop: any EventLoop
    let places: Places
    private let identity: WorkerIdentity
    private let registry: TaskRegistry
    private let acknowledgementWait: Duration
    private let logger: Logger
    private var stream: WorkStream?
    /// Connections that came while occurrences were taken over another.
    private var spare: [ClientConnection] = []
    /// The link that takes occurrences from the scheduler for which this one's endpoint stands, too.
    private weak var isOtherWayTo: SchedulerLink?
    /// Of whoever it was connected to last, where others stand by for that one's store: what it has is of that store.
    private(set) var tenure: Tenure?
    /// Whoever was left alone last, as another had taken over from it.
    private var leftAlone: Tenure?
    /// When its last stream ended.
    private var endedAt = MonotonicMilliseconds.distantPast
    var running: [UInt64: RunningTask] = [:]
    /// Tasks that go on after their lease, although they are cancelled. Each keeps its place, so that no more of them
    /// than it has places can ever be.
    private var overrunning = 0
    /// Reported or to be reported, not acknowledged yet.
    private var unacknowledged: [UInt64: Proto.OutcomeReport] = [:]
    /// Of what tasks returned, in those.
    private var waitingResultBytes = 0
    /// Outcomes of this tick.
    private var fresh: [Proto.OutcomeReport] = []
    var extensions = ExtensionAsks()
    /// How far tasks say that they are, from any thread, and what the scheduler is told of it.
    let progressReports = ProgressReports()
    var progress = ProgressNews()
    /// Answers of this tick to what it was told.
    private var freshAnswers: [Proto.Controlled] = []
    private var isStandingFresh = false
    private var end = End.notAsked

    private let finishedCounter = Counter(label: "worker_finished_occurrences_total")
    /// Of those whose outcomes were acknowledged.
    private var finished: UInt64 = 0, failed: UInt64 = 0

    init(
        sharing places: Places, as identity: WorkerIdentity, registry: TaskRegistry,
        acknowledgementWait: Duration = SchedulerLink.acknowledgementWait, logger: Logger
    ) {
        eventLoop = places.eventLoop
        self.places = places
        self.identity = identity
        self.registry = registry
        self.acknowledgementWait = acknowledgementWait
        self.logger = logger
        eventLoop.execute { places.add(self) }
    }

    // MARK: Connections

    /// A connection to a scheduler is ready: announce, then take what comes.
    func attach(_ connection: ClientConnection) {
        let holder = connection.peer?.tenure.flatMap { places.link(of: $0.store) }
        // What the former owner of the store handed out is told to the one that has it now, by whoever has it.
        if let holder, holder !== self {
            isOtherWayTo = holder
            return holder.attach(connection)
        }
        if case .left = end { return }
        if let tenure = connection.peer?.tenure, !isLatest(tenure) { return tryAgain(connection, in: Self.formerDelay) }
        guard stream == nil else { return keep(connection) }
        if let other = places.link(to: connection.peer?.instance ?? "") {
            isOtherWayTo = other
            return other.keep(connection)
        }
        // Both ways broke: the link that has what runs announces it, whichever is back first.
        if holder == nil, let other = isOtherWayTo, other.stream == nil { return other.attach(connection) }
        isOtherWayTo = nil
        guard let stream = connection.stream(SchedulerService.work) else { return }
        tenure = connection.peer?.tenure
        self.stream = stream
        stream.onMessage = { [weak self] message in self?.received(message) }
        stream.onUnblocked = { [weak self] in self?.flush() }
        stream.onEnd = { [weak self] error in self?.ended(error, connection) }
        let leases = running.map { $0.value.wire($0.key) }
        let outcomes = Array(unacknowledged.values), parts = Self.parts(outcomes)
        let following = outcomes.dropFirst(parts[0].count).map { Proto.Lease(lease: $0.lease, id: $0.id, scheduledAt: $0.scheduledAt) }
        let capacity = places.capacity
        let attach = Proto.Attach(
            instance: identity.instance, queues: capacity.queues, tasks: registry.names, running: leases, following: following,
            token: identity.token, host: HostName.own, version: identity.version, process: UInt32(clamping: getpid()),
            startedAtMs: identity.startedAt.count, concurrency: UInt32(capacity.concurrency), finished: finished, failed: failed,
            controllable: true, maxConcurrency: UInt32(capacity.maxConcurrency))
        places.opened(self)
        var messages = Self.messages(parts, attach: attach, leaving: isDraining)
        messages[0].say(places.newLimit(of: self, mayGrow: mayAskForMore))
        if capacity.isDrained { messages[0].standing = capacity.standing }
        extensions.sayAgain()
        progress.sayAgain()
        sayOfTasks(in: &messages[0])
        for message in messages { stream.send(message) }
        logger.info(
            "taking occurrences",
            metadata: [
                "queues": "\(capacity.queues.joined(separator: ","))", "concurrency": "\(capacity.concurrency)", "running": "\(running.count)",
                "unacknowledged": "\(unacknowledged.count)",
            ])
        // What this tick had gathered is in the announcement. Who asked over another stream is not waiting for an answer.
        fresh = []
        freshAnswers = []
        isStandingFresh = false
    }

    /// Whether that one has the store of this link. A stream to one that had it before is over then: it may stand still, and does not know.
    private func isLatest(_ new: Tenure) -> Bool {
        guard let known = tenure, known.store == new.store, known.term != new.term else { return true }
        guard known.term < new.term else {
            // Where nobody with the higher term is there for long, the store is one that was restored.
            if stream == nil, SystemClock.monotonic - endedAt >= Self.formerMilliseconds { return true }
            if leftAlone != new { logger.warning("a scheduler is left alone that another has taken over from", metadata: ["term": "\(new.term)"]) }
            leftAlone = new
            return false
        }
        guard let stream else { return true }
        logger.notice("another scheduler has taken over", metadata: ["term": "\(new.term)", "former": "\(known.term)"])
        stream.onEnd = nil
        stream.onMessage = nil
        self.stream = nil
        // No goodbye: what runs goes on, and is nobody's to hand out again.
        stream.end(CallError(.unavailable, "another scheduler has taken over"))
        places.closed(self)
        return true
    }

    private func keep(_ connection: ClientConnection) {
        spare = spare.filter(\.isOpen) + [connection]
        logger.warning(
            "a second connection is left alone while the first is there; SCHEDULER_ENDPOINTS should name each scheduler once",
            metadata: ["second": "\(connection.peer?.instance ?? "")", "first": "\(scheduler ?? "")"])
    }

    private func ended(_ error: CallError?, _ connection: ClientConnection) {
        stream = nil
        endedAt = SystemClock.monotonic
        logger.info("stream to the scheduler ended", metadata: ["reason": "\(error?.description ?? "drained")"])
        if let error, !error.isConnectionLost { tryAgain(connection, in: Self.reattachDelay) }
        places.closed(self)
        while stream == nil, !spare.isEmpty { attach(spare.removeFirst()) }
    }

    /// The process of the scheduler that it takes occurrences from.
    var scheduler: String? { stream?.peer.instance }

    /// The stream ended and its connection is still there: nobody else would open another.
    private func tryAgain(_ connection: ClientConnection, in delay: TimeAmount) {
        eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self, weak connection] in
            guard let self, let connection, connection.isOpen else { return }
            self.attach(connection)
        }
    }

    private func received(_ message: Proto.SchedulerMessage) {
        let wasFull = !mayAskForMore
        for lease in message.acknowledged {
            if let report = unacknowledged.removeValue(forKey: lease) { count(report) }
        }
        // Whether it has come to its end is seen once everything has been said.
        let isEnding = isDraining || places.capacity.isShuttingDown
        if wasFull && mayAskForMore || isEnding && unacknowledged.isEmpty { places.flushSoon() }
        for lease in message.revoked {
            extensions.drop(lease, because: "the lease was taken back")
            running[lease]?.work?.cancel()
        }
        for answer in message.extended { extended(answer) }
        recall(message.revoked)
        recall(message.recalled)
        for dispatch in message.dispatches { run(dispatch) }
        if !message.dispatches.isEmpty { places.received(message.dispatches.count, over: self) }
        if message.creditLimit != nil { places.confirmed(self) }
        for control in message.controls { carryOut(control) }
    }

    // MARK: What it is told to be

    private func carryOut(_ control: Proto.WorkerControl) {
        var refusal = ""
        do throws(Capacity.Refusal) { try places.apply(control) } catch { refusal = error.reason }
        freshAnswers.append(Proto.Controlled(id: control.id, refusal: refusal))
        let capacity = places.capacity
        logger.notice(
            "told what to be",
            metadata: [
                "action": "\(control.action)", "concurrency": "\(capacity.concurrency)", "queues": "\(capacity.queues.joined(separator: ","))",
                "drained": "\(capacity.isDrained)", "refusal": "\(refusal)",
            ])
        places.flushSoon()
    }

    /// The worker has become what one of its schedulers told it to be.
    func standsAnew() { isStandingFresh = true }

    /// Whether nothing keeps the process from ending. A scheduler that is not there now is waited for when it drains (``drain()``).
    var mayShutDown: Bool {
        if case .notAsked = end { running.isEmpty && (unacknowledged.isEmpty || stream == nil) } else { false }
    }

    // MARK: Running

    private func run(_ dispatch: Proto.Dispatch) {
        guard running[dispatch.lease] == nil else { return places.flushSoon() }
        guard let id = ReminderID(bytes: dispatch.id) else {
            logger.warning("a dispatch without a good id was left", metadata: ["lease": "\(dispatch.lease)"])
            // Its lease runs out; the place that it was to take is free.
            return places.flushSoon()
        }
        let hasPlace = places.hasPlace
        let lease = dispatch.lease, scheduledAt = UnixSeconds(dispatch.scheduledAt), number = places.numberRun()
        let deadline = CallDeadline.after(milliseconds: Int(dispatch.leaseMs) * Self.leasePercentForTask / 100)
        running[lease] = RunningTask(
            number: number, id: dispatch.id, task: dispatch.task, scheduledAt: scheduledAt,
            authorization: dispatch.authorization, startedAt: SystemClock.now,
            startedMonotonic: SystemClock.monotonicMicroseconds, deadline: deadline)
        guard hasPlace else { return finish(lease, TaskResult(outcome: .unsent, detail: "other schedulers have this worker's places")) }
        guard let body = registry[dispatch.task] else {
            return finish(lease, TaskResult(outcome: .retry, detail: "this worker has no task \(dispatch.task)"))
        }
        let invocation = TaskInvocation(
            task: dispatch.task, idempotencyKey: OccurrenceKey(reminder: id, scheduledAt: scheduledAt).idempotencyKey,
            scheduledAt: scheduledAt, attempt: Int(dispatch.attempt), argumentBytes: dispatch.arguments,
            authorization: dispatch.authorization, run: number, deadline: deadline, lease: TaskLease(lease, keeper: self))
        switch body {
        case .onEventLoop(let task, _):
            task(invocation) { [weak self] result in self?.finish(lease, result) }
        case .inTask(let task, let limit):
            start(task, invocation, lease, number, limit)
        }
    }

    /// What was called off and has not left is stopped; it ends as any other run does, and so the scheduler knows.
    private func recall(_ leases: [UInt64]) {
        guard !leases.isEmpty else { return }
        let called = leases.compactMap { running[$0] }.filter { $0.work == nil }
        for (task, runs) in Dictionary(grouping: called, by: \.task) {
            if case .onEventLoop(_, let recall) = registry[task] { recall(Set(runs.map(\.number))) }
        }
    }

    private func start(
        _ task: @escaping TaskRegistry.ProducingTask, _ invocation: TaskInvocation, _ lease: UInt64, _ run: UInt64, _ limit: TaskTimeLimit?
    ) {
        running[lease]?.work = Task { [self] in
            let result = await TaskResult.running(task, invocation)
            eventLoop.execute { self.returned(lease, run, result) }
        }
        running[lease]?.limit = limit.map { .after(milliseconds: Int($0.milliseconds)) }
        awaitOverrun(lease)
    }

    /// Has a run cancelled when its lease, or its own time, ends.
    func awaitOverrun(_ lease: UInt64) {
        guard let run = running[lease], run.work != nil else { return }
        run.overrun?.cancel()
        let own = run.limit.flatMap { $0 < run.deadline ? $0 : nil }, end = own == nil ? "its lease" : "its time limit"
        let left = Int64((own ?? run.deadline).millisecondsLeft)
        running[lease]?.overrun = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(left)) { self.overrun(lease, end) }
    }

    private func returned(_ lease: UInt64, _ run: UInt64, _ result: TaskResult) {
        if running[lease]?.number == run { return finish(lease, result) }
        // Its outcome was reported when its lease ended.
        overrunning -= 1
        places.flushSoon()
    }

    /// Its lease is about to end, or its own time: what runs is cancelled, and what it still comes to is not waited for.
    private func overrun(_ lease: UInt64, _ end: String) {
        guard let run = running[lease], let work = run.work else { return }
        work.cancel()
        overrunning += 1
        logger.warning(
            "a task did not end within \(end)",
            metadata: ["task": "\(run.task)", "lease": "\(lease)", "still_running": "\(overrunning)"])
        report(lease, TaskResult(outcome: .retry, detail: "the task did not end within \(end)"))
    }

    private func finish(_ lease: UInt64, _ result: TaskResult) {
        guard running[lease] != nil else { return }
        report(lease, result)
    }

    private func report(_ lease: UInt64, _ result: TaskResult) {
        guard let run = running.removeValue(forKey: lease) else { return }
        run.overrun?.cancel()
        extensions.drop(lease, because: "the run has ended")
        progress.ended(lease)
        let elapsed = SystemClock.monotonicMicroseconds - run.startedMonotonic
        let report = Proto.OutcomeReport(
            lease: lease, id: run.id, scheduledAt: run.scheduledAt.count, outcome: .known(result.outcome.wire),
            retryAfterMs: result.retryAfterMilliseconds,
            startedAtMs: (result.startedAt ?? run.startedAt).count,
            durationUs: result.durationMicroseconds == 0 ? elapsed : result.durationMicroseconds,
            statusCode: result.statusCode, detail: Redaction(of: run.authorization).detail(result.detail), result: result.output)
        unacknowledged[lease] = report
        waitingResultBytes += result.output.count
        fresh.append(report)
        finishedCounter.increment()
        places.flushSoon()
    }

    /// Places that are taken by what came over this link.
    var held: Int { running.count + overrunning }

    /// Not while it leaves, nor while too many results wait.
    private var mayAskForMore: Bool { !isDraining && waitingResultBytes <= Self.maxWaitingResultBytes }

    private func count(_ report: Proto.OutcomeReport) {
        waitingResultBytes -= report.result.count
        guard report.outcome != .known(.unsent) else { return }
        finished += 1
        if case .known(let outcome) = report.outcome, Outcome(outcome).isFinal { return }
        failed += 1
    }

    /// Says everything that this tick brought.
    func flush() {
        // Without a stream nothing is lost: the next announcement says it all. One that takes nothing now goes on when it does.
        guard let stream, !stream.isBlocked else { return }
        let news = places.newLimit(of: self, mayGrow: mayAskForMore)
        guard !fresh.isEmpty || news != nil || isStandingFresh || !freshAnswers.isEmpty || extensions.hasFresh || progress.hasFresh
        else { return }
        var messages = Self.messages(Self.parts(fresh))
        messages[0].say(news)
        sayOfTasks(in: &messages[0])
        if isStandingFresh { messages[0].standing = places.capacity.standing }
        messages[0].controlled = freshAnswers
        for message in messages { stream.send(message) }
        fresh = []
        freshAnswers = []
        isStandingFresh = false
    }

    // MARK: The end

    private var isDraining: Bool { if case .notAsked = end { false } else { true } }

    /// Asks for nothing more, finishes what runs, and leaves when every outcome has been acknowledged, or after ``acknowledgementWait``
    /// with those that were not.
    func drain() async {
        let done = eventLoop.makePromise(of: Void.self)
        eventLoop.execute { [self] in
            end = .draining(done, isPatient: true)
            stream?.send(Proto.WorkerMessage(leaving: true))
            eventLoop.scheduleTask(in: TimeAmount(acknowledgementWait)) { self.losePatience() }
            places.flushSoon()
        }
        try? await done.futureResult.get()
    }

    private func losePatience() {
        guard case .draining(let done, _) = end else { return }
        end = .draining(done, isPatient: false)
        if !unacknowledged.isEmpty {
            logger.warning(
                "outcomes were not acknowledged in time; what they are of may be run again",
                metadata: ["unacknowledged": "\(unacknowledged.count)", "connected": "\(stream != nil)"])
        }
        places.flushSoon()
    }

    /// Ends the drain where nothing is left of it; asked whenever everything has been said (``Places/flushSoon()``).
    func finishDrainIfDone() {
        guard case .draining(let done, let isPatient) = end, running.isEmpty, unacknowledged.isEmpty || !isPatient else { return }
        end = .left
        stream?.end()
        done.succeed()
    }
}
