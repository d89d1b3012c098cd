import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import Metrics
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import TaskOperations

/// The API's listener as one of the service's parts.
///
/// When it listens it logs `api listening` with the actual address as `address`, also for port 0.
struct APIServer: Service, CustomStringConvertible {
    /// Connections at once; more wait until others close, which idle ones then do sooner (``Crowd``). Fewer where the process may not
    /// open as many files.
    static let maxConnections = 10_000
    /// Files that the process needs for all else.
    private static let reservedFiles = 128
    /// A connection on which nothing is asked, or a request's head does not get on, is closed after this long.
    static let idleTimeout = TimeAmount.seconds(60)
    /// Bytes of a request's head.
    static let maxHeadBytes = 16 << 10
    static let maxHeaderFields = 100
    /// Connections that wait to be accepted.
    private static let backlog = 1_024
    /// Connections that are accepted before the event loop turns to requests again. Where it has much to do its rounds are long, and
    /// with NIO's four in each, a new caller would wait for seconds.
    private static let acceptedAtOnce: UInt = 256

    let listen: Setting<Endpoint>
    let responder: APIResponder
    let logger: Logger
    /// `nil`: plain HTTP.
    var tls: ListenerTLS?
    var admission = Admission()
    var memory = BodyMemory()
    var addresses = AddressCounter()
    var metrics: any MetricsFactory = MetricsSystem.factory
    var maxConnections = APIServer.maxConnections
    var idleTimeout = APIServer.idleTimeout
    var requestTimeout = ConnectionGuard.requestTimeout
    var answerTimeout = ConnectionGuard.answerTimeout
    var stallTimeout = ConnectionGuard.stallTimeout
    var crowdedTimeout = ConnectionGuard.crowdedTimeout

    var description: String { "api" }

    /// Serves until graceful shutdown; then answers what is open.
    /// - Throws: ``StartError`` if it cannot listen.
    func run() async throws {
        let isListening = Atomic<Bool>(false)
        // What Hummingbird says of connections is of no use to an operator unless something is wrong.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let crowd = Crowd(limit: connectionLimit)
        let application = Application(
            responder: responder, server: server(crowd),
            configuration: ApplicationConfiguration(
                address: .hostname(listen.value.host, port: listen.value.port), serverName: nil, backlog: Self.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(crowd.limit)),
            onServerRunning: { [logger, listen] channel in
                isListening.store(true, ordering: .releasing)
                try? await channel.setOption(.maxMessagesPerRead, value: Self.acceptedAtOnce).get()
                logger.info("api listening", metadata: ["address": "\(Self.address(of: channel) ?? listen.value)"])
            },
            logger: quiet)
        do {
            try await withTaskExecutorPreference(EventLoopTasks(.singleton)) { try await application.run() }
        } catch where !isListening.load(ordering: .acquiring) && !(error is CancellationError) {
            throw listen.cannotListen(error)
        }
    }

    private func server(_ crowd: Crowd) -> HTTPServerBuilder {
        let addresses = addresses, refusals = ConnectionRefusals(logger, metrics: metrics)
        let place: @Sendable () -> ConnectionPlace = { ConnectionPlace(crowd: crowd, addresses: addresses, refusals: refusals) }
        let guards = guards
        let connections = HTTP1Channel.Configuration(
            additionalChannelHandlers: guards(.connection(crowd)), idleTimeout: idleTimeout,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: Self.maxHeadBytes, maxHeaderListSize: Self.maxHeadBytes, maxHeaderFieldCount: Self.maxHeaderFields))
        guard let tls else {
            return HTTPServerBuilder { PlainChannel(http1: HTTP1Channel(responder: $0, configuration: connections), place: place) }
        }
        let streams = Crowd(limit: crowd.limit)
        return HTTPServerBuilder { responder in
            let http1 = HTTP1Channel(responder: responder, configuration: connections)
            let http2 = HTTP2Streams(
                http1: http1, handlers: { guards(.stream) }, streams: streams, crowd: crowd, idleTimeout: idleTimeout, crowdedTimeout: crowdedTimeout)
            return SecureChannel(tls: tls, http1: http1, http2: http2, place: place, handshakeTimeout: idleTimeout)
        }
    }

    /// Makes what stands between HTTP and the responder.
    private var guards: @Sendable (ConnectionGuard.Kind) -> [any RemovableChannelHandler] {
        let responder = responder, memory = memory, admission = admission
        let refusal = admission.problem.answer, noMemory = BodyMemory.Refusal.full.problem
        return { kind in
            let overload = OverloadGuard(admission: admission, refusal: refusal) { responder.refused($0, with: admission.problem) }
            let bodies = BodyGuard(memory: memory, maxBodyBytes: responder.maxBodyBytes, refusal: noMemory.answer) {
                responder.refused($0, with: noMemory)
            }
            let connection = ConnectionGuard(
                requestTimeout: requestTimeout, answerTimeout: answerTimeout, stallTimeout: stallTimeout, crowdedTimeout: crowdedTimeout, kind: kind,
                maxBodyBytes: responder.maxBodyBytes, listeners: [bodies, overload])
            return [connection, overload, bodies]
        }
    }

    private var connectionLimit: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(Int32.max) else {
            return maxConnections
        }
        return max(1, min(maxConnections, Int(limit.rlim_cur) - Self.reservedFiles))
    }

    private static func address(of channel: any Channel) -> Endpoint? {
        guard let address = channel.localAddress, let host = address.ipAddress, let port = address.port else { return nil }
        return Endpoint(host: host, port: port)
    }
}
