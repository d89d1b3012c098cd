import Storage
import TaskDomain

/// What the writes of a chunk come to: their results, and the rows that differ afterwards.
struct BatchWrites {
    private(set) var results: [StoreWriteResult] = []
    private var found: BatchReads.Found
    private var before: [ReminderID: StoredReminder]
    private var made: [ReminderID] = []
    private var records: [(shard: Shard, record: IdempotencyRecord)] = []
    private var queues: [String: QueueSettings] = [:]
    private var zones: [String: ZoneMark] = [:]
    private var workers: [AttachedWorker]?
    /// Whether each is to be there.
    private var shelf: [ShelfKey: Bool] = [:]
    private let pending: PendingCounts

    /// Decides each write by what was found, and by those before it.
    init(_ chunk: Chunk, _ found: BatchReads.Found, _ pending: PendingCounts) {
        self.found = found
        self.pending = pending
        before = found.reminders
        for write in chunk.writes { results.append(decide(write)) }
    }

    private mutating func decide(_ write: StoreWrite) -> StoreWriteResult {
        switch write {
        case .create(let reminder, let position, let record, let limit): return create(reminder, position, record, limit)
        case .settle(let key, _, _, _), .materialise(let key, _, _, _), .hold(let key, _, _): return apply(write, to: key.reminder) ?? .notFound
        case .misfire(let id, _, _): return apply(write, to: id) ?? .notFound
        case .change(let id, _, _, _): return apply(write, to: id) ?? .changed(ChangeOutcome(.notFound, nil))
        case .shelve(let key): shelf[key] = true
        case .unshelve(let keys): for key in keys { shelf[key] = false }
        case .queue(let settings): queues[settings.name] = settings
        case .zone(let mark): zones[mark.zone] = mark
        case .workers(let attached): workers = attached
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
        guard var reminder = found.reminders.removeValue(forKey: id) else { return nil }
        var history = found.histories.removeValue(forKey: id) ?? AttemptHistory()
        let wasFinished = reminder.finishedAt != nil
        let result = reminder.apply(write, &history)
        let isFinished = reminder.finishedAt != nil
        if isFinished != wasFinished { pending.changed(reminder.reminder.caller, by: isFinished ? -1 : 1) }
        found.reminders[id] = reminder
        found.histories[id] = history
        return result
    }

    // MARK: Rows

    /// The statements that make it so.
    /// - Parameter number: the next one of a series.
    func queries(number: () -> Int64) -> [Query] {
        var queries: [Query] = []
        if !made.isEmpty {
            let made = made.compactMap { found.reminders[$0] }
            queries.append(DefinitionRow.insert(made.map(\.reminder), number: number))
            queries.append(Query(ReminderRow.insert, ReminderRow.parameters(made) + [ReminderRow.callers(made)]))
        }
        if !records.isEmpty {
            queries.append(
                Query(
                    """
                    INSERT INTO idempotency (shard, key, request, answer, created_ms)
                    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[])
                    """,
                    [
                        .ints(records.map { Int64($0.shard.number) }), .blobs(records.map(\.record.key)), .blobs(records.map(\.record.request)),
                        .blobs(records.map(\.record.answer)), .ints(records.map(\.record.createdAt.count)),
                    ]))
        }
        addChanged(&queries, number)
        addRest(&queries)
        return queries
    }

    private func addChanged(_ queries: inout [Query], _ number: () -> Int64) {
        var moved: [StoredReminder] = [], redefined: [Reminder] = [], attempts: [(id: ReminderID, attempt: Attempt)] = []
        var put: [(key: OccurrenceKey, row: StoredOccurrence)] = [], removed: [OccurrenceKey] = []
        var passed: [OccurrenceKey] = [], forgotten: [OccurrenceKey] = [], tallies = Tallies()
        for (id, old) in before {
            guard let new = found.reminders[id] else { continue }
            func key(_ second: UnixSeconds) -> OccurrenceKey { OccurrenceKey(reminder: id, scheduledAt: second) }
            if new.reminder !== old.reminder { redefined.append(new.reminder) }
            let queue = new.reminder.queue
            if queue != old.reminder.queue { tallies.move(id, from: old.reminder.queue, to: queue) }
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
        queries += tallies.first
        if !redefined.isEmpty { queries.append(DefinitionRow.update(redefined, number: number)) }
        if !moved.isEmpty { queries.append(Query(ReminderRow.update, ReminderRow.parameters(moved))) }
        if !removed.isEmpty { queries.append(Query(OccurrenceRow.remove, OccurrenceRow.keys(removed))) }
        if !put.isEmpty { queries.append(Query(OccurrenceRow.put, OccurrenceRow.parameters(put))) }
        queries += tallies.last
        if !attempts.isEmpty { queries.append(AttemptRow.insert(attempts)) }
        let seconds = "unnest($1::bigint[], $2::uuid[], $3::bigint[])"
        if !passed.isEmpty {
            queries.append(
                Query("INSERT INTO passed (shard, reminder, scheduled_at) SELECT * FROM \(seconds) ON CONFLICT DO NOTHING", OccurrenceRow.keys(passed)))
        }
        if !forgotten.isEmpty {
            queries.append(
                Query(
                    """
                    DELETE FROM passed p USING \(seconds) u (shard, reminder, scheduled_at)
                    WHERE p.shard = u.shard AND p.reminder = u.reminder AND p.scheduled_at = u.scheduled_at
                    """, OccurrenceRow.keys(forgotten)))
        }
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
        for mark in zones.values {
            queries.append(
                Query(
                    """
                    INSERT INTO zones (name, digest, through) VALUES ($1::bytea, $2::bigint, $3::bigint)
                    ON CONFLICT (name) DO UPDATE SET (digest, through) = (excluded.digest, excluded.through)
                    """, [.text(mark.zone), .int(mark.digest.map { Int64(bitPattern: $0) }), .int(mark.through)]))
        }
        if let workers {
            queries.append(Query("DELETE FROM workers"))
            queries.append(
                Query(
                    """
                    INSERT INTO workers (instance, leases_end_ms, handed_through_ms, awaited_since_ms)
                    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[]) ON CONFLICT DO NOTHING
                    """,
                    [
                        .blobs(workers.map { Array($0.instance.utf8) }), .ints(workers.map { $0.leasesEndAt?.count }),
                        .ints(workers.map { $0.handedThrough?.count }), .ints(workers.map { $0.awaitedSince?.count }),
                    ]))
        }
        queries += ShelfRows.queries(shelf)
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

/// Rows of `attempts`.
enum AttemptRow {
    static func insert(_ attempts: [(id: ReminderID, attempt: Attempt)]) -> Query {
        func ints(_ value: (Attempt) -> Int64) -> Parameter { .ints(attempts.map { value($0.attempt) }) }
        return Query(
            """
            INSERT INTO attempts (shard, reminder, started_ms, scheduled_at, number, outcome, duration_us, status_code, detail, result)
            SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bytea[],
                $10::bytea[])
            ON CONFLICT DO NOTHING
            """,
            [
                .ints(attempts.map { Int64($0.id.shard.number) }), .ids(attempts.map(\.id)), ints(\.startedAt.count), ints(\.scheduledAt.count),
                ints { Int64($0.number) }, ints { Int64($0.outcome.rawValue) }, ints(\.durationMicroseconds), ints { Int64($0.statusCode) },
                .blobs(attempts.map { Array($0.attempt.boundedDetail.utf8) }), .blobs(attempts.map { $0.attempt.result.isEmpty ? nil : $0.attempt.result }),
            ])
    }
}
