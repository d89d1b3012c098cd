import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("tasks of which a worker can send nothing")
struct WaitingAsOne {
    private static let down = World.Answer(outcome: .unsent, retryAfterMilliseconds: 500)

    @Test("what is due waits as one: no lease, no report and no write for each")
    func waitsAsOne() throws {
        let world = try World()
        world.answer = { _ in Self.down }
        world.attach("a", credit: 50)
        for second in 0..<600 { for _ in 0..<3 { try world.create(in: Int64(second) * 1_000) } }
        let before = world.writes
        world.run(milliseconds: 600_000)
        #expect(world.writes == before)
        #expect(world.runs.count < 50 + 200, "\(world.runs.count)")
        #expect(world.core.snapshot.leased <= 1)
        world.answer = { _ in .delivered }
        world.run(milliseconds: 60_000)
        #expect(Set(world.runs.map(\.key)).count == 1_800 && world.core.snapshot.entriesInMemory == 0)
    }

    @Test("when the backend is back the number under way doubles from round to round")
    func stepByStep() throws {
        let world = try World()
        var isDown = true
        world.answer = { _ in isDown ? Self.down : World.Answer(afterMilliseconds: 100) }
        world.attach("a", credit: 1_000)
        for _ in 0..<1_500 { try world.create(in: 0) }
        world.run(milliseconds: 120_000)
        isDown = false
        let before = world.runs.count
        world.run(milliseconds: 60_000)
        let rounds = Dictionary(grouping: world.runs.dropFirst(before), by: \.at).sorted { $0.key < $1.key }.map(\.value.count)
        #expect(rounds.prefix(7) == [1, 2, 4, 8, 16, 32, 64])
        #expect(rounds.reduce(0, +) == 1_500)
    }

    @Test("another worker, and another task, are not held")
    func others() throws {
        let world = try World()
        world.answer = { [unowned world] dispatch in
            let isHeld = dispatch.entry.reminder.task == "test" && world.name(of: world.running[dispatch.lease]!.worker) == "a"
            return isHeld ? Self.down : .delivered
        }
        world.attach("a", credit: 1_000, tasks: ["test", "other"])
        let held = try world.create(in: 0)
        world.run(milliseconds: 100)
        let other = try world.create(in: 0, task: "other")
        world.run(milliseconds: 100)
        #expect(try world.summary(other).delivered == 1)
        world.attach("b", credit: 10)
        world.run(milliseconds: 31_000)
        #expect(try world.summary(held).delivered == 1)
    }

    @Test("a worker that connects again can send no more than before; one that left, or comes too late, is asked anew")
    func reconnects() throws {
        let world = try World()
        world.answer = { _ in Self.down }
        var worker = world.attach("a", credit: 100)
        for _ in 0..<100 { try world.create(in: 0) }
        world.run(milliseconds: 120_000)
        let before = world.runs.count
        for _ in 0..<5 {
            world.detach(worker)
            world.run(milliseconds: 100)
            worker = world.attach("a", credit: 100)
            world.run(milliseconds: 100)
        }
        #expect(world.runs.count <= before + 1)
        world.detach(worker)
        world.run(milliseconds: world.configuration.reconnectGraceMilliseconds + 100)
        world.attach("a", credit: 100)
        world.run(milliseconds: 100)
        #expect(world.runs.count >= before + 100)
    }

    @Test("of one worker so many tasks are held as bounds allow; of another each occurrence rests for itself")
    func manyTasks() throws {
        let world = try World()
        world.answer = { _ in Self.down }
        let tasks = (0..<Holds.maxPerWorker + 1).map { "task-\($0)" }
        world.attach("a", credit: 1_000, tasks: tasks)
        for task in tasks { for _ in 0..<20 { try world.create(in: 0, task: task) } }
        world.run(milliseconds: 60_000)
        #expect(world.core.holds.all.count == Holds.maxPerWorker)
        let before = world.runs.count
        world.run(milliseconds: 30_000)
        // About one in ten seconds of each that is held, and in half a minute of each occurrence of the other.
        #expect((20...100).contains(world.runs.count - before), "\(world.runs.count - before)")
        world.answer = { _ in .delivered }
        world.run(milliseconds: 120_000)
        #expect(world.core.snapshot.entriesInMemory == 0)
    }

    @Test("what was handed out to find out, and was lost, does not hold its task for ever")
    func lostProbe() throws {
        let world = try World()
        var isDown = true
        world.answer = { _ in isDown ? Self.down : .never }
        world.isDeaf = true
        world.attach("a")
        for _ in 0..<20 { try world.create(in: 0) }
        world.run(milliseconds: 1_000)
        isDown = false
        world.run(milliseconds: 60_000)
        #expect(world.core.snapshot.leased == 1)
        world.answer = { _ in .delivered }
        world.run(milliseconds: 120_000)
        #expect(Set(world.runs.map(\.key)).count == 20 && world.core.snapshot.entriesInMemory == 0)
    }

    @Test("an outage of twenty hours costs lateness: nothing is a dead letter, and nothing comes twice")
    func twentyHours() throws {
        let world = try World()
        var isDown = true, asked = 0
        world.answer = { _ in
            guard isDown else { return .delivered }
            asked += 1
            // As a notifier does: now and then one request finds out that nobody answers.
            return asked % 3 == 0 ? World.Answer(outcome: .retry) : Self.down
        }
        world.attach("a", credit: 500)
        let seconds = 20 * 3_600, count = seconds / 10
        for index in 0..<count { try world.create(in: Int64(index) * 10_000 + 10_000) }
        world.run(milliseconds: Int64(seconds) * 1_000)
        let written = world.writes
        #expect(written < asked, "only what was sent is written: \(written) of \(asked)")
        isDown = false
        let before = world.runs.count
        world.run(milliseconds: 2 * 3_600_000)
        #expect(world.runs.count - before == count)
        #expect(Set(world.runs.dropFirst(before).map(\.key)).count == count)
        #expect(world.core.snapshot.entriesInMemory == 0)
    }
}
