import Storage
import TaskDomain

/// What an attempt's end means for its occurrence and its series.
extension SchedulerCore {
    mutating func take(_ reports: [OutcomeReport], from worker: WorkerID) {
        for report in reports where owns(report.key) { take(report, from: worker) }
    }

    private mutating func take(_ report: OutcomeReport, from worker: WorkerID) {
        var report = report
        if report.outcome == .unsent, breaks(.countsUnsentTries) { report.outcome = .retry }
        if !report.result.isEmpty, strands.resultBytes + report.result.count > configuration.maxResultBytes { report.leaveOutResult() }
        strands[report.key.reminder.shard]?.doubt?.hear(report.lease, from: worker)
        if let lease = leases[report.lease], lease.entry.key == report.key, lease.holder == .attached(worker) || breaks(.believesAnyWorker) {
            if let instance = workers[worker]?.instance { former.end(report.lease, toldBy: instance) }
            heed(report, of: lease.reminder.task, from: worker)
            endLease(report.lease)
            settle(
                lease.entry, attempt(report, of: lease.entry), asked: report.retryAfterMilliseconds, lease: lease,
                reported: Reporter(worker: worker, lease: report.lease))
            return
        } else if isWaiting(report, of: worker) {
            return
        } else if !mayHaveHad(report.lease, of: report.key, worker) {
            if workers[worker].map({ !former.isTold(report.lease, by: $0.instance) }) ?? true { foreignTotal += 1 }
        } else if let entry = table[report.key], entry.state == .inDoubt, !report.outcome.isFinal {
            // The lease before the one that a worker which is not back has, perhaps.
            return claim(report, of: worker)
        } else if let entry = table[report.key] {
            // From a lease that was given up. What is final holds all the same; anything else is overtaken.
            let others = leases.claims.remove(report.key, of: report.lease)
            if report.outcome.isFinal { return settleLate(entry, report, from: worker, others: others) }
        } else if mayCome(report.key) {
            // Dispatched by a former process: settled when it has come into memory, acknowledged then.
            return claim(report, of: worker)
        } else {
            // The series has not come to what the worker had said that it runs, or it was not wanted any more.
            let others = leases.claims.remove(report.key, of: report.lease)
            if report.outcome.isFinal { settleUnseen(report, from: worker) }
            for other in others { acknowledge(other.worker, other.lease, of: report.key) }
        }
        acknowledge(worker, report.lease, of: report.key)
    }

    /// Whether an outcome is known already and depends on a change that is on its way. A worker that has connected anew and says it again is
    /// told as which it is there now, once it is on stable storage.
    private mutating func isWaiting(_ report: OutcomeReport, of worker: WorkerID) -> Bool {
        guard let ends = changing[report.key.reminder]?.ends, !ends.isEmpty, let instance = workers[worker]?.instance,
            let index = ends.firstIndex(where: { $0.reported?.lease == report.lease && $0.instance == instance })
        else { return false }
        changing[report.key.reminder]?.ends[index].reported?.worker = worker
        return true
    }

    /// Dispatches that were not sent: the worker, which never saw them, does not count them.
    mutating func takeBack(_ reports: [OutcomeReport], from worker: WorkerID) {
        for report in reports {
            lanes.giveBack(to: worker)
            // A lease that has ended meanwhile has been settled.
            guard let lease = leases[report.lease], lease.entry.key == report.key else { continue }
            endLease(report.lease)
            settle(lease.entry, attempt(report, of: lease.entry), asked: nil, lease: lease)
        }
    }

    /// Delivered, or the end of its series, and not in memory: settled before, as a rule. But its reminder may be paused, or memory may have had no
    /// room for it; then it is still to come on disk, and its series goes on after it when it gets there.
    mutating func settleUnseen(_ report: OutcomeReport, from worker: WorkerID) {
        let attempt = Attempt(
            scheduledAt: report.key.scheduledAt, number: 1, startedAt: report.startedAt,
            durationMicroseconds: report.durationMicroseconds, outcome: report.outcome, statusCode: report.statusCode,
            detail: report.detail, result: breaks(.losesResultsThatComeLate) ? [] : report.result)
        let endsSeries = report.outcome == .cancelSchedule
        write(.settle(report.key, attempt, endsSeries ? .cancelSeries : .delivered, move: nil), of: report.key.reminder)
        outdate(.occurrence(report.key))
        if endsSeries { endSeries(report.key.reminder) } else { passed.ended(report.key) }
    }

    private mutating func settleLate(_ entry: Entry, _ report: OutcomeReport, from worker: WorkerID, others: [Reporter]) {
        if case .leased(let other, _) = entry.state {
            leases.revoke(other)
            endLease(other, isKnown: false)
        }
        let reporter = Reporter(worker: worker, lease: report.lease)
        settle(entry, attempt(report, of: entry), asked: nil, lease: nil, reported: reporter, others: others)
    }

    func attempt(_ report: OutcomeReport, of entry: Entry) -> Attempt {
        Attempt(
            scheduledAt: entry.key.scheduledAt, number: entry.tries.next,
            startedAt: report.startedAt, durationMicroseconds: report.durationMicroseconds,
            outcome: report.outcome, statusCode: report.statusCode, detail: report.detail,
            result: report.outcome.isFinal ? report.result : [])
    }

    /// Records an attempt and what follows from it: the occurrence's own end or next try, and the series' next step.
    /// - Parameters:
    ///   - asked: the wait before the next try that was asked for.
    ///   - lease: what the attempt was made under, taken back already.
    ///   - reported: the worker that is told once the outcome is on stable storage.
    ///   - others: who is told then, too, as they had said the same.
    mutating func settle(
        _ entry: Entry, _ attempt: Attempt, asked: Int64?, lease: Lease?, reported: Reporter? = nil, others: [Reporter] = []
    ) {
        var end = AttemptEnd(entry: entry, attempt: attempt, asked: asked, lease: lease, reported: reported, others: others)
        if changing[entry.key.reminder] != nil {
            // What it means depends on the change.
            end.instance = reported.flatMap { workers[$0.worker]?.instance }
            changing[entry.key.reminder]?.ends.append(end)
        } else {
            conclude(end)
        }
    }

    mutating func conclude(_ ended: AttemptEnd) {
        let (end, request) = cancellations.isEmpty ? (ended, nil) : endCancelled(ended)
        let entry = end.entry
        if entry.isReady {
            leaveTurn(entry)
            entry.state = .waiting
        }
        guard end.attempt.outcome != .unsent else { return putBack(end) }
        let fate = entry.fate
        let disposition = disposition(of: entry, end.attempt.outcome, asked: end.asked, lease: end.lease)
        if case .held(let tries) = disposition, !entry.reminder.schedule.isSingle, fate != .revoked, !breaks(.sendsWhatIsRefused) {
            return hold(end, tries: tries)
        }
        if case .dead = disposition, breaks(.endsTheSeriesWithADeadLetter) { entry.successor = .known(nil) }
        let isHeldUp = breaks(.holdsTheSeriesForARetry) && end.attempt.outcome == .retry
        var next = fate == .revoked || isHeldUp ? nil : moveOn(entry)
        if next != nil { next?.move.endsRow = mayHaveRow(end) }
        let write = StoreWrite.settle(entry.key, end.attempt, disposition, move: next?.move)
        let strand = strand(of: entry.key.reminder)
        if let request { strand?.outbox.add([write], for: request) } else { strand?.outbox.add(write) }
        acknowledge(end)
        if let reporter = end.reported, breaks(.acknowledgesBeforeTheCommit) {
            effects.append(.acknowledge(reporter.worker, [reporter.lease]))
        }
        outdate(.occurrence(entry.key))
        // Also where it is tried again: that may be later than its series comes to this second.
        if entry.isManual, isAhead(entry) { passed.ended(entry.key) }
        switch disposition {
        case .retry(let due, let tries) where fate == .kept:
            entry.tries = tries
            entry.unsent = 0
            entry.dueAt = due
            place(entry)
        case .cancelSeries:
            forget(entry)
            endSeries(entry.key.reminder)
            return
        default: forget(entry)
        }
        if let follower = next?.follower, fate != .paused, !breaks(.forgetsTheFollower) { place(follower) }
    }

    /// Tells of an attempt's end whoever has reported it, once what was decided before is on stable storage.
    private mutating func acknowledge(_ end: AttemptEnd) {
        if let reporter = end.reported { acknowledge(reporter.worker, reporter.lease, of: end.entry.key) }
        for other in end.others { acknowledge(other.worker, other.lease, of: end.entry.key) }
    }

    /// Nothing was sent: the occurrence stands as if it had never been handed out, but for a moment's rest. Nothing is written of it,
    /// however often that happens.
    private mutating func putBack(_ end: AttemptEnd) {
        let entry = end.entry
        if let reporter = end.reported, workers[reporter.worker] != nil {
            effects.append(.acknowledge(reporter.worker, [reporter.lease]))
        }
        switch entry.fate {
        // It is in no table.
        case .revoked: return entry.state = .gone
        // On disk it is as it was.
        case .paused: return forget(entry)
        case .kept: entry.state = .resting
        }
        entry.unsent += 1
        let delay = configuration.retry.delayMilliseconds(afterUnsent: entry.unsent, asked: end.asked, using: &random)
        rests.insert(EntryTimer(at: now.monotonic + delay, entry: entry))
    }

    /// Whether the occurrence at a position may have a row besides, as a person had that very second run: that one is known, or not
    /// everything due is in memory, or a former process handed out whichever it was.
    private func mayHaveRow(_ end: AttemptEnd) -> Bool {
        guard !breaks(.forgetsWhatAPersonRan) else { return false }
        if end.entry.hasRow || end.lease?.isInherited ?? (end.reported != nil) { return true }
        let shard = end.entry.key.reminder.shard
        return !(strands[shard]?.shelf.isEmpty ?? true) || !isLoaded(shard)
    }

    /// Whether an occurrence is one of its series', and the series is not known to be past it.
    func isAhead(_ entry: Entry) -> Bool {
        let second = entry.key.scheduledAt
        guard !entry.reminder.schedule.isSingle, let series = try? series(of: entry), series.contains(second.count) else { return false }
        return !table.entries(of: entry.key.reminder).contains { $0.positionIndex != nil && $0.key.scheduledAt > second }
    }

    /// The credential was refused: nothing more of the series is sent, and what runs stays on disk.
    private mutating func hold(_ end: AttemptEnd, tries: Tries) {
        let entry = end.entry, id = entry.key.reminder
        write(.hold(entry.key, end.attempt, tries: tries), of: id)
        acknowledge(end)
        if entry.isManual, isAhead(entry) { passed.ended(entry.key) }
        let mayHoldNothing = entry.fate == .paused
        forget(entry)
        // Held before, or at its end, it holds nothing besides: where all of it stands is asked.
        if mayHoldNothing { return askWhereItStands(id) }
        for other in table.entries(of: id) {
            if other.isHandedOut { other.destine(to: .paused) } else { forget(other) }
        }
        outdate(.reminder(id))
    }

    private mutating func disposition(of entry: Entry, _ outcome: Outcome, asked: Int64?, lease: Lease?) -> Disposition {
        let policy = configuration.retry
        let attempted = entry.tries.adding(attemptAt: now.wall)
        switch outcome {
        case .delivered, .misfired: return .delivered
        case .cancelled: return .ended
        case .cancelSchedule: return .cancelSeries
        case .rejected: return .dead(tries: attempted)
        // Nothing unsent comes as far as this.
        case .expired, .unsent: return .dead(tries: entry.tries)
        case .authRejected:
            // The credential has been replaced while the attempt was under way, or may have been since a former process dispatched
            // it: the new one deserves a try.
            guard let lease, !lease.isInherited, lease.reminder.sealedAuthorization == entry.reminder.sealedAuthorization else {
                return tryAgain(entry, at: now.wall, entry.tries)
            }
            return .held(tries: attempted)
        case .leaseLost:
            let tries = entry.tries.adding(lossAt: now.wall)
            if tries.losses >= policy.maxLosses { return .dead(tries: tries) }
            let delay = policy.delayMilliseconds(afterLosses: tries.losses, using: &random)
            return tryAgain(entry, after: delay, isAsked: false, tries)
        case .retry:
            if let most = entry.reminder.maxAttempts, attempted.attempts >= most { return .dead(tries: attempted) }
            let delay = policy.delayMilliseconds(afterAttempts: attempted.attempts, asked: asked, using: &random)
            return tryAgain(entry, after: delay, isAsked: asked != nil, attempted)
        }
    }

    /// The next try, or the end of all, where the occurrence's time to be tried is over.
    private func tryAgain(_ entry: Entry, after delay: Int64, isAsked: Bool, _ tries: Tries) -> Disposition {
        let next = configuration.retry.next(
            now.wall + delay, after: tries, for: entry.reminder.retryForSeconds, isAsked: isAsked, now: now.wall)
        return next.map { tryAgain(entry, at: $0, tries) } ?? .dead(tries: tries)
    }

    /// The next try; where the occurrence expires before it, that moment, at which it becomes a dead letter. Where the
    /// clock was set back meanwhile, its time is still to come, with what spreads the series' occurrences.
    private func tryAgain(_ entry: Entry, at time: UnixMilliseconds, _ tries: Tries) -> Disposition {
        let second = entry.key.scheduledAt
        let first = entry.isManual ? second.milliseconds : entry.reminder.due(of: second)
        let due = max(time, first)
        return .retry(dueAt: min(due, entry.expiry ?? due), tries: tries)
    }

    // MARK: The series

    /// Steps a series past an entry that is its position.
    /// - Returns: the step for the store, and the entry that is the position now; `nil` if the entry is not the position.
    mutating func moveOn(_ entry: Entry) -> (move: PositionMove, follower: Entry?)? {
        guard entry.positionIndex != nil else { return nil }
        let cursor = successor(of: entry)
        entry.positionIndex = nil
        guard let cursor else { return (PositionMove(from: entry.key.scheduledAt, to: nil), nil) }
        let position = SeriesPosition(cursor)
        let follower = Entry(DueEntry(entry.reminder, at: position))
        follower.series = entry.series
        follower.catchUpEnd = entry.catchUpEnd
        return (PositionMove(from: entry.key.scheduledAt, to: position, due: follower.dueAt), follower)
    }

    /// The next occurrence falls due while the first attempt at this one is, or may be, still under way: each goes its own
    /// way.
    mutating func overtake(_ entry: Entry) {
        guard entry.isHandedOut || entry.state == .inDoubt, entry.fate != .paused, changing[entry.key.reminder] == nil,
            let next = moveOn(entry)
        else { return }
        write(.materialise(entry.key, dueAt: entry.dueAt, tries: entry.tries, move: next.move), of: entry.key.reminder)
        outdate(.occurrence(entry.key))
        if let follower = next.follower { place(follower) }
    }

    /// The occurrence at a series' position is in memory already with a row of its own, or has come to its end before: the
    /// series goes on after it.
    mutating func stepPast(_ entry: Entry) {
        let record = Attempt(
            scheduledAt: entry.key.scheduledAt, number: 1, startedAt: now.wall, durationMicroseconds: 0,
            outcome: .misfired, statusCode: 0, detail: "this very second was run before its series came to it")
        guard let step = moveOn(entry) else { return }
        write(.misfire(entry.key.reminder, record: record, move: step.move), of: entry.key.reminder)
        outdate(.position(entry.key))
        if let follower = step.follower { place(follower) }
    }

    /// Nothing more of this reminder is to happen: a task ended its series.
    private mutating func endSeries(_ id: ReminderID) {
        drop(id)
        outdate(.reminder(id))
    }

    /// The reminder is gone from disk: takes it from memory, and back from the workers.
    mutating func drop(_ id: ReminderID) {
        for key in leases.claims.keys(of: id) { letGo(to: key) }
        passed.forget(id)
        for entry in table.entries(of: id) {
            entry.isHandedOut ? revoke(entry) : forget(entry)
        }
    }

    /// What a worker runs is no longer wanted. Its outcome is still worth recording.
    mutating func revoke(_ entry: Entry) {
        if case .leased(let lease, _) = entry.state {
            leases.revoke(lease)
            recalls.callOff(lease, entry.key)
        }
        entry.destine(to: .revoked)
        entry.positionIndex = nil
        table.remove(entry)
    }

    /// Takes an entry out of memory.
    mutating func forget(_ entry: Entry) {
        leaveTurn(entry)
        entry.state = .gone
        table.remove(entry)
    }

    /// An occurrence waits for its turn to be handed out no more.
    mutating func leaveTurn(_ entry: Entry) {
        switch entry.state {
        case .ready: lanes.left(entry)
        case .stalled: lanes.goesOn(entry)
        default: break
        }
    }

    /// What loads under way bring of this is old.
    mutating func outdate(_ part: Outdated.Part) {
        windows.outdate(part)
        strands[part.shard]?.shelf.load?.outdated.add(part)
    }
}
