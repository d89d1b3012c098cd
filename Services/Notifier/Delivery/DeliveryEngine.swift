import Synchronization
import TaskDomain

/// Makes HTTP `POST`s, many at a time: one libcurl multi handle on a thread of its own.
///
/// Connections and handles are used again. `https` connections speak HTTP/2 where the host offers it, with many
/// requests on one connection. Certificates are checked, redirects are not followed, nothing but `http` and
/// `https` is spoken. Each host has its own queue, its own bound of connections and its own circuit breaker, so
/// that one which hangs does not hold up another.
///
/// Every delivery submitted is answered exactly once.
public final class DeliveryEngine: Sendable {
    /// How much of a request's time may pass before its turn comes; the rest is for the backend.
    static let queuePercent: Int64 = 50

    private let mailbox: DeliveryInbox
    private let longestTimeout: Int
    private let nextTicket = Atomic<UInt64>(1)

    /// Starts the delivery thread.
    public init(configuration: DeliveryConfiguration = DeliveryConfiguration()) throws(DeliveryError) {
        try configuration.validate()
        try CurlLibrary.start()
        longestTimeout = configuration.maximumTimeoutMilliseconds
        mailbox = try DeliveryInbox()
        try DeliveryThread.start(DeliveryLoop(configuration: configuration, mailbox: mailbox))
    }

    /// As `stop()`, without waiting: the thread ends by itself when all is answered.
    deinit { mailbox.stop() }

    /// Hands over a batch: one lock and at most one wakeup for all of it. The completions run on the delivery
    /// thread, those of one turn back to back, and must return at once; on the caller's thread if the engine is
    /// stopping.
    ///
    /// - Returns: the tickets of the batch, in order, for `cancel`.
    @discardableResult
    public func submit(_ batch: [(DeliveryRequest, @Sendable (DeliveryResult) -> Void)]) -> Range<UInt64> {
        guard !batch.isEmpty else { return 0..<0 }
        let tickets = reserve(batch.count)
        let now = SystemClock.monotonicMicroseconds
        put(
            zip(tickets, batch).map { ticket, item in
                delivery(item.0, ticket: ticket, now: now, completion: item.1)
            })
        return tickets
    }

    /// Makes one request and waits for its end. Cancelling the task cancels the request.
    public func deliver(_ request: DeliveryRequest) async -> DeliveryResult {
        let ticket = reserve(1).lowerBound
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                put([
                    delivery(request, ticket: ticket, now: SystemClock.monotonicMicroseconds) { continuation.resume(returning: $0) }
                ])
                // A cancellation before the line above found nothing to cancel.
                if Task.isCancelled { mailbox.cancel([ticket]) }
            }
        } onCancel: {
            mailbox.cancel([ticket])
        }
    }

    /// Ends requests that are not yet answered, with the reason `cancelled`. The backend may have taken one
    /// nevertheless. Tickets of answered requests are ignored.
    public func cancel(_ tickets: Range<UInt64>) { mailbox.cancel(Array(tickets)) }

    /// Takes no more requests, waits for those under way and queued, each at most for its own timeout, and ends
    /// the thread.
    public func stop() async {
        mailbox.stop()
        await mailbox.ended()
    }

    /// The picture of the delivery thread's last turn.
    public var statistics: DeliveryStatistics { mailbox.statistics }

    /// How long ago the delivery thread last came round, on the monotonic clock; less than a second unless something holds it up.
    public var sinceLastTurn: Duration { .microseconds(mailbox.sinceLastTurn) }

    private func reserve(_ count: Int) -> Range<UInt64> {
        let first = nextTicket.add(UInt64(count), ordering: .relaxed).oldValue
        return first..<(first + UInt64(count))
    }

    private func delivery(
        _ request: DeliveryRequest, ticket: UInt64, now: MonotonicMicroseconds,
        completion: @escaping @Sendable (DeliveryResult) -> Void
    ) -> Delivery {
        let timeout = min(max(request.timeoutMilliseconds, 0), longestTimeout)
        return Delivery(
            ticket: ticket, request: request, fault: RequestGuard.fault(of: request),
            deadline: now + Int64(timeout) * 1_000,
            startBy: now + Int64(timeout) * 1_000 * Self.queuePercent / 100, completion: completion)
    }

    private func put(_ deliveries: [Delivery]) {
        guard !mailbox.put(deliveries) else { return }
        for delivery in deliveries {
            delivery.completion(delivery.unsent(.stopping, "the notifier is stopping and takes no more requests"))
        }
    }
}
