import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("an occurrence that is called off by itself")
struct Cancelling {
    /// A worker that has the first occurrence of a series, and says nothing of it.
    private static func world(rule: String? = "FREQ=MINUTELY;COUNT=2") throws -> (World, WorkerID, ReminderID, UInt64, OccurrenceKey) {
        let world = try World()
        world.answer = { _ in .never }
        world.isDeaf = true
        let worker = world.attach("a")
        let id = try world.create(in: 0, rule: rule, caller: "ann")
        world.run(milliseconds: 100)
        let (lease, run) = try #require(world.running.first)
        return (world, worker, id, lease, run.key)
    }

    @Test(
        "the worker is told to stop it; what was not done is at its end, and the series goes on",
        arguments: [Outcome.unsent, .retry, .rejected, .authRejected])
    func stopped(outcome: Outcome) throws {
        let (world, worker, id, lease, key) = try Self.world()
        let request = world.cancel(key)
        #expect(world.revoked == [lease] && world.cancellations[request] == nil)
        world.report(worker, lease, key, outcome)
        #expect(world.cancellations[request] == .ended(.cancelled))
        let attempts = try world.attempts(id), summary = try world.summary(id)
        #expect(attempts.map(\.outcome) == [.cancelled] && attempts[0].detail.hasPrefix("called off"))
        #expect(summary.delivered == 0 && summary.dead == 0 && summary.held == 0 && summary.state == .scheduled)
        world.answer = { _ in .delivered }
        world.run(milliseconds: 3_600_000)
        #expect(world.runs.map(\.key.scheduledAt) == [key.scheduledAt, key.scheduledAt + 60])
        #expect(try world.summary(id).state == .completed && world.summary(id).delivered == 1)
        #expect(world.core.cancellations.isEmpty)
    }

    @Test("a single one is at its end with it")
    func single() throws {
        let (world, worker, id, lease, key) = try Self.world(rule: nil)
        let request = world.cancel(key)
        world.report(worker, lease, key, .unsent)
        #expect(world.cancellations[request] == .ended(.cancelled))
        #expect(try world.summary(id).state == .completed && world.summary(id).delivered == 0)
        let again = world.cancel(key)
        #expect(world.cancellations[again] == .notFound)
    }

    @Test("what had left is said as it ended", arguments: [Outcome.delivered, .cancelSchedule])
    func left(outcome: Outcome) throws {
        let (world, worker, id, lease, key) = try Self.world()
        let request = world.cancel(key)
        world.report(worker, lease, key, outcome)
        #expect(world.cancellations[request] == .ended(outcome))
        #expect(try world.attempts(id).map(\.outcome) == [outcome])
    }

    @Test("who waits is answered after a while; it is not tried again when it fails then, nor by another process", arguments: [true, false])
    func late(isKilled: Bool) async throws {
        let (world, worker, id, lease, key) = try Self.world()
        let first = world.cancel(key), second = world.cancel(key)
        world.run(milliseconds: world.configuration.recallMilliseconds - 1)
        #expect(world.cancellations.isEmpty)
        world.run(milliseconds: 1)
        #expect(world.cancellations == [first: .onItsWay, second: .onItsWay])
        #expect(try world.attempts(id).map(\.outcome) == [.cancelled])
        let third = world.cancel(key), foreign = world.cancel(key, caller: "bob")
        #expect(world.cancellations[third] == .onItsWay && world.cancellations[foreign] == .notFound)
        if isKilled {
            try await world.crash()
            world.attach("b")
            world.run(milliseconds: 30_000)
        } else {
            world.report(worker, lease, key, .retry)
            #expect(try world.attempts(id).map(\.outcome) == [.cancelled, .retry])
        }
        world.run(milliseconds: 20_000)
        #expect(world.runs.map(\.key) == [key])
    }

    @Test("one whose series is held meanwhile is at its end all the same, and is not tried when that is released", arguments: [true, false], [true, false])
    func held(isRow: Bool, isLate: Bool) throws {
        let world = try World()
        world.answer = { _ in .never }
        world.isDeaf = true
        let worker = world.attach("a"), id = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=2;COUNT=3", policy: .fireAll)
        world.run(milliseconds: 2_500)
        let runs = world.running.sorted { $0.key < $1.key }
        try #require(runs.count == 2, "the second has overtaken the first, which has a row")
        let (called, refused) = isRow ? (runs[0], runs[1]) : (runs[1], runs[0])
        let request = world.cancel(called.value.key)
        world.report(worker, refused.key, refused.value.key, .authRejected)
        if isLate {
            world.run(milliseconds: world.configuration.recallMilliseconds)
            #expect(world.cancellations[request] == .onItsWay)
        }
        world.report(worker, called.key, called.value.key, .retry)
        #expect(world.cancellations[request] == (isLate ? .onItsWay : .ended(.cancelled)))
        #expect(try world.summary(id).held == 1)
        world.answer = { _ in .delivered }
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 60_000)
        #expect(world.runs.count { $0.key == called.value.key } == 1 && world.runs.count { $0.key == refused.value.key } == 2)
        #expect(try world.summary(id).state == .completed && world.summary(id).delivered == 2)
        #expect(try world.attempts(id).contains { $0.scheduledAt == called.value.key.scheduledAt && $0.outcome == .cancelled })
    }

    @Test("a worker that is away is told when it is back, and of one that is lost nobody knows whether it left", arguments: [true, false])
    func away(isBack: Bool) throws {
        let (world, worker, id, lease, key) = try Self.world()
        world.detach(worker)
        let request = world.cancel(key)
        if isBack {
            let again = world.attach("a", running: [LeaseReport(lease: lease, key: key)])
            #expect(world.revoked.contains(lease))
            world.report(again, lease, key, .unsent)
            #expect(world.cancellations[request] == .ended(.cancelled))
        } else {
            world.run(milliseconds: 500)
            #expect(world.cancellations[request] == .onItsWay)
        }
        #expect(try world.attempts(id).map(\.outcome) == [.cancelled])
        world.attach("b")
        world.run(milliseconds: 50_000)
        #expect(world.runs.count == 1)
    }

    @Test("what waits for a worker, rests, or is to be tried again in a moment, is at its end at once", arguments: [Outcome?.none, .unsent, .retry])
    func waiting(outcome: Outcome?) throws {
        let world = try World()
        world.answer = { _ in .init(outcome: outcome ?? .delivered) }
        if outcome != nil { world.attach("a", credit: 1) }
        let id = try world.create(in: 0)
        world.run(milliseconds: outcome == nil ? 100 : 1)
        let key = OccurrenceKey(reminder: id, scheduledAt: World.start.second), runs = world.runs.count
        #expect(runs == (outcome == nil ? 0 : 1))
        let request = world.cancel(key)
        #expect(world.cancellations[request] == .ended(.cancelled))
        world.attach("b")
        world.run(milliseconds: 50_000)
        #expect(world.runs.count == runs)
        #expect(try world.summary(id).state == .completed)
    }

    @Test("a process that does not know who has it ends it, and says that it may be on its way", arguments: [true, false])
    func inDoubt(isRow: Bool) async throws {
        let (world, _, id, lease, key) = try Self.world(rule: isRow ? "FREQ=SECONDLY;INTERVAL=2;COUNT=2" : "FREQ=MINUTELY;COUNT=2")
        if isRow { world.run(milliseconds: 3_000) }
        try await world.crash()
        let request = world.cancel(key)
        #expect(world.cancellations[request] == .onItsWay)
        world.attach("a", running: [LeaseReport(lease: lease, key: key)])
        world.run(milliseconds: 30_000)
        #expect(world.revoked.contains(lease))
        #expect(try world.attempts(id).map(\.outcome) == [.cancelled])
        #expect(world.runs.count { $0.key == key } == 1)
    }

    @Test("what waits on disk for its next try is at its end, and only for its caller")
    func onDisk() throws {
        let world = try World()
        world.answer = { _ in .init(outcome: .retry, retryAfterMilliseconds: 3_600_000) }
        world.attach("a")
        let id = try world.create(in: 0, caller: "ann")
        world.run(milliseconds: 1_000)
        let key = OccurrenceKey(reminder: id, scheduledAt: World.start.second)
        #expect(world.core.table[key] == nil)
        let foreign = world.cancel(key, caller: "bob"), own = world.cancel(key, caller: "ann"), again = world.cancel(key)
        #expect(world.cancellations == [foreign: .notFound, own: .ended(.cancelled), again: .notFound])
        let attempts = try world.attempts(id)
        #expect(attempts.map(\.outcome) == [.cancelled, .retry] && attempts.map(\.number) == [2, 1])
        #expect(try world.summary(id).state == .completed)
    }

    @Test("one that a person had run before its series came to it is not run by that")
    func manual() throws {
        let world = try World()
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;COUNT=5", jitterSeconds: 60)
        world.run(milliseconds: 2_000)
        world.change(id, .run)
        let key = OccurrenceKey(reminder: id, scheduledAt: World.start.second + 2)
        let request = world.cancel(key)
        #expect(world.cancellations[request] == .ended(.cancelled))
        world.attach("a")
        world.run(milliseconds: 120_000)
        #expect(world.runs.count == 4 && !world.runs.contains { $0.key == key })
    }

    @Test("another's, one that is to come, and one that nobody has are not found; while the store fails nothing is taken")
    func notFound() throws {
        let (world, _, id, _, key) = try Self.world()
        let foreign = world.cancel(key, caller: "bob"), own = world.cancel(key, caller: "ann")
        let toCome = world.cancel(OccurrenceKey(reminder: id, scheduledAt: key.scheduledAt + 60))
        let strange = world.cancel(OccurrenceKey(reminder: ReminderID(high: 1, low: 0), scheduledAt: UnixSeconds(3)))
        #expect(world.cancellations == [foreign: .notFound, toCome: .notFound, strange: .notFound])
        world.isDiskFull = true
        _ = try? world.create(in: 0)
        let paused = world.change(id, .pause)
        world.run(milliseconds: 10)
        let refused = world.cancel(key)
        #expect(world.refused.contains(refused) && world.outcomes[paused] == nil && world.cancellations[own] == nil)
    }

    @Test("with its reminder paused or cancelled meanwhile it is at its end all the same", arguments: [ReminderChange.pause, .cancel])
    func changed(change: ReminderChange) throws {
        let (world, worker, id, lease, key) = try Self.world()
        let request = world.cancel(key)
        world.change(id, change)
        world.report(worker, lease, key, .unsent)
        world.run(milliseconds: 10)
        #expect(world.cancellations[request] == .ended(.cancelled))
        #expect(try world.attempts(id).map(\.outcome) == [.cancelled])
        world.change(id, .resume(goesOnAt: .itsPosition))
        world.run(milliseconds: 1_000)
        #expect(world.runs.count == 1)
    }
}
