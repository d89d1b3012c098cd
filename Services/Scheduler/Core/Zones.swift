public import Storage
import TaskDomain
import TaskRecurrence

/// Series in zones whose data has changed.
///
/// What is stored of them is being computed anew, a page at a time, by changes that come from outside (`ReminderChange.realign`). Meanwhile,
/// and for what had fallen due before it was computed anew, a series steps on by the index of its occurrence and not by its instant, so that
/// what was fired by the old data does not come again on the same local date by the new.
extension SchedulerCore {
    mutating func zonesChanged(_ zones: Set<String>) {
        changedZones.formUnion(zones)
        var handedOut: [Entry] = []
        for entry in table.all where zones.contains(entry.reminder.schedule.timezone) {
            entry.series = nil
            entry.successor = .unknown
            if entry.isHandedOut { handedOut.append(entry) }
        }
        for entry in handedOut.sorted(by: { $0.key < $1.key }) {
            _ = successor(of: entry)
            scheduleOvertake(entry, within: leaseLeft(of: entry))
        }
    }

    /// The occurrence after one that is its reminder's position.
    func next(after position: Cursor, in series: Series, of reminder: Reminder) -> Cursor? {
        isMoved(position, in: series, of: reminder) && !breaks(.stepsByInstants)
            ? series.next(afterMoved: position) : series.next(after: position)
    }

    /// Whether a position may be by other data of its zone than that of now. Of what had fallen due then a later process knows it because
    /// the series has no such occurrence.
    func isMoved(_ position: Cursor, in series: Series, of reminder: Reminder) -> Bool {
        let zone = reminder.schedule.timezone
        return zone != Zone.utc.identifier && (changedZones.contains(zone) || !series.contains(position.instant))
    }

    /// The move of a series whose next occurrence is another by the data of now; `nil` where it is the same. What has fallen due stays: it is
    /// fired, and the series steps on from it by its index. One that is held moves, too.
    public static func realignment(of summary: ReminderSummary, at now: UnixMilliseconds) -> StoreWrite? {
        let reminder = summary.reminder
        guard let position = summary.position, reminder.due(of: position.scheduledAt) > now,
            let series = try? reminder.schedule.series()
        else { return nil }
        let moved = series.moved(Cursor(instant: position.scheduledAt.count, index: position.index))
        guard moved?.instant != position.scheduledAt.count else { return nil }
        return .change(
            reminder.id, .realign(from: position.scheduledAt, to: moved.map { SeriesPosition($0) }), ChangeGuard(), at: now)
    }

    /// Changes that can be made now: what a worker has of a position must not lose it.
    func possible(_ writes: [StoreWrite]) -> [StoreWrite] {
        writes.filter { write in
            guard case .change(let id, .realign, _, _) = write else { return true }
            return !table.entries(of: id).contains { $0.isHandedOut }
        }
    }
}
