import SchedulerCore
import TaskDomain

/// Promise 6: a worker is handed no more than it has said that it has room for, and of no other queue than it has said that it serves.
extension Checker {
    /// What the scheduler has heard from a worker, and handed it since.
    struct Room {
        let worker: WorkerID
        /// What it may have been handed on its stream in all, and what it was.
        var limit: Int, handed = 0
        var queues: Set<String>
    }

    func hasRoom(_ instance: String, as worker: WorkerID, _ message: WorkerMessage) {
        if let attach = message.attach { rooms[instance] = Room(worker: worker, limit: message.creditLimit ?? 0, queues: Set(attach.queues)) }
        // What was said over a former stream counts no more.
        guard rooms[instance]?.worker == worker else { return }
        if let standing = message.standing { rooms[instance]?.queues = standing.isDrained ? [] : Set(standing.queues) }
        if let limit = message.creditLimit { rooms[instance]?.limit = limit }
    }

    func checkRoom(_ dispatch: Dispatch, at instance: String) {
        guard let room = rooms[instance] else { return }
        let reminder = dispatch.entry.reminder, second = dispatch.entry.due.occurrence.scheduledAt
        if room.handed >= room.limit { broken(6, reminder.id, "\(second) is handed to \(instance), which has no room for it") }
        if !room.queues.contains(reminder.queue) {
            broken(6, reminder.id, "\(second) is handed to \(instance), which does not serve \(reminder.queue)")
        }
        rooms[instance]?.handed += 1
    }
}
