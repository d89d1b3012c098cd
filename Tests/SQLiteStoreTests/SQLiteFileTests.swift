import CSQLite
import Foundation
import Storage
import StoreTestKit
import TaskDomain
import Testing

@testable import SQLiteStore

/// What is true of SQLite's files and not of every backend.
@Suite("The database's files")
struct SQLiteFileTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private var path: String { folder.path + "/new/deep/test.db" }

    private func open(_ path: String? = nil, _ limits: SQLiteLimits = SQLiteLimits()) throws(StoreError) -> SQLiteStore {
        try SQLiteStore(path: path ?? self.path, limits: limits) { [faults = folder.faults] in faults.add($0) }
    }

    @Test("directories and files are made for their owner only")
    func permissions() async throws {
        let store = try open()
        try await store.write(Sample.create(Sample.reminder()))
        for directory in ["new", "new/deep"] { #expect(try folder.mode(directory) == 0o700) }
        for suffix in ["", "-wal", "-shm", ".lock"] {
            #expect(try folder.mode("new/deep/test.db" + suffix) == 0o600, "\(suffix)")
        }
        await store.close()
    }

    @Test("a relative path that looks like a URI or a memory database is a file")
    func strangeNames() async throws {
        for name in ["file:x.db", ":memory:", "a b?mode=memory"] {
            let store = try open(folder.path + "/" + name)
            try await store.write(Sample.create(Sample.reminder()))
            await store.close()
            #expect(FileManager.default.fileExists(atPath: folder.path + "/" + name))
        }
        #expect(throws: StoreError.self) { try open("") }
        #expect(throws: StoreError.self) { try open(folder.path + "/") }
    }

    @Test("what one commit completes is handed over together, in the order in which it was asked for")
    func deliveries() async throws {
        let handed = Lines(), gate = DispatchSemaphore(value: 0)
        let store = try SQLiteStore(
            path: path,
            deliver: { completions in
                handed.add("\(completions.count)")
                for complete in completions { complete() }
            }, onFault: { Issue.record("the store reports: \($0)") })
        // The first keeps the store's thread until all others wait.
        store.submit([Sample.create(Sample.reminder())]) { _ in gate.wait() }
        let order = Lines()
        for number in 1...50 {
            store.submit([Sample.create(Sample.reminder())]) { if case .success = $0 { order.add("\(number)") } }
        }
        gate.signal()
        try await store.write(workers: [])
        #expect(order.all == (1...50).map { "\($0)" })
        // Some may have been in the first one's commit, and the last in one of its own.
        #expect(handed.all.count <= 3 && handed.all.compactMap { Int($0) }.reduce(0, +) == 52, "\(handed.all)")
        await store.close()
    }

    @Test("a second scheduler on the same file is refused until the first is closed")
    func lock() async throws {
        let store = try open()
        let error = try #require(throws: StoreError.self) { try open() }
        #expect(error.description.contains("in use by another scheduler (process \(getpid()))"))
        #expect(error.description.contains(path))
        await store.close()
        try await open().close()
    }

    @Test("what was confirmed is in the files, however the process ends")
    func durability() async throws {
        let store = try open()
        for round in 0..<5 {
            let reminder = Sample.reminder()
            try await store.write(Sample.create(reminder), .workers([AttachedWorker(instance: "w\(round)")], of: Shard.all[0]))
            // The files as a crash at this moment would leave them.
            let copy = folder.path + "/copy\(round)"
            try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + "/test.db" + suffix)
            }
            let recovered = try open(copy + "/test.db")
            #expect(try await recovered.summary(reminder.id)?.reminder.isSame(as: reminder) == true)
            #expect(try await recovered.workers() == [[AttachedWorker(instance: "w\(round)")]])
            await recovered.close()
        }
        await store.close()
    }

    @Test("a file of a newer schema is refused, and left alone")
    func newerSchema() async throws {
        try await open().close()
        let newer = Migrations.steps.count + 1
        try tamper("UPDATE schema_version SET version = \(newer)", in: path)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let error = try #require(throws: StoreError.self) { try open() }
        for part in [path, "version \(newer)", "up to \(newer - 1)", "Run the build"] {
            #expect(error.description.contains(part))
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        try tamper("UPDATE schema_version SET version = \(newer - 1)", in: path)
        try await open().close()
    }

    @Test("another program's database and a file that is none are refused, and left alone")
    func foreign() async throws {
        for content in ["database", "text"] {
            let other = folder.path + "/" + content
            _ = FileManager.default.createFile(atPath: other, contents: nil)
            if content == "text" {
                try String(repeating: "not a database\n", count: 100).write(toFile: other, atomically: false, encoding: .utf8)
            } else {
                try tamper("CREATE TABLE t (x)", in: other)
            }
            let before = try Data(contentsOf: URL(fileURLWithPath: other))
            let error = try #require(throws: StoreError.self) { try open(other) }
            guard case .unusable(let reason) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(reason.contains(other))
            #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == before)
        }
    }

    @Test(
        "a damaged row is reported and skipped, and the others are served",
        arguments: [
            "UPDATE definitions SET rdates = x'00112233' WHERE number = 2",
            "UPDATE definitions SET priority = 10 WHERE number = 2",
            "UPDATE definitions SET misfire_policy = 77 WHERE number = 2",
            "UPDATE definitions SET max_attempts = -1 WHERE number = 2",
            "UPDATE definitions SET task = CAST(x'FFFE' AS TEXT) WHERE number = 2",
            "UPDATE definitions SET id = x'00' WHERE number = 2",
            "DELETE FROM definitions WHERE number = 2",
        ])
    func damagedRow(sql: String) async throws {
        let shard = Sample.id().shard
        let reminders = (0..<3).map { Sample.reminder(Sample.id(shard: shard), start: Sample.start + $0) }
        var store = try open()
        for reminder in reminders { try await store.write(Sample.create(reminder)) }
        await store.close()
        try tamper(sql, in: path)
        store = try open()
        #expect(folder.faults.all.isEmpty)
        #expect(try await store.due(in: shard).map(\.reminder.id) == [reminders[0].id, reminders[2].id])
        #expect(folder.faults.all.count == 1 && folder.faults.all[0].contains("\(reminders[1].id)"))
        await #expect(throws: StoreError.self) { try await store.summary(reminders[1].id) }
        #expect(try await store.write(.replaceAuthorization(reminders[1].id, sealed: [], at: 0)).map(\.name) == ["not found"])
        #expect(try await store.write(.cancel(reminders[1].id, at: 0)).map(\.name) == ["done"])
        await store.close()
    }

    @Test("unknown state numbers are reported and fire nothing")
    func damagedState() async throws {
        let reminder = Sample.reminder()
        var store = try open()
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start)
        try await store.write(
            Sample.create(reminder),
            .settle(
                key, Sample.attempt(Sample.start, 1, .retry), .retry(dueAt: 5, tries: Tries(attempts: 1)),
                move: PositionMove(from: Sample.start, to: nil)))
        await store.close()
        try tamper("UPDATE reminders SET state = 99; UPDATE occurrences SET state = 99; UPDATE attempts SET outcome = 99", in: path)
        store = try open()
        #expect(try await store.due(in: reminder.id.shard).isEmpty)
        await #expect(throws: StoreError.self) { try await store.summary(reminder.id) }
        #expect(try await store.history(reminder.id) == [])
        #expect(try await store.write(.cancel(reminder.id, at: 0)).map(\.name) == ["not found"])
        #expect(folder.faults.all.count == 3)
        await store.close()
    }

    @Test("without space every write is refused with a reason, and once there is space the store goes on by itself")
    func diskFull() async throws {
        var limits = SQLiteLimits()
        limits.databasePages = 60
        limits.unfiledCreates = 8
        let store = try open(nil, limits)
        var kept: [ReminderID] = [], refusal: StoreError?
        while refusal == nil, kept.count < 1000 {
            let reminder = Sample.reminder(arguments: Array(repeating: 1, count: 3000))
            do {
                try await store.write(.create(reminder, position: nil, idempotency: nil))
                kept.append(reminder.id)
            } catch let error as StoreError { refusal = error }
        }
        guard case .unavailable(let reason)? = refusal else {
            Issue.record("\(String(describing: refusal)) after \(kept.count)")
            return
        }
        #expect(reason.contains(path) && reason.contains("no space left") && reason.contains("Free space"))
        // A group of which one write has no room loses all its writes, and only its own.
        let small = Sample.reminder(), large = Sample.reminder(arguments: Array(repeating: 1, count: 300_000))
        await #expect(throws: StoreError.self) { try await store.write(Sample.create(small), Sample.create(large)) }
        #expect(try await store.summary(small.id) == nil)
        for id in kept { #expect(try await store.summary(id) != nil) }
        // What there was no room to file is removed once the first are gone.
        let removed = [try await store.removeOld(finishedBefore: .distantFuture), try await store.removeOld(finishedBefore: .distantFuture)]
        #expect(removed.reduce(0) { $0 + $1.reminders } == kept.count)
        #expect(try await store.write(Sample.create(small)).map(\.name) == ["done"])
        #expect(try await store.summary(small.id) != nil)
        await store.close()
    }

    @Test("a file that vanished is not replaced by an empty one on the next start of the connection")
    func vanished() async throws {
        try await open().close()
        let file = try DatabaseFile(path: path)
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: StoreError.self) {
            _ = try WriterSession(path: file.path, limits: SQLiteLimits(), unfiled: UnfiledCount()) { _ in }
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a write beyond what may wait is refused in its turn, and the rest is carried out")
    func overload() async throws {
        var limits = SQLiteLimits()
        limits.queuedWrites = 4
        let store = try open(nil, limits)
        let outcomes = Lines()
        await withCheckedContinuation { done in
            for index in 0..<200 {
                store.submit([Sample.create(Sample.reminder())]) { result in
                    switch result {
                    case .success: outcomes.add("\(index) done")
                    case .failure(.unavailable(let reason)) where reason.contains("more than 4"): outcomes.add("\(index) refused")
                    case .failure(let error): outcomes.add("\(index) \(error)")
                    }
                    if index == 199 { done.resume() }
                }
            }
        }
        let all = outcomes.all
        #expect(all.count == 200 && all[0] == "0 done")
        #expect(all.enumerated().allSatisfy { $1 == "\($0) done" || $1 == "\($0) refused" })
        #expect(try await store.write(Sample.create(Sample.reminder())).map(\.name) == ["done"])
        await store.close()
    }
}

extension Folder {
    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return attributes[.posixPermissions] as? Int ?? -1
    }
}
