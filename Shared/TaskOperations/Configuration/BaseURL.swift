/// The URL that requests to another service begin with: `http` or `https`, a host, perhaps a port and a path.
///
/// No user information (a credential does not belong into a URL), no query, no fragment.
public struct BaseURL: Sendable, Hashable, CustomStringConvertible {
    public enum Scheme: String, Sendable { case http, https }

    public let scheme: Scheme
    public let host: String
    /// As given, or the scheme's: 80 or 443.
    public let port: Int
    /// As it stands in `description`: empty, or beginning with `/` and not ending with one.
    public let path: String
    /// The whole URL without a slash at its end: a request's path is appended to it.
    public let description: String

    /// The longest URL in bytes.
    public static let maxBytes = 2_048

    public init?(_ text: String) {
        guard text.utf8.count <= Self.maxBytes, let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        else { return nil }
        let rest = text[separator.upperBound...]
        // Of the visible ASCII characters, those that RFC 3986 does not allow in a path, and what begins a query, a
        // fragment or ends user information.
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"@?#\\\"<>^`{|}".utf8.contains($0) }) else { return nil }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        let hasPort = authority.hasPrefix("[") ? authority.contains("]:") : authority.contains(":")
        let defaultPort = scheme == .http ? 80 : 443
        guard let endpoint = Endpoint(hasPort ? String(authority) : "\(authority):\(defaultPort)"), endpoint.port > 0 else { return nil }
        var path = rest[slash...]
        while path.hasSuffix("/") { path = path.dropLast() }
        guard Self.isPercentEncoded(path) else { return nil }
        self.scheme = scheme
        self.host = endpoint.host
        self.port = endpoint.port
        self.path = String(path)
        self.description = "\(scheme.rawValue)://\(authority)\(path)"
    }

    /// Whether requests stay on this machine.
    public var isLoopback: Bool { Endpoint(host: host, port: port)?.isLoopback ?? false }

    /// After every `%` stand two hexadecimal digits (RFC 3986 section 2.1).
    private static func isPercentEncoded(_ path: Substring) -> Bool {
        path.split(separator: "%", omittingEmptySubsequences: false).dropFirst().allSatisfy { part in
            part.utf8.count >= 2 && part.prefix(2).allSatisfy(\.isHexDigit)
        }
    }
}

extension SettingType where Value == BaseURL {
    public static var url: Self {
        guard let placeholder = BaseURL("http://localhost") else { preconditionFailure("http://localhost is a URL") }
        return Self(
            expected: "a URL such as https://edvora.example: http or https, a host, no user, no query, no fragment",
            placeholder: placeholder, parse: { BaseURL($0) })
    }
}
