import Glibc
import Logging
import NIOPosix
import ServiceLifecycle
public import TaskOperations
// Who writes a worker writes tasks: one import brings both.
@_exported public import ScheduledTasks
internal import TaskWire

/// A worker of one's own: takes occurrences from the scheduler and runs their tasks, in a program that others write.
///
/// ```swift
/// import TaskWorker
///
/// @main enum SchoolWorker {
///     static func main() async {
///         await TaskWorker.run(name: "school-worker") { worker in
///             let database = Database(…)
///             worker.run(database)                                     // a Service of swift-service-lifecycle
///             try worker.tasks.register(Greet(database: database))      // a type with typed arguments
///             try worker.tasks.register("people.count") { invocation in // or a closure
///                 print(try invocation.arguments().args.count)
///             }
///         }
///     }
/// }
/// ```
///
/// It is what the executable `worker` is: the same settings, flags and environment, logs, `/healthz`, `/readyz` and `/metrics`, leases,
/// drain on SIGTERM and exit codes. `--help` lists them all.
public enum TaskWorker {
    /// Runs the worker until it is asked to end.
    /// - Parameters:
    ///   - name: the program's, for its log and its messages.
    ///   - version: the program's, as `--version` and the scheduler's list of workers show it.
    ///   - setUp: gives it its tasks. What it throws is one line on standard error, and the end.
    public static func run(
        name: String, version: String = Build.version, _ setUp: @escaping @Sendable (inout WorkerSetup) async throws -> Void
    ) async -> Never {
        await run(name: name, version: version, settings: TaskWorkerSettings.self) { setup, _ in try await setUp(&setup) }
    }

    /// Runs a worker that has settings of its own.
    package static func run<Settings: SettingsOfWorker>(
        name: String, version: String = Build.version, settings: Settings.Type,
        _ setUp: @escaping @Sendable (inout WorkerSetup, ServiceStart<Settings>) async throws -> Void
    ) async -> Never {
        await ServiceMain.run(name: name, version: version, settings: settings) { service in try await parts(of: service, setUp) }
    }

    private static func parts<Settings: SettingsOfWorker>(
        of service: ServiceStart<Settings>, _ setUp: (inout WorkerSetup, ServiceStart<Settings>) async throws -> Void
    ) async throws -> [any Service] {
        let settings = service.settings.work
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        let wire = try service.wire(as: .worker)
        var setup = WorkerSetup(eventLoop: eventLoop, wire: wire, logger: service.logger)
        try await setUp(&setup, service)

        let places = Places(
            eventLoop: eventLoop,
            capacity: Capacity(queues: settings.queues, concurrency: settings.concurrency, maxConcurrency: settings.maxConcurrency),
            // As if by hand: everything begun is finished already.
            shutDown: { kill(getpid(), SIGTERM) })
        let identity = WorkerIdentity(instance: wire.identity.instance, version: service.version), registry = setup.tasks
        let schedulers = Schedulers(
            at: settings.schedulers.map(WireEndpoint.init), settings: wire.reconnectingFast, logger: service.logger
        ) {
            SchedulerLink(sharing: places, as: identity, registry: registry, logger: service.logger)
        }
        return [
            service.opsServer(listen: settings.opsListen),
            Part("event loop", stop: { try await group.shutdownGracefully() }),
            EventLoopPulse(of: eventLoop, readiness: service.readiness),
        ] + setup.services + [
            Part("schedulers", start: { schedulers.start() }, stop: { await schedulers.stop() }),
            // Stopped first: what runs is finished and reported while the connections are still there.
            Part("tasks", stop: { await schedulers.drain() }),
            ConnectionChecks(readiness: service.readiness, clients: setup.clients.merging(["scheduler": schedulers]) { _, own in own }),
        ]
    }
}
