import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("which shard is read first")
struct ReadingShards {
    private static let wall = World.start

    @Test("the one that has been read least far, and none while it is being read")
    func leastFar() throws {
        var windows = Windows()
        let shards = [0, 1, 2, 9].map { Shard.all[$0] }
        for shard in shards { windows[shard] = Window(token: shard == shards[3] ? 2 : 1) }
        func least(_ token: UInt64 = 1) -> Windows.Wanted? { windows.leastRead(of: token) }
        let first = try #require(least())
        #expect(first.shard == Shard.all[0] && windows.brokenInvariant(of: shards) == nil)
        _ = windows.begin(Window.Load(through: Self.wall, limit: 10), first, of: 1)
        #expect(windows.reserved == 10 && least()?.shard == Shard.all[1] && least(2)?.shard == Shard.all[9])
        windows[first.shard]?.finish(end: nil)
        #expect(windows.reserved == 0)
        for end in [30, 20] as [Int64] {
            let next = try #require(least())
            _ = windows.begin(Window.Load(through: Self.wall + end, limit: 10), next, of: 1)
            windows[next.shard]?.finish(end: nil)
        }
        #expect(least() == Windows.Wanted(end: Self.wall, shard: Shard.all[0]))
        // What is left to the disk of one makes that the first.
        windows[Shard.all[1]]?.leaveOnDisk(.end(ofMillisecond: Self.wall - 5))
        #expect(least()?.shard == Shard.all[1] && windows.brokenInvariant(of: shards) == nil)
        windows[Shard.all[1]] = nil
        #expect(least()?.shard == Shard.all[0] && windows.brokenInvariant(of: [shards[0], shards[2], shards[3]]) == nil)
        #expect(windows.brokenInvariant(of: shards) != nil)
    }

    @Test("what is needed soon is asked for at once, and what is not a few shards at a time, so that writes go between", arguments: [false, true])
    func fewAtATime(isSoon: Bool) {
        let loom = Loom()
        loom.take(0)
        loom.take(1)
        loom.silent = [0, 1]
        let horizon = loom.core.configuration.horizonMilliseconds
        // Half of what was read has passed, or more than three quarters.
        loom.run(milliseconds: isSoon ? horizon * 7 / 8 : horizon / 2 + 1_000)
        #expect(loom.core.windows.loads == (isSoon ? Shard.count : SchedulerCore.unhurriedLoads))
        loom.answer(0)
        loom.answer(1)
        loom.run(milliseconds: 500)
        #expect(loom.core.windows.loads == 0 && Shard.all.allSatisfy { (loom.core.windows[$0]?.end ?? .distantPast) > loom.now.wall + horizon / 2 })
    }

    @Test("one whose load failed is read again, however often, and what has lapsed takes no more room than there are shards")
    func again() throws {
        var windows = Windows()
        for shard in Shard.all { windows[shard] = Window(token: 1) }
        for round in Int64(0)..<2_000 {
            let least = windows.leastRead(of: 1), wanted = try #require(least)
            #expect(wanted.shard == Shard.all[0])
            _ = windows.begin(Window.Load(through: Self.wall, limit: 10), wanted, of: 1)
            windows[wanted.shard]?.load = nil
            let other = Shard.all[Int(round) % (Shard.count - 1) + 1]
            windows[other]?.pass(.end(ofMillisecond: Self.wall + round))
        }
        #expect(windows.brokenInvariant(of: Shard.all) == nil && windows.waiting <= 3 * Shard.count)
    }
}
