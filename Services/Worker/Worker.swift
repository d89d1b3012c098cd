import Logging
import NIOPosix
import Operations
import ServiceLifecycle
import Tasks
import Wire

/// worker: takes occurrences from the schedulers and runs their tasks. Stateless; any number may run.
@main
enum WorkerMain {
    static func main() async {
        await ServiceMain.run(name: "worker", settings: WorkerSettings.self) { service in
            let settings = service.settings
            // Streams, calls and tasks share one event loop: an occurrence never changes threads on its way.
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let eventLoop = group.next()
            let wire = try service.wire()

            let notifiers = Client(
                to: .notifier, at: settings.notifiers.map(WireEndpoint.init), settings: wire, repetition: .never,
                eventLoop: eventLoop, logger: service.logger)
            let registry = try TaskRegistry(
                notification: NotificationTask(notifiers: notifiers), log: settings.hasLogTask ? service.logger : nil)
            let link = SchedulerLink(
                eventLoop: eventLoop, instance: wire.identity.instance, queues: settings.queues,
                concurrency: settings.concurrency, registry: registry, logger: service.logger)
            let schedulers = Client(
                to: .scheduler, at: settings.schedulers.map(WireEndpoint.init), settings: wire.reconnectingFast, repetition: .never,
                eventLoop: eventLoop, logger: service.logger, onReady: link.attach)

            return [
                service.opsServer(listen: settings.opsListen),
                Part("event loop", stop: { try await group.shutdownGracefully() }),
                EventLoopPulse(of: eventLoop, readiness: service.readiness),
                Part("notifiers", start: { notifiers.start() }, stop: { await notifiers.stop() }),
                Part("schedulers", start: { schedulers.start() }, stop: { await schedulers.stop() }),
                // Stopped first: what runs is finished and reported while the connections are still there.
                Part("tasks", stop: { await link.drain() }),
                ConnectionChecks(readiness: service.readiness, clients: ["scheduler": schedulers, "notifier": notifiers]),
            ]
        }
    }
}

struct WorkerSettings: ServiceSettings {
    let schedulers: [Endpoint]
    let notifiers: [Endpoint]
    let queues: [String]
    let concurrency: Int
    /// Whether callers may write lines into its log.
    let hasLogTask: Bool
    let opsListen: Setting<Endpoint>

    init(_ settings: inout SettingsReader, common: CommonSettings) {
        schedulers = settings.value(
            "SCHEDULER_ENDPOINTS", .endpoints, default: "127.0.0.1:7101", help: "the scheduler that it takes occurrences from")
        notifiers = settings.value(
            "NOTIFIER_ENDPOINTS", .endpoints, default: "127.0.0.1:7103", help: "the notifiers that deliver notifications")
        queues = settings.value("WORKER_QUEUES", .names, default: "default", help: "the queues that it serves")
        concurrency = settings.value(
            "WORKER_CONCURRENCY", .integer(1...65_536), default: "512", help: "occurrences that it runs at once")
        hasLogTask = settings.value(
            "WORKER_LOG_TASK", .boolean, default: "false",
            help: "true gives it the task worker.log, by which callers write lines into its log: for trying things out")
        opsListen = settings.setting(
            "WORKER_OPS_LISTEN", .listen, default: "127.0.0.1:9102", help: "where /healthz, /readyz and /metrics are served")
        settings.checkOpsListener(opsListen, common)
        settings.check { [schedulers] () throws(ConfigurationError) in
            guard schedulers.count > 1 else { return }
            throw ConfigurationError(
                "SCHEDULER_ENDPOINTS names \(schedulers.count) schedulers, \(schedulers.map(\.description).joined(separator: ", ")); "
                    + "a worker takes occurrences from one: name one, and run a worker for each of the others")
        }
    }
}

extension WireSettings {
    /// A scheduler that was away for a moment waits for the workers that it knew, but not for long (``Keepalive``).
    fileprivate var reconnectingFast: WireSettings {
        var settings = self
        settings.reconnectMilliseconds = 20...500
        return settings
    }
}
