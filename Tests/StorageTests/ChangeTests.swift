import Domain
import Storage
import Testing

/// A reminder with something of everything that its state allows, so that every change finds something to do.
enum Situation: String, CaseIterable, Sendable {
    case scheduled, paused, completed, cancelled, unknown

    /// Occurrences are a minute apart. Open ones: the first is retried, the second held, the third a dead letter, the
    /// fourth the position. Of a completed one the first is a dead letter.
    func make(_ store: any Store, rule: String = "FREQ=MINUTELY", caller: String = "") async throws -> Reminder {
        let reminder = Sample.reminder(rule: rule, caller: caller)
        guard self != .unknown else { return reminder }
        var writes = [Sample.create(reminder)]
        func settle(_ minute: Int64, _ outcome: Outcome, _ disposition: Disposition, last: Bool = false) {
            let at = Sample.start + 60 * minute
            let next = SeriesPosition(scheduledAt: at + 60, index: minute + 2)
            writes.append(
                .settle(
                    OccurrenceKey(reminder: reminder.id, scheduledAt: at), Sample.attempt(at, 1, outcome), disposition,
                    move: PositionMove(from: at, to: last ? nil : next)))
        }
        if self == .completed {
            settle(0, .rejected, .dead(attempts: 1))
            settle(1, .delivered, .delivered, last: true)
        } else {
            settle(0, .retry, .retry(dueAtMilliseconds: (Sample.start + 500) * 1000, attempts: 1))
            settle(1, .authRejected, .held(attempts: 2))
            settle(2, .rejected, .dead(attempts: 3))
        }
        if self == .paused { writes.append(.change(reminder.id, .pause, ChangeGuard(), atMilliseconds: Self.at)) }
        if self == .cancelled { writes.append(.cancel(reminder.id, atMilliseconds: Self.at)) }
        try await store.write(writes)
        return reminder
    }

    /// A moment before the position falls due.
    static let at = (Sample.start + 150) * 1000

    /// The second of the occurrence that is a dead letter.
    var deadAt: Int64 { self == .completed ? Sample.start : Sample.start + 120 }
}

/// A change and what it comes to in each situation.
struct Expectation: Sendable, CustomTestStringConvertible {
    typealias Verdict = ChangeOutcome.Verdict

    let testDescription: String
    let change: @Sendable (Reminder, Situation) -> ReminderChange
    let verdicts: [Situation: Verdict]

    init(
        _ name: String, open: Verdict, completed: Verdict, cancelled: Verdict,
        _ change: @escaping @Sendable (Reminder, Situation) -> ReminderChange
    ) {
        testDescription = name
        self.change = change
        verdicts = [
            .scheduled: open, .paused: open, .completed: completed, .cancelled: cancelled, .unknown: .notFound,
        ]
    }

    private static let later = SeriesPosition(scheduledAt: Sample.start + 3_600, index: 1)

    static let all: [Expectation] = [
        Expectation("cancel", open: .done, completed: .finished, cancelled: .finished) { _, _ in .cancel },
        Expectation("pause", open: .done, completed: .finished, cancelled: .finished) { _, _ in .pause },
        Expectation("resume where it stopped", open: .done, completed: .finished, cancelled: .finished) { _, _ in
            .resume(goesOnAt: .itsPosition)
        },
        Expectation("resume later", open: .done, completed: .finished, cancelled: .finished) { _, _ in
            .resume(goesOnAt: .position(later))
        },
        Expectation("resume after the end", open: .done, completed: .finished, cancelled: .finished) { _, _ in
            .resume(goesOnAt: .position(nil))
        },
        Expectation("run", open: .done, completed: .done, cancelled: .finished) { _, _ in .run },
        Expectation("a new credential", open: .done, completed: .done, cancelled: .done) { _, _ in
            .replaceAuthorization(sealed: [7])
        },
        Expectation("another description", open: .done, completed: .done, cancelled: .finished) { reminder, _ in
            .replace(Sample.reminder(reminder.id, rule: reminder.schedule.rule, description: "new"), position: later)
        },
        Expectation("another schedule", open: .done, completed: .finished, cancelled: .finished) { reminder, _ in
            .replace(Sample.reminder(reminder.id, start: Sample.start + 3_600), position: later)
        },
        Expectation("a schedule without occurrences", open: .done, completed: .finished, cancelled: .finished) { reminder, _ in
            .replace(Sample.reminder(reminder.id, start: Sample.start + 1, sealed: []), position: nil)
        },
        Expectation("replay of a dead letter", open: .done, completed: .done, cancelled: .done) {
            .replay(scheduledAt: $1.deadAt)
        },
        Expectation("replay of nothing", open: .notFound, completed: .notFound, cancelled: .notFound) { _, _ in
            .replay(scheduledAt: Sample.start + 1)
        },
        Expectation("discard of a dead letter", open: .done, completed: .done, cancelled: .done) {
            .discard(scheduledAt: $1.deadAt)
        },
        Expectation("discard of nothing", open: .notFound, completed: .notFound, cancelled: .notFound) { _, _ in
            .discard(scheduledAt: Sample.start + 1)
        },
    ]
}

@Suite("What callers change")
struct ChangeTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static let at = Situation.at

    @Test(
        "every change of a reminder in every state is judged, and its answer tells what a load then brings",
        arguments: Backend.all, Expectation.all)
    func verdicts(backend: Backend, expectation: Expectation) async throws {
        let store = try backend.open(folder)
        for situation in Situation.allCases {
            let reminder = try await situation.make(store)
            let before = try await store.summary(reminder.id)
            let outcome = try await store.change(reminder.id, expectation.change(reminder, situation), at: Self.at)
            #expect(outcome.verdict == expectation.verdicts[situation], "\(situation)")
            let after = try await store.summary(reminder.id)
            #expect(outcome.standing?.state == after?.state, "\(situation)")
            #expect(outcome.standing?.revision == after?.revision, "\(situation)")
            #expect(
                after?.revision == before.map { $0.revision + (outcome.verdict == .done ? 1 : 0) }, "\(situation): revision")
            if outcome.verdict != .done {
                #expect(after?.line == before?.line, "\(situation): nothing changed")
                #expect(outcome.released == 0 && outcome.scheduledAt == nil)
            }
            let loaded = try await store.due(in: reminder.id.shard).filter { $0.reminder.id == reminder.id }
            #expect(outcome.standing?.entries.map(\.line) ?? [] == loaded.map(\.line), "\(situation)")
        }
        await store.close()
    }

    @Test("what was changed is the same after a restart", arguments: Backend.all, Expectation.all)
    func reopened(backend: Backend, expectation: Expectation) async throws {
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

    @Test("another caller's reminder is as one that is not there, and stays as it is", arguments: Backend.all, Expectation.all)
    func caller(backend: Backend, expectation: Expectation) async throws {
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

    @Test("a change that was meant for another revision changes nothing", arguments: Backend.all, Expectation.all)
    func revision(backend: Backend, expectation: Expectation) async throws {
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

    @Test("of two changes meant for one revision only the first is made, also within a transaction", arguments: Backend.all)
    func race(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        let guardian = ChangeGuard(revision: 1)
        let results = try await store.write(
            .change(reminder.id, .pause, guardian, atMilliseconds: Self.at),
            .change(reminder.id, .cancel, guardian, atMilliseconds: Self.at))
        #expect(results.map(\.name) == ["done", "revisionDiffers"])
        #expect(results.last?.outcome?.standing?.state == .paused)
        await store.close()
    }

    @Test("what the scheduler writes by itself leaves the revision alone", arguments: Backend.all)
    func ownWrites(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        #expect(try await store.summary(reminder.id)?.revision == 1)
        await store.close()
    }

    @Test("more occurrences than an answer holds are cut, and the answer shows that there are more", arguments: Backend.all)
    func manyEntries(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder(rule: "FREQ=SECONDLY"), most = ReminderStanding.maxEntries
        var writes = [Sample.create(reminder)]
        for second in 0..<Int64(most + 5) {
            let at = Sample.start + second
            writes.append(
                .materialise(
                    OccurrenceKey(reminder: reminder.id, scheduledAt: at), dueAtMilliseconds: at * 1000, attempts: 0,
                    move: PositionMove(from: at, to: SeriesPosition(scheduledAt: at + 1, index: second + 2))))
        }
        try await store.write(writes)
        let standing = try #require(try await store.change(reminder.id, .replaceAuthorization(sealed: [1]), at: 0).standing)
        #expect(standing.entries.map(\.due.occurrence.scheduledAt) == (0...Int64(most)).map { Sample.start + $0 })
        await store.close()
    }
}
