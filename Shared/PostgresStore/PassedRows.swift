import Storage
import TaskDomain

/// Rows of `passed`, read when a strand is taken.
extension WriterSession {
    /// Occurrences that came to an end before their series came to them; what each series is past is forgotten. The first pages of some shards
    /// are read in one trip, and whatever more there is of one in further ones.
    func passed(in shards: [Shard], limit: Int) throws(PostgresFailure) -> [OccurrenceKey] {
        var found: [OccurrenceKey] = []
        for first in stride(from: 0, to: shards.count, by: Self.shardsAtOnce) where found.count < limit {
            let some = shards[first..<min(first + Self.shardsAtOnce, shards.count)]
            for (shard, page) in zip(some, try connection.run(some.map { Self.passed(of: $0, after: nil) })) {
                var rows = page
                while found.count < limit {
                    let last = try addPassed(rows, of: shard, to: &found)
                    guard rows.count == Self.pageRows else { break }
                    rows = try connection.run([Self.passed(of: shard, after: last)])[0]
                }
            }
        }
        return Array(found.prefix(limit))
    }

    private static func passed(of shard: Shard, after last: OccurrenceKey?) -> Query {
        Query(
            """
            SELECT p.reminder, p.scheduled_at, EXISTS (
                SELECT 1 FROM reminders r WHERE r.shard = $1 AND r.id = p.reminder AND r.next_at <= p.scheduled_at AND r.state < 2)
            FROM passed p WHERE p.shard = $1 AND (p.reminder, p.scheduled_at) > ($2::uuid, $3::bigint)
            ORDER BY p.reminder, p.scheduled_at LIMIT $4::bigint
            """,
            [
                .shard(shard), .id(last?.reminder ?? ReminderID(high: 0, low: 0)), .int(last?.scheduledAt.count ?? .min), .int(Int64(pageRows)),
            ])
    }

    /// - Returns: the last of the rows.
    private func addPassed(_ rows: Rows, of shard: Shard, to found: inout [OccurrenceKey]) throws(PostgresFailure) -> OccurrenceKey? {
        var behind: [OccurrenceKey] = [], last: OccurrenceKey?
        for row in rows.indices {
            guard let id = rows.id(row, 0) else { continue }
            let key = OccurrenceKey(reminder: id, scheduledAt: rows.time(row, 1))
            if rows.int(row, 2) != 0 { found.append(key) } else { behind.append(key) }
            last = key
        }
        // By the shard that the rows have, whatever their ids say.
        try change(behind, in: { _ in shard }) { keys in [OccurrenceRow.remove(keys, in: shard, from: "passed", scope)] }
        return last
    }
}
