import Storage
import TaskDomain

/// The writing connection, from one opening to the next.
final class WriterSession {
    let connection: Connection
    private let epochs: [Int64]
    private let label: String
    private let onFault: @Sendable (String) -> Void
    private let pending: PendingCounts
    private var nextNumber: Int64
    private var isInTransaction = false

    /// The end of a transaction was lost with its connection.
    struct Unknown: Error {
        let transaction: Int64
        let failure: PostgresFailure
        let results: [StoreWriteResult]
    }

    /// Why a batch was not carried out.
    enum Stop: Error {
        case failed(PostgresFailure)
        case unknown(Unknown)
    }

    /// - Parameter epochs: of the shards, as they were taken.
    init(
        _ connection: Connection, epochs: [Int64], label: String, pending: PendingCounts, onFault: @escaping @Sendable (String) -> Void
    ) throws(PostgresFailure) {
        self.connection = connection
        self.epochs = epochs
        self.label = label
        self.onFault = onFault
        self.pending = pending
        pending.forget()
        let last = try connection.run("SELECT number FROM definitions WHERE number IS NOT NULL ORDER BY number DESC LIMIT 1")
        nextNumber = (last.isEmpty ? 0 : last.int(0, 0)) + 1
    }

    /// Of a connection. Every statement goes along the index that it is written for, whatever the tables' statistics say of the moment.
    static let settings = [
        "SET enable_seqscan = off", "SET enable_hashjoin = off", "SET enable_mergejoin = off", "SET enable_bitmapscan = off",
        "SET plan_cache_mode = force_generic_plan", "SET jit = off",
        // The server is to notice soon that a scheduler's machine is gone: until then nobody else has its store.
        "SET tcp_keepalives_idle = 5", "SET tcp_keepalives_interval = 2", "SET tcp_keepalives_count = 3",
    ]

    /// The shards, as they were taken.
    var ownedShards: [OwnedShard] { Shard.all.map { OwnedShard($0, epoch: epochs[Int($0.number)]) } }

    /// Another may have the store from now on.
    func leave() { Schema.disown(connection) }

    // MARK: Transactions

    /// What each transaction that writes begins with: in the first place the fence. Its division by zero ends the transaction where another
    /// scheduler has taken a shard, and its lock keeps one from doing so until the transaction has ended.
    private func begin(_ shards: some Collection<Shard>) -> [Query] {
        let shards = Set(shards).sorted()
        return [
            Query("BEGIN"),
            Query(
                """
                SELECT 1 / (s.epoch = u.epoch)::int FROM unnest($1::bigint[], $2::bigint[]) u (shard, epoch) JOIN shards s ON s.shard = u.shard
                ORDER BY s.shard FOR SHARE OF s
                """,
                [.ints(shards.map { Int64($0.number) }), .ints(shards.map { epochs[Int($0.number)] })]),
            Query("SELECT pg_current_xact_id()"),
        ]
    }

    /// Runs `body` in a transaction over all shards that is on stable storage when this returns.
    func transaction<Value>(_ body: (WriterSession) throws(PostgresFailure) -> Value) throws(PostgresFailure) -> Value {
        isInTransaction = true
        _ = try connection.run(begin(Shard.all))
        let value = try body(self)
        _ = try connection.run("COMMIT")
        isInTransaction = false
        return value
    }

    /// Ends a transaction that failed.
    /// - Returns: whether the connection can go on.
    func rollBack() -> Bool {
        pending.forget()
        guard !connection.isBroken else { return false }
        guard isInTransaction else { return true }
        isInTransaction = false
        return (try? connection.run("ROLLBACK")) != nil
    }

    /// Carries out writes in one transaction, and is back when it is on stable storage.
    func carryOut(_ writes: [StoreWrite]) throws(Stop) -> [StoreWriteResult] {
        let chunks = Self.chunks(writes), unknown = pending.unknown(in: writes)
        var shards = Set(writes.compactMap(\.reminder?.shard))
        if shards.isEmpty, let first = Shard.all.first { shards.insert(first) }
        let begin = begin(shards), counts = unknown.map { PendingCounts.query($0.caller, most: $0.most) }
        var reads = BatchReads(chunks.first ?? Chunk())
        isInTransaction = true
        var rows = try run(begin + counts + reads.queries)
        let transaction = rows[begin.count - 1].int(0, 0)
        for ((caller, most), rows) in zip(unknown, rows[begin.count...]) { pending.add(caller, counted: Int(rows.int(0, 0)), most: most) }
        rows.removeFirst(begin.count + counts.count)
        var results: [StoreWriteResult] = []
        for (index, chunk) in chunks.enumerated() {
            let found = reads.found(rows)
            for (id, reason) in found.damaged { onFault("\(label): reminder \(id) is damaged: \(reason); it was not changed") }
            let decided = BatchWrites(chunk, found, pending)
            results += decided.results
            let queries = decided.queries { takeNumber() }
            guard index + 1 < chunks.count else {
                try commit(queries, transaction, results)
                break
            }
            reads = BatchReads(chunks[index + 1])
            rows = Array(try run(queries + reads.queries).dropFirst(queries.count))
        }
        isInTransaction = false
        pending.endBatch()
        return results
    }

    private static func chunks(_ writes: [StoreWrite]) -> [Chunk] {
        var chunks: [Chunk] = [], chunk = Chunk()
        for write in writes where !chunk.take(write) {
            chunks.append(chunk)
            chunk = Chunk()
            _ = chunk.take(write)
        }
        return chunks + [chunk]
    }

    private func run(_ queries: [Query]) throws(Stop) -> [Rows] {
        do throws(PostgresFailure) { return try connection.run(queries) } catch { throw .failed(error) }
    }

    private func commit(_ queries: [Query], _ transaction: Int64, _ results: [StoreWriteResult]) throws(Stop) {
        _ = connection.takeWarning()
        do throws(PostgresFailure) { _ = try connection.run(queries + [Query("COMMIT")]) } catch {
            guard error.kind == .connection else { throw .failed(error) }
            throw .unknown(Unknown(transaction: transaction, failure: error, results: results))
        }
        // "canceling wait for synchronous replication": committed here, and perhaps nowhere else.
        if let warning = connection.takeWarning() { throw .failed(PostgresFailure(.connection, warning)) }
    }

    private func takeNumber() -> Int64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    // MARK: Reads in the order of the writes

    private var dueRows: DueRows {
        DueRows { [label, onFault] id, reason in onFault("\(label): reminder \(id) is damaged: \(reason); not fired") }
    }

    func load(_ request: DueRequest) throws(PostgresFailure) -> [DueEntry] {
        let rows = try connection.run(DueRows.queries(request))
        return dueRows.merged(request, rows[0], rows[1])
    }

    func loadShelf(_ request: ShelfRequest) throws(PostgresFailure) -> ShelfPage {
        let found = try connection.run([ShelfRows.find(request.scope, after: request.after, limit: max(0, request.limit))])
        var page = ShelfPage(keys: ShelfRows.keys(found[0]))
        guard !page.keys.isEmpty else { return page }
        let rows = try connection.run(DueRows.queries(of: page.keys.map(\.due.occurrence)))
        let entries = Dictionary(grouping: dueRows.positions(rows[0]) + dueRows.occurrences(rows[1])) { $0.due.occurrence }
        // What a person had run at the very second of its series' position is another, and comes after it.
        for key in page.keys { page.entries += entries[key.due.occurrence] ?? [] }
        return page
    }

    /// Keys that are looked at in one transaction where a whole table is gone through.
    private static let pageRows = 5_000

    /// Empties the shelf, a page at a time.
    func clearShelf() throws(PostgresFailure) {
        var after: ShelfKey? = ShelfKey(
            place: ShelfPlace(queue: "", task: "", sharer: ""),
            due: DueKey(dueAt: .distantPast, occurrence: OccurrenceKey(reminder: ReminderID(high: 0, low: 0), scheduledAt: .distantPast)))
        while let last = after {
            let keys = ShelfRows.keys(try connection.run([ShelfRows.find(.everything, after: last, limit: Self.pageRows)])[0])
            if !keys.isEmpty {
                _ = try transaction { session throws(PostgresFailure) in
                    try session.connection.run(ShelfRows.queries(Dictionary(keys.map { ($0, false) }) { one, _ in one }))
                }
            }
            after = keys.count < Self.pageRows ? nil : keys.last
        }
    }

    /// Occurrences that came to an end before their series came to them; what each series is past is forgotten. A page at a time.
    func passed(limit: Int) throws(PostgresFailure) -> [OccurrenceKey] {
        var found: [OccurrenceKey] = [], last: [Parameter] = [.int(-1), .id(ReminderID(high: 0, low: 0)), .int(.min)]
        while found.count < limit {
            let rows = try connection.run(
                """
                SELECT p.reminder, p.scheduled_at, p.shard, EXISTS (
                    SELECT 1 FROM reminders r WHERE r.shard = p.shard AND r.id = p.reminder AND r.next_at <= p.scheduled_at AND r.state < 2)
                FROM passed p WHERE (p.shard, p.reminder, p.scheduled_at) > ($1::bigint, $2::uuid, $3::bigint)
                ORDER BY p.shard, p.reminder, p.scheduled_at LIMIT $4::bigint
                """, last + [.int(Int64(Self.pageRows))])
            var behind: [(shard: Int64, key: OccurrenceKey)] = []
            for row in rows.indices {
                guard let id = rows.id(row, 0) else { continue }
                let key = OccurrenceKey(reminder: id, scheduledAt: rows.time(row, 1))
                if rows.int(row, 3) != 0 { found.append(key) } else { behind.append((rows.int(row, 2), key)) }
                last = [.int(rows.int(row, 2)), .id(id), .time(key.scheduledAt)]
            }
            if !behind.isEmpty { try forget(behind) }
            if rows.count < Self.pageRows { break }
        }
        return Array(found.prefix(limit))
    }

    private func forget(_ passed: [(shard: Int64, key: OccurrenceKey)]) throws(PostgresFailure) {
        _ = try transaction { session throws(PostgresFailure) in
            try session.connection.run(
                """
                DELETE FROM passed p USING unnest($1::bigint[], $2::uuid[], $3::bigint[]) u (shard, reminder, scheduled_at)
                WHERE p.shard = u.shard AND p.reminder = u.reminder AND p.scheduled_at = u.scheduled_at
                """, [.ints(passed.map(\.shard)), .ids(passed.map(\.key.reminder)), .ints(passed.map(\.key.scheduledAt.count))])
        }
    }

    func workers() throws(PostgresFailure) -> [AttachedWorker] {
        let rows = try connection.run("SELECT instance, leases_end_ms, handed_through_ms, awaited_since_ms FROM workers ORDER BY instance")
        return rows.indices.compactMap { row in
            rows.text(row, 0).map {
                AttachedWorker(
                    instance: $0, leasesEndAt: rows.optionalTime(row, 1), handedThrough: rows.optionalTime(row, 2),
                    awaitedSince: rows.optionalTime(row, 3))
            }
        }
    }
}
