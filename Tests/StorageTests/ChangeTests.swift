import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("What callers change")
struct ChangeTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static let at = Situation.at

    @Test(
        "every change of a reminder in every state is judged, and its answer tells what a load then brings",
        arguments: Backend.all, ChangeCase.all)
    func verdicts(backend: Backend, expectation: ChangeCase) async throws {
        let store = try backend.open(folder)
        for situation in Situation.allCases {
            let reminder = try await situation.make(store)
            let before = try await store.summary(reminder.id)
            let outcome = try await store.change(reminder.id, expectation.change(reminder, situation), at: Self.at)
            #expect(outcome.verdict == expectation.verdicts[situation], "\(situation)")
            let after = try await store.summary(reminder.id)
            #expect(outcome.standing?.state == after?.state, "\(situation)")
            #expect(outcome.standing?.revision == after?.revision, "\(situation)")
            let changed = outcome.verdict == .done && !expectation.isSaidTwice(in: situation)
            #expect(after?.revision == before.map { $0.revision + (changed ? 1 : 0) }, "\(situation): revision")
            if !changed {
                #expect(after?.line == before?.line, "\(situation): nothing changed")
                #expect(outcome.released == 0 && outcome.scheduledAt == nil)
            }
            let loaded = try await store.due(in: reminder.id.shard).filter { $0.reminder.id == reminder.id }
            #expect(outcome.standing?.entries.map(\.line) ?? [] == loaded.map(\.line), "\(situation)")
        }
        await store.close()
    }

    @Test("what was changed is the same after a restart", arguments: Backend.whole, ChangeCase.all)
    func reopened(backend: Backend, expectation: ChangeCase) async throws {
        var store = try backend.open(folder)
        var kept: [(Reminder, String?, [String])] = []
        for situation in Situation.allCases {
            let reminder = try await situation.make(store)
            let outcome = try await store.change(reminder.id, expectation.change(reminder, situation), at: Self.at)
            kept.append((reminder, try await store.summary(reminder.id)?.line, outcome.standing?.entries.map(\.line) ?? []))
        }
        await store.close()
        store = try backend.open(folder)
        for (reminder, line, entries) in kept {
            #expect(try await store.summary(reminder.id)?.line == line)
            let loaded = try await store.due(in: reminder.id.shard).filter { $0.reminder.id == reminder.id }
            #expect(loaded.map(\.line) == entries)
        }
        await store.close()
    }

    @Test("another caller's reminder is as one that is not there, and stays as it is", arguments: Backend.whole, ChangeCase.all)
    func caller(backend: Backend, expectation: ChangeCase) async throws {
        let store = try backend.open(folder)
        for situation in Situation.allCases where situation != .unknown {
            let reminder = try await situation.make(store, caller: "alice")
            let before = try await store.summary(reminder.id)
            let change = expectation.change(reminder, situation)
            for other in ["bob", "", "Alice", "alice "] {
                let outcome = try await store.change(reminder.id, change, ChangeGuard(caller: other), at: Self.at)
                #expect(outcome.verdict == .notFound)
            }
            #expect(try await store.summary(reminder.id)?.line == before?.line)
            #expect(try await store.summary(reminder.id)?.revision == before?.revision)
            let own = try await store.change(reminder.id, change, ChangeGuard(caller: "alice"), at: Self.at)
            #expect(own.verdict == expectation.verdicts[situation])
        }
        await store.close()
    }

    @Test("a change that was meant for another revision changes nothing", arguments: Backend.whole, ChangeCase.all)
    func revision(backend: Backend, expectation: ChangeCase) async throws {
        let store = try backend.open(folder)
        for situation in Situation.allCases where situation != .unknown {
            let reminder = try await situation.make(store)
            let before = try #require(try await store.summary(reminder.id))
            let change = expectation.change(reminder, situation)
            for other in [before.revision - 1, before.revision + 1, .max] {
                let outcome = try await store.change(reminder.id, change, ChangeGuard(revision: other), at: Self.at)
                #expect(outcome.verdict == .revisionDiffers)
                #expect(outcome.standing?.revision == before.revision)
            }
            #expect(try await store.summary(reminder.id)?.line == before.line)
            let meant = try await store.change(reminder.id, change, ChangeGuard(revision: before.revision), at: Self.at)
            #expect(meant.verdict == expectation.verdicts[situation])
        }
        await store.close()
    }

    @Test("of two changes meant for one revision only the first is made, also within a transaction", arguments: Backend.whole)
    func race(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        let guardian = ChangeGuard(revision: 1)
        let results = try await store.write(
            .change(reminder.id, .pause, guardian, at: Self.at),
            .change(reminder.id, .cancel, guardian, at: Self.at))
        #expect(results.map(\.name) == ["done", "revisionDiffers"])
        #expect(results.last?.outcome?.standing?.state == .paused)
        await store.close()
    }

    @Test("what the scheduler writes by itself leaves the revision alone", arguments: Backend.whole)
    func ownWrites(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        #expect(try await store.summary(reminder.id)?.revision == 1)
        await store.close()
    }

    @Test("more occurrences than an answer holds are cut, and the answer shows that there are more", arguments: Backend.whole)
    func manyEntries(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder(rule: "FREQ=SECONDLY"), most = ReminderStanding.maxEntries
        var writes = [Sample.create(reminder)]
        for second in 0..<Int64(most + 5) {
            let at = Sample.start + second
            writes.append(
                .materialise(
                    OccurrenceKey(reminder: reminder.id, scheduledAt: at), dueAt: at.milliseconds, tries: .none,
                    move: PositionMove(from: at, to: SeriesPosition(scheduledAt: at + 1, index: second + 2))))
        }
        try await store.write(writes)
        let standing = try #require(try await store.change(reminder.id, .replaceAuthorization(sealed: [1]), at: 0).standing)
        #expect(standing.entries.map(\.due.occurrence.scheduledAt) == (0...Int64(most)).map { Sample.start + $0 })
        await store.close()
    }
}
