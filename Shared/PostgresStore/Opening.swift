import Storage
import TaskDomain

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Opens the writing connection: the first time it takes the store, and again after each loss it makes sure that the store is still its own.
final class Opening {
    private let address: PostgresAddress
    private let distribution: PostgresDistribution
    private let limits: PostgresLimits
    private let onFault: @Sendable (String) -> Void
    private let pending = PendingCounts()
    /// Of the shards, as they were taken.
    private var epochs: [Int64]?
    /// The server's process of the last connection, which may not have noticed yet that it is lost.
    private var formerBackend: Int32?

    var label: String { address.description }
    var scope: StoreScope { distribution.scope }

    init(_ address: PostgresAddress, _ distribution: PostgresDistribution, _ limits: PostgresLimits, onFault: @escaping @Sendable (String) -> Void) {
        self.address = address
        self.distribution = distribution
        self.limits = limits
        self.onFault = onFault
    }

    func open() throws(StoreError) -> WriterSession {
        let connection: Connection, refusal: StoreError?
        do throws(PostgresFailure) {
            connection = try Connection(address, limits)
            refusal = try prepare(connection)
        } catch {
            throw error.storeError(label)
        }
        if let refusal { throw refusal }
        do throws(PostgresFailure) {
            formerBackend = connection.backend
            let epochs = if let known = epochs { known } else { try take(connection) }
            self.epochs = epochs
            return try WriterSession(connection, scope, epochs: epochs, label: label, pending: pending, onFault: onFault)
        } catch {
            throw error.storeError(label)
        }
    }

    /// - Returns: why the database cannot be used; `nil`: it can.
    private func prepare(_ connection: Connection) throws(PostgresFailure) -> StoreError? {
        if let refusal = try Schema.checkServer(connection, label) { return refusal }
        if let refusal = try Citus.refusal(of: connection, distribution, label) { return refusal }
        if let refusal = try Schema.migrate(connection, label) { return refusal }
        for setting in WriterSession.settings(scope) { _ = try connection.run(setting) }
        guard try owns(connection) else {
            return .inUse("\(label): another scheduler uses it. Run one scheduler on a database, or name another database")
        }
        if distribution == .citus { try Citus.distribute(connection) }
        return nil
    }

    private func owns(_ connection: Connection) throws(PostgresFailure) -> Bool {
        if try Schema.own(connection) { return true }
        let deadline = ContinuousClock.now + (formerBackend == nil ? limits.ownWait : limits.resolveWait)
        repeat {
            if let formerBackend {
                // It is this scheduler's own, of a connection that only the server has not lost yet.
                _ = try connection.run(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::bigint AND application_name = 'task-scheduler'",
                    [.int(Int64(formerBackend))])
            }
            if try Schema.own(connection) { return true }
            Self.pause()
        } while ContinuousClock.now < deadline
        return false
    }

    /// Raises the epochs, so that whoever had the shards before can write no more.
    private func take(_ connection: Connection) throws(PostgresFailure) -> [Int64] {
        var epochs = [Int64](repeating: 0, count: Shard.count)
        for rows in try connection.run(Self.taking(scope)) {
            for row in rows.indices {
                guard let shard = Shard(Int(rows.int(row, 0))) else { continue }
                epochs[Int(shard.number)] = rows.int(row, 1)
            }
        }
        return epochs
    }

    private static func taking(_ scope: StoreScope) -> [Query] {
        let take = "UPDATE shards SET epoch = epoch + 1", taken = "RETURNING shard, epoch"
        return switch scope {
        case .lane: [Query("\(take) \(taken)")]
        case .shard: Shard.all.map { Query("\(take) WHERE shard = $1 \(taken)", [.shard($0)]) }
        }
    }

    /// Between two looks at something that is under way.
    static func pause() { usleep(20_000) }
}
