import Storage
import TaskDomain
import Testing

@testable import SchedulerCore
@testable import TaskRecurrence

@Suite("zones whose data changes")
struct ZoneChanges {
    private static let day: Int64 = 86_400_000

    /// Two hours east, and from `change` on one.
    private static func use(_ name: String, changedAt change: UnixSeconds? = nil) {
        let changes = change.map { [(at: Int($0.count), offset: 3_600)] } ?? []
        ZoneStore.use([ZoneTable(identifier: name, digest: UInt64(1 + changes.count), firstOffset: 7_200, changes: changes, footer: nil)])
    }

    @Test("a daily series whose next occurrence is moved is fired once on each local date, at the local time that it always had")
    func moved() throws {
        let name = "Made/Moved", world = try World(isOfOne: true)
        Self.use(name)
        world.attach()
        let id = try world.create(in: 1_000, rule: "FREQ=DAILY", timezone: name)
        world.run(milliseconds: 2 * Self.day)
        #expect(world.runs(of: id).map(\.at) == [World.start + 1_000, World.start + Self.day + 1_000])
        // The clock was set back an hour this morning, as the new data has it.
        Self.use(name, changedAt: (World.start + Self.day).second - 600)
        world.zonesChanged([name])
        let summary = try world.summary(id), position = try #require(summary.position)
        let target = try #require(
            try summary.reminder.schedule.series().moved(Cursor(instant: position.scheduledAt.count, index: position.index)))
        #expect(UnixSeconds(target.instant) == position.scheduledAt + 3_600)
        world.change(
            id, .realign(from: position.scheduledAt, to: SeriesPosition(target)))
        #expect(try world.summary(id).revision == summary.revision)
        world.run(milliseconds: 3 * Self.day)
        let moved: [UnixMilliseconds] = [2, 3, 4].map { (days: Int64) in World.start + days * Self.day + 3_600_000 + 1_000 }
        #expect(world.runs(of: id).map(\.at).dropFirst(2) == moved[...])
    }

    @Test("stepping on by instants it would come twice on a local date: the test above would notice")
    func byInstants() throws {
        let name = "Made/ByInstants"
        var configuration = CoreConfiguration()
        configuration.mutation = .stepsByInstants
        let world = try World(configuration: configuration, isOfOne: true)
        Self.use(name)
        world.answer = { _ in World.Answer(outcome: .delivered, afterMilliseconds: 5_000) }
        world.attach()
        let id = try world.create(in: 1_000, rule: "FREQ=DAILY", timezone: name)
        world.run(milliseconds: Self.day + 2_000)
        Self.use(name, changedAt: World.start.second + 600)
        world.zonesChanged([name])
        world.run(milliseconds: 3_700_000)
        #expect(world.runs(of: id).map(\.at) == [0, Self.day, Self.day + 3_600_000].map { World.start + 1_000 + $0 })
    }

    @Test("what fell due by the data before keeps its number, and so does what follows, also in a later process", arguments: [true, false])
    func missed(isToldAgain: Bool) async throws {
        let name = "Made/Missed\(isToldAgain)", world = try World(isOfOne: true)
        Self.use(name)
        let worker = world.attach()
        let id = try world.create(in: 1_000, rule: "FREQ=DAILY", timezone: name)
        world.run(milliseconds: 2_000)
        world.kill(worker)
        world.run(milliseconds: Self.day)
        // The one that has fallen due is an hour later, as the new data has it.
        Self.use(name, changedAt: (World.start + Self.day).second - 600)
        world.zonesChanged([name])
        try await world.crash(rejoin: [], downMilliseconds: 3 * Self.day)
        if isToldAgain { world.zonesChanged([name]) }
        world.attach()
        world.run(milliseconds: 10_000)
        let summary = try world.summary(id), position = try #require(summary.position)
        #expect(try summary.reminder.schedule.series().count(through: position.scheduledAt.count) == position.index)
        // The first, and the latest of those missed.
        #expect(world.runs(of: id).count == 2)
    }

    @Test("what runs while the data changes is the one of its local date: the next is the next date's", arguments: [true, false])
    func running(isAsked: Bool) throws {
        let name = "Made/Running\(isAsked)", world = try World(isOfOne: true)
        Self.use(name)
        world.answer = { _ in World.Answer(outcome: .delivered, afterMilliseconds: 5_000) }
        world.attach()
        let id = try world.create(in: 1_000, rule: "FREQ=DAILY", timezone: name)
        world.run(milliseconds: Self.day + 2_000)
        #expect(world.running.count == 1)
        Self.use(name, changedAt: World.start.second + 600)
        world.zonesChanged([name])
        if isAsked {
            // Nobody moves what a worker has.
            let at = try #require(try world.summary(id).position).scheduledAt
            let request = world.change(id, .realign(from: at, to: SeriesPosition(scheduledAt: at + 3_600, index: 2)))
            #expect(world.outcomes[request]??.isEmpty == true)
        }
        world.run(milliseconds: 2 * Self.day)
        #expect(
            world.runs(of: id).map(\.at)
                == [0, Self.day, 2 * Self.day + 3_600_000].map { World.start + 1_000 + $0 })
    }
}
