import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("Cancelling and new credentials")
struct CancelTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static let at = Sample.start

    /// A series with a pending, a held and a dead occurrence, and a position to come.
    private func series(_ store: any Store) async throws -> Reminder {
        let reminder = Sample.reminder(rule: "FREQ=MINUTELY")
        var writes = [Sample.create(reminder)]
        let rows: [(Int64, Disposition, Outcome)] = [
            (0, .retry(dueAt: (Self.at + 500).milliseconds, tries: Tries(attempts: 1)), .retry),
            (60, .held(tries: Tries(attempts: 1)), .authRejected), (120, .dead(tries: Tries(attempts: 12)), .rejected),
            (180, .held(tries: Tries(attempts: 3)), .authRejected),
        ]
        for (index, (offset, disposition, outcome)) in rows.enumerated() {
            let at = Self.at + offset
            writes.append(
                .settle(
                    OccurrenceKey(reminder: reminder.id, scheduledAt: at), Sample.attempt(at, 1, outcome), disposition,
                    move: PositionMove(
                        from: at, to: SeriesPosition(scheduledAt: at + 60, index: Int64(index) + 2))))
        }
        for write in writes { try await store.write(write) }
        return reminder
    }

    @Test("a cancelled reminder keeps its dead letters and history and nothing else", arguments: Backend.all)
    func cancel(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await series(store)
        #expect(try await store.summary(reminder.id)?.line == "scheduled next 240#5 delivered 0 retrying 1 held 2 dead 1")
        let results = try await store.write(.cancel(reminder.id, at: 1), .cancel(reminder.id, at: 2))
        #expect(results.map(\.name) == ["done", "finished"])
        #expect(try await store.summary(reminder.id)?.line == "cancelled next - delivered 0 retrying 0 held 0 dead 1")
        #expect(try await store.history(reminder.id)?.count == 4)
        #expect(try await store.due(in: reminder.id.shard).isEmpty)
        // The dead letter may be run once more.
        #expect(try await store.summary(reminder.id)?.reminder.sealedAuthorization == reminder.sealedAuthorization)
        await store.close()
    }

    @Test("a completed reminder cannot be cancelled", arguments: Backend.all)
    func cancelCompleted(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        try await store.write(.create(reminder, position: nil, idempotency: nil))
        #expect(try await store.write(.cancel(reminder.id, at: 1)).map(\.name) == ["finished"])
        await store.close()
    }

    @Test("one pending occurrence is called off: recorded, not delivered, and the last open one completes its reminder", arguments: Backend.all, [true, false])
    func cancelOccurrence(backend: Backend, isLast: Bool) async throws {
        let store = try backend.open(folder), reminder = Sample.reminder(), key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
        let next = isLast ? nil : SeriesPosition(scheduledAt: Self.at + 60, index: 2)
        try await store.write(
            Sample.create(reminder), .materialise(key, dueAt: 0, tries: Tries(attempts: 2), move: PositionMove(from: Self.at, to: next)))
        let change = ReminderChange.cancelOccurrence(scheduledAt: Self.at, detail: "called off")
        #expect(try await store.change(reminder.id, change, ChangeGuard(caller: "another"), at: 7).verdict == .notFound)
        let outcome = try await store.change(reminder.id, change, at: 7)
        #expect(outcome.verdict == .done && outcome.standing?.entries.map(\.due.occurrence.scheduledAt) == (isLast ? [] : [Self.at + 60]))
        #expect(try await store.change(reminder.id, change, at: 8).verdict == .notFound)
        let expected = isLast ? "completed next - delivered 0 retrying 0 held 0 dead 0" : "scheduled next 60#2 delivered 0 retrying 0 held 0 dead 0"
        #expect(try await store.summary(reminder.id)?.line == expected)
        let attempts = try #require(try await store.history(reminder.id))
        #expect(attempts.map(\.outcome) == [.cancelled] && attempts[0].number == 3 && attempts[0].detail == "called off")
        await store.close()
    }

    @Test("a held one is called off only where a worker has it", arguments: Backend.all)
    func cancelHeld(backend: Backend) async throws {
        let store = try backend.open(folder), reminder = Sample.reminder(), id = reminder.id
        let key = OccurrenceKey(reminder: id, scheduledAt: Self.at), second = OccurrenceKey(reminder: id, scheduledAt: Self.at + 60)
        try await store.write(
            Sample.create(reminder),
            .materialise(key, dueAt: 0, tries: Tries(attempts: 2), move: PositionMove(from: Self.at, to: SeriesPosition(scheduledAt: Self.at + 60, index: 2))),
            .hold(second, Sample.attempt(Self.at + 60, 1, .authRejected), tries: Tries(attempts: 1)))
        func cancel(isUnderWay: Bool) -> ReminderChange { .cancelOccurrence(scheduledAt: Self.at, detail: "called off", isUnderWay: isUnderWay) }
        #expect(try await store.change(id, cancel(isUnderWay: false), at: 7).verdict == .notFound)
        #expect(try await store.summary(id)?.line == "scheduled next 60#2 delivered 0 retrying 0 held 2 dead 0")
        #expect(try await store.change(id, cancel(isUnderWay: true), at: 8).verdict == .done)
        #expect(try await store.summary(id)?.line == "scheduled next 60#2 delivered 0 retrying 0 held 1 dead 0")
        #expect(try await store.history(id)?.first { $0.outcome == .cancelled }?.number == 3)
        await store.close()
    }

    @Test("an outcome that comes after the cancellation is recorded and revives nothing", arguments: Backend.all, [true, false])
    func settleAfterCancel(backend: Backend, sameCommit: Bool) async throws {
        let store = try backend.open(folder)
        let outcomes: [(Disposition, Outcome, Int64)] = [
            (.delivered, .delivered, 1), (.retry(dueAt: 0, tries: Tries(attempts: 1)), .retry, 0),
            (.held(tries: Tries(attempts: 1)), .authRejected, 0), (.dead(tries: Tries(attempts: 1)), .rejected, 0), (.ended, .cancelled, 0), (.cancelSeries, .cancelSchedule, 1),
        ]
        for (disposition, outcome, delivered) in outcomes {
            for isPosition in [true, false] {
                let reminder = Sample.reminder()
                let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at)
                let move = PositionMove(from: Self.at, to: SeriesPosition(scheduledAt: Self.at + 60, index: 2))
                var writes = [Sample.create(reminder)]
                if !isPosition { writes.append(.materialise(key, dueAt: 0, tries: .none, move: move)) }
                writes.append(.cancel(reminder.id, at: 5))
                let settle = StoreWrite.settle(
                    key, Sample.attempt(Self.at, 1, outcome), disposition, move: isPosition ? move : nil)
                writes += [settle, settle, .materialise(key, dueAt: 0, tries: .none, move: move)]
                if sameCommit {
                    try await store.write(writes)
                } else {
                    for write in writes { try await store.write(write) }
                }
                let expected = "cancelled next - delivered \(delivered) retrying 0 held 0 dead 0"
                #expect(try await store.summary(reminder.id)?.line == expected)
                #expect(try await store.history(reminder.id)?.map(\.outcome) == [outcome])
                #expect(try await store.due(in: reminder.id.shard).isEmpty)
            }
        }
        await store.close()
    }

    @Test("what is run once more of a cancelled series is held, and ended, by itself", arguments: Backend.all, [true, false])
    func runOnceMore(backend: Backend, isHeld: Bool) async throws {
        let store = try backend.open(folder), reminder = Sample.reminder(), id = reminder.id
        let keys = (0..<3).map { OccurrenceKey(reminder: id, scheduledAt: Self.at + 60 * Int64($0)) }
        try await store.write(Sample.create(reminder))
        for (index, key) in keys.enumerated() {
            let next = SeriesPosition(scheduledAt: key.scheduledAt + 60, index: Int64(index) + 2)
            try await store.write(
                .settle(
                    key, Sample.attempt(key.scheduledAt, 1, .rejected), .dead(tries: Tries(attempts: 1)), move: PositionMove(from: key.scheduledAt, to: next)))
        }
        try await store.write(.cancel(id, at: 5))
        for key in keys.prefix(2) { #expect(try await store.change(id, .replay(scheduledAt: key.scheduledAt), at: 900_000).verdict == .done) }
        if isHeld {
            let hold = StoreWrite.hold(keys[0], Sample.attempt(keys[0].scheduledAt + 7, 1, .authRejected), tries: Tries(attempts: 1))
            try await store.write(hold, hold)
            #expect(try await store.summary(id)?.line == "cancelled next - delivered 0 retrying 0 held 2 dead 1")
            #expect(try await store.summary(id)?.heldSince == nil)
            #expect(try await store.due(in: id.shard).isEmpty)
            let outcome = try await store.change(id, .replaceAuthorization(sealed: [9]), at: 950_000)
            #expect(outcome.released == 2 && outcome.standing?.entries.count == 2)
            // The old refusal is repeated.
            try await store.write(.settle(keys[0], Sample.attempt(keys[0].scheduledAt + 7, 1, .authRejected), .held(tries: Tries(attempts: 1)), move: nil))
        }
        #expect(try await store.summary(id)?.line == "cancelled next - delivered 0 retrying 2 held 0 dead 1")
        let end = StoreWrite.settle(keys[1], Sample.attempt(keys[1].scheduledAt + 9, 1, .cancelSchedule), .cancelSeries, move: nil)
        try await store.write(end, end)
        #expect(try await store.summary(id)?.line == "cancelled next - delivered 1 retrying 0 held 0 dead 1")
        #expect(try await store.due(in: id.shard).isEmpty)
        await store.close()
    }

    @Test("a cancellation after the last outcome finds the reminder finished", arguments: Backend.all)
    func cancelAfterSettle(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let results = try await store.write(
            Sample.create(reminder),
            .settle(
                OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at), Sample.attempt(Self.at, 1, .delivered),
                .delivered, move: PositionMove(from: Self.at, to: nil)),
            .cancel(reminder.id, at: 5))
        #expect(results.map(\.name) == ["done", "done", "finished"])
        await store.close()
    }

    @Test("a new credential releases what is held and comes back with all of it", arguments: Backend.all)
    func replace(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await series(store)
        let results = try await store.write(
            .replaceAuthorization(reminder.id, sealed: [1, 2, 3, 4], at: 77))
        let outcome = try #require(results.first?.outcome)
        let standing = try #require(outcome.standing)
        #expect(outcome.released == 2)
        #expect(standing.reminder.sealedAuthorization == [1, 2, 3, 4] && standing.reminder.schedule == reminder.schedule)
        #expect(standing.entries.map(\.due.occurrence.scheduledAt) == [60, 180, 240, 0].map { Self.at + $0 })
        #expect(standing.entries.map(\.positionIndex) == [nil, nil, 5, nil])
        #expect(standing.entries.prefix(2).allSatisfy { $0.due.dueAt == $0.due.occurrence.scheduledAt.milliseconds && $0.tries.attempts == 0 })
        #expect(standing.entries.allSatisfy { $0.reminder.sealedAuthorization == [1, 2, 3, 4] })
        #expect(try await store.summary(reminder.id)?.line == "scheduled next 240#5 delivered 0 retrying 3 held 0 dead 1")

        let due = try await store.due(in: reminder.id.shard)
        #expect(due.map(\.due.occurrence.scheduledAt) == [60, 180, 240, 0].map { Self.at + $0 })
        #expect(due.map(\.tries.attempts) == [0, 0, 0, 1])
        #expect(due.allSatisfy { $0.reminder.sealedAuthorization == [1, 2, 3, 4] })

        // Again: nothing is held any more.
        let again = try await store.write(.replaceAuthorization(reminder.id, sealed: [5], at: 99))
        #expect(again.first?.outcome?.verdict == .done && again.first?.outcome?.released == 0)
        // A repeated report of the old refusal does not hold it again.
        try await store.write(
            .settle(
                OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at + 60),
                Sample.attempt(Self.at + 60, 1, .authRejected), .held(tries: Tries(attempts: 1)), move: nil))
        #expect(try await store.summary(reminder.id)?.held == 0)
        await store.close()
    }
}
