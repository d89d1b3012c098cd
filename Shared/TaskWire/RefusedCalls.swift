import CoreMetrics
import Logging
import NIOCore
import TaskMessages

/// Refuses, counts and logs calls that are not for the role of whoever made them.
///
/// Used on its event loop only.
final class RefusedCalls {
    private let metrics: any MetricsFactory
    private let log: RefusalLog
    /// By role and method, of both of which there are few.
    private var counters: [Key: Counter] = [:]

    private struct Key: Hashable {
        let role: Role
        let path: String
    }

    init(eventLoop: any EventLoop, metrics: any MetricsFactory, logger: Logger) {
        self.metrics = metrics
        log = RefusalLog(of: "call", eventLoop: eventLoop, logger: logger)
    }

    /// - Returns: what the caller is answered.
    func refuse(_ path: String, to peer: PeerIdentity, allowed: RoleSet) -> CallError {
        let key = Key(role: peer.role, path: path)
        let counter = counters[key] ?? Counter(
            label: "wire_refused_calls", dimensions: [("role", peer.role.rawValue), ("method", path)], factory: metrics)
        counters[key] = counter
        counter.increment()
        let reason = "a \(peer.role) may not call \(path); \(allowed.words) may"
        log.refused(reason, from: peer.instance, level: .warning)
        return CallError(.permissionDenied, reason)
    }
}
