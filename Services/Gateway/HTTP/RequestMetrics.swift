import Metrics
import Synchronization

/// Counts and times requests. Labels come from the route table and from status codes, so their number is bounded.
final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        let route: String
        let status: Int
    }

    /// Made once and kept: making one takes the registry's lock, and destroying one ends its series.
    private let counters = Mutex<[Key: Counter]>([:])
    private let timers: [String: Timer]
    private let otherTimer = Timer(label: "gateway_request_duration", dimensions: [("route", "none")])

    init(_ operations: [Operation]) {
        timers = Dictionary(
            operations.map { ($0.route, Timer(label: "gateway_request_duration", dimensions: [("route", $0.route)])) },
            uniquingKeysWith: { first, _ in first })
    }

    func record(_ route: String, status: Int, _ duration: Duration) {
        count(route, status: status)
        (timers[route] ?? otherTimer).record(duration: duration)
    }

    /// A request that was not carried out, so that its time says nothing.
    func count(_ route: String, status: Int) {
        let key = Key(route: route, status: status)
        counters.withLock { counters in
            if let counter = counters[key] { return counter.increment() }
            let counter = Counter(label: "gateway_requests", dimensions: [("route", route), ("status", "\(status)")])
            counter.increment()
            counters[key] = counter
        }
    }
}
