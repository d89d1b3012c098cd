/// Text from anywhere, made fit for one line of a terminal or a log: what could move the cursor or begin a new line is
/// escaped, and the length is bounded.
enum OneLine {
    /// Stands where a text was cut off.
    static let ellipsis = "…"

    /// - Parameter limit: bytes of the result at most, not counting the ellipsis.
    static func escaping(_ text: String, limit: Int) -> String {
        var result = ""
        var used = 0
        for scalar in text.unicodeScalars {
            let piece = isControl(scalar) ? escape(scalar) : String(scalar)
            used += piece.utf8.count
            guard used <= limit else { return result + ellipsis }
            result += piece
        }
        return result
    }

    /// C0, DEL, C1, and the two separators that some readers take for line ends.
    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    /// The escapes of JSON strings, which text lines use as well.
    static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default:
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
    }
}
