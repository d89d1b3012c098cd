/// What is wrong with a request that must not be sent.
struct RequestFault: Sendable, Hashable {
    var reason: DeliveryReason
    var detail: String
}

/// Refuses requests that would not say on the wire what they say here: a line break in a header value would
/// begin another header (RFC 9110, section 5.5).
enum RequestGuard {
    static let maximumURLBytes = 8 * 1_024
    static let maximumHeaders = 32
    static let maximumHeaderBytes = 16 * 1_024
    static let maximumAuthorizationBytes = 8 * 1_024
    static let maximumBodyBytes = 4 * 1_024 * 1_024

    /// The first fault of a request, or nil. The text never holds a header's value.
    static func fault(of request: DeliveryRequest) -> RequestFault? {
        if let detail = urlFault(request.url) { return RequestFault(reason: .invalidRequest, detail: detail) }
        if let detail = authorizationFault(request.authorization.value) {
            return RequestFault(reason: .invalidAuthorization, detail: detail)
        }
        guard request.body.count <= maximumBodyBytes else {
            return RequestFault(
                reason: .invalidRequest,
                detail: "the body has \(request.body.count) bytes, more than \(maximumBodyBytes)")
        }
        guard request.headers.count <= maximumHeaders else {
            return RequestFault(
                reason: .invalidRequest,
                detail: "\(request.headers.count) headers, more than \(maximumHeaders)")
        }
        for (name, value) in request.headers {
            guard !name.isEmpty, name.utf8.count <= 256, name.utf8.allSatisfy(isToken) else {
                return RequestFault(reason: .invalidRequest, detail: "a header's name is not a token")
            }
            guard value.utf8.count <= maximumHeaderBytes, value.utf8.allSatisfy(isFieldByte) else {
                return RequestFault(
                    reason: .invalidRequest,
                    detail: "the value of \(name) holds a control character or is over \(maximumHeaderBytes) bytes")
            }
        }
        return nil
    }

    /// The scheme and authority of a URL, which together name the host that requests queue for.
    static func origin(of url: String) -> Substring {
        guard let scheme = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return url[...] }
        let authority = url.utf8[scheme...].dropFirst(3)
        let end = authority.firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? url.utf8.endIndex
        return url[..<end]
    }

    private static func urlFault(_ url: String) -> String? {
        guard url.utf8.count <= maximumURLBytes else { return "the URL is over \(maximumURLBytes) bytes" }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            return "the URL begins with neither http:// nor https://"
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return "the URL holds a space or a control character"
        }
        let authority = origin(of: url).utf8.drop { $0 != 0x2F }.dropFirst(2)
        guard !authority.isEmpty else { return "the URL names no host" }
        guard !authority.contains(UInt8(ascii: "@")) else { return "the URL holds a user name" }
        return nil
    }

    private static func authorizationFault(_ value: String) -> String? {
        guard value.utf8.count <= maximumAuthorizationBytes else {
            return "the authorization is over \(maximumAuthorizationBytes) bytes"
        }
        guard value.utf8.allSatisfy(isFieldByte) else {
            return "the authorization holds a line break or another control character"
        }
        return nil
    }

    private static func isFieldByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        // ! # $ % & ' * + - . ^ _ ` | ~
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
