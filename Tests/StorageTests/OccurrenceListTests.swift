import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("Lists of held occurrences and dead letters")
struct OccurrenceListTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private struct Item {
        var key: OccurrenceKey
        var state: OccurrenceState
        var reminder: Reminder
        var since: UnixMilliseconds
    }

    /// Reminders with a few set aside each, and what must be listed of them.
    private func filled(_ store: any Store, _ count: Int) async throws -> (Collection, [Item]) {
        var collection = Collection(seed: 9), items: [Item] = [], writes: [StoreWrite] = []
        for _ in 0..<count {
            let reminder = collection.reminder()
            writes.append(Sample.create(reminder))
            for index in 0..<collection.pick([0, 1, 1, 2, 4]) {
                let at = reminder.schedule.start + 60 * Int64(index), key = OccurrenceKey(reminder: reminder.id, scheduledAt: at)
                let state = collection.pick([OccurrenceState.held, .dead, .dead, .pending])
                // Many are set aside in the same millisecond.
                let attempt = Attempt(
                    scheduledAt: at, number: 1, startedAt: (Sample.start + collection.pick([700, 701, 900])).milliseconds,
                    durationMicroseconds: 5_000, outcome: state == .held ? .authRejected : .rejected,
                    statusCode: state == .held ? 401 : 404, detail: "why \(index)")
                let disposition: Disposition =
                    switch state {
                    case .held: .held(tries: Tries(attempts: 1))
                    case .dead: .dead(tries: Tries(attempts: 1))
                    case .pending: .retry(dueAt: 5, tries: Tries(attempts: 1))
                    }
                let next = SeriesPosition(scheduledAt: at + 60, index: Int64(index) + 2)
                writes.append(.settle(key, attempt, disposition, move: PositionMove(from: at, to: next)))
                guard state != .pending else { continue }
                items.append(Item(key: key, state: state, reminder: reminder, since: attempt.startedAt + 5))
            }
        }
        try await store.write(writes)
        return (collection, items)
    }

    private func walk(_ store: any Store, _ filter: OccurrenceFilter, limit: Int) async throws -> [SetAsideOccurrence] {
        var items: [SetAsideOccurrence] = [], cursor: ListCursor?
        repeat {
            let page = try await store.page(filter, after: cursor, limit: limit)
            #expect(page.items.count <= limit && page.places.count == page.items.count)
            #expect(page.next == nil || page.next?.order == .latestSetAside && page.next != cursor)
            guard page.next == nil || page.next != cursor else { break }
            cursor = page.next
            items += page.items
        } while cursor != nil
        return items
    }

    private func matches(_ filter: OccurrenceFilter, _ item: Item) -> Bool {
        func given<T: Equatable>(_ wanted: T?, _ value: T) -> Bool { wanted.map { $0 == value } ?? true }
        return item.state == filter.state && given(filter.caller, item.reminder.caller)
            && given(filter.classroomID, item.reminder.classroomID) && given(filter.createdBy, item.reminder.createdBy)
            && given(filter.queue, item.reminder.queue) && given(filter.task, item.reminder.task)
            && given(filter.reminder, item.reminder.id) && given(filter.key, item.key)
    }

    @Test("every filter and every pair of filters shows what it must, the latest first, on pages of any size", arguments: Backend.all)
    func pairs(backend: Backend) async throws {
        let store = try backend.open(folder)
        var (collection, items) = try await filled(store, 400)
        typealias Setter = (inout OccurrenceFilter, inout Collection) -> Void
        let fields: [Setter] = [
            { _, _ in }, { $0.caller = $1.pick(Collection.callers) }, { $0.classroomID = $1.pick(Collection.rooms) },
            { $0.createdBy = $1.pick(Collection.people) }, { $0.queue = $1.pick(Collection.queues) },
            { $0.task = $1.pick(Collection.tasks) }, { $0.reminder = $1.pick(items).reminder.id }, { $0.key = $1.pick(items).key },
        ]
        for state in [OccurrenceState.held, .dead] {
            for (number, first) in fields.enumerated() {
                for second in fields[number...] {
                    var filter = OccurrenceFilter(state: state)
                    first(&filter, &collection)
                    second(&filter, &collection)
                    let expected = items.filter { matches(filter, $0) }.sorted { ($1.since, $1.key) < ($0.since, $0.key) }
                    for limit in [7, max(1, expected.count), 1_000] {
                        let found = try await walk(store, filter, limit: limit)
                        #expect(found.map(\.key) == expected.map(\.key), "\(filter)")
                        #expect(found.map(\.since) == expected.map(\.since))
                    }
                }
            }
        }
        await store.close()
    }

    @Test("of the pending ones those are listed of which a try has failed, by when they are due next, under every filter, on pages of any size", arguments: Backend.all)
    func pending(backend: Backend) async throws {
        let store = try backend.open(folder)
        var collection = Collection(seed: 3), writes: [StoreWrite] = []
        var items: [(item: Item, due: UnixMilliseconds)] = []
        for _ in 0..<200 {
            let reminder = collection.reminder()
            writes.append(Sample.create(reminder))
            for index in 0..<collection.pick([0, 1, 3]) {
                let at = reminder.schedule.start + 60 * Int64(index), key = OccurrenceKey(reminder: reminder.id, scheduledAt: at)
                let due = (Sample.start + collection.pick([5, 6, 9])).milliseconds
                if collection.pick([false, true]) {
                    // The next one of its series has overtaken it.
                    let move = PositionMove(from: at, to: SeriesPosition(scheduledAt: at + 60, index: Int64(index) + 2))
                    writes.append(.materialise(key, dueAt: due, tries: .none, move: move))
                    continue
                }
                writes.append(
                    .settle(
                        key, Sample.attempt(at, 1, .retry), .retry(dueAt: due, tries: Tries(attempts: 2, losses: 1)),
                        move: PositionMove(from: at, to: SeriesPosition(scheduledAt: at + 60, index: Int64(index) + 2))))
                items.append((Item(key: key, state: .pending, reminder: reminder, since: due), due))
            }
        }
        try await store.write(writes)
        typealias Setter = (inout OccurrenceFilter, inout Collection) -> Void
        let fields: [Setter] = [
            { _, _ in }, { $0.caller = $1.pick(Collection.callers) }, { $0.classroomID = $1.pick(Collection.rooms) },
            { $0.createdBy = $1.pick(Collection.people) }, { $0.queue = $1.pick(Collection.queues) },
            { $0.task = $1.pick(Collection.tasks) }, { $0.reminder = $1.pick(items).item.reminder.id }, { $0.key = $1.pick(items).item.key },
        ]
        for (number, first) in fields.enumerated() {
            for second in fields[number...] {
                var filter = OccurrenceFilter(state: .pending).tried
                first(&filter, &collection)
                second(&filter, &collection)
                let expected = items.filter { matches(filter, $0.item) }.sorted { ($0.due, $0.item.key) < ($1.due, $1.item.key) }
                for limit in [7, 1_000] {
                    var found: [SetAsideOccurrence] = [], cursor: ListCursor?
                    repeat {
                        let page = try await store.page(filter, after: cursor, limit: limit)
                        found += page.items
                        cursor = page.next
                    } while cursor != nil
                    #expect(found.map(\.key) == expected.map(\.item.key), "\(filter)")
                    #expect(found.map(\.dueAt) == expected.map(\.due) && found.allSatisfy { $0.state == .pending && $0.tries.next == 4 })
                }
            }
        }
        await store.close()
    }

    @Test("an item tells what was tried, and how the last attempt ended", arguments: Backend.all)
    func item(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder(description: "what for"), key = OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start)
        let attempts = (1...3).map { number in
            Attempt(
                scheduledAt: Sample.start, number: number, startedAt: Sample.start.milliseconds + Int64(number) * 1_000,
                durationMicroseconds: 7_000, outcome: number == 3 ? .rejected : .retry, statusCode: 500 + number, detail: "answer \(number)")
        }
        try await store.write(
            Sample.create(reminder),
            .settle(key, attempts[0], .retry(dueAt: 5, tries: Tries(attempts: 1)), move: PositionMove(from: Sample.start, to: nil)),
            .settle(key, attempts[1], .retry(dueAt: 5, tries: Tries(attempts: 2)), move: nil),
            .settle(key, attempts[2], .dead(tries: Tries(attempts: 3)), move: nil))
        let item = try #require(try await store.page(OccurrenceFilter(state: .dead), limit: 5).items.first)
        #expect(item.key == key && item.state == .dead && item.tries.attempts == 3 && item.reminder.isSame(as: reminder))
        #expect(item.outcome == .rejected && item.statusCode == 503 && item.detail == "answer 3")
        #expect(item.since == Sample.start.milliseconds + 3_007)
        #expect(try await store.tries(at: key) == attempts.reversed())
        #expect(try await store.tries(at: key, limit: 2).map(\.number) == [3, 2])
        await store.close()
    }

    @Test("attempts at one occurrence are its own, also where workers' clocks differ", arguments: Backend.all)
    func attempts(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder(rule: "FREQ=SECONDLY")
        var writes = [Sample.create(reminder)]
        for second in 0..<5 as Range<Int64> {
            let at = Sample.start + second, key = OccurrenceKey(reminder: reminder.id, scheduledAt: at)
            // The first worker's clock is two seconds ahead, the second's is one behind.
            writes += [
                .settle(
                    key, Sample.attempt(at, 1, .retry, offset: 2_000), .retry(dueAt: at.milliseconds + 10, tries: Tries(attempts: 1)),
                    move: PositionMove(from: at, to: SeriesPosition(scheduledAt: at + 1, index: second + 2))),
                .settle(key, Sample.attempt(at, 2, .rejected, offset: -1_000), .dead(tries: Tries(attempts: 2)), move: nil),
            ]
        }
        try await store.write(writes)
        for second in 0..<5 as Range<Int64> {
            let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start + second)
            let attempts = try await store.tries(at: key)
            #expect(attempts.map(\.number) == [1, 2])
            #expect(attempts.allSatisfy { $0.scheduledAt == key.scheduledAt })
        }
        #expect(try await store.tries(at: OccurrenceKey(reminder: reminder.id, scheduledAt: 5)) == [])
        #expect(try await store.tries(at: OccurrenceKey(reminder: Sample.id(), scheduledAt: .distantPast)) == [])
        await store.close()
    }

    @Test("what is set aside all the time is listed once, while others are replayed and discarded", arguments: Backend.all)
    func stable(backend: Backend) async throws {
        let store = try backend.open(folder)
        let (_, items) = try await filled(store, 150)
        let expected = items.filter { $0.state == .dead }.sorted { ($1.since, $1.key) < ($0.since, $0.key) }.map(\.key)
        var found: [OccurrenceKey] = [], gone: Set<OccurrenceKey> = [], cursor: ListCursor?
        repeat {
            let page = try await store.page(OccurrenceFilter(state: .dead), after: cursor, limit: 9)
            found += page.items.map(\.key)
            cursor = page.next
            for key in [found.last, expected.last { !gone.contains($0) && !found.contains($0) }].compactMap({ $0 }) {
                gone.insert(key)
                try await store.change(key.reminder, gone.count % 2 == 0 ? .replay(scheduledAt: key.scheduledAt) : .discard(scheduledAt: key.scheduledAt), at: 5)
            }
        } while cursor != nil
        #expect(found == expected.filter { found.contains($0) })
        #expect(expected.allSatisfy { found.contains($0) || gone.contains($0) })
        await store.close()
    }
}
