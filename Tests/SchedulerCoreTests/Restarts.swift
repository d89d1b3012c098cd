import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("restarts, in order and by a crash")
struct Restarts {
    private static let workers = ["a", "b", "c", "d"]

    /// Four workers that answer nothing, with everything that was due in their hands.
    private static func busyWorld(occurrences: Int) throws -> World {
        let world = try World()
        world.answer = { _ in .never }
        for worker in workers { world.attach(worker, credit: occurrences / workers.count) }
        for _ in 0..<occurrences { try world.create(in: 0) }
        world.run(milliseconds: 100)
        #expect(world.runs.count == occurrences)
        return world
    }

    /// What a worker says of its leases when it comes back.
    private static func leases(of worker: String, _ world: World) -> [LeaseReport] {
        world.running.filter { world.name(of: $0.value.worker) == worker }.map { LeaseReport(lease: $0.key, key: $0.value.key) }
    }

    @Test("what workers still run at the end of a drain is not run again, whoever comes back first", arguments: [true, false])
    func orderly(isDrained: Bool) async throws {
        let world = try Self.busyWorld(occurrences: 40)
        if isDrained {
            world.drain()
            world.run(milliseconds: 5_000)
        }
        let reports = Self.workers.map { ($0, Self.leases(of: $0, world)) }
        try await world.crash(downMilliseconds: 1_000)
        for (worker, running) in reports {
            world.attach(worker, credit: 100, running: running)
            world.run(milliseconds: 1_000)
        }
        world.run(milliseconds: 10_000)
        #expect(world.runs.count == 40)
        #expect(world.revoked.isEmpty)
    }

    @Test("what falls due after a restart is dispatched at once, also of the series that are in doubt")
    func meanwhile() async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("gone")
        let series = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=5;COUNT=3", maxAttempts: 1)
        world.run(milliseconds: 100)
        try await world.crash()
        world.attach("b")
        let later = try world.create(in: 2_000)
        world.run(milliseconds: 2_000)
        #expect(world.runs(of: later).count == 1)
        world.run(milliseconds: 3_000)
        let start = World.start.second
        #expect(world.runs(of: series).map(\.key.scheduledAt) == [start, start + 5])
        world.run(milliseconds: world.configuration.rejoinGraceMilliseconds)
        #expect(world.runs(of: series).map(\.key.scheduledAt) == [start, start + 5, start + 10, start])
    }

    @Test("a worker that does not come back after a drain is waited for as long as its leases last")
    func leasesEnd() async throws {
        let world = try Self.busyWorld(occurrences: 4)
        world.drain()
        world.run(milliseconds: 5_000)
        try await world.crash()
        world.attach("e")
        let left = world.configuration.leaseMilliseconds - 5_100
        world.run(milliseconds: left - 1)
        #expect(world.runs.count == 4)
        world.run(milliseconds: 1)
        #expect(world.runs.count == 8)
    }

    @Test("a drain after which nothing runs leaves nobody to be waited for")
    func nothingRuns() async throws {
        let world = try World()
        world.attach("a")
        try world.create(in: 0)
        world.run(milliseconds: 100)
        world.drain()
        world.run(milliseconds: 10)
        try world.create(in: 0)
        try await world.crash()
        world.attach("b")
        #expect(world.runs.map(\.worker) == ["a", "b"])
    }

    @Test("an outcome that waits for a change is believed by the next process, after a drain and from a worker that was given up", arguments: [true, false])
    func waitsForChange(isDrained: Bool) async throws {
        let run = try OneRun(), world = run.world, id = run.id
        // Of the two changes the second is written with the list of those whom the next process has to ask.
        world.storeDelay = { 1_000 }
        world.change(id, .pause)
        world.change(id, .resume(goesOnAt: .itsPosition))
        run.report(run.worker, .delivered)
        if isDrained { world.drain() } else { world.detach(run.worker) }
        world.run(milliseconds: 1_500)
        world.storeDelay = { 0 }
        try await world.crash()
        run.report(world.attach("a"), .delivered)
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 1)
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("an outcome that waits for the end of a doubt is believed by the next process, though its worker was given up meanwhile")
    func waitsForDoubt() async throws {
        let run = try OneRun(), world = run.world, id = run.id
        try await world.crash(rejoin: ["a", "gone"])
        let again = world.attach("a")
        run.report(again, .delivered)
        world.detach(again)
        world.run(milliseconds: 1_000)
        try await world.crash()
        run.report(world.attach("a"), .delivered)
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 1)
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("a worker that is gone is waited for no longer once what it had reported is on stable storage")
    func wroteAll() async throws {
        let run = try OneRun(), world = run.world, id = run.id
        world.storeDelay = { 1_000 }
        world.change(id, .pause)
        world.change(id, .resume(goesOnAt: .itsPosition))
        run.report(run.worker, .delivered)
        world.detach(run.worker)
        world.run(milliseconds: 10_000)
        world.storeDelay = { 0 }
        let late = try world.create(in: 0)
        try await world.crash()
        world.attach("b")
        world.run(milliseconds: 1)
        #expect(world.runs(of: late).map(\.worker) == ["b"])
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("what was due at a restart waits for the outcomes that a worker has said will come, and not without an end", arguments: [true, false])
    func following(come: Bool) async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("a")
        let ids = try (0..<3).map { _ in try world.create(in: 0) }
        world.run(milliseconds: 100)
        let leases = world.running
        try await world.crash()
        world.attach("b")
        let again = world.attach("a", following: leases.map { LeaseReport(lease: $0.key, key: $0.value.key) })
        world.run(milliseconds: SchedulerCore.followingMilliseconds - 1)
        #expect(world.runs.count == 3)
        if come { for (lease, run) in leases { world.report(again, lease, run.key, .delivered) } }
        let another = try world.create(in: 0)
        world.run(milliseconds: 100)
        #expect(world.runs(of: another).count == 1)
        for id in ids {
            #expect(world.runs(of: id).count == (come ? 1 : 2))
            #expect(try world.summary(id).delivered == (come ? 1 : 0))
        }
    }

    @Test("once the outcomes that were to come have come, nothing waits any more")
    func followed() async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("a")
        try world.create(in: 0)
        let second = try world.create(in: 0)
        world.run(milliseconds: 100)
        let leases = world.running
        try await world.crash()
        let again = world.attach("a", following: leases.filter { $0.value.key.reminder != second }.map { LeaseReport(lease: $0.key, key: $0.value.key) })
        world.run(milliseconds: 1_000)
        #expect(world.runs.count == 2)
        for (lease, run) in leases where run.key.reminder != second { world.report(again, lease, run.key, .delivered) }
        world.run(milliseconds: 1)
        #expect(world.runs(of: second).count == 2)
    }

    @Test("a worker is given nothing before the next process would ask it")
    func remembered() async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.storeDelay = { 50 }
        try world.create(in: 0)
        world.run(milliseconds: 1_000)
        world.attach("a")
        world.run(milliseconds: 49)
        #expect(world.runs.isEmpty)
        world.run(milliseconds: 1)
        #expect(world.runs.count == 1)
    }

    @Test("a worker that two restarts in a row did not see is still waited for")
    func twice() async throws {
        let world = try Self.busyWorld(occurrences: 4)
        let reports = Self.workers.map { ($0, Self.leases(of: $0, world)) }
        try await world.crash()
        for (worker, running) in reports.dropLast() { world.attach(worker, running: running) }
        world.run(milliseconds: 1_000)
        try await world.crash(downMilliseconds: 1_000)
        for (worker, running) in reports { world.attach(worker, running: running) }
        world.run(milliseconds: 10_000)
        #expect(world.runs.count == 4)
    }

    @Test("a failed attempt that a worker reports again does not stand for the one that it runs")
    func failedBefore() async throws {
        let failed = try OneRun(), world = failed.world, id = failed.id
        failed.report(failed.worker, .retry)
        world.run(milliseconds: 2_000)
        let running = world.running.map { LeaseReport(lease: $0.key, key: $0.value.key) }
        #expect(running.count == 1)
        // The acknowledgement was lost with the connection, and the shard is read late.
        world.storeDelay = { 200 }
        try await world.crash()
        let again = world.attach("a", running: running)
        failed.report(again, .retry)
        world.run(milliseconds: 10_000)
        #expect(world.runs(of: id).count == 2)
        world.report(again, running[0].lease, running[0].key, .delivered)
        world.run(milliseconds: 1_000)
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("a lost attempt that a worker reports again does not stand for the one that another runs")
    func lostBefore() async throws {
        let world = try World()
        world.answer = { _ in .never }
        let first = world.attach("a", credit: 1)
        world.attach("b", credit: 1)
        let id = try world.create(in: 0)
        world.run(milliseconds: 100)
        let lost = world.running.first!
        world.report(first, lost.key, lost.value.key, .leaseLost)
        world.run(milliseconds: 100)
        #expect(world.runs(of: id).map(\.worker) == ["a", "b"])
        let running = world.running.map { LeaseReport(lease: $0.key, key: $0.value.key) }
        try await world.crash()
        let again = world.attach("a", credit: 2)
        world.report(again, lost.key, lost.value.key, .leaseLost)
        world.run(milliseconds: 5_000)
        #expect(world.runs(of: id).count == 2)
        world.attach("b", running: running)
        world.run(milliseconds: 30_000)
        #expect(world.runs(of: id).count == 2)
        #expect(world.acknowledged.contains(lost.key))
    }

    @Test("of two workers that have delivered the same, neither is told so before it is stored")
    func deliveredTwice() async throws {
        let early = try OneRun(), world = early.world, id = early.id
        world.detach(early.worker)
        world.attach("b")
        world.run(milliseconds: world.configuration.reconnectGraceMilliseconds + 5_000)
        let late = try #require(world.running.first { $0.key != early.lease })
        // The shard is read when both have said it.
        world.storeDelay = { 200 }
        try await world.crash()
        early.report(world.attach("a"), .delivered)
        world.report(world.attach("b"), late.key, late.value.key, .delivered)
        world.run(milliseconds: 300)
        #expect(world.acknowledged.isEmpty)
        world.run(milliseconds: 1_000)
        #expect(Set(world.acknowledged) == [early.lease, late.key])
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("an outcome of before is believed once the doubt ends, also of what is not due again as the clock was set back")
    func notDueYet() async throws {
        let world = try World()
        world.answer = { _ in .never }
        for worker in ["a", "b"] { world.attach(worker) }
        let id = try world.create(in: 0)
        world.run(milliseconds: 100)
        let run = try #require(world.running.first)
        let worker = world.name(of: run.value.worker)
        // Read after the report came.
        world.storeDelay = { 200 }
        try await world.crash()
        let again = world.attach(worker)
        world.report(again, run.key, run.value.key, .rejected)
        world.setWallClock(by: -60_000)
        world.run(milliseconds: 120_000)
        #expect(world.runs(of: id).count == 1)
        #expect(world.acknowledged.contains(run.key))
    }

    @Test("what a worker runs of a series that is still before it on disk is not run again when the series comes to it")
    func ahead() async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("a")
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=5;COUNT=3", policy: .fireAll)
        world.run(milliseconds: 100)
        // The series went on to its second, and the process died before that was on disk.
        try await world.crash(rejoin: ["a", "gone"], downMilliseconds: 7_000)
        let start = World.start.second
        let second = LeaseReport(lease: 777, key: OccurrenceKey(reminder: id, scheduledAt: start + 5))
        world.attach("a", running: [second])
        world.run(milliseconds: world.configuration.rejoinGraceMilliseconds + 5_000)
        #expect(world.runs(of: id).map(\.key.scheduledAt) == [start, start, start + 10])
        #expect(!world.revoked.contains(777))
    }

    @Test("what a worker runs of a series that does not come to it is revoked when its lease would have ended")
    func aheadForLong() async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("a")
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=5;COUNT=3", policy: .fireAll, queue: "default")
        world.run(milliseconds: 100)
        try await world.crash(
            rejoin: ["a", "gone"], queues: [QueueSettings(name: "default", isPaused: true)], downMilliseconds: 7_000)
        let second = OccurrenceKey(reminder: id, scheduledAt: World.start.second + 5)
        world.attach("a", running: [LeaseReport(lease: 777, key: second)])
        world.run(milliseconds: world.configuration.leaseMilliseconds - 1)
        #expect(world.revoked == [])
        world.run(milliseconds: 1)
        #expect(world.revoked == [777])
    }

    @Test("an outcome of before that is said again does not hold what was released since")
    func releasedSince() async throws {
        let world = try World()
        world.answer = { _ in .never }
        let first = world.attach("a", credit: 1)
        let id = try world.create(in: 0)
        world.run(milliseconds: 100)
        let refused = try #require(world.running.first)
        world.report(first, refused.key, refused.value.key, .authRejected)
        world.run(milliseconds: 100)
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 100)
        // The acknowledgement was lost with the connection, and the shard is read late.
        world.storeDelay = { 200 }
        try await world.crash()
        let again = world.attach("a")
        world.report(again, refused.key, refused.value.key, .authRejected, startedMillisecondsAgo: 300)
        world.run(milliseconds: 1_000)
        #expect(world.runs(of: id).count == 2)
        #expect(try world.summary(id).held == 0)
        #expect(world.acknowledged.filter { $0 == refused.key }.count == 2)
    }

    @Test("what a person had run at the second to which a series comes later in the same step stands for it")
    func runAtItsSecond() async throws {
        let world = try World()
        world.answer = { _ in .never }
        let first = world.attach("a", credit: 1)
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=5;COUNT=2", policy: .fireAll)
        world.run(milliseconds: 100)
        let run = try #require(world.running.first)
        // What the worker has to say of it waits for the shard to be read.
        world.isUnreadable = true
        try await world.crash()
        let again = world.attach("a")
        #expect(again != first)
        world.report(again, run.key, run.value.key, .delivered)
        world.answer = { _ in .delivered }
        world.run(milliseconds: 5_000)
        world.change(id, .run)
        world.run(milliseconds: 100)
        world.isUnreadable = false
        world.run(milliseconds: 120_000)
        let start = World.start.second
        #expect(world.runs(of: id).map(\.key.scheduledAt) == [start, start + 5])
        #expect(try world.summary(id).state == .completed)
    }

    @Test(
        "what a person had run and a former process handed out is not run again, though its series comes to it by what ended there",
        arguments: [(nil, false), (nil, true), (.forgetsWhatAPersonRan, false)] as [(Mutation?, Bool)])
    func reachedByAnEnd(mutation: Mutation?, isChanged: Bool) async throws {
        var configuration = CoreConfiguration()
        configuration.mutation = mutation
        let world = try World(configuration: configuration)
        world.answer = { _ in .never }
        world.attach("a")
        // Spread over a minute: the first is handed out, and the second waits for its time, when a person has it run at its very second.
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=61;COUNT=2", policy: .fireAll, jitterSeconds: 60)
        world.run(milliseconds: 61_000)
        world.change(id, .run)
        world.run(milliseconds: 100)
        let runs = world.running
        #expect(Set(runs.values.map(\.key.scheduledAt)) == [World.start.second, World.start.second + 61])
        // What the worker says comes before the shard is read.
        world.isUnreadable = true
        try await world.crash()
        let again = world.attach("a")
        for (lease, run) in runs { world.report(again, lease, run.key, .delivered) }
        world.answer = { _ in .delivered }
        // Where it stands is told by a change, or read.
        if isChanged { world.replaceAuthorization(of: id) }
        world.run(milliseconds: 1_000)
        world.isUnreadable = false
        world.run(milliseconds: 60_000)
        try await world.crash()
        world.attach("a")
        world.run(milliseconds: 180_000)
        #expect(world.runs(of: id).count == (mutation == nil ? 2 : 3))
        #expect(try world.summary(id).state == .completed)
        #expect(try world.summary(id).retrying == 0)
    }

    // MARK: What ended before its series came to it

    @Test(
        "what a person had run while its series was behind is not run again after a crash", arguments: [Outcome.delivered, .rejected],
        [nil, Mutation.forgetsWhatHasPassed])
    func ranAhead(outcome: Outcome, mutation: Mutation?) async throws {
        var configuration = CoreConfiguration()
        configuration.mutation = mutation
        let world = try World(configuration: configuration)
        world.answer = { dispatch in dispatch.entry.isManual ? World.Answer(outcome: outcome) : .delivered }
        world.attach()
        // The series is behind: its occurrences are spread over ten minutes.
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;COUNT=1200", policy: .fireAll, catchUpLimit: 10_000, jitterSeconds: 600)
        world.run(milliseconds: 3_100)
        world.change(id, .run)
        world.run(milliseconds: 100)
        let asked = try #require(world.runs(of: id).first)
        try await world.crash()
        world.attach()
        world.run(milliseconds: 3_600_000)
        let count = mutation == nil ? 1 : 2
        #expect(world.runs(of: id).filter { $0.key == asked.key }.count == count)
        #expect(world.runs(of: id).count == 1_199 + count)
    }

    @Test("of more that ended before their series came to them than memory keeps, the oldest are forgotten")
    func overflow() {
        var passed = Passed()
        let ids = [ReminderID(high: 1, low: 1), ReminderID(high: 1, low: 2)]
        let most = Int64(Passed.maxOccurrences)
        passed.ended(OccurrenceKey(reminder: ids[0], scheduledAt: UnixSeconds(0)))
        for second in 0..<most { passed.ended(OccurrenceKey(reminder: ids[1], scheduledAt: UnixSeconds(second))) }
        #expect(passed.count == Passed.maxOccurrences)
        let reached = [(0, 0), (1, 0), (1, most)].map { id, second in
            passed.reached(OccurrenceKey(reminder: ids[id], scheduledAt: UnixSeconds(second)))
        }
        #expect(reached == [false, true, false])
        #expect(passed.count == 0)
        for round in 0..<4 * most { passed.ended(OccurrenceKey(reminder: ids[0], scheduledAt: UnixSeconds(round))) }
        #expect(passed.count == Passed.maxOccurrences)
    }

    @Test("what a person had run is kept in mind only of a series that is still to come to it")
    func notAhead() throws {
        let world = try World()
        world.attach()
        let other = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=10;COUNT=3")
        for _ in 0..<3 {
            world.run(milliseconds: 3_000)
            world.change(other, .run)
        }
        world.run(milliseconds: 900)
        #expect(world.runs(of: other).count == 4)
        #expect(world.core.passed.count == 0)
    }

    // MARK: Times

    @Test("after the clock was set back a lost attempt is tried again at its time, with its series' spread")
    func spreadTimes() throws {
        let world = try World()
        world.answer = { dispatch in dispatch.attempt == 1 ? .never : .delivered }
        let first = world.attach("a")
        let id = try world.create(in: 1_000, rule: "FREQ=HOURLY;COUNT=2", jitterSeconds: 600)
        while world.runs.isEmpty { world.run(milliseconds: 100) }
        let run = world.runs[0]
        #expect(run.at - 5_000 > run.key.scheduledAt.milliseconds)
        world.setWallClock(by: -5_000)
        world.attach("b")
        world.kill(first)
        world.run(milliseconds: 10_000)
        #expect(world.runs(of: id).count == 2)
        #expect(world.runs(of: id).allSatisfy { $0.at >= run.at })
    }

    @Test("an occurrence that a person had run, put off for long, is not run early when its series comes to that second")
    func putOff() throws {
        let world = try World()
        let hour: Int64 = 3_600_000
        world.answer = { dispatch in
            dispatch.attempt == 1 && dispatch.entry.isManual ? World.Answer(outcome: .retry, retryAfterMilliseconds: hour) : .delivered
        }
        world.attach()
        // The series is behind: its occurrences are spread over ten minutes.
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;COUNT=1200", policy: .fireAll, catchUpLimit: 10_000, jitterSeconds: 600)
        world.run(milliseconds: 3_100)
        #expect(world.runs.isEmpty)
        world.change(id, .run)
        world.run(milliseconds: 100)
        let asked = try #require(world.runs(of: id).first)
        #expect(asked.key.scheduledAt == World.start.second + 3)
        world.run(milliseconds: 2 * hour)
        let runs = world.runs(of: id).filter { $0.key == asked.key }
        #expect(runs.count == 2)
        #expect(runs.last.map { $0.at >= asked.at + hour } ?? false)
    }
}
