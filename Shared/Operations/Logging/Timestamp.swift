import Domain

/// RFC 3339 in UTC with milliseconds: `2026-11-23T18:06:42.042Z`.
enum Timestamp {
    /// - Parameter milliseconds: unix time.
    static func text(milliseconds: Int64) -> String {
        // Rounded down, before 1970 too.
        let seconds = milliseconds >= 0 ? milliseconds / 1_000 : (milliseconds + 1) / 1_000 - 1
        return "\(CivilTime(secondNumber: seconds).text).\(CivilTime.padded(Int(milliseconds - seconds * 1_000), 3))Z"
    }
}
