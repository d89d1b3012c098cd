import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

/// A credential that is refused holds its series until another comes.
@Suite("a refused credential")
struct HeldSeries {
    private static let second = World.start.second

    /// The first credential is refused.
    private static func world() throws -> World {
        let world = try World()
        world.answer = { $0.entry.reminder.sealedAuthorization == [1] ? World.Answer(outcome: .authRejected) : .delivered }
        world.attach()
        return world
    }

    @Test(
        "nothing more is sent, and the misfire policy says what of the missed is fired with another one",
        arguments: MisfirePolicy.allCases)
    func released(policy: MisfirePolicy) throws {
        let world = try Self.world()
        let id = try world.create(in: 0, rule: "FREQ=MINUTELY;COUNT=100", policy: policy, catchUpLimit: 10)
        world.run(milliseconds: 3_601_000)
        #expect(world.runs(of: id).count == 1)
        let held = try world.summary(id)
        #expect(held.held == 1 && held.retrying == 0 && held.position?.scheduledAt == Self.second)
        #expect(try held.heldSince != nil && world.attempts(id).count == 1)
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 2_000)
        let fired = world.runs(of: id).dropFirst().map { ($0.key.scheduledAt - Self.second) / 60 }
        let missed: Int64
        switch policy {
        case .fireOnce: (missed, _) = (60, #expect(fired == [60]))
        // The one that is due now is not missed.
        case .fireAll: (missed, _) = (50, #expect(fired == Array(50...60)))
        case .skip: (missed, _) = (60, #expect(fired == [60]))
        }
        let summary = try world.summary(id)
        #expect(summary.missed == Missed(count: missed, first: Self.second, last: Self.second + (missed - 1) * 60))
        #expect(summary.held == 0 && summary.heldSince == nil)
        world.run(milliseconds: 3_600_000)
        #expect(try world.summary(id).state == .completed)
        #expect(try world.summary(id).delivered == 100 - missed)
    }

    @Test("what falls due in a pause meanwhile counts as missed, too, and goes by the misfire policy", arguments: MisfirePolicy.allCases)
    func paused(policy: MisfirePolicy) throws {
        let world = try Self.world()
        let id = try world.create(in: 0, rule: "FREQ=MINUTELY;COUNT=100", policy: policy, catchUpLimit: 10)
        world.run(milliseconds: 601_000)
        world.change(id, .pause)
        world.run(milliseconds: 1_200_000)
        try world.resume(id)
        world.run(milliseconds: 1_800_000)
        #expect(world.runs(of: id).count == 1)
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 2_000)
        let fired = world.runs(of: id).dropFirst().map { ($0.key.scheduledAt - Self.second) / 60 }
        #expect(fired == (policy == .fireAll ? Array(50...60) : [60]))
        let missed: Int64 = policy == .fireAll ? 50 : 60
        #expect(try world.summary(id).missed == Missed(count: missed, first: Self.second, last: Self.second + (missed - 1) * 60))
    }

    @Test("one time is fired with another one, however late")
    func single() throws {
        let world = try Self.world()
        let id = try world.create(in: 0, policy: .skip)
        world.run(milliseconds: 86_400_000)
        #expect(world.runs(of: id).count == 1)
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 1_000)
        #expect(try world.summary(id).delivered == 1)
        #expect(world.runs(of: id).count == 2)
    }

    @Test("it outlives a crash, and what is asked for or edited meanwhile waits, too")
    func crash() async throws {
        let world = try Self.world()
        let id = try world.create(in: 0, rule: "FREQ=MINUTELY")
        world.run(milliseconds: 10_000)
        try await world.crash(rejoin: [], downMilliseconds: 60_000)
        world.attach("b")
        world.change(id, .run)
        let edited = try world.summary(id).reminder.with(sealedAuthorization: [])
        world.change(id, .replace(edited, position: nil))
        world.change(id, .pause)
        world.change(id, .resume(goesOnAt: .position(SeriesPosition(scheduledAt: Self.second + 120, index: 3))))
        world.run(milliseconds: 600_000)
        #expect(world.runs(of: id).count == 1)
        #expect(try world.summary(id).held == 2)
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 1_000)
        // What a person asked for, and the latest missed.
        #expect(Set(world.runs(of: id).dropFirst().map { $0.key.scheduledAt - Self.second }) == [70, 660])
    }

    @Test("what is under way when it is refused is refused, retried or delivered without a further try")
    func underWay() throws {
        let world = try Self.world()
        world.answer = { dispatch in
            guard dispatch.entry.reminder.sealedAuthorization == [1] else { return .delivered }
            return switch (dispatch.entry.due.occurrence.scheduledAt - Self.second) % 4 {
            case 0: World.Answer(outcome: .authRejected, afterMilliseconds: 3_500)
            case 1: World.Answer(outcome: .retry, afterMilliseconds: 5_000)
            case 2: World.Answer(outcome: .authRejected, afterMilliseconds: 5_000)
            default: World.Answer(afterMilliseconds: 5_000)
            }
        }
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;COUNT=8", policy: .fireAll)
        world.run(milliseconds: 30_000)
        #expect(world.runs(of: id).map { $0.key.scheduledAt - Self.second } == [0, 1, 2, 3])
        let held = try world.summary(id)
        #expect(held.held + held.retrying == 3 && held.retrying == 0 && held.delivered == 1)
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 10_000)
        #expect(world.runs(of: id).dropFirst(4).map { $0.key.scheduledAt - Self.second }.sorted() == [0, 1, 2, 4, 5, 6, 7])
        #expect(try world.summary(id).state == .completed && world.summary(id).delivered == 8)
    }

    @Test("a series that is held can be tried again as it is, or go on without what it missed")
    func byHand() throws {
        let world = try Self.world()
        let ids = try (0..<2).map { _ in try world.create(in: 0, rule: "FREQ=MINUTELY;COUNT=10") }
        world.run(milliseconds: 150_000)
        world.answer = { _ in .delivered }
        world.change(ids[0], .replay(scheduledAt: Self.second))
        world.change(
            ids[1], .discard(scheduledAt: Self.second, goesOnAt: .position(SeriesPosition(scheduledAt: Self.second + 180, index: 4))))
        world.run(milliseconds: 600_000)
        #expect(world.runs(of: ids[0]).map { $0.key.scheduledAt - Self.second } == [0] + (2..<10).map { $0 * 60 })
        #expect(world.runs(of: ids[1]).map { $0.key.scheduledAt - Self.second } == [0] + (3..<10).map { $0 * 60 })
        for id in ids { #expect(try world.summary(id).state == .completed) }
    }

    @Test("what a person had run in a pause, at the second that its series stands at, is run again with another credential", arguments: [true, false])
    func runAtPosition(isResumed: Bool) throws {
        let world = try Self.world()
        let id = try world.create(in: 1_000, rule: "FREQ=MINUTELY;COUNT=3", policy: .fireAll)
        world.change(id, .pause)
        world.run(milliseconds: 1_300)
        world.change(id, .run)
        world.run(milliseconds: 100)
        #expect(try world.summary(id).held == 1)
        if isResumed { try world.resume(id) }
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 100)
        #expect(world.runs(of: id).map { $0.key.scheduledAt - Self.second } == [1, 1])
        #expect(try world.summary(id).delivered == 1)
        if !isResumed { try world.resume(id) }
        world.run(milliseconds: 200_000)
        #expect(world.runs(of: id).map { $0.key.scheduledAt - Self.second } == [1, 1, 61, 121])
        #expect(try world.summary(id).state == .completed && world.summary(id).delivered == 3)
    }

    @Test("what a former process' worker may still have waits for it, though it was refused and released meanwhile")
    func releasedInDoubt() async throws {
        let world = try Self.world()
        world.answer = {
            guard $0.entry.due.occurrence.scheduledAt > Self.second else { return .never }
            return $0.entry.reminder.sealedAuthorization == [1] ? World.Answer(outcome: .authRejected) : .delivered
        }
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY", policy: .fireAll)
        world.run(milliseconds: 1_500)
        #expect(try world.summary(id).held == 2)
        try await world.crash(rejoin: ["a"])
        world.attach("b")
        world.run(milliseconds: 500)
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 1_000)
        func first() -> [String] { world.runs(of: id).filter { $0.key.scheduledAt == Self.second }.map(\.worker) }
        #expect(first() == ["a"] && world.runs(of: id).count > 2)
        world.run(milliseconds: world.configuration.rejoinGraceMilliseconds)
        #expect(first() == ["a", "b"])
    }

    @Test("what is run once more of a cancelled series waits for another credential, too")
    func cancelled() throws {
        let world = try Self.world()
        world.answer = { _ in World.Answer(outcome: .rejected) }
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY")
        world.run(milliseconds: 1_500)
        world.change(id, .cancel)
        world.answer = { $0.entry.reminder.sealedAuthorization == [1] ? World.Answer(outcome: .authRejected) : .delivered }
        for second in 0..<2 { world.change(id, .replay(scheduledAt: Self.second + Int64(second))) }
        world.run(milliseconds: 10_000)
        let held = try world.summary(id)
        #expect(held.state == .cancelled && held.held == 2 && held.retrying == 0 && held.heldSince == nil)
        #expect(world.runs(of: id).count == 4)
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 1_000)
        #expect(world.runs(of: id).map { $0.key.scheduledAt - Self.second } == [0, 1, 0, 1, 0, 1])
        let summary = try world.summary(id)
        #expect(summary.delivered == 2 && summary.held == 0 && summary.dead == 0)
    }

    @Test(
        "what else of it is under way by then is not called off by a change that comes later",
        arguments: [(.pause, 3), (.cancel, 3), (.replay(scheduledAt: second), 2)] as [(ReminderChange, Int)])
    func changedThen(change: ReminderChange, held: Int) throws {
        let (world, id) = try Self.cancelled(replaying: 3)
        world.run(milliseconds: 200)
        #expect(world.running.count == 2 && world.revoked.isEmpty)
        world.answer = { _ in .delivered }
        world.change(id, change)
        world.run(milliseconds: 100)
        #expect(world.revoked.isEmpty)
        for (lease, run) in world.running where run.key.scheduledAt != Self.second { world.report(run.worker, lease, run.key, .authRejected) }
        world.run(milliseconds: 100)
        #expect(try world.summary(id).held == held)
    }

    @Test("what of it waits for its next try is tried, also when what was held before is refused once more")
    func refusedTwice() throws {
        let (world, id) = try Self.cancelled(replaying: 2)
        world.run(milliseconds: 100)
        world.answer = { _ in World.Answer(outcome: .retry, retryAfterMilliseconds: 5_000) }
        world.change(id, .replay(scheduledAt: Self.second + 2))
        world.run(milliseconds: 100)
        world.answer = { _ in .delivered }
        for (lease, run) in world.running where run.key.scheduledAt == Self.second + 1 { world.report(run.worker, lease, run.key, .authRejected) }
        world.run(milliseconds: 20_000)
        let summary = try world.summary(id)
        #expect(summary.held == 2 && summary.delivered == 1 && summary.retrying == 0)
    }

    /// A cancelled series with three dead letters, of which the first ones are run once more: of the first the credential is refused, and the
    /// others never end.
    private static func cancelled(replaying count: Int64) throws -> (World, ReminderID) {
        let world = try world()
        world.answer = { _ in World.Answer(outcome: .rejected) }
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY")
        world.run(milliseconds: 2_500)
        world.change(id, .cancel)
        world.answer = { $0.entry.due.occurrence.scheduledAt == second ? World.Answer(outcome: .authRejected) : .never }
        for offset in 0..<count { world.change(id, .replay(scheduledAt: second + offset)) }
        return (world, id)
    }

    @Test("a refusal that a former process' worker reports is tried again: the credential may be another by now")
    func formerProcess() async throws {
        let world = try Self.world()
        world.answer = { _ in .never }
        let id = try world.create(in: 0, rule: "FREQ=HOURLY;COUNT=2")
        world.run(milliseconds: 100)
        let lease = try #require(world.running.keys.first), key = try #require(world.running[lease]?.key)
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 100)
        try await world.crash(rejoin: [])
        world.answer = { _ in .delivered }
        let worker = world.attach("a", running: [LeaseReport(lease: lease, key: key)])
        world.report(worker, lease, key, .authRejected)
        world.run(milliseconds: 5_000)
        #expect(try world.summary(id).held == 0 && world.summary(id).delivered == 1)
    }
}
