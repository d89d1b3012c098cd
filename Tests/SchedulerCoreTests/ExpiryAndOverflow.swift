import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("expiry")
struct Expiry {
    private static let second = World.start.second

    @Test("what expires while it waits for a worker is a dead letter at that moment, and was never run")
    func waiting() throws {
        let world = try World()
        let id = try world.create(in: 10_000, expiresAfterSeconds: 30)
        world.run(milliseconds: 39_999)
        #expect(try world.summary(id).line == "scheduled delivered 0 retrying 0 held 0 dead 0")
        world.run(milliseconds: 1)
        #expect(try world.summary(id).line == "completed delivered 0 retrying 0 held 0 dead 1")
        let attempt = try #require(try world.attempts(id).first)
        #expect(attempt.outcome == .expired && attempt.startedAt == World.start + 40_000 && attempt.detail.contains("30 s"))
        world.attach()
        world.run(milliseconds: 60_000)
        #expect(world.runs.isEmpty)
        #expect(world.core.snapshot.entriesInMemory == 0)
    }

    @Test("one second before it expires it is still run, and an attempt under way may end as it does", arguments: [Outcome.delivered, .retry, .rejected])
    func lastMoment(outcome: Outcome) throws {
        let world = try World()
        let id = try world.create(in: 0, expiresAfterSeconds: 30)
        world.run(milliseconds: 29_999)
        world.answer = { _ in World.Answer(outcome: outcome, afterMilliseconds: 10_000) }
        world.attach()
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 1)
        let outcomes = try world.attempts(id).map(\.outcome)
        #expect(outcomes == (outcome == .retry ? [.expired, .retry] : [outcome]))
        #expect(try world.summary(id).delivered == (outcome == .delivered ? 1 : 0))
        #expect(try world.summary(id).state == .completed)
    }

    @Test("between two tries it expires at its time, not at the next try's")
    func betweenTries() throws {
        let world = try World()
        world.attach()
        world.answer = { _ in World.Answer(outcome: .retry, retryAfterMilliseconds: 600_000) }
        let id = try world.create(in: 0, expiresAfterSeconds: 100)
        world.run(milliseconds: 99_999)
        #expect(try world.summary(id).retrying == 1)
        world.run(milliseconds: 1)
        #expect(try world.summary(id).line == "completed delivered 0 retrying 0 held 0 dead 1")
        #expect(world.runs.count == 1)
    }

    @Test("each occurrence of a series expires by itself, and the series goes on")
    func series() throws {
        let world = try World()
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=20;COUNT=6", expiresAfterSeconds: 10)
        world.run(milliseconds: 55_000)
        world.attach()
        world.run(milliseconds: 300_000)
        let outcomes = Dictionary(grouping: try world.attempts(id)) { $0.scheduledAt - Self.second }.mapValues { $0.map(\.outcome) }
        #expect(outcomes == [0: [.expired], 20: [.expired], 40: [.expired], 60: [.delivered], 80: [.delivered], 100: [.delivered]])
        #expect(try world.summary(id).line == "completed delivered 3 retrying 0 held 0 dead 3")
    }

    @Test("what is held and released too late is expired; what a person replays is run all the same")
    func heldAndReplayed() throws {
        let world = try World()
        world.attach()
        world.answer = { $0.entry.reminder.sealedAuthorization == [1] ? World.Answer(outcome: .authRejected) : .delivered }
        let late = try world.create(in: 0, expiresAfterSeconds: 60), early = try world.create(in: 30_000, expiresAfterSeconds: 60)
        world.run(milliseconds: 65_000)
        #expect(try world.summary(late).held == 1)
        for id in [late, early] { world.replaceAuthorization(of: id) }
        world.run(milliseconds: 5_000)
        #expect(try world.summary(late).line == "completed delivered 0 retrying 0 held 0 dead 1")
        #expect(try world.summary(early).line == "completed delivered 1 retrying 0 held 0 dead 0")
        world.change(late, .replay(scheduledAt: Self.second))
        world.run(milliseconds: 5_000)
        #expect(try world.summary(late).line == "completed delivered 1 retrying 0 held 0 dead 0")
    }

    @Test("what a person has run does not expire, however long it waits or fails")
    func manual() throws {
        let world = try World()
        let id = try world.create(in: 3_600_000, expiresAfterSeconds: 5)
        world.change(id, .run)
        world.run(milliseconds: 60_000)
        world.answer = { $0.attempt < 3 ? World.Answer(outcome: .retry, retryAfterMilliseconds: 20_000) : .delivered }
        world.attach()
        world.run(milliseconds: 60_000)
        #expect(try world.summary(id).delivered == 1)
        #expect(try world.summary(id).dead == 0)
    }

    @Test("after a downtime the misfire policy comes first, and what it fires is judged by its own time", arguments: MisfirePolicy.allCases)
    func misfire(policy: MisfirePolicy) async throws {
        let world = try World()
        let id = try world.create(in: 0, rule: "FREQ=MINUTELY;COUNT=20", policy: policy, expiresAfterSeconds: 90)
        // 0 … 10 are missed; the last two of them have not expired.
        try await world.crash(downMilliseconds: 620_000)
        world.attach()
        world.run(milliseconds: 1)
        let expired = try world.attempts(id).filter { $0.outcome == .expired }.count
        let minutes = world.runs(of: id).map { ($0.key.scheduledAt - Self.second) / 60 }
        switch policy {
        case .fireOnce, .skip:
            #expect(minutes == [10])
            #expect(expired == 0)
        case .fireAll:
            #expect(minutes == [9, 10])
            #expect(expired == 9)
        }
        world.run(milliseconds: 3_600_000)
        #expect(try world.summary(id).state == .completed)
        #expect(world.runs(of: id).last?.key.scheduledAt == Self.second + 19 * 60)
    }

    @Test("jitter counts towards the time that is left: what falls due after it expires is never run")
    func jitter() throws {
        let world = try World()
        world.attach()
        let ids = try (0..<60).map { _ in try world.create(in: 0, jitterSeconds: 100, expiresAfterSeconds: 50) }
        world.run(milliseconds: 200_000)
        for id in ids {
            let reminder = try world.summary(id).reminder
            let isLate = reminder.due(of: Self.second) >= World.start + 50_000
            #expect(try world.summary(id).dead == (isLate ? 1 : 0))
            #expect(world.runs(of: id).count == (isLate ? 0 : 1))
        }
        #expect((10...50).contains(world.runs.count))
    }

    @Test("a new definition may give it more time, or none")
    func changed() throws {
        let world = try World()
        let ids = try (0..<2).map { _ in try world.create(in: 0, expiresAfterSeconds: 60) }
        world.run(milliseconds: 30_000)
        for (id, seconds) in zip(ids, [nil, 10]) {
            let old = try world.summary(id).reminder
            let new = Reminder(
                id: id, schedule: old.schedule, handling: Handling(queue: old.queue, expiresAfterSeconds: seconds),
                payload: Payload(task: old.task, arguments: []), createdAt: UnixMilliseconds(0), sealedAuthorization: [])
            world.change(id, .replace(new, position: nil))
        }
        world.run(milliseconds: 100)
        #expect(try ids.map { try world.summary($0).dead } == [0, 1])
        world.run(milliseconds: 300_000)
        world.attach()
        world.run(milliseconds: 100)
        #expect(try world.summary(ids[0]).delivered == 1)
    }
}

extension ReminderSummary {
    fileprivate var line: String { "\(state.name) delivered \(delivered) retrying \(retrying) held \(held) dead \(dead)" }
}

@Suite("more than memory holds")
struct Overflow {
    private static func world(_ memory: Int = 160, horizonMilliseconds: Int64 = 60_000) throws -> World {
        var configuration = CoreConfiguration()
        configuration.horizonMilliseconds = horizonMilliseconds
        configuration.maxEntriesInMemory = memory
        configuration.loadLimit = 20
        return try World(configuration: configuration)
    }

    /// Reminders of a queue that are served are delivered within a second of their time.
    private static func expectPunctual(_ world: World, _ ids: [ReminderID], within: Int64 = 1_000) throws {
        for id in ids {
            let runs = world.runs(of: id)
            #expect(runs.count == 1)
            guard let run = runs.first else { continue }
            #expect(run.at - run.key.scheduledAt.milliseconds <= within, "\(run.at - run.key.scheduledAt.milliseconds) ms late")
        }
    }

    @Test(
        "a paused queue with far more due than memory keeps no other waiting, and is worked off once, after its pause",
        arguments: [(0, 60_000), (40, 60_000), (700, 2_400)] as [(Int64, Int64)])
    func paused(delay: Int64, horizon: Int64) throws {
        let world = try Self.world(horizonMilliseconds: horizon)
        world.storeDelay = { delay }
        world.attach(queues: ["paused", "default"])
        world.request([.queue(QueueSettings(name: "paused", isPaused: true))])
        // Until it has been answered.
        world.run(milliseconds: 2 * delay)
        let waiting = try (0..<1_000).map { try world.create(in: Int64($0 % 40) * 1_000, queue: "paused") }
        let served = try (0..<120).map { try world.create(in: 1_000 + Int64($0) * 500) }
        world.run(milliseconds: 62_000)
        try Self.expectPunctual(world, served, within: 1_000 + 5 * delay)
        #expect(world.runs.count == served.count)
        #expect(world.largestMemory <= 160)
        world.request([.queue(QueueSettings(name: "paused"))])
        world.run(milliseconds: 30_000 + 300 * delay)
        for id in waiting { #expect(world.runs(of: id).count == 1) }
        #expect(world.runs.count == 1_120)
        #expect(world.core.snapshot.entriesInMemory == 0)
    }

    @Test("several queues that nobody works off, together more than memory, keep no other waiting", arguments: [2, 5, 12])
    func several(queues: Int) throws {
        let world = try Self.world()
        world.attach()
        var waiting: [ReminderID] = []
        for index in 0..<600 { waiting.append(try world.create(in: 1_000 + Int64(index % 10) * 100, queue: "q\(index % queues)")) }
        world.run(milliseconds: 5_000)
        let served = try (0..<60).map { try world.create(in: 1_000 + Int64($0) * 500) }
        world.run(milliseconds: 60_000)
        try Self.expectPunctual(world, served)
        #expect(world.largestMemory <= 160)
        for index in 0..<queues {
            // One after the other they are served, and each is worked off whole.
            world.attach("w\(index)", queues: ["q\(index)"])
            world.run(milliseconds: 10_000)
            #expect(world.runs.count == 60 + (0..<600).count { $0 % queues <= index })
        }
        for id in waiting { #expect(world.runs(of: id).count == 1) }
        #expect(world.core.snapshot.entriesInMemory == 0)
    }

    @Test("a slow queue and a backlog are worked off beside each other, everything once")
    func slow() throws {
        let world = try Self.world()
        world.attach(credit: 400, queues: ["slow", "default"])
        world.request([.queue(QueueSettings(name: "slow", maxConcurrency: 2, rate: DispatchRate(count: 10, seconds: 1)))])
        world.answer = { _ in World.Answer(afterMilliseconds: 50) }
        for index in 0..<500 { try world.create(in: Int64(index) * 4, queue: "slow") }
        let served = try (0..<90).map { try world.create(in: 1_000 + Int64($0) * 400) }
        world.run(milliseconds: 80_000)
        try Self.expectPunctual(world, served)
        #expect(world.runs.count == 590)
        #expect(Set(world.runs.map(\.key)).count == 590)
        let slow = world.runs.filter { !served.contains($0.key.reminder) }.map(\.key.scheduledAt)
        #expect(zip(slow, slow.dropFirst()).allSatisfy { $1 - $0 >= -2 }, "about in the order in which they fell due")
    }

    @Test("what was left on disk is cancelled, paused and changed there like anything else")
    func changedOnDisk() throws {
        let world = try Self.world(64)
        let ids = try (0..<300).map { _ in try world.create(in: 0) }
        world.run(milliseconds: 3_000)
        for (index, id) in ids.enumerated() {
            switch index % 3 {
            case 0: world.cancel(id)
            case 1: world.change(id, .pause)
            default: world.change(id, .replaceAuthorization(sealed: [3]))
            }
        }
        world.run(milliseconds: 3_000)
        world.attach()
        world.run(milliseconds: 20_000)
        #expect(Set(world.runs.map(\.key.reminder)) == Set(ids.indices.filter { $0 % 3 == 2 }.map { ids[$0] }))
        #expect(world.runs.count == 100)
        #expect(world.largestMemory <= 64)
        for index in ids.indices where index % 3 == 1 { world.change(ids[index], .resume(goesOnAt: .itsPosition)) }
        world.run(milliseconds: 20_000)
        #expect(world.runs.count == 200)
    }

    @Test("what expires on disk becomes a dead letter when it can be looked at")
    func expiresOnDisk() throws {
        let world = try Self.world(64)
        let ids = try (0..<300).map { _ in try world.create(in: 0, expiresAfterSeconds: 20) }
        world.run(milliseconds: 120_000)
        for id in ids { #expect(try world.summary(id).dead == 1) }
        #expect(world.core.snapshot.entriesInMemory == 0)
    }
}
