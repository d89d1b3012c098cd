import Storage
import TaskDomain

/// A reminder with changes on their way to the store.
struct Changing {
    var count = 0
    /// One of them is to give it another schedule than this, which it had before, where that is in memory.
    var formerSchedule: Schedule?
    /// It has another schedule now.
    var isRescheduled = false
    /// Attempts that ended meanwhile.
    var ends: [AttemptEnd] = []
    /// Occurrences taken out of memory that a worker of a former process may run.
    var doubtful: [OccurrenceKey] = []
}

/// What is stored of one second of a reminder, and is to come: a row, its series' position, or both, where a person had that second run.
private struct StoredPair {
    private var row: DueEntry?
    private var position: DueEntry?

    static func pairs(of entries: [DueEntry]) -> [OccurrenceKey: StoredPair] {
        entries.reduce(into: [:]) { pairs, entry in
            let part = entry.positionIndex == nil ? \StoredPair.row : \.position
            pairs[entry.due.occurrence, default: StoredPair()][keyPath: part] = entry
        }
    }

    var hasBoth: Bool { row != nil && position != nil }

    /// What stands for an occurrence that is one of the two, or was before a change.
    func entry(isPosition: Bool) -> DueEntry? { isPosition ? position ?? row : row ?? position }
}

/// What callers ask to be done with reminders.
///
/// A change takes its reminder out of memory, is written in order with everything that was decided before it, and its
/// result, where the reminder stands then, brings it back. Meanwhile nothing is decided about the reminder: what a
/// worker runs goes on, and its end is settled afterwards.
extension SchedulerCore {
    /// Takes a reminder out of memory until a change of it is on stable storage.
    mutating func withdraw(_ id: ReminderID, for change: ReminderChange) {
        if case .pause = change { partRunning(id) }
        changing[id, default: Changing()].count += 1
        if case .replace(let new, _) = change, changing[id]?.formerSchedule == nil {
            changing[id]?.formerSchedule = table.entries(of: id).lazy.map(\.reminder.schedule).first { $0 != new.schedule }
        }
        for entry in table.entries(of: id) where !entry.isHandedOut && !breaks(.keepsWhatIsChanged) {
            if entry.state == .inDoubt { changing[id]?.doubtful.append(entry.key) }
            forget(entry)
        }
        outdate(.reminder(id))
    }

    /// What runs when its series is paused goes its own way, so that the resumption does not take it for missed.
    private mutating func partRunning(_ id: ReminderID) {
        for entry in table.entries(of: id) where entry.isHandedOut {
            part(entry)
        }
    }

    /// Gives an occurrence that is its series' position a row of its own; the reminder is to be taken out of memory then.
    mutating func part(_ entry: Entry) {
        guard let step = moveOn(entry) else { return }
        write(.materialise(entry.key, dueAt: entry.dueAt, tries: entry.tries, move: step.move), of: entry.key.reminder)
        outdate(.occurrence(entry.key))
    }

    /// A request's write is on stable storage.
    mutating func changed(_ write: StoreWrite, _ result: StoreWriteResult) {
        switch (write, result) {
        case (.queue(let settings), _):
            queues.set(settings)
            lanes.goOn(settings.name)
        case (.change(let id, _, _, _), .changed(let outcome)):
            if outcome.isRescheduled { changing[id]?.isRescheduled = true }
            bringBack(id, outcome.standing)
        case (.change(let id, _, _, _), _): bringBack(id, nil)
        default: break
        }
    }

    private mutating func bringBack(_ id: ReminderID, _ standing: ReminderStanding?) {
        guard var change = changing[id] else { return }
        if standing != nil { unheardCreates.told(of: id) }
        change.count -= 1
        changing[id] = change
        // The last of several sees what the others did.
        guard change.count <= 0 else { return }
        // What ended before is of the old schedule, as on disk. A change that had to be repeated is known by what was in memory.
        let isKnownOtherwise = change.formerSchedule.map { $0 != standing?.reminder.schedule } ?? false
        if change.isRescheduled || isKnownOtherwise { passed.forget(id) }
        let entries = standing?.entries ?? []
        let beyond = entries.count > ReminderStanding.maxEntries ? entries.last?.due : nil
        let stored = StoredPair.pairs(of: entries)
        // First what is stored: what follows on an occurrence under way may be among it. And the series last of it: where it has ended
        // at a former process it comes to what has a row already.
        let known = entries.prefix(ReminderStanding.maxEntries).filter { found in
            guard let other = table[found.due.occurrence], other.isHandedOut else { return true }
            return stored[other.key]?.hasBoth ?? false && (found.positionIndex == nil) != (other.positionIndex == nil)
        }
        for entry in known where entry.positionIndex == nil { place(Entry(entry)) }
        for entry in known where entry.positionIndex != nil { place(Entry(entry)) }
        // From here on things are decided about it again: the next of its series may have fallen due meanwhile.
        let ends = changing.removeValue(forKey: id)?.ends ?? []
        for entry in table.entries(of: id) where entry.isHandedOut {
            if let standing, let beyond, entry.due >= beyond {
                // The answer does not reach so far: it is on disk as it was, and read from there where nothing is sent for now.
                entry.reminder = standing.reminder
                entry.destine(to: entry.isManual || standing.state == .scheduled && !standing.isHeld ? .kept : .paused)
                continue
            }
            adapt(entry, to: standing, stored[entry.key]?.entry(isPosition: entry.positionIndex != nil))
        }
        if let beyond { windows[id.shard]?.leaveOnDisk(beyond) }
        // What workers had said of what has come back is among it by now: it may end the series, with all that is to come of it. Or it has to be
        // asked anew where the reminder stands.
        for end in ends {
            if changing[id] == nil { conclude(end) } else { changing[id]?.ends.append(end) }
        }
        dropClaims(to: id)
        if changing[id] == nil { line.free(id) }
    }

    /// A worker runs an occurrence of a reminder that has been changed.
    /// - Parameter stored: the occurrence as it is on disk; `nil` where it is not to come by itself.
    private mutating func adapt(_ entry: Entry, to standing: ReminderStanding?, _ stored: DueEntry?) {
        // Of a cancelled one, only what a person asked for goes on; and it stays, where its credential has been refused meanwhile.
        guard let standing, standing.state != .cancelled || stored != nil || standing.isHeld && entry.fate == .paused else { return revoke(entry) }
        if standing.reminder.schedule != entry.reminder.schedule {
            entry.series = nil
            entry.successor = .unknown
        }
        entry.reminder = standing.reminder
        entry.destine(to: (standing.state == .paused || standing.isHeld) && stored == nil ? .paused : .kept)
        if let stored {
            entry.positionIndex = stored.positionIndex
            entry.isManual = stored.isManual
            _ = successor(of: entry)
            scheduleOvertake(entry, within: leaseLeft(of: entry))
        } else if entry.fate != .paused {
            revoke(entry)
        }
    }
}
