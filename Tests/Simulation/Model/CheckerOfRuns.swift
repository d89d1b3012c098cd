import SchedulerCore
import Storage
import TaskDomain

/// Promise 3: no repetition without an excuse. What every worker has, and who knows of it.
extension Checker {
    func attached(_ attach: WorkerMessage.Attach, _ outcomes: [OutcomeReport], to scheduler: SchedulerProcess) {
        let instance = attach.instance, isAwaited = rejoining[instance].map { now < $0 } ?? false
        // Whoever is back in time can send no more than before.
        if let absence = away[instance], now >= absence.until {
            holds[instance] = nil
            for run in byLease.values where run.instance == instance && isGivenUp(run) { run.wasGivenUp = true }
        }
        away[instance] = nil
        rejoining[instance] = nil
        says(instance, attach.running, attach.following, outcomes, isAwaited: isAwaited, to: scheduler) { scheduler.owns($0) }
    }

    /// A worker has said all that it has of some shards.
    func says(
        _ instance: String, _ running: [LeaseReport], _ following: [LeaseReport], _ outcomes: [OutcomeReport], isAwaited: Bool,
        to scheduler: SchedulerProcess, of isMeant: (Shard) -> Bool
    ) {
        var named = Set(running.map(\.lease)).union(outcomes.map(\.lease))
        // What has been given up is anybody's until the outcome is there.
        for lease in following.map(\.lease) {
            guard let run = byLease[lease], run.start > 0 else { continue }
            if run.knownTo === scheduler ? !run.wasGivenUp && !isGivenUp(run) : isAwaited || now < run.awaitedUntil { named.insert(lease) }
        }
        for run in byLease.values where run.instance == instance && isMeant(run.key.reminder.shard) {
            run.awaitedUntil = 0
            if named.contains(run.lease) {
                if run.knownTo !== scheduler {
                    run.knownSince = now
                    let left = running.first { $0.lease == run.lease }?.leftMilliseconds ?? 0
                    run.heldUntil = left == 0 ? 0 : now + left
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
            case .clean: Absence(until: now)
            case .broken: Absence(until: now + configuration.reconnectGraceMilliseconds)
            case .silence: Absence(until: now + configuration.silentGraceMilliseconds, isSilent: true)
            }
    }

    func heard(_ reports: [OutcomeReport], by scheduler: SchedulerProcess) {
        for report in reports where scheduler.owns(report.key.reminder.shard) {
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

    func wasTried(_ run: Run) { firstTried[run.key] = min(run.dispatchedAt, firstTried[run.key] ?? .distantFuture) }

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
        // What it had said, and is on its way, the scheduler hears yet.
        holds[worker.instance]?.isCertain = false
        for run in byLease.values.filter({ $0.instance == worker.instance && !$0.isLeft }) {
            wasTried(run)
            remove(run)
        }
    }

    func remove(_ run: Run) {
        byLease[run.lease] = nil
        runs[run.key]?.removeAll { $0 === run }
        if runs[run.key]?.isEmpty ?? false { runs[run.key] = nil }
    }

    func revoked(_ lease: UInt64) { byLease[lease]?.isRevoked = true }

    /// What is acknowledged as delivered is not to come again.
    func acknowledged(_ leases: [UInt64]) {
        for lease in leases {
            guard let run = byLease[lease], case .ended(.delivered) = run.state, isOfKnown(run) else { continue }
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

    func performed(_ key: OccurrenceKey) { performed.insert(key) }

    /// A worker has it in its hands already: it must be one that the scheduler cannot know of, or has good reason to
    /// have given up.
    func checkRepetition(of run: Run, _ dueAt: UnixMilliseconds, by scheduler: SchedulerProcess) {
        if case .ended(let outcome) = run.state, outcome != .delivered { return }
        if run.isLeft {
            return broken(3, run.key.reminder, "\(run.key.scheduledAt) is dispatched again, and \(run.instance), which delivered it, left without a word")
        }
        if run.start > 0, now < max(run.awaitedUntil, rejoining[run.instance] ?? 0) {
            // What was handed out before the clock was set back looks, after a crash, as if it were yet to fall due, unless
            // there was time to write down that it is not.
            if isSetBackUnknown, dueAt > takenAt(run.key.reminder.shard) { return }
            return broken(3, run.key.reminder, "\(run.key.scheduledAt) is dispatched without waiting for \(run.instance), which has it")
        }
        guard run.knownTo === scheduler, isOfKnown(run), !isGivenUp(run) else { return }
        broken(3, run.key.reminder, "\(run.key.scheduledAt) is dispatched again, and lease \(run.lease) of \(run.instance) is \(run.state)")
    }

    /// Whether the scheduler that knows of a run has good reason to have given it up.
    func isGivenUp(_ run: Run) -> Bool {
        if run.isRevoked, life.plan.profile != .calm { return true }
        if let absence = away[run.instance], now >= absence.until, !(absence.isSilent && isHeldOn(run)) { return true }
        return !run.isHeard && now >= max(run.knownSince + configuration.leaseMilliseconds, run.heldUntil)
    }

    // MARK: Tasks that go on

    /// Whether the scheduler has said that it holds a lease until later than now. What one before it has said of a worker that falls silent
    /// is another's when that has been waited for: a crash leaves no other way.
    private func isHeldOn(_ run: Run) -> Bool { !run.isHeard && run.origin == starts && now < run.heldUntil }

    func asked(_ asked: [LeaseExtension], by instance: String) {
        for one in asked { extensions[instance, default: [:]][one.id] = one.lease }
    }

    /// The scheduler holds a lease for longer: until then nobody else is to be given the occurrence.
    func extended(_ answer: ExtensionAnswer, of instance: String) {
        guard let lease = extensions[instance]?.removeValue(forKey: answer.id), case .success(let milliseconds) = answer.result,
            let run = byLease[lease]
        else { return }
        run.heldUntil = max(run.heldUntil, now + milliseconds)
    }

    /// A worker lets a task go on, which it may only for as long as a scheduler has said that it holds the lease.
    func goesOn(_ lease: UInt64, until deadline: Int64, by worker: WorkerProcess) {
        guard let run = byLease[lease], deadline > max(run.heldUntil, run.knownSince + configuration.leaseMilliseconds) else { return }
        broken(3, run.key.reminder, "\(worker.instance) goes on with \(run.key.scheduledAt) for longer than the scheduler holds lease \(lease)")
    }
}
