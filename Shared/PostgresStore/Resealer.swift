import Storage
import TaskDomain

/// Seals stored credentials anew, page by page in the order of shards and ids, in the strands that this scheduler has, and keeps in the table
/// `sealing` of each strand where it is: whoever has the strand next goes on there.
///
/// Where it is, is written behind what it did: what it did once more would find nothing to do.
enum Resealer {
    /// Looks at one page.
    static func reseal(_ request: Resealing, _ session: WriterSession) throws(PostgresFailure) -> ResealProgress {
        var looks = try SealingRow.looks(for: request.prefix, session), anew: [(id: ReminderID, sealed: [UInt8])] = []
        if looks.allSatisfy(\.isDone) {
            try SealingRow.keep(looks, request.prefix, session)
            return ResealProgress(unreadable: unreadable(looks), isDone: true)
        }
        var room = max(1, request.rows)
        for index in looks.indices where !looks[index].isDone {
            while room > 0, let shard = looks[index].shard {
                let page = try page(of: shard, after: looks[index].id, room, request, session.connection)
                looks[index].add(page, isLast: page.count < room)
                anew += page.compactMap { found in found.anew.map { (found.id, $0) } }
                room -= page.count
            }
        }
        try session.change(anew, in: \.id.shard) { anew in [replacing(anew, session.scope)] }
        let looked = looks.lazy.filter { !$0.isDone }.reduce(0) { $0 + $1.looked }
        var progress = ResealProgress(
            resealed: anew.count, unreadable: unreadable(looks), looked: looked, all: looked + (try left(looks, looked, session.connection)), isDone: false)
        if looks.allSatisfy({ $0.isDone || $0.shard == nil }) {
            let isDone = !looks.contains { !$0.isDone && $0.resealed > 0 }
            for index in looks.indices where !looks[index].isDone { looks[index].end(isDone: isDone) }
            progress.isDone = isDone
        }
        try SealingRow.keep(looks, request.prefix, session)
        return progress
    }

    private static func unreadable(_ looks: [SealingLook]) -> Int { Int(looks.reduce(0) { $0 + $1.unreadable }) }

    private static func page(
        of shard: Shard, after id: ReminderID, _ room: Int, _ request: Resealing, _ connection: Connection
    ) throws(PostgresFailure) -> [SealingLook.Found] {
        let page = try connection.run(
            """
            SELECT id, CASE WHEN length(sealed) > 0 AND substr(sealed, 1, $3::bigint::int) <> $4::bytea THEN sealed END
            FROM definitions WHERE shard = $1 AND id > $2::uuid ORDER BY id LIMIT $5::bigint
            """, [.shard(shard), .id(id), .int(Int64(request.prefix.count)), .bytes(request.prefix), .int(Int64(room))])
        return page.indices.compactMap { row in
            page.id(row, 0).map { id in
                let sealed = page.bytes(row, 1), anew = sealed.flatMap { request.reseal(id, $0) }
                return SealingLook.Found(id: id, anew: anew, isUnreadable: sealed != nil && anew == nil)
            }
        }
    }

    /// How many are not looked at yet, about.
    private static func left(_ looks: [SealingLook], _ looked: Int64, _ connection: Connection) throws(PostgresFailure) -> Int64 {
        let open = looks.filter { !$0.isDone }
        guard let next = open.first(where: { $0.shard != nil }), let shard = next.shard else { return 0 }
        let shards = open.flatMap(\.strand)
        let behind = EveryShard.unsealed.query(
            "SELECT count(*) FROM (SELECT 1 FROM definitions WHERE (shard, id) > ($1::smallint, $2::uuid) AND shard = ANY($3::smallint[]) LIMIT 1000) a",
            [.shard(shard), .id(next.id), .shards(shards)])
        let all = Query("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass('definitions')")
        let rows = try connection.run([behind, all])
        return max(rows[0].int(0, 0), rows[1].int(0, 0) * Int64(shards.count) / Int64(Shard.count) - looked)
    }

    private static func replacing(_ anew: [(id: ReminderID, sealed: [UInt8])], _ scope: StoreScope) -> Query {
        Query(
            """
            UPDATE definitions d SET sealed = u.sealed FROM \(scope.given([("id", "uuid"), ("sealed", "bytea")]))
            WHERE \(scope.isGiven("d")) AND d.id = u.id
            """, [scope.parameter(anew.map(\.id.shard)), .ids(anew.map(\.id)), .blobs(anew.map(\.sealed))])
    }
}

/// Where the look at a strand's credentials is.
struct SealingLook {
    struct Found {
        let id: ReminderID
        /// As it is to be sealed from now on.
        let anew: [UInt8]?
        let isUnreadable: Bool
    }

    let strand: [Shard]
    /// When the first look for this prefix began.
    let since: UnixMilliseconds
    /// How many of the strand's shards have been looked at, and up to where the next.
    fileprivate(set) var shards = 0, id = ReminderID(high: 0, low: 0)
    fileprivate(set) var looked: Int64 = 0, resealed: Int64 = 0, unreadable: Int64 = 0
    fileprivate(set) var isDone = false
    /// It is stored as it is, by this owner of the strand.
    fileprivate var isKept = false

    fileprivate init(_ strand: [Shard], since: UnixMilliseconds) { (self.strand, self.since) = (strand, since) }

    /// `nil`: all of them have been looked at.
    var shard: Shard? { shards < strand.count ? strand[shards] : nil }

    /// - Parameter isLast: nothing more is in the shard.
    fileprivate mutating func add(_ page: [Found], isLast: Bool) {
        looked += Int64(page.count)
        resealed += Int64(page.count { $0.anew != nil })
        unreadable += Int64(page.count { $0.isUnreadable })
        if let last = page.last { id = last.id }
        if isLast { (shards, id) = (shards + 1, ReminderID(high: 0, low: 0)) }
        isKept = false
    }

    /// All strands have been looked at.
    /// - Parameter isDone: nothing was found in any of them.
    fileprivate mutating func end(isDone: Bool) {
        if isDone { self.isDone = true } else { self = SealingLook(strand, since: since) }
        isKept = false
    }
}

/// Rows of `sealing`.
enum SealingRow {
    /// Where the looks for this prefix are. One for another is over, and so is one of a strand that somebody has had since and never said with
    /// which key that was: it may have sealed with another.
    static func looks(for prefix: [UInt8], _ session: WriterSession) throws(PostgresFailure) -> [SealingLook] {
        let rows = try session.connection.run([
            EveryShard.sealing.query("SELECT shard, prefix, takings, since_ms, shards, id, looked, resealed, unreadable, is_done FROM sealing")
        ])[0]
        var found: [Shard: Int] = [:]
        for row in rows.indices { if let strand = Shard(Int(rows.int(row, 0))) { found[strand] = row } }
        let now = SystemClock.now
        return session.epochs.strands.map { strand in
            guard let row = found[strand[0]], rows.bytes(row, 1) == prefix, rows.int(row, 2) <= 1 else { return SealingLook(strand, since: now) }
            var look = SealingLook(strand, since: rows.time(row, 3))
            (look.shards, look.id) = (Int(rows.int(row, 4)), rows.id(row, 5) ?? look.id)
            (look.looked, look.resealed, look.unreadable) = (rows.int(row, 6), rows.int(row, 7), rows.int(row, 8))
            (look.isDone, look.isKept) = (rows.int(row, 9) != 0, rows.int(row, 2) == 0)
            return look
        }
    }

    private static let put = Insert(
        "sealing",
        [
            ("prefix", "bytea"), ("takings", "bigint"), ("since_ms", "bigint"), ("shards", "bigint"), ("id", "uuid"), ("looked", "bigint"),
            ("resealed", "bigint"), ("unreadable", "bigint"), ("is_done", "bigint"),
        ],
        """
        ON CONFLICT (shard) DO UPDATE SET (prefix, takings, since_ms, shards, id, looked, resealed, unreadable, is_done) = (excluded.prefix,
            excluded.takings, excluded.since_ms, excluded.shards, excluded.id, excluded.looked, excluded.resealed, excluded.unreadable,
            excluded.is_done)
        """)

    /// Columns that are 0 where a look has just begun.
    static let begun = ["looked", "resealed", "unreadable", "is_done"].map { CopiedTable.Column(name: $0, kind: .integer) }

    /// Stores where looks are that are elsewhere than is stored.
    static func keep(_ looks: [SealingLook], _ prefix: [UInt8], _ session: WriterSession) throws(PostgresFailure) {
        try session.change(looks.filter { !$0.isKept }, in: { $0.strand[0] }) { looks in
            func ints(_ value: (SealingLook) -> Int64) -> Parameter { .ints(looks.map { value($0) }) }
            return put.queries(
                looks.map { $0.strand[0] },
                [
                    .blobs(looks.map { _ in prefix }), ints { _ in 0 }, ints(\.since.count), ints { Int64($0.shards) }, .ids(looks.map(\.id)), ints(\.looked),
                    ints(\.resealed), ints(\.unreadable), ints { $0.isDone ? 1 : 0 },
                ], session.scope)
        }
    }

    /// A strand is taken: with which key its owner seals, it says later.
    static func taking(_ strand: Shard) -> Query { Query("UPDATE sealing SET takings = takings + 1 WHERE shard = $1", [.shard(strand)]) }

    /// The prefix of the look that began last.
    static func newest(_ connection: Connection) throws(PostgresFailure) -> [UInt8]? {
        let rows = try connection.run([EveryShard.sealing.query("SELECT prefix FROM sealing ORDER BY since_ms DESC LIMIT 1")])[0]
        return rows.isEmpty ? nil : rows.bytes(0, 0)
    }
}
