import Domain
import Recurrence
import SchedulerCore
import Storage

/// A promise that was broken (README, "What is promised").
package struct Violation: Sendable {
    package let promise: Int
    package let text: String
    package let reminder: ReminderID?
    package let at: Int64
}

/// Watches a life after each step: what reaches the store, the workers, the backend and the callers.
///
/// It knows more than any of them: what every worker really runs, and what is really on stable storage.
final class Checker {
    /// Something that a worker was handed.
    final class Run {
        enum State {
            case sent, running
            case ended(Outcome)
        }

        let lease: UInt64
        let key: OccurrenceKey
        let instance: String
        var state = State.sent
        /// The scheduler process that knows of it.
        weak var knownTo: SchedulerProcess?
        /// Which of the scheduler's processes that is, or was; 0: it has been given up, or never arrived.
        var start: Int
        /// Monotonic milliseconds.
        var knownSince: Int64
        /// The scheduler was told what came of it.
        var isHeard = false
        var isRevoked = false
        /// Its reminder was cancelled, paused or given another schedule, and the answer did not say that it may be on its way.
        var isCalledOff = false
        /// Its request has left, or its task begun.
        var hasLeft = false
        /// Its worker has left in order, and was not told that the outcome is stored.
        var isLeft = false

        let dispatchedAt: UnixMilliseconds
        /// Of the timeline.
        let dispatchStep: Int

        init(
            _ lease: UInt64, _ key: OccurrenceKey, _ instance: String, _ scheduler: SchedulerProcess, start: Int, at: Int64,
            wall: UnixMilliseconds, step: Int
        ) {
            dispatchedAt = wall
            dispatchStep = step
            self.lease = lease
            self.key = key
            self.instance = instance
            knownTo = scheduler
            self.start = start
            knownSince = at
        }
    }

    private unowned let life: Life
    private(set) var violation: Violation?
    private var accepted: Set<ReminderID> = []
    private var prunedReminders: Set<ReminderID> = []
    private var rescheduled: Set<ReminderID> = []
    private var changed: Set<ReminderID> = []
    private var wasSetBack = false
    /// When the clock was set back, when the list of those who may run something was last written, and until when something
    /// kept it from being written, monotonic milliseconds.
    private var lastSetBack: Int64 = 0, lastHolders: Int64 = 0, lastTrouble: Int64 = 0, lastEnd: Int64 = 0
    private var isSetBackUnknown = false
    private var pausedQueues: Set<String> = []
    private var performed: Set<OccurrenceKey> = []
    /// Up to when what a series missed has been looked at.
    private var caughtUp: [ReminderID: UnixSeconds] = [:]
    /// Tries of workers that came to an end, but for those of which nothing was sent.
    private var attemptsMade: [OccurrenceKey: Int] = [:]
    /// When the first try of which something was sent, or may have been, was handed out.
    private var firstTried: [OccurrenceKey: UnixMilliseconds] = [:]
    /// The longest wait before another try that was asked for.
    private var waitAsked: [OccurrenceKey: Int64] = [:]
    private var starts = 0
    /// The number of the last try at an occurrence that was handed out, and of the process that did.
    private var lastTries: [OccurrenceKey: (start: Int, number: Int)] = [:]
    /// The process that heard last that the credential was refused at an occurrence.
    private var refusals: [OccurrenceKey: Int] = [:]
    /// What workers reported of tries of which nothing was sent.
    private var unsentTries: Set<UnsentTry> = []
    /// In which step of the timeline a reminder came by its revision.
    private var revisionSteps: [ReminderID: [Int64: Int]] = [:]

    private struct UnsentTry: Hashable {
        let key: OccurrenceKey
        let startedAt: UnixMilliseconds, durationMicroseconds: Int64
    }
    /// Runs that a worker has not forgotten.
    private var runs: [OccurrenceKey: [Run]] = [:]
    private var byLease: [UInt64: Run] = [:]
    /// Workers whose stream the scheduler has seen end, and until when they may come back, monotonic milliseconds.
    private var away: [String: Int64] = [:]
    /// Workers of the former process that are to be waited for, and until when, monotonic milliseconds.
    private var rejoining: [String: Int64] = [:]
    /// When the scheduler's process began.
    private var startedAtWall = UnixMilliseconds.distantPast
    private var series: [ReminderID: (reminder: Reminder, series: Series)] = [:]
    private(set) var dispatches = 0, deadLetters = 0, largestMemory = 0

    init(_ life: Life) { self.life = life }

    private var now: Int64 { life.timeline.monotonic }
    private var stored: [ReminderID: StoredReminders.Standing] { life.store.contents.reminders }
    private var configuration: CoreConfiguration { life.plan.configuration }

    private func broken(_ promise: Int, _ reminder: ReminderID?, _ text: String) {
        guard violation == nil else { return }
        violation = Violation(promise: promise, text: text, reminder: reminder, at: now - 1_000_000)
        life.trace("PROMISE \(promise) IS BROKEN: \(text)", reminder)
    }

    /// Something wakes itself without end: nothing after it would ever be on time.
    func timeStoodStill() { broken(5, nil, "time stands still: something wakes itself again and again") }

    private func series(of reminder: Reminder) -> Series? {
        if let known = series[reminder.id], known.reminder === reminder { return known.series }
        guard let made = try? reminder.schedule.series() else { return nil }
        series[reminder.id] = (reminder, made)
        return made
    }

    // MARK: Promise 1: what was answered is on stable storage

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
            changed.insert(id)
            callOff(write, outcome, standing, Set(inFlight), scheduler)
            guard !prunedReminders.contains(id), stored[id]?.revision ?? 0 < standing.revision else { continue }
            broken(1, id, "a change was answered, and is not on stable storage")
        }
    }

    /// What the scheduler knows that workers have is stopped, or named.
    private func callOff(
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

    /// A request leaves, or a task begins.
    func leaves(_ lease: UInt64) {
        guard let run = byLease[lease] else { return }
        run.hasLeft = true
        if run.isCalledOff { broken(3, run.key.reminder, "\(run.key.scheduledAt) leaves after the answer that called it off") }
    }

    func pruned(_ id: ReminderID) { prunedReminders.insert(id) }

    func willBeRescheduled(_ id: ReminderID) { rescheduled.insert(id) }

    // MARK: Promise 2 and 4: nothing vanishes, and a failure does not hold up or end a series

    /// A write has been committed.
    func committed(_ write: StoreWrite, _ before: StoredReminders.Standing?, _ result: StoreWriteResult) {
        if case .workers = write { lastHolders = now }
        if case .changed(let outcome) = result, outcome.verdict == .done, let standing = outcome.standing {
            revisionSteps[standing.reminder.id, default: [:]][standing.revision] = life.timeline.steps
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

    private func settled(
        _ key: OccurrenceKey, _ attempt: Attempt, _ disposition: Disposition, _ before: StoredReminders.Standing,
        _ after: StoredReminders.Standing
    ) {
        let wasPosition = before.position?.scheduledAt == key.scheduledAt, id = key.reminder
        let asUnsent = UnsentTry(
            key: key, startedAt: attempt.startedAt, durationMicroseconds: attempt.durationMicroseconds)
        if attempt.outcome == .unsent || attempt.outcome == .retry && unsentTries.contains(asUnsent) {
            broken(2, id, "a try at \(key.scheduledAt) is recorded, of which nothing was sent")
        }
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
        case .cancelSeries:
            if attempt.outcome != .cancelSchedule { broken(2, id, "the series was cancelled after \(attempt.outcome.name)") }
        case .held where wasOpen && !before.reminder.schedule.isSingle:
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
    private func checkDeadLetter(_ key: OccurrenceKey, _ last: Attempt, _ tries: Tries, _ reminder: Reminder) {
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
    private func stepped(_ before: StoredReminders.Standing, _ after: StoredReminders.Standing) {
        guard !hasMoved(before.reminder), let from = before.position, from != after.position, let series = series(of: before.reminder)
        else { return }
        let next = before.reminder.schedule.isSingle ? nil : series.next(after: from.scheduledAt.count)
        guard next != after.position?.scheduledAt.count else { return }
        let text = "the series went on from \(from.scheduledAt) to \(after.position.map { "\($0.scheduledAt)" } ?? "its end"), and "
        broken(4, before.reminder.id, text + (next.map { "\($0) follows" } ?? "nothing follows"))
    }

    /// Skipped is only what the misfire policy says.
    private func misfired(_ record: Attempt, _ before: StoredReminders.Standing, _ after: StoredReminders.Standing) {
        guard !hasMoved(before.reminder), let from = before.position, from != after.position, let series = series(of: before.reminder)
        else { return }
        let reminder = before.reminder, id = reminder.id, to = after.position?.scheduledAt
        let key = OccurrenceKey(reminder: id, scheduledAt: from.scheduledAt)
        if to?.count == series.next(after: from.scheduledAt.count), before.row(key) != nil || life.store.contents.wasDelivered(key) { return }
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
    private func number(of series: Series, from first: UnixSeconds, missedAt wall: UnixMilliseconds) -> Int64? {
        let through = (wall - configuration.misfireThresholdMilliseconds).second
        return first <= through ? series.count(in: first.count...through.count, limit: 100_000) : 0
    }

    private func lookedAtMissed(of id: ReminderID, at wall: UnixMilliseconds) {
        caughtUp[id] = max(caughtUp[id] ?? .distantPast, (wall - configuration.misfireThresholdMilliseconds).second)
    }

    /// A scheduler fires at most so many of a gap, and what is missed while it does that is another gap.
    private func checkCatchUp(_ key: OccurrenceKey, _ wall: UnixMilliseconds, _ reminder: Reminder) {
        guard let series = series(of: reminder), let number = number(of: series, from: key.scheduledAt, missedAt: wall) else { return }
        let limit = Int64(reminder.handling.catchUpLimit)
        guard number > limit else { return lookedAtMissed(of: reminder.id, at: wall) }
        // What was stepped over may be on its way to the disk.
        guard key.scheduledAt > caughtUp[key.reminder] ?? .distantPast, stored[key.reminder]?.position?.scheduledAt == key.scheduledAt
        else { return }
        broken(7, key.reminder, "\(key.scheduledAt) is fired, and \(number) were missed from it on, of which \(limit) are to be fired")
    }

    // MARK: Promise 3: no repetition without an excuse

    func schedulerStarted(_ scheduler: SchedulerProcess, rejoin: [AttachedWorker]) {
        // Who has something that the former process knew of, and those that it waited for itself.
        for run in byLease.values where isGivenUp(run) { run.start = 0 }
        let owing = byLease.values.filter { $0.start == starts }.map(\.instance)
        starts += 1
        startedAtWall = life.timeline.wall
        rejoining = rejoining.filter { $0.value > now }
        for instance in owing { rejoining[instance] = now + configuration.rejoinGraceMilliseconds }
        let hadNoTime = lastEnd - lastSetBack < Self.timeToWriteMilliseconds || lastTrouble > lastSetBack
        let isUnwritten = lastSetBack + 1_000 > lastHolders && hadNoTime
        isSetBackUnknown = wasSetBack && lastSetBack > now - 2 * configuration.leaseMilliseconds && (isSetBackUnknown || isUnwritten)
        for worker in rejoin {
            if let since = worker.awaitedSince, startedAtWall - since >= configuration.leaseMilliseconds {
                rejoining[worker.instance] = now + configuration.lastCallMilliseconds
                continue
            }
            let leases = (worker.leasesEndAt ?? .distantPast) - life.timeline.wall
            rejoining[worker.instance] = now + max(configuration.rejoinGraceMilliseconds, min(leases, configuration.leaseMilliseconds))
        }
        away = [:]
        holds = [:]
        endedBefore = []
    }

    func attached(_ attach: WorkerMessage.Attach, _ outcomes: [OutcomeReport], to scheduler: SchedulerProcess) {
        let instance = attach.instance, isAwaited = rejoining[instance].map { now < $0 } ?? false
        var named = Set(attach.running.map(\.lease)).union(outcomes.map(\.lease))
        // What has been given up is anybody's until the outcome is there.
        for lease in attach.following.map(\.lease) {
            guard let run = byLease[lease], run.start > 0 else { continue }
            if run.knownTo === scheduler ? !isGivenUp(run) : isAwaited { named.insert(lease) }
        }
        // Whoever is back in time can send no more than before.
        if let until = away[instance], now >= until { holds[instance] = nil }
        away[instance] = nil
        rejoining[instance] = nil
        for run in byLease.values where run.instance == instance {
            if named.contains(run.lease) {
                if run.knownTo !== scheduler {
                    run.knownSince = now
                    if outcomes.contains(where: { $0.lease == run.lease }) { endedBefore.insert(run.lease) }
                }
                run.knownTo = scheduler
                run.start = starts
            } else {
                run.knownTo = nil
                run.start = 0
            }
        }
    }

    func detached(_ instance: String, _ end: ConnectionEnd, from scheduler: SchedulerProcess) {
        away[instance] =
            switch end {
            case .clean: now
            case .broken: now + configuration.reconnectGraceMilliseconds
            case .silence: now + configuration.silentGraceMilliseconds
            }
    }

    func heard(_ reports: [OutcomeReport], by scheduler: SchedulerProcess) {
        for report in reports {
            if let asked = report.retryAfterMilliseconds { waitAsked[report.key] = max(asked, waitAsked[report.key] ?? 0) }
            guard let run = byLease[report.lease] else { continue }
            heed(report, run, scheduler)
            run.isHeard = true
            if report.outcome == .authRejected { refusals[run.key] = starts }
            if report.outcome == .unsent {
                unsentTries.insert(
                    UnsentTry(
                        key: report.key, startedAt: report.startedAt, durationMicroseconds: report.durationMicroseconds))
            }
            run.knownTo = scheduler
            run.start = starts
        }
    }

    func began(_ lease: UInt64, _ key: OccurrenceKey, by worker: WorkerProcess) { byLease[lease]?.state = .running }

    func ended(_ lease: UInt64, _ outcome: Outcome, by worker: WorkerProcess) {
        guard let run = byLease[lease] else { return }
        run.state = .ended(outcome)
        if outcome != .unsent, outcome != .leaseLost { attemptsMade[run.key, default: 0] += 1 }
        if outcome != .unsent { wasTried(run) }
    }

    private func wasTried(_ run: Run) { firstTried[run.key] = min(run.dispatchedAt, firstTried[run.key] ?? .distantFuture) }

    func forgotten(_ lease: UInt64, by worker: WorkerProcess) {
        guard let run = byLease[lease], run.instance == worker.instance, case .ended = run.state else { return }
        remove(run)
    }

    /// A worker leaves of its own accord.
    func left(_ worker: WorkerProcess) {
        for run in byLease.values where run.instance == worker.instance {
            if case .ended = run.state { run.isLeft = true }
        }
    }

    func died(_ worker: WorkerProcess) {
        for run in byLease.values.filter({ $0.instance == worker.instance && !$0.isLeft }) {
            wasTried(run)
            remove(run)
        }
    }

    private func remove(_ run: Run) {
        byLease[run.lease] = nil
        runs[run.key]?.removeAll { $0 === run }
        if runs[run.key]?.isEmpty ?? false { runs[run.key] = nil }
    }

    func revoked(_ lease: UInt64) { byLease[lease]?.isRevoked = true }

    /// What is acknowledged as delivered is not to come again.
    func acknowledged(_ leases: [UInt64]) {
        for lease in leases {
            guard let run = byLease[lease], case .ended(.delivered) = run.state else { continue }
            let key = run.key
            guard let standing = stored[key.reminder], !life.store.contents.wasDelivered(key) else { continue }
            let isToCome = standing.position?.scheduledAt == key.scheduledAt || standing.row(key)?.state == .pending
            if isToCome { broken(3, key.reminder, "\(key.scheduledAt) was acknowledged as delivered, and is still to come") }
        }
    }

    func posted(_ key: OccurrenceKey, _ answer: Backend.Answer) {
        guard life.plan.profile == .calm, life.backend.taken[key] ?? 0 > 1, !hadLostAnswer.contains(key) else {
            if answer.isLost { hadLostAnswer.insert(key) }
            return
        }
        broken(3, key.reminder, "\(key.scheduledAt) was answered 2xx twice in a run without a fault")
    }

    private var hadLostAnswer: Set<OccurrenceKey> = []

    func performed(_ key: OccurrenceKey) { performed.insert(key) }

    // MARK: Promise 7: what cannot be sent is left alone

    /// A worker's word that it can send no notification for now.
    private struct Hold {
        var until: Int64
        var underWay: Set<UInt64> = []
        var allowed = 1
    }

    private var holds: [String: Hold] = [:]
    /// When a worker was held last, as far as that was seen.
    private var lastHeld = Int64.min
    /// Leases of a former process whose outcomes came with the first message to a later one.
    private var endedBefore: Set<UInt64> = []

    private func heed(_ report: OutcomeReport, _ run: Run, _ scheduler: SchedulerProcess) {
        guard stored[run.key.reminder]?.reminder.task == TaskName.notification else { return }
        if report.outcome == .unsent, let asked = report.retryAfterMilliseconds {
            // Of a lease that the scheduler does not know, has given up, or has settled by another, it is not taken at its word.
            // What ended before this process came has no lease of it.
            guard run.knownTo === scheduler, !endedBefore.contains(run.lease), !isGivenUp(run), !run.isRevoked, life.backend.taken[run.key] == nil else { return }
            holds[run.instance] = Hold(until: now + min(asked, configuration.retry.longestHoldMilliseconds))
            lastHeld = now
        } else if holds[run.instance]?.underWay.remove(run.lease) != nil {
            holds[run.instance]?.allowed += 1
        }
    }

    /// Whether workers have said since then that they can send nothing: the backend has left so many requests without an answer that it is
    /// left alone, and then asked by one after the other.
    private func wasHeldUp(_ reminder: Reminder, for milliseconds: Int64) -> Bool {
        reminder.task == TaskName.notification && (!holds.isEmpty || lastHeld >= now - milliseconds)
    }

    private func checkHold(_ run: Run, _ reminder: Reminder) {
        guard reminder.task == TaskName.notification, var hold = holds[run.instance] else { return }
        if now < hold.until { return broken(7, run.key.reminder, "\(run.key.scheduledAt) is handed to \(run.instance), which can send nothing") }
        lastHeld = now
        hold.underWay = hold.underWay.filter { byLease[$0].map { $0.start > 0 && !isGivenUp($0) } ?? false }
        hold.underWay.insert(run.lease)
        holds[run.instance] = hold.allowed >= 256 ? nil : hold
        guard hold.underWay.count > hold.allowed else { return }
        broken(7, run.key.reminder, "\(hold.underWay.count) at once are handed to \(run.instance), of which \(hold.allowed - 1) came through")
    }

    // MARK: Dispatches

    func dispatched(_ dispatch: Dispatch, to instance: String, by scheduler: SchedulerProcess) {
        dispatches += 1
        guard violation == nil else { return }
        let key = dispatch.entry.due.occurrence
        if let standing = stored[key.reminder] {
            checkTime(dispatch, standing)
            checkWanted(dispatch, standing)
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
    private func checkTime(_ dispatch: Dispatch, _ standing: StoredReminders.Standing) {
        let key = dispatch.entry.due.occurrence, wall = life.timeline.wall
        var due = key.scheduledAt.milliseconds
        if let row = standing.row(key) {
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
        if isOfSeries {
            checkPolicy(key, wall, standing.reminder)
            checkDay(key, standing.reminder)
        }
        guard life.plan.profile == .calm, dispatch.attempt == 1, !dispatch.entry.isManual, !changed.contains(key.reminder),
            // Its backlog is its own, and delays nobody else's.
            standing.reminder.caller != ReminderPlan.hostileCaller
        else { return }
        // Occurrences of a series go in their order, also where jitter would have it otherwise.
        let latest = (key.scheduledAt + Int64(standing.reminder.jitterSeconds)).milliseconds
        let lateness = wall - max(due, latest, standing.reminder.createdAt)
        if lateness > Self.longestLatenessMilliseconds, !wasHeldUp(standing.reminder, for: lateness) {
            broken(4, key.reminder, "\(key.scheduledAt) is dispatched \(lateness) ms late in a run without a fault")
        }
    }

    static let longestLatenessMilliseconds: Int64 = 2_000

    /// What was missed is fired only if its policy says so.
    private func checkPolicy(_ key: OccurrenceKey, _ wall: UnixMilliseconds, _ reminder: Reminder) {
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

    private func checkWanted(_ dispatch: Dispatch, _ standing: StoredReminders.Standing) {
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

    /// A worker has it in its hands already: it must be one that the scheduler cannot know of, or has good reason to
    /// have given up.
    private func checkRepetition(of run: Run, _ dueAt: UnixMilliseconds, by scheduler: SchedulerProcess) {
        if case .ended(let outcome) = run.state, outcome != .delivered { return }
        if run.isLeft {
            return broken(3, run.key.reminder, "\(run.key.scheduledAt) is dispatched again, and \(run.instance), which delivered it, left without a word")
        }
        if run.start > 0, let until = rejoining[run.instance], now < until {
            // What was handed out before the clock was set back looks, after a crash, as if it were yet to fall due, unless
            // there was time to write down that it is not.
            if isSetBackUnknown, dueAt > startedAtWall { return }
            return broken(3, run.key.reminder, "\(run.key.scheduledAt) is dispatched without waiting for \(run.instance), which has it")
        }
        guard run.knownTo === scheduler, !isGivenUp(run) else { return }
        broken(3, run.key.reminder, "\(run.key.scheduledAt) is dispatched again, and lease \(run.lease) of \(run.instance) is \(run.state)")
    }

    /// Whether the scheduler that knows of a run has good reason to have given it up.
    private func isGivenUp(_ run: Run) -> Bool {
        if run.isRevoked, life.plan.profile != .calm { return true }
        if let until = away[run.instance], now >= until { return true }
        return !run.isHeard && now - run.knownSince >= configuration.leaseMilliseconds
    }

    // MARK: Zones whose data changes

    /// What is computed from now on has other data of the life's own zone.
    func zoneIsOther() { series = series.filter { $0.value.reminder.schedule.timezone != life.zone?.name } }

    /// Whether a series may have been computed by other data of its zone than that of now.
    private func hasMoved(_ reminder: Reminder) -> Bool {
        guard let zone = life.zone, zone.isChanged else { return false }
        return reminder.schedule.timezone == zone.name
    }

    /// Once each so many days a series in the life's own zone has an occurrence, whatever its data.
    private func dayStep(of reminder: Reminder) -> Int64? {
        guard let zone = life.zone, reminder.schedule.timezone == zone.name else { return nil }
        return life.callers.byReminder[reminder.id]?.plan.dayStep
    }

    /// An occurrence keeps its day when the data changes, and the one after it comes so many days later.
    private func checkDays(_ before: StoredReminders.Standing, _ after: StoredReminders.Standing) {
        guard let from = before.position, let to = after.position, from != to, before.reminder.schedule == after.reminder.schedule,
            let step = dayStep(of: after.reminder)
        else { return }
        let days = MadeZone.day(of: to.scheduledAt) - MadeZone.day(of: from.scheduledAt)
        guard days != (to.index - from.index) * step else { return }
        broken(
            4, after.reminder.id,
            "the series went on from \(from.scheduledAt), its number \(from.index), to \(to.scheduledAt), its number \(to.index), \(days) days later")
    }

    private func checkDay(_ key: OccurrenceKey, _ reminder: Reminder) {
        guard dayStep(of: reminder) != nil, lastTries[key] == nil else { return }
        let day = MadeZone.day(of: key.scheduledAt)
        if let other = daysFired[key.reminder, default: [:]].updateValue(key.scheduledAt, forKey: day), other != key.scheduledAt, !wasSetBack {
            broken(3, key.reminder, "\(key.scheduledAt) is dispatched, and \(other) of the same local date was before")
        }
    }

    /// By day, what was handed out of series in the life's own zone.
    private var daysFired: [ReminderID: [Int64: UnixSeconds]] = [:]

    /// What is still to come is by the data of now.
    private func checkZone() {
        guard let zone = life.zone, zone.isChanged else { return }
        for (id, standing) in stored.sorted(by: { $0.key < $1.key })
        where standing.reminder.schedule.timezone == zone.name && standing.state == .scheduled {
            guard let position = standing.position, let due = standing.dueAt, due > life.timeline.wall,
                let series = series(of: standing.reminder), !series.contains(position.scheduledAt.count)
            else { continue }
            broken(4, id, "\(position.scheduledAt) is still to come, and is no occurrence by the zone's data of now")
        }
    }

    // MARK: Promise 6, clocks, the end

    func check(_ snapshot: Snapshot) {
        largestMemory = max(largestMemory, snapshot.entriesInMemory)
        if snapshot.entriesInMemory > configuration.maxEntriesInMemory {
            broken(6, nil, "\(snapshot.entriesInMemory) occurrences in memory, \(configuration.maxEntriesInMemory) allowed")
        }
    }

    func clockWasSet(by milliseconds: Int64) {
        guard milliseconds < 0 else { return }
        wasSetBack = true
        lastSetBack = now
    }

    /// How long a process that is well takes at most to write down what the clock hides.
    private static let timeToWriteMilliseconds: Int64 = 3_000

    /// The scheduler's process has ended.
    func schedulerEnded() { lastEnd = now }

    /// Something keeps the scheduler from writing for a while.
    func isTroubled(for milliseconds: Int64) { lastTrouble = max(lastTrouble, now + milliseconds) }

    /// Nothing has been broken for long: everything that fell due has come to its end.
    func checkEnd() {
        for entry in life.store.contents.overdue(at: life.timeline.wall - 60_000) {
            let key = entry.due.occurrence
            broken(2, key.reminder, "\(key.scheduledAt), due \(life.timeline.wall - entry.due.dueAt) ms ago, is still to come")
        }
        for id in accepted.sorted() where stored[id] == nil && !prunedReminders.contains(id) {
            broken(1, id, "an accepted reminder is not stored")
        }
        checkZone()
        guard let snapshot = life.scheduler?.core.snapshot else { return broken(2, nil, "there is no scheduler") }
        if snapshot.leased > 0, runs.isEmpty { broken(2, nil, "\(snapshot.leased) leases are held of nothing that runs") }
    }
}
