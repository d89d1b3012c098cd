import SchedulerCore
import Storage
import TaskDomain
import TaskRecurrence

/// Promises 2 and 7: of what was missed is fired what the misfire policy says, and no more.
extension Checker {
    /// Skipped is only what the misfire policy says.
    func misfired(_ record: Attempt, _ before: StoredReminders.Standing, _ after: StoredReminders.Standing) {
        guard !hasMoved(before.reminder), let from = before.position, from != after.position, let series = series(of: before.reminder)
        else { return }
        let reminder = before.reminder, id = reminder.id, to = after.position?.scheduledAt
        let key = OccurrenceKey(reminder: id, scheduledAt: from.scheduledAt)
        // A person had it run, and it has come to its end, or another called it off: it is the same occurrence.
        let hadItsEnd = life.store.contents.wasDelivered(key) || life.store.contents.hasEnded(key, .cancelled)
        if to?.count == series.next(after: from.scheduledAt.count), before.row(key) != nil || hadItsEnd { return }
        let decidedAt = record.startedAt
        if decidedAt - (before.dueAt ?? reminder.due(of: from.scheduledAt)) <= configuration.misfireThresholdMilliseconds {
            return broken(2, id, "\(from.scheduledAt) was skipped, and was not missed")
        }
        switch reminder.misfirePolicy {
        case .fireAll:
            let limit = Int64(reminder.handling.catchUpLimit)
            guard let to, let number = number(of: series, from: to, missedAt: decidedAt), number == limit else {
                return broken(2, id, "of those missed since \(from.scheduledAt) not the latest \(limit) are fired")
            }
            lookedAtMissed(of: id, at: decidedAt)
        case .fireOnce:
            guard let to, to <= decidedAt.second, series.next(after: to.count).map({ $0 > decidedAt.second.count }) ?? true else {
                return broken(2, id, "of those missed since \(from.scheduledAt) the latest was not fired")
            }
        case .skip:
            let last = to.map { series.previous(before: $0.count) } ?? series.previous(before: .max)
            if let last, UnixSeconds(last).milliseconds > decidedAt - configuration.misfireThresholdMilliseconds {
                broken(2, id, "\(last) was skipped, and was not missed")
            }
        }
    }

    /// Occurrences of a series from one on that were missed by then.
    func number(of series: Series, from first: UnixSeconds, missedAt wall: UnixMilliseconds) -> Int64? {
        let through = (wall - configuration.misfireThresholdMilliseconds).second
        return first <= through ? series.count(in: first.count...through.count, limit: 100_000) : 0
    }

    func lookedAtMissed(of id: ReminderID, at wall: UnixMilliseconds) {
        caughtUp[id] = max(caughtUp[id] ?? .distantPast, (wall - configuration.misfireThresholdMilliseconds).second)
    }

    /// A scheduler fires at most so many of a gap, and what is missed while it does that is another gap.
    func checkCatchUp(_ key: OccurrenceKey, _ wall: UnixMilliseconds, _ reminder: Reminder) {
        guard let series = series(of: reminder), let number = number(of: series, from: key.scheduledAt, missedAt: wall) else { return }
        let limit = Int64(reminder.handling.catchUpLimit)
        guard number > limit else { return lookedAtMissed(of: reminder.id, at: wall) }
        // What was stepped over may be on its way to the disk.
        guard key.scheduledAt > caughtUp[key.reminder] ?? .distantPast, stored[key.reminder]?.position?.scheduledAt == key.scheduledAt
        else { return }
        broken(7, key.reminder, "\(key.scheduledAt) is fired, and \(number) were missed from it on, of which \(limit) are to be fired")
    }

    /// Whether it had not been missed when this process took its shard, and its series has gone on while it waited for the workers of the one before.
    func hasWaited(_ entry: DueEntry) -> Bool {
        let takenAt = takenAt(entry.reminder.id.shard)
        return entry.positionIndex == nil && entry.due.dueAt <= takenAt && takenAt - entry.due.dueAt <= configuration.misfireThresholdMilliseconds
    }

    /// What was missed is fired only if its policy says so.
    func checkPolicy(_ key: OccurrenceKey, _ wall: UnixMilliseconds, _ reminder: Reminder) {
        guard !reminder.schedule.isSingle, !hasMoved(reminder) || reminder.misfirePolicy == .skip,
            wall - reminder.due(of: key.scheduledAt) > configuration.misfireThresholdMilliseconds
        else { return }
        switch reminder.misfirePolicy {
        case .fireAll: checkCatchUp(key, wall, reminder)
        case .skip: broken(2, key.reminder, "\(key.scheduledAt) is fired, was missed, and its policy is to skip")
        case .fireOnce:
            guard let next = series(of: reminder)?.next(after: key.scheduledAt.count), next <= wall.second.count else { break }
            broken(2, key.reminder, "\(key.scheduledAt) is fired, and it is not the latest of those missed")
        }
    }
}
