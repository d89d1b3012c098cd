import JSON

/// The end of a JSON Web Token (RFC 7519), read without checking its signature: to warn, never to trust.
enum JSONWebToken {
    private static let maxPayloadBytes = 8 << 10

    /// - Parameter header: an `Authorization` header's value, such as `Bearer eyJ…`.
    /// - Returns: the `exp` claim in unix seconds; `nil` where there is no such token or claim.
    static func expiry(inHeader header: String) -> Int64? {
        // Every create comes by here: bytes, no strings.
        let bytes = Array(header.utf8), dot = UInt8(ascii: ".")
        let token = bytes[(bytes.lastIndex(of: UInt8(ascii: " ")).map { $0 + 1 } ?? 0)...]
        guard let first = token.firstIndex(of: dot), let last = token.lastIndex(of: dot), first < last,
            !token[(first + 1)..<last].contains(dot), let payload = base64URL(token[(first + 1)..<last]),
            let claims = try? JSONValue(parsing: payload, maxBytes: maxPayloadBytes)
        else { return nil }
        switch claims["exp"] {
        case .integer(let seconds)?: return seconds
        // NumericDate may have a fraction (section 2).
        case .double(let seconds)?: return Int64(exactly: seconds.rounded(.down))
        default: return nil
        }
    }

    /// RFC 4648 section 5, without padding; a padded text is read as well.
    private static func base64URL(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = [], bits: UInt32 = 0, count = 0, rest = text
        bytes.reserveCapacity(text.count * 3 / 4)
        while rest.last == UInt8(ascii: "=") { rest = rest.dropLast() }
        for character in rest {
            guard let value = value(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
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
