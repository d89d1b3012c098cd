import Storage
import TaskDomain

/// Reminders that were finished long ago, with all that belongs to them, shard after shard.
final class FinishedReminders: PruningDuty {
    let kind = PrunedKind.reminders
    private var turn = ShardTurn()
    /// This round has left nothing to remove: which shards have some need not be asked once more.
    private var isDone = false

    /// One that must stay for its occurrences' sake is looked at again after this time, and meanwhile is not in the way of others.
    static let postponedMilliseconds: Int64 = 86_400_000

    func prune(_ request: Pruning, _ session: WriterSession, room: inout Int, _ progress: inout PruneProgress) throws(PostgresFailure) {
        var staying: [ReminderID] = [], leaving: [ReminderID] = [], left = room
        let sql = Self.finished(session.scope)
        // As many as there is room for: those of the next shard are not looked for where there is none left.
        try session.look(in: turn.shards(of: session.epochs, request.now)) { shards in
            Query(sql, [session.scope.parameter(shards), .time(request.finishedBefore), .int(Int64(left))])
        } _: { found throws(PostgresFailure) in
            for row in found.indices where left > 0 {
                guard let id = found.id(row, 1) else { continue }
                if let shard = Shard(Int(found.int(row, 0))) { turn.ended(with: shard) }
                let attempts = Int(found.int(row, 3))
                if found.int(row, 2) != 0 {
                    staying.append(id)
                    left -= 1
                } else if attempts > left {
                    // The rest goes the next time.
                    left -= try dropSomeAttempts(of: id, left, session)
                } else {
                    leaving.append(id)
                    left -= attempts + Int(found.int(row, 4)) + 2
                }
            }
            return left > 0
        }
        room = left
        try postpone(staying, request, session)
        try remove(leaving, session)
        isDone = left > 0
        progress.reminders += leaving.count
    }

    private static func finished(_ scope: StoreScope) -> String {
        let mine = "WHERE \(scope.isSame("a", as: "c")) AND a.reminder = c.id"
        let found = scope.inEach { shard in
            """
            SELECT r.shard, r.id, r.finished_ms FROM reminders r WHERE r.shard = \(shard) AND r.finished_ms IS NOT NULL
                AND r.finished_ms < $2::bigint ORDER BY r.finished_ms, r.id LIMIT $3::bigint
            """
        }
        return """
            SELECT c.shard, c.id, EXISTS (SELECT 1 FROM occurrences a \(mine)),
                (SELECT count(*) FROM (SELECT 1 FROM attempts a \(mine) LIMIT $3::bigint + 1) n), (SELECT count(*) FROM passed a \(mine))
            \(found) LIMIT $3::bigint
            """
    }

    func behindMilliseconds(_ request: Pruning, _ session: WriterSession) throws(PostgresFailure) -> Int64? {
        defer { isDone = false }
        if isDone { return nil }
        let oldest = session.scope.inEach { shard in
            "SELECT r.finished_ms FROM reminders r WHERE r.shard = \(shard) AND r.finished_ms IS NOT NULL ORDER BY r.finished_ms, r.id LIMIT 1"
        }
        var behind: Int64?
        try session.look(in: session.epochs.shards) { shards in
            Query("SELECT min(c.finished_ms) \(oldest)", [session.scope.parameter(shards)])
        } _: { found throws(PostgresFailure) in
            behind = [behind, found.behind(request.finishedBefore)].compactMap { $0 }.max()
            return true
        }
        return behind
    }

    private func postpone(_ ids: [ReminderID], _ request: Pruning, _ session: WriterSession) throws(PostgresFailure) {
        let until = min(request.finishedBefore + Self.postponedMilliseconds, .distantFuture - 1), scope = session.scope
        try session.change(ids, in: \.shard) { ids in
            [
                Query(
                    """
                    UPDATE reminders r SET finished_ms = $3::bigint FROM \(scope.given([("id", "uuid")])) WHERE \(scope.isGiven("r")) AND r.id = u.id
                    """, [scope.parameter(ids.map(\.shard)), .ids(ids), .time(until)])
            ]
        }
    }

    private func remove(_ ids: [ReminderID], _ session: WriterSession) throws(PostgresFailure) {
        let tables = [("attempts", "reminder"), ("passed", "reminder"), ("reminders", "id"), ("definitions", "id")], scope = session.scope
        try session.change(ids, in: \.shard) { ids in
            tables.map { table, id in
                Query(
                    "DELETE FROM \(table) t USING \(scope.given([("id", "uuid")])) WHERE \(scope.isGiven("t")) AND t.\(id) = u.id",
                    [scope.parameter(ids.map(\.shard)), .ids(ids)])
            }
        }
    }

    private func dropSomeAttempts(of id: ReminderID, _ room: Int, _ session: WriterSession) throws(PostgresFailure) -> Int {
        let key = "started_ms, scheduled_at, number, outcome"
        return try session.change([id], in: \.shard) { _ in
            [
                Query(
                    """
                    DELETE FROM attempts WHERE shard = $1 AND reminder = $2::uuid AND (\(key)) IN (
                        SELECT \(key) FROM attempts WHERE shard = $1 AND reminder = $2::uuid ORDER BY \(key) LIMIT $3::bigint)
                    """, [.shard(id.shard), .id(id), .int(Int64(room))])
            ]
        }.reduce(0) { $0 + $1.affected }
    }
}

/// Credentials of reminders that were completed a while ago and of which nothing waits: nobody can have them sent any more.
///
/// Shard after shard in the order in which they were completed; how far that is stands in the table `spent`, so that each is looked at
/// once. One with a dead letter keeps its credential until that is gone.
final class SpentCredentials: PruningDuty {
    let kind = PrunedKind.credentials
    private var turn = ShardTurn()
    /// This round has seen all there was: which shards have more need not be asked once more.
    private var isDone = false

    func prune(_ request: Pruning, _ session: WriterSession, room: inout Int, _ progress: inout PruneProgress) throws(PostgresFailure) {
        let before = request.credentialsBefore, places = try Places(before, session), scope = session.scope
        let unseen = Self.unseen(scope, "AND r.finished_ms < $4::bigint", limit: "$5::bigint")
        var seen: [(shard: Shard, finished: Int64, id: ReminderID)] = [], left = room
        try session.look(in: turn.shards(of: session.epochs, request.now)) { shards in
            Query("SELECT c.shard, c.finished_ms, c.id \(unseen) LIMIT $5::bigint", places.parameters(shards, scope) + [.time(before), .int(Int64(left))])
        } _: { found throws(PostgresFailure) in
            for row in found.indices where left > 0 {
                guard let shard = Shard(Int(found.int(row, 0))), let id = found.id(row, 2) else { continue }
                seen.append((shard, found.int(row, 1), id))
                turn.ended(with: shard)
                left -= 1
            }
            return left > 0
        }
        room = left
        try session.change(seen, in: \.shard) { seen in Self.forgetting(seen, scope) }
        isDone = left > 0
    }

    private static func unseen(_ scope: StoreScope, _ condition: String, limit: String) -> String {
        scope.inEach([("finished_ms", "bigint"), ("id", "uuid")]) { shard in
            """
            SELECT r.shard, r.finished_ms, r.id FROM reminders r
            WHERE r.shard = \(shard) AND r.finished_ms IS NOT NULL AND (r.finished_ms, r.id) > (s.finished_ms, s.id) \(condition)
            ORDER BY r.finished_ms, r.id LIMIT \(limit)
            """
        }
    }

    private static let places = Insert(
        "spent", [("finished_ms", "bigint"), ("id", "uuid")],
        "ON CONFLICT (shard) DO UPDATE SET (finished_ms, id) = (excluded.finished_ms, excluded.id)")

    /// - Parameter seen: in their order.
    private static func forgetting(_ seen: [(shard: Shard, finished: Int64, id: ReminderID)], _ scope: StoreScope) -> [Query] {
        let ends = Array(Dictionary(seen.map { ($0.shard, $0) }) { _, last in last }.values)
        return [DefinitionRow.forgetCredentials(seen.map(\.id), scope)] + places.queries(ends.map(\.shard), [.ints(ends.map(\.finished)), .ids(ends.map(\.id))], scope)
    }

    func behindMilliseconds(_ request: Pruning, _ session: WriterSession) throws(PostgresFailure) -> Int64? {
        defer { isDone = false }
        if isDone { return nil }
        let before = request.credentialsBefore, places = try Places(before, session)
        let unseen = Self.unseen(session.scope, "", limit: "1")
        var behind: Int64?
        try session.look(in: session.epochs.shards) { shards in
            Query("SELECT min(c.finished_ms) \(unseen)", places.parameters(shards, session.scope))
        } _: { found throws(PostgresFailure) in
            behind = [behind, found.behind(before)].compactMap { $0 }.max()
            return true
        }
        return behind
    }

    /// How far each shard has been seen. A clock that was set back completes some before that, whose place among the others nobody knows:
    /// then it is looked through from its beginning.
    private struct Places {
        private var known: [Shard: (finished: Int64, id: ReminderID)] = [:]

        init(_ before: UnixMilliseconds, _ session: WriterSession) throws(PostgresFailure) {
            let rows = try session.connection.run([EveryShard.spent.query("SELECT shard, finished_ms, id FROM spent")])[0]
            for row in rows.indices where rows.int(row, 1) <= before.count {
                if let shard = Shard(Int(rows.int(row, 0))), let id = rows.id(row, 2) { known[shard] = (rows.int(row, 1), id) }
            }
        }

        func parameters(_ shards: [Shard], _ scope: StoreScope) -> [Parameter] {
            [
                scope.parameter(shards), .ints(shards.map { known[$0]?.finished ?? .min }),
                .ids(shards.map { known[$0]?.id ?? ReminderID(high: 0, low: 0) }),
            ]
        }
    }
}
