import Storage
import TaskDomain

/// Rows of `passed`: occurrences that came to an end, or were put off, before their series came to them.
final class PassedRows {
    private let add: Statement, find: Statement, dropBefore: Statement, dropAll: Statement
    private let list: Statement, removeBehind: Statement

    init(_ connection: Connection) throws(SQLiteFailure) {
        add = try connection.prepare(
            """
            INSERT OR IGNORE INTO passed (shard, reminder, scheduled_at) SELECT shard, id, ?3 FROM reminders
            WHERE shard = ?1 AND id = ?2 AND next_at <= ?3 AND state < 2
            """)
        let ofReminder = "FROM passed WHERE shard = ?1 AND reminder = ?2"
        find = try connection.prepare("SELECT 1 \(ofReminder) AND scheduled_at = ?3")
        dropBefore = try connection.prepare("DELETE \(ofReminder) AND scheduled_at < ?3")
        dropAll = try connection.prepare("DELETE \(ofReminder)")
        let toCome = "r.shard = p.shard AND r.id = p.reminder AND r.next_at <= p.scheduled_at AND r.state < 2"
        list = try connection.prepare(
            """
            SELECT p.reminder, p.scheduled_at FROM passed p JOIN reminders r ON \(toCome)
            ORDER BY p.shard, p.reminder, p.scheduled_at LIMIT ?1
            """)
        removeBehind = try connection.prepare(
            "DELETE FROM passed AS p WHERE NOT EXISTS (SELECT 1 FROM reminders r WHERE \(toCome))")
    }

    /// Adds an occurrence, unless its series is past it or has ended.
    func add(_ key: OccurrenceKey) throws(SQLiteFailure) {
        add.bindKey(key.reminder)
        add.bind(3, key.scheduledAt)
        try add.run()
    }

    func contains(_ key: OccurrenceKey) throws(SQLiteFailure) -> Bool {
        find.bindKey(key.reminder)
        find.bind(3, key.scheduledAt)
        defer { find.reset() }
        return try find.step()
    }

    /// Removes what a series is past that stands there; `nil`: it has ended.
    func drop(_ id: ReminderID, before position: UnixSeconds?) throws(SQLiteFailure) {
        guard let position else { return try drop(id) }
        dropBefore.bindKey(id)
        dropBefore.bind(3, position)
        try dropBefore.run()
    }

    func drop(_ id: ReminderID) throws(SQLiteFailure) {
        dropAll.bindKey(id)
        try dropAll.run()
    }

    /// Removes what every series is past: where it was stepped over by no move of its own.
    func dropBehind() throws(SQLiteFailure) { try removeBehind.run() }

    func all(limit: Int) throws(SQLiteFailure) -> [OccurrenceKey] {
        var keys: [OccurrenceKey] = []
        list.bind(1, limit)
        while try list.step() {
            if let id = list.id(0) { keys.append(OccurrenceKey(reminder: id, scheduledAt: list.time(1))) }
        }
        return keys
    }
}
