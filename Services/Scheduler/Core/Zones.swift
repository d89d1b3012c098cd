import Domain
import Recurrence
import Storage

/// Series in zones whose data has changed.
///
/// What is stored of them is being computed anew, a page at a time, by changes that come from outside (`ReminderChange.realign`). Meanwhile,
/// and for what had fallen due before it was computed anew, a series steps on by the index of its occurrence and not by its instant, so that
/// what was fired by the old data does not come again on the same local date by the new.
extension SchedulerCore {
    mutating func zonesChanged(_ zones: Set<String>) {
        changedZones.formUnion(zones)
        for entry in table.all where zones.contains(entry.reminder.schedule.timezone) {
            entry.series = nil
            entry.successor = .unknown
            guard entry.isHandedOut else { continue }
            _ = successor(of: entry)
            scheduleOvertake(entry)
        }
    }

    /// The occurrence after one that is its reminder's position.
    func next(after position: Cursor, in series: Series, of reminder: Reminder) -> Cursor? {
        guard !changedZones.isEmpty, changedZones.contains(reminder.schedule.timezone) else {
            return series.next(after: position)
        }
        return series.next(afterMoved: position)
    }

    /// Changes that can be made now: what a worker has of a position must not lose it.
    func possible(_ writes: [StoreWrite]) -> [StoreWrite] {
        writes.filter { write in
            guard case .change(let id, .realign, _, _) = write else { return true }
            return !table.entries(of: id).contains { $0.isHandedOut }
        }
    }
}
