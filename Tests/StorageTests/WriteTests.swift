import Storage
import StoreTestKit
import TaskDomain
import Testing

/// An attempt's end, what it comes to, and whether it leaves nothing open.
struct Settlement: Sendable {
    var disposition: Disposition
    var outcome: Outcome
    var counts: String
    var ends: Bool
}

private let settlements: [Settlement] = [
    Settlement(
        disposition: .delivered, outcome: .delivered, counts: "delivered 1 retrying 0 held 0 dead 0", ends: true),
    Settlement(
        disposition: .retry(dueAt: Sample.start.milliseconds + 9, tries: Tries(attempts: 1)), outcome: .retry,
        counts: "delivered 0 retrying 1 held 0 dead 0", ends: false),
    Settlement(
        disposition: .held(tries: Tries(attempts: 1)), outcome: .authRejected, counts: "delivered 0 retrying 0 held 1 dead 0",
        ends: false),
    Settlement(
        disposition: .dead(tries: Tries(attempts: 1)), outcome: .rejected, counts: "delivered 0 retrying 0 held 0 dead 1", ends: true),
]

@Suite("What each write does")
struct WriteTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static let at = Sample.start

    private func line(_ store: any Store, _ id: ReminderID) async throws -> String {
        try await store.summary(id)?.line ?? "none"
    }

    // MARK: Create

    @Test("every field of a reminder comes back as it was", arguments: Backend.all)
    func fields(backend: Backend) async throws {
        let store = try backend.open(folder)
        let id = Sample.id()
        let reminder = Reminder(
            id: id,
            schedule: Schedule(
                start: -5, rule: "FREQ=WEEKLY;BYDAY=MO", timezone: "Europe/Berlin", until: .distantFuture,
                rdates: [.distantPast, 0, .distantFuture], exdates: [-1]),
            handling: Handling(
                queue: "q\u{0}x", priority: 9, misfirePolicy: .skip, catchUpLimit: 77, retryForSeconds: 9, maxAttempts: 1, jitterSeconds: 7,
                expiresAfterSeconds: 8),
            payload: Payload(task: "täsk", arguments: [0, 255, 0], description: "🎒 \"quoted\"", classroomID: "c", createdBy: "\n"),
            createdAt: -1, sealedAuthorization: [])
        try await store.write(.create(reminder, position: SeriesPosition(scheduledAt: -5, index: 7), idempotency: nil))
        let read = try #require(try await store.summary(id))
        #expect(read.reminder.isSame(as: reminder))
        #expect(read.position == SeriesPosition(scheduledAt: -5, index: 7))
        #expect(read.state == .scheduled && read.updatedAt == -1)
        let due = try await store.due(in: id.shard)
        #expect(due.count == 1 && due[0].reminder.isSame(as: reminder))
        #expect(due[0].due.dueAt == reminder.due(of: -5) && due[0].positionIndex == 7 && due[0].tries.attempts == 0)
        await store.close()
    }

    @Test("the same id again exists and stays as it was", arguments: Backend.all)
    func createTwice(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        #expect(try await store.write(Sample.create(reminder)).map(\.name) == ["done"])
        let other = Sample.reminder(reminder.id, arguments: [4])
        #expect(try await store.write(Sample.create(other)).map(\.name) == ["exists"])
        #expect(try await store.summary(reminder.id)?.reminder.arguments == [1, 2, 3])
        await store.close()
    }

    @Test("a reminder without an occurrence to come is completed at once", arguments: Backend.all)
    func createFinished(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        try await store.write(.create(reminder, position: nil, idempotency: nil))
        #expect(try await line(store, reminder.id) == "completed next - delivered 0 retrying 0 held 0 dead 0")
        #expect(try await store.due(in: reminder.id.shard).isEmpty)
        await store.close()
    }

    @Test("an idempotency key answers again, and refuses another request", arguments: Backend.all)
    func idempotency(backend: Backend) async throws {
        let store = try backend.open(folder)
        let shard = Sample.id().shard
        func create(_ key: UInt8, _ request: UInt8) -> (ReminderID, StoreWrite) {
            let reminder = Sample.reminder(Sample.id(shard: shard))
            let record = IdempotencyRecord(
                key: Array(repeating: key, count: 32), request: [request], answer: [key, request],
                createdAt: 50)
            return (
                reminder.id,
                .create(reminder, position: SeriesPosition(scheduledAt: Self.at, index: 1), idempotency: record)
            )
        }
        let (first, write) = create(1, 1)
        let (again, same) = create(1, 1)
        let (clash, different) = create(1, 2)
        let (_, other) = create(2, 1)
        // Also within one transaction.
        let results = try await store.write(write, same, different, other, write)
        #expect(results.map(\.name) == ["done", "replayed [1, 1]", "conflict", "done", "replayed [1, 1]"])
        #expect(try await store.summary(first) != nil)
        #expect(try await store.summary(again) == nil)
        #expect(try await store.summary(clash) == nil)
        // A key is forgotten when it is older than asked for, not before.
        _ = try await store.removeOld(finishedBefore: .distantPast, idempotencyBefore: 50)
        #expect(try await store.write(same).map(\.name) == ["replayed [1, 1]"])
        _ = try await store.removeOld(finishedBefore: .distantPast, idempotencyBefore: 51)
        #expect(try await store.write(same).map(\.name) == ["done"])
        await store.close()
    }

    // MARK: Settle, where the occurrence is the position

    @Test(
        "a settled position moves on, or ends the reminder when nothing of it is open",
        arguments: Backend.all, settlements)
    func settle(backend: Backend, row: Settlement) async throws {
        let (disposition, outcome, counts, ends) = (row.disposition, row.outcome, row.counts, row.ends)
        let store = try backend.open(folder)
        for last in [false, true] {
            let reminder = Sample.reminder()
            let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
            let move = PositionMove(from: Self.at, to: last ? nil : SeriesPosition(scheduledAt: Self.at + 60, index: 2))
            let write = StoreWrite.settle(key, Sample.attempt(Self.at, 1, outcome), disposition, move: move)
            try await store.write(Sample.create(reminder))
            let expected = last ? "\(ends ? "completed" : "scheduled") next - " : "scheduled next 60#2 "
            // Repeated in the same transaction and in later ones, it changes nothing more.
            #expect(try await store.write(write, write).map(\.name) == ["done", "done"])
            #expect(try await line(store, reminder.id) == expected + counts)
            try await store.write(write)
            #expect(try await line(store, reminder.id) == expected + counts)
            #expect(try await store.history(reminder.id)?.count == 1)
        }
        await store.close()
    }

    @Test("a task that ends its series is delivered and cancels the rest", arguments: Backend.all)
    func cancelSeries(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let next = SeriesPosition(scheduledAt: Self.at + 60, index: 2)
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at + 60)
        try await store.write(
            Sample.create(reminder),
            .materialise(
                OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at), dueAt: 0, tries: .none,
                move: PositionMove(from: Self.at, to: next)))
        let write = StoreWrite.settle(
            key, Sample.attempt(Self.at + 60, 1, .cancelSchedule), .cancelSeries,
            move: PositionMove(from: Self.at + 60, to: SeriesPosition(scheduledAt: Self.at + 120, index: 3)))
        for _ in 0..<2 {
            try await store.write(write)
            #expect(try await line(store, reminder.id) == "cancelled next - delivered 1 retrying 0 held 0 dead 0")
        }
        #expect(try await store.due(in: reminder.id.shard).isEmpty)
        await store.close()
    }

    // MARK: Settle, where the occurrence has a row

    @Test("a retried occurrence goes from attempt to attempt and then completes the reminder", arguments: Backend.all)
    func retries(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
        let first = StoreWrite.settle(
            key, Sample.attempt(Self.at, 1, .retry), .retry(dueAt: 1000, tries: Tries(attempts: 1)),
            move: PositionMove(from: Self.at, to: nil))
        let second = StoreWrite.settle(
            key, Sample.attempt(Self.at, 2, .retry, offset: 10), .retry(dueAt: 2000, tries: Tries(attempts: 2)), move: nil)
        let third = StoreWrite.settle(key, Sample.attempt(Self.at, 3, .delivered, offset: 20), .delivered, move: nil)
        try await store.write(Sample.create(reminder), first)
        try await store.write(second)
        // Repeating the first attempt does not take the occurrence back.
        try await store.write(first)
        let due = try await store.due(in: reminder.id.shard)
        #expect(due.map(\.due) == [DueKey(dueAt: 2000, occurrence: key)])
        #expect(due.first?.tries.attempts == 2 && due.first?.positionIndex == nil)
        try await store.write(third)
        try await store.write(second, third, first)
        #expect(try await line(store, reminder.id) == "completed next - delivered 1 retrying 0 held 0 dead 0")
        #expect(try await store.history(reminder.id)?.map(\.number) == [3, 2, 1])
        #expect(try await store.history(reminder.id, limit: 2)?.map(\.number) == [3, 2])
        await store.close()
    }

    @Test("a delivery at the position ends the row that a person gave the same second, where it is asked to", arguments: Backend.all, [true, false])
    func endsBoth(backend: Backend, endsRow: Bool) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let first = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
        let second = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at + 60)
        try await store.write(Sample.create(reminder))
        try await store.change(reminder.id, .run, at: second.scheduledAt.milliseconds)
        var end = PositionMove(from: second.scheduledAt, to: nil)
        end.endsRow = endsRow
        try await store.write(
            .settle(
                first, Sample.attempt(Self.at, 1, .delivered), .delivered,
                move: PositionMove(from: Self.at, to: SeriesPosition(scheduledAt: second.scheduledAt, index: 2))),
            .settle(second, Sample.attempt(second.scheduledAt, 1, .delivered), .delivered, move: end))
        let state = endsRow ? "completed next - delivered 2 retrying 0" : "scheduled next - delivered 2 retrying 1"
        #expect(try await line(store, reminder.id) == "\(state) held 0 dead 0")
        #expect(try await store.due(in: reminder.id.shard).count == (endsRow ? 0 : 1))
        await store.close()
    }

    @Test("a reminder stays scheduled while another of its occurrences is open", arguments: Backend.all)
    func staysOpen(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let early = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
        let late = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at + 60)
        try await store.write(
            Sample.create(reminder),
            .settle(
                early, Sample.attempt(Self.at, 1, .authRejected), .held(tries: Tries(attempts: 1)),
                move: PositionMove(from: Self.at, to: SeriesPosition(scheduledAt: Self.at + 60, index: 2))),
            .settle(
                late, Sample.attempt(Self.at + 60, 1, .delivered), .delivered,
                move: PositionMove(from: Self.at + 60, to: nil)))
        #expect(try await line(store, reminder.id) == "scheduled next - delivered 1 retrying 0 held 1 dead 0")
        try await store.write(.replaceAuthorization(reminder.id, sealed: [7], at: 5))
        try await store.write(
            .settle(early, Sample.attempt(Self.at, 1, .rejected, offset: 99_000), .dead(tries: Tries(attempts: 1)), move: nil))
        #expect(try await line(store, reminder.id) == "completed next - delivered 1 retrying 0 held 0 dead 1")
        await store.close()
    }

    @Test("a settlement of an unknown reminder leaves nothing behind", arguments: Backend.all)
    func unknown(backend: Backend) async throws {
        let store = try backend.open(folder)
        let id = Sample.id(), key = OccurrenceKey(reminder: id, scheduledAt: Self.at)
        let move = PositionMove(from: Self.at, to: nil), attempt = Sample.attempt(Self.at, 1, .retry)
        let results = try await store.write(
            .settle(key, attempt, .delivered, move: move), .settle(key, attempt, .dead(tries: Tries(attempts: 1)), move: nil),
            .settle(key, attempt, .cancelSeries, move: move),
            .materialise(key, dueAt: 0, tries: .none, move: move), .misfire(id, record: attempt, move: move),
            .cancel(id, at: 0), .replaceAuthorization(id, sealed: [], at: 0))
        #expect(results.map(\.name) == Array(repeating: "not found", count: 7))
        try await store.write(Sample.create(Sample.reminder(id)))
        #expect(try await store.history(id) == [])
        #expect(try await line(store, id) == "scheduled next 0#1 delivered 0 retrying 0 held 0 dead 0")
        await store.close()
    }

    // MARK: Materialise, misfire

    @Test("a materialised occurrence waits beside the position", arguments: Backend.all)
    func materialise(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
        let write = StoreWrite.materialise(
            key, dueAt: Self.at.milliseconds, tries: .none,
            move: PositionMove(from: Self.at, to: SeriesPosition(scheduledAt: Self.at + 60, index: 2)))
        try await store.write(Sample.create(reminder), write, write)
        #expect(try await line(store, reminder.id) == "scheduled next 60#2 delivered 0 retrying 1 held 0 dead 0")
        #expect(try await store.due(in: reminder.id.shard).map(\.positionIndex) == [nil, 2])
        try await store.write(.settle(key, Sample.attempt(Self.at, 1, .delivered), .delivered, move: nil), write)
        #expect(try await line(store, reminder.id) == "scheduled next 60#2 delivered 1 retrying 0 held 0 dead 0")
        await store.close()
    }

    @Test("misfired occurrences are recorded once and passed over", arguments: Backend.all)
    func misfire(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let some = StoreWrite.misfire(
            reminder.id, record: Sample.attempt(Self.at, 0, .misfired),
            move: PositionMove(from: Self.at, to: SeriesPosition(scheduledAt: Self.at + 60, index: 2)))
        let all = StoreWrite.misfire(
            reminder.id, record: Sample.attempt(Self.at + 60, 0, .misfired),
            move: PositionMove(from: Self.at + 60, to: nil))
        try await store.write(Sample.create(reminder), some, some)
        #expect(try await line(store, reminder.id) == "scheduled next 60#2 delivered 0 retrying 0 held 0 dead 0")
        try await store.write(all, some, all)
        #expect(try await line(store, reminder.id) == "completed next - delivered 0 retrying 0 held 0 dead 0")
        #expect(try await store.history(reminder.id)?.map(\.outcome) == [.misfired, .misfired])
        await store.close()
    }

    @Test("what is missed is added up, once for each step that is taken", arguments: Backend.all)
    func missed(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        func step(_ from: Int64, _ missed: Missed?) -> StoreWrite {
            .misfire(
                reminder.id, record: Sample.attempt(Self.at + from, 0, .misfired),
                move: PositionMove(from: Self.at + from, to: SeriesPosition(scheduledAt: Self.at + from + 60, index: 2), missed: missed))
        }
        try await store.write(Sample.create(reminder))
        #expect(try await store.summary(reminder.id)?.missed == nil)
        let one = step(0, Missed(count: 5, first: 100, last: 200))
        try await store.write(one, one, step(60, nil))
        #expect(try await store.summary(reminder.id)?.missed == Missed(count: 5, first: 100, last: 200))
        try await store.write(step(120, Missed(count: .max - 3, isAtLeast: true, first: 50, last: 150)))
        #expect(try await store.summary(reminder.id)?.missed == Missed(count: .max, isAtLeast: true, first: 50, last: 200))
        await store.close()
    }

    @Test("a series that is held stands still with all that has rows, until another credential comes", arguments: Backend.all)
    func hold(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        let position = OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start + 180)
        let hold = StoreWrite.hold(position, Sample.attempt(Sample.start + 180, 1, .authRejected), tries: Tries(attempts: 1))
        #expect(try await store.write(hold, hold).map(\.name) == ["done", "done"])
        // Of the three that are held one is the position itself.
        #expect(try await line(store, reminder.id) == "scheduled next 180#4 delivered 0 retrying 0 held 3 dead 1")
        #expect(try await store.due(in: reminder.id.shard).isEmpty)
        let since = try await store.summary(reminder.id)?.heldSince
        #expect(since != nil)
        let at = (Sample.start + 200).milliseconds
        let run = try await store.change(reminder.id, .run, at: at)
        #expect(run.standing?.isHeld == true && run.standing?.entries.isEmpty == true)
        let outcome = try await store.change(reminder.id, .replaceAuthorization(sealed: [7]), at: at)
        // The latest that was missed, at the position, stands for those with rows.
        #expect(outcome.released == 4)
        #expect(
            outcome.standing?.entries.map(\.line) == [
                "180 due \((Sample.start + 180).milliseconds) attempts 0 position 4 manual false",
                "200 due \(at) attempts 0 position - manual true",
            ])
        let summary = try await store.summary(reminder.id)
        #expect(summary?.heldSince == nil)
        #expect(summary?.missed == Missed(count: 2, first: Sample.start, last: Sample.start + 60))
        await store.close()
    }

    @Test("a move from another place than the position's has no effect", arguments: Backend.all)
    func wrongMove(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at + 1)
        let move = PositionMove(from: Self.at + 1, to: SeriesPosition(scheduledAt: Self.at + 60, index: 2))
        try await store.write(
            Sample.create(reminder), .settle(key, Sample.attempt(Self.at + 1, 1, .delivered), .delivered, move: move),
            .materialise(key, dueAt: 0, tries: .none, move: move),
            .misfire(reminder.id, record: Sample.attempt(Self.at + 1, 1, .misfired), move: move))
        #expect(try await line(store, reminder.id) == "scheduled next 0#1 delivered 0 retrying 0 held 0 dead 0")
        await store.close()
    }

    @Test("an attempt's detail is cut to its limit between two characters", arguments: Backend.all)
    func detail(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        var attempt = Sample.attempt(Self.at, 1, .delivered)
        attempt.detail = "x" + String(repeating: "é", count: Attempt.detailLimit)
        try await store.write(
            Sample.create(reminder),
            .settle(
                OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at), attempt, .delivered,
                move: PositionMove(from: Self.at, to: nil)))
        let kept = try #require(try await store.history(reminder.id)?.first).detail
        #expect(kept.utf8.count == Attempt.detailLimit - 1 && attempt.detail.hasPrefix(kept))
        await store.close()
    }
}
