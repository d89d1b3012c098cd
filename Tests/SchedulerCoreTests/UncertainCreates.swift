import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("creates that failed and may be stored")
struct UncertainCreates {
    @Test(
        "what is stored although its create failed is delivered in time, without a restart",
        arguments: [nil, Mutation.takesFailedCreatesForNone], [true, false])
    func lost(mutation: Mutation?, isDue: Bool) throws {
        var configuration = CoreConfiguration()
        configuration.mutation = mutation
        let world = try World(configuration: configuration)
        world.attach("a")
        world.run(milliseconds: 1_000)
        let single = try world.create(in: isDue ? -2_000 : 5_000, comesTo: .lost)
        let series = try world.create(in: 10_000, rule: "FREQ=SECONDLY;INTERVAL=10;COUNT=3", comesTo: .lost)
        // Due later than anything in memory: read in its turn.
        let later = try world.create(in: 200_000, comesTo: .lost)
        world.run(milliseconds: 50_000)
        guard mutation == nil else { return #expect(world.runs.isEmpty) }
        #expect(world.runs(of: single).count == 1 && world.runs(of: series).count == 3)
        world.run(milliseconds: 200_000)
        #expect(world.runs(of: later).count == 1)
        #expect(world.core.snapshot.entriesInMemory == 0)
    }

    @Test("of what is not stored nothing is made")
    func failed() throws {
        let world = try World()
        world.attach("a")
        for milliseconds in [Int64(0), 5_000, 200_000] { try world.create(in: milliseconds, comesTo: .failed) }
        world.run(milliseconds: 300_000)
        #expect(world.runs.isEmpty && world.core.snapshot.entriesInMemory == 0 && world.core.snapshot.unwritten == 0)
    }

    @Test("while the disk is full they wait, and a caller's change that comes first is heeded")
    func changedMeanwhile() throws {
        let world = try World()
        world.attach("a")
        world.run(milliseconds: 1_000)
        let delivered = try world.create(in: 0)
        world.isDiskFull = true
        world.run(milliseconds: 1_000)
        let kept = try world.create(in: 20_000, comesTo: .lost), cancelled = try world.create(in: 20_000, comesTo: .lost)
        world.run(milliseconds: 5_000)
        world.isDiskFull = false
        world.run(milliseconds: 5_000)
        world.cancel(cancelled)
        world.run(milliseconds: 30_000)
        #expect(world.runs(of: delivered).count == 1 && world.runs(of: kept).count == 1 && world.runs(of: cancelled).isEmpty)
    }

    @Test("more of them than are remembered are found by reading their shards again")
    func many() throws {
        var configuration = CoreConfiguration()
        configuration.maxPendingRequests = 10
        let world = try World(configuration: configuration)
        world.attach("a")
        world.run(milliseconds: 1_000)
        world.isDiskFull = true
        // So that none is asked for before all have come.
        _ = try world.create(in: 0)
        world.run(milliseconds: 100)
        let ids = try (0..<100).map { _ in try world.create(in: 20_000, comesTo: .lost) }
        world.isDiskFull = false
        world.run(milliseconds: 40_000)
        for id in ids { #expect(world.runs(of: id).count == 1) }
    }

    @Test(
        "what was read and delivered before its create was heard of is not delivered again",
        arguments: [(nil, 0), (nil, 7_200_000), (nil, -7_200_000), (.believesLateCreates, 0)] as [(Mutation?, Int64)])
    func heardLate(mutation: Mutation?, clockIsSetBy step: Int64) throws {
        var configuration = CoreConfiguration()
        configuration.mutation = mutation
        let world = try World(configuration: configuration)
        world.attach("a")
        world.setWallClock(by: -step)
        // Beyond what has been read.
        let read = try world.create(in: 3_600_000 + max(0, step), comesTo: .unheard)
        world.run(milliseconds: 100)
        world.setWallClock(by: step)
        world.run(milliseconds: 3_600_000 + max(0, -step) + 10_000)
        #expect(world.runs.map(\.key.reminder) == [read])
        try world.hear(of: read)
        world.run(milliseconds: 1_000)
        #expect(world.runs(of: read).count == (mutation == nil ? 1 : 2))
    }

    @Test("what was called off before its create was heard of is not delivered")
    func cancelledUnheard() throws {
        let world = try World()
        let id = try world.create(in: 0, comesTo: .unheard)
        world.cancel(id)
        world.run(milliseconds: 100)
        try world.hear(of: id)
        world.attach("a")
        world.run(milliseconds: 1_000)
        #expect(world.runs.isEmpty)
    }
}
