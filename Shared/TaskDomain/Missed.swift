/// Occurrences of a series that could not be fired in time, and were not fired later, as its misfire policy says.
public struct Missed: Sendable, Hashable {
    public var count: Int64
    /// Whether there are more than `count`: those of a rule that cannot be computed are counted up to ``countedAtMost``.
    public var isAtLeast: Bool
    public var first: UnixSeconds, last: UnixSeconds

    /// The occurrences of one gap that are counted one by one.
    public static let countedAtMost: Int64 = 10_000

    public init(count: Int64, isAtLeast: Bool = false, first: UnixSeconds, last: UnixSeconds) {
        self.count = count
        self.isAtLeast = isAtLeast
        self.first = first
        self.last = last
    }

    /// - Parameter counted: how many there are from the first to the last; `nil`: more than ``countedAtMost``.
    public init(counted: Int64?, first: UnixSeconds, last: UnixSeconds) {
        self.init(count: counted ?? Self.countedAtMost, isAtLeast: counted == nil, first: first, last: last)
    }

    /// Both together.
    public func adding(_ other: Missed) -> Missed {
        let (sum, overflow) = count.addingReportingOverflow(other.count)
        return Missed(
            count: overflow ? .max : sum, isAtLeast: isAtLeast || other.isAtLeast || overflow, first: min(first, other.first),
            last: max(last, other.last))
    }

    /// The number in words.
    public var number: String { isAtLeast ? "more than \(count)" : "\(count)" }
}
