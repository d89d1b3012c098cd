/// How a queue is to be worked off. A queue without settings of its own has these.
public struct QueueSettings: Sendable, Hashable {
    public let name: String
    /// Nothing of it is dispatched; what is under way goes on.
    public var isPaused = false
    /// Occurrences that all its workers together may run at once; `nil`: as many as they take.
    public var maxConcurrency: Int?
    /// How many may be dispatched in which time; `nil`: as fast as they are taken.
    public var rate: DispatchRate?
    /// Who has a turn each, where several have something ready.
    public var fairBy: FairShare

    public init(
        name: String, isPaused: Bool = false, maxConcurrency: Int? = nil, rate: DispatchRate? = nil, fairBy: FairShare = .caller
    ) {
        self.fairBy = fairBy
        self.name = name
        self.isPaused = isPaused
        self.maxConcurrency = maxConcurrency
        self.rate = rate
    }

    /// The bounds of ``maxConcurrency``.
    public static let concurrencyLimits: ClosedRange<Int64> = 1...1_000_000
}

/// Those among whom a queue is shared: whatever one of them has waiting, each of the others has its turn.
public enum FairShare: UInt8, Sendable, CaseIterable {
    /// The owners of the API keys; those without a key are one.
    case caller = 0
    /// The reminders' `created_by`.
    case createdBy = 1
    case classroomID = 2
    /// All that is ready is one backlog.
    case nobody = 3

    public var name: String {
        switch self {
        case .caller: "caller"
        case .createdBy: "created_by"
        case .classroomID: "classroom_id"
        case .nobody: "none"
        }
    }
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
