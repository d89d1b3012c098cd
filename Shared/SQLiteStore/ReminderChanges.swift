import Storage
import TaskDomain

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
    private let callerChanges: CallerChanges
    let intake: Intake
    let shelf: ShelfRows
    private let pending: PendingCounts
    private let putQueue: Statement, putZone: Statement, listZones: Statement
    private let listWorkers: Statement, clearWorkers: Statement, addWorker: Statement
    /// The number of the next definition. Only this connection writes, so it need not ask.
    private var nextDefinition: Int64

    init(
        _ connection: Connection, path: String, unfiled: UnfiledCount, onFault: @escaping @Sendable (String) -> Void
    ) throws(SQLiteFailure) {
        self.connection = connection
        intake = try Intake(connection, count: unfiled)
        self.path = path
        self.onFault = onFault
        shelf = try ShelfRows(connection, path: path, onFault: onFault)
        pending = try PendingCounts(connection)
        standings = try Standings(connection, pending: pending)
        settlements = try Settlements(connection, standings: standings)
        findIdempotency = try connection.prepare(
            "SELECT request, answer FROM idempotency WHERE shard = ?1 AND key = ?2")
        putIdempotency = try connection.prepare(
            "INSERT INTO idempotency (shard, key, request, answer, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)")
        callerChanges = try CallerChanges(
            connection, path: path, standings: standings, settlements: settlements, onFault: onFault)
        putQueue = try connection.prepare(
            """
            INSERT INTO queues (name, paused, max_concurrency, rate_count, rate_seconds, fair_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET paused = excluded.paused, max_concurrency = excluded.max_concurrency,
                rate_count = excluded.rate_count, rate_seconds = excluded.rate_seconds, fair_by = excluded.fair_by
            """)
        putZone = try connection.prepare(
            """
            INSERT INTO zones (name, digest, through) VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET digest = excluded.digest, through = excluded.through
            """)
        listZones = try connection.prepare("SELECT name, digest, through FROM zones ORDER BY name")
        listWorkers = try connection.prepare(
            "SELECT instance, leases_end_ms, handed_through_ms, awaited_since_ms FROM workers ORDER BY instance")
        clearWorkers = try connection.prepare("DELETE FROM workers")
        addWorker = try connection.prepare(
            """
            INSERT OR IGNORE INTO workers (instance, leases_end_ms, handed_through_ms, awaited_since_ms) VALUES (?1, ?2, ?3, ?4)
            """)
        let last = "SELECT max(number) FROM"
        nextDefinition =
            max(try connection.integer("\(last) definitions") ?? 0, try connection.integer("\(last) intake") ?? 0) + 1
    }

    /// After a transaction that was rolled back.
    func reload() throws(SQLiteFailure) {
        try intake.reload()
        try pending.reload()
    }

    func apply(_ write: StoreWrite) throws(SQLiteFailure) -> StoreWriteResult {
        if let id = write.stored, intake.holds(id) { try intake.file() }
        switch write {
        case .create(let reminder, let position, let idempotency, let pendingLimit):
            return try create(reminder, position, idempotency, pendingLimit: pendingLimit)
        case .settle(let key, let attempt, let disposition, let move):
            return try settlements.settle(key, attempt, disposition, move)
        case .materialise(let key, let due, let tries, let move):
            return try settlements.materialise(key, dueAt: due, tries: tries, move)
        case .misfire(let id, let record, let move):
            return try settlements.misfire(id, record, move)
        case .hold(let key, let attempt, let tries):
            return try settlements.hold(key, attempt, tries: tries)
        case .change(let id, let change, let guardian, let at):
            return .changed(try callerChanges.apply(change, to: id, guardian, at: at))
        case .shelve(let key):
            try shelf.add(key)
            return .done
        case .unshelve(let keys):
            try shelf.remove(keys)
            return .done
        case .queue(let settings):
            try set(settings)
            return .done
        case .zone(let mark, _):
            putZone.bind(1, mark.zone)
            putZone.bind(2, mark.digest.map { Int64(bitPattern: $0) })
            putZone.bind(3, mark.through)
            try putZone.run()
            return .done
        case .workers(let workers, _):
            try set(workers)
            return .done
        }
    }

    func zones() throws(SQLiteFailure) -> [ZoneMark] {
        var zones: [ZoneMark] = []
        defer { listZones.reset() }
        while try listZones.step() {
            guard let name = listZones.text(0) else { continue }
            zones.append(
                ZoneMark(
                    zone: name, digest: listZones.optionalInteger(1).map { UInt64(bitPattern: $0) }, through: listZones.optionalInteger(2)))
        }
        return zones
    }

    // MARK: Create

    private func create(
        _ reminder: Reminder, _ position: SeriesPosition?, _ idempotency: IdempotencyRecord?, pendingLimit: Int?
    ) throws(SQLiteFailure) -> StoreWriteResult {
        if let idempotency, let earlier = try answer(to: idempotency, in: reminder.id.shard) { return earlier }
        if let pendingLimit, position != nil {
            // What was stored is answered as such, whatever has been stored since.
            guard try !intake.isKnown(reminder.id) else { return .exists }
            if let count = try pending.full(reminder.caller, limit: pendingLimit, intake) { return .tooManyPending(count) }
        }
        let quota = pending.number(of: reminder.caller)
        guard try intake.append(reminder, number: nextDefinition, position, quota: quota) else { return .exists }
        if let quota, position != nil { pending.added(quota) }
        // Numbers of a transaction that is rolled back stay unused.
        nextDefinition += 1
        if let idempotency {
            putIdempotency.bind(1, reminder.id.shard.number)
            putIdempotency.bind(2, idempotency.key)
            putIdempotency.bind(3, idempotency.request)
            putIdempotency.bind(4, idempotency.answer)
            putIdempotency.bind(5, idempotency.createdAt)
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

    // MARK: Queues

    private func set(_ queue: QueueSettings) throws(SQLiteFailure) {
        putQueue.bind(1, queue.name)
        putQueue.bind(2, queue.isPaused ? 1 : 0)
        putQueue.bind(3, queue.maxConcurrency.map(Int64.init))
        putQueue.bind(4, queue.rate.map { Int64($0.count) })
        putQueue.bind(5, queue.rate.map { Int64($0.seconds) })
        putQueue.bind(6, queue.fairBy.rawValue)
        try putQueue.run()
    }

    // MARK: Workers

    /// Occurrences that came to an end before their series came to them; at most `limit`.
    func passed(limit: Int) throws(SQLiteFailure) -> [OccurrenceKey] { try standings.passed.all(limit: limit) }

    func dropPassedBehind() throws(SQLiteFailure) { try standings.passed.dropBehind() }

    func workers() throws(SQLiteFailure) -> [AttachedWorker] {
        var workers: [AttachedWorker] = []
        while try listWorkers.step() {
            guard let instance = listWorkers.text(0) else { continue }
            workers.append(
                AttachedWorker(
                    instance: instance, leasesEndAt: listWorkers.optionalTime(1),
                    handedThrough: listWorkers.optionalTime(2), awaitedSince: listWorkers.optionalTime(3)))
        }
        return workers
    }

    private func set(_ workers: [AttachedWorker]) throws(SQLiteFailure) {
        try clearWorkers.run()
        for worker in workers {
            addWorker.bind(1, worker.instance)
            addWorker.bind(2, worker.leasesEndAt)
            addWorker.bind(3, worker.handedThrough)
            addWorker.bind(4, worker.awaitedSince)
            try addWorker.run()
        }
    }
}

extension StoreWrite {
    /// The reminder that must be there for it.
    fileprivate var stored: ReminderID? {
        switch self {
        case .settle(let key, _, _, _), .materialise(let key, _, _, _), .hold(let key, _, _): key.reminder
        case .misfire(let id, _, _), .change(let id, _, _, _): id
        case .create, .shelve, .unshelve, .queue, .zone, .workers: nil
        }
    }
}
