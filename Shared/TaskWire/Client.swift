public import Logging
public import NIOCore
import NIOPosix
import NIOSSL
public import TaskMessages

/// Calls a service that runs at several addresses: keeps one connection to each, sends each call over the one with the
/// fewest open, goes elsewhere when one is lost, connects again with backoff, and looks names up again as they change.
///
/// @unchecked Sendable is safe because all mutable members are used on `eventLoop` only.
public final class Client: Caller, ConnectionStatus, @unchecked Sendable {
    /// Calls that may wait while no connection is open; one more is refused with `unavailable`.
    public static let maxWaiting = 4_096

    /// Whether a call may be carried out twice.
    public enum Repetition: Sendable {
        /// Tried again elsewhere, within its deadline, when its connection is lost.
        case idempotent
        /// Only tried again if it never left.
        case never
    }

    /// A call that waits for a connection.
    private struct Waiting {
        let deadline: CallDeadline
        let tag: UInt64
        /// Makes the call, over whichever connection is open.
        let start: () -> Void
        /// Ends the call: it was never made.
        let fail: (CallError) -> Void
    }

    /// The interval at which the deadlines of waiting calls are looked at. A call may end this much after its deadline.
    private static let sweepMilliseconds: Int64 = 20
    /// So long a client that stops waits at most for names that are being looked up, milliseconds.
    private static let lookupMilliseconds: Int64 = 1_000

    public let eventLoop: any EventLoop
    private let endpoints: [WireEndpoint]
    private let peer: Role
    private let settings: WireSettings
    private let repetition: Repetition
    private let logger: Logger
    private let onReady: @Sendable (ClientConnection) -> Void
    private var targets: [SocketAddress: Target] = [:]
    private var waiting: [Waiting] = []
    private var isStopped = false, isSweeping = false, isResolving = false
    /// Who waits for the lookup that is under way.
    private var endOfLookup: EventLoopPromise<Void>?
    private var lastFailure = "no connection yet"
    /// Encrypts with the key of the two roles.
    private var sharedKeyTLS: NIOSSLContext?

    private static let stopped = "this side stops"

    /// - Parameters:
    ///   - peer: the role of those at the endpoints; a process of another that answers there is refused.
    ///   - repetition: what this client's calls allow.
    ///   - onReady: called on the event loop for each connection whose handshake is through.
    public init(
        to peer: Role, at endpoints: [WireEndpoint], settings: WireSettings, repetition: Repetition, eventLoop: any EventLoop,
        logger: Logger, onReady: @escaping @Sendable (ClientConnection) -> Void = { _ in }
    ) {
        self.endpoints = endpoints
        self.peer = peer
        self.settings = settings
        self.repetition = repetition
        self.eventLoop = eventLoop
        self.logger = logger
        self.onReady = onReady
    }

    /// Begins to connect; comes back at once.
    public func start() { eventLoop.execute { self.resolve() } }

    /// Closes every connection; open calls fail with `unavailable`. Waits for names that are being looked up, though not for long: the
    /// answer comes from another thread, and the event loop may end after this.
    public func stop() async {
        try? await eventLoop.flatSubmit { [self] in
            isStopped = true
            for target in targets.values { target.close(Self.stopped) }
            let calls = waiting
            waiting = []
            for call in calls { call.fail(CallError(.unavailable, Self.stopped, isUnsent: true)) }
            guard isResolving else { return eventLoop.makeSucceededVoidFuture() }
            let end = eventLoop.makePromise(of: Void.self)
            endOfLookup = end
            eventLoop.scheduleTask(in: .milliseconds(Self.lookupMilliseconds)) { end.succeed(()) }
            return end.futureResult
        }.get()
    }

    public func status() async -> (connected: Int, lastFailure: String) {
        (try? await eventLoop.submit { [self] in
            (targets.values.count { $0.usable != nil }, lastFailure)
        }.get()) ?? (0, "the event loop has ended")
    }

    // MARK: Calls

    public func call<Request, Reply>(
        _ method: UnaryMethod<Request, Reply>, _ request: Request, deadline: CallDeadline
    ) async throws(CallError) -> Reply {
        let result: Result<Reply, CallError> = await withCheckedContinuation { continuation in
            if eventLoop.inEventLoop {
                start(method, request, deadline: deadline) { continuation.resume(returning: $0) }
            } else {
                eventLoop.execute {
                    self.start(method, request, deadline: deadline) { continuation.resume(returning: $0) }
                }
            }
        }
        return try result.get()
    }

    /// The same for callers on the event loop: `complete` is called there too.
    /// - Parameter tag: what ``recall(_:)`` finds the call by; 0: none.
    public func start<Request, Reply>(
        _ method: UnaryMethod<Request, Reply>, _ request: Request, deadline: CallDeadline, tag: UInt64 = 0,
        complete: @escaping (Result<Reply, CallError>) -> Void
    ) {
        guard deadline.millisecondsLeft > 0 else {
            return complete(.failure(CallError(.deadlineExceeded, "no time left for \(method.path)", isUnsent: true)))
        }
        guard let connection = pick() else {
            return wait(
                Waiting(
                    deadline: deadline, tag: tag,
                    start: { self.start(method, request, deadline: deadline, tag: tag, complete: complete) },
                    fail: { complete(.failure($0)) }))
        }
        connection.start(method, request, deadline: deadline, tag: tag) { [self] result in
            guard case .failure(let error) = result, error.isConnectionLost, repetition == .idempotent, !isStopped
            else { return complete(result) }
            // On the next tick, when the lost connection is out of the list.
            eventLoop.assumeIsolated().execute {
                self.start(method, request, deadline: deadline, tag: tag) { result in
                    // The try before may have been carried out.
                    complete(result.mapError { CallError($0.code, $0.message, isConnectionLost: $0.isConnectionLost) })
                }
            }
        }
    }

    /// Says that some calls need not be carried out any more: one that waits for a connection fails with `cancelled`, unsent; of any
    /// other the peer is told, and its answer, whatever it is, still comes. On the event loop only; searches the calls under way.
    public func recall(_ tags: Set<UInt64>) {
        let unmade = waiting.filter { tags.contains($0.tag) }
        if !unmade.isEmpty {
            waiting.removeAll { tags.contains($0.tag) }
            for call in unmade { call.fail(CallError(.cancelled, "called off before it was made", isUnsent: true)) }
        }
        for target in targets.values { target.recall(tags) }
    }

    private func pick() -> ClientConnection? {
        var best: ClientConnection?
        for target in targets.values {
            guard let connection = target.usable else { continue }
            if best.map({ connection.load < $0.load }) ?? true { best = connection }
        }
        return best
    }

    private func wait(_ call: Waiting) {
        guard !isStopped, waiting.count < Self.maxWaiting else {
            return call.fail(CallError(.unavailable, isStopped ? Self.stopped : lastFailure, isUnsent: true))
        }
        waiting.append(call)
        scheduleSweep()
    }

    private func scheduleSweep() {
        guard !isSweeping else { return }
        isSweeping = true
        eventLoop.scheduleTask(in: .milliseconds(Self.sweepMilliseconds)) { [self] in
            isSweeping = false
            let now = CallDeadline.now
            let late = waiting.filter { $0.deadline <= now }
            waiting.removeAll { $0.deadline <= now }
            for call in late {
                call.fail(CallError(.deadlineExceeded, "no connection in time: \(lastFailure)", isUnsent: true))
            }
            if !waiting.isEmpty { scheduleSweep() }
        }
    }

    // MARK: Connections

    private func resolve() {
        guard !isStopped, !isResolving else { return }
        isResolving = true
        let lookups = endpoints.map { endpoint in
            Resolver.addresses(of: endpoint, on: eventLoop).map { addresses -> [(SocketAddress, WireEndpoint)]? in addresses.map { ($0, endpoint) } }
                .flatMapErrorThrowing { [self] error in
                    lastFailure = "\(error)"
                    logger.warning("name not resolved", metadata: ["endpoint": "\(endpoint)", "reason": "\(error)"])
                    return nil
                }
        }
        EventLoopFuture.whenAllSucceed(lookups, on: eventLoop).whenSuccess { [self] results in
            isResolving = false
            endOfLookup?.succeed(())
            // A name that could not be looked up keeps the addresses it had.
            let complete = !results.contains { $0 == nil }
            update(to: Dictionary(results.compactMap { $0 }.joined(), uniquingKeysWith: { first, _ in first }), dropOthers: complete)
        }
        eventLoop.scheduleTask(in: .milliseconds(Int64(settings.resolveMilliseconds))) { [weak self] in self?.resolve() }
    }

    /// - Parameter addresses: with the endpoint that each stands for.
    private func update(to addresses: [SocketAddress: WireEndpoint], dropOthers: Bool) {
        guard !isStopped else { return }
        for (address, endpoint) in addresses where targets[address] == nil {
            let target = Target(address: address, of: endpoint, client: self)
            targets[address] = target
            target.connect()
        }
        guard dropOthers else { return }
        for (address, target) in targets where addresses[address] == nil {
            targets[address] = nil
            target.close("the name no longer stands for this address")
        }
    }

    /// One address: its connection, and the backoff between them.
    ///
    /// @unchecked Sendable is safe because every member is used on the client's event loop only.
    private final class Target: ClientConnectionEvents, @unchecked Sendable {
        let address: SocketAddress
        private let endpoint: WireEndpoint
        unowned let client: Client
        private var connection: ClientConnection?
        private var backoff: Backoff
        private var notice = FailureNotice()
        private var isClosed = false

        init(address: SocketAddress, of endpoint: WireEndpoint, client: Client) {
            self.address = address
            self.endpoint = endpoint
            self.client = client
            backoff = Backoff(milliseconds: client.settings.reconnectMilliseconds)
        }

        var usable: ClientConnection? { connection.flatMap { $0.isOpen && !$0.isLeaving ? $0 : nil } }

        /// Calls under way on a connection that the peer drains are not found; they are answered soon.
        func recall(_ tags: Set<UInt64>) { connection?.recall(tags) }

        func connect() {
            guard !isClosed, !client.isStopped else { return }
            let connection = ClientConnection(address: address, eventLoop: client.eventLoop, events: self)
            self.connection = connection
            client.connect(connection, at: endpoint).whenFailure { [weak self] error in
                self?.closed(connection, ChannelFault.reason(error))
            }
        }

        func close(_ reason: String) {
            isClosed = true
            connection?.close(reason)
        }

        func opened(_ connection: ClientConnection) {
            backoff.succeeded()
            notice.succeeded()
            client.ready(connection)
        }

        func leaving(_ connection: ClientConnection) {
            // What is open goes on there; new calls want a connection of their own.
            guard connection === self.connection else { return }
            reconnect("the peer drains")
        }

        func closed(_ connection: ClientConnection, _ reason: String) {
            guard connection === self.connection else { return }
            reconnect(reason)
        }

        private func reconnect(_ reason: String) {
            connection = nil
            guard !isClosed, !client.isStopped else { return }
            let wait = backoff.failed()
            client.lost(address, reason, again: wait, level: notice.failed(reason, at: client.eventLoop.now) ? .warning : .debug)
            client.eventLoop.scheduleTask(in: .milliseconds(Int64(wait))) { [weak self] in self?.connect() }
        }
    }

    /// Made when the first connection needs it.
    private func sharedKeyContext() throws -> NIOSSLContext? {
        if sharedKeyTLS == nil, let credential = settings.security.credential {
            sharedKeyTLS = try SharedKeyTLS.client(credential, as: settings.identity.role, to: peer)
        }
        return sharedKeyTLS
    }

    private func connect(_ connection: ClientConnection, at host: WireEndpoint) -> EventLoopFuture<Void> {
        ClientBootstrap(group: eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 8_192, maximum: 262_144))
            .connectTimeout(.milliseconds(Int64(settings.connectMilliseconds)))
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    let layer = settings.security.layer(to: connection.address)
                    if let tls = try layer.certificates?.client ?? (layer.isSharedKey ? sharedKeyContext() : nil) {
                        // Only certificates have names to compare.
                        let name = layer.certificates == nil ? nil : host.name
                        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    let wire = try PeerConnection(
                        settings: settings, expecting: peer, over: layer, delegate: connection, logger: logger)
                    connection.attach(wire)
                    try channel.pipeline.syncOperations.addHandler(wire)
                }
            }
            .connect(to: connection.address)
            .map { _ in }
    }

    private func ready(_ connection: ClientConnection) {
        logger.info(
            "connected", metadata: ["address": "\(connection.address.endpoint)", "role": "\(peer)"])
        onReady(connection)
        let calls = waiting
        waiting = []
        for call in calls { call.start() }
    }

    private func lost(_ address: SocketAddress, _ reason: String, again wait: Int, level: Logger.Level) {
        lastFailure = "\(address.endpoint): \(reason)"
        logger.log(
            level: level, "not connected",
            metadata: ["address": "\(address.endpoint)", "role": "\(peer)", "reason": "\(reason)", "again_in_ms": "\(wait)"])
    }
}
