import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("what tasks return")
struct Results {
    private static let result = [UInt8](repeating: 0x31, count: 100)

    @Test("is stored with the attempt that was final, and with no other", arguments: [Outcome.delivered, .cancelSchedule, .retry, .rejected])
    func kept(outcome: Outcome) throws {
        let world = try World()
        world.answer = { _ in World.Answer(outcome: outcome, result: Self.result) }
        world.attach()
        let id = try world.create(in: 0, maxAttempts: 1)
        world.run(milliseconds: 100)
        #expect(try world.attempts(id).map(\.result) == [outcome.isFinal ? Self.result : []])
        #expect(world.core.strands.resultBytes == 0)
    }

    @Test("while too much of it waits for the store nothing more is dispatched; all of it is stored when that can be written again")
    func waiting() throws {
        var configuration = CoreConfiguration()
        configuration.maxPendingResultBytes = 300
        let world = try World(configuration: configuration)
        world.answer = { _ in World.Answer(result: Self.result) }
        world.attach(credit: 3)
        let ids = try (0..<8).map { _ in try world.create(in: 1_000) }
        world.run(milliseconds: 900)
        // Each answer of the store comes late, so that writes wait; it does not fail.
        world.storeDelay = { 10_000 }
        world.run(milliseconds: 5_000)
        // A worker's credit comes before its outcome, so that as many more may have been handed out by then.
        #expect((3...6).contains(world.runs.count) && world.core.strands.resultBytes == 100 * world.runs.count)
        world.storeDelay = { 0 }
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 8 && world.core.strands.resultBytes == 0)
        for id in ids { #expect(try world.attempts(id).map(\.result) == [Self.result]) }
    }

    @Test("beyond the bound of memory it is left out in words, and what returned it is done", arguments: [199, 200])
    func leftOut(most: Int) throws {
        var configuration = CoreConfiguration()
        configuration.maxResultBytes = most
        let world = try World(configuration: configuration)
        world.answer = { _ in World.Answer(result: Self.result) }
        world.attach()
        let ids = try (0..<2).map { _ in try world.create(in: 1_000) }
        world.run(milliseconds: 900)
        world.isDiskFull = true
        world.run(milliseconds: 1_000)
        world.isDiskFull = false
        world.run(milliseconds: 10_000)
        let attempts = try ids.flatMap { try world.attempts($0) }.sorted { $0.result.count > $1.result.count }
        #expect(attempts.map(\.outcome) == [.delivered, .delivered] && attempts[0].result == Self.result)
        #expect(attempts[1].result == (most == 200 ? Self.result : []))
        #expect(attempts[1].detail.hasPrefix("the result, 100 bytes, was not kept: the store is behind") == (most == 199))
    }
}
