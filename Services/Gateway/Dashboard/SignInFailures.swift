import Synchronization

/// Counts, for each remote address, keys that were shown to sign in and were none, so that nobody tries many.
///
/// Of IPv6 the first 64 bits count. What a proxy on this machine brings counts as one address, since nothing that it says of others is believed.
final class SignInFailures: Sendable {
    /// Failures in ``window`` after which an address is not listened to until that is over.
    static let limit = 10
    static let window = Duration.seconds(60)
    /// Addresses that are counted by themselves; all others then count as one.
    static let maxAddresses = 4_096

    private struct Count {
        var failures: Int
        let since: ContinuousClock.Instant
    }

    private let counts = Mutex<[AddressCounter.Address?: Count]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    /// - Throws: 429 that says how long to wait.
    func check(_ address: AddressCounter.Address?) throws(Problem) {
        let now = now()
        let count = counts.withLock { counts in counts[address] ?? (counts.count >= Self.maxAddresses ? counts[nil] : nil) }
        guard let count, count.failures >= Self.limit, now - count.since < Self.window else { return }
        let seconds = (Self.window - (now - count.since)).components.seconds + 1
        throw Problem(
            .tooManyRequests, "\(Self.limit) keys from this address were none of this API's; try again in \(seconds) s",
            headers: [.retryAfter: "\(seconds)"])
    }

    func record(_ address: AddressCounter.Address?) {
        let now = now()
        counts.withLock { counts in
            var address = address
            if counts[address] == nil, counts.count >= Self.maxAddresses {
                counts = counts.filter { now - $0.value.since < Self.window }
                if counts.count >= Self.maxAddresses { address = nil }
            }
            if let count = counts[address], now - count.since < Self.window {
                counts[address]?.failures += 1
            } else {
                counts[address] = Count(failures: 1, since: now)
            }
        }
    }
}
