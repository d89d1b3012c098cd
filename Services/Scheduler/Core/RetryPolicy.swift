/// When an occurrence that did not come to its end is tried again.
public struct RetryPolicy: Sendable {
    /// The bound of the wait after the first attempt; doubled from attempt to attempt.
    public var firstMilliseconds: Int64 = 1_000
    public var longestMilliseconds: Int64 = 300_000
    /// The longest wait that a downstream may ask for.
    public var longestAskedMilliseconds: Int64 = 3_600_000
    /// Losses that end an occurrence: a crash is not its fault, but one that brings down every worker must end.
    public var maxLosses = 20
    /// Losses after which the next try does not wait.
    public var lossesTriedAgainAtOnce = 2
    /// The same for what was not sent: the wait after the first time in a row, and the longest, asked for or not.
    public var firstUnsentMilliseconds: Int64 = 250
    public var longestUnsentMilliseconds: Int64 = 30_000

    public init() {}

    /// - Parameters:
    ///   - attempts: made so far, at least 1.
    ///   - asked: the wait that the downstream or the task asked for.
    func delayMilliseconds(
        afterAttempts attempts: Int, asked: Int64?, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        if let asked { return min(max(0, asked), longestAskedMilliseconds) }
        return .random(in: 0...max(1, bound(firstMilliseconds, longestMilliseconds, doublings: attempts - 1)), using: &random)
    }

    /// - Parameter losses: so far, at least 1.
    func delayMilliseconds(afterLosses losses: Int, using random: inout some RandomNumberGenerator) -> Int64 {
        let again = losses - lossesTriedAgainAtOnce
        return again > 0 ? delayMilliseconds(afterAttempts: again, asked: nil, using: &random) : 0
    }

    /// - Parameter times: how often in a row nothing was sent, at least 1.
    func delayMilliseconds(afterUnsent times: Int, asked: Int64?, using random: inout some RandomNumberGenerator) -> Int64 {
        let bound = bound(firstUnsentMilliseconds, longestUnsentMilliseconds, doublings: times - 1)
        return min(max(0, asked ?? 0) + .random(in: bound / 2...bound, using: &random), longestUnsentMilliseconds)
    }

    private func bound(_ first: Int64, _ longest: Int64, doublings: Int) -> Int64 {
        min(longest, first.multipliedReportingOverflow(by: 1 << min(max(0, doublings), 40)).partialValue)
    }
}
