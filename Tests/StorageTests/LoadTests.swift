import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("Loading what is due")
struct LoadTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static let at = Sample.start

    @Test("pages of any size give every entry once, in order", arguments: Backend.all, [1, 2, 3, 7, 50, 1000])
    func pages(backend: Backend, limit: Int) async throws {
        let store = try backend.open(folder)
        let shard = Sample.id().shard
        var expected: [DueKey] = [], writes: [StoreWrite] = []
        for index in 0..<60 {
            // Many share a second; every third becomes a row of its own, due within that second or in the next.
            let second = Self.at + Int64(index % 4)
            let reminder = Sample.reminder(Sample.id(shard: shard), start: second)
            let key = OccurrenceKey(reminder: reminder.id, scheduledAt: second)
            writes.append(Sample.create(reminder))
            if index % 3 == 0 {
                let due = second.milliseconds + Int64(index % 5) * 250
                writes.append(
                    .materialise(
                        key, dueAt: due, tries: Tries(attempts: 2),
                        move: PositionMove(from: second, to: SeriesPosition(scheduledAt: second + 1, index: 2))))
                expected.append(DueKey(dueAt: due, occurrence: key))
                expected.append(
                    DueKey(
                        dueAt: (second + 1).milliseconds,
                        occurrence: OccurrenceKey(reminder: reminder.id, scheduledAt: second + 1)))
            } else {
                expected.append(DueKey(dueAt: second.milliseconds, occurrence: key))
            }
        }
        for write in writes { try await store.write(write) }
        expected.sort()
        var found: [DueEntry] = []
        while true {
            let page = try await store.due(in: shard, after: found.last?.due, limit: limit)
            #expect(page.count <= limit)
            found += page
            if page.count < limit { break }
        }
        #expect(found.map(\.due) == expected)
        #expect(found.allSatisfy { $0.reminder.id == $0.due.occurrence.reminder })
        await store.close()
    }

    @Test("no page ends between what a person had run at a second and its series' position there", arguments: Backend.all, [1, 2, 3])
    func sameKey(backend: Backend, limit: Int) async throws {
        let store = try backend.open(folder)
        let shard = Sample.id().shard
        let reminders = (0..<3).map { _ in Sample.reminder(Sample.id(shard: shard), rule: "FREQ=MINUTELY") }
        for reminder in reminders {
            try await store.write(Sample.create(reminder))
            try await store.change(reminder.id, .run, at: (Self.at + 60).milliseconds)
            try await store.write(
                .settle(
                    OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at), Sample.attempt(Self.at, 1, .delivered), .delivered,
                    move: PositionMove(from: Self.at, to: SeriesPosition(scheduledAt: Self.at + 60, index: 2))))
        }
        var found: [DueEntry] = [], end: DueKey?
        repeat {
            let page = try await store.duePage(in: shard, after: end, limit: limit)
            #expect((page.entries.count - limit) <= 1)
            #expect(page.entries.last?.positionIndex != nil || page.entries.isEmpty)
            found += page.entries
            end = page.end
        } while end != nil
        let ids = reminders.map(\.id).sorted()
        #expect(found.map(\.due.occurrence.reminder) == ids.flatMap { [$0, $0] })
        #expect(found.map { $0.positionIndex == nil } == [true, false, true, false, true, false])
        await store.close()
    }

    @Test("entries are due through the last millisecond and after the given key", arguments: Backend.all)
    func boundaries(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let due = Self.at.milliseconds
        try await store.write(Sample.create(reminder))
        func found(after: DueKey? = nil, through: UnixMilliseconds) async throws -> Int {
            try await store.due(in: reminder.id.shard, after: after, through: through).count
        }
        #expect(try await found(through: due - 1) == 0)
        #expect(try await found(through: due) == 1)
        #expect(try await found(through: due + 1) == 1)
        let key = DueKey(
            dueAt: due, occurrence: OccurrenceKey(reminder: reminder.id, scheduledAt: Self.at))
        func moved(_ milliseconds: Int64, high: Int = 0, scheduledAt: Int64 = 0) -> DueKey {
            let id = ReminderID(
                high: high < 0 ? reminder.id.high - 1 : reminder.id.high + UInt64(high), low: reminder.id.low)
            return DueKey(
                dueAt: due + milliseconds,
                occurrence: OccurrenceKey(reminder: id, scheduledAt: Self.at + scheduledAt))
        }
        #expect(try await found(after: moved(-1), through: .distantFuture) == 1)
        #expect(try await found(after: moved(0, high: -1), through: .distantFuture) == 1)
        #expect(try await found(after: moved(0, scheduledAt: -1), through: .distantFuture) == 1)
        #expect(try await found(after: key, through: .distantFuture) == 0)
        #expect(try await found(after: moved(0, scheduledAt: 1), through: .distantFuture) == 0)
        #expect(try await found(after: moved(0, high: 1), through: .distantFuture) == 0)
        #expect(try await found(after: moved(1), through: .distantFuture) == 0)

        // The same for a row of its own.
        try await store.write(
            .materialise(
                key.occurrence, dueAt: due, tries: .none, move: PositionMove(from: Self.at, to: nil)))
        #expect(try await found(through: due - 1) == 0)
        #expect(try await found(through: due) == 1)
        #expect(try await found(after: moved(-1), through: due) == 1)
        #expect(try await found(after: moved(0, scheduledAt: -1), through: due) == 1)
        #expect(try await found(after: key, through: .distantFuture) == 0)
        #expect(try await found(after: moved(0, scheduledAt: 1), through: .distantFuture) == 0)
        await store.close()
    }

    @Test("a shard's load shows no other shard's entries", arguments: Backend.all)
    func shards(backend: Backend) async throws {
        let store = try backend.open(folder)
        for shard in Shard.all { try await store.write(Sample.create(Sample.reminder(Sample.id(shard: shard)))) }
        for shard in Shard.all {
            #expect(try await store.due(in: shard).map(\.reminder.id.shard) == [shard])
        }
        await store.close()
    }

    @Test("what is shelved is found by sharer, lane or at all, in order, while it is pending and until it is taken off", arguments: Backend.all)
    func shelf(backend: Backend) async throws {
        let store = try backend.open(folder), shard = Sample.id().shard
        let places = ["a/t/", "a/t/x", "a/u/x", "b/t/x"].map { text in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            return ShelfPlace(queue: parts[0], task: parts[1], sharer: parts[2])
        }
        var keys: [[ShelfKey]] = []
        for place in places {
            let reminders = (0..<10).map { Sample.reminder(Sample.id(shard: shard), start: Self.at + Int64($0 % 3)) }
            for reminder in reminders { try await store.write(Sample.create(reminder)) }
            keys.append(
                reminders.map { reminder in
                    let occurrence = OccurrenceKey(reminder: reminder.id, scheduledAt: reminder.schedule.start)
                    return ShelfKey(place: place, due: DueKey(dueAt: reminder.schedule.start.milliseconds, occurrence: occurrence))
                }.sorted { $0.due < $1.due })
        }
        for key in keys.flatMap({ $0 }).reversed() + keys[0] { try await store.write(.shelve(key)) }
        func page(_ scope: ShelfScope, after: ShelfKey, limit: Int) async throws -> ShelfPage {
            try await answer { store.loadShelf(scope, of: shard, after: after, limit: limit, completion: $0) }
        }
        let wanted: [(ShelfScope, [ShelfKey])] = [(.share, keys[0]), (.lane, keys[0] + keys[1]), (.everything, keys.flatMap { $0 })]
        for (scope, wanted) in wanted {
            let first = try await page(scope, after: keys[0][0], limit: 7)
            let second = try await page(scope, after: try #require(first.keys.last), limit: 100)
            #expect(first.keys + second.keys == Array(wanted.dropFirst()))
            #expect((first.entries + second.entries).map(\.due) == wanted.dropFirst().map(\.due))
        }
        try await store.write(.change(keys[0][1].due.occurrence.reminder, .cancel, ChangeGuard(), at: UnixMilliseconds(0)))
        try await store.write(.unshelve(Array(keys[0][2...4]) + keys[2]))
        let rest = try await page(.share, after: keys[0][0], limit: 100)
        #expect(rest.keys == [keys[0][1]] + keys[0][5...] && rest.entries.map(\.due) == keys[0][5...].map(\.due))
        await store.close()
        let later = try backend.open(folder)
        try later.takeNow()
        let empty = try await answer { later.loadShelf(.everything, of: shard, after: keys[0][0], limit: 9, completion: $0) }
        #expect(empty.keys.isEmpty, "a process that opens the store has left nothing there yet")
        await later.close()
    }

    @Test("times at the ends of what 64 bits hold neither trap nor come early", arguments: Backend.all)
    func extremes(backend: Backend) async throws {
        let store = try backend.open(folder)
        let shard = Sample.id().shard
        for start in [UnixSeconds.distantPast, -1, 0, .distantFuture] {
            try await store.write(Sample.create(Sample.reminder(Sample.id(shard: shard), start: start)))
        }
        #expect(try await store.due(in: shard, through: .distantFuture - 1).map(\.due.dueAt) == [.distantPast, -1000, 0])
        #expect(try await store.due(in: shard, through: -1).map(\.due.dueAt) == [.distantPast, -1000])
        #expect(try await store.due(in: shard, through: .distantPast, limit: 0).isEmpty)
        await store.close()
    }

    @Test("completions come in the order of the calls, and a load sees what was before it only", arguments: Backend.all)
    func order(backend: Backend) async throws {
        let store = try backend.open(folder)
        let shard = Sample.id().shard, rounds = 300
        let seen = Lines()
        await withCheckedContinuation { done in
            for round in 0..<rounds {
                store.submit([Sample.create(Sample.reminder(Sample.id(shard: shard)))]) { _ in
                    seen.add("write \(round)")
                }
                store.load(shard: shard, after: nil, through: .distantFuture, limit: 1000) { result in
                    let count = (try? result.get().entries.count) ?? -1
                    seen.add("load \(round): \(count)")
                    if round == rounds - 1 { done.resume() }
                }
            }
        }
        let expected = (0..<rounds).flatMap { ["write \($0)", "load \($0): \($0 + 1)"] }
        #expect(seen.all == expected)
        await store.close()
    }
}
