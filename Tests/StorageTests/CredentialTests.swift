import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("How long a credential is kept")
struct CredentialTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static let at = Sample.start
    private static let ms = Sample.start.milliseconds

    private func credential(_ reminder: Reminder, in store: any Store) async throws -> [UInt8]? {
        try await store.summary(reminder.id)?.reminder.sealedAuthorization
    }

    /// A series whose first occurrence is a dead letter.
    private func withDeadLetter(_ store: any Store) async throws -> (Reminder, OccurrenceKey) {
        let reminder = Sample.reminder(rule: "FREQ=MINUTELY")
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
        try await store.write(
            Sample.create(reminder),
            .settle(
                key, Sample.attempt(Self.at, 1, .rejected), .dead(tries: Tries(attempts: 1)),
                move: PositionMove(from: Self.at, to: SeriesPosition(scheduledAt: Self.at + 60, index: 2))))
        return (reminder, key)
    }

    @Test("a cancelled reminder's goes with the cancellation, and no later one is kept", arguments: Backend.all)
    func cancelled(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder(), ended = Sample.reminder()
        try await store.write(Sample.create(reminder), Sample.create(ended))
        #expect(try await credential(reminder, in: store) == [9, 9])
        let outcome = try await store.change(reminder.id, .cancel, at: Self.ms)
        #expect(outcome.standing?.reminder.sealedAuthorization == [])
        #expect(try await credential(reminder, in: store) == [])
        try await store.write(.replaceAuthorization(reminder.id, sealed: [7], at: Self.ms))
        #expect(try await credential(reminder, in: store) == [])
        // A task may ask for the end of its series.
        let key = OccurrenceKey(reminder: ended.id, scheduledAt: Self.at)
        try await store.write(
            .settle(key, Sample.attempt(Self.at, 1, .cancelSchedule), .cancelSeries, move: PositionMove(from: Self.at, to: nil)))
        #expect(try await credential(ended, in: store) == [])
        await store.close()
    }

    @Test("a cancelled reminder's stays while a dead letter of it can be replayed", arguments: Backend.all)
    func deadLetter(backend: Backend) async throws {
        let store = try backend.open(folder)
        let (replayed, key) = try await withDeadLetter(store), (discarded, other) = try await withDeadLetter(store)
        try await store.write(.cancel(replayed.id, at: Self.ms), .cancel(discarded.id, at: Self.ms))
        #expect(try await credential(replayed, in: store) == [9, 9])
        try await store.change(replayed.id, .replay(scheduledAt: Self.at), at: Self.ms)
        #expect(try await store.due(in: replayed.id.shard).first?.reminder.sealedAuthorization == [9, 9])
        try await store.write(.settle(key, Sample.attempt(Self.at, 2, .delivered), .delivered, move: nil))
        #expect(try await credential(replayed, in: store) == [])
        try await store.change(discarded.id, .discard(scheduledAt: other.scheduledAt), at: Self.ms)
        #expect(try await credential(discarded, in: store) == [])
        await store.close()
    }

    /// A notification that was delivered at its time.
    @discardableResult
    private func completed(_ store: any Store) async throws -> Reminder {
        let reminder = Sample.reminder(), key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
        try await store.write(
            Sample.create(reminder), .settle(key, Sample.attempt(Self.at, 1, .delivered), .delivered, move: PositionMove(from: Self.at, to: nil)))
        return reminder
    }

    @Test("a completed reminder's goes when it cannot be run once more, and then it is not run", arguments: Backend.all)
    func spent(backend: Backend) async throws {
        var store = try backend.open(folder)
        let early = try await completed(store), late = Self.ms + ReminderState.runAgainMilliseconds
        try await store.removeOld(now: late)
        #expect(try await credential(early, in: store) == [9, 9])
        let progress = try await store.removeOld(now: late + 60_000)
        #expect(progress.rows[.credentials] == 1 && progress.behindMilliseconds[.credentials] == nil)
        #expect(try await credential(early, in: store) == [])
        #expect(try await store.change(early.id, .run, at: late + 60_000).verdict == .finished)
        // What was seen is not looked at again, after a restart either.
        await store.close()
        store = try backend.open(folder)
        #expect(try await store.removeOld(now: late + 120_000).rows[.credentials] == 0)
        // Not even another credential makes something of it.
        try await store.write(.replaceAuthorization(early.id, sealed: [7], at: late + 120_000))
        #expect(try await credential(early, in: store) == [])
        await store.close()
    }

    @Test("a completed reminder's is removed although the clock was set back, in rounds of any size", arguments: Backend.all)
    func setBack(backend: Backend) async throws {
        let store = try backend.open(folder), late = Self.ms + 2 * ReminderState.runAgainMilliseconds
        let shard = try await completed(store).id.shard
        try await store.removeOld(now: late)
        var others: [Reminder] = []
        for _ in 0..<5 {
            let reminder = Sample.reminder(Sample.id(shard: shard), start: Self.at - 600), at = Self.at - 600
            let key = OccurrenceKey(reminder: reminder.id, scheduledAt: at)
            try await store.write(
                Sample.create(reminder), .settle(key, Sample.attempt(at, 1, .delivered), .delivered, move: PositionMove(from: at, to: nil)))
            others.append(reminder)
        }
        for round in 0..<40 { try await store.removeOld(now: Self.ms - 60_000 + ReminderState.runAgainMilliseconds + Int64(round), rows: 2) }
        for reminder in others { #expect(try await credential(reminder, in: store) == []) }
        await store.close()
    }

    @Test("a completed reminder's stays while a dead letter of it can be replayed", arguments: Backend.all)
    func completedWithDeadLetter(backend: Backend) async throws {
        let store = try backend.open(folder), late = Self.ms + 2 * ReminderState.runAgainMilliseconds
        let reminder = Sample.reminder(), key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
        try await store.write(
            Sample.create(reminder),
            .settle(key, Sample.attempt(Self.at, 1, .rejected), .dead(tries: Tries(attempts: 1)), move: PositionMove(from: Self.at, to: nil)))
        try await store.removeOld(now: late)
        #expect(try await credential(reminder, in: store) == [9, 9])
        try await store.change(reminder.id, .discard(scheduledAt: Self.at), at: late)
        #expect(try await credential(reminder, in: store) == [])
        await store.close()
    }

    @Test("a task that needs no credential is run once more at any time", arguments: Backend.all)
    func withoutCredential(backend: Backend) async throws {
        let store = try backend.open(folder), late = Self.ms + 2 * ReminderState.runAgainMilliseconds
        let notification = Sample.reminder(sealed: [])
        let task = Reminder(
            id: notification.id, schedule: notification.schedule, handling: notification.handling,
            payload: Payload(task: "report", arguments: [], description: "", classroomID: "", createdBy: ""),
            createdAt: notification.createdAt, caller: "", sealedAuthorization: [])
        let key = OccurrenceKey(reminder: task.id, scheduledAt: Self.at)
        try await store.write(
            Sample.create(task), .settle(key, Sample.attempt(Self.at, 1, .delivered), .delivered, move: PositionMove(from: Self.at, to: nil)))
        try await store.removeOld(now: late)
        #expect(try await store.change(task.id, .run, at: late).verdict == .done)
        await store.close()
    }

    @Test("a completed reminder's stays for an hour, because a person may have it run once more", arguments: Backend.all)
    func runAgain(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await completed(store)
        #expect(try await credential(reminder, in: store) == [9, 9])
        let outcome = try await store.change(reminder.id, .run, at: Self.ms + 60_000)
        #expect(outcome.verdict == .done && outcome.standing?.entries.first?.reminder.sealedAuthorization == [9, 9])
        await store.close()
    }
}
