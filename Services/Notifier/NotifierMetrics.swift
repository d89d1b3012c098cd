import Delivery
import Metrics
import ServiceLifecycle

/// What became of the notifications, counted by outcome and reason.
struct NotifierMetrics: Sendable {
    private let requests: [DeliveryReason: [String: Counter]]
    private let duration = Timer(label: "notifier_request_duration")

    init() {
        var requests: [DeliveryReason: [String: Counter]] = [:]
        for reason in DeliveryReason.allCases {
            for outcome in ["delivered", "retry", "rejected", "auth_rejected", "unsent"] {
                requests[reason, default: [:]][outcome] = Counter(
                    label: "notifier_requests_total", dimensions: [("outcome", outcome), ("reason", reason.rawValue)])
            }
        }
        self.requests = requests
    }

    func record(_ result: DeliveryResult) {
        let outcome =
            switch result.outcome {
            case .delivered: "delivered"
            case .retry: "retry"
            case .rejected: "rejected"
            case .authRejected: "auth_rejected"
            case .unsent: "unsent"
            }
        requests[result.reason]?[outcome]?.increment()
        duration.recordMicroseconds(result.durationMicroseconds)
    }
}

/// Shows what the engine is doing.
struct DeliveryGauges: Service, CustomStringConvertible {
    static let interval = Duration.seconds(1)

    let engine: DeliveryEngine

    var description: String { "delivery gauges" }

    func run() async throws {
        let queued = Gauge(label: "notifier_requests_queued"), inFlight = Gauge(label: "notifier_requests_in_flight")
        let circuits = Gauge(label: "notifier_circuits_open"), connections = Gauge(label: "notifier_connections_opened")
        let sentAgain = Gauge(label: "notifier_requests_sent_again")
        try? await cancelWhenGracefulShutdown {
            while true {
                let statistics = engine.statistics
                queued.record(statistics.queued)
                inFlight.record(statistics.inFlight)
                circuits.record(statistics.openCircuits)
                connections.record(statistics.connectionsOpened)
                sentAgain.record(statistics.sentAgain)
                try await Task.sleep(for: Self.interval)
            }
        }
    }
}
