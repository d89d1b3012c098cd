import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("Dead letters, held occurrences and new definitions")
struct ReplaceTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static let start = Sample.start, at = Situation.at

    private func line(_ store: any Store, _ id: ReminderID) async throws -> String {
        try await store.summary(id)?.line ?? "none"
    }

    private func deliver(_ store: any Store, _ id: ReminderID, _ offset: Int64, _ number: Int = 1) async throws {
        let second = Self.start + offset
        try await store.write(
            .settle(
                OccurrenceKey(reminder: id, scheduledAt: second),
                Sample.attempt(second, number, .delivered, offset: 900_000), .delivered, move: nil))
    }

    // MARK: Set aside

    @Test("a dead letter and a held occurrence are replayed now, with no attempts, as a person's wish", arguments: Backend.all)
    func replay(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        for offset in [60, 120] as [Int64] {
            let outcome = try await store.change(reminder.id, .replay(scheduledAt: Self.start + offset), at: Self.at + offset)
            #expect(outcome.verdict == .done)
            let entry = outcome.standing?.entries.first { $0.due.occurrence.scheduledAt == Self.start + offset }
            #expect(entry?.line == "\(offset) due \(Self.at + offset) attempts 0 position - manual true")
            // It is no longer set aside.
            #expect(try await store.change(reminder.id, .replay(scheduledAt: Self.start + offset), at: Self.at).verdict == .notFound)
            #expect(try await store.change(reminder.id, .discard(scheduledAt: Self.start + offset), at: Self.at).verdict == .notFound)
        }
        #expect(try await line(store, reminder.id) == "scheduled next 180#4 delivered 0 retrying 3 held 0 dead 0")
        for offset in [60, 120] as [Int64] { try await deliver(store, reminder.id, offset) }
        #expect(try await line(store, reminder.id) == "scheduled next 180#4 delivered 2 retrying 1 held 0 dead 0")
        await store.close()
    }

    @Test("a replay opens a completed reminder until it is delivered, and leaves a cancelled one cancelled", arguments: Backend.all)
    func replayFinished(backend: Backend) async throws {
        let store = try backend.open(folder)
        let completed = try await Situation.completed.make(store), cancelled = try await Situation.cancelled.make(store)
        try await store.change(completed.id, .replay(scheduledAt: Self.start), at: Self.at)
        let outcome = try await store.change(cancelled.id, .replay(scheduledAt: Self.start + 120), at: Self.at)
        #expect(outcome.standing?.state == .cancelled)
        #expect(outcome.standing?.entries.map(\.line) == ["120 due \(Self.at) attempts 0 position - manual true"])
        #expect(try await store.due(in: cancelled.id.shard).contains { $0.reminder.id == cancelled.id })
        #expect(try await line(store, completed.id) == "scheduled next - delivered 1 retrying 1 held 0 dead 0")
        try await deliver(store, completed.id, 0)
        try await deliver(store, cancelled.id, 120)
        #expect(try await line(store, completed.id) == "completed next - delivered 2 retrying 0 held 0 dead 0")
        #expect(try await line(store, cancelled.id) == "cancelled next - delivered 1 retrying 0 held 0 dead 0")
        await store.close()
    }

    @Test("a replay of a cancelled reminder's dead letter that fails again is a dead letter again", arguments: Backend.all)
    func replayFails(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.cancelled.make(store)
        let second = Self.start + 120, key = OccurrenceKey(reminder: reminder.id, scheduledAt: second)
        try await store.change(reminder.id, .replay(scheduledAt: second), at: Self.at)
        try await store.write(
            .settle(
                key, Sample.attempt(second, 1, .retry, offset: 40_000), .retry(dueAt: Self.at + 77_000, tries: Tries(attempts: 1)),
                move: nil))
        #expect(try await store.due(in: reminder.id.shard).map(\.line) == ["120 due \(Self.at + 77_000) attempts 1 position - manual true"])
        try await store.write(.settle(key, Sample.attempt(second, 2, .rejected, offset: 90_000), .dead(tries: Tries(attempts: 2)), move: nil))
        #expect(try await line(store, reminder.id) == "cancelled next - delivered 0 retrying 0 held 0 dead 1")
        let set = try await store.page(OccurrenceFilter(state: .dead), limit: 10).items
        #expect(set.map(\.tries.attempts) == [2] && set.map(\.outcome) == [.rejected])
        #expect(try await store.tries(at: key).map(\.number) == [2, 1, 1])
        await store.close()
    }

    @Test("what is discarded is gone; the last open one completes its reminder", arguments: Backend.all)
    func discard(backend: Backend) async throws {
        let store = try backend.open(folder)
        let held = Sample.reminder()
        try await store.write(
            Sample.create(held),
            .settle(
                OccurrenceKey(reminder: held.id, scheduledAt: Self.start), Sample.attempt(Self.start, 1, .authRejected),
                .held(tries: Tries(attempts: 1)), move: PositionMove(from: Self.start, to: nil)))
        #expect(try await line(store, held.id) == "scheduled next - delivered 0 retrying 0 held 1 dead 0")
        try await store.change(held.id, .discard(scheduledAt: Self.start), at: Self.at)
        #expect(try await line(store, held.id) == "completed next - delivered 0 retrying 0 held 0 dead 0")
        let open = try await Situation.scheduled.make(store), cancelled = try await Situation.cancelled.make(store)
        for id in [open.id, cancelled.id] { try await store.change(id, .discard(scheduledAt: Self.start + 120), at: Self.at) }
        #expect(try await line(store, open.id) == "scheduled next 180#4 delivered 0 retrying 1 held 1 dead 0")
        #expect(try await line(store, cancelled.id) == "cancelled next - delivered 0 retrying 0 held 0 dead 0")
        #expect(try await store.history(open.id)?.count == 3)
        await store.close()
    }

    // MARK: Replace

    @Test("with the same schedule the position stays, and the definition is the new one", arguments: Backend.all)
    func sameSchedule(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        let new = Reminder(
            id: reminder.id, schedule: reminder.schedule,
            handling: Handling(queue: "q", priority: 9, misfirePolicy: .skip, retryForSeconds: 5, maxAttempts: 3, expiresAfterSeconds: 77),
            payload: Payload(task: "other", arguments: [4], description: "d", classroomID: "c2", createdBy: "t2"),
            createdAt: reminder.createdAt, caller: "k", sealedAuthorization: [])
        let outcome = try await store.change(
            reminder.id, .replace(new, position: SeriesPosition(scheduledAt: 1, index: 1)), at: Self.at)
        let kept = new.with(sealedAuthorization: [9, 9])
        #expect(outcome.released == 0)
        #expect(outcome.standing?.reminder.isSame(as: kept) == true)
        #expect(outcome.standing?.reminder.expiresAfterSeconds == 77 && outcome.standing?.reminder.caller == "k")
        #expect(try await line(store, reminder.id) == "scheduled next 180#4 delivered 0 retrying 1 held 1 dead 1")
        #expect(try await store.due(in: reminder.id.shard).allSatisfy { $0.reminder.isSame(as: kept) })
        await store.close()
    }

    @Test("a new credential in a new definition releases what is held", arguments: Backend.all)
    func replaceReleases(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        let new = Sample.reminder(reminder.id, rule: reminder.schedule.rule, sealed: [5])
        let outcome = try await store.change(reminder.id, .replace(new, position: nil), at: Self.at)
        #expect(outcome.released == 1 && outcome.standing?.reminder.sealedAuthorization == [5])
        #expect(try await line(store, reminder.id) == "scheduled next 180#4 delivered 0 retrying 2 held 0 dead 1")
        await store.close()
    }

    @Test("with another schedule an occurrence that has fallen due stays due, and one that has not is dropped", arguments: Backend.all)
    func otherSchedule(backend: Backend) async throws {
        let store = try backend.open(folder)
        let due = (Self.start + 180).milliseconds
        for (at, stays) in [(due - 1, false), (due, true), (due + 60_000, true)] {
            let reminder = try await Situation.scheduled.make(store)
            let new = Sample.reminder(reminder.id, start: Self.start + 7_200, sealed: [])
            let outcome = try await store.change(
                reminder.id, .replace(new, position: SeriesPosition(scheduledAt: Self.start + 7_200, index: 1)), at: at)
            let row = "180 due \(due) attempts 0 position - manual false"
            #expect(outcome.standing?.entries.map(\.line).contains(row) == stays)
            #expect(outcome.standing?.entries.last?.line == "7200 due \((Self.start + 7_200).milliseconds) attempts 0 position 1 manual false")
            #expect(outcome.standing?.entries.count == (stays ? 3 : 2))
            // The outcome of an attempt under way finds the row, and leaves the new position alone.
            guard stays else { continue }
            let second = Self.start + 180
            try await store.write(
                .settle(
                    OccurrenceKey(reminder: reminder.id, scheduledAt: second), Sample.attempt(second, 1, .delivered), .delivered,
                    move: PositionMove(from: second, to: SeriesPosition(scheduledAt: second + 60, index: 5))))
            #expect(try await line(store, reminder.id) == "scheduled next 7200#1 delivered 1 retrying 1 held 1 dead 1")
        }
        await store.close()
    }

    @Test("an attempt at an occurrence that its schedule has dropped is recorded, and changes nothing", arguments: Backend.all)
    func settleDropped(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder(rule: "FREQ=MINUTELY")
        let new = Sample.reminder(reminder.id, start: Self.start + 7_200)
        try await store.write(Sample.create(reminder))
        try await store.change(
            reminder.id, .replace(new, position: SeriesPosition(scheduledAt: Self.start + 7_200, index: 1)), at: Self.start.milliseconds - 1)
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.start)
        let move = PositionMove(from: Self.start, to: SeriesPosition(scheduledAt: Self.start + 60, index: 2))
        let ends: [(Outcome, Disposition)] = [
            (.delivered, .delivered), (.retry, .retry(dueAt: 1, tries: Tries(attempts: 1))), (.authRejected, .held(tries: Tries(attempts: 1))),
            (.rejected, .dead(tries: Tries(attempts: 1))),
        ]
        for (number, (outcome, disposition)) in ends.enumerated() {
            let results = try await store.write(
                .settle(key, Sample.attempt(Self.start, number + 1, outcome), disposition, move: move),
                .materialise(key, dueAt: 1, tries: .none, move: move))
            #expect(results.map(\.name) == ["done", "done"])
            #expect(try await line(store, reminder.id) == "scheduled next 7200#1 delivered 0 retrying 0 held 0 dead 0")
        }
        #expect(try await store.history(reminder.id)?.count == 4)
        await store.close()
    }

    @Test("a schedule that names the occurrence that is due again makes no second one of it", arguments: Backend.all, [true, false])
    func sameOccurrence(backend: Backend, hasRow: Bool) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.start)
        try await store.write(Sample.create(reminder))
        if hasRow {
            try await store.write(
                .settle(
                    key, Sample.attempt(Self.start, 1, .retry), .retry(dueAt: Self.start.milliseconds + 5_000, tries: Tries(attempts: 1)),
                    move: PositionMove(from: Self.start, to: nil)))
        }
        var schedule = reminder.schedule
        schedule.timezone = "Europe/Berlin"
        let new = Reminder(
            id: reminder.id, schedule: schedule, handling: Handling(), payload: Payload(task: "t", arguments: []),
            createdAt: 0, sealedAuthorization: [])
        let outcome = try await store.change(
            reminder.id, .replace(new, position: SeriesPosition(scheduledAt: Self.start, index: 1)), at: (Self.start + 10).milliseconds)
        #expect(outcome.standing?.entries.map(\.due.occurrence) == [key])
        try await store.write(
            .settle(
                key, Sample.attempt(Self.start, 2, .delivered, offset: 11_000), .delivered,
                move: PositionMove(from: Self.start, to: nil)))
        #expect(try await line(store, reminder.id) == "completed next - delivered 1 retrying 0 held 0 dead 0")
        #expect(try await store.due(in: reminder.id.shard).isEmpty)
        await store.close()
    }

    @Test("a schedule without occurrences completes the reminder once nothing of it is open", arguments: Backend.all)
    func nothingLeft(backend: Backend) async throws {
        let store = try backend.open(folder)
        let bare = Sample.reminder(rule: "FREQ=MINUTELY"), open = try await Situation.scheduled.make(store)
        try await store.write(Sample.create(bare))
        for id in [bare.id, open.id] {
            try await store.change(id, .replace(Sample.reminder(id, start: 1, sealed: []), position: nil), at: Self.start.milliseconds - 1)
        }
        #expect(try await line(store, bare.id) == "completed next - delivered 0 retrying 0 held 0 dead 0")
        #expect(try await line(store, open.id) == "scheduled next - delivered 0 retrying 1 held 1 dead 1")
        await store.close()
    }

    @Test("a paused reminder's new schedule takes effect when it is resumed", arguments: Backend.all)
    func replacePaused(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.paused.make(store)
        let new = Sample.reminder(reminder.id, start: Self.start + 7_200)
        let outcome = try await store.change(
            reminder.id, .replace(new, position: SeriesPosition(scheduledAt: Self.start + 7_200, index: 1)),
            at: (Self.start + 200).milliseconds)
        #expect(outcome.standing?.entries.isEmpty == true)
        // What fell due in the pause is skipped, as by a resumption.
        #expect(try await line(store, reminder.id) == "paused next 7200#1 delivered 0 retrying 2 held 0 dead 1")
        let resumed = try await store.change(reminder.id, .resume(goesOnAt: .itsPosition), at: (Self.start + 201).milliseconds)
        // Released by the change, to be retried at 500 s, and the new schedule's.
        let seconds = resumed.standing?.entries.map { $0.due.occurrence.scheduledAt - Self.start }
        #expect(seconds == [60, 0, 7_200])
        await store.close()
    }

    @Test("a series that becomes one time which has been delivered already is complete, and not delivered again", arguments: Backend.all)
    func alreadyDelivered(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder(rule: "FREQ=MINUTELY")
        try await store.write(
            Sample.create(reminder),
            .settle(
                OccurrenceKey(reminder: reminder.id, scheduledAt: Self.start), Sample.attempt(Self.start, 1, .delivered), .delivered,
                move: PositionMove(from: Self.start, to: SeriesPosition(scheduledAt: Self.start + 60, index: 2))))
        let once = Sample.reminder(reminder.id)
        let outcome = try await store.change(
            reminder.id, .replace(once, position: SeriesPosition(scheduledAt: Self.start, index: 1)), at: Self.start.milliseconds + 5_000)
        #expect(outcome.verdict == .done && outcome.standing?.entries.isEmpty == true)
        #expect(try await line(store, reminder.id) == "completed next - delivered 1 retrying 0 held 0 dead 0")
        await store.close()
    }
}
