import TaskDomain
public import Logging
import TaskMessages
import NIOPosix
public import ServiceLifecycle
import TaskWire

/// How a ``TaskScheduler`` reaches the cluster.
///
/// Made with the connection, which begins at once; ``TaskScheduler/run()`` ends it in its turn where a program runs services.
enum Connection: Sendable {
    /// One that this library has made, and ends.
    case own(Client)
    /// Somebody else's.
    case foreign(any Caller)

    var caller: any Caller {
        switch self {
        case .own(let client): client
        case .foreign(let caller): caller
        }
    }
}

extension TaskScheduler {
    /// Connects to the cluster's scheduler, and stays connected: calls that find no connection wait for one within their deadline.
    ///
    /// ```swift
    /// let scheduler = try TaskScheduler(at: "scheduler:7101", secret: secret)
    /// ```
    ///
    /// - Parameters:
    ///   - address: `host:port` of the scheduler's `SCHEDULER_LISTEN`; several, with commas, for several.
    ///   - secret: the cluster's, or better the line that `scheduler --derive-secret client` prints, with which a process can do nothing but
    ///     ask for tasks. Proves who asks, and encrypts what leaves the machine. `nil`: for a scheduler on loopback that has none.
    ///   - name: what the scheduler's log calls this program.
    /// - Throws: ``TaskSchedulerError/invalid(_:)`` for an address or a secret that cannot be one.
    public init(
        at address: String, secret: String? = nil, name: String = "client", logger: Logger = Logger(label: "task-scheduler")
    ) throws(TaskSchedulerError) {
        let endpoints = try Self.endpoints(address)
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        let identity = PeerIdentity(
            role: .client, instance: "\(name)-\(String(UInt64.random(in: .min ... .max, using: &random), radix: 36))", build: "1")
        let settings = WireSettings(identity: identity, security: WireSecurity(credential: try secret.map(Self.credential)))
        let client = Client(
            to: .scheduler, at: endpoints, settings: settings, repetition: .idempotent,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        client.start()
        self.init(.own(client), clock: { SystemClock.now })
    }

    /// Ends the connection. What is under way fails; later calls do, too.
    public func stop() async {
        if case .own(let client) = connection { await client.stop() }
    }

    private static func endpoints(_ text: String) throws(TaskSchedulerError) -> [WireEndpoint] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let endpoints = parts.compactMap { WireEndpoint(text: $0) }
        guard endpoints.count == parts.count else {
            throw .invalid("the scheduler's address must be host:port, such as scheduler:7101 or [::1]:7101; it was \"\(text)\"")
        }
        return endpoints
    }

    private static func credential(_ secret: String) throws(TaskSchedulerError) -> ClusterCredential {
        guard secret.hasPrefix(ClusterCredential.derivedPrefix) else {
            guard ClusterCredential.secretBytes.contains(secret.utf8.count) else {
                throw .invalid("the secret must have \(ClusterCredential.secretBytes.lowerBound) to \(ClusterCredential.secretBytes.upperBound) bytes")
            }
            return ClusterCredential(secret: Array(secret.utf8))
        }
        guard let credential = ClusterCredential(derived: Secret(secret)), credential.role == .client else {
            throw .invalid("the secret holds no keys of a client; it must be the line that scheduler --derive-secret client prints, or the cluster's secret")
        }
        return credential
    }
}

extension TaskScheduler: Service {
    /// Keeps the connection until the program's services are to end, and then ends it.
    public func run() async throws {
        try? await gracefulShutdown()
        await stop()
    }
}

extension WireEndpoint {
    /// Reads `host:port`; an IPv6 address stands in brackets.
    fileprivate init?(text: Substring) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, host.contains(":") == isBracketed, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        self.init(host: String(host), port: Int(port))
    }
}
