import Glibc
import TaskWire

/// A host and a port: where a service listens, or where another one is.
///
/// Written `host:port`; an IPv6 address stands in brackets, `[::1]:5000`. A value exists only for a host that is an
/// address or a well-formed name, and a port from 0 to 65535 (0: the system picks one, of use for listening only).
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    public let host: String
    public let port: Int

    /// The longest host name (RFC 1035 section 2.3.4, in its text form) and the longest part of one.
    static let maxHostBytes = 253, maxLabelBytes = 63

    /// `nil` for a host that is neither an address nor a well-formed name, or a port out of range.
    public init?(host: String, port: Int) {
        guard (0...65_535).contains(port), Self.isAddress(host) || Self.isName(host) else { return nil }
        self.host = host
        self.port = port
    }

    /// Reads `host:port`.
    public init?(_ text: String) {
        guard let endpoint = WireEndpoint(text: text) else { return nil }
        self.init(host: endpoint.host, port: endpoint.port)
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether only this machine can reach a listener there: 127.0.0.0/8, ::1, either one mapped, `localhost`.
    public var isLoopback: Bool {
        if host.lowercased() == "localhost" { return true }
        if let bytes = Self.ipv4(host) { return bytes[0] == 127 }
        guard let bytes = Self.ipv6(host) else { return false }
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF { return bytes[12] == 127 }
        return bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    /// Whether the host is an address, which no resolver has a say in.
    var isAddress: Bool { Self.isAddress(host) }

    private static func isAddress(_ host: String) -> Bool { ipv4(host) != nil || ipv6(host) != nil }

    /// Letters, digits, `-` and `_` between dots. All digits and dots would be a mistyped address, so it is none.
    private static func isName(_ host: String) -> Bool {
        guard (1...maxHostBytes).contains(host.utf8.count) else { return false }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let areWellFormed = labels.allSatisfy { label in
            (1...maxLabelBytes).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { Digits.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
        let isNumeric = labels.last.map { $0.utf8.allSatisfy(Digits.isDigit) } ?? true
        return areWellFormed && !isNumeric
    }

    private static func ipv4(_ text: String) -> [UInt8]? {
        var address = in_addr()
        guard inet_pton(AF_INET, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: &address) { Array($0) }
    }

    private static func ipv6(_ text: String) -> [UInt8]? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: &address) { Array($0) }
    }
}

/// Strict reading of numbers: ASCII digits only, where Swift's own initialisers would take a sign.
enum Digits {
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    static func integer<Number: FixedWidthInteger>(_ text: some StringProtocol, in range: ClosedRange<Number>) -> Number? {
        guard !text.isEmpty, text.utf8.allSatisfy(isDigit), let number = Number(text), range.contains(number) else { return nil }
        return number
    }
}
