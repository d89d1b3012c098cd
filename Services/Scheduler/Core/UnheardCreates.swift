import Storage
import TaskDomain

/// Creates that the store has been given, and whose end has not been heard of. What it reads and what it says of writes come on ways of their
/// own, so that the create of a reminder may be heard of after it was read, and even after what was due of it has been delivered.
struct UnheardCreates {
    private struct Create {
        /// One may be asked for again while its answer is on the way.
        var times = 0
        /// The store has told where the reminder stands: what its create says is old.
        var isTold = false
    }

    private var creates: [ReminderID: Create] = [:]

    mutating func begin(_ id: ReminderID) { creates[id, default: Create()].times += 1 }

    /// The store has told where it stands.
    mutating func told(of id: ReminderID) {
        guard !creates.isEmpty else { return }
        creates[id]?.isTold = true
    }

    /// An end of its create is heard of.
    /// - Returns: whether what it says is old.
    @discardableResult
    mutating func end(_ id: ReminderID) -> Bool {
        guard var create = creates[id] else { return false }
        create.times -= 1
        creates[id] = create.times > 0 ? create : nil
        return create.isTold
    }
}

extension SchedulerCore {
    /// Tells of a create before the store is given it. Its end is `Event.created`, `Event.mayBeStored` or `createEnded`.
    public mutating func creating(_ id: ReminderID) { unheardCreates.begin(id) }

    /// A create has made nothing.
    public mutating func createEnded(_ id: ReminderID) { unheardCreates.end(id) }

    /// A reminder has been created.
    mutating func created(_ entry: DueEntry) {
        let isOld = unheardCreates.end(entry.reminder.id)
        // A change of it that is on its way will tell where it stands.
        guard owns(entry.due.occurrence), changing[entry.reminder.id] == nil else { return }
        guard !isOld || breaks(.believesLateCreates) else { return }
        place(Entry(entry))
    }
}
