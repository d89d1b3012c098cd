import Synchronization

/// Holds the callers that share it to a rate: a bucket of one second's worth of requests that fills at that rate.
///
/// It does not know its rate, so that one that changes takes effect without a fresh bucket.
final class RequestBucket: Sendable {
    /// Rates that may be asked for, in requests a second. 0 is none at all: any number of requests.
    static let rates = 0...1_000_000
    /// The time to wait after a refusal: the bucket is full by then, if nothing else is taken meanwhile.
    static let retryAfterSeconds = 1

    /// Amounts are in billionths of a request, which makes filling exact: `rate` of them come every nanosecond.
    private static let oneRequest: Int64 = 1_000_000_000

    private struct Level {
        var amount: Int64
        var time: ContinuousClock.Instant
    }

    /// `nil`: nothing was taken yet, so it is full.
    private let level = Mutex<Level?>(nil)

    /// Takes so many requests out of it, or none.
    /// - Parameters:
    ///   - count: from 0 to ``rates``' upper bound. More than `rate` are never there.
    ///   - rate: requests a second, from 1.
    /// - Returns: whether there were as many.
    func take(_ count: Int = 1, rate: Int, at now: ContinuousClock.Instant) -> Bool {
        precondition(rate >= 1 && Self.rates.contains(rate), "rates are 1 to \(Self.rates.upperBound)")
        precondition(Self.rates.contains(count), "counts are \(Self.rates)")
        let capacity = Int64(rate) * Self.oneRequest, wanted = Int64(count) * Self.oneRequest
        return level.withLock { level in
            var amount = capacity
            if let level {
                let filled = Int64(rate) * Self.nanoseconds(from: level.time, to: now)
                amount = min(capacity, level.amount + filled)
            }
            let isThere = amount >= wanted
            // Of two threads the second may have looked at the clock first: time never goes back here.
            let time = level.map { max($0.time, now) } ?? now
            level = Level(amount: isThere ? amount - wanted : amount, time: time)
            return isThere
        }
    }

    /// 0 to one second, which fills any bucket.
    private static func nanoseconds(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Int64 {
        let elapsed = min(max(end - start, .zero), .seconds(1)).components
        return elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
    }
}
