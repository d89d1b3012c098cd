import Storage
import TaskDomain

/// What was left to the disk by the scheduler, found by queue, task and sharer. No more than an index: what is pending the other tables tell.
enum ShelfRows {
    private static let key = "queue, task, sharer, due_ms, reminder, scheduled_at"
    private static let insert = Insert(
        "shelf",
        [("queue", "bytea"), ("task", "bytea"), ("sharer", "bytea"), ("due_ms", "bigint"), ("reminder", "uuid"), ("scheduled_at", "bigint")],
        "ON CONFLICT DO NOTHING")

    /// - Parameters:
    ///   - changes: whether each key is to be there.
    ///   - strand: the first shard of the one that all of them are of.
    static func queries(_ changes: [ShelfKey: Bool], of strand: Shard, _ scope: StoreScope) -> [Query] {
        let added = changes.filter(\.value).map(\.key), removed = changes.filter { !$0.value }.map(\.key)
        var queries: [Query] = []
        if !removed.isEmpty {
            queries.append(
                Query(
                    """
                    DELETE FROM shelf s USING unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[], $6::uuid[], $7::bigint[]) u (\(key))
                    WHERE s.shard = $1 AND (s.queue, s.task, s.sharer, s.due_ms, s.reminder, s.scheduled_at)
                        = (u.queue, u.task, u.sharer, u.due_ms, u.reminder, u.scheduled_at)
                    """, [.shard(strand)] + columns(removed)))
        }
        if !added.isEmpty { queries += insert.queries(added.map { _ in strand }, columns(added), scope) }
        return queries
    }

    private static func columns(_ keys: [ShelfKey]) -> [Parameter] {
        func texts(_ value: (ShelfKey) -> String) -> Parameter { .blobs(keys.map { Array(value($0).utf8) }) }
        return [
            texts(\.place.queue), texts(\.place.task), texts(\.place.sharer), .ints(keys.map(\.due.dueAt.count)),
            .ids(keys.map(\.due.occurrence.reminder)), .ints(keys.map(\.due.occurrence.scheduledAt.count)),
        ]
    }

    /// The keys of a strand that are looked at.
    static func find(_ scope: ShelfScope, of strand: Shard, after: ShelfKey, limit: Int) -> Query {
        // Each begins with what the index is searched for.
        let condition = switch scope {
        case .share: "queue = $2::bytea AND task = $3::bytea AND sharer = $4::bytea AND (due_ms, reminder, scheduled_at) > ($5::bigint, $6::uuid, $7::bigint)"
        case .lane: "queue = $2::bytea AND task = $3::bytea AND (sharer, due_ms, reminder, scheduled_at) > ($4::bytea, $5::bigint, $6::uuid, $7::bigint)"
        case .everything: "(\(key)) > ($2::bytea, $3::bytea, $4::bytea, $5::bigint, $6::uuid, $7::bigint)"
        }
        return Query(
            "SELECT \(key) FROM shelf WHERE shard = $1 AND \(condition) ORDER BY \(key) LIMIT $8::bigint",
            [
                .shard(strand), .text(after.place.queue), .text(after.place.task), .text(after.place.sharer), .time(after.due.dueAt),
                .id(after.due.occurrence.reminder), .time(after.due.occurrence.scheduledAt), .int(Int64(limit)),
            ])
    }

    static func keys(_ rows: Rows) -> [ShelfKey] {
        rows.indices.compactMap { row in
            guard let queue = rows.text(row, 0), let task = rows.text(row, 1), let sharer = rows.text(row, 2), let id = rows.id(row, 4) else {
                return nil
            }
            return ShelfKey(
                place: ShelfPlace(queue: queue, task: task, sharer: sharer),
                due: DueKey(dueAt: rows.time(row, 3), occurrence: OccurrenceKey(reminder: id, scheduledAt: rows.time(row, 5))))
        }
    }
}
