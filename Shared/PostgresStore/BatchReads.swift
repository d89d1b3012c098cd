import Storage
import TaskDomain

/// Writes of one batch that are decided together, by one look at the database: no write among them needs rows that another may bring.
struct Chunk {
    private(set) var writes: [StoreWrite] = []
    /// The reminders that are touched, and whether no more than single occurrences of them are.
    private var touched: [ReminderID: Bool] = [:]

    /// Divides writes, in their order.
    static func chunks(_ writes: [StoreWrite]) -> [Chunk] {
        var chunks: [Chunk] = [], chunk = Chunk()
        for write in writes where !chunk.take(write) {
            chunks.append(chunk)
            chunk = Chunk()
            _ = chunk.take(write)
        }
        return chunks + [chunk]
    }

    /// - Returns: `false` where the write belongs to the next chunk.
    private mutating func take(_ write: StoreWrite) -> Bool {
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

/// What a chunk asks of the database, and what it is told.
struct BatchReads {
    private(set) var queries: [Query] = []
    /// What each query is for.
    private var subjects: [Subject] = []

    private enum Subject {
        case reminders, occurrences, kinds, passed, attempts, created, idempotency
    }

    private let scope: StoreScope

    private struct Needs {
        /// Reminders that are stored, and how many seconds of each are asked for.
        var reminders: [ReminderID: Int] = [:]
        var open: [ReminderID] = []
        /// Those that may go to another queue.
        var replaced: [ReminderID] = []
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
            guard case .change(_, let change, _, let at) = write else { return }
            if let second = change.deliveryAsked(at: at) { deliveries.append(OccurrenceKey(reminder: id, scheduledAt: second)) }
            if case .replace = change { replaced.append(id) }
        }
    }

    init(_ chunk: Chunk, _ scope: StoreScope) {
        self.scope = scope
        var needs = Needs()
        for write in chunk.writes { needs.add(write) }
        if !needs.reminders.isEmpty { ask(for: needs) }
        if !needs.created.isEmpty {
            add(
                .created, "SELECT r.id FROM \(scope.given(Self.id)) JOIN reminders r ON \(scope.isGiven("r")) AND r.id = u.id",
                parameters(needs.created))
        }
        if !needs.keys.isEmpty {
            add(
                .idempotency,
                """
                SELECT i.shard, i.key, i.request, i.answer, i.created_ms FROM \(scope.given([("key", "bytea")]))
                JOIN idempotency i ON \(scope.isGiven("i")) AND i.key = u.key
                """, [scope.parameter(needs.keys.map(\.shard)), .blobs(needs.keys.map(\.key))])
        }
    }

    private static let id: [Column] = [("id", "uuid")]

    private func parameters(_ ids: [ReminderID]) -> [Parameter] { [scope.parameter(ids.map(\.shard)), .ids(ids)] }

    private mutating func add(_ subject: Subject, _ sql: String, _ parameters: [Parameter]) {
        queries.append(Query(sql, parameters))
        subjects.append(subject)
    }

    private mutating func ask(for needs: Needs) {
        let ids = Array(needs.reminders.keys), isOccurrence = "\(scope.isSame("o", as: "r")) AND o.reminder = r.id"
        // Of occurrences, no more are counted than tell whether there are others than those that are read: of dead letters these are the ones
        // that are named, and what stands at the position.
        add(
            .reminders,
            """
            SELECT \(ReminderRow.selected),
                (SELECT count(*) FROM (SELECT 1 FROM occurrences o WHERE \(isOccurrence) AND o.state < 2 LIMIT u.most) a),
                (SELECT count(*) FROM (SELECT 1 FROM occurrences o WHERE \(isOccurrence) AND o.state = 2 LIMIT u.most + 1) a), r.caller
            FROM \(scope.given(Self.id + [("most", "bigint")]))
                JOIN reminders r ON \(scope.isGiven("r")) AND r.id = u.id LEFT JOIN definitions d ON d.shard = r.shard AND d.id = r.id
            """, parameters(ids) + [.ints(ids.map { Int64((needs.reminders[$0] ?? 0) + 1) })])
        if !needs.seconds.isEmpty {
            add(
                .occurrences,
                """
                SELECT \(OccurrenceRow.selected) FROM \(scope.given(OccurrenceRow.key))
                JOIN occurrences o ON \(scope.isGiven("o")) AND o.reminder = u.reminder AND o.scheduled_at = u.scheduled_at
                """, OccurrenceRow.parameters(needs.seconds, scope))
        }
        if !needs.replaced.isEmpty {
            add(
                .kinds,
                """
                SELECT o.reminder, \(CountedKind.sql(of: "o")), count(*) FROM \(scope.given(Self.id))
                JOIN occurrences o ON \(scope.isGiven("o")) AND o.reminder = u.id GROUP BY 1, 2
                """, parameters(needs.replaced))
        }
        if !needs.attempts.isEmpty {
            add(
                .attempts,
                """
                SELECT a.reminder, a.started_ms, a.scheduled_at, a.number, a.outcome
                FROM \(scope.given(OccurrenceRow.key + [("started_ms", "bigint")]))
                JOIN attempts a ON \(scope.isGiven("a")) AND a.reminder = u.reminder AND a.started_ms = u.started_ms AND a.scheduled_at = u.scheduled_at
                """,
                parameters(needs.attempts.map(\.id))
                    + [.ints(needs.attempts.map(\.attempt.scheduledAt.count)), .ints(needs.attempts.map(\.attempt.startedAt.count))])
        }
        if !needs.open.isEmpty { askForOpen(parameters(needs.open)) }
        if !needs.deliveries.isEmpty {
            add(
                .attempts,
                """
                SELECT a.reminder, a.started_ms, a.scheduled_at, a.number, a.outcome
                FROM \(scope.given(OccurrenceRow.key + [("earliest", "bigint")]))
                JOIN attempts a ON \(scope.isGiven("a")) AND a.reminder = u.reminder AND a.started_ms >= u.earliest AND a.scheduled_at = u.scheduled_at
                WHERE a.outcome = \(Outcome.delivered.rawValue)
                """,
                OccurrenceRow.parameters(needs.deliveries, scope)
                    + [.ints(needs.deliveries.map { AttemptHistory.earliestStart(of: $0.scheduledAt).count })])
        }
    }

    /// All that is open of some reminders, what stands at their positions, and what they have passed.
    private mutating func askForOpen(_ ids: [Parameter]) {
        let given = "FROM \(scope.given(Self.id))", position = "JOIN reminders r ON \(scope.isGiven("r")) AND r.id = u.id"
        add(.occurrences, "SELECT \(OccurrenceRow.selected) \(given) JOIN occurrences o ON \(scope.isGiven("o")) AND o.reminder = u.id AND o.state < 2", ids)
        add(
            .occurrences,
            """
            SELECT \(OccurrenceRow.selected) \(given) \(position)
            JOIN occurrences o ON o.shard = r.shard AND o.reminder = r.id AND o.scheduled_at = r.next_at
            """, ids)
        add(.passed, "SELECT p.reminder, p.scheduled_at \(given) JOIN passed p ON \(scope.isGiven("p")) AND p.reminder = u.id", ids)
        // A time at the end of what 64 bits hold has no earliest start that they do.
        let earliest = "greatest(least(r.next_at, 9223372036854775), -9223372036854700) * 1000 - \(AttemptHistory.clockToleranceMilliseconds)"
        add(
            .attempts,
            """
            SELECT a.reminder, a.started_ms, a.scheduled_at, a.number, a.outcome \(given) \(position)
            JOIN attempts a ON a.shard = r.shard AND a.reminder = r.id AND a.started_ms >= \(earliest) AND a.scheduled_at = r.next_at
            WHERE a.outcome = \(Outcome.delivered.rawValue)
            """, ids)
    }

    // MARK: Answers

    /// What is stored of what a chunk touches.
    struct Found {
        var reminders: [ReminderID: StoredReminder] = [:]
        var histories: [ReminderID: AttemptHistory] = [:]
        /// How many occurrences those have that may go to another queue.
        var kinds: [ReminderID: [(kind: CountedKind, number: Int64)]] = [:]
        var created: Set<ReminderID> = []
        var idempotency: [IdempotencyKey: IdempotencyRecord] = [:]
        /// Those that cannot be understood.
        var damaged: [ReminderID: Damaged] = [:]
    }

    struct Damaged {
        let reason: String
        /// Where it stands, with another in the place of what it is about; `nil`: that cannot be understood either.
        let standing: StoredReminder?
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
            case .kinds:
                for row in rows.indices {
                    guard let id = rows.id(row, 0), let kind = UInt8(exactly: rows.int(row, 1)).flatMap(CountedKind.init) else { continue }
                    found.kinds[id, default: []].append((kind, rows.int(row, 2)))
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
            let dead = known.values.count { $0.state == .dead }, open = known.count - dead
            let others = OtherOccurrences(
                hasOpen: rows.int(row, counts) > Int64(open), hasDead: rows.int(row, counts + 1) > Int64(dead))
            do throws(DefinitionRow.Damage) {
                found.reminders[id] = try ReminderRow.decode(rows, row, occurrences: known, others: others, passed: passed[id] ?? [])
            } catch {
                let standIn = DefinitionRow.standIn(rows, row, from: ReminderRow.columnCount, for: id, caller: rows.text(row, counts + 2) ?? "")
                let standing = try? ReminderRow.decode(rows, row, as: standIn, occurrences: known, others: others, passed: passed[id] ?? [])
                found.damaged[id] = Damaged(reason: error.reason, standing: standing)
            }
        }
    }
}
