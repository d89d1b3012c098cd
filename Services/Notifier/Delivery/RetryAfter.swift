internal import CCurl
import TaskDomain
import TaskDomain

/// The `Retry-After` header (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// A backend that asks for a longer pause is asked again after this one.
    static let maximumMilliseconds = Int(Attempt.longestAskedMilliseconds)
    /// A longer value is none.
    static let maximumLength = 64

    /// The pause in milliseconds, 0 to the maximum, or nil if the value is neither a number of seconds nor a
    /// date. A date in the past is a pause of 0.
    static func milliseconds(_ value: String, now: UnixSeconds) -> Int? {
        let text = value.utf8.drop { isBlank($0) }
        let trimmed = text.reversed().drop { isBlank($0) }.reversed()
        guard !trimmed.isEmpty, trimmed.count <= maximumLength else { return nil }
        let limit = maximumMilliseconds / 1_000
        if trimmed.allSatisfy({ (0x30...0x39).contains($0) }) {
            // Saturating: a number of any length is a long pause, not a fault.
            let seconds = trimmed.reduce(0) { min(limit, $0 * 10 + Int($1 - 0x30)) }
            return seconds * 1_000
        }
        // Each of the three forms of an HTTP date begins with the weekday; libcurl's parser would take much else.
        guard trimmed.first.map({ (0x41...0x5A).contains($0) }) == true, trimmed.contains(0x3A) else { return nil }
        let date = UnixSeconds(Int64(curl_getdate(String(decoding: Array(trimmed), as: UTF8.self), nil)))
        guard date.count >= 0 else { return nil }
        return Int(max(0, min(Int64(limit), date - now))) * 1_000
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
