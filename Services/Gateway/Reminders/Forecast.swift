import Domain
import Recurrence

/// When a new reminder will be fired: what its schedule says, and of what lies in the past what its misfire policy does.
struct Forecast: Sendable, Hashable {
    /// The next times, unix seconds, ascending; empty if it will never be fired.
    let times: [Int64]

    /// - Parameter isSingle: one time, which is fired at once when it lies in the past, whatever the policy.
    init(_ series: Series, isSingle: Bool, policy: MisfirePolicy, nowMilliseconds: Int64, count: Int = Bounds.upcomingShown) {
        let now = nowMilliseconds / 1_000
        guard let first = series.first()?.instant else {
            times = []
            return
        }
        guard first * 1_000 < nowMilliseconds else {
            times = series.first(count, after: first - 1)
            return
        }
        let later = isSingle ? [] : series.first(count, after: now)
        times = isSingle || Self.firesAtOnce(series, first, policy, now) ? Array(([now] + later).prefix(count)) : later
    }

    /// Whether an overdue series is fired now: the latest occurrence, or each, or the one that is hardly late.
    private static func firesAtOnce(_ series: Series, _ first: Int64, _ policy: MisfirePolicy, _ now: Int64) -> Bool {
        let threshold = now - MisfirePolicy.thresholdSeconds
        guard policy == .skip, first < threshold else { return true }
        return series.next(after: threshold).map { $0 <= now } ?? false
    }
}
