import Storage
import TaskDomain

/// Seals stored credentials anew, page by page in the order of shards and ids, and keeps in the table `sealing` where it is.
enum Resealer {
    private struct Look {
        var shard: Int64 = -1
        var id = ReminderID(high: 0, low: 0)
        var looked: Int64 = 0, resealed: Int64 = 0, unreadable: Int64 = 0
        var isDone = false
    }

    /// Looks at one page. Within a transaction.
    static func reseal(_ request: Resealing, on connection: Connection) throws(PostgresFailure) -> ResealProgress {
        var look = try look(for: request.prefix, connection)
        if look.isDone { return ResealProgress(unreadable: Int(look.unreadable), isDone: true) }
        let size = max(1, request.rows), behind = "FROM definitions WHERE (shard, id) > ($1::bigint, $2::uuid)"
        let page = try connection.run(
            """
            SELECT shard, id, CASE WHEN length(sealed) > 0 AND substr(sealed, 1, $3::bigint::int) <> $4::bytea THEN sealed END \(behind)
            ORDER BY shard, id LIMIT $5::bigint
            """, [.int(look.shard), .id(look.id), .int(Int64(request.prefix.count)), .bytes(request.prefix), .int(Int64(size))])
        var anew: [(id: ReminderID, sealed: [UInt8])] = []
        for row in page.indices {
            guard let id = page.id(row, 1) else { continue }
            (look.shard, look.id) = (page.int(row, 0), id)
            guard let sealed = page.bytes(row, 2) else { continue }
            if let other = request.reseal(id, sealed) { anew.append((id, other)) } else { look.unreadable += 1 }
        }
        if !anew.isEmpty { try replace(anew, connection) }
        look.looked += Int64(page.count)
        look.resealed += Int64(anew.count)
        let rest = try connection.run(
            """
            SELECT (SELECT count(*) FROM (SELECT 1 \(behind) LIMIT 1000) a),
                (SELECT reltuples::bigint FROM pg_class WHERE oid = 'definitions'::regclass)
            """, [.int(look.shard), .id(look.id)])
        var progress = ResealProgress(
            resealed: anew.count, unreadable: Int(look.unreadable), looked: look.looked,
            all: max(look.looked + rest.int(0, 0), rest.int(0, 1)), isDone: false)
        if page.count < size { if look.resealed == 0 { look.isDone = true } else { look = Look() } }
        try keep(look, request.prefix, connection)
        progress.isDone = look.isDone
        return progress
    }

    /// Where the look for this prefix is; one for another is over.
    private static func look(for prefix: [UInt8], _ connection: Connection) throws(PostgresFailure) -> Look {
        let rows = try connection.run("SELECT prefix, shard, id, looked, resealed, unreadable, is_done FROM sealing WHERE one = 1")
        guard !rows.isEmpty, rows.bytes(0, 0) == prefix else { return Look() }
        return Look(
            shard: rows.int(0, 1), id: rows.id(0, 2) ?? ReminderID(high: 0, low: 0), looked: rows.int(0, 3), resealed: rows.int(0, 4),
            unreadable: rows.int(0, 5), isDone: rows.int(0, 6) != 0)
    }

    /// The prefix of the last look.
    static func newest(_ connection: Connection) throws(PostgresFailure) -> [UInt8]? {
        let rows = try connection.run("SELECT prefix FROM sealing WHERE one = 1")
        return rows.isEmpty ? nil : rows.bytes(0, 0)
    }

    private static func keep(_ look: Look, _ prefix: [UInt8], _ connection: Connection) throws(PostgresFailure) {
        _ = try connection.run(
            """
            INSERT INTO sealing (one, prefix, shard, id, looked, resealed, unreadable, is_done)
            VALUES (1, $1::bytea, $2::bigint, $3::uuid, $4::bigint, $5::bigint, $6::bigint, $7::bigint)
            ON CONFLICT (one) DO UPDATE SET (prefix, shard, id, looked, resealed, unreadable, is_done) = (excluded.prefix, excluded.shard,
                excluded.id, excluded.looked, excluded.resealed, excluded.unreadable, excluded.is_done)
            """,
            [
                .bytes(prefix), .int(look.shard), .id(look.id), .int(look.looked), .int(look.resealed), .int(look.unreadable),
                .int(look.isDone ? 1 : 0),
            ])
    }

    private static func replace(_ anew: [(id: ReminderID, sealed: [UInt8])], _ connection: Connection) throws(PostgresFailure) {
        _ = try connection.run(
            """
            UPDATE definitions d SET sealed = u.sealed FROM unnest($1::bigint[], $2::uuid[], $3::bytea[]) u (shard, id, sealed)
            WHERE d.shard = u.shard AND d.id = u.id
            """, [.ints(anew.map { Int64($0.id.shard.number) }), .ids(anew.map(\.id)), .blobs(anew.map(\.sealed))])
    }
}
