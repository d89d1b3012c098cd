import Domain
import Storage

/// What an attempt's end means for its occurrence and its series.
extension SchedulerCore {
    mutating func take(_ reports: [OutcomeReport], from worker: WorkerID) {
        for report in reports { take(report, from: worker) }
    }

    private mutating func take(_ report: OutcomeReport, from worker: WorkerID) {
        if let lease = leases[report.lease], lease.entry.key == report.key {
            endLease(report.lease)
            settle(lease.entry, attempt(report, of: lease.entry), asked: report.retryAfterMilliseconds, lease: lease)
        } else if let entry = table[report.key] {
            // From a lease that was given up. That it was delivered holds all the same; anything else is overtaken.
            if report.outcome == .delivered { settleLate(entry, report) }
        } else if !isLoaded(report.key.reminder.shard) {
            // Dispatched by a former process: settled when it has been loaded, acknowledged then.
            claims[report.key] = Claim(lease: report.lease, worker: worker, outcome: report)
            return
        }
        outbox.acknowledge(worker, report.lease)
    }

    private mutating func settleLate(_ entry: Entry, _ report: OutcomeReport) {
        if case .leased(let other) = entry.standing, let lease = endLease(other), let worker = lease.worker {
            revoked[worker, default: []].append(other)
        }
        settle(entry, attempt(report, of: entry), asked: nil, lease: nil)
    }

    func attempt(_ report: OutcomeReport, of entry: Entry) -> Attempt {
        Attempt(
            scheduledAt: entry.key.scheduledAt, number: entry.attempts + 1,
            startedAtMilliseconds: report.startedAtMilliseconds, durationMicroseconds: report.durationMicroseconds,
            outcome: report.outcome, statusCode: report.statusCode, detail: report.detail)
    }

    /// Records an attempt and what follows from it: the occurrence's own end or next try, and the series' next step.
    /// - Parameter asked: the wait before the next try that was asked for.
    /// - Parameter lease: what the attempt was made under, taken back already.
    mutating func settle(_ entry: Entry, _ attempt: Attempt, asked: Int64?, lease: Lease?) {
        if entry.standing == .ready { lanes.left() }
        let isCancelled = lease?.isRevoked ?? false
        let disposition = disposition(of: entry, attempt.outcome, asked: asked, lease: lease)
        let next = isCancelled ? nil : moveOn(entry)
        outbox.add(.settle(entry.key, attempt, disposition, move: next?.move))
        changed(entry.key)
        switch disposition {
        case .retry(let due, let attempts) where !isCancelled:
            entry.attempts = attempts
            entry.dueAtMilliseconds = due
            place(entry)
        case .cancelSeries:
            forget(entry)
            end(entry.key.reminder)
            return
        default: forget(entry)
        }
        if let follower = next?.follower { place(follower) }
    }

    private mutating func disposition(of entry: Entry, _ outcome: Outcome, asked: Int64?, lease: Lease?) -> Disposition {
        let attempts = entry.attempts + 1
        switch outcome {
        case .delivered, .misfired: return .delivered
        case .cancelSchedule: return .cancelSeries
        case .rejected: return .dead(attempts: attempts)
        case .authRejected:
            // The credential has been replaced while the attempt was under way: the new one deserves a try.
            if let lease, lease.reminder !== entry.reminder {
                return .retry(dueAtMilliseconds: now.wallMilliseconds, attempts: entry.attempts)
            }
            return .held(attempts: attempts)
        case .leaseLost:
            let retry = configuration.retry
            if attempts >= max(entry.reminder.maxAttempts, retry.maxLostLeases) { return .dead(attempts: attempts) }
            // At once, unless it happens again and again.
            let again = attempts - RetryPolicy.lossesTriedAgainAtOnce
            let delay = again > 0 ? retry.delayMilliseconds(afterAttempts: again, asked: nil, using: &random) : 0
            return .retry(dueAtMilliseconds: now.wallMilliseconds + delay, attempts: attempts)
        case .retry:
            if attempts >= entry.reminder.maxAttempts { return .dead(attempts: attempts) }
            let delay = configuration.retry.delayMilliseconds(afterAttempts: attempts, asked: asked, using: &random)
            return .retry(dueAtMilliseconds: now.wallMilliseconds + delay, attempts: attempts)
        }
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
        return (PositionMove(from: entry.key.scheduledAt, to: position), follower)
    }

    /// The next occurrence falls due while the first attempt at this one is still under way: each goes its own way.
    mutating func overtake(_ entry: Entry) {
        guard entry.isLeased, let next = moveOn(entry) else { return }
        outbox.add(
            .materialise(entry.key, dueAtMilliseconds: entry.dueAtMilliseconds, attempts: entry.attempts, move: next.move))
        changed(entry.key)
        if let follower = next.follower { place(follower) }
    }

    /// Nothing more of this reminder is to happen: a task ended its series.
    private mutating func end(_ id: ReminderID) {
        drop(id)
        windows[id.shard]?.load?.ended.insert(id)
    }

    /// The reminder is gone from disk: takes it from memory, and back from the workers.
    mutating func drop(_ id: ReminderID) {
        for entry in table.entries(of: id) {
            if case .leased(let lease) = entry.standing {
                // Its outcome is still worth recording.
                leases[lease]?.isRevoked = true
                if let worker = leases[lease]?.worker { revoked[worker, default: []].append(lease) }
                entry.positionIndex = nil
                table.remove(entry.key)
            } else {
                if entry.standing == .ready { lanes.left() }
                forget(entry)
            }
        }
    }

    /// Takes an entry out of memory.
    mutating func forget(_ entry: Entry) {
        entry.standing = .gone
        table.remove(entry.key)
    }

    /// What a load under way brings of this occurrence is old.
    mutating func changed(_ key: OccurrenceKey) {
        windows[key.reminder.shard]?.load?.changed.insert(key)
    }
}

extension DueEntry {
    /// A reminder's occurrence at its position.
    public init(_ reminder: Reminder, at position: SeriesPosition) {
        self.init(
            due: DueKey(
                dueAtMilliseconds: position.scheduledAt.multipliedReportingOverflow(by: 1_000).partialValue,
                occurrence: OccurrenceKey(reminder: reminder.id, scheduledAt: position.scheduledAt)),
            reminder: reminder, attempts: 0, positionIndex: position.index)
    }
}
