import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

/// What a person has run at seconds to which its series has still to come, as its occurrences are spread.
@Suite("what is run at a second to come of its series")
struct SameSeconds {
    private static let start = World.start.second

    /// A series of every second whose first falls due three seconds after its time at least, and its second one second after that at least.
    private static func spread(_ world: World) throws -> ReminderID {
        try world.create(in: 0, rule: "FREQ=SECONDLY;COUNT=4", policy: .fireAll, jitterSeconds: 20)
    }

    private static func dues(_ world: World, _ id: ReminderID) throws -> [Int64] {
        let reminder = try world.summary(id).reminder
        return (0..<4).map { reminder.due(of: start + $0) - world.now.wall }
    }

    /// The first of many such that has the second one after the first.
    private static func series(in world: World) throws -> ReminderID {
        let ids = try (0..<60).map { _ in try spread(world) }
        return try #require(
            ids.first { id in
                guard let due = try? dues(world, id) else { return false }
                return due[0] > 4_000 && due[1] > due[0] + 1_000 && due[1] < due[0] + 9_000
            })
    }

    private static func times(_ world: World, _ id: ReminderID) -> [Int64] {
        world.runs(of: id).map { $0.key.scheduledAt - start }.sorted()
    }

    /// Another schedule, asked for by one who has not seen the reminder as it is.
    private static func refusedReschedule(_ world: World, _ id: ReminderID) throws {
        let old = try world.summary(id).reminder
        let other = Reminder(
            id: id, schedule: Schedule(start: start + 500), handling: old.handling, payload: old.payload, createdAt: old.createdAt,
            sealedAuthorization: [])
        world.change(id, .replace(other, position: SeriesPosition(scheduledAt: start + 500, index: 1)), ChangeGuard(revision: 1_000))
    }

    @Test("is not run again by its series when another schedule was refused meanwhile")
    func refusedReschedule() throws {
        let world = try World()
        world.attach()
        let id = try Self.series(in: world)
        world.run(milliseconds: 1_400)
        world.change(id, .run)
        world.run(milliseconds: 200)
        #expect(Self.times(world, id) == [1])
        try Self.refusedReschedule(world, id)
        world.run(milliseconds: 60_000)
        #expect(Self.times(world, id) == [0, 1, 2, 3])
    }

    @Test("stands for its series' own, which goes on after it, when a pause of what runs was refused")
    func refusedPause() throws {
        let world = try World()
        world.attach()
        let id = try Self.series(in: world), due = try Self.dues(world, id)[0]
        world.answer = { $0.entry.due.occurrence.reminder == id ? .never : .delivered }
        world.run(milliseconds: 1_400)
        world.change(id, .run)
        world.run(milliseconds: due - 1_400 + 500)
        #expect(Self.times(world, id) == [0, 1])
        world.change(id, .pause, ChangeGuard(revision: 1_000))
        world.answer = { _ in .delivered }
        // Leases are lost meanwhile, and what had them is tried again.
        world.run(milliseconds: 180_000)
        #expect(Set(Self.times(world, id)) == [0, 1, 2, 3])
        #expect(try world.summary(id).state == .completed)
    }

    @Test("is not run by its series after it was called off, though the store was asked for that twice")
    func calledOffTwice() throws {
        let world = try World()
        let id = try Self.series(in: world)
        world.run(milliseconds: 1_400)
        world.change(id, .run)
        world.run(milliseconds: 100)
        world.losesAnswer = true
        _ = world.cancel(OccurrenceKey(reminder: id, scheduledAt: Self.start + 1))
        world.run(milliseconds: 1_000)
        world.attach()
        world.run(milliseconds: 60_000)
        #expect(!world.losesAnswer && Self.times(world, id) == [0, 2, 3])
    }
}
