/// Bytes as text: RFC 4648.
public enum Base64 {
    private static let common = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    private static let standard = common + Array("+/".utf8), url = common + Array("-_".utf8)

    /// Base64 (section 4), padded.
    public static func text(_ bytes: some Sequence<UInt8>) -> String {
        var result = characters(bytes, of: standard)
        while result.count % 4 != 0 { result.append(UInt8(ascii: "=")) }
        return String(decoding: result, as: UTF8.self)
    }

    /// Base64url (section 5), without padding.
    public static func urlText(_ bytes: some Sequence<UInt8>) -> String { String(decoding: characters(bytes, of: url), as: UTF8.self) }

    private static func characters(_ bytes: some Sequence<UInt8>, of alphabet: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [], bits: UInt32 = 0, count = 0
        result.reserveCapacity(bytes.underestimatedCount * 4 / 3 + 4)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                result.append(alphabet[Int(bits >> UInt32(count) & 63)])
            }
        }
        if count > 0 { result.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
        return result
    }

    /// Reads a text of either alphabet, padded or not, as tokens have it.
    /// - Returns: `nil` for any other text.
    public static func bytes(_ text: some BidirectionalCollection<UInt8>) -> [UInt8]? {
        var result: [UInt8] = [], bits: UInt32 = 0, count = 0, rest = text[...]
        result.reserveCapacity(text.count * 3 / 4)
        while rest.last == UInt8(ascii: "=") { rest = rest.dropLast() }
        for character in rest {
            guard let value = value(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return result
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case 0x41...0x5A: character - 0x41
        case 0x61...0x7A: character - 0x61 + 26
        case 0x30...0x39: character - 0x30 + 52
        case UInt8(ascii: "-"), UInt8(ascii: "+"): 62
        case UInt8(ascii: "_"), UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
