import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("what is called off while a worker has it")
struct CallingOff {
    /// A worker that has one occurrence of a reminder, and says nothing of it.
    private static func world() throws -> (World, WorkerID, ReminderID, UInt64, OccurrenceKey) {
        let world = try World()
        world.answer = { _ in .never }
        world.isDeaf = true
        let worker = world.attach("a")
        let id = try world.create(in: 0)
        world.run(milliseconds: 100)
        let (lease, run) = try #require(world.running.first)
        return (world, worker, id, lease, run.key)
    }

    @Test("the answer waits until the worker has stopped it, and nothing of it has been tried", arguments: [ReminderChange.cancel, .pause])
    func stopped(change: ReminderChange) throws {
        let (world, worker, id, lease, key) = try Self.world()
        let request = world.change(id, change)
        world.run(milliseconds: 10)
        #expect(world.outcomes[request] == nil && world.recalled == [lease])
        world.report(worker, lease, key, .unsent)
        #expect(world.outcomes[request] != nil && world.inFlight[request] == [])
        world.run(milliseconds: 1_000)
        #expect(world.runs.count == 1)
        #expect(try world.attempts(id).isEmpty)
        guard case .pause = change else { return }
        // It was never sent: it is still to come.
        world.change(id, .resume(goesOnAt: .itsPosition))
        world.run(milliseconds: 1_000)
        #expect(world.runs.count == 2)
    }

    @Test("of what had left, the answer says so after a while, or as soon as its end is known", arguments: [true, false])
    func left(ends: Bool) throws {
        let (world, worker, id, lease, key) = try Self.world()
        let request = world.change(id, .cancel)
        world.run(milliseconds: world.configuration.recallMilliseconds - 1)
        #expect(world.outcomes[request] == nil)
        if ends {
            world.report(worker, lease, key, .delivered)
            #expect(world.outcomes[request] != nil && world.inFlight[request] == [])
        } else {
            world.run(milliseconds: 1)
            #expect(world.outcomes[request] != nil && world.inFlight[request] == [key])
            world.report(worker, lease, key, .delivered)
        }
        world.run(milliseconds: 1)
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("said twice, it waits twice")
    func twice() throws {
        let (world, worker, id, lease, key) = try Self.world()
        let first = world.change(id, .cancel), second = world.change(id, .cancel)
        world.run(milliseconds: world.configuration.recallMilliseconds)
        let third = world.change(id, .cancel)
        world.run(milliseconds: 10)
        #expect(world.inFlight[first] == [key] && world.inFlight[second] == [key] && world.outcomes[third] == nil)
        world.report(worker, lease, key, .unsent)
        #expect(world.inFlight[third] == [])
    }

    @Test("a worker that is away cannot be told: what it has is named, or it is told when it is back in time", arguments: [true, false])
    func away(isBack: Bool) throws {
        let (world, worker, id, lease, key) = try Self.world()
        world.detach(worker)
        let request = world.change(id, .cancel)
        world.run(milliseconds: 100)
        #expect(world.outcomes[request] == nil && world.recalled.isEmpty)
        if isBack {
            let again = world.attach("a", running: [LeaseReport(lease: lease, key: key)])
            #expect(world.recalled + world.revoked == [lease])
            world.report(again, lease, key, .unsent)
            #expect(world.inFlight[request] == [])
        } else {
            world.run(milliseconds: world.configuration.reconnectGraceMilliseconds)
            #expect(world.inFlight[request] == [key])
        }
    }

    @Test("what a worker of the process before may have is named")
    func doubtful() async throws {
        let (world, _, id, _, key) = try Self.world()
        try await world.crash()
        world.run(milliseconds: 100)
        let request = world.change(id, .cancel)
        #expect(world.inFlight[request] == [key])
    }

    @Test("a change of what no worker has is answered at once, and so is one that calls nothing off")
    func nothing() throws {
        let (world, _, id, _, key) = try Self.world()
        let other = try world.create(in: 60_000)
        let first = world.change(other, .cancel), second = world.change(id, .replaceAuthorization(sealed: [2]))
        #expect(world.inFlight[first] == [] && world.inFlight[second] == [])
        // What had fallen due before an edit goes its way, and is named.
        let old = try world.summary(id).reminder
        let request = world.change(id, .replace(old, position: nil))
        #expect(world.inFlight[request] == [key])
    }
}
