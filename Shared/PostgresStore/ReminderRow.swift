import Storage
import TaskDomain

/// Rows of `reminders`, of `occurrences` and of `attempts`, both ways.
enum ReminderRow {
    /// What `decode` reads, for a query that calls the tables `r` and `d`.
    static let selected = """
        r.id, r.state, r.next_at, r.next_index, r.due_ms, r.delivered, r.missed, r.missed_more, r.missed_first, r.missed_last, r.held_ms,
        r.updated_ms, r.finished_ms, r.revision, \(DefinitionRow.selected)
        """
    static let columnCount = 14

    private static let columns = [
        "state", "next_at", "next_index", "due_ms", "delivered", "missed", "missed_more", "missed_first", "missed_last", "held_ms",
        "updated_ms", "finished_ms", "revision",
    ]
    private static let given: [Column] = [("id", "uuid")] + columns.map { ($0, "bigint") }
    private static let insert = Insert("reminders", given + [("caller", "bytea")])

    static func insert(_ reminders: [StoredReminder], _ scope: StoreScope) -> [Query] {
        let callers = Parameter.blobs(reminders.map { Array($0.reminder.caller.utf8) })
        return insert.queries(reminders.map(\.reminder.id.shard), parameters(reminders) + [callers], scope)
    }

    static func update(_ reminders: [StoredReminder], _ scope: StoreScope) -> Query {
        Query(
            """
            UPDATE reminders r SET (\(columns.joined(separator: ", "))) = (\(columns.map { "u.\($0)" }.joined(separator: ", ")))
            FROM \(scope.given(given)) WHERE \(scope.isGiven("r")) AND r.id = u.id
            """, [scope.parameter(reminders.map(\.reminder.id.shard))] + parameters(reminders))
    }

    private static func parameters(_ reminders: [StoredReminder]) -> [Parameter] {
        func ints(_ value: (StoredReminder) -> Int64?) -> Parameter { .ints(reminders.map(value)) }
        return [
            .ids(reminders.map(\.reminder.id)), ints { Int64($0.state.rawValue) },
            ints { $0.position?.scheduledAt.count }, ints { $0.position?.index }, ints { $0.dueAt?.count }, ints(\.delivered),
            ints { $0.missed?.count }, ints { $0.missed.map { $0.isAtLeast ? 1 : 0 } }, ints { $0.missed?.first.count },
            ints { $0.missed?.last.count }, ints { $0.heldSince?.count }, ints(\.updatedAt.count), ints { $0.finishedAt?.count },
            ints(\.revision),
        ]
    }

    /// - Parameters:
    ///   - occurrences, others, passed: those of the reminder that were read.
    static func decode(
        _ rows: Rows, _ row: Int, occurrences: [UnixSeconds: StoredOccurrence] = [:], others: OtherOccurrences = .none,
        passed: Set<UnixSeconds> = []
    ) throws(DefinitionRow.Damage) -> StoredReminder {
        guard let id = rows.id(row, 0) else { throw DefinitionRow.Damage(reason: "no id") }
        let reminder = try DefinitionRow.decode(rows, row, from: columnCount, expecting: id)
        return try decode(rows, row, as: reminder, occurrences: occurrences, others: others, passed: passed)
    }

    /// The same where what it is about is given.
    static func decode(
        _ rows: Rows, _ row: Int, as reminder: Reminder, occurrences: [UnixSeconds: StoredOccurrence], others: OtherOccurrences, passed: Set<UnixSeconds>
    ) throws(DefinitionRow.Damage) -> StoredReminder {
        guard let state = UInt8(exactly: rows.int(row, 1)).flatMap(ReminderState.init) else {
            throw DefinitionRow.Damage(reason: "the unknown state \(rows.int(row, 1))")
        }
        let missed = rows.optionalInt(row, 6).map {
            Missed(count: $0, isAtLeast: rows.int(row, 7) != 0, first: rows.time(row, 8), last: rows.time(row, 9))
        }
        return StoredReminder(
            reminder: reminder, state: state,
            position: rows.optionalTime(row, 2).map { SeriesPosition(scheduledAt: $0, index: rows.int(row, 3)) },
            dueAt: rows.optionalTime(row, 4), delivered: rows.int(row, 5), missed: missed, heldSince: rows.optionalTime(row, 10),
            updatedAt: rows.time(row, 11), finishedAt: rows.optionalTime(row, 12), revision: rows.int(row, 13), occurrences: occurrences,
            others: others, passed: passed)
    }
}

/// Rows of `occurrences`.
enum OccurrenceRow {
    /// What `decode` reads, for a query that calls the table `o`.
    static let selected = """
        o.reminder, o.scheduled_at, o.state, o.due_ms, o.attempts, o.losses, o.tried_since_ms, o.changed_ms, o.manual, o.outcome,
        o.status_code, o.detail
        """
    /// Columns of ``selected``.
    static let columnCount = 12

    private static let columns = ["state", "due_ms", "attempts", "losses", "tried_since_ms", "changed_ms", "manual", "outcome", "status_code"]

    /// What a statement is given to find rows.
    static let key: [Column] = [("reminder", "uuid"), ("scheduled_at", "bigint")]

    private static let put = Insert(
        "occurrences", key + columns.map { ($0, "bigint") } + [("detail", "bytea")],
        """
        ON CONFLICT (shard, reminder, scheduled_at) DO UPDATE SET
            (\(columns.joined(separator: ", ")), detail) = (\(columns.map { "excluded.\($0)" }.joined(separator: ", ")), excluded.detail)
        """)

    static func put(_ rows: [(key: OccurrenceKey, row: StoredOccurrence)], _ scope: StoreScope) -> [Query] {
        put.queries(rows.map(\.key.reminder.shard), parameters(rows), scope)
    }

    /// Removes rows of `occurrences`, or of `passed`.
    /// - Parameter shard: of all of them, where it is not that of their ids.
    static func remove(_ keys: [OccurrenceKey], in shard: Shard? = nil, from table: String = "occurrences", _ scope: StoreScope) -> Query {
        Query(
            """
            DELETE FROM \(table) o USING \(scope.given(key))
            WHERE \(scope.isGiven("o")) AND o.reminder = u.reminder AND o.scheduled_at = u.scheduled_at
            """, [scope.parameter(keys.map { shard ?? $0.reminder.shard })] + parameters(of: keys))
    }

    private static func parameters(_ rows: [(key: OccurrenceKey, row: StoredOccurrence)]) -> [Parameter] {
        func ints(_ value: (StoredOccurrence) -> Int64?) -> Parameter { .ints(rows.map { value($0.row) }) }
        return parameters(of: rows.map(\.key)) + [
            ints { Int64($0.state.rawValue) }, ints(\.dueAt.count), ints { Int64($0.tries.attempts) }, ints { Int64($0.tries.losses) },
            ints { $0.tries.since?.count }, ints(\.changedAt.count), ints { $0.isManual ? 1 : 0 },
            ints { $0.ending.map { Int64($0.outcome.rawValue) } }, ints { $0.ending.map { Int64($0.statusCode) } },
            .blobs(rows.map { $0.row.ending.map { Array($0.detail.utf8) } }),
        ]
    }

    /// Of ``key``, behind the shards.
    static func parameters(_ keys: [OccurrenceKey], _ scope: StoreScope) -> [Parameter] {
        [scope.parameter(keys.map(\.reminder.shard))] + parameters(of: keys)
    }

    static func parameters(of keys: [OccurrenceKey]) -> [Parameter] { [.ids(keys.map(\.reminder)), .ints(keys.map(\.scheduledAt.count))] }

    /// `nil` for a row that cannot be understood.
    static func decode(_ rows: Rows, _ row: Int) -> (key: OccurrenceKey, row: StoredOccurrence)? {
        guard let id = rows.id(row, 0), let state = UInt8(exactly: rows.int(row, 2)).flatMap(OccurrenceState.init) else { return nil }
        let ending = rows.optionalInt(row, 9).flatMap { UInt8(exactly: $0) }.flatMap(Outcome.init).map {
            StoredOccurrence.Ending(outcome: $0, statusCode: Int(clamping: rows.int(row, 10)), detail: rows.text(row, 11) ?? "")
        }
        return (
            OccurrenceKey(reminder: id, scheduledAt: rows.time(row, 1)),
            StoredOccurrence(
                state: state, dueAt: rows.time(row, 3), tries: tries(rows, row, from: 4), changedAt: rows.time(row, 7),
                isManual: rows.int(row, 8) != 0, ending: ending)
        )
    }

    /// Attempts, losses and since when, from this column on.
    static func tries(_ rows: Rows, _ row: Int, from column: Int) -> Tries {
        Tries(
            attempts: Int(clamping: rows.int(row, column)), losses: Int(clamping: rows.int(row, column + 1)),
            since: rows.optionalTime(row, column + 2))
    }
}
