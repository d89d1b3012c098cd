import Storage
import StoreTestKit
import TaskDomain
import Testing

/// Random reminders in every state, and what a list of them must be, found by looking at each.
struct Collection {
    static let words = ["Maths at nine", "100% attendance", "100 percent", "under_score", "underXscore", "ÜBUNG übung", ""]
    static let rooms = ["", "c1", "c2", "c'3"], people = ["", "ada", "Ada"], queues = ["default", "mail", "sms"]
    static let tasks = ["edvora.notification", "reports.build", "other"], callers = ["", "school", "other school"]

    var random: SplitMix64
    private(set) var made: [ReminderID] = []

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &random)] }

    /// Ids ascend, as the gateway's do.
    mutating func reminder() -> Reminder {
        let number = UInt64(made.count)
        let id = ReminderID(high: (UInt64(Sample.start.milliseconds.count) + number) << 16 | 0x7000, low: random.next() | 1 << 63)
        made.append(id)
        return Reminder(
            id: id, schedule: Schedule(start: Sample.start + Int64.random(in: 0...500, using: &random), rule: "FREQ=DAILY"),
            handling: Handling(queue: pick(Self.queues), maxAttempts: 3, jitterSeconds: pick([0, 0, 5])),
            payload: Payload(
                task: pick(Self.tasks), arguments: [], description: pick(Self.words), classroomID: pick(Self.rooms),
                createdBy: pick(Self.people)),
            createdAt: 1, caller: pick(Self.callers), sealedAuthorization: [1])
    }

    /// A reminder that is scheduled, paused, completed or cancelled, by chance, and may have something set aside.
    mutating func writes() -> [StoreWrite] {
        let reminder = reminder(), at = reminder.schedule.start
        var writes = [Sample.create(reminder)]
        if UInt8.random(in: 0..<3, using: &random) == 0 {
            let next = SeriesPosition(scheduledAt: at + 86_400, index: 2), key = OccurrenceKey(reminder: reminder.id, scheduledAt: at)
            let isHeld = Bool.random(using: &random)
            writes.append(
                .settle(
                    key, Sample.attempt(at, 1, isHeld ? .authRejected : .rejected, offset: pick([0, 0, 70, 900])),
                    isHeld ? .held(tries: Tries(attempts: 1)) : .dead(tries: Tries(attempts: 1)),
                    move: PositionMove(from: at, to: next, due: reminder.due(of: next.scheduledAt))))
        }
        switch UInt8.random(in: 0..<6, using: &random) {
        case 0: writes.append(.change(reminder.id, .pause, ChangeGuard(), at: 5))
        case 1: writes.append(.cancel(reminder.id, at: 5))
        case 2:
            writes.append(.change(reminder.id, .pause, ChangeGuard(), at: 5))
            writes.append(.change(reminder.id, .resume(goesOnAt: .position(nil)), ChangeGuard(), at: 5))
        default: break
        }
        return writes
    }
}

/// One field of a filter.
enum FilterField: CaseIterable {
    case state, caller, classroomID, createdBy, queue, task, text, dueAfter, dueBefore

    func set(_ filter: inout ReminderFilter, _ collection: inout Collection) {
        switch self {
        case .state: filter.state = collection.pick(ReminderState.allCases)
        case .caller: filter.caller = collection.pick(Collection.callers)
        case .classroomID: filter.classroomID = collection.pick(Collection.rooms + ["none"])
        case .createdBy: filter.createdBy = collection.pick(Collection.people)
        case .queue: filter.queue = collection.pick(Collection.queues)
        case .task: filter.task = collection.pick(Collection.tasks)
        case .text: filter.text = collection.pick(["maths", "0%", "r_s", "%", "_", "ÜBUNG", "", "NINE", "no such"])
        case .dueAfter: filter.dueAfter = Sample.start + collection.pick([-1, 0, 100, 250, 500, 100_000])
        case .dueBefore: filter.dueBefore = Sample.start + collection.pick([0, 1, 250, 501, 86_500, 100_000])
        }
    }
}

extension String {
    /// With small letters for A to Z, and everything else as it is.
    var asciiLowercased: String {
        String(decoding: utf8.map { (65...90).contains($0) ? $0 | 32 : $0 }, as: UTF8.self)
    }
}

extension ReminderFilter {
    func matches(_ summary: ReminderSummary) -> Bool {
        let reminder = summary.reminder
        func given<T: Equatable>(_ wanted: T?, _ value: T) -> Bool { wanted.map { $0 == value } ?? true }
        guard given(state, summary.state), given(caller, reminder.caller), given(classroomID, reminder.classroomID),
            given(createdBy, reminder.createdBy), given(queue, reminder.queue), given(task, reminder.task)
        else { return false }
        if let text, !reminder.payload.description.asciiLowercased.utf8.elementsEqual(within: text.asciiLowercased.utf8) { return false }
        guard isByDueTime else { return true }
        guard summary.state == .scheduled, let due = summary.due else { return false }
        return due >= (dueAfter ?? .distantPast).milliseconds && due < (dueBefore ?? .distantFuture).milliseconds
    }

    /// In the order of the list.
    func list(of all: [ReminderSummary]) -> [ReminderID] {
        let matching = all.filter(matches)
        let sorted = isByDueTime
            ? matching.sorted { ($0.due ?? 0, $0.reminder.id) < ($1.due ?? 0, $1.reminder.id) }
            : matching.sorted { $1.reminder.id < $0.reminder.id }
        return sorted.map(\.reminder.id)
    }
}

extension ReminderSummary {
    var due: UnixMilliseconds? { position.map { reminder.due(of: $0.scheduledAt) } }
}

extension Swift.Collection where Element: Equatable {
    /// Whether `part` stands somewhere in it.
    func elementsEqual(within part: some Swift.Collection<Element>) -> Bool {
        part.isEmpty || indices.contains { self[$0...].starts(with: part) }
    }
}

@Suite("Lists of reminders")
struct ListTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    /// Every item of a list, page by page, each page checked.
    private func walk(_ store: any Store, _ filter: ReminderFilter, limit: Int) async throws -> [ReminderSummary] {
        var items: [ReminderSummary] = [], cursor: ListCursor?
        repeat {
            let page = try await store.page(filter, after: cursor, limit: limit)
            #expect(page.items.count <= limit && page.places.count == page.items.count)
            #expect(page.next == nil || page.next != cursor)
            #expect(page.next?.order ?? .newestFirst == (filter.isByDueTime ? .byDueTime : .newestFirst) || page.next == nil)
            guard page.next == nil || page.next != cursor else { break }
            // As it travels to the client and back.
            cursor = page.next.flatMap { ListCursor(bytes: $0.bytes) }
            #expect(cursor == page.next)
            items += page.items
        } while cursor != nil
        return items
    }

    private func filled(_ store: any Store, _ count: Int, seed: UInt64 = 1) async throws -> (Collection, [ReminderSummary]) {
        var collection = Collection(seed: seed), all: [ReminderSummary] = []
        var writes: [StoreWrite] = []
        for _ in 0..<count { writes += collection.writes() }
        try await store.write(writes)
        for id in collection.made { all.append(try #require(try await store.summary(id))) }
        return (collection, all)
    }

    @Test("every filter and every pair of filters shows what it must, in order, on pages of any size", arguments: Backend.all)
    func pairs(backend: Backend) async throws {
        let store = try backend.open(folder)
        var (collection, all) = try await filled(store, 2_000)
        var sizes: Set<Int> = [], found = 0
        let fields = FilterField.allCases
        for first in fields.indices {
            for second in fields[first...].indices {
                for _ in 0..<3 {
                    var filter = ReminderFilter()
                    fields[first].set(&filter, &collection)
                    if second != first { fields[second].set(&filter, &collection) }
                    let expected = filter.list(of: all)
                    let limit = collection.pick([max(13, expected.count / 4), max(1, expected.count), expected.count + 1, 5_000])
                    let items = try await walk(store, filter, limit: limit)
                    #expect(items.map(\.reminder.id) == expected, "\(filter), pages of \(limit)")
                    sizes.insert(limit)
                    found += expected.count
                }
            }
        }
        #expect(sizes.count > 10 && found > 10_000)
        await store.close()
    }

    @Test("three and more filters together narrow each other down", arguments: Backend.all)
    func many(backend: Backend) async throws {
        let store = try backend.open(folder)
        var (collection, all) = try await filled(store, 600, seed: 2)
        for _ in 0..<150 {
            var filter = ReminderFilter()
            for field in FilterField.allCases where Bool.random(using: &collection.random) { field.set(&filter, &collection) }
            let items = try await walk(store, filter, limit: 29)
            #expect(items.map(\.reminder.id) == filter.list(of: all), "\(filter)")
        }
        await store.close()
    }

    @Test("pages of one, of two and of everything show the same, whole items", arguments: Backend.all)
    func sizes(backend: Backend) async throws {
        let store = try backend.open(folder)
        let (_, all) = try await filled(store, 150, seed: 3)
        var byDue = ReminderFilter(), completed = ReminderFilter(), room = ReminderFilter()
        byDue.dueAfter = 0
        completed.state = .completed
        room.classroomID = "c1"
        for filter in [ReminderFilter(), byDue, completed, room] {
            let expected = filter.list(of: all)
            for limit in [1, 2, 7, expected.count, 1_000] {
                let items = try await walk(store, filter, limit: limit)
                #expect(items.map(\.reminder.id) == expected)
                for item in items {
                    let alone = try #require(try await store.summary(item.reminder.id))
                    #expect(item.line == alone.line && item.revision == alone.revision && item.reminder.isSame(as: alone.reminder))
                }
            }
        }
        await store.close()
    }

    @Test("what is there all the time is listed once and in order, while others come and go", arguments: Backend.all, [false, true])
    func stable(backend: Backend, byDueTime: Bool) async throws {
        let store = try backend.open(folder)
        var (collection, all) = try await filled(store, 300, seed: 4)
        var filter = ReminderFilter()
        if byDueTime { filter.dueAfter = 0 } else { filter.state = .scheduled }
        let expected = filter.list(of: all)
        var items: [ReminderID] = [], gone: Set<ReminderID> = [], cursor: ListCursor?
        repeat {
            let page = try await store.page(filter, after: cursor, limit: 10)
            items += page.items.map(\.reminder.id)
            cursor = page.next
            // One that was shown, the very one at which the page ended, and one that was not.
            let leaving = [items.first, items.last, expected.last { !gone.contains($0) && !items.contains($0) }].compactMap { $0 }
            for id in leaving where gone.insert(id).inserted {
                try await store.change(id, .cancel, at: 1)
                try await store.removeOld(finishedBefore: .distantFuture)
            }
            try await store.write(collection.writes() + collection.writes())
        } while cursor != nil
        #expect(Set(items).count == items.count)
        let known = Set(expected)
        #expect(items.filter { known.contains($0) } == expected.filter { items.contains($0) }, "in order")
        #expect(expected.allSatisfy { items.contains($0) || gone.contains($0) }, "none left out")
        // What is newer than the first page does not come into later ones.
        if !byDueTime { #expect(items.allSatisfy(known.contains)) }
        await store.close()
    }

    @Test("the window of due times includes its beginning and not its end, and is judged by when they fall due", arguments: Backend.all)
    func window(backend: Backend) async throws {
        let store = try backend.open(folder)
        let plain = Sample.reminder(), jittered = Sample.reminder(jitterSeconds: 3_600), paused = Sample.reminder()
        try await store.write(
            Sample.create(plain), Sample.create(jittered), Sample.create(paused),
            .change(paused.id, .pause, ChangeGuard(), at: 1))
        func found(_ after: UnixSeconds?, _ before: UnixSeconds?) async throws -> Set<ReminderID> {
            var filter = ReminderFilter()
            filter.dueAfter = after
            filter.dueBefore = before
            return Set(try await walk(store, filter, limit: 10).map(\.reminder.id))
        }
        let at = Sample.start, late = jittered.due(of: at).second
        #expect(try await found(at, at + 1).subtracting([jittered.id]) == [plain.id])
        #expect(try await found(nil, at) == [])
        #expect(try await found(at + 1, at + 7_200).subtracting([jittered.id]) == [])
        #expect(try await found(late, late + 1).contains(jittered.id))
        #expect(try await found(nil, late).contains(jittered.id) == false)
        #expect(try await found(.distantPast, .distantFuture) == [plain.id, jittered.id])
        await store.close()
    }

    @Test("a text is found whatever the case of its ASCII letters, and means itself", arguments: Backend.all)
    func text(backend: Backend) async throws {
        let store = try backend.open(folder)
        var ids: [String: ReminderID] = [:]
        for description in ["100% Sure", "100 sure", "a_b", "aXb", "ÄRGER", "ärger", "quote ' \" \\ *"] {
            let reminder = Sample.reminder(description: description)
            ids[description] = reminder.id
            try await store.write(Sample.create(reminder))
        }
        let cases: [(String, [String])] = [
            ("0% s", ["100% Sure"]), ("SURE", ["100% Sure", "100 sure"]), ("_", ["a_b"]), ("A_B", ["a_b"]), ("%", ["100% Sure"]),
            ("ÄR", ["ÄRGER"]), ("är", ["ärger"]), ("RGER", ["ÄRGER", "ärger"]), ("' \" \\ *", ["quote ' \" \\ *"]), ("sure ", []),
            ("", Array(ids.keys)),
        ]
        for state in [nil, ReminderState.scheduled] {
            for (text, expected) in cases {
                var filter = ReminderFilter()
                filter.text = text
                filter.state = state
                let found = try await walk(store, filter, limit: 10).map(\.reminder.id)
                #expect(Set(found) == Set(expected.compactMap { ids[$0] }), "\(text)")
            }
        }
        await store.close()
    }

    @Test("a page looks at a bounded number of reminders, says where it stopped, and the last one is found all the same", arguments: Backend.all)
    func bounded(backend: Backend) async throws {
        let store = try backend.open(folder)
        let count = 25_000
        let rare = Sample.reminder(Sample.id(), start: Sample.start + 1, description: "needle")
        var writes = [Sample.create(rare)]
        var collection = Collection(seed: 5)
        for _ in 1..<count { writes.append(Sample.create(Sample.reminder(collection.reminder().id, description: "hay"))) }
        for start in stride(from: 0, to: count, by: 5_000) { try await store.write(Array(writes[start..<min(start + 5_000, count)])) }
        var newest = ReminderFilter(), byState = ReminderFilter(), byDue = ReminderFilter()
        byState.state = .scheduled
        byDue.dueAfter = 0
        for (filter, mostPages) in [(newest, 4), (byState, 3), (byDue, 4)] {
            for (text, expected) in [("needle", [rare.id]), ("nobody", [])] {
                var filter = filter, found: [ReminderID] = [], pages = 0, cursor: ListCursor?
                filter.text = text
                repeat {
                    let page = try await store.page(filter, after: cursor, limit: 10)
                    found += page.items.map(\.reminder.id)
                    cursor = page.next
                    pages += 1
                } while cursor != nil && pages < 10
                #expect(found == expected)
                #expect((2...mostPages).contains(pages), "\(pages) pages")
            }
        }
        newest.state = .paused
        #expect(try await store.page(newest, limit: 10).next == nil)
        await store.close()
    }

    @Test("a cursor is read back from its bytes, and from nothing else")
    func cursors() {
        var collection = Collection(seed: 6)
        for order in [ListCursor.Order.newestFirst, .byDueTime, .latestSetAside] {
            for major in [Int64.min, -1, 0, 7, .max] {
                let key = OccurrenceKey(reminder: collection.reminder().id, scheduledAt: collection.pick([.distantPast, -1, 0, .distantFuture]))
                let cursor = ListCursor(order, major: major, key: key)
                #expect(cursor.bytes.count == 33)
                #expect(ListCursor(bytes: cursor.bytes) == cursor)
                for bytes in [[], Array(cursor.bytes.dropLast()), cursor.bytes + [0], [9] + cursor.bytes.dropFirst(), [0] + cursor.bytes.dropFirst()] {
                    #expect(ListCursor(bytes: bytes) == nil)
                }
            }
        }
        // Of another order, it is another cursor.
        let bytes = ListCursor(.newestFirst, major: 5).bytes
        #expect(ListCursor(bytes: [2] + bytes.dropFirst())?.order == .byDueTime)
    }
}
