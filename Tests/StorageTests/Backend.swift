import Domain
import Foundation
import Synchronization
import Testing

@testable import Storage

/// A kind of store that every test of the protocol runs on.
struct Backend: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Opens the store that belongs to this folder; again after a close, with what it held.
    let open: @Sendable (Folder) throws -> any Store

    static let all: [Backend] = [
        Backend(testDescription: "SQLite") { folder in
            try SQLiteStore(path: folder.path + "/data/test.db") { folder.faults.add($0) }
        }
    ]
}

/// Lines from any thread, in order: what a store complained about, which completions came.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

/// A directory of one test's own, removed at its end.
final class Folder: Sendable {
    let path = NSTemporaryDirectory() + "storage-" + UUID().uuidString
    let faults = Lines()

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return attributes[.posixPermissions] as? Int ?? -1
    }
}

/// Runs SQL on a file that no store has open.
func tamper(_ sql: String, in path: String) throws { try Connection(path: path, busyTimeoutMilliseconds: 1000).execute(sql) }

/// What a call of the store comes to, as an async function.
///
/// The result goes through a lock and not through the continuation: where that is resumed before the task waits, the
/// runtime orders the two in a way that the thread sanitizer does not see, and it would report a race.
func answer<Value: Sendable>(
    _ call: (@escaping @Sendable (Result<Value, StoreError>) -> Void) -> Void
) async throws -> Value {
    let given = Given<Value>()
    await withCheckedContinuation { done in
        call { result in
            given.result.withLock { $0 = result }
            done.resume()
        }
    }
    return try #require(given.result.withLock { $0 }).get()
}

private final class Given<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, StoreError>?>(nil)
}

// The protocol's calls as async functions.
extension Store {
    @discardableResult
    func write(_ writes: StoreWrite...) async throws -> [StoreWriteResult] { try await write(writes) }

    @discardableResult
    func write(_ writes: [StoreWrite]) async throws -> [StoreWriteResult] {
        try await answer { submit(writes, completion: $0) }
    }

    func due(
        in shard: Shard, after: DueKey? = nil, through: Int64 = .max, limit: Int = 1000
    ) async throws -> [DueEntry] {
        try await answer { load(shard: shard, after: after, throughMilliseconds: through, limit: limit, completion: $0) }
    }

    func summary(_ id: ReminderID) async throws -> ReminderSummary? {
        try await answer { reminder(id, completion: $0) }
    }

    func history(_ id: ReminderID, limit: Int = 100) async throws -> [Attempt]? {
        try await answer { attempts(of: id, limit: limit, completion: $0) }
    }

    func removeOld(finishedBefore: Int64, idempotencyBefore: Int64 = .min, limit: Int = 100) async throws -> Int {
        try await answer {
            prune(
                finishedBeforeMilliseconds: finishedBefore, idempotencyBeforeMilliseconds: idempotencyBefore,
                limit: limit, completion: $0)
        }
    }

    /// Makes one change, as if asked for at `at` (unix ms).
    @discardableResult
    func change(
        _ id: ReminderID, _ change: ReminderChange, _ guardian: ChangeGuard = ChangeGuard(), at: Int64
    ) async throws -> ChangeOutcome {
        let results = try await write(.change(id, change, guardian, atMilliseconds: at))
        return try #require(results.first?.outcome)
    }

    func page(
        _ filter: ReminderFilter, after: ListCursor? = nil, limit: Int
    ) async throws -> ListPage<ReminderSummary> {
        try await answer { list(filter, after: after, limit: limit, completion: $0) }
    }

    func page(
        _ filter: OccurrenceFilter, after: ListCursor? = nil, limit: Int
    ) async throws -> ListPage<SetAsideOccurrence> {
        try await answer { listOccurrences(filter, after: after, limit: limit, completion: $0) }
    }

    func tries(at key: OccurrenceKey, limit: Int = 100) async throws -> [Attempt] {
        try await answer { attempts(at: key, limit: limit, completion: $0) }
    }

    func queueSettings() async throws -> [QueueSettings] {
        try await answer { queues(completion: $0) }
    }

    func workers() async throws -> [String] {
        try await answer { attachedWorkers(completion: $0) }
    }
}

/// Ids, reminders and attempts that differ where a test says so.
enum Sample {
    static let start: Int64 = 1_795_000_000

    static func id(shard: Shard? = nil) -> ReminderID {
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        while true {
            let id = ReminderID(unixMilliseconds: start * 1000, using: &random)
            if shard == nil || id.shard == shard { return id }
        }
    }

    static func reminder(
        _ id: ReminderID = id(), start: Int64 = start, rule: String? = nil, arguments: [UInt8] = [1, 2, 3],
        sealed: [UInt8] = [9, 9], description: String = "", jitterSeconds: Int = 0, caller: String = ""
    ) -> Reminder {
        Reminder(
            id: id, schedule: Schedule(start: start, rule: rule), task: "edvora.notification", arguments: arguments,
            queue: "default", priority: 5, misfirePolicy: .fireOnce, maxAttempts: 12, description: description,
            classroomID: "c", createdBy: "t", createdAtMilliseconds: 1_794_995_000_000, sealedAuthorization: sealed,
            jitterSeconds: jitterSeconds, caller: caller)
    }

    static func attempt(_ scheduledAt: Int64, _ number: Int = 1, _ outcome: Outcome, offset: Int64 = 0) -> Attempt {
        Attempt(
            scheduledAt: scheduledAt, number: number, startedAtMilliseconds: scheduledAt * 1000 + offset,
            durationMicroseconds: 2000, outcome: outcome, statusCode: outcome == .delivered ? 200 : 503, detail: "d")
    }

    static func create(_ reminder: Reminder, index: Int64 = 1) -> StoreWrite {
        .create(
            reminder, position: SeriesPosition(scheduledAt: reminder.schedule.start, index: index), idempotency: nil)
    }
}

extension StoreWrite {
    static func cancel(_ id: ReminderID, atMilliseconds at: Int64) -> StoreWrite {
        .change(id, .cancel, ChangeGuard(), atMilliseconds: at)
    }

    static func replaceAuthorization(_ id: ReminderID, sealed: [UInt8], atMilliseconds at: Int64) -> StoreWrite {
        .change(id, .replaceAuthorization(sealed: sealed), ChangeGuard(), atMilliseconds: at)
    }
}

extension StoreWriteResult {
    /// What a change came to.
    var outcome: ChangeOutcome? { if case .changed(let outcome) = self { outcome } else { nil } }

    /// The case, for comparisons.
    var name: String {
        switch self {
        case .done: "done"
        case .exists: "exists"
        case .replayed(let answer): "replayed \(answer)"
        case .idempotencyConflict: "conflict"
        case .notFound: "not found"
        case .changed(let outcome): outcome.verdict == .notFound ? "not found" : "\(outcome.verdict)"
        }
    }
}

extension DueEntry {
    /// What is to come, in one line: when it is due, which occurrence, and whose it is.
    var line: String {
        "\(due.occurrence.scheduledAt - Sample.start) due \(due.dueAtMilliseconds) attempts \(attempts) "
            + "position \(positionIndex.map(String.init) ?? "-") manual \(isManual)"
    }
}

extension ReminderSummary {
    /// What the writes change, in one line.
    var line: String {
        "\(state.name) next \(position.map { "\($0.scheduledAt - Sample.start)#\($0.index)" } ?? "-") "
            + "delivered \(delivered) retrying \(retrying) held \(held) dead \(dead)"
    }
}
