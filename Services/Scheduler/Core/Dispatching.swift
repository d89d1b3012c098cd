import Storage
import TaskDomain
import TaskRecurrence

/// From due to dispatched.
extension SchedulerCore {
    /// Brings into memory what is due within the horizon, and to the lanes what is due now.
    mutating func ripen() {
        while let timer = waiting.min, isDue(timer.at) {
            waiting.removeMin()
            guard timer.isCurrent else { continue }
            ready(timer.entry)
        }
        while let timer = rests.min, timer.at <= now.monotonic {
            rests.removeMin()
            if timer.entry.state == .resting { rested(timer.entry) }
        }
        while let timer = expiries.min, timer.at <= now.wall {
            expiries.removeMin()
            if timer.entry.state == .ready, timer.entry.expiry == timer.at { expire(timer.entry) }
        }
        // What was cancelled or left to the disk stays in the heap until its time; not too much of it.
        if Lapsed.prevails(in: waiting.count, of: table.count) { waiting.removeAll { !$0.isCurrent } }
        if Lapsed.prevails(in: rests.count, of: table.count) { rests.removeAll { $0.entry.state != .resting } }
        if Lapsed.prevails(in: expiries.count, of: table.count) { expiries.removeAll { $0.entry.state != .ready } }
        while let timer = overtakes.min, timer.at <= now.wall {
            overtakes.removeMin()
            if timer.entry.overtakeAt == timer.at { timer.entry.overtakeAt = .distantPast }
            overtake(timer.entry)
        }
    }

    private func isDue(_ time: UnixMilliseconds) -> Bool { time <= now.wall + (breaks(.runsEarly) ? 1 : 0) }

    /// An occurrence has fallen due.
    /// - Parameter isAgain: it was ready before, and passed over.
    private mutating func ready(_ entry: Entry, isAgain: Bool = false) {
        if setAsideInDoubt(entry) { return }
        if let expiry = entry.expiry, !breaks(.ignoresExpiry) {
            guard expiry > now.wall else {
                // What was missed for long is its misfire policy's; that can lead to one that has not expired.
                if prepare(entry) { expire(entry) }
                return
            }
            expiries.insert(EntryTimer(at: expiry, entry: entry))
        }
        // Not by when it was due: what is backdated must not go before what is on time.
        let readyAt = breaks(.ordersByDueTimeAlone) ? entry.dueAt.count : now.monotonic.count
        let sharer = breaks(.ordersByDueTimeAlone) ? "" : queues.sharer(of: entry.reminder)
        let rank = readyAt - Int64(entry.reminder.priority) * configuration.priorityStepMilliseconds
        for left in lanes.add(entry, rank: rank, sharer: sharer, tableCount: table.count, keepsTicket: isAgain) { leaveToShelf(left) }
    }

    /// An occurrence that could not be sent, or handed out, may be handed out again.
    /// - Parameter isAgain: it has been ready all the while.
    mutating func rested(_ entry: Entry, isAgain: Bool = false) {
        // The clock may have been set back meanwhile.
        guard isDue(entry.dueAt) else {
            entry.state = .waiting
            return wait(entry)
        }
        ready(entry, isAgain: isAgain)
    }

    private mutating func expire(_ entry: Entry) {
        let attempt = Attempt(
            scheduledAt: entry.key.scheduledAt, number: entry.tries.next, startedAt: now.wall,
            durationMicroseconds: 0, outcome: .expired, statusCode: 0,
            detail: "not delivered within \(entry.reminder.expiresAfterSeconds ?? 0) s of its time")
        settle(entry, attempt, asked: nil, lease: nil)
    }

    /// Hands out what is ready, in turns (Lanes.swift), to whoever has the most credit left.
    mutating func dispatch() {
        // Also where nothing may be dispatched: a time that has passed would keep waking the process.
        for queue in queues.takeWoken(now: now) { lanes.goOn(queue) }
        guard !isDraining, strands.all.contains(where: { mayHandOut($0) }) else { return }
        var batches: [WorkerID: [Dispatch]] = [:]
        while lanes.count > 0 {
            guard let (entry, freest) = lanes.next({ [now] queue in queues.allows(queue, now: now) }) else { break }
            // Out of its lane: whatever becomes of it here counts as waiting.
            entry.state = .waiting
            guard isDue(entry.dueAt) else {
                // The clock was set back while it waited for a worker.
                wait(entry)
                continue
            }
            guard let member = member(for: entry, freest) else {
                stall(entry)
                continue
            }
            guard prepare(entry) else { continue }
            let id = leases.makeID(in: entry.key.reminder.shard), worker = member.id
            queues.spend(entry.reminder.queue, now: now)
            lease(entry, as: id, to: worker)
            member.use()
            began(id, of: entry.reminder.task, at: worker)
            scheduleOvertake(entry, within: configuration.leaseMilliseconds)
            batches[worker, default: []].append(
                Dispatch(
                    lease: id, entry: entry.dueEntry, attempt: entry.tries.next,
                    leaseMilliseconds: configuration.leaseMilliseconds))
        }
        for (worker, dispatches) in batches.sorted(by: { $0.key < $1.key }) { effects.append(.dispatch(worker, dispatches)) }
        wantFromShelf()
    }

    /// So that a long first attempt does not hold up the next occurrence.
    /// - Parameter milliseconds: how long the attempt may take from now.
    mutating func scheduleOvertake(_ entry: Entry, within milliseconds: Int64) {
        guard entry.positionIndex != nil, case .known(let next?) = entry.successor else { return }
        let at = entry.reminder.due(of: UnixSeconds(next.instant))
        // Later than the lease lasts, the attempt will have ended one way or the other.
        guard at <= now.wall + milliseconds else { return }
        if at <= now.wall { return overtake(entry) }
        guard entry.overtakeAt != at else { return }
        entry.overtakeAt = at
        overtakes.insert(EntryTimer(at: at, entry: entry))
    }

    /// How long an attempt at one that a worker has may take from now.
    func leaseLeft(of entry: Entry) -> Int64 {
        guard case .leased(let id, _) = entry.state, let lease = leases[id] else { return configuration.leaseMilliseconds }
        return max(configuration.leaseMilliseconds, lease.deadline - now.monotonic)
    }

    // MARK: The series

    /// A series that cannot be computed ends, with its reason in the dead letters.
    mutating func abandon(_ entry: Entry, because reason: String) {
        entry.successor = .known(nil)
        let attempt = Attempt(
            scheduledAt: entry.key.scheduledAt, number: entry.tries.next, startedAt: now.wall,
            durationMicroseconds: 0, outcome: .rejected, statusCode: 0, detail: reason)
        settle(entry, attempt, asked: nil, lease: nil)
    }

    func series(of entry: Entry) throws(ScheduleError) -> Series {
        if let series = entry.series { return series }
        let series = try entry.reminder.schedule.series()
        entry.series = series
        return series
    }

    /// What follows an entry that is its reminder's position.
    func successor(of entry: Entry) -> Cursor? {
        if case .known(let next) = entry.successor { return next }
        guard let index = entry.positionIndex, !entry.reminder.schedule.isSingle else { return nil }
        // A schedule that cannot be read never gets as far as this by a dispatch of this process.
        guard let series = try? series(of: entry) else { return nil }
        let next = next(after: Cursor(instant: entry.key.scheduledAt.count, index: index), in: series, of: entry.reminder)
        entry.successor = .known(next)
        return next
    }
}
