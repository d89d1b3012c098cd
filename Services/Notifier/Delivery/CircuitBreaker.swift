import TaskDomain

/// Keeps requests from a host that does not answer, and notices when it answers again. The time is
/// given by the caller.
///
/// Closed, it lets everything pass and counts consecutive failures. Open, it lets one request pass per probe
/// interval, whether or not the one before has ended: a probe that hangs must not hide that the host is back.
/// Any success closes it.
struct CircuitBreaker {
    private enum State {
        case closed(failures: Int)
        case open(nextProbe: MonotonicMicroseconds)
    }

    private var state = State.closed(failures: 0)
    let threshold: Int
    let probeInterval: Int64

    init(threshold: Int, probeMilliseconds: Int) {
        self.threshold = threshold
        probeInterval = Int64(probeMilliseconds) * 1_000
    }

    var isOpen: Bool {
        switch state {
        case .closed: false
        case .open: true
        }
    }

    /// Whether a request may go now. While open, a `true` spends the interval's one probe.
    mutating func admit(now: MonotonicMicroseconds) -> Bool {
        switch state {
        case .closed:
            return true
        case .open(let nextProbe):
            guard now >= nextProbe else { return false }
            state = .open(nextProbe: now + probeInterval)
            return true
        }
    }

    /// How long nothing is admitted, in whole milliseconds, at least 1; nil while it is closed.
    func wait(now: MonotonicMicroseconds) -> Int? {
        guard case .open(let nextProbe) = state else { return nil }
        return Int(max(1, (nextProbe - now + 999) / 1_000))
    }

    mutating func succeeded() { state = .closed(failures: 0) }

    mutating func failed(now: MonotonicMicroseconds) {
        switch state {
        case .closed(let failures) where failures + 1 >= threshold: state = .open(nextProbe: now + probeInterval)
        case .closed(let failures): state = .closed(failures: failures + 1)
        case .open: break
        }
    }
}
