import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("crashes when the clock, the disk or the memory is not as it should be")
struct CrashesInTrouble {
    @Test("what was handed out before the clock was set back is in doubt after a crash, though it looks as if it were still to come", arguments: [nil, Mutation.forgetsWhatWasHandedOut])
    func setBack(mutation: Mutation?) async throws {
        var configuration = CoreConfiguration()
        configuration.mutation = mutation
        let world = try World(configuration: configuration)
        world.answer = { _ in .never }
        world.attach("a")
        let id = try world.create(in: 0)
        world.run(milliseconds: 100)
        world.setWallClock(by: -5_000)
        world.run(milliseconds: 100)
        let running = world.running.map { LeaseReport(lease: $0.key, key: $0.value.key) }
        try await world.crash()
        world.attach("b")
        world.run(milliseconds: 10_000)
        guard mutation == nil else { return #expect(world.runs(of: id).map(\.worker) == ["a", "b"]) }
        #expect(world.runs(of: id).map(\.worker) == ["a"])
        world.attach("a", running: running)
        world.run(milliseconds: 30_000)
        #expect(world.runs(of: id).count == 1)
    }

    @Test("what was paused and still runs is not run again by a resumption that is faster than the revocation", arguments: [nil, Mutation.forgetsWhatItRevokes], [false, true])
    func resumedBeforeRevoked(mutation: Mutation?, isBackLate: Bool) async throws {
        var configuration = CoreConfiguration()
        configuration.mutation = mutation
        let world = try World(configuration: configuration)
        world.answer = { _ in .never }
        world.attach("a")
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=50;COUNT=3")
        world.run(milliseconds: 100)
        world.change(id, .pause)
        world.run(milliseconds: 100)
        let run = try #require(world.running.first)
        let report = LeaseReport(lease: run.key, key: run.value.key)
        // The worker has not heard of the revocation yet.
        world.isDeaf = true
        // It comes back in time, or when it has been given up and everything that was due has been read.
        try await world.crash(rejoin: ["a"])
        if isBackLate { world.run(milliseconds: configuration.rejoinGraceMilliseconds + 100) }
        let again = world.attach("a", running: [report])
        world.attach("b")
        world.run(milliseconds: 100)
        #expect(world.revoked == [run.key])
        try world.resume(id)
        world.run(milliseconds: 100)
        guard mutation == nil else { return #expect(world.runs(of: id).filter { $0.key == report.key }.count == 2) }
        #expect(world.runs(of: id).map(\.worker) == ["a"])
        // It had not left: the resumption is what holds.
        world.report(again, run.key, report.key, .unsent)
        world.answer = { _ in .delivered }
        world.run(milliseconds: 200_000)
        #expect(world.runs(of: id).count == 4)
        #expect(world.revoked == [run.key])
        #expect(try world.summary(id).delivered == 3)
    }

    @Test("what was revoked and not heard of since is given up when its lease would have ended, and with its worker", arguments: [false, true])
    func revokedForGood(isGone: Bool) async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("a")
        let id = try world.create(in: 0)
        world.run(milliseconds: 100)
        world.change(id, .pause)
        world.run(milliseconds: 100)
        let run = try #require(world.running.first)
        try await world.crash(rejoin: ["a"])
        let again = world.attach("a", running: [LeaseReport(lease: run.key, key: run.value.key)])
        world.run(milliseconds: 100)
        #expect(world.core.leases.claims[run.value.key]?.isRevoked == true)
        if isGone { world.kill(again) } else { world.run(milliseconds: world.configuration.leaseMilliseconds) }
        #expect(world.core.leases.claims.isEmpty)
        #expect(world.revoked == [run.key])
        world.attach("b")
        try world.resume(id)
        world.run(milliseconds: world.configuration.rejoinGraceMilliseconds)
        #expect(world.runs(of: id).count == 2)
    }

    @Test("the clock that is set back costs a write only while something is handed out")
    func setBackWrites() throws {
        let world = try World()
        world.attach("a")
        try world.create(in: 0)
        world.run(milliseconds: 1_000)
        let before = world.batches.count
        world.setWallClock(by: -5_000)
        world.run(milliseconds: 1_000)
        #expect(world.batches.count == before)
        world.answer = { _ in .never }
        try world.create(in: -1_000)
        world.run(milliseconds: 1_000)
        #expect(world.running.count == 1)
        #expect(world.batches.count == before + 1)
    }

    /// What was handed out before the clock was set back by more than this has ended when it looks due again.
    @Test("what is in memory reaches further than a lease lasts")
    func horizon() {
        let configuration = CoreConfiguration()
        #expect(configuration.horizonMilliseconds >= configuration.leaseMilliseconds)
        #expect(configuration.lastCallMilliseconds < configuration.rejoinGraceMilliseconds)
    }

    @Test("a process that crashes again and again does not wait for ever for a worker that is gone")
    func crashLoop() async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("gone")
        let id = try world.create(in: 0)
        world.run(milliseconds: 100)
        var seconds: Int64 = 0
        while world.runs(of: id).count < 2, seconds < 600 {
            try await world.crash(downMilliseconds: 1_000)
            world.attach("b")
            world.run(milliseconds: 5_000)
            seconds += 6
        }
        // Not before its lease has ended, and soon after.
        #expect((60...72).contains(seconds))
    }

    @Test("a worker is given nothing on the strength of a list that is about to be replaced by one without it")
    func overtakenList() throws {
        let world = try World()
        world.answer = { _ in .never }
        let first = world.attach("a")
        world.run(milliseconds: 100)
        world.storeDelay = { 50 }
        world.kill(first)
        world.run(milliseconds: world.configuration.reconnectGraceMilliseconds)
        // The list without it is on its way.
        world.attach("a")
        world.attach("a")
        try world.create(in: 0)
        world.run(milliseconds: 99)
        #expect(world.runs.isEmpty)
        world.run(milliseconds: 60)
        #expect(world.runs.count == 1)
    }

    @Test("what falls due after a restart is dispatched at once, however much is in doubt")
    func doubtBeyondMemory() async throws {
        var configuration = CoreConfiguration()
        configuration.maxEntriesInMemory = 64
        configuration.loadLimit = 10
        let world = try World(configuration: configuration)
        for _ in 0..<150 { try world.create(in: 0) }
        world.run(milliseconds: 100)
        try await world.crash(rejoin: ["gone"])
        world.attach("b")
        let later = try world.create(in: 2_000)
        world.run(milliseconds: 2_100)
        #expect(world.runs.map(\.key.reminder) == [later])
        world.run(milliseconds: world.configuration.rejoinGraceMilliseconds)
        #expect(world.runs.count == 151)
        #expect(world.largestMemory <= 64)
    }

    @Test("a memory full of what is due is not looked through again and again for something to leave to the disk")
    func fullMemory() throws {
        var configuration = CoreConfiguration()
        configuration.maxEntriesInMemory = 64
        configuration.loadLimit = 10
        let world = try World(configuration: configuration)
        for _ in 0..<10 { for queue in 0..<15 { try world.create(in: 0, queue: "q\(queue)") } }
        world.run(milliseconds: 1_000)
        #expect(world.core.hasNothingToLeave || world.core.snapshot.entriesInMemory < 64)
        let later = try world.create(in: 5_000)
        world.attach("a", queues: (0..<15).map { "q\($0)" } + ["default"])
        world.run(milliseconds: 6_000)
        #expect(world.runs.count == 151)
        #expect(world.runs(of: later).count == 1)
    }

    @Test("an occurrence that a worker has stays in doubt after a crash when its spread was changed meanwhile")
    func otherSpread() async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("a")
        let id = try world.create(in: 0, rule: "FREQ=HOURLY;COUNT=2")
        world.run(milliseconds: 100)
        let old = try world.summary(id).reminder
        var handling = old.handling
        // By which it would fall due within the grace.
        handling.jitterSeconds = try #require((1...3_600).first { seconds in
            var handling = old.handling
            handling.jitterSeconds = seconds
            let other = Reminder(
                id: id, schedule: old.schedule, handling: handling, payload: old.payload, createdAt: UnixMilliseconds(0),
                sealedAuthorization: [])
            return (2_000...10_000).contains(other.due(of: World.start.second) - World.start)
        })
        let new = Reminder(
            id: id, schedule: old.schedule, handling: handling, payload: old.payload, createdAt: UnixMilliseconds(0), sealedAuthorization: [])
        world.change(id, .replace(new, position: nil))
        world.run(milliseconds: 100)
        try await world.crash()
        world.attach("b")
        world.run(milliseconds: 14_000)
        #expect(world.runs(of: id).map(\.worker) == ["a"])
    }
}
