import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("Occurrences that end before their series comes to them")
struct PassedTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static let start = Sample.start

    private static func key(_ reminder: Reminder, _ second: Int64) -> OccurrenceKey {
        OccurrenceKey(reminder: reminder.id, scheduledAt: start + second)
    }

    /// The end of an occurrence that is not the position, or not known to be.
    private static func settle(_ key: OccurrenceKey, _ outcome: Outcome, _ disposition: Disposition) -> StoreWrite {
        .settle(key, Sample.attempt(key.scheduledAt, 1, outcome), disposition, move: nil)
    }

    /// Minutely, at its first occurrence.
    private func series(_ store: any Store) async throws -> Reminder {
        let reminder = Sample.reminder(Sample.id(), rule: "FREQ=MINUTELY")
        try await store.write(.create(reminder, position: SeriesPosition(scheduledAt: Self.start, index: 1), idempotency: nil))
        return reminder
    }

    private static func misfire(_ reminder: Reminder, to second: Int64?) -> StoreWrite {
        .misfire(
            reminder.id, record: Sample.attempt(start, 1, .misfired),
            move: PositionMove(from: start, to: second.map { SeriesPosition(scheduledAt: start + $0, index: 2) }))
    }

    @Test("they are told to whoever opens the store, until the series is past them", arguments: Backend.all)
    func told(backend: Backend) async throws {
        var store = try backend.open(folder)
        let reminder = try await series(store), other = try await series(store)
        try await store.write(
            Self.settle(Self.key(reminder, 60), .delivered, .delivered), Self.settle(Self.key(reminder, 0), .delivered, .delivered),
            Self.settle(Self.key(other, 120), .delivered, .delivered),
            // Nothing says that this one was there.
            Self.settle(Self.key(other, 180), .retry, .retry(dueAt: Sample.start.milliseconds, tries: Tries(attempts: 1))))
        let all = [Self.key(reminder, 0), Self.key(reminder, 60), Self.key(other, 120)].sorted { ($0.reminder.shard, $0) < ($1.reminder.shard, $1) }
        #expect(try await store.passed() == all)
        #expect(try await store.passed(limit: 2) == Array(all.prefix(2)))
        await store.close()
        store = try backend.open(folder)
        #expect(try await store.passed() == all)
        try await store.write(Self.misfire(reminder, to: 60))
        #expect(try await store.passed() == all.filter { $0 != Self.key(reminder, 0) })
        try await store.write(Self.misfire(other, to: nil))
        #expect(try await store.passed() == [Self.key(reminder, 60)])
        try await store.change(reminder.id, .cancel, at: Sample.start.milliseconds)
        #expect(try await store.passed() == [])
        await store.close()
    }

    @Test("what a person had run counts when it is put off, held or given up, too", arguments: Backend.all, [0, 1, 2])
    func manual(backend: Backend, case number: Int) async throws {
        let store = try backend.open(folder)
        let reminder = try await series(store), second = Self.start + 120
        try await store.change(reminder.id, .run, at: second.milliseconds)
        let ends: [(Outcome, Disposition)] = [
            (.retry, .retry(dueAt: second.milliseconds + 5_000, tries: Tries(attempts: 1))), (.authRejected, .held(tries: Tries(attempts: 1))),
            (.rejected, .dead(tries: Tries(attempts: 1))),
        ]
        #expect(try await store.passed() == [])
        try await store.write(Self.settle(Self.key(reminder, 120), ends[number].0, ends[number].1))
        #expect(try await store.passed() == [Self.key(reminder, 120)])
        // Another schedule begins anew.
        let other = Sample.reminder(reminder.id, rule: "FREQ=HOURLY")
        try await store.change(
            reminder.id, .replace(other, position: SeriesPosition(scheduledAt: second + 60, index: 1)), at: second.milliseconds)
        #expect(try await store.passed() == [])
        await store.close()
    }

    @Test("a series that goes on by itself leaves nothing behind", arguments: Backend.all)
    func ordinary(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await series(store), next = SeriesPosition(scheduledAt: Self.start + 60, index: 2)
        try await store.write(
            .settle(
                Self.key(reminder, 0), Sample.attempt(Self.start, 1, .retry), .retry(dueAt: 0, tries: Tries(attempts: 1)),
                move: PositionMove(from: Self.start, to: next)),
            Self.settle(Self.key(reminder, 0), .delivered, .delivered),
            .materialise(
                Self.key(reminder, 60), dueAt: 0, tries: .none,
                move: PositionMove(from: Self.start + 60, to: SeriesPosition(scheduledAt: Self.start + 120, index: 3))),
            Self.settle(Self.key(reminder, 60), .delivered, .delivered))
        #expect(try await store.summary(reminder.id)?.delivered == 2)
        #expect(try await store.passed() == [])
        await store.close()
    }

    @Test("what had ended before its series came to it is not due once more when the schedule changes", arguments: Backend.all)
    func replaced(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await series(store), at = (Self.start + 30).milliseconds
        try await store.write(Self.settle(Self.key(reminder, 0), .delivered, .delivered))
        let other = Sample.reminder(reminder.id, rule: "FREQ=HOURLY")
        try await store.change(reminder.id, .replace(other, position: SeriesPosition(scheduledAt: Self.start + 90, index: 1)), at: at)
        #expect(try await store.due(in: reminder.id.shard).map(\.due.occurrence) == [Self.key(reminder, 90)])
        await store.close()
    }
}
