import SchedulerCore
import Storage
import TaskDomain

/// What is handed out is due, and wanted: promises 3, 4 and 5.
extension Checker {
    func dispatched(_ dispatch: Dispatch, to instance: String, by scheduler: SchedulerProcess) {
        dispatches += 1
        guard violation == nil else { return }
        let key = dispatch.entry.due.occurrence
        if let standing = stored[key.reminder] {
            checkTime(dispatch, standing)
            checkWanted(dispatch, standing)
            checkCancelled(key, standing)
        } else {
            broken(3, key.reminder, "\(key.scheduledAt) is dispatched, and its reminder is not stored")
        }
        for run in runs[key] ?? [] { checkRepetition(of: run, dispatch.entry.due.dueAt, by: scheduler) }
        lastTries[key] = (starts, dispatch.attempt)
        let run = Run(dispatch.lease, key, instance, scheduler, start: starts, at: now, wall: life.timeline.wall, step: life.timeline.steps)
        runs[key, default: []].append(run)
        byLease[dispatch.lease] = run
        checkHold(run, dispatch.entry.reminder)
    }

    /// Promise 5.
    func checkTime(_ dispatch: Dispatch, _ standing: StoredReminders.Standing) {
        let key = dispatch.entry.due.occurrence, wall = life.timeline.wall
        var due = key.scheduledAt.milliseconds
        // What a person has had run at the second where the series stands waits for itself.
        if let row = standing.row(key), dispatch.entry.positionIndex == nil {
            // A person may want it before its time.
            if row.isManual { due = min(due, row.dueAt) }
            // Of another attempt it says nothing: what came of that is on its way to the disk. Nor of the same once more, which its time
            // has come for before: with a credential that was replaced meanwhile, or may have been since a former process handed it
            // out, a try does not count, and the clock may be set back.
            let isOnceMore = lastTries[key].map {
                $0.number == dispatch.attempt && ($0.start == starts || refusals[key] == starts)
            } ?? false
            if row.state == .pending, row.tries.next == dispatch.attempt, !isOnceMore { due = max(due, row.dueAt) }
        } else if standing.position?.scheduledAt == key.scheduledAt, let stored = standing.dueAt {
            // Not that of a spread that was changed when it had fallen due.
            due = stored
        } else {
            due = standing.reminder.due(of: key.scheduledAt)
        }
        if wall < due { broken(5, key.reminder, "\(key.scheduledAt) is dispatched \(due - wall) ms early") }
        if let expiry = standing.reminder.expiry(of: key.scheduledAt), !dispatch.entry.isManual, wall >= expiry {
            broken(2, key.reminder, "\(key.scheduledAt) is dispatched \(wall - expiry) ms after it expired")
        }
        // In a gap the series has gone on when it is handed out, which may be on its way to the disk.
        let isOfSeries = dispatch.entry.positionIndex != nil || !dispatch.entry.isManual && lastTries[key] == nil && standing.row(key) == nil
        if isOfSeries { checkDay(key, standing.reminder) }
        if isOfSeries, !hasWaited(dispatch.entry) {
            checkPolicy(key, wall, standing.reminder)
        } else if !dispatch.entry.isManual, standing.row(key) == nil, wall - due > configuration.misfireThresholdMilliseconds {
            // A process before had handed it out, or may have: this one has looked at the gap that begins with it.
            lookedAtMissed(of: key.reminder, at: wall)
        }
        guard life.plan.profile == .calm, dispatch.attempt == 1, !dispatch.entry.isManual, !changed.contains(key.reminder),
            // Its backlog is its own, and delays nobody else's.
            standing.reminder.caller != ReminderPlan.hostileCaller
        else { return }
        // Occurrences of a series go in their order, also where jitter would have it otherwise.
        let latest = (key.scheduledAt + Int64(standing.reminder.jitterSeconds)).milliseconds
        let lateness = wall - max(due, latest, standing.reminder.createdAt)
        if lateness > Self.longestLatenessMilliseconds, !wasHeldUp(standing.reminder, for: lateness), !hasManyReleased {
            broken(4, key.reminder, "\(key.scheduledAt) is dispatched \(lateness) ms late in a run without a fault")
        }
    }

    static let longestLatenessMilliseconds: Int64 = 2_000

    func checkWanted(_ dispatch: Dispatch, _ standing: StoredReminders.Standing) {
        let key = dispatch.entry.due.occurrence, id = key.reminder, at = key.scheduledAt, row = standing.row(key)
        if standing.reminder !== dispatch.entry.reminder { broken(3, id, "\(at) is dispatched as it was before a change") }
        // A change of which nobody was told may have reached the disk all the same.
        let queue = standing.reminder.queue
        if pausedQueues.contains(queue), life.store.contents.queues[queue]?.isPaused ?? false { broken(3, id, "\(at) is dispatched from a paused queue") }
        if standing.state == .cancelled || standing.state == .paused, !(row?.isManual ?? false) {
            broken(3, id, "\(at) is dispatched, and its reminder is \(standing.state.name)")
        }
        if standing.heldSince != nil { broken(3, id, "\(at) is dispatched, and its credential was refused before") }
        // Another schedule, made when the clock had been set back, may come to a second again.
        let isAnother = wasSetBack && rescheduled.contains(id)
        if life.store.contents.wasDelivered(key), !isAnother {
            broken(3, id, "\(at) is dispatched, and was delivered before")
        }
        guard row?.state != .pending else { return }
        if let row, !isAnother { return broken(3, id, "\(at) is dispatched, and is \(row.state)") }
        guard let position = standing.position, position.scheduledAt <= at else {
            return broken(3, id, "\(at) is dispatched, and its series is past it")
        }
        if position.scheduledAt != at, !hasMoved(standing.reminder), !(series(of: standing.reminder)?.contains(at.count) ?? true) {
            broken(3, id, "\(at) is dispatched, and is no occurrence of its series")
        }
    }
}
