import Logging
import Metrics
import NIOCore

/// Counts and logs the connections that are closed because their address has as many as it may.
final class ConnectionRefusals: Sendable {
    private let budget = LineBudget()
    private let refused: Counter
    private let logger: Logger

    init(_ logger: Logger, metrics: any MetricsFactory) {
        self.logger = logger
        refused = Counter(label: "gateway_refused_connections", factory: metrics)
    }

    /// - Parameter limit: connections that the address may have.
    func record(_ address: SocketAddress?, limit: Int) {
        refused.increment()
        guard let left = budget.place() else { return }
        var metadata: Logger.Metadata = ["address": "\(address?.ipAddress ?? "unknown")", "limit": "\(limit)"]
        if left > 0 { metadata["not_logged_before"] = "\(left)" }
        logger.warning("connection refused: its address has as many as it may", metadata: metadata)
    }
}
