import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("How much a caller may have pending")
struct PendingTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static func create(
        _ reminder: Reminder = Sample.reminder(caller: "school"), limit: Int?, due: Bool = true, _ record: IdempotencyRecord? = nil
    ) -> StoreWrite {
        .create(
            reminder, position: due ? SeriesPosition(scheduledAt: reminder.schedule.start, index: 1) : nil, idempotency: record,
            pendingLimit: limit)
    }

    private static func delivered(_ reminder: Reminder) -> StoreWrite {
        let at = reminder.schedule.start
        return .settle(
            OccurrenceKey(reminder: reminder.id, scheduledAt: at), Sample.attempt(at, 1, .delivered), .delivered,
            move: PositionMove(from: at, to: nil))
    }

    @Test("as many as the bound are stored, and the next when one is finished, cancelled or delivered", arguments: Backend.all)
    func bound(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminders = (0..<4).map { _ in Sample.reminder(caller: "school") }
        #expect(try await store.write(reminders.map { Self.create($0, limit: 3) }).map(\.name) == ["done", "done", "done", "3 pending"])
        #expect(try await store.summary(reminders[3].id) == nil)
        // Paused is not finished.
        try await store.change(reminders[0].id, .pause, at: 1)
        #expect(try await store.write(Self.create(limit: 3)).map(\.name) == ["3 pending"])
        #expect(try await store.write(.cancel(reminders[0].id, at: 2), Self.create(limit: 3), Self.create(limit: 3)).map(\.name)
            == ["done", "done", "3 pending"])
        #expect(try await store.write(Self.delivered(reminders[1]), Self.create(limit: 3), Self.create(limit: 3)).map(\.name)
            == ["done", "done", "3 pending"])
        // A finished one that is run is pending until it is delivered.
        try await store.write(Self.delivered(reminders[2]))
        try await store.change(reminders[2].id, .run, at: Sample.start.milliseconds + 5_000)
        #expect(try await store.write(Self.create(limit: 3)).map(\.name) == ["3 pending"])
        await store.close()
        let again = try backend.open(folder)
        #expect(try await again.write(Self.create(limit: 3), Self.create(limit: 4), Self.create(limit: 3)).map(\.name)
            == ["3 pending", "done", "4 pending"])
        #expect(try await again.write(Self.create(limit: 2), Self.create(limit: 1)).map(\.name) == ["3 pending", "2 pending"])
        await again.close()
    }

    @Test("it is the caller's own: others, and what is never due, do not count", arguments: Backend.all)
    func others(backend: Backend) async throws {
        let store = try backend.open(folder)
        try await store.write((0..<5).map { _ in Self.create(Sample.reminder(caller: "other"), limit: nil) })
        #expect(try await store.write(Self.create(limit: 1, due: false), Self.create(limit: 1), Self.create(limit: 1, due: false)).map(\.name)
            == ["done", "done", "done"])
        #expect(try await store.write(Self.create(limit: 1), Self.create(Sample.reminder(caller: "third"), limit: 1)).map(\.name)
            == ["1 pending", "done"])
        // Without a bound it may have more, and these count when it has one again.
        #expect(try await store.write(Self.create(limit: nil), Self.create(limit: nil), Self.create(limit: 3)).map(\.name)
            == ["done", "done", "3 pending"])
        await store.close()
    }

    @Test("what was stored is answered as before, whatever has been stored since", arguments: Backend.all)
    func repeated(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder(caller: "school")
        let record = IdempotencyRecord(key: [1], request: [2], answer: [3], createdAt: 0)
        #expect(try await store.write(Self.create(reminder, limit: 1)).map(\.name) == ["done"])
        #expect(try await store.write(Self.create(reminder, limit: 1), Self.create(limit: 1)).map(\.name) == ["exists", "1 pending"])
        let keyed = Sample.reminder(Sample.id(shard: reminder.id.shard), caller: "school")
        #expect(try await store.write(Self.create(keyed, limit: 2, record)).map(\.name) == ["done"])
        #expect(try await store.write(Self.create(Sample.reminder(Sample.id(shard: reminder.id.shard), caller: "school"), limit: 2, record)).map(\.name)
            == ["replayed [3]"])
        await store.close()
    }

    @Test("what a caller had before it got a bound counts, however much that is", arguments: Backend.all)
    func before(backend: Backend) async throws {
        let store = try backend.open(folder)
        let early = (0..<2_500).map { _ in Sample.reminder(caller: "school") }
        try await store.write(early.map { Self.create($0, limit: nil) })
        for reminder in early.prefix(100) { try await store.write(.cancel(reminder.id, at: 1)) }
        // It is counted in a few steps: until then some more find room.
        var stored = 0
        for _ in 0..<10 { stored += try await store.write(Self.create(limit: 2_000)).count { $0.name == "done" } }
        #expect((0...3).contains(stored))
        #expect(try await store.write(Self.create(limit: 2_400 + stored)).map(\.name) == ["\(2_400 + stored) pending"])
        #expect(try await store.write(Self.create(limit: 2_401 + stored)).map(\.name) == ["done"])
        await store.close()
    }
}
