import Delivery
import Logging
import NIOPosix
import ServiceLifecycle
import TaskOperations
import TaskWire

/// notifier: turns notifications into requests to the Edvora backend, and its answers into outcomes. Stateless; any
/// number may run.
@main
enum NotifierMain {
    static func main() async {
        await ServiceMain.run(name: "notifier", settings: NotifierSettings.self) { service in
            let settings = service.settings
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let eventLoop = group.next()
            // Else every delivery over TLS would fail, and the first of them tell.
            try settings.authorities?.requireCertificates()
            let backend = try EdvoraBaseURL(settings.backend)
            let engine = try DeliveryEngine(configuration: settings.delivery)
            let api = NotifierAPI(
                engine: engine, backend: backend, signer: settings.signingSecrets.map { WebhookSigner($0) },
                userAgent: "task-scheduler/\(service.version)", timeout: settings.timeout, eventLoop: eventLoop)
            service.readiness.watch("delivery") { engine.sinceLastTurn }
            let server = Server(
                settings: try service.wire(), table: api.table(), eventLoop: eventLoop, logger: service.logger)

            return [
                service.opsServer(listen: settings.opsListen),
                Part("event loop", stop: { try await group.shutdownGracefully() }),
                EventLoopPulse(of: eventLoop, readiness: service.readiness),
                Part("delivery", stop: { await engine.stop() }),
                DeliveryGauges(engine: engine),
                // Stopped first: what was asked for is answered while the engine still runs.
                WireListener(server: server, listen: settings.listen, logger: service.logger),
            ]
        }
    }
}

struct NotifierSettings: ServiceSettings {
    let listen: Setting<Endpoint>
    let opsListen: Setting<Endpoint>
    let backend: Setting<BaseURL>
    /// What requests are signed with, so that the backend can tell who calls.
    let signingSecrets: [WebhookSecret]?
    let timeout: Duration
    /// The authorities of the backend's certificate, where they are not the system's.
    let authorities: Setting<String>?
    let delivery: DeliveryConfiguration

    init(_ settings: inout SettingsReader, common: CommonSettings) {
        backend = settings.requiredSetting("EDVORA_BASE_URL", .url, help: "the backend that notifications are delivered to")
        let allowsPlain = settings.value(
            "EDVORA_ALLOW_PLAIN", .boolean, default: "false",
            help: "true says that credentials may go to a backend on another machine over http, where whoever is between can read them")
        signingSecrets = settings.optional(
            "EDVORA_SIGNING_SECRET", .signingSecrets, isSecret: true,
            help: "the secret that requests are signed with, as Standard Webhooks has it, or two while one replaces the other; unsigned without it")
        listen = settings.setting("NOTIFIER_LISTEN", .listen, default: "127.0.0.1:7103", help: "where workers connect to")
        opsListen = settings.setting(
            "NOTIFIER_OPS_LISTEN", .listen, default: "127.0.0.1:9103", help: "where /healthz, /readyz and /metrics are served")
        timeout = settings.value(
            "NOTIFIER_TIMEOUT", .duration(.milliseconds(10) ... .seconds(50)), default: "10s",
            help: "how long one request to the backend may take")
        var delivery = DeliveryConfiguration()
        delivery.maximumConnectionsPerHost = settings.value(
            "NOTIFIER_CONNECTIONS", .integer(1...4_096), default: "64", help: "connections to the backend at once")
        authorities = settings.optionalSetting(
            "EDVORA_CA", .path, help: "PEM file of the authorities that the backend's certificate is checked against; the system's without it")
        delivery.certificateAuthorityFile = authorities?.value
        self.delivery = delivery
        settings.check { [backend] () throws(ConfigurationError) in
            guard backend.value.scheme == .https || backend.value.isLoopback || allowsPlain else { throw ConfigurationError(backend.plain) }
        }
        settings.checkClusterListener(listen, common)
        settings.checkOpsListener(opsListen, common)
    }
}

extension Setting<BaseURL> {
    fileprivate var plain: String {
        fault(
            "which would send credentials unencrypted to another machine; it must begin with https://, "
                + "or set EDVORA_ALLOW_PLAIN=true if nobody else can listen on the way")
    }
}

extension EdvoraBaseURL {
    /// Reads the setting; a URL that libcurl would not take is a fault of it as well.
    fileprivate init(_ setting: Setting<BaseURL>) throws(ConfigurationError) {
        do throws(DeliveryError) { try self.init(setting.value.description) } catch {
            throw ConfigurationError(setting.fault("which cannot be used: \(error)"))
        }
    }
}
