import Synchronization
import TaskDomain

/// Where new reminders are put first: a table to which rows are only appended.
///
/// A create touches five trees in random places, so that a commit of a few creates would write a page or more for each
/// tree and create. Appended one after the other they share a page, and a commit is as small as what it holds. Later,
/// many at once, they are filed: moved to the tables in which they are found, where then neighbours share pages too.
///
/// What is taken in is as safe as any other row. A load, a list, a prune, and a write that concerns one that is not filed,
/// have all filed first; a question for one reminder looks here too.
final class Intake {
    private let insert: Statement, find: Statement, list: Statement, clear: Statement
    private let fileDefinitions: Statement, fileReminders: Statement
    private var ids: Set<ReminderID> = []
    /// What is not filed takes, as estimated.
    private var bytes = 0
    /// Pending ones of those that are counted, by their number; see `PendingCounts`.
    private var counted: [Int64: Int] = [:]
    private let count: UnfiledCount

    /// - Parameter count: kept at how many are not filed, for other threads.
    init(_ connection: Connection, count: UnfiledCount) throws(SQLiteFailure) {
        self.count = count
        insert = try connection.prepare(DefinitionRow.insert(into: "intake", also: ["next_at", "next_index", "due_ms", "quota"]))
        find = try connection.prepare("SELECT 1 FROM reminders WHERE shard = ?1 AND id = ?2")
        list = try connection.prepare("SELECT id, length(arguments) + length(authorization), iif(next_at IS NULL, NULL, quota) FROM intake")
        clear = try connection.prepare("DELETE FROM intake")
        let columns = "number, shard, \(DefinitionRow.columns)"
        fileDefinitions = try connection.prepare(
            "INSERT INTO definitions (\(columns)) SELECT \(columns) FROM intake ORDER BY number")
        // In the order of the trees' keys, so that each page is visited once.
        fileReminders = try connection.prepare(
            """
            INSERT OR IGNORE INTO reminders
                (shard, id, definition, state, next_at, next_index, delivered, updated_ms, finished_ms, due_ms, quota)
            SELECT shard, id, number, \(Intake.initialState),
                next_at, next_index, 0, created_ms, iif(next_at IS NULL, created_ms, NULL), due_ms, quota
            FROM intake ORDER BY shard, id
            """)
        try reload()
    }

    /// The state of a new reminder, as a column of `intake`.
    static let initialState =
        "iif(next_at IS NULL, \(ReminderState.completed.rawValue), \(ReminderState.scheduled.rawValue))"

    var isEmpty: Bool { ids.isEmpty }

    /// Whether so many are not filed that it is time to.
    func exceeds(_ limits: SQLiteLimits, times factor: Int = 1) -> Bool {
        ids.count >= factor * limits.unfiledCreates || bytes >= factor * limits.unfiledBytes
    }

    func holds(_ id: ReminderID) -> Bool { !ids.isEmpty && ids.contains(id) }

    func pending(of quota: Int64) -> Int { counted[quota] ?? 0 }

    /// Whether there is a reminder with this id, here or filed.
    func isKnown(_ id: ReminderID) throws(SQLiteFailure) -> Bool {
        if ids.contains(id) { return true }
        find.bindKey(id)
        defer { find.reset() }
        return try find.step()
    }

    /// Finds out what is not filed: when the database was opened, and when a transaction was rolled back.
    func reload() throws(SQLiteFailure) {
        ids.removeAll(keepingCapacity: true)
        bytes = 0
        counted = [:]
        while try list.step() {
            if let id = list.id(0) { ids.insert(id) }
            bytes += Int(list.integer(1))
            if let quota = list.optionalInteger(2) { counted[quota, default: 0] += 1 }
        }
        count.set(ids.count)
    }

    /// - Parameters:
    ///   - number: of its definition.
    ///   - position: `nil` if nothing of it is ever due.
    ///   - quota: what it is counted under, if it is.
    /// - Returns: `false` if there is a reminder with this id.
    func append(
        _ reminder: Reminder, number: Int64, _ position: SeriesPosition?, quota: Int64?
    ) throws(SQLiteFailure) -> Bool {
        guard try !isKnown(reminder.id) else { return false }
        DefinitionRow.bind(reminder, number: number, to: insert)
        let next = DefinitionRow.parameterCount
        insert.bind(next + 1, position?.scheduledAt)
        insert.bind(next + 2, position?.index)
        insert.bind(next + 3, position.map { reminder.due(of: $0.scheduledAt) })
        insert.bind(next + 4, quota)
        try insert.run()
        if let quota, position != nil { counted[quota, default: 0] += 1 }
        ids.insert(reminder.id)
        bytes += reminder.estimatedBytes
        count.set(ids.count)
        return true
    }

    /// Moves all to where they are found. Within a transaction.
    func file() throws(SQLiteFailure) {
        guard !ids.isEmpty else { return }
        try fileDefinitions.run()
        try fileReminders.run()
        try clear.run()
        ids.removeAll(keepingCapacity: true)
        bytes = 0
        counted = [:]
    }

    /// The transaction is on stable storage: what was filed in it is found by others from now on, and not before.
    func committed() {
        if ids.isEmpty { count.set(0) }
    }
}

/// How many reminders the writing thread has taken in and not filed, for those who want to read.
final class UnfiledCount: Sendable {
    private let count = Atomic(0)

    /// Never true for a create that was answered and is not to be found by others: it is raised before, and lowered after the commit.
    var isZero: Bool { count.load(ordering: .acquiring) == 0 }

    func set(_ value: Int) { count.store(value, ordering: .releasing) }
}
