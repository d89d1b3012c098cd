import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("What a store removes")
struct PruneTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static let at = Sample.start
    /// The second of the sample in milliseconds.
    private static let ms = Sample.start.milliseconds

    private func key(_ reminder: Reminder, _ at: UnixSeconds = Self.at) -> OccurrenceKey { OccurrenceKey(reminder: reminder.id, scheduledAt: at) }

    /// One time, ended by `disposition` 2 ms after its second.
    private func ended(_ reminder: Reminder, _ disposition: Disposition = .delivered) -> [StoreWrite] {
        let outcome: Outcome = disposition == .delivered ? .delivered : .rejected
        return [
            Sample.create(reminder),
            .settle(key(reminder), Sample.attempt(Self.at, 1, outcome), disposition, move: PositionMove(from: Self.at, to: nil)),
        ]
    }

    // MARK: Finished reminders

    @Test("finished reminders go with all that is theirs when they are old enough", arguments: Backend.all)
    func finished(backend: Backend) async throws {
        let store = try backend.open(folder)
        let delivered = Sample.reminder(), cancelled = Sample.reminder(), open = Sample.reminder()
        try await store.write(ended(delivered) + [Sample.create(cancelled), Sample.create(open), .cancel(cancelled.id, at: Self.ms + 2)])
        // Both ended 2 ms after the second: one below, at, one above.
        #expect(try await store.removeOld(finishedBefore: Self.ms + 1).reminders == 0)
        #expect(try await store.removeOld(finishedBefore: Self.ms + 2).reminders == 0)
        for id in [delivered.id, cancelled.id] { #expect(try await store.summary(id) != nil) }
        let progress = try await store.removeOld(finishedBefore: Self.ms + 3)
        #expect(progress.reminders == 2 && progress.rows[.reminders] == 5 && !progress.hasMore)
        #expect(progress.behindMilliseconds[.reminders] == nil)
        #expect(try await store.removeOld(finishedBefore: .distantFuture).reminders == 0)
        #expect(try await store.summary(delivered.id) == nil)
        #expect(try await store.history(delivered.id) == nil)
        #expect(try await store.summary(cancelled.id) == nil)
        #expect(try await store.summary(open.id) != nil)
        // Nothing of it is left that would belong to a new reminder of the same id.
        try await store.write(Sample.create(delivered))
        #expect(try await store.summary(delivered.id)?.line == "scheduled next 0#1 delivered 0 retrying 0 held 0 dead 0")
        #expect(try await store.history(delivered.id) == [])
        await store.close()
    }

    @Test("a call removes no more rows than it may, and says how far behind it is", arguments: Backend.all)
    func bounded(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminders = (0..<40).map { _ in Sample.reminder() }
        for reminder in reminders { try await store.write(ended(reminder)) }
        var calls = 0, removed = 0
        var progress = PruneProgress()
        repeat {
            progress = try await store.removeOld(finishedBefore: Self.ms + 5_002, rows: 10)
            #expect(progress.rows.values.reduce(0, +) <= 12)
            let isBehind = removed + progress.reminders < reminders.count
            #expect(progress.behindMilliseconds[.reminders] == (isBehind ? 5_000 : nil))
            removed += progress.reminders
            calls += 1
        } while progress.hasMore && calls < 100
        #expect(removed == reminders.count && calls >= 10)
        await store.close()
    }

    @Test("how far behind a round is with what it had no room for is said, though the one before left nothing", arguments: Backend.all)
    func behindWithoutRoom(backend: Backend) async throws {
        let store = try backend.open(folder)
        try await store.write(ended(Sample.reminder()))
        #expect(try await store.removeOld(finishedBefore: Self.ms + 5_002).behindMilliseconds[.reminders] == nil)
        try await store.write(ended(Sample.reminder()) + ended(Sample.reminder(), .dead(tries: Tries(attempts: 1))))
        // Dead letters have their turn first, and take all the room there is.
        let progress = try await store.removeOld(finishedBefore: Self.ms + 5_002, deadBefore: Self.ms + 5_002, rows: 1)
        #expect(progress.rows[.deadLetters] == 1 && progress.rows[.reminders] == 0 && progress.behindMilliseconds[.reminders] == 5_000)
        await store.close()
    }

    @Test("every shard has its turn, however much is to be removed in one", arguments: Backend.all)
    func turns(backend: Backend) async throws {
        let store = try backend.open(folder)
        let full = try #require(Shard(3)), other = try #require(Shard(17))
        for _ in 0..<100 { try await store.write(ended(Sample.reminder(Sample.id(shard: full)))) }
        let lone = Sample.reminder(Sample.id(shard: other))
        try await store.write(ended(lone))
        for _ in 0..<Shard.count where try await store.summary(lone.id) != nil { try await store.removeOld(finishedBefore: .distantFuture, rows: 3) }
        #expect(try await store.summary(lone.id) == nil)
        await store.close()
    }

    @Test("a finished reminder stays with its dead letter until that one's time is over, too", arguments: Backend.all)
    func deadLetters(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder(), series = Sample.reminder(rule: "FREQ=MINUTELY")
        try await store.write(ended(reminder, .dead(tries: Tries(attempts: 1))))
        try await store.write(
            Sample.create(series),
            .settle(
                key(series), Sample.attempt(Self.at, 1, .rejected), .dead(tries: Tries(attempts: 1)),
                move: PositionMove(from: Self.at, to: SeriesPosition(scheduledAt: Self.at + 60, index: 2))))
        #expect(try await store.removeOld(finishedBefore: .distantFuture - 1, deadBefore: Self.ms + 2).rows.values.allSatisfy { $0 <= 1 })
        for id in [reminder.id, series.id] { #expect(try await store.summary(id)?.dead == 1) }
        let progress = try await store.removeOld(deadBefore: Self.ms + 3)
        #expect(progress.rows[.deadLetters] == 2)
        for id in [reminder.id, series.id] { #expect(try await store.summary(id)?.dead == 0) }
        #expect(try await store.page(OccurrenceFilter(state: .dead), limit: 10).items.isEmpty)
        #expect(try await store.removeOld(finishedBefore: .distantFuture).reminders == 1)
        #expect(try await store.summary(series.id)?.line == "scheduled next 60#2 delivered 0 retrying 0 held 0 dead 0")
        await store.close()
    }

    @Test("a cancelled reminder stays as long as an occurrence of it is to come that a person asked for", arguments: Backend.all)
    func replayed(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        try await store.write(
            Sample.create(reminder),
            .settle(
                key(reminder), Sample.attempt(Self.at, 1, .rejected), .dead(tries: Tries(attempts: 1)),
                move: PositionMove(from: Self.at, to: SeriesPosition(scheduledAt: Self.at + 60, index: 2))),
            .cancel(reminder.id, at: Self.ms + 2),
            .change(reminder.id, .replay(scheduledAt: Self.at), ChangeGuard(), at: Self.ms + 3))
        #expect(try await store.removeOld(finishedBefore: .distantFuture, deadBefore: .distantFuture).reminders == 0)
        try await store.write(.settle(key(reminder), Sample.attempt(Self.at, 2, .delivered), .delivered, move: nil))
        #expect(try await store.removeOld(finishedBefore: .distantFuture, deadBefore: .distantFuture).reminders == 1)
        await store.close()
    }

    @Test("finished reminders that must stay are not in the way of those behind them, nor looked at each time", arguments: Backend.all)
    func staying(backend: Backend) async throws {
        let store = try backend.open(folder)
        let shard = try #require(Shard(9))
        for _ in 0..<60 { try await store.write(ended(Sample.reminder(Sample.id(shard: shard)), .dead(tries: Tries(attempts: 1)))) }
        let behind = Sample.reminder(Sample.id(shard: shard), start: Self.at + 1)
        try await store.write(
            Sample.create(behind),
            .settle(
                key(behind, Self.at + 1), Sample.attempt(Self.at + 1, 1, .delivered), .delivered, move: PositionMove(from: Self.at + 1, to: nil)))
        let day: Int64 = 86_400_000, cutoff = Self.ms + day
        var looks = 0
        while try await store.summary(behind.id) != nil, looks < 100 {
            looks += try await store.removeOld(finishedBefore: cutoff, rows: 10).rows[.reminders] ?? 0
        }
        #expect((61...80).contains(looks))
        // Until a day later none of the others is touched.
        #expect(try await store.removeOld(finishedBefore: cutoff + day - 1_000).rows[.reminders] == 0)
        #expect(try await store.removeOld(finishedBefore: cutoff + day + 1).rows[.reminders] == 60)
        #expect(try await store.removeOld(deadBefore: .distantFuture).rows[.deadLetters] == 60)
        #expect(try await store.removeOld(finishedBefore: .distantFuture).reminders == 60)
        await store.close()
    }

    // MARK: Attempts

    /// Gives a live series attempts that began at these milliseconds.
    private func tried(_ reminder: Reminder, at starts: [UnixMilliseconds], in store: any Store) async throws {
        var writes = [Sample.create(reminder)]
        for (index, start) in starts.enumerated() {
            let attempt = Attempt(
                scheduledAt: Self.at, number: index + 1, startedAt: start, durationMicroseconds: 0, outcome: .retry, statusCode: 503,
                detail: "")
            let move = index == 0 ? PositionMove(from: Self.at, to: SeriesPosition(scheduledAt: Self.at + 60, index: 2)) : nil
            writes.append(.settle(key(reminder), attempt, .retry(dueAt: .distantFuture, tries: Tries(attempts: 1)), move: move))
        }
        try await store.write(writes)
    }

    /// When the attempts that are left began, the latest first.
    private func left(_ reminder: Reminder, in store: any Store) async throws -> [UnixMilliseconds] {
        try await store.history(reminder.id, limit: 10_000)?.map(\.startedAt) ?? []
    }

    @Test("of a live series' attempts the latest hundred stay, and the younger ones among the latest thousand", arguments: Backend.all)
    func attempts(backend: Backend) async throws {
        let store = try backend.open(folder)
        let now = Self.ms, cutoff = now - 30 * 86_400_000
        func ages(_ old: Int, _ young: Int) -> [UnixMilliseconds] {
            (0..<old).map { cutoff - 1 - Int64($0) } + (0..<young).map { cutoff + Int64($0) }
        }
        // Old and young ones, and how many of them stay.
        let cases: [(old: Int, young: Int, kept: Int)] = [
            (1, 0, 1), (99, 0, 99), (100, 0, 100), (101, 0, 100), (300, 0, 100), (50, 60, 100), (50, 49, 99), (10, 100, 100), (10, 101, 101),
            (5, 999, 999), (5, 1_000, 1_000), (0, 1_001, 1_000), (700, 1_300, 1_000),
        ]
        let reminders = cases.map { _ in Sample.reminder(rule: "FREQ=MINUTELY") }
        for (reminder, item) in zip(reminders, cases) { try await tried(reminder, at: ages(item.old, item.young), in: store) }
        var progress = try await store.removeOld(finishedBefore: cutoff, now: now, rows: 50)
        #expect(progress.hasMore && progress.rows[.attempts] == 50)
        while progress.isUnderWay { progress = try await store.removeOld(finishedBefore: cutoff, now: now, rows: 500) }
        for (reminder, item) in zip(reminders, cases) {
            let latest = Array(ages(item.old, item.young).sorted(by: >).prefix(item.kept))
            #expect(try await left(reminder, in: store) == latest, "\(item)")
        }
        await store.close()
    }

    @Test(
        "histories are looked through again after a tenth of the time that attempts are kept, each minute at most and every ten at least",
        arguments: Backend.all, [(kept: 60_000, after: 60_000), (kept: 1_800_000, after: 180_000), (kept: 30 * 86_400_000, after: 600_000)])
    func lookedThrough(backend: Backend, pace: (kept: Int64, after: Int64)) async throws {
        let store = try backend.open(folder)
        let now = Self.ms, reminder = Sample.reminder(rule: "FREQ=MINUTELY")
        func remove(after milliseconds: Int64) async throws -> Int? {
            let time = now + milliseconds
            return try await store.removeOld(finishedBefore: time - pace.kept, now: time).rows[.attempts]
        }
        #expect(try await remove(after: 0) == 0)
        try await tried(reminder, at: (0..<200).map { now - pace.kept - 1 - Int64($0) }, in: store)
        #expect(try await remove(after: pace.after - 1) == 0)
        #expect(try await remove(after: pace.after) == 100)
        await store.close()
    }

    @Test("attempts dated by a clock that was ahead do not push out the others, and have a bound of their own", arguments: Backend.all)
    func attemptsAhead(backend: Backend) async throws {
        let store = try backend.open(folder)
        let now = Self.ms, year: Int64 = 365 * 86_400_000
        let reminder = Sample.reminder(rule: "FREQ=MINUTELY")
        let ahead = (0..<1_200).map { now + year + Int64($0) }, right = (0..<150).map { now - Int64($0) }
        try await tried(reminder, at: ahead + right, in: store)
        var progress: PruneProgress
        repeat { progress = try await store.removeOld(finishedBefore: now - 1_000, now: now) } while progress.isUnderWay
        #expect(try await left(reminder, in: store) == ahead.suffix(1_000).reversed() + right)
        await store.close()
    }

    // MARK: Idempotency keys

    private func keyed(_ number: UInt8, createdAt: UnixMilliseconds, in store: any Store) async throws -> String {
        let record = IdempotencyRecord(key: [number], request: [1], answer: [2], createdAt: createdAt)
        let reminder = Sample.reminder(Sample.id(shard: Shard(1)))
        return try await store.write(.create(reminder, position: SeriesPosition(scheduledAt: Self.at, index: 1), idempotency: record))[0].name
    }

    @Test("idempotency keys are forgotten when they are old enough", arguments: Backend.all)
    func idempotency(backend: Backend) async throws {
        let store = try backend.open(folder)
        for (number, age) in [(1, 2), (2, 1), (3, 0)] as [(UInt8, Int64)] {
            #expect(try await keyed(number, createdAt: Self.ms - age, in: store) == "done")
        }
        let progress = try await store.removeOld(idempotencyBefore: Self.ms - 1)
        #expect(progress.rows[.idempotencyKeys] == 1)
        #expect(try await keyed(2, createdAt: Self.ms, in: store) == "replayed [2]")
        #expect(try await keyed(1, createdAt: Self.ms, in: store) == "done")
        await store.close()
    }

    @Test("idempotency keys dated by a clock that was ahead hold up none, and count from now", arguments: Backend.all)
    func idempotencyAhead(backend: Backend) async throws {
        let store = try backend.open(folder)
        let day: Int64 = 86_400_000, now = Self.ms
        for number in 1...20 { _ = try await keyed(UInt8(number), createdAt: now + 365 * day, in: store) }
        for number in 21...30 { _ = try await keyed(UInt8(number), createdAt: now - 2 * day, in: store) }
        var removed = 0
        for _ in 0..<40 { removed += try await store.removeOld(idempotencyBefore: now - day, now: now, rows: 4).rows[.idempotencyKeys] ?? 0 }
        #expect(removed == 30)
        #expect(try await keyed(1, createdAt: now, in: store) == "replayed [2]")
        #expect(try await keyed(21, createdAt: now, in: store) == "done")
        // A day later they are as old as any.
        #expect(try await store.removeOld(idempotencyBefore: now, now: now + day).rows[.idempotencyKeys] == 0)
        #expect(try await store.removeOld(idempotencyBefore: now + 1, now: now + day).rows[.idempotencyKeys] == 21)
        await store.close()
    }

    // MARK: Room

    @Test("a store says what room it has", arguments: Backend.all)
    func room(backend: Backend) async throws {
        let store = try backend.open(folder)
        let room = try await store.room()
        #expect(room.free > 0 && room.free <= room.capacity)
        await store.close()
    }
}
