import TaskDomain

/// What callers ask to be done with a reminder. Each change is judged by what is stored at that moment, raises the reminder's revision
/// unless it changes nothing, and tells where the reminder stands afterwards.
extension StoredReminder {
    mutating func apply(
        _ change: ReminderChange, _ guardian: ChangeGuard, at: UnixMilliseconds, _ history: inout AttemptHistory
    ) -> ChangeOutcome {
        var outcome = ChangeOutcome(.done, nil)
        if let caller = guardian.caller, caller != reminder.caller {
            outcome.verdict = .notFound
        } else if let revision = guardian.revision, revision != self.revision {
            outcome.verdict = .revisionDiffers
        } else {
            let wasMade = isAlready(change)
            carryOut(change, at: at, &outcome, &history)
            // One that the scheduler makes for itself nobody asked for.
            if case .realign = change {} else if outcome.verdict == .done, !wasMade {
                revision += 1
                updatedAt = max(updatedAt, at)
            }
        }
        outcome.standing = standing
        return outcome
    }

    /// Whether a change was made before: said twice, it is the same.
    private func isAlready(_ change: ReminderChange) -> Bool {
        switch change {
        case .pause: state == .paused
        case .resume: state == .scheduled
        default: false
        }
    }

    private mutating func carryOut(
        _ change: ReminderChange, at: UnixMilliseconds, _ outcome: inout ChangeOutcome, _ history: inout AttemptHistory
    ) {
        switch change {
        case .cancel: if !cancel(at: at) { outcome.verdict = .finished }
        case .pause where isOpen: if state != .paused { reopen(as: .paused) }
        case .resume(let target) where isOpen: if state == .paused { resume(target, at: at, &history) }
        case .pause, .resume: outcome.verdict = .finished
        case .run:
            guard state != .cancelled, isOpen || !reminder.lacksCredential else { return outcome.verdict = .finished }
            outcome.scheduledAt = run(at: at, history)
        case .replaceAuthorization(let sealed):
            reminder = reminder.with(sealedAuthorization: sealed)
            outcome.released = release(at: at, &history)
            forgetCredentialIfUseless(at: at)
        case .replace(let new, let position):
            let moves = new.schedule != reminder.schedule
            guard isOpen || state == .completed && !moves else { return outcome.verdict = .finished }
            // One time that has been delivered already is not delivered again.
            let isDone = moves && new.schedule.isSingle && history.hasDelivery(at: new.schedule.start)
            if moves { reschedule(new, isDone ? nil : position, at: at) }
            outcome.isRescheduled = moves
            outcome.released = replace(with: new, at: at, &history)
            if moves { finishIfNothingIsOpen(at: at) }
        case .replay(let scheduledAt): if !replay(scheduledAt, at: at, &history) { outcome.verdict = .notFound }
        case .discard(let scheduledAt, let target): if !discard(scheduledAt, target, at: at, &history) { outcome.verdict = .notFound }
        case .cancelOccurrence(let scheduledAt, let detail, let isUnderWay):
            if !cancelOccurrence(scheduledAt, detail, isUnderWay: isUnderWay, at: at, &history) { outcome.verdict = .notFound }
        case .realign(let from, let to):
            // A held one has no time, and has its place by the new data when it is released.
            guard isOpen, position?.scheduledAt == from, dueAt ?? reminder.due(of: from) > at else {
                return outcome.verdict = .notFound
            }
            if let to { occurrences[to.scheduledAt] = nil }
            place(at: to, of: reminder)
            finishIfNothingIsOpen(at: at)
        }
    }

    // MARK: Changes

    private mutating func reopen(as state: ReminderState) {
        self.state = state
        finishedAt = nil
    }

    private mutating func place(at position: SeriesPosition?, of reminder: Reminder) {
        self.position = position
        dueAt = isHeld ? nil : position.map { reminder.due(of: $0.scheduledAt) }
        dropPassed(before: position?.scheduledAt)
    }

    /// What a series missed while it was paused is skipped, and the history says so. One that is held stays where it is: what it missed
    /// goes by its misfire policy when it is released.
    private mutating func resume(_ target: SeriesTarget, at: UnixMilliseconds, _ history: inout AttemptHistory) {
        reopen(as: .scheduled)
        guard let missed = position, !isHeld else { return }
        guard case .position(let next) = target else {
            // A person had it run in the pause.
            let wasRun = occurrences[missed.scheduledAt] != nil || history.hasDelivery(at: missed.scheduledAt)
            guard reminder.schedule.isSingle, wasRun else { return }
            place(at: nil, of: reminder)
            return finishIfNothingIsOpen(at: at)
        }
        guard next.map({ missed.scheduledAt < $0.scheduledAt }) ?? true else { return }
        place(at: next, of: reminder)
        history.record(.misfire(missed.scheduledAt, at: at, "skipped: the reminder was paused"))
        if next == nil { finishIfNothingIsOpen(at: at) }
    }

    /// An occurrence of this second. Asked for twice within a second, it is one.
    private mutating func run(at: UnixMilliseconds, _ history: AttemptHistory) -> UnixSeconds {
        let second = at.second
        if state == .scheduled, position?.scheduledAt == second { return second }
        if history.hasDelivery(at: second) { return second }
        if var row = occurrences[second], row.state == .pending {
            row.isManual = true
            occurrences[second] = row
        } else {
            makeDue(second, StoredOccurrence(state: .pending, dueAt: at, tries: .none, changedAt: at), at: at, isManual: true)
        }
        if isHeld { occurrences[second]?.state = .held }
        if state == .completed { reopen(as: .scheduled) }
        return second
    }

    private mutating func replay(_ scheduledAt: UnixSeconds, at: UnixMilliseconds, _ history: inout AttemptHistory) -> Bool {
        guard let row = occurrences[scheduledAt], row.state != .pending else { return false }
        let endsHold = isHeld && row.state == .held
        if !endsHold || position?.scheduledAt != scheduledAt {
            makeDue(scheduledAt, row, at: at, isManual: true)
            if isHeld, !endsHold { occurrences[scheduledAt]?.state = .held }
        }
        if endsHold { _ = release(at: at, &history) }
        if state == .completed { reopen(as: .scheduled) }
        return true
    }

    private mutating func discard(
        _ scheduledAt: UnixSeconds, _ target: SeriesTarget, at: UnixMilliseconds, _ history: inout AttemptHistory
    ) -> Bool {
        guard let row = occurrences[scheduledAt], row.state != .pending else { return false }
        occurrences[scheduledAt] = nil
        if isHeld, !occurrences.values.contains(where: { $0.state == .held }) {
            if case .position(let next) = target, let position, next.map({ position.scheduledAt < $0.scheduledAt }) ?? true {
                place(at: next, of: reminder)
                history.record(.misfire(position.scheduledAt, at: at, "given up while its credential was refused"))
            }
            _ = release(at: at, &history)
        }
        finishIfNothingIsOpen(at: at)
        return true
    }

    private mutating func cancelOccurrence(
        _ scheduledAt: UnixSeconds, _ detail: String, isUnderWay: Bool, at: UnixMilliseconds, _ history: inout AttemptHistory
    ) -> Bool {
        guard let row = occurrences[scheduledAt], row.state == .pending || isUnderWay && row.state == .held else { return false }
        history.record(.cancelled(scheduledAt, number: row.tries.next, at: at, detail))
        finish(scheduledAt, nil, isDelivered: false, end: at)
        return true
    }

    /// The schedule becomes another. What fell due by the old one stays due, as an occurrence of its own, unless the new
    /// one begins with it.
    private mutating func reschedule(_ new: Reminder, _ position: SeriesPosition?, at: UnixMilliseconds) {
        // It stands for an occurrence that had a row: one of the two would be delivered after the other.
        if let position { occurrences[position.scheduledAt] = nil }
        // Where it has ended before its series came to it, or has a row, it is not due once more.
        if state == .scheduled, let old = self.position, old.scheduledAt != position?.scheduledAt,
            let due = dueAt, due <= at, !passed.contains(old.scheduledAt)
        {
            materialise(old.scheduledAt, dueAt: due, tries: .none, PositionMove(from: old.scheduledAt, to: nil))
        }
        // Of the old schedule.
        passed = []
        place(at: position, of: new)
    }

    private mutating func replace(with new: Reminder, at: UnixMilliseconds, _ history: inout AttemptHistory) -> Int {
        let old = reminder, keeps = new.sealedAuthorization.isEmpty
        reminder = keeps ? new.with(sealedAuthorization: old.sealedAuthorization) : new
        // One that has fallen due stays due: a worker may have it. A held one has no time.
        if new.schedule == old.schedule, new.jitterSeconds != old.jitterSeconds, let position, !isHeld, dueAt ?? .distantPast > at {
            dueAt = new.due(of: position.scheduledAt)
        }
        return keeps ? 0 : release(at: at, &history)
    }

    private mutating func makeDue(_ scheduledAt: UnixSeconds, _ row: StoredOccurrence, at: UnixMilliseconds, isManual: Bool) {
        var row = row
        row.state = .pending
        row.dueAt = at
        row.tries = .none
        row.changedAt = at
        row.isManual = row.isManual || isManual
        occurrences[scheduledAt] = row
    }

    // MARK: Release

    /// What waited for a credential is to come: the series where it stands, and what has rows, unless its misfire policy says
    /// otherwise.
    /// - Returns: how much waited.
    private mutating func release(at: UnixMilliseconds, _ history: inout AttemptHistory) -> Int {
        var released = 0
        if isHeld {
            if let position, let row = occurrences[position.scheduledAt], row.state == .held, !row.isManual {
                // The series comes to it by itself. What a person had run at that very second is fired, and the series steps past it.
                occurrences[position.scheduledAt] = nil
                released += 1
            }
            released += dropNotFired(at: at, &history)
            heldSince = nil
            dueAt = position.map { reminder.due(of: $0.scheduledAt) }
        }
        let held = occurrences.filter { $0.value.state == .held }
        for (scheduledAt, row) in held {
            makeDue(scheduledAt, row, at: at, isManual: false)
            // Where the clock was set back meanwhile, the time of what is held is still to come.
            occurrences[scheduledAt]?.dueAt = max(at, scheduledAt.milliseconds)
        }
        return released + held.count
    }

    /// Drops what is not fired of a series' rows that waited for a credential, and counts it as missed.
    private mutating func dropNotFired(at: UnixMilliseconds, _ history: inout AttemptHistory) -> Int {
        let dropped = notFired(at: at)
        guard let first = dropped.first, let last = dropped.last else { return 0 }
        for second in dropped { occurrences[second] = nil }
        count(Missed(count: Int64(dropped.count), first: first, last: last))
        let why = "missed: \(dropped.count), from \(first) to \(last), while the credential was refused"
        history.record(.misfire(first, at: at, why))
        return dropped.count
    }

    /// What the misfire policy does not fire. What a person asked for is fired, and so is one time.
    private func notFired(at: UnixMilliseconds) -> [UnixSeconds] {
        guard !reminder.schedule.isSingle else { return [] }
        let held = occurrences.filter { $0.value.state == .held && !$0.value.isManual }.keys.sorted()
        let now = at.second
        switch reminder.misfirePolicy {
        case .skip: return held.filter { $0 < now - MisfirePolicy.thresholdSeconds }
        // Where the series has missed a later one, that stands for all.
        case .fireOnce: return position.map { $0.scheduledAt <= now } ?? false ? held : Array(held.dropLast())
        case .fireAll: return Array(held.dropLast(reminder.handling.catchUpLimit))
        }
    }

    // MARK: What is to come

    /// What is to come by itself, the earliest first.
    public var entries: [DueEntry] {
        var entries: [DueEntry] = []
        func add(_ scheduledAt: UnixSeconds, due: UnixMilliseconds, _ tries: Tries, index: Int64?, isManual: Bool) {
            let key = OccurrenceKey(reminder: reminder.id, scheduledAt: scheduledAt)
            entries.append(
                DueEntry(
                    due: DueKey(dueAt: due, occurrence: key), reminder: reminder, tries: tries, positionIndex: index, isManual: isManual))
        }
        if state == .scheduled, let position, let due = dueAt {
            add(position.scheduledAt, due: due, .none, index: position.index, isManual: false)
        }
        for (scheduledAt, row) in occurrences where row.state == .pending && (row.isManual || state != .paused) {
            add(scheduledAt, due: row.dueAt, row.tries, index: nil, isManual: row.isManual)
        }
        return entries.sorted { $0.due < $1.due }
    }

    /// Where it stands, as a change tells it.
    var standing: ReminderStanding {
        ReminderStanding(
            reminder: reminder, state: state, revision: revision,
            isHeld: isHeld || state == .cancelled && occurrences.values.contains { $0.state == .held },
            entries: Array(entries.prefix(ReminderStanding.maxEntries + 1)))
    }
}

/// What a new reminder comes to, by what is stored.
public enum CreateRules {
    /// What stands in the way of it; `nil`: nothing does.
    /// - Parameters:
    ///   - earlier: what is stored under the idempotency key of `record`, in the reminder's shard.
    ///   - isStored: whether there is a reminder with its id.
    ///   - pending: how many unfinished reminders its caller has; asked for only where that matters.
    public static func refusal(
        of record: IdempotencyRecord?, earlier: IdempotencyRecord?, isStored: Bool, position: SeriesPosition?, pendingLimit: Int?,
        pending: () -> Int
    ) -> StoreWriteResult? {
        if let record, let earlier {
            return earlier.request == record.request ? .replayed(answer: earlier.answer) : .idempotencyConflict
        }
        // What was stored is answered as such, whatever has been stored since.
        if isStored { return .exists }
        guard let pendingLimit, position != nil else { return nil }
        let count = pending()
        return count < pendingLimit ? nil : .tooManyPending(min(count, pendingLimit + 1))
    }
}
