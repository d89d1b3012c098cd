import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("how long an occurrence is tried")
struct RetryHorizon {
    private static let hour: Int64 = 3_600_000

    /// A world whose backend always says `answer`.
    private func world(_ answer: World.Answer = World.Answer(outcome: .retry)) throws -> World {
        let world = try World()
        world.answer = { _ in answer }
        world.attach()
        return world
    }

    private func pauses(_ world: World, _ id: ReminderID) -> [Int64] {
        let times = world.runs(of: id).map(\.at)
        return zip(times, times.dropFirst()).map { $1 - $0 }
    }

    @Test("by default for a day after its first try, at least once an hour, and then it is a dead letter")
    func aDay() throws {
        let world = try world()
        let id = try world.create(in: 0)
        world.run(milliseconds: 23 * Self.hour)
        #expect(try world.summary(id).retrying == 1)
        world.run(milliseconds: 3 * Self.hour)
        #expect(try world.summary(id).dead == 1)
        let runs = world.runs(of: id), last = try #require(runs.last)
        #expect(last.at == World.start + 1 + 24 * Self.hour)
        #expect((30...60).contains(runs.count), "\(runs.count)")
        #expect(pauses(world, id).allSatisfy { $0 <= Self.hour + 1 })
    }

    @Test("for as long as its caller said", arguments: [1, 60, 7_200, 100_000])
    func asAsked(seconds: Int) throws {
        let world = try world()
        let id = try world.create(in: 0, retryForSeconds: seconds)
        world.run(milliseconds: Int64(seconds) * 1_000 + 10)
        #expect(try world.summary(id).dead == 1)
        #expect(world.runs(of: id).last?.at == World.start + 1 + Int64(seconds) * 1_000)
    }

    @Test("once, where it is not to be tried again")
    func once() throws {
        let world = try world()
        let id = try world.create(in: 0, retryForSeconds: 0)
        world.run(milliseconds: 10)
        #expect(try world.summary(id).dead == 1)
        #expect(world.runs(of: id).count == 1)
    }

    @Test("not beyond its attempts, where they are bounded")
    func attempts() throws {
        let world = try world()
        let id = try world.create(in: 0, maxAttempts: 3)
        world.run(milliseconds: Self.hour)
        #expect(world.runs(of: id).count == 3)
        #expect(try world.summary(id).dead == 1)
    }

    @Test("a wait that was asked for is kept to while it ends in time, and is the end where it does not")
    func asked() throws {
        let within = try world(World.Answer(outcome: .retry, retryAfterMilliseconds: 40_000))
        let first = try within.create(in: 0, retryForSeconds: 90)
        within.run(milliseconds: Self.hour)
        #expect(pauses(within, first) == [40_001, 40_001])
        #expect(try within.summary(first).dead == 1)
        let beyond = try world(World.Answer(outcome: .retry, retryAfterMilliseconds: 90_001))
        let second = try beyond.create(in: 0, retryForSeconds: 90)
        beyond.run(milliseconds: 10)
        #expect(try beyond.summary(second).dead == 1)
    }

    @Test("the time runs on over a restart")
    func restart() async throws {
        let world = try world()
        let id = try world.create(in: 0, retryForSeconds: 7_200)
        world.run(milliseconds: Self.hour)
        try await world.crash(rejoin: [], downMilliseconds: 60_000)
        world.attach("b")
        world.run(milliseconds: Self.hour)
        #expect(try world.summary(id).dead == 1)
        #expect(world.runs(of: id).last?.at == World.start + 1 + 2 * Self.hour)
    }

    @Test("what was never sent has no end but its expiry")
    func unsent() throws {
        let world = try world(World.Answer(outcome: .unsent))
        let id = try world.create(in: 0, retryForSeconds: 60), expiring = try world.create(in: 0, expiresAfterSeconds: 7_200)
        world.run(milliseconds: 30 * Self.hour)
        #expect(try world.summary(id).dead == 0 && world.summary(expiring).dead == 1)
        world.answer = { _ in .delivered }
        world.run(milliseconds: 60_000)
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("waits double from a second to an hour, and at least half of each is waited")
    func waits() {
        var random = SplitMix64(seed: 7)
        let policy = RetryPolicy()
        for attempts in 1...60 {
            let whole = min(Self.hour, 1_000 << Int64(min(attempts - 1, 20)))
            var seen: Set<Int64> = []
            for _ in 0..<50 {
                let wait = policy.delayMilliseconds(afterAttempts: attempts, asked: nil, using: &random)
                #expect((whole / 2...whole).contains(wait))
                seen.insert(wait)
            }
            #expect(seen.count > 30)
        }
    }
}
