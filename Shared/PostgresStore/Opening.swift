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
    private let epochs: OwnEpochs, pending: PendingCounts
    private let numbers = SeriesNumbers()
    private var hasBegun = false, hasTaken = false
    /// On which shards had been taken before.
    private var former: LastServer?
    /// Has the server's processes of the last connections, which may not have noticed yet that they are lost.
    private let ownership: Ownership

    var label: String { address.description }
    var scope: StoreScope { distribution.scope }
    /// Nothing is written any more.
    var isLost: Bool { ownership.isLost }

    init(
        _ address: PostgresAddress, _ distribution: PostgresDistribution, _ limits: PostgresLimits, _ ownership: Ownership,
        onFault: @escaping @Sendable (String) -> Void
    ) {
        self.address = address
        self.ownership = ownership
        self.distribution = distribution
        self.limits = limits
        self.onFault = onFault
        epochs = OwnEpochs()
        pending = PendingCounts(epochs)
    }

    func open() throws(StoreError) -> WriterSession {
        guard !isLost else { throw ownership.lossError(label) }
        let connection: Connection, prepared: Result<ServerPlace, StoreError>
        do throws(PostgresFailure) {
            connection = try Connection(address, limits)
            prepared = try prepare(connection)
        } catch {
            throw storeError(error)
        }
        let server = try prepared.get()
        do throws(PostgresFailure) {
            ownership.backends = [try Backend.serving(connection)]
            if hasBegun { if try !isOwner(connection) { ownership.lose() } } else { try begin(connection) }
            hasBegun = true
            guard !isLost else { throw PostgresFailure.fenced }
            let others = try self.others()
            return WriterSession(
                connection, beside: others, on: server, scope, epochs: epochs, label: label, pending: pending, numbers: numbers, onFault: onFault)
        } catch {
            throw storeError(error)
        }
    }

    private func storeError(_ failure: PostgresFailure) -> StoreError { isLost ? ownership.lossError(label) : failure.storeError(label) }

    /// Shows by which processes of the server it is served now: whoever finds it silent ends those.
    /// - Returns: whether another has had the database meanwhile.
    private func isOwner(_ connection: Connection) throws(PostgresFailure) -> Bool {
        try !connection.run([OwnerRow.beating(ownership.instance, ownership.backends)])[0].isEmpty
    }

    /// - Returns: the server that has the database, or why that cannot be used.
    private func prepare(_ connection: Connection) throws(PostgresFailure) -> Result<ServerPlace, StoreError> {
        if let refusal = try Schema.checkServer(connection, label) { return .failure(refusal) }
        let server = try ownership.admit(connection)
        if let refusal = try Citus.refusal(of: connection, distribution, label) { return .failure(refusal) }
        guard try owns(connection) else {
            return .failure(.inUse("\(label): another scheduler uses it. End that one first, or name another database"))
        }
        // Nobody else has the store by now: a scheduler of an earlier build would go on with rows that are not there any more.
        connection.answerWait = limits.migrationWait
        defer { connection.answerWait = limits.answerWait }
        if let refusal = try Schema.migrate(connection, label) { return .failure(refusal) }
        for setting in WriterSession.settings(scope) { _ = try connection.run(setting) }
        if distribution == .citus { try Citus.distribute(connection) }
        return .success(server)
    }

    private func owns(_ connection: Connection) throws(PostgresFailure) -> Bool {
        let deadline = ContinuousClock.now + (ownership.backends.isEmpty ? limits.ownWait : limits.resolveWait)
        // What one of them still carries out would go behind the back of what is decided from now on.
        while true {
            if try endFormer(connection), try Schema.own(connection) { return true }
            guard ContinuousClock.now < deadline else { return false }
            Self.pause()
        }
    }

    /// Ends this scheduler's own former processes, of connections that only the server has not lost yet.
    /// - Returns: whether none is there any more.
    private func endFormer(_ connection: Connection) throws(PostgresFailure) -> Bool {
        let former = ownership.backends
        guard !former.isEmpty else { return true }
        return try connection.run([Backend.ending(former)])[0].isEmpty
    }

    /// Connections beside the first.
    private func others() throws(PostgresFailure) -> [Connection] {
        var others: [Connection] = []
        while scope == .shard, others.count + 1 < limits.shardConnections {
            let other = try Connection(address, limits)
            _ = try ownership.admit(other)
            ownership.backends.append(try Backend.serving(other))
            for setting in WriterSession.settings(scope) { _ = try other.run(setting) }
            others.append(other)
        }
        return others
    }

    /// Shows itself as who has the database.
    private func begin(_ connection: Connection) throws(PostgresFailure) {
        former = try LastServer.read(connection)
        let sent = SystemClock.sinceBoot
        let others = try connection.run(OwnerRow.taking(ownership.instance, ownership.backends))[1]
        ownership.arrived(sent: sent)
        ownership.shown(isSuccessor: !others.isEmpty)
        ownership.began(of: try connection.run("SELECT convert_to(store::text, 'UTF8') FROM schema_version").text(0, 0) ?? "")
    }

    /// Shards have been taken: what became of those of the server before is told.
    func took(_ taken: TakenShards, over session: WriterSession) throws(PostgresFailure) -> TakenShards {
        ownership.took(with: taken.shards.map(\.epoch).max() ?? 0)
        guard !hasTaken else { return taken }
        try LastServer.keep(session.server, session.connection)
        ownership.server.took(on: session.server, after: former)
        hasTaken = true
        return taken
    }

    /// Another may have the database from now on.
    func leave(_ session: WriterSession?) {
        ownership.end()
        guard let session else { return }
        _ = try? session.connection.run([OwnerRow.leaving(ownership.instance)])
        session.leave()
    }

    /// Between two looks at something that is under way.
    static func pause() { usleep(20_000) }
}
