import Domain

/// What the reading thread carries out.
enum ReaderTask: Sendable {
    case reminder(ReminderID, @Sendable (Result<ReminderSummary?, StoreError>) -> Void)
    case attempts(ReminderID, limit: Int, @Sendable (Result<[Attempt]?, StoreError>) -> Void)
    /// A task for which there was no room.
    case refused(@Sendable (StoreError) -> Void)
    case close(@Sendable () -> Void)
}

/// The reading thread's work: queries on a connection of its own, each on a snapshot, so that none waits for a commit.
final class SnapshotReader {
    private let queue: TaskQueue<ReaderTask>
    private let file: DatabaseFile
    private let limits: StoreLimits
    private let onFault: @Sendable (String) -> Void
    private var queries: SnapshotQueries?
    private var isClosed = false

    init(
        queue: TaskQueue<ReaderTask>, file: DatabaseFile, limits: StoreLimits,
        onFault: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        self.queue = queue
        self.file = file
        self.limits = limits
        self.onFault = onFault
        do throws(SQLiteFailure) {
            queries = try SnapshotQueries(path: file.path, limits: limits, onFault: onFault)
        } catch {
            throw error.storeError(path: file.path)
        }
    }

    /// Works until the queue is ended.
    func run() {
        var tasks: [ReaderTask] = []
        while queue.drain(into: &tasks, wait: true) {
            for task in tasks {
                queue.taken(weight: task.weight)
                carryOut(task)
            }
            tasks.removeAll(keepingCapacity: tasks.capacity <= 4096)
        }
    }

    private func carryOut(_ task: ReaderTask) {
        switch task {
        case .reminder(let id, let completion):
            completion(query { queries throws(StoreQueryError) in try queries.summary(of: id) })
        case .attempts(let id, let limit, let completion):
            completion(query { queries throws(StoreQueryError) in try queries.attempts(of: id, limit: limit) })
        case .refused(let completion):
            completion(
                isClosed
                    ? .closed
                    : .unavailable("more than \(limits.queuedReads) reads wait for \(file.path). Slow down"))
        case .close(let completion):
            isClosed = true
            queries = nil
            completion()
        }
    }

    private func query<Value>(
        _ body: (SnapshotQueries) throws(StoreQueryError) -> Value
    ) -> Result<Value, StoreError> {
        guard !isClosed else { return .failure(.closed) }
        do throws(StoreQueryError) {
            let open: SnapshotQueries
            if let queries {
                open = queries
            } else {
                do throws(SQLiteFailure) {
                    open = try SnapshotQueries(path: file.path, limits: limits, onFault: onFault)
                } catch {
                    throw .sqlite(error)
                }
                queries = open
            }
            return .success(try body(open))
        } catch {
            switch error {
            case .sqlite(let failure):
                if !failure.leavesConnectionUsable { queries = nil }
                return .failure(failure.storeError(path: file.path))
            case .damaged(let reason):
                onFault("\(file.path): \(reason)")
                return .failure(
                    .unusable("\(file.path): \(reason). Restore the row from a backup, or cancel the reminder"))
            }
        }
    }
}

/// Why a query has no answer.
enum StoreQueryError: Error {
    case sqlite(SQLiteFailure)
    case damaged(String)
}

/// The reading connection with its statements.
final class SnapshotQueries {
    private let connection: Connection
    private let path: String
    private let onFault: @Sendable (String) -> Void
    private let findSummary: Statement, findReminder: Statement, listAttempts: Statement

    init(path: String, limits: StoreLimits, onFault: @escaping @Sendable (String) -> Void) throws(SQLiteFailure) {
        self.path = path
        self.onFault = onFault
        connection = try Connection(path: path, busyTimeoutMilliseconds: limits.busyTimeoutMilliseconds)
        try connection.execute(
            "PRAGMA query_only = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -\(limits.readerCacheKibibytes)")
        func count(_ state: OccurrenceState) -> String {
            """
            (SELECT count(*) FROM occurrences o
             WHERE o.shard = ?1 AND o.reminder = ?2 AND o.state = \(state.rawValue))
            """
        }
        findSummary = try connection.prepare(
            """
            SELECT r.state, r.next_at, r.next_index, r.delivered, r.updated_ms,
                \(count(.pending)), \(count(.held)), \(count(.dead)), \(DefinitionRow.selected)
            FROM reminders r LEFT JOIN definitions d ON d.number = r.definition WHERE r.shard = ?1 AND r.id = ?2
            """)
        findReminder = try connection.prepare("SELECT 1 FROM reminders WHERE shard = ?1 AND id = ?2")
        listAttempts = try connection.prepare(
            """
            SELECT started_ms, scheduled_at, number, outcome, duration_us, status_code, detail
            FROM attempts WHERE shard = ?1 AND reminder = ?2
            ORDER BY started_ms DESC, scheduled_at DESC, number DESC, outcome DESC
            """)
    }

    func summary(of id: ReminderID) throws(StoreQueryError) -> ReminderSummary? {
        findSummary.bindKey(id)
        guard try step(findSummary) else { return nil }
        defer { findSummary.reset() }
        let row = findSummary
        guard let state = UInt8(exactly: row.integer(0)).flatMap(ReminderState.init) else {
            throw .damaged("reminder \(id) has the unknown state \(row.integer(0))")
        }
        let reminder: Reminder
        do throws(DefinitionRow.Damage) { reminder = try DefinitionRow.decode(row, from: 8, expecting: id) } catch {
            throw .damaged("reminder \(id) is damaged: \(error.reason)")
        }
        return ReminderSummary(
            reminder: reminder, state: state,
            position: row.optionalInteger(1).map { SeriesPosition(scheduledAt: $0, index: row.integer(2)) },
            delivered: row.integer(3), retrying: Int(row.integer(5)), held: Int(row.integer(6)),
            dead: Int(row.integer(7)), updatedAtMilliseconds: row.integer(4))
    }

    func attempts(of id: ReminderID, limit: Int) throws(StoreQueryError) -> [Attempt]? {
        var attempts: [Attempt] = []
        let row = listAttempts
        row.bindKey(id)
        defer { row.reset() }
        while attempts.count < limit, try step(row) {
            guard let outcome = UInt8(exactly: row.integer(3)).flatMap(Outcome.init), let detail = row.text(6) else {
                onFault("\(path): an attempt of reminder \(id) is damaged (outcome \(row.integer(3))); skipped")
                continue
            }
            attempts.append(
                Attempt(
                    scheduledAt: row.integer(1), number: Int(row.integer(2)), startedAtMilliseconds: row.integer(0),
                    durationMicroseconds: row.integer(4), outcome: outcome, statusCode: Int(row.integer(5)),
                    detail: detail))
        }
        if attempts.isEmpty {
            findReminder.bindKey(id)
            guard try step(findReminder) else { return nil }
            findReminder.reset()
        }
        return attempts
    }

    private func step(_ statement: Statement) throws(StoreQueryError) -> Bool {
        do throws(SQLiteFailure) { return try statement.step() } catch { throw .sqlite(error) }
    }
}

extension ReaderTask {
    /// What the task counts for among those that wait.
    var weight: Int {
        switch self {
        case .reminder, .attempts: 1
        case .refused, .close: 0
        }
    }
}
