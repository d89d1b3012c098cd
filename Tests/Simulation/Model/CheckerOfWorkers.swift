import SchedulerCore
import TaskDomain

/// Promise 6: a worker is handed no more than it has said that it has room for, and of no other queue than it has said that it serves.
extension Checker {
    /// What the scheduler has heard from a worker, and handed it since.
    struct Room {
        var credit: Int
        var queues: Set<String>
    }

    func hasRoom(_ instance: String, _ message: WorkerMessage) {
        if let attach = message.attach { rooms[instance] = Room(credit: message.credit, queues: Set(attach.queues)) }
        if let standing = message.standing { rooms[instance]?.queues = standing.isDrained ? [] : Set(standing.queues) }
        rooms[instance]?.credit += (message.attach == nil ? message.credit : 0) - message.withdrawn
    }

    func checkRoom(_ dispatch: Dispatch, at instance: String) {
        guard let room = rooms[instance] else { return }
        let reminder = dispatch.entry.reminder, second = dispatch.entry.due.occurrence.scheduledAt
        if room.credit < 1 { broken(6, reminder.id, "\(second) is handed to \(instance), which has no room for it") }
        if !room.queues.contains(reminder.queue) {
            broken(6, reminder.id, "\(second) is handed to \(instance), which does not serve \(reminder.queue)")
        }
        rooms[instance]?.credit -= 1
    }
}
