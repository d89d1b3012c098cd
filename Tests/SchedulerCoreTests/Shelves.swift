import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("what was left to the disk is found again")
struct Shelves {
    private static func world(_ memory: Int = 160, mutation: Mutation? = nil) throws -> World {
        var configuration = CoreConfiguration()
        configuration.maxEntriesInMemory = memory
        configuration.loadLimit = 20
        configuration.mutation = mutation
        return try World(configuration: configuration)
    }

    @Test("a worker that comes has what it serves read, in order, and nothing that waits for others")
    func readByLane() throws {
        let world = try Self.world()
        // Due earlier than what is served, in every shard.
        let others = try (0..<2_000).map { try world.create(in: Int64($0 % 40) * 1_000, queue: "others") }
        let mine = try (0..<200).map { try world.create(in: 40_000 + Int64(199 - $0) * 1_000, queue: "mine") }
        world.run(milliseconds: 300_000)
        #expect(world.core.snapshot.entriesInMemory <= 16)
        let before = world.loaded
        world.attach("me", queues: ["mine"])
        world.run(milliseconds: 20_000)
        #expect(Set(world.runs.map(\.key.reminder)) == Set(mine) && world.runs.count == 200)
        let due = world.runs.dropFirst(16).map(\.key.scheduledAt)
        #expect(zip(due, due.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(world.loaded == before)
        #expect(world.readFromShelf <= 200)
        world.attach("they", queues: ["others"])
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 2_200 && Set(world.runs.map(\.key.reminder)) == Set(mine + others))
        #expect(world.largestMemory <= 160 && world.core.snapshot.entriesInMemory == 0)
    }

    @Test("what was left to the disk is found by its lane also while the store is slow, fails, or cannot be read", arguments: [0, 30] as [Int64])
    func readByLaneInTrouble(delay: Int64) throws {
        let world = try Self.world()
        world.storeDelay = { delay }
        let ids = try (0..<1_000).map { try world.create(in: Int64($0 % 10) * 1_000, queue: "others") }
        world.run(milliseconds: 5_000)
        world.isDiskFull = true
        world.run(milliseconds: 3_000)
        world.attach("they", queues: ["others"])
        world.run(milliseconds: 3_000)
        world.isDiskFull = false
        world.isUnreadable = true
        world.run(milliseconds: 3_000)
        world.isUnreadable = false
        world.run(milliseconds: 120_000)
        #expect(world.runs.count == 1_000 && Set(world.runs.map(\.key.reminder)) == Set(ids))
        #expect(world.largestMemory <= 160 && world.core.snapshot.entriesInMemory == 0)
    }

    @Test("without the shelf it is not found", arguments: [nil, .forgetsTheShelf] as [Mutation?])
    func broken(mutation: Mutation?) throws {
        let world = try Self.world(mutation: mutation)
        for _ in 0..<300 { try world.create(in: 0, queue: "late") }
        world.run(milliseconds: 5_000)
        world.attach(queues: ["late"])
        world.run(milliseconds: 60_000)
        #expect((world.runs.count == 300) == (mutation == nil))
    }

    @Test("what a person had run at its series' second is found there with it, and stays when its series has missed that", arguments: [0, 30] as [Int64])
    func besideItsPosition(delay: Int64) throws {
        let world = try Self.world()
        world.storeDelay = { delay }
        let first = try world.create(in: 0)
        world.answer = { World.Answer(afterMilliseconds: $0.entry.due.occurrence.reminder == first ? 6_000 : 300) }
        world.attach(credit: 1)
        for _ in 0..<300 { try world.create(in: 3_000) }
        let id = try world.create(in: 1_000, rule: "FREQ=SECONDLY;INTERVAL=4;COUNT=3", policy: .skip)
        world.run(milliseconds: 5_300)
        world.change(id, .run)
        // Now the series is handed out and comes to that second, too, and there is as little room.
        world.run(milliseconds: 200_000)
        #expect(world.runs(of: id).map { $0.key.scheduledAt - World.start.second } == [1, 5])
        let summary = try world.summary(id)
        #expect(summary.state == .completed && summary.delivered == 2 && summary.missed?.count == 1)
    }

    @Test("a backlog of many times its share, after a long outage, is read about once, however often it drains")
    func longBacklog() async throws {
        let world = try Self.world()
        let ids = try (0..<2_000).map { try world.create(in: 10_000 + Int64($0 / 10)) }
        try await world.crash(downMilliseconds: 3_600_000)
        world.attach(credit: 4)
        world.answer = { _ in World.Answer(afterMilliseconds: 5) }
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 2_000 && Set(world.runs.map(\.key.reminder)) == Set(ids))
        #expect(world.loaded <= 3_000, "\(world.loaded) were brought by loads of what is due")
        #expect(world.readFromShelf <= 5_000, "\(world.readFromShelf) were looked at on the shelf")
        #expect(world.largestMemory <= 160 && world.core.snapshot.entriesInMemory == 0)
    }

    @Test("two callers whose backlogs both overflow are worked off in turns, also where their names differ in bytes alone")
    func callers() async throws {
        let world = try Self.world()
        let long = try (0..<1_000).map { _ in try world.create(in: 10_000, caller: "\u{e9}") }
        let short = try (0..<200).map { _ in try world.create(in: 10_000, caller: "e\u{301}") }
        try await world.crash(downMilliseconds: 3_600_000)
        world.attach(credit: 4)
        world.answer = { _ in World.Answer(afterMilliseconds: 5) }
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 1_200 && Set(world.runs.map(\.key.reminder)) == Set(long + short))
        let last = try #require(world.runs.lastIndex { short.contains($0.key.reminder) })
        #expect(last <= 500, "the last of 200 came after \(last) others")
    }

    @Test("what nobody serves expires, in however many lanes it is, and what is due is not read again for it")
    func manyLanes() throws {
        let world = try Self.world(64)
        let expiring = try (0..<1_500).map { index in
            try world.create(in: Int64(index % 5) * 1_000, queue: "q\(index)", expiresAfterSeconds: 20)
        }
        world.run(milliseconds: 10_000)
        let before = world.loaded
        world.run(milliseconds: 60_000)
        #expect(world.loaded == before)
        for id in expiring { #expect(try world.summary(id).dead == 1) }
        #expect(world.core.snapshot.entriesInMemory == 0)
    }
}
