import TaskDomain

/// When an occurrence that did not come to its end is tried again, and until when.
///
/// Exponential backoff; of each wait the latter half is random, which spreads the tries of many that failed together ("equal jitter" in
/// the AWS Architecture Blog's "Exponential Backoff And Jitter", 2015) and never knocks again at once.
public struct RetryPolicy: Sendable {
    /// The wait after the first attempt; doubled from attempt to attempt.
    public var firstMilliseconds: Int64 = 1_000
    public var longestMilliseconds: Int64 = 3_600_000
    /// Losses that end an occurrence: a crash is not its fault, but one that brings down every worker must end.
    public var maxLosses = 20
    /// Losses after which the next try does not wait.
    public var lossesTriedAgainAtOnce = 2
    /// The same for what was not sent: the wait after the first time in a row, and the longest, asked for or not.
    public var firstUnsentMilliseconds: Int64 = 250
    public var longestUnsentMilliseconds: Int64 = 30_000

    /// The longest time for which a worker is handed nothing of a task that it cannot send: that a backend is back goes unnoticed for no
    /// longer.
    public var longestHoldMilliseconds: Int64 = 10_000

    public init() {}

    /// - Parameters:
    ///   - attempts: made so far, at least 1.
    ///   - asked: the wait that the downstream or the task asked for.
    func delayMilliseconds(
        afterAttempts attempts: Int, asked: Int64?, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        if let asked { return min(max(0, asked), Attempt.longestAskedMilliseconds) }
        return wait(firstMilliseconds, longestMilliseconds, doublings: attempts - 1, using: &random)
    }

    /// - Parameter losses: so far, at least 1.
    func delayMilliseconds(afterLosses losses: Int, using random: inout some RandomNumberGenerator) -> Int64 {
        let again = losses - lossesTriedAgainAtOnce
        return again > 0 ? delayMilliseconds(afterAttempts: again, asked: nil, using: &random) : 0
    }

    /// - Parameter times: how often in a row nothing was sent, at least 1.
    func delayMilliseconds(afterUnsent times: Int, asked: Int64?, using random: inout some RandomNumberGenerator) -> Int64 {
        let own = wait(firstUnsentMilliseconds, longestUnsentMilliseconds, doublings: times - 1, using: &random)
        return min(max(0, asked ?? 0) + own, longestUnsentMilliseconds)
    }

    /// - Parameter times: how often in a row nothing came through, at least 1.
    func delayMilliseconds(afterHeld times: Int, asked: Int64?, using random: inout some RandomNumberGenerator) -> Int64 {
        let own = wait(firstUnsentMilliseconds, longestHoldMilliseconds, doublings: times - 1, using: &random)
        return min(max(own, asked ?? 0), longestHoldMilliseconds)
    }

    private func wait(
        _ first: Int64, _ longest: Int64, doublings: Int, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        let whole = min(longest, first.multipliedReportingOverflow(by: 1 << min(max(0, doublings), 40)).partialValue)
        return .random(in: whole / 2...max(1, whole), using: &random)
    }

    /// When an occurrence is tried again whose time to be tried is bounded; `nil`: not at all.
    ///
    /// The last try is at the very end, unless a longer wait was asked for: earlier than that it would be in vain.
    /// - Parameters:
    ///   - due: when it would be otherwise.
    ///   - now: of the same clock.
    func next(_ due: UnixMilliseconds, after tries: Tries, for seconds: Int, isAsked: Bool, now: UnixMilliseconds) -> UnixMilliseconds? {
        guard let since = tries.since else { return due }
        let end = since + Int64(seconds) * 1_000
        guard now < end, !isAsked || due <= end else { return nil }
        return min(due, end)
    }
}
