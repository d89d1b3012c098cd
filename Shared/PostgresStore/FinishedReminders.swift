import Storage
import TaskDomain

/// Reminders that were finished long ago, with all that belongs to them, shard after shard.
final class FinishedReminders: PruningDuty {
    let kind = PrunedKind.reminders
    private var turn = ShardTurn()

    /// One that must stay for its occurrences' sake is looked at again after this time, and meanwhile is not in the way of others.
    static let postponedMilliseconds: Int64 = 86_400_000

    private static let oldest = """
        FROM unnest($1::bigint[]) s (shard) CROSS JOIN LATERAL (
            SELECT r.shard, r.id, r.finished_ms FROM reminders r WHERE r.shard = s.shard AND r.finished_ms IS NOT NULL
        """

    func prune(_ request: Pruning, on connection: Connection, room: inout Int, _ progress: inout PruneProgress) throws(PostgresFailure) {
        let mine = "WHERE a.shard = c.shard AND a.reminder = c.id"
        // Shard after shard, as many as there is room for: those of the next are not looked for where there is none left.
        let found = try connection.run(
            """
            SELECT c.shard, c.id, EXISTS (SELECT 1 FROM occurrences a \(mine)),
                (SELECT count(*) FROM (SELECT 1 FROM attempts a \(mine) LIMIT $3::bigint + 1) n), (SELECT count(*) FROM passed a \(mine))
            \(Self.oldest) AND r.finished_ms < $2::bigint ORDER BY r.finished_ms, r.id LIMIT $3::bigint) c
            LIMIT $3::bigint
            """, [.ints(turn.shards(request.now)), .time(request.finishedBefore), .int(Int64(room))])
        var staying: [ReminderID] = [], leaving: [ReminderID] = []
        for row in found.indices where room > 0 {
            guard let id = found.id(row, 1) else { continue }
            turn.ended(with: found.int(row, 0))
            let attempts = Int(found.int(row, 3))
            if found.int(row, 2) != 0 {
                staying.append(id)
                room -= 1
            } else if attempts > room {
                // The rest goes the next time.
                room -= try dropSomeAttempts(of: id, room, connection)
            } else {
                leaving.append(id)
                room -= attempts + Int(found.int(row, 4)) + 2
            }
        }
        if !staying.isEmpty { try postpone(staying, request, connection) }
        if !leaving.isEmpty { try remove(leaving, connection) }
        progress.reminders += leaving.count
    }

    func behindMilliseconds(_ request: Pruning, on connection: Connection) throws(PostgresFailure) -> Int64? {
        try connection.run(
            "SELECT min(c.finished_ms) \(Self.oldest) ORDER BY r.finished_ms, r.id LIMIT 1) c", [.ints(Shard.all.map { Int64($0.number) })]
        ).behind(request.finishedBefore)
    }

    private func parameters(_ ids: [ReminderID]) -> [Parameter] { [.ints(ids.map { Int64($0.shard.number) }), .ids(ids)] }

    private func postpone(_ ids: [ReminderID], _ request: Pruning, _ connection: Connection) throws(PostgresFailure) {
        let until = min(request.finishedBefore + Self.postponedMilliseconds, .distantFuture - 1)
        _ = try connection.run(
            """
            UPDATE reminders r SET finished_ms = $3::bigint FROM unnest($1::bigint[], $2::uuid[]) u (shard, id)
            WHERE r.shard = u.shard AND r.id = u.id
            """, parameters(ids) + [.time(until)])
    }

    private func remove(_ ids: [ReminderID], _ connection: Connection) throws(PostgresFailure) {
        let tables = [("attempts", "reminder"), ("passed", "reminder"), ("reminders", "id"), ("definitions", "id")]
        _ = try connection.run(
            tables.map { table, id in
                Query(
                    "DELETE FROM \(table) t USING unnest($1::bigint[], $2::uuid[]) u (shard, id) WHERE t.shard = u.shard AND t.\(id) = u.id",
                    parameters(ids))
            })
    }

    private func dropSomeAttempts(of id: ReminderID, _ room: Int, _ connection: Connection) throws(PostgresFailure) -> Int {
        let key = "started_ms, scheduled_at, number, outcome"
        return try connection.run(
            """
            DELETE FROM attempts WHERE shard = $1::bigint AND reminder = $2::uuid AND (\(key)) IN (
                SELECT \(key) FROM attempts WHERE shard = $1::bigint AND reminder = $2::uuid ORDER BY \(key) LIMIT $3::bigint)
            """, [.int(Int64(id.shard.number)), .id(id), .int(Int64(room))]
        ).affected
    }
}

/// Credentials of reminders that were completed a while ago and of which nothing waits: nobody can have them sent any more.
///
/// Shard after shard in the order in which they were completed; how far that is stands in the table `spent`, so that each is looked at
/// once. One with a dead letter keeps its credential until that is gone.
final class SpentCredentials: PruningDuty {
    let kind = PrunedKind.credentials
    private var turn = ShardTurn()

    private static let unseen = """
        FROM unnest($1::bigint[], $2::bigint[], $3::uuid[]) s (shard, finished_ms, id) CROSS JOIN LATERAL (
            SELECT r.shard, r.finished_ms, r.id FROM reminders r
            WHERE r.shard = s.shard AND r.finished_ms IS NOT NULL AND (r.finished_ms, r.id) > (s.finished_ms, s.id)
        """

    func prune(_ request: Pruning, on connection: Connection, room: inout Int, _ progress: inout PruneProgress) throws(PostgresFailure) {
        let before = request.credentialsBefore
        let found = try connection.run(
            """
            SELECT c.shard, c.finished_ms, c.id
            \(Self.unseen) AND r.finished_ms < $4::bigint ORDER BY r.finished_ms, r.id LIMIT $5::bigint) c LIMIT $5::bigint
            """, try places(turn.shards(request.now), before, connection) + [.time(before), .int(Int64(room))])
        guard !found.isEmpty else { return }
        var ends: [Int64: (finished: Int64, id: ReminderID)] = [:], ids: [ReminderID] = []
        for row in found.indices {
            guard let id = found.id(row, 2) else { continue }
            ids.append(id)
            ends[found.int(row, 0)] = (found.int(row, 1), id)
            turn.ended(with: found.int(row, 0))
        }
        _ = try connection.run([
            Query(
                """
                UPDATE definitions d SET sealed = '' FROM unnest($1::bigint[], $2::uuid[]) u (shard, id)
                WHERE d.shard = u.shard AND d.id = u.id AND length(d.sealed) > 0
                    AND NOT EXISTS (SELECT 1 FROM occurrences o WHERE o.shard = u.shard AND o.reminder = u.id)
                """, [.ints(ids.map { Int64($0.shard.number) }), .ids(ids)]),
            Query(
                """
                INSERT INTO spent (shard, finished_ms, id) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::uuid[])
                ON CONFLICT (shard) DO UPDATE SET (finished_ms, id) = (excluded.finished_ms, excluded.id)
                """, [.ints(ends.map(\.key)), .ints(ends.map(\.value.finished)), .ids(ends.map(\.value.id))]),
        ])
        room -= found.count
    }

    func behindMilliseconds(_ request: Pruning, on connection: Connection) throws(PostgresFailure) -> Int64? {
        let before = request.credentialsBefore
        return try connection.run(
            "SELECT min(c.finished_ms) \(Self.unseen) ORDER BY r.finished_ms, r.id LIMIT 1) c",
            try places(Shard.all.map { Int64($0.number) }, before, connection)
        ).behind(before)
    }

    /// How far each shard has been seen. A clock that was set back completes some before that, whose place among the others nobody knows:
    /// then it is looked through from its beginning.
    private func places(_ shards: [Int64], _ before: UnixMilliseconds, _ connection: Connection) throws(PostgresFailure) -> [Parameter] {
        let rows = try connection.run("SELECT shard, finished_ms, id FROM spent")
        var known: [Int64: (finished: Int64, id: ReminderID)] = [:]
        for row in rows.indices where rows.int(row, 1) <= before.count {
            if let id = rows.id(row, 2) { known[rows.int(row, 0)] = (rows.int(row, 1), id) }
        }
        return [
            .ints(shards), .ints(shards.map { known[$0]?.finished ?? .min }),
            .ids(shards.map { known[$0]?.id ?? ReminderID(high: 0, low: 0) }),
        ]
    }
}
