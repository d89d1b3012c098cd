import Storage
import TaskDomain

/// Writes of one batch that are decided together, by one look at the database: no write among them needs rows that another may bring.
struct Chunk {
    private(set) var writes: [StoreWrite] = []
    /// The reminders that are touched, and whether no more than single occurrences of them are.
    private var touched: [ReminderID: Bool] = [:]

    var isEmpty: Bool { writes.isEmpty }

    /// - Returns: `false` where the write belongs to the next chunk.
    mutating func take(_ write: StoreWrite) -> Bool {
        if let id = write.reminder, !write.isShelving {
            let isNarrow = if case .at? = write.rowsNeeded { true } else { false }
            if let earlier = touched[id] {
                guard earlier, isNarrow else { return false }
            } else {
                touched[id] = isNarrow
            }
        }
        writes.append(write)
        return true
    }
}

extension StoreWrite {
    fileprivate var isShelving: Bool { if case .shelve = self { true } else { false } }
}

/// What a chunk asks of the database, and what it is told.
struct BatchReads {
    private(set) var queries: [Query] = []
    /// What each query is for.
    private var subjects: [Subject] = []

    private enum Subject {
        case reminders, occurrences, passed, attempts, created, idempotency
    }

    private struct Needs {
        /// Reminders that are stored, and how many seconds of each are asked for.
        var reminders: [ReminderID: Int] = [:]
        var open: [ReminderID] = []
        var seconds: [OccurrenceKey] = []
        var attempts: [(id: ReminderID, attempt: Attempt)] = []
        var deliveries: [OccurrenceKey] = []
        var created: [ReminderID] = []
        var keys: [(shard: Shard, key: [UInt8])] = []

        mutating func add(_ write: StoreWrite) {
            if case .create(let reminder, _, let record, _) = write {
                created.append(reminder.id)
                if let record { keys.append((reminder.id.shard, record.key)) }
            }
            guard let id = write.reminder, let needed = write.rowsNeeded else { return }
            let seconds: [UnixSeconds]
            switch needed {
            case .at(let at): seconds = at
            case .open(let at):
                seconds = at
                open.append(id)
            }
            reminders[id, default: 0] += seconds.count
            self.seconds += seconds.map { OccurrenceKey(reminder: id, scheduledAt: $0) }
            if let attempt = write.attempt { attempts.append((id, attempt)) }
            if case .change(_, let change, _, let at) = write, let second = change.deliveryAsked(at: at) {
                deliveries.append(OccurrenceKey(reminder: id, scheduledAt: second))
            }
        }
    }

    init(_ chunk: Chunk) {
        var needs = Needs()
        for write in chunk.writes { needs.add(write) }
        if !needs.reminders.isEmpty { ask(for: needs) }
        if !needs.created.isEmpty {
            add(
                .created, "SELECT r.id FROM unnest($1::bigint[], $2::uuid[]) u (shard, id) JOIN reminders r ON r.shard = u.shard AND r.id = u.id",
                Self.ids(needs.created))
        }
        if !needs.keys.isEmpty {
            add(
                .idempotency,
                """
                SELECT i.shard, i.key, i.request, i.answer, i.created_ms FROM unnest($1::bigint[], $2::bytea[]) u (shard, key)
                JOIN idempotency i ON i.shard = u.shard AND i.key = u.key
                """, [.ints(needs.keys.map { Int64($0.shard.number) }), .blobs(needs.keys.map(\.key))])
        }
    }

    private static func ids(_ ids: [ReminderID]) -> [Parameter] { [.ints(ids.map { Int64($0.shard.number) }), .ids(ids)] }

    private mutating func add(_ subject: Subject, _ sql: String, _ parameters: [Parameter]) {
        queries.append(Query(sql, parameters))
        subjects.append(subject)
    }

    private mutating func ask(for needs: Needs) {
        let ids = Array(needs.reminders.keys)
        // Of occurrences, no more are counted than tell whether there are others than those that are read.
        add(
            .reminders,
            """
            SELECT \(ReminderRow.selected),
                (SELECT count(*) FROM (SELECT 1 FROM occurrences o WHERE o.shard = r.shard AND o.reminder = r.id AND o.state < 2 LIMIT u.most) a),
                (SELECT count(*) FROM (SELECT 1 FROM occurrences o WHERE o.shard = r.shard AND o.reminder = r.id LIMIT u.most) a)
            FROM unnest($1::bigint[], $2::uuid[], $3::bigint[]) u (shard, id, most)
                JOIN reminders r ON r.shard = u.shard AND r.id = u.id LEFT JOIN definitions d ON d.shard = u.shard AND d.id = u.id
            """, Self.ids(ids) + [.ints(ids.map { Int64((needs.reminders[$0] ?? 0) + 1) })])
        if !needs.seconds.isEmpty {
            add(
                .occurrences,
                """
                SELECT \(OccurrenceRow.selected) FROM unnest($1::bigint[], $2::uuid[], $3::bigint[]) u (shard, reminder, scheduled_at)
                JOIN occurrences o ON o.shard = u.shard AND o.reminder = u.reminder AND o.scheduled_at = u.scheduled_at
                """, OccurrenceRow.keys(needs.seconds))
        }
        if !needs.attempts.isEmpty {
            add(
                .attempts,
                """
                SELECT a.reminder, a.started_ms, a.scheduled_at, a.number, a.outcome
                FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[]) u (shard, reminder, scheduled_at, started_ms)
                JOIN attempts a ON a.shard = u.shard AND a.reminder = u.reminder AND a.started_ms = u.started_ms AND a.scheduled_at = u.scheduled_at
                """,
                Self.ids(needs.attempts.map(\.id))
                    + [.ints(needs.attempts.map(\.attempt.scheduledAt.count)), .ints(needs.attempts.map(\.attempt.startedAt.count))])
        }
        if !needs.open.isEmpty { askForOpen(Self.ids(needs.open)) }
        if !needs.deliveries.isEmpty {
            add(
                .attempts,
                """
                SELECT a.reminder, a.started_ms, a.scheduled_at, a.number, a.outcome
                FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[]) u (shard, reminder, scheduled_at, earliest)
                JOIN attempts a ON a.shard = u.shard AND a.reminder = u.reminder AND a.started_ms >= u.earliest AND a.scheduled_at = u.scheduled_at
                WHERE a.outcome = \(Outcome.delivered.rawValue)
                """,
                OccurrenceRow.keys(needs.deliveries)
                    + [.ints(needs.deliveries.map { AttemptHistory.earliestStart(of: $0.scheduledAt).count })])
        }
    }

    /// All that is open of some reminders, what stands at their positions, and what they have passed.
    private mutating func askForOpen(_ ids: [Parameter]) {
        let given = "FROM unnest($1::bigint[], $2::uuid[]) u (shard, id)"
        let position = "JOIN reminders r ON r.shard = u.shard AND r.id = u.id"
        add(.occurrences, "SELECT \(OccurrenceRow.selected) \(given) JOIN occurrences o ON o.shard = u.shard AND o.reminder = u.id AND o.state < 2", ids)
        add(
            .occurrences,
            """
            SELECT \(OccurrenceRow.selected) \(given) \(position)
            JOIN occurrences o ON o.shard = u.shard AND o.reminder = u.id AND o.scheduled_at = r.next_at
            """, ids)
        add(.passed, "SELECT p.reminder, p.scheduled_at \(given) JOIN passed p ON p.shard = u.shard AND p.reminder = u.id", ids)
        // A time at the end of what 64 bits hold has no earliest start that they do.
        let earliest = "greatest(least(r.next_at, 9223372036854775), -9223372036854700) * 1000 - \(AttemptHistory.clockToleranceMilliseconds)"
        add(
            .attempts,
            """
            SELECT a.reminder, a.started_ms, a.scheduled_at, a.number, a.outcome \(given) \(position)
            JOIN attempts a ON a.shard = u.shard AND a.reminder = u.id AND a.started_ms >= \(earliest) AND a.scheduled_at = r.next_at
            WHERE a.outcome = \(Outcome.delivered.rawValue)
            """, ids)
    }

    // MARK: Answers

    /// What is stored of what a chunk touches.
    struct Found {
        var reminders: [ReminderID: StoredReminder] = [:]
        var histories: [ReminderID: AttemptHistory] = [:]
        var created: Set<ReminderID> = []
        var idempotency: [IdempotencyKey: IdempotencyRecord] = [:]
        /// Those that cannot be understood, and why.
        var damaged: [(id: ReminderID, reason: String)] = []
    }

    struct IdempotencyKey: Hashable {
        let shard: Shard
        let key: [UInt8]
    }

    /// - Parameter rows: of each of ``queries``.
    func found(_ rows: some Collection<Rows>) -> Found {
        var found = Found(), occurrences: [ReminderID: [UnixSeconds: StoredOccurrence]] = [:], passed: [ReminderID: Set<UnixSeconds>] = [:]
        var standings: Rows?
        for (subject, rows) in zip(subjects, rows) {
            switch subject {
            case .reminders: standings = rows
            case .occurrences:
                for row in rows.indices {
                    guard let (key, occurrence) = OccurrenceRow.decode(rows, row) else { continue }
                    occurrences[key.reminder, default: [:]][key.scheduledAt] = occurrence
                }
            case .passed:
                for row in rows.indices { if let id = rows.id(row, 0) { passed[id, default: []].insert(rows.time(row, 1)) } }
            case .attempts:
                for row in rows.indices {
                    guard let id = rows.id(row, 0), let outcome = UInt8(exactly: rows.int(row, 4)).flatMap(Outcome.init) else { continue }
                    found.histories[id, default: AttemptHistory()].add(
                        AttemptHistory.Identity(
                            startedAt: rows.time(row, 1), scheduledAt: rows.time(row, 2), number: Int(clamping: rows.int(row, 3)), outcome: outcome))
                }
            case .created: found.created = Set(rows.indices.compactMap { rows.id($0, 0) })
            case .idempotency:
                for row in rows.indices {
                    guard let shard = Shard(Int(rows.int(row, 0))), let key = rows.bytes(row, 1) else { continue }
                    found.idempotency[IdempotencyKey(shard: shard, key: key)] = IdempotencyRecord(
                        key: key, request: rows.bytes(row, 2) ?? [], answer: rows.bytes(row, 3) ?? [], createdAt: rows.time(row, 4))
                }
            }
        }
        if let standings { put(standings, occurrences, passed, into: &found) }
        return found
    }

    private func put(
        _ rows: Rows, _ occurrences: [ReminderID: [UnixSeconds: StoredOccurrence]], _ passed: [ReminderID: Set<UnixSeconds>], into found: inout Found
    ) {
        for row in rows.indices {
            guard let id = rows.id(row, 0) else { continue }
            let known = occurrences[id] ?? [:], counts = ReminderRow.columnCount + DefinitionRow.columnCount
            let open = known.values.count { $0.state != .dead }
            let others = OtherOccurrences(
                hasOpen: rows.int(row, counts) > Int64(open), hasDead: rows.int(row, counts + 1) > Int64(known.count))
            do throws(DefinitionRow.Damage) {
                found.reminders[id] = try ReminderRow.decode(rows, row, occurrences: known, others: others, passed: passed[id] ?? [])
            } catch {
                found.damaged.append((id, error.reason))
            }
        }
    }
}
