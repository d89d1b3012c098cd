import Storage
import TaskDomain
import TaskRecurrence

/// What becomes of occurrences of a series that could not be fired in time.
///
/// Its misfire policy is asked once in a gap, when the first of the missed occurrences could be dispatched: what it does not
/// fire is stepped over in one write, however much that is, and recorded in one row. What it fires is never skipped later.
extension SchedulerCore {
    /// Decides whether an occurrence that is ready is to be run, and looks up what follows it.
    mutating func prepare(_ entry: Entry) -> Bool {
        guard let index = entry.positionIndex, !entry.reminder.schedule.isSingle else { return true }
        let series: Series
        do throws(ScheduleError) { series = try self.series(of: entry) } catch {
            abandon(entry, because: "the schedule cannot be read: \(error)")
            return false
        }
        let lateness = now.wall - entry.dueAt
        if lateness > configuration.misfireThresholdMilliseconds, !breaks(.ignoresMisfirePolicies),
            let step = afterMisfire(entry, Cursor(instant: entry.key.scheduledAt.count, index: index), series)
        {
            skip(entry, step, series)
            return false
        }
        _ = successor(of: entry)
        return true
    }

    /// A step over missed occurrences.
    private struct Step {
        /// `nil`: the series has ended.
        let next: Cursor?
        /// What is fired of those missed.
        let reason: String
    }

    /// Where a series goes on that missed occurrences; `nil`: with the one that it stands at.
    private func afterMisfire(_ entry: Entry, _ position: Cursor, _ series: Series) -> Step? {
        let missedThrough = (now.wall - configuration.misfireThresholdMilliseconds).second.count
        // By other data than that of now it may lie before where its own index is: what is counted from it on would be one too many.
        let known = isMoved(position, in: series, of: entry.reminder) ? nil : position
        switch entry.reminder.misfirePolicy {
        case .fireOnce:
            guard let latest = series.previous(before: now.wall.second.count + 1), latest > position.instant else { return nil }
            return Step(next: series.cursor(after: latest - 1, from: known), reason: "the latest missed, \(latest), stands for all")
        case .skip:
            return Step(
                next: series.cursor(after: max(missedThrough, position.instant), from: known), reason: "its misfire policy is skip")
        case .fireAll:
            // Of what this gap has been cut to, nothing is skipped because others are missed meanwhile.
            guard UnixSeconds(position.instant) > entry.catchUpEnd else { return nil }
            entry.catchUpEnd = UnixSeconds(missedThrough)
            let limit = entry.reminder.handling.catchUpLimit
            guard !breaks(.firesAllThatWasMissed), position.instant <= missedThrough,
                let first = series.first(ofLatest: Int64(limit), in: position.instant...missedThrough), first > position.instant
            else { return nil }
            return Step(
                next: series.cursor(after: first - 1, from: known), reason: "the latest \(limit), from \(first) on, are fired")
        }
    }

    private mutating func skip(_ entry: Entry, _ step: Step, _ series: Series) {
        let first = entry.key.scheduledAt
        let last = series.previous(before: step.next?.instant ?? .max).map { UnixSeconds($0) } ?? first
        let missed = Missed(
            counted: first <= last ? series.count(in: first.count...last.count, limit: Missed.countedAtMost) : 0, first: first, last: last)
        let record = Attempt(
            scheduledAt: first, number: entry.tries.next, startedAt: now.wall, durationMicroseconds: 0,
            outcome: .misfired, statusCode: 0, detail: "missed: \(missed.number), from \(first) to \(last); \(step.reason)")
        entry.successor = .known(step.next)
        guard var moved = moveOn(entry) else { return }
        moved.move.missed = missed
        missedTotal &+= missed.count
        write(.misfire(entry.key.reminder, record: record, move: moved.move), of: entry.key.reminder)
        outdate(.position(entry.key))
        forget(entry)
        guard let follower = moved.follower else { return }
        // One that stands for those missed is fired now, whatever its own lateness.
        place(follower)
        if follower.dueAt <= now.wall { ripen() }
    }
}
