import Storage
import TaskDomain

/// Attempts of reminders that stay, where they have become many: one reminder after the other is looked at, a bounded number at a time,
/// and again some time after all have been.
final class LongHistories: PruningDuty {
    let kind = PrunedKind.attempts
    private var look = HistoryLook<Place>()

    private struct Place {
        var shard: Shard
        var reminder = ReminderID(high: 0, low: 0)

        var parameters: [Parameter] { [.shard(shard), .id(reminder)] }
    }

    /// The place of an attempt in its reminder's history.
    private struct Key: Comparable {
        let startedAt: Int64, scheduledAt: Int64, number: Int64, outcome: Int64

        static func < (a: Self, b: Self) -> Bool {
            (a.startedAt, a.scheduledAt, a.number, a.outcome) < (b.startedAt, b.scheduledAt, b.number, b.outcome)
        }
    }

    private static let key = "started_ms, scheduled_at, number, outcome"
    private static let attempts = "FROM attempts WHERE shard = $1 AND reminder = $2::uuid"
    private static let latestFirst = "ORDER BY started_ms DESC, scheduled_at DESC, number DESC, outcome DESC"

    func prune(_ request: Pruning, _ session: WriterSession, room: inout Int, _ progress: inout PruneProgress) throws(PostgresFailure) {
        guard let first = Shard.all.first else { return }
        look.begin(request, at: Place(shard: first))
        if let place = look.place {
            let found = try reminders(after: place, session)
            look.place = found.count < HistoryPace.remindersAtOnce ? nil : found.last?.place
            for (index, reminder) in found.enumerated() where reminder.isLong {
                guard room > 0 else { continue }
                try shorten(reminder.place, request, room: &room, session)
                // Where there was no room for all, it is looked at again.
                if room <= 0 { look.place = index == 0 ? place : found[index - 1].place }
            }
        }
        progress.isUnderWay = look.place != nil
    }

    func behindMilliseconds(_ request: Pruning, _ session: WriterSession) -> Int64? {
        look.behindMilliseconds(request)
    }

    /// The next ones that have attempts, shard by shard, by a seek each, and whether they have more than stay in any case.
    private func reminders(after place: Place, _ session: WriterSession) throws(PostgresFailure) -> [(place: Place, isLong: Bool)] {
        let sql = Self.reminders(session.scope), none = Place(shard: place.shard).reminder
        var found: [(place: Place, isLong: Bool)] = []
        try session.look(in: session.epochs.shards.filter { $0 >= place.shard }) { shards in
            let after = Parameter.ids(shards.map { $0 == place.shard ? place.reminder : none })
            return Query(sql, [session.scope.parameter(shards), after, .int(Int64(HistoryPace.remindersAtOnce - found.count))])
        } _: { rows throws(PostgresFailure) in
            for row in rows.indices where found.count < HistoryPace.remindersAtOnce {
                guard let shard = Shard(Int(rows.int(row, 0))), let id = rows.id(row, 1) else { continue }
                found.append((Place(shard: shard, reminder: id), rows.int(row, 2) != 0))
            }
            return found.count < HistoryPace.remindersAtOnce
        }
        return found
    }

    private static func reminders(_ scope: StoreScope) -> String {
        let found = scope.inEach([("after", "uuid")]) { shard in
            """
            WITH RECURSIVE t AS (
                (SELECT shard, reminder FROM attempts WHERE shard = \(shard) AND reminder > s.after ORDER BY reminder LIMIT 1)
                UNION ALL SELECT n.shard, n.reminder FROM t CROSS JOIN LATERAL (
                    SELECT a.shard, a.reminder FROM attempts a WHERE a.shard = \(shard) AND a.reminder > t.reminder ORDER BY a.reminder LIMIT 1) n)
            SELECT t.shard, t.reminder FROM t LIMIT $3::bigint
            """
        }
        let mine = "WHERE \(scope.isSame("a", as: "c")) AND a.reminder = c.reminder"
        return """
            SELECT c.shard, c.reminder, EXISTS (SELECT 1 FROM attempts a \(mine) OFFSET \(Attempt.alwaysKept)) \(found) LIMIT $3::bigint
            """
    }

    private func shorten(_ reminder: Place, _ request: Pruning, room: inout Int, _ session: WriterSession) throws(PostgresFailure) {
        let now = (request.now + HistoryPace.aheadMilliseconds).count
        func nth(_ from: Int64, _ to: Int64, _ number: Int) throws(PostgresFailure) -> Key? {
            try key(
                "AND started_ms BETWEEN $3::bigint AND $4::bigint \(Self.latestFirst) LIMIT 1 OFFSET $5::bigint", reminder, [from, to, Int64(number)],
                session.connection)
        }
        guard let latest = try nth(.min, .max, 0) else { return }
        if latest.startedAt > now, let beyond = try nth(now + 1, .max, Attempt.mostKept) {
            try remove(upTo: beyond, from: now + 1, of: reminder, room: &room, session)
        }
        guard room > 0, let spare = try nth(.min, now, Attempt.alwaysKept) else { return }
        if let beyond = try nth(.min, now, Attempt.mostKept) {
            try remove(upTo: beyond, from: .min, of: reminder, room: &room, session)
        }
        let old = request.finishedBefore.count
        guard room > 0, old > .min, let youngestOld = try nth(.min, old - 1, 0) else { return }
        try remove(upTo: min(youngestOld, spare), from: .min, of: reminder, room: &room, session)
    }

    private func key(_ condition: String, _ reminder: Place, _ values: [Int64], _ connection: Connection) throws(PostgresFailure) -> Key? {
        let rows = try connection.run("SELECT \(Self.key) \(Self.attempts) \(condition)", reminder.parameters + values.map { .int($0) })
        guard !rows.isEmpty else { return nil }
        return Key(startedAt: rows.int(0, 0), scheduledAt: rows.int(0, 1), number: rows.int(0, 2), outcome: rows.int(0, 3))
    }

    /// Removes attempts up to this one, but no more than there is room for.
    private func remove(upTo end: Key, from start: Int64, of reminder: Place, room: inout Int, _ session: WriterSession) throws(PostgresFailure) {
        let full = try key(
            "AND started_ms >= $3::bigint ORDER BY \(Self.key) LIMIT 1 OFFSET $4::bigint", reminder, [start, Int64(room - 1)], session.connection)
        let last = min(end, full ?? end)
        let removed = try session.change([reminder], in: \.shard) { _ in
            [
                Query(
                    """
                    DELETE \(Self.attempts) AND started_ms >= $3::bigint
                        AND (\(Self.key)) <= ($4::bigint, $5::bigint, $6::bigint, $7::bigint)
                    """, reminder.parameters + [.int(start), .int(last.startedAt), .int(last.scheduledAt), .int(last.number), .int(last.outcome)])
            ]
        }
        room -= removed.reduce(0) { $0 + $1.affected }
    }
}
