import NIOPosix
import Operations
import ServiceLifecycle
import Wire

/// gateway: takes requests over HTTP, checks them whole, and passes them to a scheduler. Stateless; any number may run.
@main
enum GatewayMain {
    static func main() async {
        await ServiceMain.run(name: "gateway", settings: GatewaySettings.self) { service in
            let settings = service.settings
            // A create carries the id that the gateway drew, and the other calls say what is to be: all may be repeated.
            let schedulers = Client(
                endpoints: settings.schedulers.map(WireEndpoint.init), settings: try service.wire(), repetition: .idempotent,
                eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: service.logger)
            let reminders = Reminders(scheduler: SchedulerCalls(client: schedulers))
            let responder = APIResponder(routes: RouteTable(reminders.operations + [Preview.operation]), logger: service.logger)

            return [
                service.opsServer(listen: settings.opsListen),
                Part("schedulers", start: { schedulers.start() }, stop: { await schedulers.stop() }),
                ConnectionChecks(readiness: service.readiness, clients: ["scheduler": schedulers]),
                // Stopped first: what was asked is answered while the scheduler can still be asked.
                APIServer(listen: settings.listen, responder: responder, logger: service.logger),
            ]
        }
    }
}

struct GatewaySettings: ServiceSettings {
    let listen: Endpoint
    let opsListen: Endpoint
    let schedulers: [Endpoint]
    /// Asked for in so many words: anyone who can reach the API may call it.
    let allowsAnonymous: Bool

    init(_ settings: inout SettingsReader, common: CommonSettings) {
        listen = settings.value("GATEWAY_LISTEN", .listen, default: "127.0.0.1:5000", help: "where the API is served")
        opsListen = settings.value(
            "GATEWAY_OPS_LISTEN", .listen, default: "127.0.0.1:5555", help: "where /healthz, /readyz and /metrics are served")
        schedulers = settings.value(
            "SCHEDULER_ENDPOINTS", .endpoints, default: "127.0.0.1:7101", help: "the schedulers that keep the reminders")
        allowsAnonymous = settings.value(
            "GATEWAY_ALLOW_ANONYMOUS", .boolean, default: "false",
            help: "true says that anyone who can reach the API may create, read and cancel reminders")
        settings.check { [listen, allowsAnonymous] () throws(ConfigurationError) in
            try requireAuthentication(
                listen: listen, hasAuthentication: allowsAnonymous,
                howTo: "set GATEWAY_ALLOW_ANONYMOUS=true if anyone who can reach it may call the API")
        }
        settings.checkOpsListener(opsListen, common)
    }
}
