import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("A reminder that cannot be read")
struct DamageTests {
    private static let damage = "UPDATE definitions SET priority = 77", repair = "UPDATE definitions SET priority = 5"

    /// - Returns: the store, open, of which all rows are damaged.
    private func damaged(
        _ backend: Backend, _ folder: Folder, by sql: String = damage, _ make: (any Store) async throws -> Reminder
    ) async throws -> (any Store, Reminder) {
        let store = try backend.open(folder)
        let reminder = try await make(store)
        await store.close()
        try backend.tamper(sql, folder)
        return (try backend.open(folder), reminder)
    }

    @Test("can be cancelled by whoever may do everything, where its state is known, and nothing else is done with it", arguments: Backend.all, ChangeCase.all)
    func changes(backend: Backend, expectation: ChangeCase) async throws {
        for (damage, isStateKnown) in [(Self.damage, true), ("UPDATE reminders SET state = 99", false)] {
            let folder = try Folder()
            let (store, reminder) = try await damaged(backend, folder, by: damage) { try await Situation.scheduled.make($0, caller: "alice") }
            let change = expectation.change(reminder, .scheduled)
            for guardian in [ChangeGuard(caller: "alice"), ChangeGuard(revision: 1), ChangeGuard(caller: "alice", revision: 1)] {
                let outcome = try await store.change(reminder.id, change, guardian, at: Situation.at)
                #expect(outcome.verdict == .notFound && outcome.standing == nil)
            }
            let outcome = try await store.change(reminder.id, change, at: Situation.at)
            let isCancelled = if case .cancel = change { isStateKnown } else { false }
            #expect(outcome.verdict == (isCancelled ? .done : .notFound) && outcome.standing == nil)
            if isStateKnown { #expect(try await store.due(in: reminder.id.shard).isEmpty) }
            #expect(folder.faults.all.contains { $0.contains("\(reminder.id)") && $0.contains("not changed") })
            await store.close()
        }
    }

    @Test("and is cancelled keeps its dead letters, is counted no more, and not cancelled once more", arguments: Backend.all)
    func counts(backend: Backend) async throws {
        let (store, reminder) = try await damaged(backend, try Folder()) { try await Situation.scheduled.make($0, caller: "alice") }
        let new = Sample.reminder(caller: "alice")
        func create() async throws -> [String] {
            try await store.write(
                .create(new, position: SeriesPosition(scheduledAt: Sample.start, index: 1), idempotency: nil, pendingLimit: 1)
            ).map(\.name)
        }
        #expect(try await create() == ["1 pending"])
        #expect(try await store.tallies().all.held == 1)
        #expect(try await store.change(reminder.id, .cancel, at: Situation.at).verdict == .done)
        let left = try await store.tallies(of: [Handling.defaultQueue])
        #expect(left.all == OccurrenceTally(dead: 1) && left.queues[Handling.defaultQueue] == left.all)
        #expect(try await create() == ["done"])
        #expect(try await store.change(reminder.id, .cancel, at: Situation.at).verdict == .notFound)
        await store.close()
    }

    @Test("and is cancelled has no credential any more once its definition is restored", arguments: Backend.all)
    func credential(backend: Backend) async throws {
        let folder = try Folder()
        var (store, reminder) = try await damaged(backend, folder) { store in
            let reminder = Sample.reminder(rule: "FREQ=MINUTELY")
            try await store.write(Sample.create(reminder))
            return reminder
        }
        #expect(try await store.change(reminder.id, .cancel, at: Situation.at).verdict == .done)
        await store.close()
        try backend.tamper(Self.repair, folder)
        store = try backend.open(folder)
        let summary = try await store.summary(reminder.id)
        #expect(summary?.state == .cancelled && summary?.position == nil)
        #expect(summary?.reminder.sealedAuthorization == [] && summary?.reminder.schedule.rule == "FREQ=MINUTELY")
        await store.close()
    }
}
