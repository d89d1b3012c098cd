public import HTTPTypes
import Synchronization

/// Refuses what a browser on somebody's machine sends for a page from elsewhere, which neither that person nor the page's own server could.
///
/// A page may have its browser send requests anywhere. It does not see the answers (no listener here ever allows that by CORS), but what
/// changes something would have changed it. And a page whose name is made to stand for another address while it is shown (DNS
/// rebinding) is to the browser of the same origin as what it finds there, and may read it.
public struct BrowserGuard: Sendable {
    /// Why a request is refused. The texts hold nothing of the request.
    public enum Refusal: Error, Sendable, Hashable, CaseIterable, CustomStringConvertible {
        /// It would change something, and a page of another origin sends it.
        case elsewhere
        /// It asks for a name that this listener does not go by.
        case host

        /// A short name, for metrics.
        public var name: String {
            switch self {
            case .elsewhere: "elsewhere"
            case .host: "host"
            }
        }

        public var description: String {
            switch self {
            case .elsewhere:
                "a browser sends this for a page from elsewhere (Sec-Fetch-Site, Origin), which may not change anything here; nothing was done"
            case .host:
                "nothing here goes by the name that the Host header has; call it by its address, or add the name to GATEWAY_HOSTS"
            }
        }
    }

    /// The hosts by which a listener may be called.
    public enum Hosts: Sendable, Hashable {
        /// Any. Of use where who calls must show what no page has.
        case any
        /// This machine's loopback names and addresses, and these names, in lower case.
        case loopback(and: Set<String>)
        /// Any address, since only a name can be made to stand for another; and `localhost` and these names, in lower case.
        case addresses(and: Set<String>)

        /// The hosts of a listener that anyone may call who reaches it.
        /// - Parameter names: further names, in either case.
        public init(of listener: Endpoint, names: [String]) {
            let names = Set(names.map { $0.lowercased() })
            self = listener.isLoopback ? .loopback(and: names) : .addresses(and: names)
        }
    }

    /// Methods that change nothing (RFC 9110 section 9.2.1).
    private static let safe: Set<HTTPRequest.Method> = [.get, .head, .options, .trace]

    let hosts: Hosts
    private let latest = LatestHost()

    public init(hosts: Hosts = .any) { self.hosts = hosts }

    /// Checks a request by its head alone.
    public func check(_ request: HTTPRequest) throws(Refusal) {
        if !allows(host: request.authority) { throw .host }
        if !Self.safe.contains(request.method), Self.isFromElsewhere(request) { throw .elsewhere }
    }

    private static func isFromElsewhere(_ request: HTTPRequest) -> Bool {
        // One look at each field: this is done for every create.
        for field in request.headerFields {
            if field.name == .secFetchSite {
                if field.value != "same-origin", field.value != "none" { return true }
            } else if field.name == .origin, !isOwn(field.value, host: request.authority) {
                return true
            }
        }
        return false
    }

    /// Whether an `Origin` is this listener by the name that the request has for it. The scheme may differ: what speaks TLS for this
    /// listener passes `Host` on as it came.
    private static func isOwn(_ origin: String, host: String?) -> Bool {
        guard let host, let end = origin.firstRange(of: "://")?.upperBound else { return false }
        return origin[end...].lowercased() == host.lowercased()
    }

    // MARK: Hosts

    private func allows(host authority: String?) -> Bool {
        let (names, takesAddresses): (Set<String>, Bool)
        switch hosts {
        case .any: return true
        case .loopback(let own): (names, takesAddresses) = (own, false)
        case .addresses(let own): (names, takesAddresses) = (own, true)
        }
        guard let authority else { return false }
        if latest.is(authority) { return true }
        guard let host = Self.host(of: authority), let endpoint = Endpoint(host: host, port: 0),
            endpoint.isLoopback || takesAddresses && endpoint.isAddress || names.contains(host.lowercased())
        else { return false }
        latest.set(authority)
        return true
    }

    /// The host in `host` or `host:port`, an IPv6 address without its brackets; `nil` for anything else.
    private static func host(of authority: String) -> String? {
        if let endpoint = Endpoint(authority) { return endpoint.host }
        if authority.hasPrefix("["), authority.hasSuffix("]") { return String(authority.dropFirst().dropLast()) }
        return authority.contains(":") ? nil : authority
    }
}

/// The `Host` that was allowed last, as it came. Nearly all requests to a listener have the same, which need not be taken apart again.
private final class LatestHost: Sendable {
    private let authority = Mutex(String?.none)

    func `is`(_ other: String) -> Bool { authority.withLock { $0 == other } }

    func set(_ other: String) { authority.withLock { $0 = other } }
}

extension HTTPField.Name {
    /// Of Fetch Metadata Request Headers: whether the page that asks is of the same origin.
    public static let secFetchSite: Self = {
        guard let name = Self("Sec-Fetch-Site") else { preconditionFailure("Sec-Fetch-Site is a header's name") }
        return name
    }()
}
