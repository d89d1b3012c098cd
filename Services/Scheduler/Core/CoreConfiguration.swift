import Domain

/// The bounds and times of the decision core. Every one has a working default.
public struct CoreConfiguration: Sendable {
    /// Occurrences held in memory at most, waiting, ready and leased together. The rest stays on disk.
    public var maxEntriesInMemory = 200_000
    /// What falls due within this time is brought into memory; more is fetched when half of it is left.
    public var horizonMilliseconds: Int64 = 60_000
    /// The most occurrences that one load brings.
    public var loadLimit = 2_000
    /// How long a worker may run an occurrence without reporting before it is given to another.
    public var leaseMilliseconds: Int64 = 60_000
    /// How long a worker whose connection broke may take to come back before its occurrences go to others.
    public var reconnectGraceMilliseconds: Int64 = 300
    /// The time that a worker of a former process may take to come back and say what it still runs, before what was due then
    /// is given to others: longer than it takes to notice a dead connection (two keepalive intervals, 10 s) and to try
    /// again (2 s).
    public var rejoinGraceMilliseconds: Int64 = 15_000
    /// An occurrence of a series that was not dispatched within this time is missed, and its misfire policy applies.
    public var misfireThresholdMilliseconds: Int64 = MisfirePolicy.thresholdSeconds * 1_000
    /// Being one priority higher is worth being due this much earlier; so the lowest is not starved.
    public var priorityStepMilliseconds: Int64 = 10_000
    /// Credit that one worker can hold.
    public var maxCreditPerWorker = 65_536
    /// Writes that wait for the store, beyond which nothing more is dispatched.
    public var maxPendingWrites = 50_000
    /// Requests that wait for the store, beyond which none is taken.
    public var maxPendingRequests = 10_000
    /// Writes in one batch.
    public var maxWritesPerBatch = 5_000
    public var retry = RetryPolicy()
    /// What is broken on purpose; only the simulation's tests set it.
    package var mutation: Mutation?

    public init() {}
}

/// When a failed occurrence is tried again: exponential backoff with full jitter.
///
/// "Full jitter" as in the AWS Architecture Blog's "Exponential Backoff And Jitter" (2015): uniform between zero and the
/// exponential bound, which spreads the retries of many occurrences that failed together.
public struct RetryPolicy: Sendable {
    /// The bound after the first attempt; doubled from attempt to attempt.
    public var firstMilliseconds: Int64 = 1_000
    public var longestMilliseconds: Int64 = 300_000
    /// The longest wait that a downstream may ask for.
    public var longestAskedMilliseconds: Int64 = 3_600_000
    /// Attempts after which a lost worker ends an occurrence, where its own `maxAttempts` is lower: a crash is not its fault, but
    /// one that brings down every worker must end. A loss is an attempt for what fails in another way later.
    public var maxLostLeases = 20
    /// Attempts lost so far after which the next one does not wait.
    static let lossesTriedAgainAtOnce = 2

    public init() {}

    /// - Parameter attempts: made so far, at least 1.
    func delayMilliseconds(
        afterAttempts attempts: Int, asked: Int64?, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        if let asked { return min(max(0, asked), longestAskedMilliseconds) }
        let doublings = min(max(0, attempts - 1), 40)
        let bound = min(longestMilliseconds, firstMilliseconds.multipliedReportingOverflow(by: 1 << doublings).partialValue)
        return .random(in: 0...max(1, bound), using: &random)
    }
}

/// A small generator that a seed decides, so that a run of the core can be repeated.
///
/// SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
