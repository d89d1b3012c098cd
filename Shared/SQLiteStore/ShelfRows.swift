import Storage
import TaskDomain

/// What was left to the disk by the scheduler, found by queue, task and sharer. No more than an index: what is pending the other tables tell.
final class ShelfRows {
    private let putRow: Statement, removeRow: Statement, clearRows: Statement
    private let findKeys: [ShelfScope: Statement]
    private let findPosition: Statement, findOccurrence: Statement
    private let path: String
    private let onFault: @Sendable (String) -> Void

    init(_ connection: Connection, path: String, onFault: @escaping @Sendable (String) -> Void) throws(SQLiteFailure) {
        self.path = path
        self.onFault = onFault
        putRow = try connection.prepare(
            "INSERT OR IGNORE INTO shelf (queue, task, sharer, due_ms, reminder, scheduled_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        removeRow = try connection.prepare(
            """
            DELETE FROM shelf
            WHERE queue = ?1 AND task = ?2 AND sharer = ?3 AND due_ms = ?4 AND reminder = ?5 AND scheduled_at = ?6
            """)
        clearRows = try connection.prepare("DELETE FROM shelf")
        var findKeys: [ShelfScope: Statement] = [:]
        for scope in ShelfScope.allCases {
            findKeys[scope] = try connection.prepare(
                """
                SELECT queue, task, sharer, due_ms, reminder, scheduled_at FROM shelf
                WHERE \(Self.condition(scope)) ORDER BY queue, task, sharer, due_ms, reminder, scheduled_at LIMIT ?7
                """)
        }
        self.findKeys = findKeys
        findPosition = try connection.prepare(
            """
            SELECT r.due_ms, r.next_index, \(DefinitionRow.selected)
            FROM reminders r LEFT JOIN definitions d ON d.number = r.definition
            WHERE r.shard = ?1 AND r.id = ?2 AND r.next_at = ?3 AND r.state = 0 AND r.due_ms IS NOT NULL
            """)
        findOccurrence = try connection.prepare(
            """
            SELECT o.due_ms, o.manual, o.attempts, o.losses, o.tried_since_ms, \(DefinitionRow.selected)
            FROM occurrences o
                LEFT JOIN reminders r ON r.shard = o.shard AND r.id = o.reminder
                LEFT JOIN definitions d ON d.number = r.definition
            WHERE o.shard = ?1 AND o.reminder = ?2 AND o.scheduled_at = ?3 AND o.state = 0 AND (o.manual = 1 OR r.state IS NOT 1)
            """)
    }

    /// Each begins with what the index is searched for.
    private static func condition(_ scope: ShelfScope) -> String {
        switch scope {
        case .share: "queue = ?1 AND task = ?2 AND sharer = ?3 AND (due_ms, reminder, scheduled_at) > (?4, ?5, ?6)"
        case .lane: "queue = ?1 AND task = ?2 AND (sharer, due_ms, reminder, scheduled_at) > (?3, ?4, ?5, ?6)"
        case .everything: "(queue, task, sharer, due_ms, reminder, scheduled_at) > (?1, ?2, ?3, ?4, ?5, ?6)"
        }
    }

    func add(_ key: ShelfKey) throws(SQLiteFailure) {
        bind(key, to: putRow)
        try putRow.run()
    }

    func remove(_ keys: [ShelfKey]) throws(SQLiteFailure) {
        for key in keys {
            bind(key, to: removeRow)
            try removeRow.run()
        }
    }

    /// Forgets what a former process left.
    func clear() throws(SQLiteFailure) { try clearRows.run() }

    private func bind(_ key: ShelfKey, to statement: Statement) {
        statement.bind(1, key.place.queue)
        statement.bind(2, key.place.task)
        statement.bind(3, key.place.sharer)
        statement.bind(4, key.due.dueAt)
        statement.bind(5, key.due.occurrence.reminder)
        statement.bind(6, key.due.occurrence.scheduledAt)
    }

    func load(_ request: ShelfRequest) throws(SQLiteFailure) -> ShelfPage {
        var page = ShelfPage(keys: try keys(request))
        for key in page.keys {
            let occurrence = key.due.occurrence
            if let entry = try entry(occurrence, findPosition, isPosition: true) { page.entries.append(entry) }
            // What a person had run at the very second of its series' position is another.
            if let entry = try entry(occurrence, findOccurrence, isPosition: false) { page.entries.append(entry) }
        }
        return page
    }

    private func keys(_ request: ShelfRequest) throws(SQLiteFailure) -> [ShelfKey] {
        guard let rows = findKeys[request.scope] else { return [] }
        bind(request.after, to: rows)
        rows.bind(7, request.limit)
        defer { rows.reset() }
        var keys: [ShelfKey] = []
        while try rows.step() {
            guard let queue = rows.text(0), let task = rows.text(1), let sharer = rows.text(2), let id = rows.id(4) else { continue }
            keys.append(
                ShelfKey(
                    place: ShelfPlace(queue: queue, task: task, sharer: sharer),
                    due: DueKey(dueAt: rows.time(3), occurrence: OccurrenceKey(reminder: id, scheduledAt: rows.time(5)))))
        }
        return keys
    }

    private func entry(_ key: OccurrenceKey, _ row: Statement, isPosition: Bool) throws(SQLiteFailure) -> DueEntry? {
        row.bind(1, key.reminder.shard.number)
        row.bind(2, key.reminder)
        row.bind(3, key.scheduledAt)
        defer { row.reset() }
        guard try row.step() else { return nil }
        do throws(DefinitionRow.Damage) {
            let reminder = try DefinitionRow.decode(row, from: isPosition ? 2 : 5, expecting: key.reminder)
            let due = DueKey(dueAt: row.time(0), occurrence: key)
            return isPosition
                ? DueEntry(due: due, reminder: reminder, tries: .none, positionIndex: row.integer(1))
                : DueEntry(due: due, reminder: reminder, tries: row.tries(from: 2), positionIndex: nil, isManual: row.integer(1) != 0)
        } catch {
            onFault("\(path): reminder \(key.reminder) is damaged: \(error.reason); not fired")
            return nil
        }
    }
}
