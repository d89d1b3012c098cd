import Foundation
import Storage
import StoreTestKit
import TaskDomain
import Testing

@testable import SQLiteStore

/// New reminders are kept in the order of their arrival and filed later; nobody must notice.
@Suite("New reminders before and after they are filed")
struct IntakeTests {
    private let folder: Folder
    private var path: String { folder.path + "/test.db" }

    init() throws { folder = try Folder() }

    private func open(unfiled: Int) throws -> SQLiteStore {
        var limits = SQLiteLimits()
        limits.unfiledCreates = unfiled
        return try SQLiteStore(path: path, limits: limits) { Issue.record("the store reports: \($0)") }
    }

    @Test("a reminder is read, listed, loaded and changed the same, filed or not", arguments: [1, 3, 512])
    func sameBeforeAndAfter(unfiled: Int) async throws {
        let store = try open(unfiled: unfiled)
        let reminders = (0..<10).map { _ in Sample.reminder() }
        for reminder in reminders { try await store.write(Sample.create(reminder)) }
        for reminder in reminders {
            #expect(try await store.summary(reminder.id).map { "\($0.reminder)" } == "\(reminder)")
            #expect(try await store.summary(reminder.id)?.line == "scheduled next 0#1 delivered 0 retrying 0 held 0 dead 0")
            #expect(try await store.history(reminder.id) == [])
        }
        #expect(try await store.summary(Sample.reminder().id) == nil)
        #expect(try await store.history(Sample.reminder().id) == nil)
        #expect(try await store.write(.cancel(reminders[9].id, at: 5)).map(\.name) == ["done"])
        try await store.write(Sample.create(Sample.reminder()))
        var loaded: Set<ReminderID> = []
        for shard in Shard.all { loaded.formUnion(try await store.due(in: shard).map(\.reminder.id)) }
        #expect(loaded.isSuperset(of: reminders.dropLast().map(\.id)) && loaded.count == 10)
        await store.close()
    }

    @Test("a create that comes twice is one reminder, wherever the first is")
    func twice() async throws {
        let store = try open(unfiled: 512)
        let reminder = Sample.reminder(), other = Sample.reminder()
        #expect(try await store.write(Sample.create(reminder), Sample.create(reminder)).map(\.name) == ["done", "exists"])
        #expect(try await store.write(Sample.create(reminder)).map(\.name) == ["exists"])
        _ = try await store.due(in: reminder.id.shard)
        #expect(try await store.write(Sample.create(reminder), Sample.create(other)).map(\.name) == ["exists", "done"])
        await store.close()
    }

    @Test("so many, or so many bytes, wait to be filed and no more")
    func bounds() async throws {
        var limits = SQLiteLimits()
        limits.unfiledCreates = 4
        limits.unfiledBytes = 20_000
        let store = try SQLiteStore(path: path, limits: limits) { Issue.record("the store reports: \($0)") }
        // Another program's eyes: what is committed, of which filing is the last thing before the next write.
        func filed() async throws -> Int64? {
            try await store.write(workers: [])
            return try Connection(path: path, busyTimeoutMilliseconds: 1_000).integer("SELECT count(*) FROM definitions")
        }
        for count in 1...3 {
            try await store.write(Sample.create(Sample.reminder()))
            #expect(try await filed() == 0, "after \(count)")
        }
        try await store.write(Sample.create(Sample.reminder()))
        #expect(try await filed() == 4)
        try await store.write(Sample.create(Sample.reminder(arguments: Array(repeating: 1, count: 15_000))))
        #expect(try await filed() == 4)
        try await store.write(Sample.create(Sample.reminder(arguments: Array(repeating: 1, count: 5_000))))
        #expect(try await filed() == 6)
        await store.close()
    }

    @Test("where filing fails new reminders wait, up to twice as many; then creates fail, and nothing is lost")
    func filingFails() async throws {
        var limits = SQLiteLimits()
        limits.unfiledCreates = 4
        let faults = Lines()
        let store = try SQLiteStore(path: path, limits: limits) { faults.add($0) }
        let other = try Connection(path: path, busyTimeoutMilliseconds: 1_000)
        try other.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON definitions BEGIN SELECT raise(ABORT, 'no filing today'); END")
        var kept: [ReminderID] = []
        for _ in 1...12 {
            let reminder = Sample.reminder()
            do {
                try await store.write(Sample.create(reminder))
                kept.append(reminder.id)
            } catch is StoreError { break }
        }
        #expect(kept.count == 2 * limits.unfiledCreates - 1)
        #expect(faults.all.first?.contains("filing new reminders failed") == true)
        try other.execute("DROP TRIGGER broken")
        let last = Sample.reminder()
        try await store.write(Sample.create(last))
        for id in kept + [last.id] { #expect(try await store.summary(id) != nil) }
        await store.close()
        #expect(try other.integer("SELECT count(*) FROM definitions") == 8)
    }

    @Test("what was not filed when the process ended is there again, and settled like any other")
    func restart() async throws {
        let reminder = Sample.reminder(), late = Sample.reminder()
        // Not closed: as a crash leaves it.
        let copy = folder.path + "/copy.db"
        let first = try open(unfiled: 512)
        try await first.write(Sample.create(reminder), Sample.create(late))
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
        }
        let store = try SQLiteStore(path: copy) { Issue.record("the store reports: \($0)") }
        #expect(try await store.summary(late.id).map { "\($0.reminder)" } == "\(late)")
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start)
        let settled = StoreWrite.settle(
            key, Sample.attempt(Sample.start, 1, .delivered), .delivered, move: PositionMove(from: Sample.start, to: nil))
        #expect(try await store.write(settled).map(\.name) == ["done"])
        #expect(try await store.write(Sample.create(reminder)).map(\.name) == ["exists"])
        #expect(try await store.summary(reminder.id)?.state == .completed)
        #expect(try await store.due(in: late.id.shard).map(\.reminder.id) == [late.id])
        await store.close()
        await first.close()
    }
}
