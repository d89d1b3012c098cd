import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("the life of an occurrence")
struct LifeOfAnOccurrence {
    @Test("a one-time reminder runs once, at its time and not before")
    func oneShot() throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: 5_000)
        world.run(milliseconds: 4_999)
        #expect(world.runs.isEmpty)
        world.run(milliseconds: 60_000)
        #expect(world.runs(of: id).map(\.at) == [World.start + 5_000])
        let summary = try world.summary(id)
        #expect(summary.state == .completed)
        #expect(summary.delivered == 1)
        #expect(world.core.snapshot.entriesInMemory == 0)
    }

    @Test("a reminder due in the past runs at once")
    func past() throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: -86_400_000)
        world.run(milliseconds: 1)
        #expect(world.runs(of: id).count == 1)
    }

    @Test("a reminder far ahead is not held in memory until it is near")
    func far() throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: 3_600_000)
        #expect(world.core.snapshot.entriesInMemory == 0)
        world.run(milliseconds: 3_599_999)
        #expect(world.runs.isEmpty)
        world.run(milliseconds: 1)
        #expect(world.runs(of: id).count == 1)
    }

    @Test("a series runs each occurrence once, at its time, until COUNT ends it")
    func series() throws {
        let world = try World(isOfOne: true)
        world.attach()
        let id = try world.create(in: 1_000, rule: "FREQ=HOURLY;COUNT=30")
        world.run(milliseconds: 40 * 3_600_000)
        #expect(world.runs(of: id).map(\.at) == (0..<30).map { World.start + 1_000 + $0 * 3_600_000 })
        #expect(try world.summary(id).state == .completed)
        #expect(try world.summary(id).delivered == 30)
    }

    @Test("the happy path writes once on create and once per occurrence")
    func writesOnce() throws {
        let world = try World()
        world.attach()
        try world.create(in: 1_000, rule: "FREQ=MINUTELY;COUNT=10")
        world.run(milliseconds: 3_600_000)
        #expect(world.writes == 10)
    }

    @Test("a failing occurrence is tried again with growing pauses, then is a dead letter with its reason")
    func deadLetter() throws {
        let world = try World()
        world.attach()
        world.answer = { _ in World.Answer(outcome: .retry) }
        let id = try world.create(in: 1_000, maxAttempts: 5)
        world.run(milliseconds: 3_600_000)
        #expect(world.runs(of: id).map(\.attempt) == [1, 2, 3, 4, 5])
        for (attempt, pause) in zip(1..., zip(world.runs, world.runs.dropFirst()).map { $1.at - $0.at }) {
            #expect(pause <= 1_000 << Int64(attempt - 1) + 2)
        }
        let summary = try world.summary(id)
        #expect(summary.dead == 1)
        #expect(summary.state == .completed)
        #expect(try world.attempts(id).count == 5)
    }

    @Test("the pause that the downstream asks for is kept to, and bounded")
    func retryAfter() throws {
        let world = try World(isOfOne: true)
        world.attach()
        world.answer = { dispatch in
            switch dispatch.attempt {
            case 1: World.Answer(outcome: .retry, retryAfterMilliseconds: 90_000)
            case 2: World.Answer(outcome: .retry, retryAfterMilliseconds: 1_000_000_000)
            default: .delivered
            }
        }
        let id = try world.create(in: 0, retryForSeconds: 2_592_000)
        world.run(milliseconds: 25 * 3_600_000)
        let pauses = zip(world.runs(of: id), world.runs(of: id).dropFirst()).map { $1.at - $0.at }
        #expect(pauses == [90_001, 86_400_001])
    }

    @Test("a failing occurrence neither ends nor delays its series")
    func seriesGoesOn() throws {
        let world = try World()
        world.attach()
        let first = World.start.second + 1
        world.answer = { dispatch in
            dispatch.entry.due.occurrence.scheduledAt == first ? World.Answer(outcome: .retry) : .delivered
        }
        let id = try world.create(in: 1_000, rule: "FREQ=SECONDLY;COUNT=20", maxAttempts: 5)
        world.run(milliseconds: 30_000)
        let others = world.runs(of: id).filter { $0.key.scheduledAt != first }
        #expect(others.map(\.at) == (2...20).map { World.start + $0 * 1_000 })
        world.run(milliseconds: 3_600_000)
        #expect(try world.summary(id).dead == 1)
        #expect(try world.summary(id).delivered == 19)
    }

    @Test("an occurrence that takes long does not hold up the next one")
    func overtaken() throws {
        let world = try World()
        world.attach()
        world.answer = { _ in World.Answer(afterMilliseconds: 5_500) }
        let id = try world.create(in: 1_000, rule: "FREQ=SECONDLY;COUNT=10")
        world.run(milliseconds: 60_000)
        #expect(world.runs(of: id).map(\.at) == (1...10).map { World.start + $0 * 1_000 })
        #expect(try world.summary(id).delivered == 10)
        #expect(try world.summary(id).state == .completed)
    }

    @Test("what the backend rejects is a dead letter at once, and the series goes on")
    func rejected() throws {
        let world = try World()
        world.attach()
        world.answer = { _ in World.Answer(outcome: .rejected) }
        let id = try world.create(in: 1_000, rule: "FREQ=SECONDLY;COUNT=3")
        world.run(milliseconds: 60_000)
        #expect(world.runs(of: id).count == 3)
        #expect(try world.summary(id).dead == 3)
    }

    @Test("a refused credential holds a series, and a new one lets it go on where it stood")
    func held() throws {
        let world = try World()
        world.attach()
        world.answer = { dispatch in
            dispatch.entry.reminder.sealedAuthorization == [1] ? World.Answer(outcome: .authRejected) : .delivered
        }
        let id = try world.create(in: 1_000, rule: "FREQ=SECONDLY;COUNT=6")
        world.run(milliseconds: 3_500)
        #expect(try world.summary(id).held == 1)
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 60_000)
        let summary = try world.summary(id)
        #expect(summary.held == 0)
        #expect(summary.delivered == 6)
        #expect(summary.state == .completed)
    }

    @Test("an occurrence refused with the old credential after the new one came is tried again, not held")
    func lateRefusal() throws {
        let world = try World()
        world.attach()
        world.answer = { dispatch in
            dispatch.entry.reminder.sealedAuthorization == [1]
                ? World.Answer(outcome: .authRejected, afterMilliseconds: 1_000) : .delivered
        }
        let id = try world.create(in: 0)
        world.run(milliseconds: 500)
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 10_000)
        #expect(try world.summary(id).delivered == 1)
        #expect(world.runs(of: id).count == 2)
    }

    @Test("a cancelled reminder never runs")
    func cancelled() throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: 5_000)
        world.run(milliseconds: 4_000)
        world.cancel(id)
        world.run(milliseconds: 60_000)
        #expect(world.runs.isEmpty)
        #expect(try world.summary(id).state == .cancelled)
    }

    @Test("what runs when its reminder is cancelled is revoked, and nothing follows, whatever its outcome")
    func cancelledWhileRunning() throws {
        let world = try World()
        world.attach()
        world.isDeaf = true
        world.answer = { _ in World.Answer(outcome: .retry, afterMilliseconds: 2_000) }
        let id = try world.create(in: 0, rule: "FREQ=MINUTELY;COUNT=5")
        world.run(milliseconds: 1_000)
        world.cancel(id)
        #expect(world.revoked.count == 1)
        world.run(milliseconds: 3_600_000)
        #expect(world.runs(of: id).count == 1)
        #expect(try world.attempts(id).count == 1)
        #expect(world.core.snapshot.entriesInMemory == 0)
    }

    @Test("a task that cancels its schedule ends the series")
    func cancelSchedule() throws {
        let world = try World()
        world.attach()
        world.answer = { dispatch in
            World.Answer(outcome: dispatch.entry.positionIndex == 3 ? .cancelSchedule : .delivered)
        }
        let id = try world.create(in: 0, rule: "FREQ=MINUTELY")
        world.run(milliseconds: 3_600_000)
        #expect(world.runs(of: id).count == 3)
        #expect(try world.summary(id).state == .cancelled)
    }

    @Test("setting the clock back makes nothing run early")
    func clockBack() throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: 10_000)
        world.run(milliseconds: 5_000)
        world.setWallClock(by: -3_600_000)
        world.run(milliseconds: 3_599_000)
        #expect(world.runs.isEmpty)
        world.run(milliseconds: 3_600_000)
        #expect(world.runs(of: id).count == 1)
    }
}
