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
        // One without a good id is no lease of this scheduler's.
        let running = attach.running.compactMap { lease in
            ReminderID(bytes: lease.id).map { id in
                LeaseReport(lease: lease.lease, key: OccurrenceKey(reminder: id, scheduledAt: lease.scheduledAt))
            }
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
            guard let outcome = OutcomeReport(report) else {
                logger.warning(
                    "an outcome without a good id was left; its occurrence is tried again when its lease has run out",
                    metadata: ["instance": "\(instance)", "lease": "\(report.lease)"])
                // Else the worker would say it again and again.
                stream.send(Proto.SchedulerMessage(acknowledged: [report.lease]))
                continue
            }
            result.append(outcome)
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
