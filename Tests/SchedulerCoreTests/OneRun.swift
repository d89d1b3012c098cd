import TaskDomain
import Testing

@testable import SchedulerCore

/// A world in which a worker runs the only occurrence of a reminder, and says nothing of it by itself.
struct OneRun {
    let world: World
    /// As which worker "a" is there.
    let worker: WorkerID
    let id: ReminderID
    let lease: UInt64
    let key: OccurrenceKey

    init() throws {
        world = try World()
        world.answer = { _ in .never }
        worker = world.attach("a")
        id = try world.create(in: 0)
        world.run(milliseconds: 100)
        let (lease, run) = try #require(world.running.first)
        (self.lease, key) = (lease, run.key)
    }

    /// A worker says that it has ended.
    func report(_ worker: WorkerID, _ outcome: Outcome, startedMillisecondsAgo: Int64 = 0) {
        world.report(worker, lease, key, outcome, startedMillisecondsAgo: startedMillisecondsAgo)
    }
}
