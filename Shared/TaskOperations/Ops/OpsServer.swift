import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The listener that a service is operated by.
///
/// - `GET /healthz`: 200 as long as every part that ``Readiness`` watches gets on, otherwise 503 and one line for each that does not.
/// - `GET /readyz`: 200 if every check of ``Readiness`` is well, otherwise 503 and one line for each that is not.
/// - `GET /metrics`: Prometheus text.
/// - `GET /`: these three, as a page of links or as text, by the request's `Accept`; browsers are led to the service's ``OpsSite``, if it
///   has one.
///
/// When it listens it logs `ops listening` with the actual address as `address`, also for port 0.
public struct OpsServer: Service, CustomStringConvertible {
    /// Connections beyond this many wait until others close; an idle one is closed after this long.
    public static let maxConnections = 256
    public static let idleTimeout = TimeAmount.seconds(60)

    private let listen: Setting<Endpoint>
    private let readiness: Readiness
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let browsers: BrowserGuard
    private let site: OpsSite?

    /// - Parameters:
    ///   - browsers: what is refused of browsers.
    ///   - site: what else is served there.
    public init(
        listen: Setting<Endpoint>, readiness: Readiness, metrics: MetricsRegistry, logger: Logger, browsers: BrowserGuard = BrowserGuard(),
        site: OpsSite? = nil
    ) {
        self.listen = listen
        self.readiness = readiness
        self.metrics = metrics
        self.logger = logger
        self.browsers = browsers
        self.site = site
    }

    public var description: String { "ops" }

    /// Serves until graceful shutdown.
    /// - Throws: ``StartError`` if it cannot listen.
    public func run() async throws {
        let isListening = Flag()
        // What Hummingbird says of connections is of no use to an operator unless something is wrong.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let site = site
        let application = Application(
            responder: OpsResponder(guardian: browsers, site: site, base: router().buildResponder()),
            server: .http1(configuration: .init(additionalChannelHandlers: site?.handlers() ?? [], idleTimeout: Self.idleTimeout)),
            configuration: ApplicationConfiguration(
                address: .hostname(listen.value.host, port: listen.value.port), serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.maxConnections)),
            onServerRunning: { [logger, listen] channel in
                isListening.raise()
                logger.info("ops listening", metadata: ["address": "\(Self.address(of: channel) ?? listen.value)"])
            },
            logger: quiet)
        do { try await application.run() } catch where !isListening.isRaised && !(error is CancellationError) {
            throw listen.cannotListen(error)
        }
    }

    private func router() -> Router<OpsContext> {
        let router = Router(context: OpsContext.self, options: .autoGenerateHeadEndpoints)
        let readiness = readiness, metrics = metrics, site = site
        router.get("/") { request, _ in OpsIndex.response(to: request.headers, site: site) }
        router.get("/healthz") { _, _ in
            let stalled = readiness.stalled
            return stalled.isEmpty ? Self.text(.ok, "alive\n") : Self.text(.serviceUnavailable, stalled.map { $0 + "\n" }.joined())
        }
        router.get("/readyz") { _, _ in
            let failures = readiness.failures
            return failures.isEmpty
                ? Self.text(.ok, (["ready"] + readiness.notices).map { $0 + "\n" }.joined()) : Self.text(.serviceUnavailable, failures.map { $0 + "\n" }.joined())
        }
        router.get("/metrics") { _, _ in Self.text(.ok, metrics.exposition(), type: Exposition.contentType) }
        return router
    }

    static func text(_ status: HTTPResponse.Status, _ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private static func address(of channel: any Channel) -> Endpoint? {
        guard let address = channel.localAddress, let host = address.ipAddress, let port = address.port else { return nil }
        return Endpoint(host: host, port: port)
    }
}

extension ServiceStart {
    /// The ops listener of this service.
    public func opsServer(
        listen: Setting<Endpoint>, browsers: BrowserGuard = BrowserGuard(), site: OpsSite? = nil
    ) -> OpsServer {
        OpsServer(listen: listen, readiness: readiness, metrics: metrics, logger: logger, browsers: browsers, site: site)
    }
}
