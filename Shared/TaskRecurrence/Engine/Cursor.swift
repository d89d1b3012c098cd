/// An occurrence with its place in the series; what a scheduler keeps beside a reminder to go on from.
public struct Cursor: Sendable, Hashable {
    /// Unix seconds.
    public var instant: Int64
    /// The place, from 1, among the start, the rules' occurrences and RDATE together, ascending, each instant once: before EXDATE and
    /// EXRULE take any away, as COUNT counts. So of a series with excluded occurrences some numbers are left out.
    public var index: Int64

    public init(instant: Int64, index: Int64) {
        self.instant = instant
        self.index = index
    }
}
