/// How a queue is to be worked off. A queue without settings of its own has these.
public struct QueueSettings: Sendable, Hashable {
    public let name: String
    /// Nothing of it is dispatched; what is under way goes on.
    public var isPaused = false
    /// Occurrences that all its workers together may run at once; `nil`: as many as they take.
    public var maxConcurrency: Int?
    /// How many may be dispatched in which time; `nil`: as fast as they are taken.
    public var rate: DispatchRate?

    public init(name: String, isPaused: Bool = false, maxConcurrency: Int? = nil, rate: DispatchRate? = nil) {
        self.name = name
        self.isPaused = isPaused
        self.maxConcurrency = maxConcurrency
        self.rate = rate
    }

    /// The bounds of ``maxConcurrency``.
    public static let concurrencyLimits: ClosedRange<Int64> = 1...1_000_000
}

/// So many in so many seconds, evenly spread: a burst is at most what one second may bring, and at least one.
public struct DispatchRate: Sendable, Hashable {
    public let count: Int
    public let seconds: Int

    /// The bounds of what callers may ask for.
    public static let countLimits: ClosedRange<Int64> = 1...1_000_000
    /// Up to a day.
    public static let secondsLimits: ClosedRange<Int64> = 1...86_400

    /// `nil` unless both are positive.
    public init?(count: Int, seconds: Int) {
        guard count > 0, seconds > 0 else { return nil }
        self.count = count
        self.seconds = seconds
    }
}
