internal import DequeModule

/// The requests for one host: its queue, how many are under way, its circuit breaker.
final class HostLane {
    /// Scheme and authority.
    let origin: String
    var queue = Deque<Delivery>()
    var inFlight = 0
    /// How many may be under way.
    var window: Int
    /// Whether the host has answered in HTTP/2.
    var isMultiplexed = false
    var breaker: CircuitBreaker
    /// What the host's last failure was, for those that the open circuit turns away.
    var lastFailure = ""

    init(origin: String, configuration: DeliveryConfiguration) {
        self.origin = origin
        window = configuration.maximumConnectionsPerHost
        breaker = CircuitBreaker(
            threshold: configuration.circuitThreshold, probeMilliseconds: configuration.circuitProbeMilliseconds)
    }

    /// Nothing would be lost with it.
    var isForgettable: Bool { inFlight == 0 && queue.isEmpty && !breaker.isOpen }

    /// Takes out, in order, what waits and matches.
    func removeQueued(where matches: (Delivery) -> Bool) -> [Delivery] {
        let removed = queue.filter(matches)
        if !removed.isEmpty { queue.removeAll(where: matches) }
        return Array(removed)
    }
}
