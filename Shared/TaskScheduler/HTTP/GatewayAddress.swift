import FoundationEssentials
import NIOCore
import TaskWire

/// Where a gateway's API is: `http` or `https`, a host, perhaps a port and a path in front of the API's own.
struct GatewayAddress: Sendable, CustomStringConvertible {
    /// The longest, in bytes.
    static let maxBytes = 2_048

    /// Without a slash at its end: a request's path is appended to it.
    let description: String

    /// - Parameter allowsPlain: whether what is said to another machine may go unencrypted.
    /// - Throws: ``TaskSchedulerError/invalid(_:)`` for what is no such address. A credential has no place in one, and is not shown.
    init(_ text: String, allowsPlain: Bool) throws(TaskSchedulerError) {
        guard text.utf8.count <= Self.maxBytes, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let url = URL(string: text),
            let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme), let host = url.host(), !host.isEmpty,
            url.user() == nil, url.password() == nil, url.query() == nil, url.fragment() == nil, url.port.map({ (1...65_535).contains($0) }) ?? true
        else {
            throw .invalid("the gateway's address must look like https://tasks.example or http://127.0.0.1:5000: no user, no query, no fragment")
        }
        guard scheme == "https" || allowsPlain || Self.isLoopback(host) else {
            throw .invalid(
                "\(text) would carry keys and credentials unencrypted between machines; use https://, or allowsPlain: true where the network is trusted")
        }
        description = String(text.reversed().drop { $0 == "/" }.reversed())
    }

    /// Whether what is sent there stays on this machine.
    private static func isLoopback(_ host: String) -> Bool {
        let address = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        return address.lowercased() == "localhost" || (try? SocketAddress(ipAddress: address, port: 0))?.isLoopback ?? false
    }
}
