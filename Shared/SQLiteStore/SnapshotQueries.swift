import CSQLite
import Storage
import TaskDomain

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
    private let lists: ListQueries
    private let counted: Tallies
    private let findSummary: Statement, findUnfiled: Statement, findReminder: Statement, listAttempts: Statement, attemptsAt: Statement
    private let findSetAside: Statement, listQueues: Statement
    private let listSeries: Statement
    private let begin: Statement, end: Statement

    init(path: String, limits: SQLiteLimits, onFault: @escaping @Sendable (String) -> Void) throws(SQLiteFailure) {
        self.path = path
        self.onFault = onFault
        connection = try Connection(path: path, busyTimeoutMilliseconds: limits.busyTimeoutMilliseconds)
        try connection.execute(
            "PRAGMA query_only = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -\(limits.readerCacheKibibytes)")
        lists = ListQueries(connection)
        counted = try Tallies(connection)
        func count(_ state: OccurrenceState) -> String {
            """
            (SELECT count(*) FROM occurrences o
             WHERE o.shard = ?1 AND o.reminder = ?2 AND o.state = \(state.rawValue))
            """
        }
        findSummary = try connection.prepare(
            """
            SELECT r.state, r.next_at, r.next_index, r.delivered, r.updated_ms,
                \(count(.pending)), \(count(.held)), \(count(.dead)), r.revision,
                r.missed, r.missed_more, r.missed_first, r.missed_last, r.held_ms, \(DefinitionRow.selected)
            FROM reminders r LEFT JOIN definitions d ON d.number = r.definition WHERE r.shard = ?1 AND r.id = ?2
            """)
        findUnfiled = try connection.prepare(
            """
            SELECT \(Intake.initialState), d.next_at, d.next_index, 0, d.created_ms, 0, 0, 0, 1, 0, 0, NULL, NULL, NULL, \(DefinitionRow.selected)
            FROM intake d WHERE d.shard = ?1 AND d.id = ?2
            """)
        findReminder = try connection.prepare(
            """
            SELECT 1 FROM reminders WHERE shard = ?1 AND id = ?2
            UNION ALL SELECT 1 FROM intake WHERE shard = ?1 AND id = ?2
            """)
        let attempt = "SELECT started_ms, scheduled_at, number, outcome, duration_us, status_code, detail, result FROM attempts"
        let latestFirst = "ORDER BY started_ms DESC, scheduled_at DESC, number DESC, outcome DESC"
        listAttempts = try connection.prepare("\(attempt) WHERE shard = ?1 AND reminder = ?2 \(latestFirst)")
        // No attempt begins before its occurrence is due, and none after it was set aside, but by the clocks of workers.
        attemptsAt = try connection.prepare(
            """
            \(attempt) WHERE shard = ?1 AND reminder = ?2 AND scheduled_at = ?3 AND started_ms BETWEEN ?4 AND
                coalesce((SELECT changed_ms + \(AttemptHistory.clockToleranceMilliseconds) FROM occurrences
                    WHERE shard = ?1 AND reminder = ?2 AND scheduled_at = ?3), ?5)
            \(latestFirst)
            """)
        findSetAside = try connection.prepare(
            """
            SELECT o.state, o.attempts, o.changed_ms, o.outcome, o.status_code, o.detail, o.losses, o.tried_since_ms, o.due_ms,
                \(DefinitionRow.selected)
            FROM occurrences o JOIN reminders r ON r.shard = o.shard AND r.id = o.reminder
                LEFT JOIN definitions d ON d.number = r.definition
            WHERE o.shard = ?1 AND o.reminder = ?2 AND o.scheduled_at = ?3
            """)
        listQueues = try connection.prepare(
            "SELECT name, paused, max_concurrency, rate_count, rate_seconds, fair_by FROM queues ORDER BY name")
        listSeries = try connection.prepare(
            """
            SELECT number, id, timezone FROM definitions
            WHERE number > ?1 AND (rule IS NOT NULL OR length(rdates) > 0) ORDER BY number LIMIT \(Self.seriesExamined + 1)
            """)
        begin = try connection.prepare("BEGIN")
        end = try connection.prepare("COMMIT")
    }

    // MARK: Reminders

    func summary(of id: ReminderID) throws(StoreQueryError) -> ReminderSummary? {
        // Each look has a snapshot of its own: between the first two it may have been filed.
        for row in [findSummary, findUnfiled, findSummary] {
            row.bindKey(id)
            guard try step(row) else { continue }
            defer { row.reset() }
            return try summary(row, of: id)
        }
        return nil
    }

    private func summary(_ row: Statement, of id: ReminderID) throws(StoreQueryError) -> ReminderSummary {
        guard let state = UInt8(exactly: row.integer(0)).flatMap(ReminderState.init) else {
            throw .damaged("reminder \(id) has the unknown state \(row.integer(0))")
        }
        return ReminderSummary(
            reminder: try definition(row, from: 14, of: id), state: state,
            position: row.optionalTime(1).map { SeriesPosition(scheduledAt: $0, index: row.integer(2)) },
            delivered: row.integer(3), retrying: Int(row.integer(5)), held: Int(row.integer(6)),
            dead: Int(row.integer(7)), missed: missed(row), heldSince: row.optionalTime(13),
            updatedAt: row.time(4), revision: row.integer(8))
    }

    private func missed(_ row: Statement) -> Missed? {
        guard let first: UnixSeconds = row.optionalTime(11), let last: UnixSeconds = row.optionalTime(12) else { return nil }
        return Missed(count: row.integer(9), isAtLeast: row.integer(10) != 0, first: first, last: last)
    }

    func list(
        _ filter: ReminderFilter, after: ListCursor?, limit: Int
    ) throws(StoreQueryError) -> ListPage<ReminderSummary> {
        try onOneSnapshot { () throws(StoreQueryError) in
            let found = try sqlite { () throws(SQLiteFailure) in
                try lists.reminders(filter, after: after, limit: limit)
            }
            return try page(found) { place throws(StoreQueryError) in try summary(of: place.key.reminder) }
        }
    }

    // MARK: Occurrences

    func occurrences(
        _ filter: OccurrenceFilter, after: ListCursor?, limit: Int
    ) throws(StoreQueryError) -> ListPage<SetAsideOccurrence> {
        try onOneSnapshot { () throws(StoreQueryError) in
            let found = try sqlite { () throws(SQLiteFailure) in
                try lists.occurrences(filter, after: after, limit: limit)
            }
            return try page(found) { place throws(StoreQueryError) in try setAside(place.key) }
        }
    }

    private func setAside(_ key: OccurrenceKey) throws(StoreQueryError) -> SetAsideOccurrence? {
        let row = findSetAside
        row.bindKey(key.reminder)
        row.bind(3, key.scheduledAt)
        guard try step(row) else { return nil }
        defer { row.reset() }
        guard let state = UInt8(exactly: row.integer(0)).flatMap(OccurrenceState.init) else {
            throw .damaged("occurrence \(key.idempotencyKey) has the unknown state \(row.integer(0))")
        }
        return SetAsideOccurrence(
            key: key, state: state, reminder: try definition(row, from: 9, of: key.reminder),
            tries: Tries(attempts: Int(clamping: row.integer(1)), losses: Int(clamping: row.integer(6)), since: row.optionalTime(7)),
            since: row.time(2), dueAt: row.time(8),
            outcome: row.optionalInteger(3).flatMap { UInt8(exactly: $0) }.flatMap(Outcome.init),
            statusCode: Int(row.integer(4)), detail: row.text(5) ?? "")
    }

    // MARK: Attempts

    func attempts(of id: ReminderID, limit: Int) throws(StoreQueryError) -> [Attempt]? {
        listAttempts.bindKey(id)
        let attempts = try attempts(listAttempts, of: id, limit: limit)
        if attempts.isEmpty {
            findReminder.bindKey(id)
            guard try step(findReminder) else { return nil }
            findReminder.reset()
        }
        return attempts
    }

    func attempts(at key: OccurrenceKey, limit: Int) throws(StoreQueryError) -> [Attempt] {
        attemptsAt.bindKey(key.reminder)
        attemptsAt.bind(3, key.scheduledAt)
        attemptsAt.bind(4, AttemptHistory.earliestStart(of: key.scheduledAt))
        attemptsAt.bind(5, Int64.max)
        return try attempts(attemptsAt, of: key.reminder, limit: limit)
    }

    private func attempts(_ row: Statement, of id: ReminderID, limit: Int) throws(StoreQueryError) -> [Attempt] {
        var attempts: [Attempt] = [], room = ResultRoom()
        defer { row.reset() }
        while attempts.count < limit, try step(row) {
            guard let outcome = UInt8(exactly: row.integer(3)).flatMap(Outcome.init), let detail = row.text(6) else {
                onFault("\(path): an attempt of reminder \(id) is damaged (outcome \(row.integer(3))); skipped")
                continue
            }
            var attempt = Attempt(
                scheduledAt: row.time(1), number: Int(row.integer(2)), startedAt: row.time(0), durationMicroseconds: row.integer(4),
                outcome: outcome, statusCode: Int(row.integer(5)), detail: detail)
            if !row.isNull(7) { room.bring(to: &attempt) { row.blob(7) ?? [] } }
            attempts.append(attempt)
        }
        return attempts
    }

    // MARK: Queues

    func tallies(of queues: [String]) throws(StoreQueryError) -> OccurrenceTallies {
        try onOneSnapshot { () throws(StoreQueryError) in
            try sqlite { () throws(SQLiteFailure) in
                var tallies = OccurrenceTallies(all: try counted.tally(of: ""))
                for queue in queues where !queue.isEmpty { tallies.queues[queue] = try counted.tally(of: queue) }
                return tallies
            }
        }
    }

    func queues() throws(StoreQueryError) -> [QueueSettings] {
        var queues: [QueueSettings] = []
        defer { listQueues.reset() }
        while try step(listQueues) {
            guard let name = listQueues.text(0) else { continue }
            let count = listQueues.optionalInteger(3), seconds = listQueues.optionalInteger(4)
            queues.append(
                QueueSettings(
                    name: name, isPaused: listQueues.integer(1) != 0,
                    maxConcurrency: listQueues.optionalInteger(2).map { Int(clamping: $0) },
                    rate: count.flatMap { count in
                        DispatchRate(count: Int(clamping: count), seconds: Int(clamping: seconds ?? 1))
                    },
                    // A number of a newer build: as if nothing had been said.
                    fairBy: UInt8(exactly: listQueues.integer(5)).flatMap { FairShare(rawValue: $0) } ?? .caller))
        }
        return queues
    }

    // MARK: Series

    /// Series that one page looks at, at most.
    private static let seriesExamined = 2_000

    func series(in zones: Set<String>, of shards: Set<Shard>, after: Int64, limit: Int) throws(StoreQueryError) -> SeriesPage {
        try onOneSnapshot { () throws(StoreQueryError) in
            var page = SeriesPage(), found: [ReminderID] = [], examined = 0, last = after
            listSeries.bind(1, after)
            defer { listSeries.reset() }
            while try step(listSeries) {
                guard examined < Self.seriesExamined, found.count < limit else {
                    page.next = last
                    break
                }
                examined += 1
                last = listSeries.integer(0)
                if let zone = listSeries.text(2), zones.contains(zone), let id = listSeries.id(1), shards.contains(id.shard) { found.append(id) }
            }
            for id in found {
                do throws(StoreQueryError) {
                    guard let summary = try summary(of: id) else { continue }
                    if summary.state == .scheduled || summary.state == .paused { page.reminders.append(summary) }
                } catch {
                    guard case .damaged(let reason) = error else { throw error }
                    onFault("\(path): \(reason); its next occurrence stays as it is")
                }
            }
            return page
        }
    }

    // MARK: Shared

    private func definition(_ row: Statement, from column: Int32, of id: ReminderID) throws(StoreQueryError) -> Reminder {
        do throws(DefinitionRow.Damage) { return try DefinitionRow.decode(row, from: column, expecting: id) } catch {
            throw .damaged("reminder \(id) is damaged: \(error.reason)")
        }
    }

    /// A page's items as they were when it was found. What is damaged is reported and left out.
    private func onOneSnapshot<Value>(_ body: () throws(StoreQueryError) -> Value) throws(StoreQueryError) -> Value {
        _ = try sqlite { () throws(SQLiteFailure) in try begin.run() }
        defer { _ = connection.rollBack() }
        let value = try body()
        _ = try sqlite { () throws(SQLiteFailure) in try end.run() }
        return value
    }

    private func page<Item>(
        _ found: ListQueries.Found, _ read: (ListCursor) throws(StoreQueryError) -> Item?
    ) throws(StoreQueryError) -> ListPage<Item> {
        var page = ListPage<Item>(next: found.next)
        for place in found.places {
            do throws(StoreQueryError) {
                guard let item = try read(place) else { continue }
                page.items.append(item)
                page.places.append(place)
            } catch {
                guard case .damaged(let reason) = error else { throw error }
                onFault("\(path): \(reason); left out of a list")
            }
        }
        return page
    }

    private func sqlite<Value>(_ body: () throws(SQLiteFailure) -> Value) throws(StoreQueryError) -> Value {
        do throws(SQLiteFailure) { return try body() } catch { throw .sqlite(error) }
    }

    private func step(_ statement: Statement) throws(StoreQueryError) -> Bool {
        do throws(SQLiteFailure) { return try statement.step() } catch { throw .sqlite(error) }
    }
}
