import Domain
import Foundation
import Storage
import Testing

/// New reminders are kept in the order of their arrival and filed later; nobody must notice.
@Suite("New reminders before and after they are filed")
struct IntakeTests {
    private let folder: Folder
    private var path: String { folder.path + "/test.db" }

    init() throws { folder = try Folder() }

    private func open(unfiled: Int) throws -> SQLiteStore {
        var limits = StoreLimits()
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
        #expect(try await store.write(.cancel(reminders[9].id, atMilliseconds: 5)).map(\.name) == ["done"])
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
