import Storage
import TaskDomain

/// Why a query has no answer.
enum QueryError: Error {
    case postgres(PostgresFailure)
    case damaged(String)
}

/// The reading connection with its questions.
struct SnapshotQueries {
    private let connection: Connection
    private let scope: StoreScope
    private let label: String
    private let onFault: @Sendable (String) -> Void

    /// The server's process.
    let backend: Backend

    /// - Parameter former: the server's process of a connection that was given up, which may still work on what it was asked there.
    init(
        _ address: PostgresAddress, _ scope: StoreScope, _ limits: PostgresLimits, ending former: Backend?,
        onFault: @escaping @Sendable (String) -> Void
    ) throws(PostgresFailure) {
        connection = try Connection(address, limits)
        backend = try Backend.serving(connection)
        self.scope = scope
        label = address.description
        self.onFault = onFault
        let time = limits.readTime.components
        let settings = ["SET default_transaction_read_only = on", "SET statement_timeout = \(time.seconds * 1_000 + time.attoseconds / 1_000_000_000_000_000)"]
        for setting in WriterSession.settings(scope) + settings { _ = try connection.run(setting) }
        if let former { _ = try connection.run([Backend.ending([former])]) }
    }

    var isBroken: Bool { connection.isBroken }

    /// Whatever is asked from now on has to be answered by then.
    func end(at end: ContinuousClock.Instant) { connection.end = end }

    private func run(_ queries: [Query]) throws(QueryError) -> [Rows] {
        do throws(PostgresFailure) { return try connection.run(queries) } catch { throw .postgres(error) }
    }

    private func run(_ sql: String, _ parameters: [Parameter] = []) throws(QueryError) -> Rows { try run([Query(sql, parameters)])[0] }

    /// A page's items as they were when it was found. Several nodes have no moment in common: there, what has changed since is as it is now,
    /// and what has gone is left out.
    private func onOneSnapshot<Value>(_ body: () throws(QueryError) -> Value) throws(QueryError) -> Value {
        guard scope == .lane else { return try body() }
        _ = try run("BEGIN ISOLATION LEVEL REPEATABLE READ")
        do throws(QueryError) {
            let value = try body()
            _ = try run("COMMIT")
            return value
        } catch {
            _ = try? connection.run("ROLLBACK")
            throw error
        }
    }

    // MARK: Reminders

    private func count(_ state: OccurrenceState) -> String {
        "(SELECT count(*) FROM occurrences o WHERE \(scope.isSame("o", as: "r")) AND o.reminder = r.id AND o.state = \(state.rawValue))"
    }

    private var summaries: String {
        """
        SELECT \(ReminderRow.selected), \(count(.pending)), \(count(.held)), \(count(.dead))
        FROM \(scope.given([("id", "uuid")]))
            JOIN reminders r ON \(scope.isGiven("r")) AND r.id = u.id LEFT JOIN definitions d ON d.shard = r.shard AND d.id = r.id
        """
    }

    /// By id; of one that cannot be understood, why.
    private func summaries(_ ids: [ReminderID]) throws(QueryError) -> [ReminderID: Result<ReminderSummary, QueryError>] {
        let sql = summaries, groups = scope.groups(ids, \.shard)
        var found: [ReminderID: Result<ReminderSummary, QueryError>] = [:]
        for rows in try run(groups.map { Query(sql, [scope.parameter($0.shards), .ids($0.rows)]) }) { add(rows, to: &found) }
        return found
    }

    private func add(_ rows: Rows, to found: inout [ReminderID: Result<ReminderSummary, QueryError>]) {
        let counts = ReminderRow.columnCount + DefinitionRow.columnCount
        for row in rows.indices {
            guard let id = rows.id(row, 0) else { continue }
            do throws(DefinitionRow.Damage) {
                let stored = try ReminderRow.decode(rows, row)
                found[id] = .success(
                    ReminderSummary(
                        reminder: stored.reminder, state: stored.state, position: stored.position, delivered: stored.delivered,
                        retrying: Int(rows.int(row, counts)), held: Int(rows.int(row, counts + 1)), dead: Int(rows.int(row, counts + 2)),
                        missed: stored.missed, heldSince: stored.heldSince, updatedAt: stored.updatedAt, revision: stored.revision))
            } catch {
                found[id] = .failure(.damaged("reminder \(id) is damaged: \(error.reason)"))
            }
        }
    }

    func summary(of id: ReminderID) throws(QueryError) -> ReminderSummary? {
        try summaries([id])[id]?.get()
    }

    func list(_ filter: ReminderFilter, after: ListCursor?, limit: Int) throws(QueryError) -> ListPage<ReminderSummary> {
        try onOneSnapshot { () throws(QueryError) in
            let found = try find(ListScan(filter, scope), after: after, limit: limit)
            let summaries = try summaries(found.places.map(\.key.reminder))
            return page(found) { summaries[$0.key.reminder] }
        }
    }

    private func find(_ scan: ListScan, after: ListCursor?, limit: Int) throws(QueryError) -> FoundPage {
        do throws(PostgresFailure) { return try scan.page(after: after, limit: limit, on: connection) } catch { throw .postgres(error) }
    }

    /// What is damaged is reported and left out.
    private func page<Item>(_ found: FoundPage, _ read: (ListCursor) -> Result<Item, QueryError>?) -> ListPage<Item> {
        var page = ListPage<Item>(next: found.next)
        for place in found.places {
            switch read(place) {
            case .success(let item):
                page.items.append(item)
                page.places.append(place)
            case .failure(.damaged(let reason)): onFault("\(label): \(reason); left out of a list")
            case .failure(.postgres), nil: continue
            }
        }
        return page
    }

    // MARK: Occurrences

    func occurrences(_ filter: OccurrenceFilter, after: ListCursor?, limit: Int) throws(QueryError) -> ListPage<SetAsideOccurrence> {
        try onOneSnapshot { () throws(QueryError) in
            let found = try find(ListScan(filter, scope), after: after, limit: limit)
            let items = try setAside(found.places.map(\.key))
            return page(found) { items[$0.key] }
        }
    }

    private func setAside(_ keys: [OccurrenceKey]) throws(QueryError) -> [OccurrenceKey: Result<SetAsideOccurrence, QueryError>] {
        let sql = """
            SELECT \(OccurrenceRow.selected), \(DefinitionRow.selected) FROM \(scope.given(OccurrenceRow.key))
                JOIN occurrences o ON \(scope.isGiven("o")) AND o.reminder = u.reminder AND o.scheduled_at = u.scheduled_at
                LEFT JOIN definitions d ON d.shard = o.shard AND d.id = o.reminder
            """
        let groups = scope.groups(keys) { $0.reminder.shard }
        var items: [OccurrenceKey: Result<SetAsideOccurrence, QueryError>] = [:]
        for rows in try run(groups.map { Query(sql, OccurrenceRow.parameters($0.rows, scope)) }) { add(rows, to: &items) }
        return items
    }

    private func add(_ rows: Rows, to items: inout [OccurrenceKey: Result<SetAsideOccurrence, QueryError>]) {
        for row in rows.indices {
            guard let (key, occurrence) = OccurrenceRow.decode(rows, row) else { continue }
            do throws(DefinitionRow.Damage) {
                items[key] = .success(
                    SetAsideOccurrence(
                        key: key, state: occurrence.state,
                        reminder: try DefinitionRow.decode(rows, row, from: OccurrenceRow.columnCount, expecting: key.reminder),
                        tries: occurrence.tries, since: occurrence.changedAt, dueAt: occurrence.dueAt,
                        outcome: occurrence.ending?.outcome, statusCode: occurrence.ending?.statusCode ?? 0, detail: occurrence.ending?.detail ?? ""))
            } catch {
                items[key] = .failure(.damaged("reminder \(key.reminder) is damaged: \(error.reason)"))
            }
        }
    }

    // MARK: Attempts

    private static let latestFirst = "ORDER BY started_ms DESC, scheduled_at DESC, number DESC, outcome DESC"

    /// The latest attempts, of whose results no more leave the server than `ResultRoom` has room for.
    private static func attempts(_ condition: String, limit: String) -> String {
        """
        SELECT started_ms, scheduled_at, number, outcome, duration_us, status_code, detail, result IS NOT NULL,
            CASE WHEN sum(coalesce(length(result), 0)) OVER (\(latestFirst) ROWS UNBOUNDED PRECEDING) <= \(Attempt.resultsPerList) THEN result END
        FROM (SELECT * FROM attempts WHERE \(condition) \(latestFirst) LIMIT \(limit)) a \(latestFirst)
        """
    }

    func attempts(of id: ReminderID, limit: Int) throws(QueryError) -> [Attempt]? {
        let key: [Parameter] = [.shard(id.shard), .id(id)]
        let rows = try run([
            Query(Self.attempts("shard = $1 AND reminder = $2::uuid", limit: "$3::bigint"), key + [.int(Int64(limit))]),
            Query("SELECT 1 FROM reminders WHERE shard = $1 AND id = $2::uuid", key),
        ])
        return rows[1].isEmpty ? nil : attempts(rows[0], of: id)
    }

    func attempts(at key: OccurrenceKey, limit: Int) throws(QueryError) -> [Attempt] {
        // No attempt begins before its occurrence is due, and none after it was set aside, but by the clocks of workers.
        let rows = try run(
            Self.attempts(
                """
                shard = $1 AND reminder = $2::uuid AND scheduled_at = $3::bigint AND started_ms BETWEEN $4::bigint AND
                    coalesce((SELECT changed_ms + \(AttemptHistory.clockToleranceMilliseconds) FROM occurrences
                        WHERE shard = $1 AND reminder = $2::uuid AND scheduled_at = $3::bigint
                            AND changed_ms < \(Int64.max - AttemptHistory.clockToleranceMilliseconds)), \(Int64.max))
                """, limit: "$5::bigint"),
            [
                .shard(key.reminder.shard), .id(key.reminder), .time(key.scheduledAt),
                .time(AttemptHistory.earliestStart(of: key.scheduledAt)), .int(Int64(limit)),
            ])
        return attempts(rows, of: key.reminder)
    }

    private func attempts(_ rows: Rows, of id: ReminderID) -> [Attempt] {
        var room = ResultRoom()
        return rows.indices.compactMap { row in
            guard let outcome = UInt8(exactly: rows.int(row, 3)).flatMap(Outcome.init), let detail = rows.text(row, 6) else {
                onFault("\(label): an attempt of reminder \(id) is damaged (outcome \(rows.int(row, 3))); skipped")
                return nil
            }
            var attempt = Attempt(
                scheduledAt: rows.time(row, 1), number: Int(clamping: rows.int(row, 2)), startedAt: rows.time(row, 0),
                durationMicroseconds: rows.int(row, 4), outcome: outcome, statusCode: Int(clamping: rows.int(row, 5)), detail: detail)
            if rows.int(row, 7) != 0 {
                if let result = rows.bytes(row, 8) { room.bring(to: &attempt) { result } } else { attempt.isResultLeftOut = true }
            }
            return attempt
        }
    }

    // MARK: Queues, series

    func tallies(of queues: [String]) throws(QueryError) -> OccurrenceTallies {
        Tallies.tallies(try run([Tallies.find(queues)])[0], of: queues)
    }

    func queues() throws(QueryError) -> [QueueSettings] {
        let rows = try run("SELECT name, paused, max_concurrency, rate_count, rate_seconds, fair_by FROM queues ORDER BY name")
        return rows.indices.compactMap { row in
            guard let name = rows.text(row, 0) else { return nil }
            let seconds = rows.optionalInt(row, 4) ?? 1
            return QueueSettings(
                name: name, isPaused: rows.int(row, 1) != 0, maxConcurrency: rows.optionalInt(row, 2).map { Int(clamping: $0) },
                rate: rows.optionalInt(row, 3).flatMap { DispatchRate(count: Int(clamping: $0), seconds: Int(clamping: seconds)) },
                // A number of a newer build: as if nothing had been said.
                fairBy: UInt8(exactly: rows.int(row, 5)).flatMap { FairShare(rawValue: $0) } ?? .caller)
        }
    }

    /// Series that one page looks at, at most.
    private static let seriesExamined = 2_000

    func series(in zones: Set<String>, of shards: Set<Shard>, after: Int64, limit: Int) throws(QueryError) -> SeriesPage {
        try onOneSnapshot { () throws(QueryError) in
            let rows = try run([
                EveryShard.series.query(
                    """
                    SELECT number, id, timezone FROM definitions WHERE number IS NOT NULL AND number > $1::bigint
                    ORDER BY number LIMIT \(Self.seriesExamined + 1)
                    """, [.int(after)])
            ])[0]
            var page = SeriesPage(), ids: [ReminderID] = [], last = after
            for row in rows.indices {
                guard row < Self.seriesExamined, ids.count < limit else {
                    page.next = last
                    break
                }
                last = rows.int(row, 0)
                if let zone = rows.text(row, 2), zones.contains(zone), let id = rows.id(row, 1), shards.contains(id.shard) { ids.append(id) }
            }
            let summaries = try summaries(ids)
            for id in ids {
                switch summaries[id] {
                case .success(let summary):
                    let isSeries = !summary.reminder.schedule.isSingle
                    if isSeries, summary.state == .scheduled || summary.state == .paused { page.reminders.append(summary) }
                case .failure(.damaged(let reason)): onFault("\(label): \(reason); its next occurrence stays as it is")
                case .failure(.postgres), nil: continue
                }
            }
            return page
        }
    }
}
