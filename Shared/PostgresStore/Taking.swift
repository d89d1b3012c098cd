import Storage
import TaskDomain

/// Strands that are taken.
extension WriterSession {
    /// Raises the epochs of a strand's shards, so that whoever had them before can write no more, and reads then what that has left.
    func take(_ shards: [Shard], passed limit: Int) throws(PostgresFailure) -> TakenShards {
        guard let first = shards.first else { return TakenShards(shards: [], workers: [], passed: [], zones: []) }
        let taking = Self.taking(shards, scope, above: server.epochFloor)
        let found = try connection.run(taking + [Self.workers(of: first), ZoneRow.find(of: first), SealingRow.taking(first)])
        var epochs: [Shard: Int64] = [:]
        for rows in found.prefix(taking.count) {
            for row in rows.indices { if let shard = Shard(Int(rows.int(row, 0))) { epochs[shard] = rows.int(row, 1) } }
        }
        // A shard whose row is gone has no epoch: what is to be written there is refused.
        let owned = shards.map { OwnedShard($0, epoch: epochs[$0] ?? 0) }
        self.epochs.took(owned)
        pending.forget()
        // What a former owner left there is only in the way.
        try clearShelf(of: first)
        return TakenShards(
            shards: owned, workers: Self.workers(found[taking.count]), passed: try passed(in: shards, limit: limit),
            zones: ZoneRow.marks(found[taking.count + 1]))
    }

    private static func taking(_ shards: [Shard], _ scope: StoreScope, above floor: Int64) -> [Query] {
        let take = "UPDATE shards SET epoch = greatest(epoch, $2::bigint) + 1 WHERE shard =", taken = "RETURNING shard, epoch"
        return switch scope {
        case .lane: [Query("\(take) ANY($1::smallint[]) \(taken)", [.shards(shards), .int(floor)])]
        case .shard: shards.map { Query("\(take) $1 \(taken)", [.shard($0), .int(floor)]) }
        }
    }

    private static func workers(of strand: Shard) -> Query {
        Query(
            "SELECT instance, leases_end_ms, handed_through_ms, awaited_since_ms FROM attached WHERE shard = $1 ORDER BY instance", [.shard(strand)])
    }

    private static func workers(_ rows: Rows) -> [AttachedWorker] {
        rows.indices.compactMap { row in
            rows.text(row, 0).map {
                AttachedWorker(
                    instance: $0, leasesEndAt: rows.optionalTime(row, 1), handedThrough: rows.optionalTime(row, 2),
                    awaitedSince: rows.optionalTime(row, 3))
            }
        }
    }

    /// Keys that are looked at in one transaction where a whole strand's are gone through.
    static let pageRows = 5_000

    /// Empties a strand's shelf, a page at a time.
    private func clearShelf(of strand: Shard) throws(PostgresFailure) {
        var after: ShelfKey? = ShelfKey(
            place: ShelfPlace(queue: "", task: "", sharer: ""),
            due: DueKey(dueAt: .distantPast, occurrence: OccurrenceKey(reminder: ReminderID(high: 0, low: 0), scheduledAt: .distantPast)))
        while let last = after {
            let keys = ShelfRows.keys(try connection.run([ShelfRows.find(.everything, of: strand, after: last, limit: Self.pageRows)])[0])
            if !keys.isEmpty {
                try change(keys, in: { _ in strand }) { keys in ShelfRows.queries(Dictionary(keys.map { ($0, false) }) { one, _ in one }, of: strand, scope) }
            }
            after = keys.count < Self.pageRows ? nil : keys.last
        }
    }
}

/// Whom the next owner of a strand has to ask.
enum AttachedRows {
    private static let insert = Insert(
        "attached", [("instance", "bytea"), ("leases_end_ms", "bigint"), ("handed_through_ms", "bigint"), ("awaited_since_ms", "bigint")],
        "ON CONFLICT DO NOTHING")

    /// In place of those that are there.
    static func queries(_ workers: [AttachedWorker], of strand: Shard, _ scope: StoreScope) -> [Query] {
        [Query("DELETE FROM attached WHERE shard = $1", [.shard(strand)])]
            + insert.queries(
                workers.map { _ in strand },
                [
                    .blobs(workers.map { Array($0.instance.utf8) }), .ints(workers.map { $0.leasesEndAt?.count }),
                    .ints(workers.map { $0.handedThrough?.count }), .ints(workers.map { $0.awaitedSince?.count }),
                ], scope)
    }
}
