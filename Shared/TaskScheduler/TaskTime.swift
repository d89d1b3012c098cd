public import FoundationEssentials
public import TaskDomain

/// A time at which a task can be asked for: a `Date`, or unix seconds as `Int64`, `Int` or `UnixSeconds`.
public protocol TaskTime: Sendable {
    /// The whole second that stands for it: of one between two seconds the one that the rule says, of one that 64 bits do not hold the
    /// nearest that they do.
    func unixSeconds(rounded rule: FloatingPointRoundingRule) -> Int64
}

extension Int64: TaskTime {
    public func unixSeconds(rounded rule: FloatingPointRoundingRule) -> Int64 { self }
}

extension Int: TaskTime {
    public func unixSeconds(rounded rule: FloatingPointRoundingRule) -> Int64 { Int64(self) }
}

extension UnixSeconds: TaskTime {
    public func unixSeconds(rounded rule: FloatingPointRoundingRule) -> Int64 { count }

    /// The same instant.
    public var date: Date { Date(timeIntervalSince1970: Double(count)) }
}

extension Date: TaskTime {
    public func unixSeconds(rounded rule: FloatingPointRoundingRule) -> Int64 {
        let seconds = timeIntervalSince1970.rounded(rule)
        return Int64(exactly: seconds) ?? (seconds < 0 ? .min : .max)
    }
}
