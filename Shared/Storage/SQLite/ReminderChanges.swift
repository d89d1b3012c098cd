import Domain

/// Carries out each `StoreWrite` within the writer's open transaction.
///
/// Every write is judged by what is stored at that moment, which includes the writes before it in the transaction.
final class ReminderChanges {
    private let connection: Connection
    private let path: String
    private let onFault: @Sendable (String) -> Void
    private let settlements: Settlements
    private let standings: Standings
    private let findIdempotency: Statement, putIdempotency: Statement
    private let insertReminder: Statement, insertDefinition: Statement
    private let readDefinition: Statement, setAuthorization: Statement, touch: Statement
    private let listHeld: Statement, releaseHeld: Statement
    private let listWorkers: Statement, clearWorkers: Statement, addWorker: Statement
    /// The number of the next definition. Only this connection writes, so it need not ask.
    private var nextDefinition: Int64

    init(
        _ connection: Connection, path: String, onFault: @escaping @Sendable (String) -> Void
    ) throws(SQLiteFailure) {
        self.connection = connection
        self.path = path
        self.onFault = onFault
        standings = try Standings(connection)
        settlements = try Settlements(connection, standings: standings)
        findIdempotency = try connection.prepare(
            "SELECT request, answer FROM idempotency WHERE shard = ?1 AND key = ?2")
        putIdempotency = try connection.prepare(
            "INSERT INTO idempotency (shard, key, request, answer, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)")
        insertReminder = try connection.prepare(
            """
            INSERT OR IGNORE INTO reminders
                (shard, id, definition, state, next_at, next_index, delivered, updated_ms, finished_ms)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8)
            """)
        insertDefinition = try connection.prepare(DefinitionRow.insert)
        readDefinition = try connection.prepare(
            """
            SELECT r.state, r.next_at, r.next_index, r.definition, \(DefinitionRow.selected)
            FROM reminders r LEFT JOIN definitions d ON d.number = r.definition WHERE r.shard = ?1 AND r.id = ?2
            """)
        setAuthorization = try connection.prepare("UPDATE definitions SET authorization = ?2 WHERE number = ?1")
        touch = try connection.prepare(
            "UPDATE reminders SET updated_ms = max(updated_ms, ?3) WHERE shard = ?1 AND id = ?2")
        listHeld = try connection.prepare(
            """
            SELECT scheduled_at FROM occurrences WHERE shard = ?1 AND reminder = ?2 AND state = 1 ORDER BY scheduled_at
            """)
        releaseHeld = try connection.prepare(
            """
            UPDATE occurrences SET state = 0, due_ms = ?3, attempts = 0, changed_ms = ?3
            WHERE shard = ?1 AND reminder = ?2 AND state = 1
            """)
        listWorkers = try connection.prepare("SELECT instance FROM workers ORDER BY instance")
        clearWorkers = try connection.prepare("DELETE FROM workers")
        addWorker = try connection.prepare("INSERT OR IGNORE INTO workers VALUES (?1)")
        nextDefinition = (try connection.integer("SELECT max(number) FROM definitions") ?? 0) + 1
    }

    func apply(_ write: StoreWrite) throws(SQLiteFailure) -> StoreWriteResult {
        switch write {
        case .create(let reminder, let position, let idempotency):
            return try create(reminder, position, idempotency)
        case .settle(let key, let attempt, let disposition, let move):
            return try settlements.settle(key, attempt, disposition, move)
        case .materialise(let key, let due, let attempts, let move):
            return try settlements.materialise(key, dueAtMilliseconds: due, attempts: attempts, move)
        case .misfire(let id, let record, let move):
            return try settlements.misfire(id, record, move)
        case .cancel(let id, let at):
            return try cancel(id, at)
        case .replaceAuthorization(let id, let sealed, let at):
            return try replaceAuthorization(id, sealed, at)
        case .workers(let instances):
            try setWorkers(instances)
            return .done
        }
    }

    // MARK: Create

    private func create(
        _ reminder: Reminder, _ position: SeriesPosition?, _ idempotency: IdempotencyRecord?
    ) throws(SQLiteFailure) -> StoreWriteResult {
        let shard = reminder.id.shard
        if let idempotency, let earlier = try answer(to: idempotency, in: shard) { return earlier }
        let created = reminder.createdAtMilliseconds
        insertReminder.bindKey(reminder.id)
        insertReminder.bind(3, nextDefinition)
        insertReminder.bind(4, (position == nil ? ReminderState.completed : .scheduled).rawValue)
        insertReminder.bind(5, position?.scheduledAt)
        insertReminder.bind(6, position?.index)
        insertReminder.bind(7, created)
        insertReminder.bind(8, position == nil ? created : nil)
        guard try insertReminder.run() == 1 else { return .exists }
        DefinitionRow.bind(reminder, number: nextDefinition, to: insertDefinition)
        // Numbers of a transaction that is rolled back stay unused.
        nextDefinition += 1
        try insertDefinition.run()
        if let idempotency {
            putIdempotency.bind(1, shard.number)
            putIdempotency.bind(2, idempotency.key)
            putIdempotency.bind(3, idempotency.request)
            putIdempotency.bind(4, idempotency.answer)
            putIdempotency.bind(5, idempotency.createdAtMilliseconds)
            try putIdempotency.run()
        }
        return .done
    }

    /// What the key stands for already; `nil` if nothing.
    private func answer(
        to record: IdempotencyRecord, in shard: Shard
    ) throws(SQLiteFailure) -> StoreWriteResult? {
        findIdempotency.bind(1, shard.number)
        findIdempotency.bind(2, record.key)
        guard try findIdempotency.step() else { return nil }
        defer { findIdempotency.reset() }
        guard findIdempotency.blob(0) == record.request, let answer = findIdempotency.blob(1) else {
            return .idempotencyConflict
        }
        return .replayed(answer: answer)
    }

    // MARK: Cancel

    private func cancel(_ id: ReminderID, _ at: Int64) throws(SQLiteFailure) -> StoreWriteResult {
        if try standings.cancel(id, at: at) { return .done }
        guard let standing = try standings.read(id) else { return .notFound }
        guard let state = ReminderState(rawValue: standing.state) else {
            onFault("\(path): reminder \(id) has the unknown state \(standing.state); it was not cancelled")
            return .notFound
        }
        return .alreadyFinished(state)
    }

    // MARK: Authorization

    private func replaceAuthorization(
        _ id: ReminderID, _ sealed: [UInt8], _ at: Int64
    ) throws(SQLiteFailure) -> StoreWriteResult {
        guard let (old, number, position) = try definition(of: id) else { return .notFound }
        setAuthorization.bind(1, number)
        setAuthorization.bind(2, sealed)
        try setAuthorization.run()
        touch.bindKey(id)
        touch.bind(3, at)
        try touch.run()

        let reminder = old.with(sealedAuthorization: sealed)
        var released: [DueEntry] = []
        if let position {
            released.append(DueEntry(position: position, of: reminder))
        }
        let held = try heldOccurrences(of: id)
        if !held.isEmpty {
            releaseHeld.bindKey(id)
            releaseHeld.bind(3, at)
            try releaseHeld.run()
        }
        for scheduledAt in held {
            let key = OccurrenceKey(reminder: id, scheduledAt: scheduledAt)
            released.append(
                DueEntry(
                    due: DueKey(dueAtMilliseconds: at, occurrence: key), reminder: reminder, attempts: 0,
                    positionIndex: nil))
        }
        return .authorizationReplaced(reminder, released: released)
    }

    private func heldOccurrences(of id: ReminderID) throws(SQLiteFailure) -> [Int64] {
        var held: [Int64] = []
        listHeld.bindKey(id)
        while try listHeld.step() { held.append(listHeld.integer(0)) }
        return held
    }

    /// The reminder, the number of its definition, and its position if that is to come.
    private func definition(
        of id: ReminderID
    ) throws(SQLiteFailure) -> (Reminder, number: Int64, SeriesPosition?)? {
        readDefinition.bindKey(id)
        guard try readDefinition.step() else { return nil }
        defer { readDefinition.reset() }
        do throws(DefinitionRow.Damage) {
            let reminder = try DefinitionRow.decode(readDefinition, from: 4, expecting: id)
            var position: SeriesPosition?
            if readDefinition.integer(0) == Int64(ReminderState.scheduled.rawValue),
                let next = readDefinition.optionalInteger(1)
            {
                position = SeriesPosition(scheduledAt: next, index: readDefinition.integer(2))
            }
            return (reminder, readDefinition.integer(3), position)
        } catch {
            onFault("\(path): reminder \(id) is damaged: \(error.reason); its credential was not replaced")
            return nil
        }
    }

    // MARK: Workers

    func workers() throws(SQLiteFailure) -> [String] {
        var instances: [String] = []
        while try listWorkers.step() {
            if let instance = listWorkers.text(0) { instances.append(instance) }
        }
        return instances
    }

    func setWorkers(_ instances: [String]) throws(SQLiteFailure) {
        try clearWorkers.run()
        for instance in instances {
            addWorker.bind(1, instance)
            try addWorker.run()
        }
    }
}

extension DueEntry {
    /// A series' position, which is due at the very second for which it is scheduled.
    init(position: SeriesPosition, of reminder: Reminder) {
        self.init(
            due: DueKey(
                dueAtMilliseconds: Milliseconds.ofSecond(position.scheduledAt),
                occurrence: OccurrenceKey(reminder: reminder.id, scheduledAt: position.scheduledAt)),
            reminder: reminder, attempts: 0, positionIndex: position.index)
    }
}

extension Reminder {
    /// The same with another credential.
    func with(sealedAuthorization: [UInt8]) -> Reminder {
        Reminder(
            id: id, schedule: schedule, task: task, arguments: arguments, queue: queue, priority: priority,
            misfirePolicy: misfirePolicy, maxAttempts: maxAttempts, description: description, classroomID: classroomID,
            createdBy: createdBy, createdAtMilliseconds: createdAtMilliseconds,
            sealedAuthorization: sealedAuthorization)
    }
}

/// Conversions between seconds and milliseconds that cannot overflow.
enum Milliseconds {
    static func ofSecond(_ second: Int64) -> Int64 {
        let (product, overflow) = second.multipliedReportingOverflow(by: 1000)
        return overflow ? (second < 0 ? .min : .max) : product
    }

    /// The second that a millisecond lies in, rounded down.
    static func second(of milliseconds: Int64) -> Int64 {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
