import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("changes of a reminder of which another is on its way")
struct OneChangeAtATime {
    private static let start = World.start.second

    /// A world whose store answers after a while, so that changes meet.
    private static func world(_ configure: (inout CoreConfiguration) -> Void = { _ in }) throws -> World {
        var configuration = CoreConfiguration()
        configure(&configuration)
        let world = try World(configuration: configuration)
        world.storeDelay = { 100 }
        return world
    }

    /// Another schedule, asked for by one who has not seen the reminder as it is.
    private static func refusedReschedule(_ world: World, _ id: ReminderID) throws { try reschedule(world, id, ChangeGuard(revision: 1_000)) }

    private static func reschedule(_ world: World, _ id: ReminderID, to rule: String? = nil, _ guardian: ChangeGuard = ChangeGuard()) throws {
        let old = try world.summary(id).reminder
        let schedule = Schedule(start: rule == nil ? start + 500 : old.schedule.start, rule: rule)
        let other = Reminder(
            id: id, schedule: schedule, handling: old.handling, payload: old.payload, createdAt: old.createdAt, sealedAuthorization: [])
        let first = try #require(try schedule.series().cursor(after: world.now.wall.second.count - 1))
        world.change(id, .replace(other, position: SeriesPosition(first)), guardian)
    }

    private static func revisions(_ world: World, _ requests: [RequestID]) -> [Int64?] {
        requests.map { request in
            guard case .changed(let outcome)? = world.outcomes[request]??.first else { return nil }
            return outcome.standing?.revision
        }
    }

    @Test("are made one after the other, in the order in which they were asked for, and each is told what it came to")
    func inOrder() throws {
        let world = try Self.world()
        let id = try world.create(in: 3_600_000)
        world.run(milliseconds: 200)
        let requests = (0..<8).map { world.change(id, $0.isMultiple(of: 2) ? .pause : .resume(goesOnAt: .itsPosition)) }
        world.run(milliseconds: 150)
        #expect(world.outcomes.count == 1)
        world.run(milliseconds: 5_000)
        #expect(Self.revisions(world, requests) == [2, 3, 4, 5, 6, 7, 8, 9])
    }

    @Test("a change of several waits for all of them, and holds up whoever asks for one of them later, and nobody else")
    func ofSeveral() throws {
        let world = try Self.world()
        let ids = try (0..<3).map { _ in try world.create(in: 3_600_000) }
        world.run(milliseconds: 200)
        func change(_ ids: [ReminderID]) -> RequestID { world.request(ids.map { .change($0, .pause, ChangeGuard(), at: world.now.wall) }) }
        let first = change([ids[0]]), both = change([ids[0], ids[1]]), last = change([ids[1]]), other = change([ids[2]])
        var answered: [RequestID] = []
        for _ in 0..<50 {
            world.run(milliseconds: 20)
            answered += [first, both, last, other].filter { world.outcomes[$0] != nil && !answered.contains($0) }
        }
        // The other's is written with the one that had its turn.
        #expect(answered.first == first && answered.last == last && answered.count == 4)
    }

    @Test("a pause parts what runs from its series also beside another schedule that is refused")
    func pause() throws {
        let world = try Self.world()
        world.answer = { $0.attempt == 1 && $0.entry.due.occurrence.scheduledAt == Self.start ? .never : .delivered }
        world.isDeaf = true
        let worker = world.attach()
        let id = try world.create(in: 0, rule: "FREQ=MINUTELY;COUNT=3")
        world.run(milliseconds: 300)
        let (lease, run) = try #require(world.running.first)
        try Self.refusedReschedule(world, id)
        world.change(id, .pause)
        world.run(milliseconds: 2_000)
        try world.resume(id)
        world.run(milliseconds: 1_000)
        world.report(worker, lease, run.key, .retry)
        world.run(milliseconds: 300_000)
        // What ran is tried again, as its series was not paused when it fell due.
        #expect(Set(world.runs(of: id).map { $0.key.scheduledAt - Self.start }) == [0, 60, 120])
        #expect(try world.summary(id).delivered == 3)
    }

    @Test("what waits is called off by itself also while a change of it is on its way")
    func cancel() throws {
        let world = try Self.world()
        let id = try world.create(in: 0)
        world.run(milliseconds: 300)
        world.change(id, .replaceAuthorization(sealed: [2]))
        let request = world.cancel(OccurrenceKey(reminder: id, scheduledAt: Self.start))
        world.run(milliseconds: 1_000)
        world.attach()
        world.run(milliseconds: 1_000)
        #expect(world.cancellations[request] == .ended(.cancelled))
        #expect(world.runs.isEmpty)
    }

    @Test("what was called off and not ended in time is at its end also beside another schedule that is refused")
    func late() throws {
        let world = try Self.world()
        world.answer = { $0.entry.due.occurrence.scheduledAt == Self.start ? .never : .delivered }
        world.isDeaf = true
        world.attach()
        let id = try world.create(in: 0, rule: "FREQ=MINUTELY;COUNT=3")
        world.run(milliseconds: 300)
        let request = world.cancel(OccurrenceKey(reminder: id, scheduledAt: Self.start))
        world.run(milliseconds: world.configuration.recallMilliseconds - 50)
        try Self.refusedReschedule(world, id)
        world.run(milliseconds: 1_000)
        #expect(world.cancellations[request] == .onItsWay)
        // The lease is lost in time, and nothing is tried again.
        world.run(milliseconds: 300_000)
        #expect(world.runs(of: id).count { $0.key.scheduledAt == Self.start } == 1)
    }

    @Test("a second that a person had run in a pause is run again by another schedule, and not by the same")
    func rescheduledInAPause() throws {
        for isOther in [true, false] {
            let world = try Self.world()
            world.storeDelay = { 0 }
            world.attach()
            let id = try world.create(in: 0, rule: "FREQ=SECONDLY;COUNT=60", policy: .fireAll, jitterSeconds: 20)
            world.change(id, .pause)
            world.run(milliseconds: 1_400)
            world.change(id, .run)
            world.run(milliseconds: 100)
            #expect(world.runs.map { $0.key.scheduledAt - Self.start } == [1])
            world.change(id, .resume(goesOnAt: .itsPosition))
            world.change(id, .pause)
            // Nothing of it is in memory: the store tells whether it is another schedule.
            try Self.reschedule(world, id, to: isOther ? "FREQ=SECONDLY;COUNT=59" : "FREQ=SECONDLY;COUNT=60")
            world.change(id, .resume(goesOnAt: .itsPosition))
            world.run(milliseconds: 90_000)
            #expect(world.runs.count { $0.key.scheduledAt == Self.start + 1 } == (isOther ? 2 : 1))
        }
    }

    @Test("more of one reminder than may wait are refused, and more of all, but for what the scheduler asks itself")
    func bounds() throws {
        let world = try Self.world {
            $0.maxWaitingDepth = 2
            $0.maxWaitingChanges = 4
        }
        let ids = try (0..<4).map { _ in try world.create(in: 3_600_000) }
        world.run(milliseconds: 200)
        let first = (0..<4).map { _ in world.change(ids[0], .pause) }
        let second = (0..<2).map { _ in world.change(ids[1], .pause) }
        // Behind two of the first.
        let chained = world.request([ids[0], ids[1]].map { .change($0, .pause, ChangeGuard(), at: world.now.wall) })
        let third = (0..<2).map { _ in world.change(ids[2], .pause) }
        let fourth = (0..<2).map { _ in world.change(ids[3], .pause) }
        let own = world.request([
            .change(ids[0], .realign(from: .distantPast, to: nil), ChangeGuard(), at: world.now.wall), .zone(ZoneMark(zone: "A", digest: 1), of: Shard.all[0]),
        ])
        #expect(world.refused == [first[3], chained, fourth[1]])
        world.run(milliseconds: 5_000)
        #expect((Array(first[..<3]) + second + third + [fourth[0]]).allSatisfy { world.outcomes[$0]??.count == 1 })
        #expect(world.outcomes[own]??.count == 2)
        #expect(world.refused.count == 3)
    }

    @Test("a change that waits behind one that cannot be stored is refused, as what comes then is, and others go on")
    func storeFails() throws {
        let world = try Self.world()
        let id = try world.create(in: 3_600_000)
        world.run(milliseconds: 200)
        world.isDiskFull = true
        let first = world.change(id, .pause), second = world.change(id, .resume(goesOnAt: .itsPosition))
        world.run(milliseconds: 200)
        #expect(world.outcomes[first] == nil && world.refused == [second])
        world.isDiskFull = false
        world.run(milliseconds: 5_000)
        #expect(world.outcomes[first]??.count == 1)
    }

    @Test("what its worker stopped is not tried again while its end waits for a change, nor while a change of it waits for another's")
    func lateInLine() throws {
        let world = try Self.world()
        world.answer = { $0.entry.due.occurrence.scheduledAt == Self.start ? .never : .delivered }
        world.isDeaf = true
        let worker = world.attach()
        let id = try world.create(in: 0), other = try world.create(in: 3_600_000)
        world.run(milliseconds: 300)
        let (lease, run) = try #require(world.running.first { $0.value.key.reminder == id })
        let request = world.cancel(run.key)
        world.run(milliseconds: world.configuration.recallMilliseconds - 100)
        world.storeDelay = { 1_500 }
        world.change(other, .replaceAuthorization(sealed: [2]))
        world.request([id, other].map { .change($0, .replaceAuthorization(sealed: [2]), ChangeGuard(), at: world.now.wall) })
        world.run(milliseconds: 200)
        world.report(worker, lease, run.key, .unsent)
        world.run(milliseconds: 20_000)
        #expect(world.runs(of: id).count == 1)
        #expect(world.cancellations[request] == .onItsWay || world.cancellations[request] == .ended(.cancelled))
        #expect(try world.summary(id).delivered == 0)
    }

    @Test("what waits is refused when its strand goes, and what waits behind it elsewhere goes on", arguments: [true, false])
    func strandGoes(isLost: Bool) {
        let loom = Loom()
        loom.take(0)
        loom.take(1)
        let here = loom.create(in: 0, after: 50_000), there = loom.create(in: 1, after: 50_000)
        loom.silent = [0]
        loom.change(1, [here])
        loom.change(2, [here, there])
        loom.change(3, [there])
        loom.change(4, [here])
        #expect(loom.answered.isEmpty && loom.refused.isEmpty)
        if isLost { loom.lose(0) } else { loom.release(0) }
        #expect(Set(loom.refused.map(\.rawValue)) == (isLost ? [1, 2, 4] : [2, 4]))
        #expect(loom.answered[RequestID(rawValue: 3)] == 1)
        loom.answer(0)
        #expect(loom.answered.count == (isLost ? 1 : 2))
    }
}
