import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("workers that become something else")
struct ChangedWorkers {
    @Test("one that lowers its limit below what it was handed gets nothing until the limit is above that")
    func fewer() throws {
        let world = try World()
        world.answer = { _ in .never }
        let worker = world.attach("a", credit: 5)
        for _ in 0..<3 { try world.create(in: 0) }
        world.run(milliseconds: 100)
        #expect(world.runs.count == 3)
        world.grant(worker, -4)
        for _ in 0..<5 { try world.create(in: 0) }
        world.run(milliseconds: 100)
        #expect(world.runs.count == 3)
        world.grant(worker, 2)
        world.run(milliseconds: 100)
        #expect(world.runs.count == 3)
        world.grant(worker, 1)
        world.run(milliseconds: 100)
        #expect(world.runs.count == 4)
        world.grant(worker, -4)
        world.grant(worker, 4)
        world.run(milliseconds: 100)
        #expect(world.runs.count == 4, "what it was handed counts, whatever the limit was meanwhile")
        world.grant(worker, 1)
        world.run(milliseconds: 100)
        #expect(world.runs.count == 5)
    }

    @Test("one that takes a queue is handed what waits there, and what it drops waits for another, unserved")
    func queues() throws {
        let world = try World()
        let worker = world.attach("a", queues: ["one"])
        let first = try world.create(in: 0, queue: "one"), second = try world.create(in: 0, queue: "two")
        world.run(milliseconds: 100)
        #expect(world.runs.map(\.key.reminder) == [first])
        #expect(world.core.unserved(limit: 5) == ["two/test"] && world.core.queueStanding(of: "two").workers == 0)
        world.stands(worker, ["two"])
        world.run(milliseconds: 100)
        #expect(world.runs.map(\.key.reminder) == [first, second])
        let third = try world.create(in: 0, queue: "one")
        world.run(milliseconds: 100)
        #expect(world.runs.count == 2 && world.core.unserved(limit: 5) == ["one/test"] && !world.core.isServed(queue: "one", task: "test"))
        world.attach("b", queues: ["one"])
        world.run(milliseconds: 100)
        #expect(world.runs.last?.key.reminder == third && world.runs.last?.worker == "b")
    }

    @Test("one that is drained is handed nothing and serves nothing, finishes what it runs, and goes on with the room that it has")
    func drained() throws {
        let world = try World()
        world.answer = { _ in .never }
        let worker = world.attach("a", credit: 2)
        let first = try world.create(in: 0)
        world.run(milliseconds: 100)
        world.stands(worker, ["default"], isDrained: true)
        let second = try world.create(in: 0)
        world.run(milliseconds: 100)
        #expect(world.runs.map(\.key.reminder) == [first] && world.core.unserved(limit: 5) == ["default/test"])
        let (lease, run) = try #require(world.running.first)
        world.report(worker, lease, run.key, .delivered)
        world.run(milliseconds: 100)
        #expect(try world.summary(first).delivered == 1)
        world.stands(worker, ["default"])
        world.run(milliseconds: 100)
        #expect(world.runs.map(\.key.reminder) == [first, second])
    }

    @Test("what is held of one stays held when it serves something else")
    func held() throws {
        let world = try World()
        world.answer = { _ in World.Answer(outcome: .unsent, retryAfterMilliseconds: 60_000) }
        let worker = world.attach("a", queues: ["one"])
        try world.create(in: 0, queue: "one")
        world.run(milliseconds: 100)
        #expect(world.runs.count == 1)
        try world.create(in: 0, queue: "two")
        world.stands(worker, ["one", "two"])
        world.run(milliseconds: 1_000)
        #expect(world.runs.count == 1)
    }
}
