import Storage
import TaskDomain

/// The writing connection, from one opening to the next.
final class WriterSession {
    let connection: Connection
    /// Those over which transactions of one shard go beside those on `connection`.
    private let others: [Connection]
    let scope: StoreScope
    let epochs: OwnEpochs
    let server: ServerPlace
    private let label: String
    private let onFault: @Sendable (String) -> Void
    let pending: PendingCounts
    private let numbers: SeriesNumbers
    private var isInTransaction = false

    /// A transaction as its server knows it.
    struct Transaction {
        let number: Int64
        let server: ServerPlace
    }

    /// The end of a transaction was lost with its connection, or is not confirmed by a synchronous replica.
    struct Unknown: Error {
        /// By which the server is asked afterwards; `nil`: it cannot say.
        let transaction: Transaction?
        let failure: PostgresFailure
        let results: [StoreWriteResult]
    }

    /// Why writes were not carried out.
    enum Stop: Error {
        case failed(PostgresFailure)
        case unknown(Unknown)

        var failure: PostgresFailure {
            switch self {
            case .failed(let failure): failure
            case .unknown(let unknown): unknown.failure
            }
        }
    }

    /// - Parameters:
    ///   - others: connections beside the first, in shard scope.
    ///   - server: which all of them are to.
    ///   - epochs: of the shards that were taken.
    init(
        _ connection: Connection, beside others: [Connection], on server: ServerPlace, _ scope: StoreScope, epochs: OwnEpochs, label: String,
        pending: PendingCounts, numbers: SeriesNumbers, onFault: @escaping @Sendable (String) -> Void
    ) {
        self.connection = connection
        self.others = others
        self.server = server
        self.scope = scope
        self.epochs = epochs
        self.label = label
        self.onFault = onFault
        self.pending = pending
        self.numbers = numbers
        pending.forget()
    }

    /// Of a connection. Every statement goes along the index that it is written for, whatever the tables' statistics say of the moment.
    static func settings(_ scope: StoreScope) -> [String] {
        [
            "SET enable_seqscan = off", "SET enable_hashjoin = off", "SET enable_mergejoin = off", "SET enable_bitmapscan = off", "SET jit = off",
            // What is set for the user is not meant for one who holds connections for as long as it lives.
            "SET idle_session_timeout = 0", "SET idle_in_transaction_session_timeout = 0", "SET statement_timeout = 0", "SET lock_timeout = 0",
            // The server is to notice soon that a scheduler's machine is gone: until then nobody else has its store.
            "SET tcp_keepalives_idle = 5", "SET tcp_keepalives_interval = 2", "SET tcp_keepalives_count = 3",
            // Citus needs to see the shard to know where a statement goes.
        ] + (scope == .lane ? ["SET plan_cache_mode = force_generic_plan"] : [])
    }

    var isBroken: Bool { connection.isBroken || others.contains(where: \.isBroken) }

    /// Another may have the store from now on.
    func leave() { Schema.disown(connection) }

    // MARK: Transactions

    /// What each transaction that writes begins with: in the first place the fence. Its division by zero ends the transaction where another
    /// scheduler has taken a shard, or the shard has no row any more by which one could see that, and its lock keeps one from doing so until
    /// the transaction has ended.
    private func begin(_ shards: Set<Shard>) -> [Query] {
        let shards = shards.isEmpty ? [epochs.anyShard] : shards.sorted()
        switch scope {
        case .lane:
            return [
                Query("BEGIN"),
                Query(
                    """
                    SELECT 1 / (count(*) = cardinality($1::smallint[]))::int FROM (
                        SELECT s.shard FROM \(scope.given([("epoch", "bigint")])) JOIN shards s ON \(scope.isGiven("s")) AND s.epoch = u.epoch
                        ORDER BY s.shard FOR SHARE OF s) own
                    """, [.shards(shards), .ints(shards.map { epochs[$0] })]),
                Query("SELECT pg_current_xact_id()"),
            ]
        case .shard:
            // Asked on one node what became of a transaction on another, the server does not know.
            return [Query("BEGIN")] + shards.map { shard in
                Query(
                    "SELECT 1 / count(*)::int FROM (SELECT epoch FROM shards WHERE shard = $1 AND epoch = $2::bigint FOR SHARE) own",
                    [.shard(shard), .int(epochs[shard])])
            }
        }
    }

    private static let commit = Query("COMMIT")

    /// Carries out what is of different shards over all connections at once.
    /// - Parameter units: of each, the sets of statements that go one after the other.
    private func run(units: [[[Query]]]) -> [[SetAnswer]] {
        let usable = ([connection] + others).filter { !$0.isBroken }, connections = usable.isEmpty ? [connection] : usable
        let dealt = connections.indices.map { first in stride(from: first, to: units.count, by: connections.count).map { units[$0] } }
        var answers = SetTrip.run(zip(connections, dealt).map { ($0, $1.flatMap(\.self)) }).map { $0[...] }
        return units.indices.map { index in
            let place = index % connections.count, count = units[index].count
            defer { answers[place].removeFirst(count) }
            return Array(answers[place].prefix(count))
        }
    }

    /// Carries out each in a transaction of its own, in one trip.
    private func transact(_ transactions: [(shards: Set<Shard>, queries: [Query])]) -> [Result<[Rows], PostgresFailure>] {
        // The commit goes by itself: it ends the transaction also where that has failed, so that the next can begin.
        let answers = run(units: transactions.map { [begin($0.shards) + $0.queries, [Self.commit]] })
        var outcomes: [Result<[Rows], PostgresFailure>] = []
        for (index, transaction) in transactions.enumerated() {
            let body = answers[index][0], end = answers[index][1]
            switch (body.rows, end.rows) {
            case (.failure(let failure), _), (.success, .failure(let failure)): outcomes.append(.failure(failure))
            case (.success(let rows), .success):
                let doubt = Self.doubt(end.warning)
                outcomes.append(doubt.map { .failure($0) } ?? .success(Array(rows.suffix(transaction.queries.count))))
            }
        }
        return outcomes
    }

    /// Changes rows, each shard's in a transaction of its own, or in lane scope all in one, and is back when that is on stable storage.
    /// - Parameter queries: the statements for some of the rows.
    /// - Returns: what each of those returned.
    @discardableResult
    func change<Row>(_ rows: [Row], in shard: (Row) -> Shard, _ queries: ([Row]) -> [Query]) throws(PostgresFailure) -> [Rows] {
        var changed: [Rows] = []
        let transactions = scope.groups(rows, shard).map { group in (shards: Set(group.shards), queries: queries(group.rows)) }
        for outcome in transact(transactions) { changed += try outcome.get() }
        return changed
    }

    /// What a warning says of a commit. "canceling wait for synchronous replication": it is made here, and perhaps nowhere else.
    private static func doubt(_ warning: String?) -> PostgresFailure? { warning.map { PostgresFailure(.unconfirmed, $0) } }

    /// Changes rows of no shard.
    @discardableResult
    func change(_ queries: [Query]) throws(PostgresFailure) -> [Rows] {
        try transact([(shards: [], queries: queries)])[0].get()
    }

    /// What became of a transaction: "committed", "aborted" or "forgotten", or else it is not known yet.
    ///
    /// A server that was promoted meanwhile, or has recovered from a crash, may not have had it, and its number is another's now.
    ///
    /// It is asked in a transaction of its own, which takes a lock and so has something to commit: once that is confirmed, by a synchronous
    /// replica where there is one, so is everything before it.
    func status(of transaction: Transaction) throws(PostgresFailure) -> String? {
        guard transaction.server == server else { return "forgotten" }
        return try change([Query("SELECT convert_to(pg_xact_status($1::bigint::text::xid8), 'UTF8')", [.int(transaction.number)])])[0].text(0, 0)
    }

    /// Shards that are asked about in one trip, so that no more are than there is room for what they have.
    static let shardsAtOnce = 16

    /// Asks about shards, one after the other.
    /// - Parameters:
    ///   - query: the question about some of them.
    ///   - goOn: takes what was found; whether there is room for more.
    func look(in shards: [Shard], _ query: ([Shard]) -> Query, _ goOn: (Rows) throws(PostgresFailure) -> Bool) throws(PostgresFailure) {
        guard scope == .shard else {
            _ = try goOn(try connection.run([query(shards)])[0])
            return
        }
        for first in stride(from: 0, to: shards.count, by: Self.shardsAtOnce) {
            let some = shards[first..<min(first + Self.shardsAtOnce, shards.count)]
            for rows in try connection.run(some.map { query([$0]) }) where try !goOn(rows) { return }
        }
    }

    /// Leaves the connection in a state from which to go on.
    /// - Returns: whether it can.
    func goesOn(after failures: [PostgresFailure]) -> Bool {
        pending.forget()
        guard rollBack(), !others.contains(where: \.isBroken) else { return false }
        // What one node refuses, or another scheduler has taken, leaves the other shards as they were.
        return scope == .shard || failures.allSatisfy(\.leavesConnectionUsable)
    }

    /// Ends a transaction that failed.
    /// - Returns: whether the connection can go on.
    private func rollBack() -> Bool {
        guard !connection.isBroken else { return false }
        guard isInTransaction else { return true }
        isInTransaction = false
        return (try? connection.run("ROLLBACK")) != nil
    }

    // MARK: Writes

    /// Carries out writes, those of each part in one transaction, and is back when they are on stable storage.
    func carryOut(_ parts: [WriterPart]) -> [Result<[StoreWriteResult], Stop>] {
        defer { pending.endBatch() }
        let unknown = pending.unknown(in: parts.flatMap(\.writes))
        guard scope == .shard else { return parts.map { part in Result { () throws(Stop) in try alone(part, Chunk.chunks(part.writes), unknown) } } }
        do throws(PostgresFailure) {
            if !unknown.isEmpty { count(unknown, try connection.run(unknown.map { PendingCounts.query($0.caller, most: $0.most) })) }
        } catch {
            return parts.map { _ in .failure(.failed(error)) }
        }
        return divided(parts)
    }

    private func count(_ unknown: [(caller: String, most: Int)], _ rows: some Collection<Rows>) {
        for ((caller, most), rows) in zip(unknown, rows) { pending.add(caller, counted: Int(rows.int(0, 0)), most: most) }
    }

    /// Reads what a part touches within its transaction, decides, and writes.
    private func alone(_ part: WriterPart, _ chunks: [Chunk], _ unknown: [(caller: String, most: Int)]) throws(Stop) -> [StoreWriteResult] {
        let begin = begin(part.shards), counts = unknown.map { PendingCounts.query($0.caller, most: $0.most) }
        var reads = BatchReads(chunks.first ?? Chunk(), scope)
        isInTransaction = true
        var rows = try run(begin + counts + reads.queries)
        let transaction = scope == .lane ? Transaction(number: rows[begin.count - 1].int(0, 0), server: server) : nil
        count(unknown, rows[begin.count...])
        rows.removeFirst(begin.count + counts.count)
        var results: [StoreWriteResult] = []
        for (index, chunk) in chunks.enumerated() {
            var decided = writes(by: reads.found(rows))
            for write in chunk.writes { decided.add(write) }
            results += decided.results
            let queries = decided.queries(numbers)
            guard index + 1 < chunks.count else {
                try commit(queries, transaction, results)
                break
            }
            reads = BatchReads(chunks[index + 1], scope)
            rows = Array(try run(queries + reads.queries).dropFirst(queries.count))
        }
        isInTransaction = false
        return results
    }

    /// Reads what all parts touch in one trip, decides, and writes in another: nobody else writes to a shard whose epoch is still this
    /// scheduler's, so what was read holds until the fence. Where a part's later writes need what its earlier ones bring, it goes alone.
    private func divided(_ parts: [WriterPart]) -> [Result<[StoreWriteResult], Stop>] {
        let chunks = parts.map { Chunk.chunks($0.writes) }, together = parts.indices.filter { chunks[$0].count == 1 }
        var outcomes: [Int: Result<[StoreWriteResult], Stop>] = [:], decided: [(part: Int, writes: BatchWrites)] = []
        let reads = together.map { BatchReads(chunks[$0][0], scope) }
        for ((part, reads), answer) in zip(zip(together, reads), run(units: reads.map { [$0.queries] })) {
            switch answer[0].rows {
            case .success(let rows): decided.append((part, writes(by: reads.found(rows))))
            case .failure(let failure): outcomes[part] = .failure(.failed(failure))
            }
        }
        // In the order in which they were submitted: a caller's bound is on all shards together.
        let order = decided.indices.flatMap { index in parts[decided[index].part].origins.indices.map { (index, $0) } }.sorted { one, other in
            parts[decided[one.0].part].origins[one.1] < parts[decided[other.0].part].origins[other.1]
        }
        for (index, write) in order { decided[index].writes.add(parts[decided[index].part].writes[write]) }
        let ends = transact(decided.map { part, writes in (shards: parts[part].shards, queries: writes.queries(numbers)) })
        for ((part, writes), end) in zip(decided, ends) {
            outcomes[part] = end.map { _ in writes.results }.mapError { failure in
                failure.leavesCommitUnknown ? .unknown(Unknown(transaction: nil, failure: failure, results: writes.results)) : .failed(failure)
            }
        }
        return parts.indices.map { part in
            outcomes[part] ?? Result { () throws(Stop) in
                do throws(Stop) { return try alone(parts[part], chunks[part], []) } catch {
                    _ = rollBack()
                    throw error
                }
            }
        }
    }

    private func writes(by found: BatchReads.Found) -> BatchWrites {
        for (id, damaged) in found.damaged { onFault("\(label): reminder \(id) is damaged: \(damaged.reason); it was not changed") }
        return BatchWrites(found, scope, pending)
    }

    private func run(_ queries: [Query]) throws(Stop) -> [Rows] {
        do throws(PostgresFailure) { return try connection.run(queries) } catch { throw .failed(error) }
    }

    private func commit(_ queries: [Query], _ transaction: Transaction?, _ results: [StoreWriteResult]) throws(Stop) {
        _ = connection.takeWarning()
        do throws(PostgresFailure) {
            _ = try connection.run(queries + [Self.commit])
            if let doubt = Self.doubt(connection.takeWarning()) { throw doubt }
        } catch {
            guard error.leavesCommitUnknown else { throw .failed(error) }
            throw .unknown(Unknown(transaction: transaction, failure: error, results: results))
        }
    }

    // MARK: Reads in the order of the writes

    private var dueRows: DueRows {
        DueRows { [label, onFault] id, reason in onFault("\(label): reminder \(id) is damaged: \(reason); not fired") }
    }

    func load(_ request: DueRequest) throws(PostgresFailure) -> DuePage {
        guard request.limit > 0 else { return DuePage() }
        let rows = try connection.run(DueRows.queries(request))
        return dueRows.merged(request, rows[0], rows[1])
    }

    func loadShelf(_ request: ShelfRequest) throws(PostgresFailure) -> ShelfPage {
        let found = try connection.run([ShelfRows.find(request.scope, of: Strands.first(of: request.shard), after: request.after, limit: max(0, request.limit))])
        var page = ShelfPage(keys: ShelfRows.keys(found[0]))
        guard !page.keys.isEmpty else { return page }
        let groups = scope.groups(page.keys.map(\.due.occurrence)) { $0.reminder.shard }
        let rows = try connection.run(groups.flatMap { DueRows.queries(of: $0.rows, scope) })
        let pending = groups.indices.flatMap { dueRows.positions(rows[2 * $0]).compactMap(\.entry) + dueRows.occurrences(rows[2 * $0 + 1]).compactMap(\.entry) }
        let entries = Dictionary(grouping: pending) { $0.due.occurrence }
        // What a person had run at the very second of its series' position is another, and comes after it.
        for key in page.keys { page.entries += entries[key.due.occurrence] ?? [] }
        return page
    }
}
