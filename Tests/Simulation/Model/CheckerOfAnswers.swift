import SchedulerCore
import Storage
import TaskDomain

/// Promise 1: what was answered is on stable storage. And what was called off does not leave after the answer.
extension Checker {
    func accepted(_ id: ReminderID) {
        accepted.insert(id)
        if stored[id] == nil, !prunedReminders.contains(id) {
            broken(1, id, "a create was answered, and the reminder is not on stable storage")
        }
    }

    func answered(_ writes: [StoreWrite], _ results: [StoreWriteResult], inFlight: [OccurrenceKey], by scheduler: SchedulerProcess) {
        for case .queue(let settings) in writes {
            if settings.isPaused { pausedQueues.insert(settings.name) } else { pausedQueues.remove(settings.name) }
        }
        guard results.count == writes.count else { return broken(1, writes.first?.reminder, "a change was answered before it was made") }
        for (write, result) in zip(writes, results) {
            guard case .change(let id, _, _, _) = write, case .changed(let outcome) = result, let standing = outcome.standing else { continue }
            callOff(write, outcome, standing, Set(inFlight), scheduler)
            noteRelease(write, outcome)
            guard !prunedReminders.contains(id), stored[id]?.revision ?? 0 < standing.revision else { continue }
            broken(1, id, "a change was answered, and is not on stable storage")
        }
    }

    private func noteRelease(_ write: StoreWrite, _ outcome: ChangeOutcome) {
        guard outcome.verdict == .done, case .change(_, let change, _, _) = write else { return }
        switch change {
        case .replaceAuthorization, .resume: releases = releases.suffix(Self.manyReleases - 1) + [now]
        default: break
        }
    }

    /// So many at a time bring more than the workers have places for, and seconds pass until it has gone.
    private static let manyReleases = 20
    private static let releaseMilliseconds: Int64 = 10_000

    /// Whether callers have brought back much of theirs at once.
    var hasManyReleased: Bool { releases.count == Self.manyReleases && releases[0] >= now - Self.releaseMilliseconds }

    /// What the scheduler knows that workers have is stopped, or named.
    func callOff(
        _ write: StoreWrite, _ outcome: ChangeOutcome, _ standing: ReminderStanding, _ inFlight: Set<OccurrenceKey>,
        _ scheduler: SchedulerProcess
    ) {
        guard case .change(let id, let change, _, _) = write else { return }
        switch (change, outcome.verdict) {
        case (.cancel, .finished): guard standing.state == .cancelled else { return }
        case (.cancel, .done), (.pause, .done), (.replace, .done): break
        default: return
        }
        for run in byLease.values where run.key.reminder == id && run.knownTo === scheduler && !inFlight.contains(run.key) && !isGivenUp(run) {
            if case .ended = run.state { continue }
            // The answer waits for workers; what was handed out meanwhile was resumed, or is of the new schedule.
            if let made = revisionSteps[id]?[standing.revision], run.dispatchStep > made { continue }
            run.isCalledOff = !run.hasLeft
        }
    }

    /// A single occurrence was called off.
    func cancelled(_ key: OccurrenceKey, _ what: Cancellation, by scheduler: SchedulerProcess) {
        switch what {
        case .notFound: return
        case .onItsWay:
            let standing = stored[key.reminder], row = standing?.row(key)
            if row == nil, standing?.position?.scheduledAt != key.scheduledAt { cancelled.insert(key) }
            guard let row, row.state != .dead, !rescheduled.contains(key.reminder) else { return }
            broken(3, key.reminder, "\(key.scheduledAt) was called off, and is to be tried again")
        case .ended(let outcome):
            if stored[key.reminder] != nil, !life.store.contents.hasEnded(key, outcome) {
                broken(1, key.reminder, "\(key.scheduledAt) was answered to have ended \(outcome.name), and that is not on stable storage")
            }
            guard outcome == .cancelled else { return }
            cancelled.insert(key)
            for run in runs[key] ?? [] where run.knownTo === scheduler && !isGivenUp(run) {
                if case .ended = run.state { continue }
                run.isCalledOff = !run.hasLeft
            }
        }
    }

    /// What was called off comes again only where a person wants it to.
    func checkCancelled(_ key: OccurrenceKey, _ standing: StoredReminders.Standing) {
        guard cancelled.contains(key), !(standing.row(key)?.isManual ?? false), !rescheduled.contains(key.reminder)
        else { return }
        broken(3, key.reminder, "\(key.scheduledAt) is dispatched, and was called off before")
    }

    /// A request leaves, or a task begins.
    func leaves(_ lease: UInt64) {
        guard let run = byLease[lease] else { return }
        run.hasLeft = true
        if run.isCalledOff { broken(3, run.key.reminder, "\(run.key.scheduledAt) leaves after the answer that called it off") }
    }

    func pruned(_ id: ReminderID) { prunedReminders.insert(id) }

    func willBeRescheduled(_ id: ReminderID) { rescheduled.insert(id) }
}
