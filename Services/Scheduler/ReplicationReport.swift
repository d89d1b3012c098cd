import Logging
import Metrics
import PostgresStore
import ServiceLifecycle
import TaskOperations

/// Says of the database's server whether a replica has what it confirms, and of a failover whether something may be lost with it: in the log, in a
/// notice of `/readyz` and in metrics, for as long as this process runs.
struct ReplicationReport: Service, CustomStringConvertible {
    let server: ServerWatch
    let readiness: Readiness
    let logger: Logger
    private let replicas = Gauge(label: "scheduler_store_asynchronous_replicas")
    private let mayHaveLost = Gauge(label: "scheduler_store_may_have_lost")

    init(server: ServerWatch, readiness: Readiness, logger: Logger) {
        self.server = server
        self.readiness = readiness
        self.logger = logger
        mayHaveLost.record(0)
    }

    var description: String { "replication report" }

    func run() async throws {
        var said = Replication.none
        for await report in server.reports.cancelOnGracefulShutdown() {
            switch report {
            case .failover(let failover): say(failover)
            case .replication(let replication):
                if !replication.isSaid(with: said) { say(replication) }
                said = replication
                replicas.record(replication.asynchronousReplicas)
            }
        }
        try? await gracefulShutdown()
    }

    private func say(_ replication: Replication) {
        switch replication {
        case .none: logger.notice("no replica of the database is connected")
        case .synchronous: logger.info("replication is synchronous: a synchronous replica has whatever is confirmed")
        case .asynchronous:
            logger.warning(
                """
                replication is asynchronous: where a replica is promoted, what was confirmed in the last moments before may be lost. With \
                synchronous_standby_names set commits wait for one
                """)
        }
    }

    private func say(_ failover: Failover) {
        mayHaveLost.record(failover.mayHaveLost ? 1 : 0)
        logger.log(level: failover.mayHaveLost ? .warning : .info, "\(failover)")
        readiness.set("failover", failover.mayHaveLost ? .notice("\(failover)") : .ok)
    }
}

extension Replication {
    fileprivate var asynchronousReplicas: Int { if case .asynchronous(let replicas) = self { replicas } else { 0 } }

    /// Whether it differs only in the number of replicas.
    fileprivate func isSaid(with other: Replication) -> Bool {
        switch (self, other) {
        case (.none, .none), (.synchronous, .synchronous), (.asynchronous, .asynchronous): true
        case (.none, _), (.synchronous, _), (.asynchronous, _): false
        }
    }
}
