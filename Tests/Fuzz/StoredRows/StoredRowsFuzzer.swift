import CSQLite
import Glibc
import Storage
import TaskDomain
import TaskJSON
import TaskMessages
import TaskRecurrence

@testable import gateway
@testable import scheduler
@testable import SchedulerCore
@testable import SQLiteStore

/// A database whose rows hold anything: each column is what it would be, or a number, text, bytes or NULL that makes no sense there.
/// Everything that reads rows is then asked: what falls due, summaries, histories, lists, changes, settlements, pruning; and what
/// was read goes on to where it is used: its schedule is computed with, and the gateway shows it.
///
/// What must hold: nothing traps or takes long; a row that cannot be read is reported and left out, or an error says why.
enum StoredRowsFuzzer: Fuzzer {
    // Unsafe: the fuzzer has one thread.
    nonisolated(unsafe) private static let database = Database()

    static func run(_ bytes: [UInt8]) { database.run(Recipe(bytes[...])) }
}

private final class Database {
    private static let maximumMilliseconds: Int64 = 400
    private static let now = UnixSeconds(1_795_000_000)

    private let session: WriterSession
    private let queries: SnapshotQueries
    private let faults = FaultCount()
    private let rows: Rows

    init() {
        let folder = "/dev/shm/stored-rows-\(getpid())"
        mkdir(folder, 0o700)
        let path = folder + "/store.db"
        _ = needed("a file") { try DatabaseFile(path: path) }
        let report: @Sendable (String) -> Void = { [faults] line in faults.add(line) }
        do {
            let first = needed("a store") { try WriterSession(path: path, limits: SQLiteLimits(), unfiled: UnfiledCount(), onFault: report) }
            Self.loosen(first.connection)
        }
        session = needed("a store") { try WriterSession(path: path, limits: SQLiteLimits(), unfiled: UnfiledCount(), onFault: report) }
        queries = needed("queries") { try SnapshotQueries(path: path, limits: SQLiteLimits(), onFault: report) }
        let connection = session.connection
        // What a run leaves is of no use: nothing need be on stable storage.
        needed("settings") { try connection.execute("PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 1000") }
        rows = needed("rows") { try Rows(connection) }
        // Both connections are open: nothing is left behind when the process ends, however it does.
        for name in ["", "-wal", "-shm", ".lock"] { unlink(path + name) }
        rmdir(folder)
    }

    /// Tables that take any type, as a damaged file holds them.
    private static func loosen(_ connection: Connection) {
        needed("loosening") {
            try connection.execute(
                """
                PRAGMA writable_schema = ON;
                UPDATE sqlite_schema SET sql = replace(replace(replace(sql, ') STRICT', ')'), ' NOT NULL', ''), ', WITHOUT ROWID', ' WITHOUT ROWID')
                    WHERE type = 'table' AND name <> 'schema_version';
                PRAGMA writable_schema = OFF
                """)
        }
    }

    func run(_ recipe: Recipe) {
        var recipe = recipe
        // What is done with the rows; first, so that a change of it leaves them as they are.
        let kind = recipe.byte()
        let isWritten = (try? session.transaction { session throws(SQLiteFailure) in try rows.write(&recipe) }) != nil
        guard isWritten else {
            _ = session.connection.rollBack()
            return
        }
        timed("an input", milliseconds: Self.maximumMilliseconds) {
            switch kind % 4 {
            case 0: load()
            case 1: ask(&recipe)
            case 2: lists(&recipe)
            default: change(&recipe)
            }
        }
        require(!session.connection.isInTransaction, "a transaction is left open")
    }

    // MARK: Reading

    private func load() {
        let request = DueRequest(shard: Rows.id.shard, after: nil, through: .max, limit: 10)
        if let entries = try? session.loader.load(request).entries {
            require(entries.count <= 11, "a page of \(entries.count)")
            require(zip(entries, entries.dropFirst()).allSatisfy { $0.due <= $1.due }, "what falls due is out of order")
            for entry in entries { use(entry.reminder, at: entry.due.occurrence.scheduledAt) }
        }
    }

    private func ask(_ recipe: inout Recipe) {
        if let summary = (try? queries.summary(of: Rows.id)) ?? nil { show(summary) }
        for attempt in ((try? queries.attempts(of: Rows.id, limit: 10)) ?? nil) ?? [] { show(attempt) }
        let key = OccurrenceKey(reminder: Rows.id, scheduledAt: recipe.byte() % 2 == 0 ? Rows.start : UnixSeconds(recipe.number()))
        for attempt in (try? queries.attempts(at: key, limit: 10)) ?? [] { show(attempt) }
        for queue in (try? queries.queues()) ?? [] { require(queue.rate.map { $0.count > 0 && $0.seconds > 0 } ?? true, "a rate of 0") }
    }

    private func lists(_ recipe: inout Recipe) {
        var filter = ReminderFilter()
        switch recipe.byte() % 8 {
        case 0: filter.state = .paused
        case 1: filter.dueAfter = recipe.number()
        case 2: filter.classroomID = "c"
        case 3: filter.queue = recipe.text(atMost: 4)
        case 4: filter.text = recipe.text(atMost: 4)
        case 5: filter.caller = "someone"
        default: break
        }
        let order: ListCursor.Order = filter.isByDueTime ? .byDueTime : .newestFirst
        let key = OccurrenceKey(reminder: Rows.id, scheduledAt: UnixSeconds(recipe.number()))
        let cursor = recipe.byte() % 4 == 0 ? ListCursor(order, major: recipe.number(), key: key) : nil
        if let page = try? queries.list(filter, after: cursor, limit: 2) {
            require(page.items.count <= 2 && page.places.count == page.items.count, "a page of \(page.items.count)")
            page.items.forEach(show)
        }
        for state in [OccurrenceState.held, .dead] {
            let page = try? queries.occurrences(OccurrenceFilter(state: state), after: nil, limit: 2)
            for item in page?.items ?? [] { check(needed("a whole occurrence") { try SetAside.json(Proto.Occurrence(item)) }) }
        }
    }

    /// What the scheduler does with a reminder that it has loaded.
    private func use(_ reminder: Reminder, at scheduledAt: UnixSeconds) {
        require(reminder.due(of: scheduledAt) >= scheduledAt.milliseconds, "due before its time")
        _ = reminder.expiry(of: scheduledAt)
        guard let series = try? reminder.schedule.series() else { return }
        _ = series.first(3, after: scheduledAt.count)
        _ = series.next(after: Self.now.count)
    }

    private func show(_ summary: ReminderSummary) {
        let stored = needed("a whole reminder") { try StoredReminder(Proto.ReminderReply(summary, isServed: true)) }
        check(ReminderAnswer.json(stored, now: Self.now))
        _ = try? Upcoming.times(of: stored, count: 5, after: Self.now)
        use(summary.reminder, at: summary.position?.scheduledAt ?? Rows.start)
    }

    private func show(_ attempt: Attempt) { check(AttemptAnswer.json(attempt.wire)) }

    private func check(_ answer: JSONValue) {
        let text = answer.bytes()
        require((try? JSONValue(parsing: text, maxBytes: text.count)) != nil, "an answer that is no JSON")
    }

    // MARK: Changing

    private func change(_ recipe: inout Recipe) {
        let writes = [write(&recipe), write(&recipe), write(&recipe)]
        let isPruned = recipe.byte() % 16 == 0, isFiled = recipe.byte() % 2 == 0
        let prune = Pruning(
            finishedBefore: UnixMilliseconds(recipe.number()), deadBefore: UnixMilliseconds(recipe.number()),
            idempotencyBefore: UnixMilliseconds(recipe.number()), now: UnixMilliseconds(recipe.number()), rows: 3)
        do throws(SQLiteFailure) {
            _ = try session.transaction { session throws(SQLiteFailure) in
                for write in writes {
                    let result = try session.changes.apply(write)
                    guard case .changed(let outcome) = result, let standing = outcome.standing else { continue }
                    for entry in standing.entries { use(entry.reminder, at: entry.due.occurrence.scheduledAt) }
                }
                if isFiled || isPruned { try session.changes.intake.file() }
                if isPruned { _ = try session.pruner.prune(prune) }
            }
        } catch { _ = session.connection.rollBack() }
    }

    private func write(_ recipe: inout Recipe) -> StoreWrite {
        let at = Self.now.milliseconds, id = Rows.id
        let second = recipe.byte() % 2 == 0 ? Rows.start : UnixSeconds(recipe.number())
        let key = OccurrenceKey(reminder: id, scheduledAt: second)
        let position = SeriesPosition(scheduledAt: UnixSeconds(recipe.number()), index: recipe.number())
        let move = PositionMove(from: second, to: recipe.byte() % 3 == 0 ? nil : position)
        let attempt = Attempt(
            scheduledAt: second, number: 1, startedAt: at, durationMicroseconds: 1, outcome: .retry, statusCode: 503, detail: "d")
        switch recipe.byte() % 18 {
        case 0: return .change(id, .cancel, ChangeGuard(), at: at)
        case 1: return .change(id, .pause, ChangeGuard(), at: at)
        case 2: return .change(id, .resume(goesOnAt: .itsPosition), ChangeGuard(), at: at)
        case 3: return .change(id, .resume(goesOnAt: .position(position)), ChangeGuard(), at: at)
        case 4: return .change(id, .run, ChangeGuard(), at: at)
        case 5: return .change(id, .replaceAuthorization(sealed: [1]), ChangeGuard(revision: 1), at: at)
        case 6: return .change(id, .replace(Rows.reminder(id), position: position), ChangeGuard(), at: at)
        case 7: return .change(id, .replay(scheduledAt: second), ChangeGuard(caller: ""), at: at)
        case 8: return .change(id, .discard(scheduledAt: second), ChangeGuard(), at: at)
        case 9: return .settle(key, attempt, .delivered, move: move)
        case 10: return .settle(key, attempt, .retry(dueAt: recipe.number(), tries: Tries(attempts: 1)), move: nil)
        case 11: return .settle(key, attempt, .dead(tries: Tries(attempts: 12)), move: move)
        case 12: return .settle(key, attempt, .held(tries: Tries(attempts: 1)), move: move)
        case 13: return .materialise(key, dueAt: recipe.number(), tries: .none, move: move)
        case 16: return .change(id, .cancelOccurrence(scheduledAt: second, detail: "d", isUnderWay: second.count % 2 == 0), ChangeGuard(), at: at)
        case 17: return .settle(key, attempt, .ended, move: move)
        case 14: return .misfire(id, record: attempt, move: move)
        default:
            let record = IdempotencyRecord(key: [7], request: [8], answer: [9], createdAt: at)
            return .create(Rows.reminder(Rows.other), position: position, idempotency: record)
        }
    }
}

private final class FaultCount: @unchecked Sendable {
    // Unchecked: the fuzzer has one thread.
    private var count = 0

    func add(_ line: String) {
        require(!line.isEmpty && line.utf8.count < 4_096, "a fault that says nothing, or too much")
        count += 1
    }
}
