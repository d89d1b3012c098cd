import Storage
import TaskDomain

/// Seals stored credentials anew, page by page in the order of shards and ids, and keeps in the table `sealing` where it is.
///
/// Where it is, is written behind what it did: what it did once more would find nothing to do.
enum Resealer {
    private struct Look {
        var shard: Int64 = 0
        var id = ReminderID(high: 0, low: 0)
        var looked: Int64 = 0, resealed: Int64 = 0, unreadable: Int64 = 0
        var isDone = false
    }

    /// Looks at one page.
    static func reseal(_ request: Resealing, _ session: WriterSession) throws(PostgresFailure) -> ResealProgress {
        let connection = session.connection
        var look = try look(for: request.prefix, connection), anew: [(id: ReminderID, sealed: [UInt8])] = []
        if look.isDone { return ResealProgress(unreadable: Int(look.unreadable), isDone: true) }
        var room = max(1, request.rows)
        while room > 0, let shard = Shard(Int(look.shard)) {
            let page = try connection.run(
                """
                SELECT id, CASE WHEN length(sealed) > 0 AND substr(sealed, 1, $3::bigint::int) <> $4::bytea THEN sealed END
                FROM definitions WHERE shard = $1 AND id > $2::uuid ORDER BY id LIMIT $5::bigint
                """, [.shard(shard), .id(look.id), .int(Int64(request.prefix.count)), .bytes(request.prefix), .int(Int64(room))])
            for row in page.indices {
                guard let id = page.id(row, 0) else { continue }
                look.id = id
                guard let sealed = page.bytes(row, 1) else { continue }
                if let other = request.reseal(id, sealed) { anew.append((id, other)) } else { look.unreadable += 1 }
            }
            look.looked += Int64(page.count)
            if page.count < room { (look.shard, look.id) = (look.shard + 1, ReminderID(high: 0, low: 0)) }
            room -= page.count
        }
        try session.change(anew, in: \.id.shard) { anew in [replacing(anew, session.scope)] }
        look.resealed += Int64(anew.count)
        let isOver = Shard(Int(look.shard)) == nil
        var progress = ResealProgress(
            resealed: anew.count, unreadable: Int(look.unreadable), looked: look.looked,
            all: look.looked + (isOver ? 0 : try left(look, connection)), isDone: false)
        if isOver { if look.resealed == 0 { look.isDone = true } else { look = Look() } }
        try session.change([keeping(look, request.prefix)])
        progress.isDone = look.isDone
        return progress
    }

    /// How many are not looked at yet, about.
    private static func left(_ look: Look, _ connection: Connection) throws(PostgresFailure) -> Int64 {
        let behind = EveryShard.unsealed.query(
            "SELECT count(*) FROM (SELECT 1 FROM definitions WHERE (shard, id) > ($1::bigint, $2::uuid) LIMIT 1000) a", [.int(look.shard), .id(look.id)])
        let all = Query("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass('definitions')")
        let rows = try connection.run([behind, all])
        return max(rows[0].int(0, 0), rows[1].int(0, 0) - look.looked)
    }

    /// Where the look for this prefix is; one for another is over.
    private static func look(for prefix: [UInt8], _ connection: Connection) throws(PostgresFailure) -> Look {
        let rows = try connection.run("SELECT prefix, shard, id, looked, resealed, unreadable, is_done FROM sealing WHERE one = 1")
        guard !rows.isEmpty, rows.bytes(0, 0) == prefix else { return Look() }
        return Look(
            // Below zero: at the beginning, in the words of an earlier build.
            shard: max(0, rows.int(0, 1)), id: rows.id(0, 2) ?? ReminderID(high: 0, low: 0), looked: rows.int(0, 3), resealed: rows.int(0, 4),
            unreadable: rows.int(0, 5), isDone: rows.int(0, 6) != 0)
    }

    /// The prefix of the last look.
    static func newest(_ connection: Connection) throws(PostgresFailure) -> [UInt8]? {
        let rows = try connection.run("SELECT prefix FROM sealing WHERE one = 1")
        return rows.isEmpty ? nil : rows.bytes(0, 0)
    }

    private static func keeping(_ look: Look, _ prefix: [UInt8]) -> Query {
        Query(
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

    private static func replacing(_ anew: [(id: ReminderID, sealed: [UInt8])], _ scope: StoreScope) -> Query {
        Query(
            """
            UPDATE definitions d SET sealed = u.sealed FROM \(scope.given([("id", "uuid"), ("sealed", "bytea")]))
            WHERE \(scope.isGiven("d")) AND d.id = u.id
            """, [scope.parameter(anew.map(\.id.shard)), .ids(anew.map(\.id)), .blobs(anew.map(\.sealed))])
    }
}
