import Storage
import TaskDomain

/// What the writes of a chunk come to: their results, and the rows that differ afterwards.
struct BatchWrites {
    private(set) var results: [StoreWriteResult] = []
    private var found: BatchReads.Found
    private var before: [ReminderID: StoredReminder]
    /// Those that cannot be understood and were cancelled.
    private var cancelled: [ReminderID: StoredReminder] = [:]
    private var made: [ReminderID] = []
    private var records: [(shard: Shard, record: IdempotencyRecord)] = []
    private var queues: [String: QueueSettings] = [:]
    /// By the first shard of the strand, and by name.
    private var zones: [Shard: [String: ZoneMark]] = [:]
    /// By the first shard of the strand.
    private var workers: [Shard: [AttachedWorker]] = [:]
    /// Whether each is to be there.
    private var shelf: [ShelfKey: Bool] = [:]
    private let scope: StoreScope
    private let pending: PendingCounts

    init(_ found: BatchReads.Found, _ scope: StoreScope, _ pending: PendingCounts) {
        self.scope = scope
        self.found = found
        self.pending = pending
        before = found.reminders
    }

    /// Decides a write of the chunk by what was found, and by those before it.
    mutating func add(_ write: StoreWrite) { results.append(decide(write)) }

    private mutating func decide(_ write: StoreWrite) -> StoreWriteResult {
        switch write {
        case .create(let reminder, let position, let record, let limit): return create(reminder, position, record, limit)
        case .settle(let key, _, _, _), .materialise(let key, _, _, _), .hold(let key, _, _): return apply(write, to: key.reminder) ?? .notFound
        case .misfire(let id, _, _): return apply(write, to: id) ?? .notFound
        case .change(let id, _, _, _): return apply(write, to: id) ?? .changed(ChangeOutcome(.notFound, nil))
        case .shelve(let key): shelf[key] = true
        case .unshelve(let keys): for key in keys { shelf[key] = false }
        case .queue(let settings): queues[settings.name] = settings
        case .zone(let mark, let strand): zones[strand, default: [:]][mark.zone] = mark
        case .workers(let attached, let strand): workers[strand] = attached
        }
        return .done
    }

    private mutating func create(
        _ reminder: Reminder, _ position: SeriesPosition?, _ record: IdempotencyRecord?, _ pendingLimit: Int?
    ) -> StoreWriteResult {
        let key = record.map { BatchReads.IdempotencyKey(shard: reminder.id.shard, key: $0.key) }
        let refusal = CreateRules.refusal(
            of: record, earlier: key.flatMap { found.idempotency[$0] }, isStored: found.created.contains(reminder.id), position: position,
            pendingLimit: pendingLimit
        ) { pending.count(of: reminder.caller) }
        if let refusal { return refusal }
        found.reminders[reminder.id] = StoredReminder(created: reminder, position: position)
        found.created.insert(reminder.id)
        made.append(reminder.id)
        if position != nil { pending.changed(reminder.caller, by: 1) }
        if let record, let key {
            found.idempotency[key] = record
            records.append((key.shard, record))
        }
        return .done
    }

    /// `nil` where there is no such reminder.
    private mutating func apply(_ write: StoreWrite, to id: ReminderID) -> StoreWriteResult? {
        guard var reminder = found.reminders.removeValue(forKey: id) else { return cancelDamaged(write, id) }
        var history = found.histories.removeValue(forKey: id) ?? AttemptHistory()
        let wasFinished = reminder.finishedAt != nil
        let result = reminder.apply(write, &history)
        let isFinished = reminder.finishedAt != nil
        if isFinished != wasFinished { pending.changed(reminder.reminder.caller, by: isFinished ? -1 : 1) }
        found.reminders[id] = reminder
        found.histories[id] = history
        return result
    }

    /// What cannot be read can still be cancelled, by whoever may do everything.
    private mutating func cancelDamaged(_ write: StoreWrite, _ id: ReminderID) -> StoreWriteResult? {
        guard case .change(_, .cancel, let guardian, let at) = write, guardian == ChangeGuard(), let old = found.damaged[id]?.standing else { return nil }
        var new = cancelled[id] ?? old
        guard new.cancel(at: at) else { return nil }
        before[id] = old
        cancelled[id] = new
        pending.changed(new.reminder.caller, by: -1)
        return .changed(ChangeOutcome(.done, nil))
    }

    // MARK: Rows

    /// The statements that make it so.
    /// - Parameter numbers: of series.
    func queries(_ numbers: SeriesNumbers) -> [Query] {
        var queries: [Query] = []
        if !made.isEmpty {
            let made = made.compactMap { found.reminders[$0] }
            queries += DefinitionRow.insert(made.map(\.reminder), scope, numbers)
            queries += ReminderRow.insert(made, scope)
        }
        if !records.isEmpty {
            queries += Self.keys.queries(
                records.map(\.shard),
                [
                    .blobs(records.map(\.record.key)), .blobs(records.map(\.record.request)), .blobs(records.map(\.record.answer)),
                    .ints(records.map(\.record.createdAt.count)),
                ], scope)
        }
        addChanged(&queries, numbers)
        addRest(&queries)
        return queries
    }

    private static let keys = Insert("idempotency", [("key", "bytea"), ("request", "bytea"), ("answer", "bytea"), ("created_ms", "bigint")])
    private static let passed = Insert("passed", OccurrenceRow.key, "ON CONFLICT DO NOTHING")

    private func addChanged(_ queries: inout [Query], _ numbers: SeriesNumbers) {
        var moved: [StoredReminder] = [], redefined: [Reminder] = [], attempts: [(id: ReminderID, attempt: Attempt)] = []
        var put: [(key: OccurrenceKey, row: StoredOccurrence)] = [], removed: [OccurrenceKey] = []
        var passed: [OccurrenceKey] = [], forgotten: [OccurrenceKey] = [], tallies = Tallies()
        for (id, old) in before {
            guard let new = found.reminders[id] ?? cancelled[id] else { continue }
            func key(_ second: UnixSeconds) -> OccurrenceKey { OccurrenceKey(reminder: id, scheduledAt: second) }
            if new.reminder !== old.reminder { redefined.append(new.reminder) }
            let queue = new.reminder.queue
            if queue != old.reminder.queue {
                for (kind, number) in found.kinds[id] ?? [] {
                    tallies.add(old.reminder.queue, kind, -number)
                    tallies.add(queue, kind, number)
                }
            }
            if new.isElsewhere(than: old) { moved.append(new) }
            for (second, row) in new.occurrences where old.occurrences[second] != row {
                put.append((key(second), row))
                if let before = old.occurrences[second] { tallies.add(queue, before.kind, -1) }
                tallies.add(queue, row.kind, 1)
            }
            for (second, row) in old.occurrences where new.occurrences[second] == nil {
                removed.append(key(second))
                tallies.add(queue, row.kind, -1)
            }
            for second in new.passed.subtracting(old.passed) { passed.append(key(second)) }
            for second in old.passed.subtracting(new.passed) { forgotten.append(key(second)) }
            for attempt in found.histories[id]?.recorded ?? [] { attempts.append((id, attempt)) }
        }
        if !redefined.isEmpty { queries.append(DefinitionRow.update(redefined, scope, numbers)) }
        if !moved.isEmpty { queries.append(ReminderRow.update(moved, scope)) }
        if !removed.isEmpty { queries.append(OccurrenceRow.remove(removed, scope)) }
        if !cancelled.isEmpty { queries.append(DefinitionRow.forgetCredentials(Array(cancelled.keys), scope)) }
        if !put.isEmpty { queries += OccurrenceRow.put(put, scope) }
        queries += tallies.queries(of: before.keys.lazy.map(\.shard), scope)
        if !attempts.isEmpty { queries += AttemptRow.insert(attempts, scope) }
        if !passed.isEmpty {
            queries += Self.passed.queries(passed.map(\.reminder.shard), OccurrenceRow.parameters(of: passed), scope)
        }
        if !forgotten.isEmpty { queries.append(OccurrenceRow.remove(forgotten, from: "passed", scope)) }
    }

    private func addRest(_ queries: inout [Query]) {
        for settings in queues.values {
            queries.append(
                Query(
                    """
                    INSERT INTO queues (name, paused, max_concurrency, rate_count, rate_seconds, fair_by)
                    VALUES ($1::bytea, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::bigint)
                    ON CONFLICT (name) DO UPDATE SET (paused, max_concurrency, rate_count, rate_seconds, fair_by)
                        = (excluded.paused, excluded.max_concurrency, excluded.rate_count, excluded.rate_seconds, excluded.fair_by)
                    """,
                    [
                        .text(settings.name), .int(settings.isPaused ? 1 : 0), .int(settings.maxConcurrency.map(Int64.init)),
                        .int(settings.rate.map { Int64($0.count) }), .int(settings.rate.map { Int64($0.seconds) }),
                        .int(Int64(settings.fairBy.rawValue)),
                    ]))
        }
        queries += ZoneRow.put(zones.flatMap { strand, marks in marks.values.map { (strand, $0) } }, scope)
        for (strand, workers) in workers { queries += AttachedRows.queries(workers, of: strand, scope) }
        for (strand, keys) in Dictionary(grouping: shelf, by: { Strands.first(of: $0.key.due.occurrence.reminder.shard) }) {
            queries += ShelfRows.queries(Dictionary(uniqueKeysWithValues: keys.map { ($0.key, $0.value) }), of: strand, scope)
        }
    }
}

extension StoredReminder {
    /// Whether its row of `reminders` is another.
    fileprivate func isElsewhere(than old: StoredReminder) -> Bool {
        state != old.state || position != old.position || dueAt != old.dueAt || delivered != old.delivered || missed != old.missed
            || heldSince != old.heldSince || updatedAt != old.updatedAt || finishedAt != old.finishedAt || revision != old.revision
    }
}

extension StoredOccurrence {
    /// What it is counted as.
    fileprivate var kind: CountedKind { CountedKind(state, tries) }
}

/// Rows of `zone_marks`.
enum ZoneRow {
    private static let put = Insert(
        "zone_marks", [("name", "bytea"), ("digest", "bigint"), ("through", "bigint")],
        "ON CONFLICT (shard, name) DO UPDATE SET (digest, through) = (excluded.digest, excluded.through)")

    static func put(_ marks: [(strand: Shard, mark: ZoneMark)], _ scope: StoreScope) -> [Query] {
        guard !marks.isEmpty else { return [] }
        return put.queries(
            marks.map(\.strand),
            [
                .blobs(marks.map { Array($0.mark.zone.utf8) }), .ints(marks.map { $0.mark.digest.map { Int64(bitPattern: $0) } }),
                .ints(marks.map(\.mark.through)),
            ], scope)
    }

    static func find(of strand: Shard) -> Query {
        Query("SELECT name, digest, through FROM zone_marks WHERE shard = $1 ORDER BY name", [.shard(strand)])
    }

    static func marks(_ rows: Rows) -> [ZoneMark] {
        rows.indices.compactMap { row in
            rows.text(row, 0).map {
                ZoneMark(zone: $0, digest: rows.optionalInt(row, 1).map { UInt64(bitPattern: $0) }, through: rows.optionalInt(row, 2))
            }
        }
    }
}

/// Rows of `attempts`.
enum AttemptRow {
    private static let insert = Insert(
        "attempts",
        [
            ("reminder", "uuid"), ("started_ms", "bigint"), ("scheduled_at", "bigint"), ("number", "bigint"), ("outcome", "bigint"),
            ("duration_us", "bigint"), ("status_code", "bigint"), ("detail", "bytea"), ("result", "bytea"),
        ], "ON CONFLICT DO NOTHING")

    static func insert(_ attempts: [(id: ReminderID, attempt: Attempt)], _ scope: StoreScope) -> [Query] {
        func ints(_ value: (Attempt) -> Int64) -> Parameter { .ints(attempts.map { value($0.attempt) }) }
        return insert.queries(
            attempts.map(\.id.shard),
            [
                .ids(attempts.map(\.id)), ints(\.startedAt.count), ints(\.scheduledAt.count),
                ints { Int64($0.number) }, ints { Int64($0.outcome.rawValue) }, ints(\.durationMicroseconds), ints { Int64($0.statusCode) },
                .blobs(attempts.map { Array($0.attempt.boundedDetail.utf8) }), .blobs(attempts.map { $0.attempt.result.isEmpty ? nil : $0.attempt.result }),
            ], scope)
    }
}
