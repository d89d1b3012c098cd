import TaskJSON

/// Text from anywhere, made fit for one line of a terminal or a log: what could move the cursor or begin a new line is
/// escaped, and the length is bounded.
enum OneLine {
    /// Stands where a text was cut off.
    static let ellipsis = "…"

    /// - Parameters:
    ///   - limit: bytes of the result at most, not counting the ellipsis.
    ///   - isQuoted: the result stands between quotes, so that quotes and backslashes are escaped too.
    static func escaping(_ text: String, limit: Int, isQuoted: Bool = false) -> String {
        var result = ""
        var used = 0
        for scalar in text.unicodeScalars {
            let isEscaped = isControl(scalar) || isQuoted && (scalar == "\"" || scalar == "\\")
            let piece = isEscaped ? escape(scalar) : String(scalar)
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
        var writer = JSONWriter(capacity: 6)
        writer.escape(scalar.value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
