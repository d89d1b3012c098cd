/// A piece of UTF-8 under the parser. Slices share the one copy that is made of the text, so parsing stays linear.
typealias TextBytes = ArraySlice<UInt8>

extension ArraySlice<UInt8> {
    /// The ASCII-upper-case form where the piece is short enough to be a name; nil for anything longer.
    func upperName(atMost length: Int = 12) -> String? {
        guard count <= length else { return nil }
        return String(decoding: map(TextBytes.upper), as: UTF8.self)
    }

    static func upper(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte - 32 : byte
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    /// The value of a piece that is digits only; nil for anything else, an empty piece, or more than fits.
    var digitsValue: Int? {
        guard !isEmpty else { return nil }
        var value = 0
        for byte in self {
            guard TextBytes.isDigit(byte) else { return nil }
            let (shifted, overflowA) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowB) = shifted.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !overflowA, !overflowB else { return nil }
            value = sum
        }
        return value
    }

    /// The value of `1*n DIGIT`, with a sign in front where the grammar has one; nil for anything else.
    func number(signed: Bool, maximumDigits: Int) -> Int? {
        var digits = self
        var negative = false
        if signed, let sign = first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            digits = dropFirst()
        }
        guard digits.count <= maximumDigits, let value = digits.digitsValue else { return nil }
        return negative ? -value : value
    }

    /// The pieces between `separator`s, empty ones included, as many as `limit`; then the rest is left out.
    func pieces(separatedBy separator: Character, limit: Int) -> [TextBytes] {
        guard let byte = separator.asciiValue else { return [self] }
        return split(separator: byte, maxSplits: limit, omittingEmptySubsequences: false)
    }
}
