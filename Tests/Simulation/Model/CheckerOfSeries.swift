import SchedulerCore
import Storage
import TaskDomain
import TaskRecurrence

/// Promises 2 and 4: nothing vanishes, and a failure does not hold up or end a series.
extension Checker {
    /// A write has been committed.
    func committed(_ write: StoreWrite, _ before: StoredReminders.Standing?, _ result: StoreWriteResult) {
        if case .workers = write { lastHolders = now }
        if case .changed(let outcome) = result, outcome.verdict == .done, let standing = outcome.standing {
            // What changes nothing leaves the revision as it came to be.
            let id = standing.reminder.id
            // From now on it may be handed out, though the answer waits for a worker.
            changed.insert(id)
            if revisionSteps[id]?[standing.revision] == nil { revisionSteps[id, default: [:]][standing.revision] = life.timeline.steps }
        }
        guard violation == nil, let before, let after = stored[before.reminder.id] else { return }
        checkDays(before, after)
        switch write {
        case .settle(let key, let attempt, let disposition, _): settled(key, attempt, disposition, before, after)
        case .materialise(let key, _, _, _):
            stepped(before, after)
            if before.position != after.position, after.row(key) == nil {
                broken(2, key.reminder, "\(key.scheduledAt) was stepped past and has no row")
            }
        case .misfire(_, let record, _): misfired(record, before, after)
        case .hold(let key, let attempt, _):
            if before.position != after.position { broken(2, key.reminder, "a series went on that is held") }
            if attempt.outcome != .authRejected { broken(2, key.reminder, "a series is held after \(attempt.outcome.name)") }
        default: break
        }
    }

    func settled(
        _ key: OccurrenceKey, _ attempt: Attempt, _ disposition: Disposition, _ before: StoredReminders.Standing,
        _ after: StoredReminders.Standing
    ) {
        let wasPosition = before.position?.scheduledAt == key.scheduledAt, id = key.reminder
        let asUnsent = UnsentTry(
            key: key, startedAt: attempt.startedAt, durationMicroseconds: attempt.durationMicroseconds)
        if attempt.outcome == .unsent || attempt.outcome == .retry && unsentTries.contains(asUnsent) {
            broken(2, id, "a try at \(key.scheduledAt) is recorded, of which nothing was sent")
        }
        let returned = attempt.outcome.isFinal ? WorkerProcess.result(of: key, begunAt: attempt.startedAt) : []
        if attempt.result != returned { broken(2, id, "what the task at \(key.scheduledAt) returned is not what is kept of it") }
        if case .cancelSeries = disposition {} else { stepped(before, after) }
        // It was not in memory, or a person had it run before its series came to it: the series is to go on after it.
        if wasPosition, after.position == before.position, !after.passed.contains(key.scheduledAt), before.state != .paused {
            return broken(4, id, "an attempt at \(key.scheduledAt) ended \(attempt.outcome.name), and the series stands still")
        }
        let wasOpen = wasPosition || (before.row(key).map { $0.state != .dead } ?? false)
        let isOpen = after.position?.scheduledAt == key.scheduledAt || after.row(key) != nil
        switch disposition {
        case .delivered:
            if attempt.outcome == .delivered, life.backend.taken[key] == nil, !performed.contains(key) {
                broken(2, id, "\(key.scheduledAt) counts as delivered, and nobody got it")
            }
            if attempt.outcome != .delivered { broken(2, id, "\(key.scheduledAt) counts as delivered after \(attempt.outcome.name)") }
        case .ended:
            if attempt.outcome != .cancelled { broken(2, id, "\(key.scheduledAt) is at its end after \(attempt.outcome.name)") }
        case .cancelSeries:
            if attempt.outcome != .cancelSchedule { broken(2, id, "the series was cancelled after \(attempt.outcome.name)") }
        // Repeated, as its answer was lost, it is held already.
        case .held where (wasPosition || before.row(key)?.state == .pending) && !before.reminder.schedule.isSingle:
            broken(3, id, "the credential was refused at \(key.scheduledAt), and its series goes on")
        case .dead(let tries):
            deadLetters += 1
            checkDeadLetter(key, attempt, tries, before.reminder)
            fallthrough
        default:
            if wasOpen, !isOpen { broken(2, id, "\(key.scheduledAt) vanished after \(attempt.outcome.name)") }
        }
    }

    /// An occurrence is given up when it was refused, when its time was over, or after as many tries as were really made.
    func checkDeadLetter(_ key: OccurrenceKey, _ last: Attempt, _ tries: Tries, _ reminder: Reminder) {
        guard last.outcome != .rejected, last.outcome != .expired else { return }
        let isLoss = last.outcome == .leaseLost
        let made = isLoss ? tries.losses : min(tries.attempts, attemptsMade[key] ?? 0)
        if let limit = isLoss ? configuration.retry.maxLosses : reminder.maxAttempts, made >= limit { return }
        let tried = min(firstTried[key] ?? .distantFuture, runs[key]?.map(\.dispatchedAt).min() ?? .distantFuture)
        guard let since = tries.since, wasSetBack || since >= tried else {
            return broken(2, key.reminder, "\(key.scheduledAt) is a dead letter after \(made) tries, and had not been tried for so long")
        }
        let end = since + Int64(reminder.retryForSeconds) * 1_000
        let asked = min(waitAsked[key] ?? 0, Attempt.longestAskedMilliseconds)
        guard !wasSetBack, life.timeline.wall + asked < end else { return }
        broken(2, key.reminder, "\(key.scheduledAt) is a dead letter after \(made) tries, the last \(last.outcome.name), and \(end - life.timeline.wall) ms of its time were left")
    }

    /// A series goes on with what follows.
    func stepped(_ before: StoredReminders.Standing, _ after: StoredReminders.Standing) {
        guard !hasMoved(before.reminder), let from = before.position, from != after.position, let series = series(of: before.reminder)
        else { return }
        let next = before.reminder.schedule.isSingle ? nil : series.next(after: from.scheduledAt.count)
        guard next != after.position?.scheduledAt.count else { return }
        let text = "the series went on from \(from.scheduledAt) to \(after.position.map { "\($0.scheduledAt)" } ?? "its end"), and "
        broken(4, before.reminder.id, text + (next.map { "\($0) follows" } ?? "nothing follows"))
    }
}
