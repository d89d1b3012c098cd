import TaskDomain
import TaskJSON

/// The end of a JSON Web Token (RFC 7519), read without checking its signature: to warn, never to trust.
enum JSONWebToken {
    private static let maxPayloadBytes = 8 << 10

    /// - Parameter header: an `Authorization` header's value, such as `Bearer eyJ…`.
    /// - Returns: the `exp` claim; `nil` where there is no such token or claim.
    static func expiry(inHeader header: String) -> UnixSeconds? {
        // Every create comes by here: bytes, no strings.
        let bytes = Array(header.utf8), dot = UInt8(ascii: ".")
        let token = bytes[(bytes.lastIndex(of: UInt8(ascii: " ")).map { $0 + 1 } ?? 0)...]
        guard let first = token.firstIndex(of: dot), let last = token.lastIndex(of: dot), first < last,
            !token[(first + 1)..<last].contains(dot), let payload = Base64.bytes(token[(first + 1)..<last]),
            let claims = try? JSONValue(parsing: payload, maxBytes: maxPayloadBytes)
        else { return nil }
        switch claims["exp"] {
        case .integer(let seconds)?: return UnixSeconds(seconds)
        // NumericDate may have a fraction (section 2).
        case .double(let seconds)?: return Int64(exactly: seconds.rounded(.down)).map { UnixSeconds($0) }
        default: return nil
        }
    }
}
