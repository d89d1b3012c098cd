import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("What has been tried")
struct TriesTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static let at = Sample.start
    private static let tries = Tries(attempts: 2, losses: 3, since: at.milliseconds + 7)

    private func entry(_ store: some Store, _ key: OccurrenceKey) async throws -> DueEntry? {
        try await store.due(in: key.reminder.shard, after: nil, limit: 10).first { $0.due.occurrence == key }
    }

    @Test("attempts, losses and when they began are kept of what is tried again, and of what is overtaken", arguments: Backend.all)
    func kept(backend: Backend) async throws {
        let store = try backend.open(folder)
        let end = PositionMove(from: Self.at, to: nil)
        for isSettled in [true, false] {
            let reminder = Sample.reminder()
            let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
            let write: StoreWrite =
                isSettled
                ? .settle(
                    key, Sample.attempt(Self.at, 6, .retry), .retry(dueAt: Self.at.milliseconds, tries: Self.tries), move: end)
                : .materialise(key, dueAt: Self.at.milliseconds, tries: Self.tries, move: end)
            try await store.write(Sample.create(reminder), write)
            #expect(try await entry(store, key)?.tries == Self.tries)
            let more = Tries(attempts: 3, losses: 3, since: Self.tries.since)
            try await store.write(
                .settle(key, Sample.attempt(Self.at, 7, .retry), .retry(dueAt: Self.at.milliseconds, tries: more), move: nil))
            #expect(try await entry(store, key)?.tries == more)
        }
        await store.close()
    }

    @Test("what is replayed, or released by a new credential, begins anew", arguments: Backend.all)
    func anew(backend: Backend) async throws {
        let store = try backend.open(folder)
        for isHeld in [true, false] {
            let reminder = Sample.reminder()
            let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
            let (outcome, disposition): (Outcome, Disposition) =
                isHeld ? (.authRejected, .held(tries: Self.tries)) : (.rejected, .dead(tries: Self.tries))
            try await store.write(
                Sample.create(reminder),
                .settle(key, Sample.attempt(Self.at, 6, outcome), disposition, move: PositionMove(from: Self.at, to: nil)))
            let change: ReminderChange = isHeld ? .replaceAuthorization(sealed: [9]) : .replay(scheduledAt: Self.at)
            try await store.write(.change(reminder.id, change, ChangeGuard(), at: Self.at.milliseconds + 50))
            let entry = try await entry(store, key)
            #expect(entry != nil && entry?.tries == Tries.none)
        }
        await store.close()
    }

    @Test("a try of what is replayed counts that begins at the millisecond at which one with its number did before", arguments: Backend.all)
    func sameMillisecond(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
        let dead = { (move: PositionMove?) in
            StoreWrite.settle(key, Sample.attempt(Self.at, 1, .rejected), .dead(tries: Tries(attempts: 1)), move: move)
        }
        try await store.write(Sample.create(reminder), dead(PositionMove(from: Self.at, to: nil)))
        try await store.change(reminder.id, .replay(scheduledAt: Self.at), at: Self.at.milliseconds + 50)
        try await store.write(dead(nil))
        #expect(try await entry(store, key) == nil)
        #expect(try await store.summary(reminder.id)?.dead == 1)
        await store.close()
    }
}
