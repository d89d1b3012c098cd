import Logging
import NIOCore
import SchedulerCore
import TaskDomain
import TaskMessages
import TaskWire

/// The scheduler's end of one worker's stream: turns messages into events of the core.
///
/// Used on the scheduler's event loop only.
final class WorkerStream {
    /// Running occurrences or outcomes that one message may name; a worker that names more is cut off.
    static let maxReports = 100_000
    static let maxTasks = 256
    /// Of what a worker says about itself.
    static let maxHostBytes = 255, maxVersionBytes = 64
    /// Of why a worker does not become what it is told to be.
    private static let maxRefusalBytes = 1_024
    /// Acknowledgements, revocations, recalls and answers to extensions that may wait for a worker. One that reports so much more than it reads is cut off.
    static let maxWaitingLeases = 200_000
    /// A message holds about this many payload bytes, so that its first occurrences start while the rest is being packed.
    static let maxMessageBytes = 256 << 10
    /// Bytes of an occurrence in a message, beside its arguments, credential and task, at most.
    private static let dispatchBytes = 64
    private static let maxLeasesPerMessage = 10_000

    private let stream: MessageStream<Proto.WorkerMessage, Proto.SchedulerMessage>
    private unowned let loop: SchedulerLoop
    private let logger: Logger
    private(set) var instance = ""
    /// See ``WorkerName``.
    private var name = ""
    private var worker: WorkerID?
    private var backlog = WorkerBacklog()
    /// What the worker may be handed on this stream in all, and what has been sent to it.
    private var creditLimit = 0, sent = 0
    private var controls = WorkerControls()

    /// Takes up a stream; the object lives as long as the stream does.
    @discardableResult
    init(_ stream: MessageStream<Proto.WorkerMessage, Proto.SchedulerMessage>, loop: SchedulerLoop, logger: Logger) {
        self.stream = stream
        self.loop = loop
        self.logger = logger
        stream.onMessage = { self.received($0) }
        stream.onEnd = { self.ended($0) }
        stream.onUnblocked = { self.sendBacklog() }
    }

    private func received(_ message: Proto.WorkerMessage) {
        do throws(InvalidRequest) {
            let limit = try limit(of: message), outcomes = try outcomes(message.outcomes)
            if let attach = message.attach { try attached(attach, limit, outcomes) }
            guard let worker else { throw InvalidRequest("the first message of a worker's stream must be Attach") }
            loop.reported(name, outcomes)
            // What makes it take less goes first: each of the others may hand it something at once.
            if limit < creditLimit { lower(limit, of: worker) }
            if message.leaving {
                logger.info("worker drains", metadata: ["instance": "\(instance)"])
                loop.fleet.drains(name)
                loop.handle(.workerDraining(worker))
            }
            if let standing = message.standing { try stands(worker, standing) }
            if message.attach == nil, !outcomes.isEmpty { loop.handle(.outcomes(worker, outcomes)) }
            if !message.extensions.isEmpty { try extend(worker, message.extensions) }
            if !message.progress.isEmpty { try progressed(worker, message.progress) }
            if limit > creditLimit {
                creditLimit = limit
                loop.handle(.creditLimit(worker, limit))
            }
            for answer in message.controlled { controls.answer(answer.id, answer.refusal.isEmpty ? .done : .refused(Self.shortened(answer.refusal))) }
        } catch {
            logger.warning("a worker's message was refused", metadata: ["instance": "\(instance)", "reason": "\(error)"])
            cutOff(error.callError)
        }
    }

    /// Ends the stream. The worker may go on with what it runs: that is settled as for one whose connection broke.
    private func cutOff(_ error: CallError) {
        ended(error)
        stream.end(error)
    }

    /// What a message says that the worker may be handed in all; absent: what the one before it said. A worker of a build that knows of no
    /// limit says by how much it changes.
    private func limit(of message: Proto.WorkerMessage) throws(InvalidRequest) -> Int {
        let said = message.creditLimit ?? max(0, Int64(creditLimit) + Int64(message.credit) - Int64(message.withdrawn))
        guard (0...Int64(sent + WorkerLimits.credit)).contains(said) else {
            throw InvalidRequest(
                "a credit_limit of \(said), where \(sent) have been handed out on this stream; it counts these, "
                    + "so it is 0 to \(sent + WorkerLimits.credit)")
        }
        return Int(said)
    }

    /// The answer goes out behind everything that was handed out before, as the worker reckons with that until it comes.
    private func lower(_ limit: Int, of worker: WorkerID) {
        creditLimit = limit
        loop.handle(.creditLimit(worker, limit))
        backlog.confirm(Int64(limit))
        sendBacklog()
    }

    private func attached(_ attach: Proto.Attach, _ limit: Int, _ outcomes: [OutcomeReport]) throws(InvalidRequest) {
        guard worker == nil else { throw InvalidRequest("a second Attach on one stream") }
        guard !attach.instance.isEmpty, attach.instance.utf8.count <= RequestBounds.maxNameBytes,
            attach.running.count + attach.following.count <= Self.maxReports, attach.queues.count <= WorkerLimits.queues.upperBound,
            attach.tasks.count <= Self.maxTasks, attach.host.utf8.count <= Self.maxHostBytes,
            attach.version.utf8.count <= Self.maxVersionBytes
        else { throw InvalidRequest("an Attach with fields out of bounds") }
        guard WorkerName.tokenBytes.contains(attach.token.count) else {
            throw InvalidRequest(
                "an Attach with a token of \(attach.token.count) bytes; \(WorkerName.tokenBytes.lowerBound) to \(WorkerName.tokenBytes.upperBound) are needed")
        }
        instance = attach.instance
        // One without a good id is no lease of this scheduler's.
        let running = attach.running.compactMap(LeaseReport.init), following = attach.following.compactMap(LeaseReport.init)
        name = WorkerName.of(attach)
        let worker = loop.attach(
            self, instance: name, queues: attach.queues, tasks: attach.tasks, creditLimit: limit,
            running: running, following: following, outcomes: outcomes)
        self.worker = worker
        creditLimit = limit
        loop.fleet.attached(name, attach, as: worker, now: SystemClock.now)
        logger.info(
            "worker attached",
            metadata: ["instance": "\(instance)", "queues": "\(attach.queues.joined(separator: ","))", "running": "\(running.count)"])
    }

    private func stands(_ worker: WorkerID, _ standing: Proto.WorkerStanding) throws(InvalidRequest) {
        guard WorkerLimits.queues.contains(standing.queues.count) else {
            throw InvalidRequest("a standing with \(standing.queues.count) queues; 1 to \(WorkerLimits.queues.upperBound) are served")
        }
        loop.fleet.stands(name, standing)
        loop.handle(.workerStands(worker, queues: standing.queues, isDrained: standing.draining))
    }

    private func extend(_ worker: WorkerID, _ extensions: [Proto.Extension]) throws(InvalidRequest) {
        try Self.bound(extensions.count, "extensions")
        loop.handle(.extend(worker, extensions.map { LeaseExtension($0) }))
    }

    private func progressed(_ worker: WorkerID, _ progress: [Proto.Progress]) throws(InvalidRequest) {
        try Self.bound(progress.count, "reports of progress")
        loop.handle(
            .progress(
                worker, progress.map { ($0.lease, TaskProgress(thousandths: $0.thousandths.map { Int(clamping: $0) }, text: $0.text)) }))
    }

    private static func bound(_ count: Int, _ reports: String) throws(InvalidRequest) {
        guard count <= maxReports else { throw InvalidRequest("\(count) \(reports) at once; at most \(maxReports) are taken") }
    }

    private static func shortened(_ refusal: String) -> String { String(decoding: refusal.utf8.prefix(maxRefusalBytes), as: UTF8.self) }

    private func outcomes(_ reports: [Proto.OutcomeReport]) throws(InvalidRequest) -> [OutcomeReport] {
        try Self.bound(reports.count, "outcomes")
        var result: [OutcomeReport] = [], nameless: [UInt64] = []
        result.reserveCapacity(reports.count)
        for report in reports {
            if let outcome = OutcomeReport(report) { result.append(outcome) } else { nameless.append(report.lease) }
        }
        if let first = nameless.first {
            logger.warning(
                "outcomes without a good id were left; their occurrences are tried again when their leases have run out",
                metadata: ["instance": "\(instance)", "count": "\(nameless.count)", "first": "\(first)"])
            // Else the worker would say them again and again.
            acknowledge(nameless)
        }
        return result
    }

    // MARK: To the worker

    func dispatch(_ dispatches: [Dispatch]) {
        backlog.add(dispatches, now: SystemClock.monotonic)
        sendBacklog()
    }

    func acknowledge(_ leases: [UInt64]) {
        backlog.acknowledge(leases)
        sendBacklog()
    }

    func answer(_ extensions: [ExtensionAnswer]) {
        backlog.answer(extensions.map(\.wire))
        sendBacklog()
    }

    /// Tells the worker what to be.
    /// - Parameter completion: called once, on the event loop.
    func tell(_ control: Proto.WorkerControl, completion: @escaping @Sendable (WorkerControls.Answer) -> Void) {
        var control = control
        control.id = controls.add(completion) { id in
            stream.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(WorkerControls.answerMilliseconds)) {
                self.controls.answer(id, .asked)
            }
        }
        backlog.tell(control)
        sendBacklog()
    }

    /// Whether it has been told as much as may wait for an answer.
    var hasBeenToldEnough: Bool { controls.isFull }

    func revoke(_ leases: [UInt64]) {
        returnUnsent(backlog.revoke(leases).map { Self.unsent($0, .unsent, "taken back before it was sent") })
        sendBacklog()
    }

    func recall(_ leases: [UInt64]) {
        returnUnsent(backlog.recall(leases).map { Self.unsent($0, .unsent, "called off before it was sent") })
        sendBacklog()
    }

    /// Sends what the stream takes. The rest waits, and goes on with `onUnblocked`.
    private func sendBacklog() {
        var unsent: [OutcomeReport] = []
        while !backlog.isEmpty, !stream.isBlocked {
            var message = Proto.SchedulerMessage(
                acknowledged: backlog.takeAcknowledged(limit: Self.maxLeasesPerMessage),
                revoked: backlog.takeRevoked(limit: Self.maxLeasesPerMessage),
                recalled: backlog.takeRecalled(limit: Self.maxLeasesPerMessage), controls: backlog.takeControls(),
                extended: backlog.takeExtended(limit: Self.maxLeasesPerMessage))
            var bytes = 0
            while bytes < Self.maxMessageBytes, let waiting = backlog.takeDispatch() {
                do throws(Unsendable) {
                    let dispatch = try wire(waiting)
                    message.dispatches.append(dispatch)
                    bytes += Self.dispatchBytes + dispatch.arguments.count + dispatch.authorization.value.utf8.count + dispatch.task.utf8.count
                } catch {
                    unsent.append(Self.unsent(waiting.dispatch, error.outcome, error.reason))
                }
            }
            message.creditLimit = backlog.takeCreditLimit()
            sent += message.dispatches.count
            if message != Proto.SchedulerMessage() { stream.send(message) }
        }
        returnUnsent(unsent)
        guard backlog.leaseCount > Self.maxWaitingLeases else { return }
        backlog = WorkerBacklog()
        later { $0.cutOff(CallError(.resourceExhausted, "the worker reports and does not read what it is answered")) }
    }

    /// Why an occurrence cannot be sent.
    private struct Unsendable: Error {
        let outcome: Outcome
        let reason: String
    }

    private func wire(_ waiting: WorkerBacklog.Waiting) throws(Unsendable) -> Proto.Dispatch {
        let dispatch = waiting.dispatch, reminder = dispatch.entry.reminder
        let leaseMilliseconds = waiting.leaseEndsAt - SystemClock.monotonic
        guard leaseMilliseconds > 0 else {
            throw Unsendable(outcome: .unsent, reason: "the worker did not take it within the lease")
        }
        var authorization: Secret = ""
        do {
            if !reminder.sealedAuthorization.isEmpty {
                let opened = try loop.sealer.open(reminder.sealedAuthorization, for: reminder.id.bytes)
                authorization = Secret(String(decoding: opened, as: UTF8.self))
            }
        } catch {
            // As good as one that is refused: held until a new one comes.
            throw Unsendable(outcome: .authRejected, reason: "\(error)")
        }
        loop.measures.dispatched(latenessMilliseconds: SystemClock.now - dispatch.entry.due.dueAt)
        return Proto.Dispatch(
            lease: dispatch.lease, id: reminder.id.bytes, scheduledAt: dispatch.entry.due.occurrence.scheduledAt.count,
            attempt: UInt32(clamping: dispatch.attempt), leaseMs: UInt32(clamping: leaseMilliseconds), task: reminder.task,
            arguments: reminder.arguments, authorization: authorization)
    }

    private static func unsent(_ dispatch: Dispatch, _ outcome: Outcome, _ reason: String) -> OutcomeReport {
        OutcomeReport(
            lease: dispatch.lease, key: dispatch.entry.due.occurrence, outcome: outcome, retryAfterMilliseconds: nil,
            startedAt: SystemClock.now, durationMicroseconds: 0, statusCode: 0, detail: reason)
    }

    private func returnUnsent(_ reports: [OutcomeReport]) {
        guard !reports.isEmpty else { return }
        if let first = reports.first(where: { $0.outcome == .authRejected }) {
            logger.error(
                "stored credentials cannot be opened; their occurrences are held",
                metadata: [
                    "count": "\(reports.count { $0.outcome == .authRejected })", "first": "\(first.key.reminder)",
                    "reason": "\(first.detail)",
                ])
        }
        later { stream in
            // Of one whose connection broke meanwhile the core takes everything back.
            if let worker = stream.worker { stream.loop.handle(.undispatchable(worker, reports)) }
        }
    }

    /// The core is told nothing while its effects are being carried out.
    private func later(_ body: @escaping (WorkerStream) -> Void) {
        stream.eventLoop.assumeIsolated().execute { body(self) }
    }

    // MARK: The end

    private func ended(_ error: CallError?) {
        guard let worker else { return }
        self.worker = nil
        controls.end(because: error?.description ?? "it left")
        logger.info(
            "worker detached", metadata: ["instance": "\(instance)", "reason": "\(error?.description ?? "it left")"])
        loop.fleet.detached(name, worker, because: error?.description ?? "it left", now: SystemClock.now)
        loop.detach(worker, because: error)
    }
}
