import Domain
import Logging
import Messages
import SchedulerCore
import Wire

/// The scheduler's end of one worker's stream: turns messages into events of the core.
///
/// Used on the scheduler's event loop only.
final class WorkerStream {
    /// Running occurrences or outcomes that one message may name; a worker that names more is cut off.
    static let maxReports = 100_000
    static let maxQueues = 256

    private let stream: MessageStream<Proto.WorkerMessage, Proto.SchedulerMessage>
    private unowned let loop: SchedulerLoop
    private let logger: Logger
    private(set) var instance = ""
    private var worker: WorkerID?

    /// Takes up a stream; the object lives as long as the stream does.
    @discardableResult
    init(_ stream: MessageStream<Proto.WorkerMessage, Proto.SchedulerMessage>, loop: SchedulerLoop, logger: Logger) {
        self.stream = stream
        self.loop = loop
        self.logger = logger
        stream.onMessage = { self.received($0) }
        stream.onEnd = { self.ended($0) }
    }

    func send(_ message: Proto.SchedulerMessage) { stream.send(message) }

    private func received(_ message: Proto.WorkerMessage) {
        do throws(InvalidRequest) {
            let outcomes = try outcomes(message.outcomes)
            if let attach = message.attach { try attached(attach, credit: Int(message.credit), outcomes) }
            guard let worker else { throw InvalidRequest("the first message of a worker's stream must be Attach") }
            if message.attach == nil, !outcomes.isEmpty { loop.handle(.outcomes(worker, outcomes)) }
            if message.attach == nil, message.credit > 0 { loop.handle(.workerCredit(worker, Int(message.credit))) }
            if message.leaving {
                logger.info("worker drains", metadata: ["instance": "\(instance)"])
                loop.handle(.workerDraining(worker))
            }
        } catch {
            logger.warning("a worker's message was refused", metadata: ["instance": "\(instance)", "reason": "\(error)"])
            stream.end(error.callError)
            ended(error.callError)
        }
    }

    private func attached(_ attach: Proto.Attach, credit: Int, _ outcomes: [OutcomeReport]) throws(InvalidRequest) {
        guard worker == nil else { throw InvalidRequest("a second Attach on one stream") }
        guard !attach.instance.isEmpty, attach.instance.utf8.count <= RequestBounds.maxNameBytes,
            attach.running.count <= Self.maxReports, attach.queues.count <= Self.maxQueues,
            attach.tasks.count <= Self.maxQueues
        else { throw InvalidRequest("an Attach with fields out of bounds") }
        instance = attach.instance
        var running: [LeaseReport] = []
        for lease in attach.running {
            running.append(
                LeaseReport(
                    lease: lease.lease,
                    key: OccurrenceKey(reminder: try ReminderID(wire: lease.id), scheduledAt: lease.scheduledAt)))
        }
        worker = loop.attach(
            self, instance: attach.instance, queues: attach.queues, tasks: attach.tasks, credit: credit,
            running: running, outcomes: outcomes)
        logger.info(
            "worker attached",
            metadata: ["instance": "\(instance)", "queues": "\(attach.queues.joined(separator: ","))", "running": "\(running.count)"])
    }

    private func outcomes(_ reports: [Proto.OutcomeReport]) throws(InvalidRequest) -> [OutcomeReport] {
        guard reports.count <= Self.maxReports else { throw InvalidRequest("more than \(Self.maxReports) outcomes at once") }
        var result: [OutcomeReport] = []
        result.reserveCapacity(reports.count)
        for report in reports {
            guard let outcome = Outcome(rawValue: UInt8(clamping: report.outcome)), outcome != .misfired, outcome != .expired else {
                throw InvalidRequest("outcome \(report.outcome) is none that a worker can report")
            }
            result.append(
                OutcomeReport(
                    lease: report.lease,
                    key: OccurrenceKey(reminder: try ReminderID(wire: report.id), scheduledAt: report.scheduledAt),
                    outcome: outcome, retryAfterMilliseconds: report.retryAfterMs == 0 ? nil : Int64(report.retryAfterMs),
                    startedAtMilliseconds: report.startedAtMs, durationMicroseconds: report.durationUs,
                    statusCode: Int(report.statusCode), detail: report.detail))
        }
        return result
    }

    private func ended(_ error: CallError?) {
        guard let worker else { return }
        self.worker = nil
        logger.info(
            "worker detached", metadata: ["instance": "\(instance)", "reason": "\(error?.description ?? "it left")"])
        loop.detach(worker, cleanly: error == nil)
    }
}
