/// The bounds of a reminder, for everyone who takes one: the gateway, the client library, and the scheduler, which trusts neither.
/// Those of its handling are ``Handling/Limits``, those of names ``TaskName``.
///
/// Lengths are in Unicode scalars, as JSON Schema counts, unless a name says bytes.
public enum ReminderLimits {
    /// Reminders that a caller may be bound to have at once that are not finished.
    public static let pending = 1...1_000_000
    /// 1970 … 9999, of what happens here. Unix seconds.
    public static let unixSeconds: ClosedRange<Int64> = 0...253_402_300_799
    /// The years 1 to 9999, of schedules: RFC 5545's four-digit years. One may have begun long ago; a birthday does. Unix seconds.
    public static let scheduleSeconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
    /// A recurrence rule or set as it is given.
    public static let ruleTextBytes = 1...65_536
    /// One rule's text without `RRULE:`.
    public static let ruleBytes = 4_096
    /// ``Schedule/rule``: the rules of a set and the days left out, as they are kept.
    public static let patternBytes = 16_384
    public static let timezoneLength = 1...64
    /// The count of `rdates`, and of `exdates`.
    public static let dates = 0...1_000

    public static let descriptionLength = 0...1_000
    /// The classroom that it is about, and who made it.
    public static let identifierLength = 0...200
    /// A task's positional arguments, and its named ones.
    public static let argumentCount = 0...1_000
    /// A task's arguments as they are sent and kept.
    public static let argumentsBytes = 64 << 10
    /// The value of an `Authorization` header.
    public static let authorizationBytes = 1...8_192
    /// A caller's API key, visible ASCII characters.
    public static let keyBytes = 1...512

    /// Reminders that one call creates or changes.
    public static let itemsPerCall = 1...1_000

    /// Tells whether a text has so many Unicode scalars. They are counted only where the bytes do not decide it.
    public static func fits(_ text: String, _ length: ClosedRange<Int>) -> Bool {
        let bytes = text.utf8.count
        if length.lowerBound <= 1, length.contains(bytes) { return true }
        // A scalar has at most four bytes.
        return bytes <= 4 * length.upperBound && length.contains(text.unicodeScalars.count)
    }
}
