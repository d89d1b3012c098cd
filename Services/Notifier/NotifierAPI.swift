import Delivery
import NIOCore
import TaskDomain
import TaskMessages
import TaskWire

/// What workers ask: deliver this.
///
/// Calls of one event-loop tick go to the engine as one batch, and its answers come back together, so that the two
/// threads meet once for many notifications.
///
/// @unchecked Sendable is safe because `gathered` is used on `eventLoop` only and the rest never changes.
final class NotifierAPI: @unchecked Sendable {
    private typealias Job = (DeliveryRequest, @Sendable (DeliveryResult) -> Void)
    private typealias Answer = (responder: Responder<Proto.DeliverReply>, reply: Proto.DeliverReply)

    /// What is kept of the deadline for the answer's way back.
    private static let returnMilliseconds = 50

    private let engine: DeliveryEngine
    private let backend: EdvoraBaseURL
    /// `nil`: requests are not signed.
    private let signer: WebhookSigner?
    private let userAgent: String
    private let timeoutMilliseconds: Int
    private let eventLoop: any EventLoop
    private let answers: Mailbox<Answer>
    private let measures = NotifierMetrics()
    private var gathered: [Job] = []

    init(
        engine: DeliveryEngine, backend: EdvoraBaseURL, signer: WebhookSigner? = nil, userAgent: String, timeout: Duration,
        eventLoop: any EventLoop
    ) {
        self.engine = engine
        self.backend = backend
        self.signer = signer
        self.userAgent = userAgent
        timeoutMilliseconds = Int(timeout.wholeMilliseconds)
        self.eventLoop = eventLoop
        answers = Mailbox(eventLoop: eventLoop) { answers in
            for answer in answers { answer.responder(.success(answer.reply)) }
        }
    }

    func table() -> ServiceTable {
        var table = ServiceTable([NotifierService.descriptor])
        table.unary(NotifierService.deliver) { request, context, responder in
            self.deliver(request, context, responder)
        }
        return table
    }

    private func deliver(_ request: Proto.DeliverRequest, _ context: CallContext, _ responder: Responder<Proto.DeliverReply>) {
        let notification: Proto.Notification
        do throws(MessageError) {
            notification = try Proto.Notification(unpacking: request.notification)
        } catch {
            return responder(.success(.rejected("the notification cannot be read: \(error)")))
        }
        guard !notification.classroomId.isEmpty || !notification.usernames.isEmpty else {
            return responder(.success(.rejected("the notification names no classroom and nobody to be told")))
        }
        let left = (context.deadline?.millisecondsLeft ?? timeoutMilliseconds) - Self.returnMilliseconds
        var delivery = EdvoraRequest(EdvoraNotification(notification)).delivery(
            to: backend, authorization: request.authorization, idempotencyKey: request.idempotencyKey,
            traceparent: request.traceparent, userAgent: userAgent, timeoutMilliseconds: min(timeoutMilliseconds, max(1, left)))
        if let signer {
            delivery.headers += signer.headers(id: request.idempotencyKey, at: SystemClock.now.second, body: delivery.body)
        }
        // Of a worker that is gone the scheduler gives to another what this one has not sent yet; what was called off nobody sends.
        delivery.isWanted = { [presence = context.waiting(isAnsweredAnyway: true)] in !presence.isGone }
        gathered.append(
            (
                delivery,
                { [answers, measures] result in
                    measures.record(result)
                    answers.send((responder, Proto.DeliverReply(result)))
                }
            ))
        if gathered.count == 1 { eventLoop.assumeIsolated().execute { self.submit() } }
    }

    private func submit() {
        let batch = gathered
        gathered.removeAll(keepingCapacity: true)
        engine.submit(batch)
    }
}

extension Proto.DeliverReply {
    /// The reply for what cannot be sent at all: trying again would find the same bytes.
    fileprivate static func rejected(_ detail: String) -> Self { Self(outcome: .rejected, detail: detail) }

    init(_ result: DeliveryResult) {
        var retryAfter: UInt32 = 0
        let outcome: Proto.Outcome
        switch result.outcome {
        case .delivered: outcome = .delivered
        case .retry(let milliseconds):
            outcome = .retry
            // Zero stands for "not asked for": at once is in a millisecond.
            retryAfter = milliseconds.map { UInt32(clamping: max(1, $0)) } ?? 0
        case .rejected: outcome = .rejected
        case .authRejected: outcome = .authRejected
        case .unsent(let milliseconds):
            outcome = .unsent
            retryAfter = milliseconds.map { UInt32(clamping: max(1, $0)) } ?? 0
        }
        self.init(
            outcome: outcome, statusCode: UInt32(clamping: result.statusCode), retryAfterMs: retryAfter,
            startedAtMs: result.startedAt?.count ?? 0, durationUs: Int64(result.durationMicroseconds), detail: result.detail)
    }
}

extension EdvoraNotification {
    init(_ wire: Proto.Notification) {
        self.init(
            title: wire.title, body: wire.body, image: wire.image, kind: wire.kind, classroomID: wire.classroomId,
            createdAt: wire.createdAt, createdBy: wire.createdBy, itemIDJSON: wire.itemIdJson, action: wire.action,
            actionPath: wire.actionPath, extraPath: wire.extraPath, usernames: wire.usernames)
    }
}
