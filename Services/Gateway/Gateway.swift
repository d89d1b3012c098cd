import NIOCore
import NIOPosix
import ServiceLifecycle
import TaskOperations
import TaskWire

/// gateway: takes requests over HTTP, checks them whole, and passes them to a scheduler. Stateless; any number may run.
@main
enum GatewayMain {
    static func main() async {
        await ServiceMain.run(name: "gateway", settings: GatewaySettings.self) { service in
            let settings = service.settings
            // A create carries the id that the gateway drew, and the other calls say what is to be: all may be repeated.
            let schedulers = ClientGroup(
                to: .scheduler, at: settings.schedulers.map(WireEndpoint.init), settings: try service.wire().reconnectingFast, repetition: .idempotent,
                group: MultiThreadedEventLoopGroup.singleton, logger: service.logger)
            let callers = try Callers(
                keysFile: settings.keysFile.map { APIKeyFile($0) }, allowsAnonymous: settings.allowsAnonymous,
                defaultRate: settings.rateLimit)
            let wire = try service.wire().reconnectingFast, endpoints = settings.schedulers.map(WireEndpoint.init)
            let watchLoop = MultiThreadedEventLoopGroup.singleton.next(), logger = service.logger
            let watch = OverviewWatch(eventLoop: watchLoop) { onReady in
                Client(
                    to: .scheduler, at: endpoints, settings: wire, repetition: .idempotent, eventLoop: watchLoop, logger: logger, onReady: onReady)
            }
            let events = EventHub { watch.look($0) }
            let waits = ResultWaits()
            let api = API(
                scheduler: SchedulerCalls(client: schedulers), events: events, waits: waits, needsKey: settings.keysFile != nil,
                allowsAnonymous: settings.allowsAnonymous)
            let tls = try settings.tls.map { (files) throws(ConfigurationError) in
                try ListenerTLS(certificate: files.certificate, key: files.key)
            }
            let responder = APIResponder(
                routes: RouteTable(api.operations), callers: callers, browsers: settings.apiBrowsers, logger: service.logger)
            let admission = Admission(), memory = BodyMemory(limit: settings.bodyMemory)
            let dashboard = Dashboard(
                files: .dashboard, responder: responder,
                signIn: SignIn(callers: callers, seal: SessionSeal(key: try service.gatewayKey(for: SessionSeal.use)), logger: service.logger),
                admission: admission, memory: memory, closed: settings.dashboardClosed)

            let parts: [any Service] = [
                service.opsServer(listen: settings.opsListen, browsers: settings.opsBrowsers, site: dashboard.site(logger: service.logger)),
                Part("schedulers", start: { schedulers.start() }, stop: { await schedulers.stop() }),
                ConnectionChecks(readiness: service.readiness, clients: ["scheduler": schedulers]),
                ZoneCheck(schedulers: schedulers, readiness: service.readiness),
                APIKeyReload(callers: callers, readiness: service.readiness, logger: service.logger),
                // Stopped first: what was asked is answered while the scheduler can still be asked.
                APIServer(
                    listen: settings.listen, responder: responder, logger: service.logger, tls: tls, admission: admission, memory: memory,
                    addresses: AddressCounter(limit: settings.connectionsPerAddress)),
            ]
            // Before the listeners, which wait for the answers that are under way.
            let streams = Part(
                "events",
                stop: {
                    events.close()
                    waits.close()
                })
            return parts + (tls.map { [ListenerTLSReload($0, readiness: service.readiness, logger: service.logger)] } ?? []) + [streams]
        }
    }
}

/// Everything that the gateway answers.
struct API: Sendable {
    let operations: [Operation]

    /// - Parameters:
    ///   - events: what happens, for those who listen.
    ///   - waits: the places of those who wait for a result.
    ///   - needsKey: whether callers need a key, as documentation says it.
    ///   - allowsAnonymous: whether one without is let in beside them.
    init(
        scheduler: SchedulerCalls, events: EventHub = EventHub { _ in }, waits: ResultWaits = ResultWaits(), needsKey: Bool = false,
        allowsAnonymous: Bool = false
    ) {
        let operations =
            Reminders(scheduler: scheduler).operations + [OccurrenceResults(scheduler: scheduler, waits: waits).operation, Preview.operation]
            + SetAside(kind: .dead, scheduler: scheduler).operations + SetAside(kind: .held, scheduler: scheduler).operations
            + [OccurrenceList(scheduler: scheduler).operation]
            + QueueOperations(scheduler: scheduler).operations + WorkerOperations(scheduler: scheduler).operations
            + WorkerControlOperations(scheduler: scheduler).operations
            + EventOperations(scheduler: scheduler, hub: events).operations
            + Cancelling(scheduler: scheduler).operations
        let documentation = Documentation(
            operations, version: Build.version, needsKey: needsKey, allowsAnonymous: allowsAnonymous)
        self.operations = operations + documentation.operations
    }
}

struct GatewaySettings: ServiceSettings {
    let listen: Setting<Endpoint>
    let opsListen: Setting<Endpoint>
    /// Where the API is served over TLS, whose certificate and key; given together.
    let tls: (certificate: Setting<String>, key: Setting<String>)?
    let schedulers: [Endpoint]
    /// Names by which this gateway may be called where no key is needed.
    let hosts: [String]
    /// Asked for in so many words: anyone who can reach the API may call it.
    let allowsAnonymous: Bool
    let keysFile: String?
    /// Requests a second with one key; 0: any number.
    let rateLimit: Int
    /// Bytes that the bodies of all requests under way may take.
    let bodyMemory: Int
    /// Connections of one remote address; 0: any number.
    let connectionsPerAddress: Int

    init(_ settings: inout SettingsReader, common: CommonSettings) {
        listen = settings.setting("GATEWAY_LISTEN", .listen, default: "127.0.0.1:5000", help: "where the API is served")
        opsListen = settings.setting(
            "GATEWAY_OPS_LISTEN", .listen, default: "127.0.0.1:5555", help: "where the dashboard, /healthz, /readyz and /metrics are served")
        let certificate = settings.optionalSetting(
            "GATEWAY_TLS_CERT", .path, help: "PEM file of the API's certificate chain: it is then served over TLS; read again when it changes")
        let key = settings.optionalSetting("GATEWAY_TLS_KEY", .path, help: "PEM file of that certificate's private key")
        tls = if let certificate, let key { (certificate, key) } else { nil }
        schedulers = settings.value(
            "SCHEDULER_ENDPOINTS", .endpoints, default: "127.0.0.1:7101", help: "the schedulers that keep the reminders")
        hosts = settings.optional(
            "GATEWAY_HOSTS", .hosts,
            help: "names besides loopback's by which it may be called where no key is needed") ?? []
        allowsAnonymous = settings.value(
            "GATEWAY_ALLOW_ANONYMOUS", .boolean, default: "false",
            help: "true says that anyone who can reach the API may create, read and cancel reminders")
        keysFile = settings.optional(
            "GATEWAY_API_KEYS_FILE", .path,
            help: "the callers' keys: a name and the SHA-256 of a key a line; read again when it changes")
        rateLimit = settings.value(
            "GATEWAY_RATE_LIMIT", .integer(RequestBucket.rates), default: "0",
            help: "requests a second with one key, 0 for any number; a key's line may say otherwise")
        bodyMemory = settings.value(
            "GATEWAY_BODY_MEMORY", .size(BodyMemory.sizes), default: "64MiB",
            help: "what the bodies of all requests under way may take of the gateway's memory")
        connectionsPerAddress = settings.value(
            "GATEWAY_CONNECTIONS_PER_ADDRESS", .integer(AddressCounter.limits), default: "\(AddressCounter.defaultLimit)",
            help: "connections of one remote address, of IPv6 its first 64 bits, 0 for any number; those from this machine are not counted")
        settings.check { [listen, allowsAnonymous, keysFile] () throws(ConfigurationError) in
            try requireAuthentication(
                listen: listen, hasAuthentication: allowsAnonymous || keysFile != nil,
                howTo: "set GATEWAY_API_KEYS_FILE, or GATEWAY_ALLOW_ANONYMOUS=true if anyone who can reach it may call the API")
        }
        settings.check { () throws(ConfigurationError) in
            guard (certificate == nil) == (key == nil) else {
                throw ConfigurationError("GATEWAY_TLS_CERT and GATEWAY_TLS_KEY go together; set both or none")
            }
        }
        settings.checkOpsListener(opsListen, common)
    }

    /// A page that does not know a key gets nowhere by whatever name; without keys its name is all that tells it from others.
    var apiBrowsers: BrowserGuard {
        let isOpen = keysFile == nil || allowsAnonymous
        return BrowserGuard(hosts: isOpen ? BrowserGuard.Hosts(of: listen.value, names: hosts) : .any)
    }

    var opsBrowsers: BrowserGuard { BrowserGuard(hosts: BrowserGuard.Hosts(of: opsListen.value, names: hosts)) }

    /// Why the dashboard lets nobody in, where it does not: there is nothing to tell callers apart by, and not only this machine can reach it.
    /// `OPS_PUBLIC` speaks of metrics and health alone.
    var dashboardClosed: String? {
        guard keysFile == nil, !opsListen.value.isLoopback else { return nil }
        return "the dashboard is closed here, since other machines can reach it and nothing would tell who calls; "
            + "set GATEWAY_API_KEYS_FILE to sign in by a key, or GATEWAY_OPS_LISTEN to an address of loopback"
    }
}
