import Storage
import Synchronization

/// What is said of the server beneath a store.
public enum ServerReport: Sendable, Hashable {
    /// It has replicas otherwise than it had.
    case replication(Replication)
    /// The shards were taken on another server than the last time.
    case failover(Failover)
}

/// What a process knows of the server that has the database: from connection to connection it sees whether that is the same one still.
public final class ServerWatch: Sendable {
    /// For one reader.
    public let reports: AsyncStream<ServerReport>

    private struct State {
        var last: ServerSight?
        var failover: Failover?
    }

    private let state = Mutex(State())
    private let report: AsyncStream<ServerReport>.Continuation

    /// Reports that may wait for their reader.
    private static let keptReports = 16

    init() { (reports, report) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.keptReports)) }

    deinit { report.finish() }

    /// That another server was found in the place of the one that was seen first.
    public var failover: Failover? { state.withLock { $0.failover } }

    /// Looks at which server a connection is to. Where it has taken another's place, how that was seen last is noted there.
    /// - Throws: also where it is no server to write to: a standby, or one whose place another has taken that was seen already.
    func look(_ connection: Connection) throws(PostgresFailure) -> ServerPlace {
        let sight = try ServerSight.read(connection)
        guard let last = state.withLock({ $0.last }), !last.place.isSame(as: sight.place) else {
            saw(sight)
            return sight.place
        }
        guard last.place.system != sight.place.system || last.place.timeline < sight.place.timeline else {
            throw PostgresFailure(
                .connection,
                "the server is still on timeline \(sight.place.timeline), but the database has gone on on timeline \(last.place.timeline): stop "
                    + "this one")
        }
        let former = LastServer(last)
        try former.note(connection)
        state.withLock { $0.failover = Failover(from: former, to: sight.place) }
        return sight.place
    }

    private func saw(_ sight: ServerSight) {
        let isNew = state.withLock { state in
            defer { state.last = sight }
            return state.last?.replication != sight.replication
        }
        if isNew { report.yield(.replication(sight.replication)) }
    }

    /// The server that was looked at was asked for its replicas once more.
    func saw(_ replication: Replication) {
        guard var sight = state.withLock({ $0.last }), failover == nil else { return }
        sight.replication = replication
        saw(sight)
    }

    /// Whoever looks knows nothing that the former server had.
    func forget() { state.withLock { $0 = State() } }

    /// The shards have been taken.
    /// - Parameter former: where they had been taken before.
    func took(on place: ServerPlace, after former: LastServer?) {
        if let failover = former.flatMap({ Failover(from: $0, to: place) }) { report.yield(.failover(failover)) }
    }
}

extension Ownership {
    /// Makes sure that a connection is to the server on which the shards were taken. What was confirmed there may be missing on another, and what
    /// became of the last commits is not known: so nothing goes on there with what is in memory.
    func admit(_ connection: Connection) throws(PostgresFailure) -> ServerPlace {
        let place = try server.look(connection)
        guard let failover = server.failover else { return place }
        lose()
        throw PostgresFailure(.connection, "\(failover)")
    }

    /// Why nothing is written any more.
    func lossError(_ label: String) -> StoreError {
        server.failover.map { .unavailable("\(label): \($0)") } ?? PostgresFailure.fenced.storeError(label)
    }
}
