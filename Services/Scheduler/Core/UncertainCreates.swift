import Storage
import TaskDomain

/// Creates that failed, and may be stored all the same: a commit is carried out, and its answer lost with the connection or the disk.
///
/// What is stored and not in memory would not be fired before the next process reads it, if it is due within the time that has been read.
/// So where each stands is asked for when the store takes writes again, by a change that changes nothing, in order with all others.
extension SchedulerCore {
    /// A create came to no known end.
    mutating func mayBeStored(_ entry: DueEntry) {
        let id = entry.reminder.id
        unheardCreates.end(id)
        // Anything later will be read in its turn.
        guard let strand = strands[id.shard], windows[id.shard]?.holds(entry.due) ?? false, !breaks(.takesFailedCreatesForNone) else { return }
        if strand.uncertainCreates.count < configuration.maxPendingRequests {
            strand.uncertainCreates.append(id)
        } else {
            windows[id.shard]?.restart()
        }
    }

    /// Asks where they stand, once nothing that has failed is to be repeated first.
    mutating func lookForUncertainCreates() {
        for strand in strands.all where !strand.uncertainCreates.isEmpty && strand.outbox.isFree && !strand.isRetired {
            for id in strand.uncertainCreates { askWhereItStands(id) }
            strand.uncertainCreates = []
        }
    }

    /// Asks the store where a reminder stands, behind everything that was decided of it before.
    mutating func askWhereItStands(_ id: ReminderID) {
        let nothing = ReminderChange.realign(from: .distantPast, to: nil)
        withdraw(id, for: nothing)
        strand(of: id)?.outbox.add([.change(id, nothing, ChangeGuard(), at: now.wall)], for: .own)
    }
}
