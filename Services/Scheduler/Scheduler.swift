import Logging
import NIOPosix
import PostgresStore
import SchedulerCore
import Sealing
import ServiceLifecycle
import Storage
import TaskDomain
import TaskOperations
import TaskWire

/// scheduler: keeps reminders, hands due occurrences to workers, records what became of them. The only service with
/// state.
@main
enum SchedulerMain {
    static func main() async {
        let commands = [Backup.command, CopyStore.command, Reseal.command, RoleKeys.command]
        await ServiceMain.run(name: "scheduler", settings: SchedulerSettings.self, commands: commands) { service in
            let settings = service.settings, logger = service.logger, readiness = service.readiness
            // Decisions, streams, calls and what the store completes share one event loop: no lock, no hop between them.
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let eventLoop = group.next()
            let completed = Mailbox<@Sendable () -> Void>(eventLoop: eventLoop) { completions in
                for complete in completions { complete() }
            }
            let open = try await StandingBy(service: service, deliver: completed.send).open()
            let store = open.store
            readiness.set("store", .ok)
            let sealer = try Sealer.open(settings.sealKeyFile, isMade: settings.makesSealKey, store: settings.store.value, sealedWith: open.sealedWith, logger)
            try sealer.requireKey(of: open, in: settings.store)
            let strands = try await store.takeAll()
            var wire = try service.wire()
            wire.identity.tenure = open.ownership.map { Tenure(store: $0.tenure.store, term: $0.tenure.term) }
            var configuration = CoreConfiguration()
            configuration.keepalive = wire.keepalive
            let loop = SchedulerLoop(
                configuration: configuration, store: store, ownership: open.ownership, sealer: sealer, eventLoop: eventLoop, logger: logger
            ) { isFailing in
                readiness.set("store", isFailing ? .failing("writes fail; they are repeated") : .ok)
            }
            readiness.watch("scheduler's loop", loop.pulse)
            readiness.watch("store's writes", loop.storeProbe.pulse)
            let table = SchedulerAPI(loop: loop, readiness: readiness).table { stream in WorkerStream(stream, loop: loop, logger: logger) }
            let server = Server(settings: wire, table: table, eventLoop: eventLoop, logger: logger)

            // Before anyone can connect: a worker that comes back is asked what it runs only once it is known what is due.
            try await loop.start(strands, queues: store.queues())

            let ownership: [any Service] = open.ownership.map {
                [ReplicationReport(server: $0.server, readiness: readiness, logger: logger), OwnershipCheck(ownership: $0)]
            } ?? []
            return [
                service.opsServer(listen: settings.opsListen),
                Part("event loop", stop: { try await group.shutdownGracefully() }),
                Part("store", stop: { await store.close() }),
                WireListener(server: server, listen: settings.listen, logger: logger),
                ServedCheck(loop: loop, readiness: readiness),
                ZoneWatch(loop, logger: logger),
                DiskWatch(store: store, reserve: settings.diskReserve, loop: loop, readiness: readiness, logger: logger),
                Pruner(
                    store: store, retention: settings.retention, deadLetterRetention: settings.deadLetterRetention, logger: logger),
                CredentialKeys(sealer, store: store, logger: logger),
                // Stopped first: what the workers run is reported while their streams are there.
                Part("dispatching", stop: { await loop.drain() }),
            ] + ownership
        }
    }
}

struct SchedulerSettings: ServiceSettings {
    let listen: Setting<Endpoint>
    let opsListen: Setting<Endpoint>
    let store: Setting<StoreLocation>
    let storePasswordFile: StorePasswordFile?
    let storeDistribution: PostgresDistribution
    let retention: Duration
    let deadLetterRetention: Duration
    let diskReserve: DiskReserve
    let sealKeyFile: Setting<String>?
    /// Whether the file of keys that is set is made where there is none.
    let makesSealKey: Bool
    let common: CommonSettings

    init(_ settings: inout SettingsReader, common: CommonSettings) {
        self.common = common
        listen = settings.setting(
            "SCHEDULER_LISTEN", .listen, default: "127.0.0.1:7101", help: "where gateways and workers connect to")
        opsListen = settings.setting(
            "SCHEDULER_OPS_LISTEN", .listen, default: "127.0.0.1:9101", help: "where /healthz, /readyz and /metrics are served")
        store = settings.setting(
            "SCHEDULER_STORE", .store, default: "sqlite:var/task-scheduler.db", help: "where reminders are kept")
        storePasswordFile = settings.optionalSetting(
            "SCHEDULER_STORE_PASSWORD_FILE", .path, help: "a file that holds the password of a PostgreSQL database; without it PGPASSFILE counts"
        ).map(StorePasswordFile.init)
        storeDistribution = settings.value(
            "SCHEDULER_STORE_DISTRIBUTION", .distribution, default: "none",
            help: "citus: the tables of a PostgreSQL database are distributed by Citus, and made so where they are not; by-shard: written as "
                + "for Citus, without it")
        retention = settings.value(
            "SCHEDULER_RETENTION", .duration(.seconds(60) ... .seconds(3_650 * 86_400)), default: "30d",
            help: "how long finished reminders are kept, and attempts: of each reminder the latest \(Attempt.alwaysKept) always, "
                + "and no more than about \(Attempt.mostKept)")
        deadLetterRetention = settings.value(
            "SCHEDULER_DEAD_LETTER_RETENTION", .duration(.seconds(60) ... .seconds(3_650 * 86_400)), default: "90d",
            help: "how long dead letters are kept to be replayed, and with them their reminders")
        diskReserve = settings.value(
            "SCHEDULER_DISK_RESERVE", .diskReserve, default: "5%,1GiB",
            help: "room on the store's disk that is kept for deliveries: with less, new reminders are refused; of a PostgreSQL server's disk "
                + "nothing is known")
        sealKeyFile = settings.optionalSetting(
            "SEAL_KEY_FILE", .path, help: "the keys that credentials are sealed with; without it a file is made beside the database, "
                + "but with PostgreSQL it is required")
        makesSealKey = settings.value(
            "SEAL_KEY_CREATE", .boolean, default: "false", help: "true: the file of SEAL_KEY_FILE is made with a fresh key where there is none")
        settings.check { [store, storeDistribution] () throws(ConfigurationError) in
            guard case .sqlite = store.value, storeDistribution != .none else { return }
            throw ConfigurationError(
                "SCHEDULER_STORE_DISTRIBUTION is \(storeDistribution.rawValue), but SCHEDULER_STORE names a file; only the tables of a PostgreSQL "
                    + "database can be distributed")
        }
        settings.check { [store, sealKeyFile] () throws(ConfigurationError) in
            guard case .postgres = store.value, sealKeyFile == nil else { return }
            throw ConfigurationError(
                "SEAL_KEY_FILE is not set; with a PostgreSQL database it must be the path of a file of keys, which is no part of the database")
        }
        settings.checkClusterListener(listen, common)
        settings.checkOpsListener(opsListen, common)
    }
}

extension Store {
    fileprivate func takeAll() async throws -> [TakenShards] {
        var taken: [TakenShards] = []
        for strand in Self.strands { taken.append(try await answer { take(strand, passed: SchedulerCore.maxPassed, completion: $0) }) }
        return taken
    }

    fileprivate func queues() async throws -> [QueueSettings] {
        try await answer { queues(completion: $0) }
    }
}
