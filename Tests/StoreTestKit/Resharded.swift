import Storage
import TaskDomain
import Testing

/// Reminders with something of everything, in many shards, that are looked for by shard again.
package struct Resharded {
    private let reminders: [Reminder]
    private let lines: [String], due: [[String]], histories: [[Attempt]]
    private let keyed: Reminder
    private let passed: [OccurrenceKey]

    private static let record = IdempotencyRecord(key: [0xEA, 1], request: [0xBB], answer: [0xCC], createdAt: Sample.start.milliseconds)

    package static func make(_ store: any Store) async throws -> Resharded {
        var reminders: [Reminder] = []
        for _ in 0..<20 { for situation in [Situation.scheduled, .paused, .completed, .cancelled] { reminders.append(try await situation.make(store)) } }
        let keyed = Sample.reminder(Sample.id(shard: Shard(of: record.key[0])))
        try await store.write(.create(keyed, position: SeriesPosition(scheduledAt: Sample.start, index: 1), idempotency: record))
        try await store.change(reminders[0].id, .run, at: Situation.at)
        return try await Resharded(of: store, reminders + [keyed], keyed)
    }

    private init(of store: any Store, _ reminders: [Reminder], _ keyed: Reminder) async throws {
        self.reminders = reminders
        self.keyed = keyed
        var lines: [String] = [], due: [[String]] = [], histories: [[Attempt]] = []
        for reminder in reminders {
            lines.append(try #require(try await store.summary(reminder.id)).line)
            histories.append(try #require(try await store.history(reminder.id)))
            due.append(try await store.due(in: reminder.id.shard).filter { $0.reminder.id == reminder.id }.map(\.line))
        }
        (self.lines, self.due, self.histories) = (lines, due, histories)
        passed = try await store.passed()
    }

    /// Everything is as it was, and found where it is looked for.
    package func check(in store: any Store) async throws {
        #expect(Set(reminders.map(\.id.shard)).count > 32)
        let now = try await Resharded(of: store, reminders, keyed)
        #expect(now.lines == lines && now.due == due && now.histories == histories && Set(now.passed) == Set(passed))
        let new = Sample.reminder(Sample.id(shard: keyed.id.shard))
        #expect(try await store.write(.create(new, position: nil, idempotency: Self.record)).map(\.name) == ["replayed [204]"])
        #expect(try await store.page(ReminderFilter(), limit: 200).items.count == reminders.count)
        // Each is changed, and its occurrences with it.
        for reminder in reminders { try await store.change(reminder.id, .cancel, at: Situation.at) }
        for shard in Shard.all { #expect(try await store.due(in: shard).isEmpty) }
    }
}
