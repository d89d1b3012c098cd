import Storage
import TaskDomain

/// Series in a zone whose data changes.
extension Checker {
    /// What is computed from now on has other data of the life's own zone.
    func zoneIsOther() { series = series.filter { $0.value.reminder.schedule.timezone != life.zone?.name } }

    /// Whether a series may have been computed by other data of its zone than that of now.
    func hasMoved(_ reminder: Reminder) -> Bool {
        guard let zone = life.zone, zone.isChanged else { return false }
        return reminder.schedule.timezone == zone.name
    }

    /// Once each so many days a series in the life's own zone has an occurrence, whatever its data.
    func dayStep(of reminder: Reminder) -> Int64? {
        guard let zone = life.zone, reminder.schedule.timezone == zone.name else { return nil }
        return life.callers.byReminder[reminder.id]?.plan.dayStep
    }

    /// An occurrence keeps its day when the data changes, and the one after it comes so many days later.
    func checkDays(_ before: StoredReminders.Standing, _ after: StoredReminders.Standing) {
        guard let from = before.position, let to = after.position, from != to, before.reminder.schedule == after.reminder.schedule,
            let step = dayStep(of: after.reminder)
        else { return }
        let days = MadeZone.day(of: to.scheduledAt) - MadeZone.day(of: from.scheduledAt)
        guard days != (to.index - from.index) * step else { return }
        broken(
            4, after.reminder.id,
            "the series went on from \(from.scheduledAt), its number \(from.index), to \(to.scheduledAt), its number \(to.index), \(days) days later")
    }

    func checkDay(_ key: OccurrenceKey, _ reminder: Reminder) {
        guard dayStep(of: reminder) != nil, lastTries[key] == nil else { return }
        let day = MadeZone.day(of: key.scheduledAt)
        if let other = daysFired[key.reminder, default: [:]].updateValue(key.scheduledAt, forKey: day), other != key.scheduledAt, !wasSetBack {
            broken(3, key.reminder, "\(key.scheduledAt) is dispatched, and \(other) of the same local date was before")
        }
    }

    /// What is still to come is by the data of now.
    func checkZone() {
        guard let zone = life.zone, zone.isChanged else { return }
        for (id, standing) in stored.sorted(by: { $0.key < $1.key })
        where standing.reminder.schedule.timezone == zone.name && standing.state == .scheduled {
            guard let position = standing.position, let due = standing.dueAt, due > life.timeline.wall,
                let series = series(of: standing.reminder), !series.contains(position.scheduledAt.count)
            else { continue }
            broken(4, id, "\(position.scheduledAt) is still to come, and is no occurrence by the zone's data of now")
        }
    }
}
