import Storage
import TaskDomain

/// Reads what is due next: the two sources (positions, rows of their own) merged in the order of `DueKey`.
final class DueLoader {
    private let positions: Statement, occurrences: Statement
    private let path: String
    private let onFault: @Sendable (String) -> Void

    init(
        _ connection: Connection, path: String, onFault: @escaping @Sendable (String) -> Void
    ) throws(SQLiteFailure) {
        self.path = path
        self.onFault = onFault
        positions = try connection.prepare(
            """
            SELECT r.id, r.due_ms, r.next_at, r.next_index, \(DefinitionRow.selected)
            FROM reminders r INDEXED BY reminders_due LEFT JOIN definitions d ON d.number = r.definition
            WHERE r.state = 0 AND r.due_ms IS NOT NULL
                AND r.shard = ?1 AND (r.due_ms, r.id) >= (?2, ?3) AND r.due_ms <= ?4
            ORDER BY r.due_ms, r.id
            """)
        occurrences = try connection.prepare(
            """
            SELECT o.reminder, o.due_ms, o.scheduled_at, o.manual, o.attempts, o.losses, o.tried_since_ms, \(DefinitionRow.selected)
            FROM occurrences o INDEXED BY occurrences_due
                LEFT JOIN reminders r ON r.shard = o.shard AND r.id = o.reminder
                LEFT JOIN definitions d ON d.number = r.definition
            WHERE o.state = 0 AND o.shard = ?1 AND (o.manual = 1 OR r.state IS NOT 1)
                AND (o.due_ms, o.reminder, o.scheduled_at) > (?2, ?3, ?5) AND o.due_ms <= ?4
            ORDER BY o.due_ms, o.reminder, o.scheduled_at
            """)
    }

    func load(_ request: DueRequest) throws(SQLiteFailure) -> DuePage {
        guard request.limit > 0 else { return DuePage() }
        bind(request)
        defer {
            positions.reset()
            occurrences.reset()
        }
        var page = DuePage()
        var position = try nextPosition(after: request.after)
        var occurrence = try nextKey(of: occurrences, from: "occurrences")
        while position != nil || occurrence != nil {
            if let end = page.end, page.entries.count >= request.limit, position != end { return page }
            if let due = position, occurrence.map({ due < $0 }) ?? true {
                if let entry = entry(due, from: positions, definition: 4, isPosition: true) { page.entries.append(entry) }
                page.end = due
                position = try nextPosition(after: request.after)
            } else if let due = occurrence {
                if let entry = entry(due, from: occurrences, definition: 7, isPosition: false) { page.entries.append(entry) }
                page.end = due
                occurrence = try nextKey(of: occurrences, from: "occurrences")
            }
        }
        page.end = nil
        return page
    }

    private func bind(_ request: DueRequest) {
        let from = request.after?.dueAt ?? .distantPast
        positions.bind(1, request.shard.number)
        positions.bind(2, from)
        bindID(of: request.after, to: positions)
        positions.bind(4, request.through)

        occurrences.bind(1, request.shard.number)
        occurrences.bind(2, from)
        bindID(of: request.after, to: occurrences)
        occurrences.bind(4, request.through)
        occurrences.bind(5, request.after?.occurrence.scheduledAt ?? .distantPast)
    }

    private func bindID(of after: DueKey?, to statement: Statement) {
        if let after { statement.bind(3, after.occurrence.reminder) } else { statement.bind(3, [UInt8]()) }
    }

    /// The key of the next position, which `positions` now stands on.
    private func nextPosition(after: DueKey?) throws(SQLiteFailure) -> DueKey? {
        while let due = try nextKey(of: positions, from: "reminders") {
            // The query begins at the reminder of `after`, whose position may be `after` itself.
            if let after, due <= after { continue }
            return due
        }
        return nil
    }

    /// The key of the next row that has one; `rows` now stands on it.
    private func nextKey(of rows: Statement, from table: String) throws(SQLiteFailure) -> DueKey? {
        while try rows.step() {
            guard let id = rows.id(0) else {
                onFault("\(path): a row of \(table) has an id that is not 16 bytes long; skipped")
                continue
            }
            // Cut to whole numbers, others would not be in the order in which they were found.
            guard rows.isInteger(1), rows.isInteger(2) else {
                onFault("\(path): reminder \(id) has a time that is no whole number; skipped")
                continue
            }
            return DueKey(
                dueAt: rows.time(1),
                occurrence: OccurrenceKey(reminder: id, scheduledAt: rows.time(2)))
        }
        return nil
    }

    private func entry(_ due: DueKey, from row: Statement, definition: Int32, isPosition: Bool) -> DueEntry? {
        do throws(DefinitionRow.Damage) {
            let reminder = try DefinitionRow.decode(row, from: definition, expecting: due.occurrence.reminder)
            return isPosition
                ? DueEntry(due: due, reminder: reminder, tries: .none, positionIndex: row.integer(3))
                : DueEntry(
                    due: due, reminder: reminder, tries: row.tries(from: 4), positionIndex: nil, isManual: row.integer(3) != 0)
        } catch {
            onFault("\(path): reminder \(due.occurrence.reminder) is damaged: \(error.reason); not fired")
            return nil
        }
    }
}
