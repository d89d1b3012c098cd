/// Instants as callers send them: unix seconds, or what was taken for them.
public enum UnixSeconds {
    /// The years 1 to 9999 in UTC: what RFC 5545's four digits can write, and python's `datetime` can hold.
    public static let all: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// The guess, in words, that a number out of bounds is one of a smaller unit: "1798500000000 looks like milliseconds; unix seconds
    /// would be 1798500000". Nil for what is within the bounds, or is no instant in any unit.
    public static func guess(_ number: Int64) -> String? {
        guard !all.contains(number) else { return nil }
        let units: [(name: String, perSecond: Int64)] = [("milliseconds", 1_000), ("microseconds", 1_000_000), ("nanoseconds", 1_000_000_000)]
        for unit in units where all.contains(number / unit.perSecond) {
            return "\(number) looks like \(unit.name); unix seconds would be \(number / unit.perSecond)"
        }
        return nil
    }
}
