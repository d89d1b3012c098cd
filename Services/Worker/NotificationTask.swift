import NIOCore
import TaskDomain
import TaskMessages
import TaskWire
import TaskWorker

/// The task `edvora.notification`: asks a notifier to deliver, and takes over its outcome.
struct NotificationTask: Sendable {
    static let name = TaskName.notification

    /// For how long nothing more is taken when no notifier could be reached.
    private static let unreachableMilliseconds: UInt32 = 1_000

    let notifiers: Client
    private let random = RandomPool()

    /// Runs on the clients' event loop.
    func run(_ invocation: TaskInvocation, _ complete: @escaping @Sendable (TaskResult) -> Void) {
        let request = Proto.DeliverRequest(
            idempotencyKey: invocation.idempotencyKey, authorization: invocation.authorization,
            notification: invocation.argumentBytes, traceparent: Traceparent.fresh(using: random))
        notifiers.start(NotifierService.deliver, request, deadline: invocation.deadline, tag: invocation.run) { result in
            switch result {
            case .success(let reply): complete(Self.result(of: reply))
            case .failure(let error): complete(Self.result(of: error))
            }
        }
    }

    /// Stops what no notifier has sent yet. On the clients' event loop.
    func recall(_ runs: Set<UInt64>) { notifiers.recall(runs) }

    /// A notifier that could not be reached, or that took no more calls, has sent nothing. Of one that went away it is unknown whether
    /// the request left; the idempotency key lets the backend tell a repetition.
    private static func result(of error: CallError) -> TaskResult {
        let outcome: TaskResult.Outcome =
            if error.isUnsent || error.code == .resourceExhausted { .unsent } else if error.code == .unavailable { .lost } else { .retry }
        return TaskResult(
            outcome: outcome, retryAfterMilliseconds: outcome == .unsent ? unreachableMilliseconds : 0, detail: "notifier: \(error)")
    }

    private static func result(of reply: Proto.DeliverReply) -> TaskResult {
        let outcome: TaskResult.Outcome
        switch reply.outcome {
        case .delivered: outcome = .delivered
        case .retry: outcome = .retry
        case .rejected: outcome = .rejected
        case .authRejected: outcome = .authRejected
        case .unsent: outcome = .unsent
        case .cancelSchedule, .lost, .misfired, .expired, .cancelled:
            return TaskResult(outcome: .retry, detail: "notifier: it answered \(reply.outcome), which is no delivery's outcome")
        }
        return TaskResult(
            outcome: outcome, retryAfterMilliseconds: reply.retryAfterMs,
            startedAt: reply.startedAtMs == 0 ? nil : UnixMilliseconds(reply.startedAtMs), durationMicroseconds: reply.durationUs,
            statusCode: reply.statusCode, detail: reply.detail)
    }
}

/// W3C Trace Context, level 1: a fresh, unsampled root.
enum Traceparent {
    static func fresh(using random: RandomPool) -> String {
        let trace = (hex(random.next()), hex(random.next()))
        return "00-\(trace.0)\(trace.1)-\(hex(random.next() | 1))-00"
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
