public import CoreMetrics
public import Logging
public import NIOCore
import NIOPosix
import NIOSSL
import TaskMessages

/// Accepts connections and answers calls, all on one event loop.
///
/// @unchecked Sendable is safe because `connections` and `sharedKeyTLS` are used on `eventLoop` only and the rest never changes.
public final class Server: @unchecked Sendable {
    public let eventLoop: any EventLoop
    private let settings: WireSettings
    private let table: ServiceTable
    private let logger: Logger
    private let refusals: RefusalLog
    private let refusedCalls: RefusedCalls
    private var connections: [ObjectIdentifier: ServerConnection] = [:]
    private var listener: (any Channel)?
    /// Encrypts with the keys of roles.
    private var sharedKeyTLS: NIOSSLContext?

    /// - Parameter metrics: where calls of the wrong role are counted.
    public init(
        settings: WireSettings, table: ServiceTable, eventLoop: any EventLoop, logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        let missing = table.missing
        precondition(table.allowsMissing || missing.isEmpty, "methods without a handler: \(missing.joined(separator: ", "))")
        self.settings = settings
        self.table = table
        self.eventLoop = eventLoop
        self.logger = logger
        refusals = RefusalLog(eventLoop: eventLoop, logger: logger)
        refusedCalls = RefusedCalls(eventLoop: eventLoop, metrics: metrics, logger: logger)
    }

    /// Binds and begins to accept.
    /// - Throws: why it cannot listen.
    /// - Returns: the address that was bound; with port 0 the one that the system chose.
    public func start(host: String, port: Int) async throws -> SocketAddress {
        let tls = try settings.security.credential.map { try SharedKeyTLS.server($0, as: settings.identity.role) }
        try await eventLoop.submit { self.sharedKeyTLS = tls }.get()
        let channel = try await ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 8_192, maximum: 262_144))
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel) }
            }
            .bind(host: host, port: port).get()
        guard let address = channel.localAddress else { throw ChannelError.unknownLocalAddress }
        try await eventLoop.submit { self.listener = channel }.get()
        return address
    }

    private func accept(_ channel: any Channel) throws {
        let host = channel.remoteAddress?.ipAddress ?? "unknown"
        guard connections.count < settings.maxConnections else {
            refusals.refused("\(settings.maxConnections) are open", from: host, level: .warning)
            throw ChannelError.operationUnsupported
        }
        let layer = settings.security.layer(to: channel.remoteAddress)
        if let tls = layer.certificates?.server ?? (layer.isSharedKey ? sharedKeyTLS : nil) {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
        }
        let key = ObjectIdentifier(channel as AnyObject)
        let connection = ServerConnection(
            from: host, eventLoop: eventLoop, table: table, maxCalls: settings.maxCallsPerConnection, refusals: refusals,
            refusedCalls: refusedCalls, logger: logger
        ) { [weak self] in
            _ = self?.connections.removeValue(forKey: key)
        }
        let wire = try PeerConnection(settings: settings, expecting: nil, over: layer, delegate: connection, logger: logger)
        connection.attach(wire)
        connections[key] = connection
        try channel.pipeline.syncOperations.addHandler(wire)
    }

    /// Accepts nothing new, tells every peer to go elsewhere, answers what is open for at most `milliseconds`, then
    /// closes what is left.
    public func drain(milliseconds: Int64) async {
        let done = eventLoop.makePromise(of: Void.self)
        eventLoop.execute { [self] in
            listener?.close(promise: nil)
            for connection in connections.values { connection.drain() }
            waitForEnd(until: .now() + .milliseconds(milliseconds), done)
        }
        try? await done.futureResult.get()
    }

    private func waitForEnd(until deadline: NIODeadline, _ done: EventLoopPromise<Void>) {
        if connections.isEmpty { return done.succeed() }
        guard NIODeadline.now() < deadline else {
            for connection in connections.values { connection.close() }
            return done.succeed()
        }
        eventLoop.scheduleTask(in: .milliseconds(5)) { self.waitForEnd(until: deadline, done) }
    }
}
