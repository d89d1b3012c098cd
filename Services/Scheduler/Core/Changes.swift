import Domain
import Storage

/// A reminder with changes on their way to the store.
struct Changing {
    var count = 0
    /// Attempts that ended meanwhile.
    var ends: [AttemptEnd] = []
}

/// What callers ask to be done with reminders.
///
/// A change takes its reminder out of memory, is written in order with everything that was decided before it, and its
/// result, where the reminder stands then, brings it back. Meanwhile nothing is decided about the reminder: what a
/// worker runs goes on, and its end is settled afterwards.
extension SchedulerCore {
    mutating func request(_ id: RequestID, _ writes: [StoreWrite]) {
        guard !outbox.isFailing, outbox.pendingRequests < configuration.maxPendingRequests else {
            effects.append(.refuse(id))
            return
        }
        for case .change(let reminder, _, _, _) in writes { withdraw(reminder) }
        outbox.add(writes, for: id)
    }

    private mutating func withdraw(_ id: ReminderID) {
        changing[id, default: Changing()].count += 1
        for entry in table.entries(of: id) where !entry.isLeased { forget(entry) }
        windows[id.shard]?.load?.ended.insert(id)
    }

    /// A request's write is on stable storage.
    mutating func changed(_ write: StoreWrite, _ result: StoreWriteResult) {
        switch (write, result) {
        case (.queue(let settings), _): queues.set(settings)
        case (.change(let id, _, _, _), .changed(let outcome)): bringBack(id, outcome.standing)
        case (.change(let id, _, _, _), _): bringBack(id, nil)
        default: break
        }
    }

    private mutating func bringBack(_ id: ReminderID, _ standing: ReminderStanding?) {
        guard var change = changing[id] else { return }
        change.count -= 1
        changing[id] = change
        // The last of several sees what the others did.
        guard change.count <= 0 else { return }
        changing[id] = nil
        let entries = standing?.entries ?? []
        for entry in table.entries(of: id) where entry.isLeased {
            adapt(entry, to: standing, entries.first { $0.due.occurrence == entry.key })
        }
        for entry in entries.prefix(ReminderStanding.maxEntries) where table[entry.due.occurrence] == nil {
            place(Entry(entry))
        }
        if entries.count > ReminderStanding.maxEntries, let beyond = entries.last {
            windows[id.shard]?.leaveOnDisk(beyond.due)
        }
        for end in change.ends { conclude(end) }
    }

    /// A worker runs an occurrence of a reminder that has been changed.
    /// - Parameter stored: the occurrence as it is on disk; `nil` where it is not to come by itself.
    private mutating func adapt(_ entry: Entry, to standing: ReminderStanding?, _ stored: DueEntry?) {
        guard let standing, standing.state != .cancelled else { return revoke(entry) }
        if standing.reminder.schedule != entry.reminder.schedule {
            entry.series = nil
            entry.successor = .unknown
        }
        entry.reminder = standing.reminder
        entry.isPaused = standing.state == .paused && stored == nil
        if let stored {
            entry.positionIndex = stored.positionIndex
            entry.isManual = stored.isManual
            _ = successor(of: entry)
            scheduleOvertake(entry)
        } else if !entry.isPaused {
            revoke(entry)
        }
    }
}
