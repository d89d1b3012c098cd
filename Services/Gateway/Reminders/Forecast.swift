import TaskDomain
import TaskRecurrence

/// When a new reminder will be fired: what its schedule says, and of what lies in the past what its misfire policy does.
struct Forecast: Sendable, Hashable {
    /// The next times, ascending; empty if it will never be fired.
    let times: [UnixSeconds]

    /// - Parameter isSingle: one time, which is fired at once when it lies in the past, whatever the policy.
    init(_ series: Series, isSingle: Bool, policy: MisfirePolicy, now: UnixMilliseconds, count: Int = Bounds.upcomingShown) {
        guard let first = series.first().map({ UnixSeconds($0.instant) }) else {
            times = []
            return
        }
        guard first.milliseconds < now else {
            times = series.first(count, after: first.count - 1).map { UnixSeconds($0) }
            return
        }
        let later = isSingle ? [] : series.first(count, after: now.second.count).map { UnixSeconds($0) }
        times = isSingle || Self.firesAtOnce(series, first, policy, now.second) ? Array(([now.second] + later).prefix(count)) : later
    }

    /// Whether an overdue series is fired now: the latest occurrence, or each, or the one that is hardly late.
    private static func firesAtOnce(_ series: Series, _ first: UnixSeconds, _ policy: MisfirePolicy, _ now: UnixSeconds) -> Bool {
        let threshold = now - MisfirePolicy.thresholdSeconds
        guard policy == .skip, first < threshold else { return true }
        return series.next(after: threshold.count).map { $0 <= now.count } ?? false
    }
}
