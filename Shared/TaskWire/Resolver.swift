import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#endif

/// A host and port to connect to. A name stands for all addresses that it resolves to.
public struct WireEndpoint: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, with an IPv6 address in brackets. Whether there can be such a host is not looked into.
    public init?(text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        // A number's own reading would take a sign.
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let port = UInt16(digits) else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        // An IPv6 address without brackets would hide which colon separates the port.
        guard host.contains(":") == isBracketed else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    /// The host, where it is a name and not an address.
    var name: String? { (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Looks names up with getaddrinfo(3), which blocks, on a thread made for that.
enum Resolver {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func addresses(of endpoint: WireEndpoint, on eventLoop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
        if let address = try? SocketAddress(ipAddress: endpoint.host, port: endpoint.port) {
            return eventLoop.makeSucceededFuture([address])
        }
        return NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { try look(up: endpoint) }
    }

    private static func look(up endpoint: WireEndpoint) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        var status = getaddrinfo(endpoint.host, String(endpoint.port), &hints, &list)
        if status == EAI_NONAME {
            // Without a configured interface AI_ADDRCONFIG refuses even loopback addresses.
            hints.ai_flags = 0
            status = getaddrinfo(endpoint.host, String(endpoint.port), &hints, &list)
        }
        guard status == 0 else {
            throw Failure(description: "\(endpoint.host): \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = address(entry.pointee), !found.contains(address) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(_ info: addrinfo) -> SocketAddress? {
        guard let raw = UnsafeRawPointer(info.ai_addr) else { return nil }
        switch info.ai_family {
        case AF_INET: return SocketAddress(raw.loadUnaligned(as: sockaddr_in.self))
        case AF_INET6: return SocketAddress(raw.loadUnaligned(as: sockaddr_in6.self))
        default: return nil
        }
    }
}

extension SocketAddress {
    /// `host:port` as an operator writes it.
    var endpoint: WireEndpoint { WireEndpoint(host: ipAddress ?? "\(self)", port: port ?? 0) }
}
