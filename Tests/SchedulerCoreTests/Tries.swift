import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("what counts as a try")
struct WhatCountsAsATry {
    @Test("what was never sent is no attempt, writes nothing, and is tried again without end")
    func unsent() throws {
        let world = try World()
        world.answer = { _ in World.Answer(outcome: .unsent) }
        world.attach()
        let id = try world.create(in: 1_000, maxAttempts: 1)
        let before = world.writes
        world.run(milliseconds: 3_600_000)
        let tries = world.runs(of: id).count
        #expect((100...400).contains(tries), "\(tries) times in an hour")
        #expect(world.writes == before)
        #expect(world.acknowledged.count == tries)
        #expect(try world.attempts(id).isEmpty)
        #expect(try world.summary(id).dead == 0)
        world.answer = { _ in .delivered }
        world.run(milliseconds: 31_000)
        #expect(try world.summary(id).delivered == 1)
        #expect(try world.attempts(id).map(\.number) == [1])
        #expect(world.core.snapshot.entriesInMemory == 0 && world.core.snapshot.leased == 0)
    }

    @Test("an occurrence that was not sent does not hold up its series for longer than it takes to hand it out again")
    func unsentSeries() throws {
        let world = try World()
        var isDown = true
        world.answer = { _ in World.Answer(outcome: isDown ? .unsent : .delivered) }
        world.attach()
        let id = try world.create(in: 1_000, rule: "FREQ=SECONDLY;COUNT=20", policy: .fireAll)
        world.run(milliseconds: 10_000)
        isDown = false
        world.run(milliseconds: 60_000)
        #expect(try world.summary(id).delivered == 20)
        #expect(Set(world.runs(of: id).map(\.key)).count == 20)
        #expect(try world.attempts(id).count == 20)
    }

    @Test("what was asked for before nothing was sent is waited for, up to a bound", arguments: [(5_000, 5_000), (3_600_000, 30_000)])
    func unsentAsked(asked: Int64, waited: Int64) throws {
        let world = try World()
        world.answer = { _ in World.Answer(outcome: .unsent, afterMilliseconds: 0, retryAfterMilliseconds: asked) }
        world.attach()
        let id = try world.create(in: 0)
        world.run(milliseconds: 60_000)
        let times = world.runs(of: id).map(\.at)
        #expect(zip(times, times.dropFirst()).allSatisfy { (waited...(waited + 30_000)).contains($1 - $0) }, "\(times)")
    }

    @Test("an unsent occurrence of a cancelled or paused reminder is not tried again until it is wanted")
    func unsentChanged() throws {
        let world = try World()
        world.isDeaf = true
        world.answer = { _ in World.Answer(outcome: .unsent, afterMilliseconds: 500) }
        world.attach()
        let cancelled = try world.create(in: 0), paused = try world.create(in: 0)
        world.run(milliseconds: 100)
        world.cancel(cancelled)
        world.change(paused, .pause)
        world.run(milliseconds: 60_000)
        #expect(world.runs(of: cancelled).count == 1 && world.runs(of: paused).count == 1)
        world.answer = { _ in .delivered }
        world.change(paused, .resume(goesOnAt: .itsPosition))
        world.run(milliseconds: 60_000)
        #expect(try world.summary(paused).delivered == 1)
        #expect(try world.attempts(cancelled).isEmpty)
    }

    @Test("an unsent try that is reported to another process than the one that handed it out is no attempt either")
    func unsentAfterACrash() async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("a")
        let id = try world.create(in: 0)
        world.run(milliseconds: 100)
        let lease = try #require(world.running.first)
        try await world.crash(rejoin: ["a"])
        world.answer = { _ in .delivered }
        let again = world.attach("a", running: [])
        world.report(again, lease.key, lease.value.key, .unsent)
        world.run(milliseconds: 20_000)
        #expect(world.acknowledged == [lease.key] || world.acknowledged.first == lease.key)
        #expect(try world.attempts(id).map(\.outcome) == [.delivered])
    }

    @Test("a lost worker takes none of an occurrence's attempts")
    func losses() throws {
        let world = try World()
        world.answer = { _ in .never }
        let id = try world.create(in: 0, maxAttempts: 2)
        for round in 0..<5 {
            let worker = world.attach("w\(round)")
            world.run(milliseconds: 300_000)
            world.kill(worker)
            world.run(milliseconds: 1_000)
        }
        world.answer = { dispatch in World.Answer(outcome: .retry) }
        world.attach("well")
        world.run(milliseconds: 3_600_000)
        let outcomes = try world.attempts(id).map(\.outcome)
        #expect(outcomes.count { $0 == .leaseLost } >= 5)
        #expect(outcomes.count { $0 == .retry } == 2)
        #expect(try world.summary(id).dead == 1)
        #expect(Set(try world.attempts(id).map(\.number)).count == outcomes.count)
    }

    @Test("attempts and losses are remembered apart over a restart")
    func lossesAfterACrash() async throws {
        let world = try World()
        world.answer = { dispatch in dispatch.attempt % 2 == 1 ? .never : World.Answer(outcome: .retry) }
        let id = try world.create(in: 0, maxAttempts: 3)
        for round in 0..<4 {
            let worker = world.attach("w\(round)")
            world.run(milliseconds: 30_000)
            world.kill(worker)
            try await world.crash(rejoin: [])
        }
        world.answer = { _ in World.Answer(outcome: .retry) }
        world.attach("well")
        world.run(milliseconds: 3_600_000)
        #expect(try world.attempts(id).count { $0.outcome == .retry } == 3)
        #expect(try world.summary(id).dead == 1)
    }
}
