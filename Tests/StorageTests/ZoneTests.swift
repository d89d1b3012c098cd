import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("Zones, and the series in them")
struct ZoneTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static func reminder(_ zone: String, rule: String? = "FREQ=DAILY") -> Reminder {
        let sample = Sample.reminder(rule: rule)
        return Reminder(
            id: sample.id, schedule: Schedule(start: Sample.start, rule: rule, timezone: zone), handling: sample.handling,
            payload: sample.payload, createdAt: sample.createdAt, sealedAuthorization: [])
    }

    @Test("a zone's mark is what was written last, also for the next process", arguments: Backend.all)
    func marks(backend: Backend) async throws {
        let store = try backend.open(folder)
        #expect(try await store.zoneMarks() == [[]])
        try await store.write(zones: [ZoneMark(zone: "B", digest: .max), ZoneMark(zone: "A", digest: 1, through: 7)])
        try await store.write(zones: [ZoneMark(zone: "B", digest: nil)])
        await store.close()
        let again = try backend.open(folder)
        #expect(try await again.zoneMarks() == [[ZoneMark(zone: "A", digest: 1, through: 7), ZoneMark(zone: "B", digest: nil)]])
        await again.close()
    }

    @Test("the unfinished series of a zone are found page by page, and only those", arguments: Backend.all)
    func pages(backend: Backend) async throws {
        let store = try backend.open(folder)
        var wanted: [ReminderID] = []
        for number in 0..<30 {
            let reminder = Self.reminder(["A", "B", "C"][number % 3], rule: number % 5 == 4 ? nil : "FREQ=DAILY")
            try await store.write(Sample.create(reminder))
            if number % 7 == 6 { try await store.write(.cancel(reminder.id, at: 1)) }
            if number % 8 == 7 { try await store.change(reminder.id, .pause, at: 1) }
            if number % 3 != 2, number % 5 != 4, number % 7 != 6 { wanted.append(reminder.id) }
        }
        for limit in [1, 4, 100] {
            var found: [ReminderID] = [], after: Int64? = 0
            while let from = after {
                let page = try await store.series(in: ["A", "B"], after: from, limit: limit)
                #expect(page.reminders.count <= limit)
                found += page.reminders.map(\.reminder.id)
                after = page.next
            }
            #expect(found == wanted)
        }
        await store.close()
    }

    @Test("of the shards that are asked about alone", arguments: Backend.all)
    func shards(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminders = (0..<40).map { _ in Self.reminder("A") }, wanted = reminders.filter { $0.id.shard.number % 3 == 0 }.map(\.id)
        try await store.write(reminders.map { Sample.create($0) })
        let found = try await store.series(in: ["A"], of: Shard.all.filter { $0.number % 3 == 0 }, limit: 100)
        #expect(Set(found.reminders.map(\.reminder.id)) == Set(wanted) && found.reminders.count == wanted.count)
        #expect(try await store.series(in: ["A"], of: [], limit: 100).reminders.isEmpty)
        await store.close()
    }

    @Test("a position that has not fallen due is realigned, at most once, and the revision stays", arguments: Backend.all)
    func realigned(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Self.reminder("A"), at = Sample.start
        try await store.write(Sample.create(reminder))
        let to = SeriesPosition(scheduledAt: at + 3_600, index: 1)
        #expect(try await store.change(reminder.id, .realign(from: at, to: to), at: at.milliseconds).verdict == .notFound)
        #expect(try await store.change(reminder.id, .realign(from: at + 1, to: to), at: 1).verdict == .notFound)
        let outcome = try await store.change(reminder.id, .realign(from: at, to: to), at: 1)
        #expect(outcome.verdict == .done && outcome.standing?.revision == 1)
        #expect(try await store.due(in: reminder.id.shard).map(\.line) == ["3600 due \((at + 3_600).milliseconds) attempts 0 position 1 manual false"])
        #expect(try await store.change(reminder.id, .realign(from: at, to: to), at: 1).verdict == .notFound)
        try await store.change(reminder.id, .pause, at: 1)
        #expect(try await store.change(reminder.id, .realign(from: to.scheduledAt, to: nil), at: 1).verdict == .done)
        #expect(try await store.summary(reminder.id)?.state == .completed)
        await store.close()
    }

    @Test("a series that is held has its place by the new data when it is released", arguments: Backend.all)
    func realignedWhileHeld(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Self.reminder("A"), at = Sample.start
        try await store.write(Sample.create(reminder))
        let asked = try #require(try await store.change(reminder.id, .run, at: (at - 600).milliseconds).scheduledAt)
        try await store.write(
            .hold(OccurrenceKey(reminder: reminder.id, scheduledAt: asked), Sample.attempt(asked, 1, .authRejected), tries: Tries(attempts: 1)))
        let to = SeriesPosition(scheduledAt: at + 3_600, index: 1)
        #expect(try await store.change(reminder.id, .realign(from: at, to: to), at: at.milliseconds).verdict == .notFound)
        #expect(try await store.change(reminder.id, .realign(from: at, to: to), at: 1).verdict == .done)
        #expect(try await store.summary(reminder.id)?.heldSince != nil)
        #expect(try await store.due(in: reminder.id.shard).isEmpty)
        try await store.change(reminder.id, .replaceAuthorization(sealed: [1]), at: (at - 500).milliseconds)
        #expect(try await store.due(in: reminder.id.shard).contains { $0.positionIndex == 1 && $0.due.dueAt == (at + 3_600).milliseconds })
        await store.close()
    }
}
