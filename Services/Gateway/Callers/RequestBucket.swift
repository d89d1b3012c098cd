import Synchronization
import TaskDomain

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
        let wanted = Int64(count) * Self.oneRequest
        return level.withLock { level in
            var filled = Self.filled(level, rate, now)
            let isThere = filled.amount >= wanted
            if isThere { filled.amount -= wanted }
            level = filled
            return isThere
        }
    }

    /// Takes as many requests as there are, up to a number.
    /// - Returns: how many.
    func take(upTo count: Int, rate: Int, at now: ContinuousClock.Instant) -> Int {
        precondition(rate >= 1 && Self.rates.contains(rate), "rates are 1 to \(Self.rates.upperBound)")
        return level.withLock { level in
            var filled = Self.filled(level, rate, now)
            let taken = min(max(0, count), Int(filled.amount / Self.oneRequest))
            filled.amount -= Int64(taken) * Self.oneRequest
            level = filled
            return taken
        }
    }

    /// Puts back requests that were taken and not made.
    func giveBack(_ count: Int, rate: Int) {
        level.withLock { level in
            guard let amount = level?.amount else { return }
            level?.amount = min(Int64(rate) * Self.oneRequest, amount + Int64(count) * Self.oneRequest)
        }
    }

    private static func filled(_ level: Level?, _ rate: Int, _ now: ContinuousClock.Instant) -> Level {
        let capacity = Int64(rate) * oneRequest
        guard let level else { return Level(amount: capacity, time: now) }
        let amount = min(capacity, level.amount + Int64(rate) * nanoseconds(from: level.time, to: now))
        // Of two threads the second may have looked at the clock first: time never goes back here.
        return Level(amount: amount, time: max(level.time, now))
    }

    /// 0 to one second, which fills any bucket.
    private static func nanoseconds(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Int64 {
        min(max(end - start, .zero), .seconds(1)).wholeNanoseconds
    }
}
