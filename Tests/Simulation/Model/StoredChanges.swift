import Domain
import Storage

/// What each write means to a reminder.
extension StoredReminders.Standing {
    // MARK: Ends of attempts

    mutating func settle(
        _ key: OccurrenceKey, _ attempt: Attempt, _ disposition: Disposition, _ move: PositionMove?,
        _ history: inout StoredReminders.History
    ) -> StoreWriteResult {
        if disposition == .delivered, move == nil, history.hasDelivery(begunWith: attempt) { return .done }
        let at = key.scheduledAt, end = attempt.end, move = move.flatMap { $0.from == at ? $0 : nil }
        guard history.record(attempt) || move != nil && position?.scheduledAt == at else { return .done }
        switch disposition {
        case .delivered:
            let hadRow = occurrences[at] != nil
            if move?.endsRow ?? false { occurrences[at] = nil }
            if let move, self.move(move, delivered: true, staysOpen: false, at: end) { break }
            occurrences[at] = nil
            if hadRow {
                countDelivery(at: end)
                finishIfNothingIsOpen(at: end)
            } else if state == .cancelled || position?.scheduledAt == at {
                countDelivery(at: end)
            }
            pass(at)
        case .cancelSeries:
            let wasPosition = move != nil && position?.scheduledAt == at
            let hadRow = occurrences.removeValue(forKey: at) != nil
            if wasPosition || hadRow || state == .cancelled { countDelivery(at: end) }
            cancel(at: end)
        case .retry(let due, let tries):
            keep(
                at,
                Row(
                    state: isHeld ? .held : .pending, dueAt: due, tries: tries, outcome: isHeld ? attempt.outcome : nil),
                move, at: end)
        case .held(let tries):
            keep(at, Row(state: .held, dueAt: end, tries: tries, outcome: attempt.outcome), move, at: end)
        case .dead(let tries):
            keep(at, Row(state: .dead, dueAt: end, tries: tries, outcome: attempt.outcome), move, at: end)
        }
        return .done
    }

    private typealias Row = StoredReminders.Row

    private mutating func keep(_ scheduledAt: UnixSeconds, _ row: Row, _ move: PositionMove?, at: UnixMilliseconds) {
        let staysOpen = row.state != .dead
        if let move, self.move(move, delivered: false, staysOpen: staysOpen, at: at) { return put(scheduledAt, row) }
        // What is held waits for a credential and for nothing else; only giving up ends that.
        guard let old = occurrences[scheduledAt], old.state == .pending || old.state == .held && !staysOpen else { return }
        put(scheduledAt, row)
        if !staysOpen { finishIfNothingIsOpen(at: at) }
        pass(scheduledAt)
    }

    // MARK: Before its series came to it

    private mutating func pass(_ scheduledAt: UnixSeconds) {
        if isOpen, let position, position.scheduledAt <= scheduledAt { passed.insert(scheduledAt) }
    }

    mutating func dropPassed(before position: UnixSeconds?) {
        passed = position.map { position in passed.filter { $0 >= position } } ?? []
    }

    var passedToCome: [UnixSeconds] { passed.filter { second in isOpen && position.map { $0.scheduledAt <= second } ?? false } }

    /// An occurrence that a person asked for stays one.
    private mutating func put(_ scheduledAt: UnixSeconds, _ row: Row) {
        var row = row
        row.isManual = occurrences[scheduledAt]?.isManual ?? false
        occurrences[scheduledAt] = row
    }

    mutating func materialise(
        _ scheduledAt: UnixSeconds, dueAt: UnixMilliseconds, tries: Tries, _ move: PositionMove
    ) -> StoreWriteResult {
        guard move.from == scheduledAt, self.move(move, delivered: false, staysOpen: true, at: .distantPast) else { return .done }
        put(scheduledAt, Row(state: isHeld ? .held : .pending, dueAt: dueAt, tries: tries))
        return .done
    }

    mutating func hold(
        _ scheduledAt: UnixSeconds, _ attempt: Attempt, tries: Tries, _ history: inout StoredReminders.History
    ) -> StoreWriteResult {
        let isNew = history.record(attempt), end = attempt.end
        guard isNew || !isHeld, isOpen else { return .done }
        if position?.scheduledAt != scheduledAt, occurrences[scheduledAt]?.state != .pending { return .done }
        put(scheduledAt, Row(state: .held, dueAt: end, tries: tries, outcome: attempt.outcome))
        if position?.scheduledAt != scheduledAt { pass(scheduledAt) }
        for (second, row) in occurrences where row.state == .pending {
            occurrences[second]?.state = .held
            occurrences[second]?.outcome = attempt.outcome
        }
        heldSince = heldSince ?? end
        dueAt = nil
        updatedAt = max(updatedAt, end)
        return .done
    }

    private var isHeld: Bool { heldSince != nil }

    // MARK: Where it stands

    private var isOpen: Bool { state == .scheduled || state == .paused }

    mutating func move(_ move: PositionMove, delivered: Bool, staysOpen: Bool, at: UnixMilliseconds) -> Bool {
        guard isOpen, position?.scheduledAt == move.from else { return false }
        position = move.to
        dueAt = move.to == nil || isHeld ? nil : move.dueAt
        updatedAt = max(updatedAt, at)
        if delivered { self.delivered += 1 }
        if let missed = move.missed { self.missed = self.missed?.adding(missed) ?? missed }
        if move.to == nil, !staysOpen, !hasOpenOccurrence { complete(at: at) }
        return true
    }

    private mutating func complete(at: UnixMilliseconds) {
        state = .completed
        finishedAt = max(updatedAt, at)
    }

    mutating func finishIfNothingIsOpen(at: UnixMilliseconds) {
        if isOpen, position == nil, !hasOpenOccurrence { complete(at: at) }
        forgetCredentialIfUseless(at: at)
    }

    /// Nothing of it can be sent any more.
    private mutating func forgetCredentialIfUseless(at: UnixMilliseconds) {
        let wasLongAgo = state == .completed && (finishedAt ?? at) < at - ReminderState.runAgainMilliseconds
        guard state == .cancelled || wasLongAgo, occurrences.isEmpty, !reminder.sealedAuthorization.isEmpty else { return }
        reminder = reminder.with(sealedAuthorization: [])
    }

    private mutating func countDelivery(at: UnixMilliseconds) {
        delivered += 1
        updatedAt = max(updatedAt, at)
    }

    @discardableResult
    private mutating func cancel(at: UnixMilliseconds) -> Bool {
        defer { forgetCredentialIfUseless(at: at) }
        guard isOpen else { return false }
        state = .cancelled
        position = nil
        dueAt = nil
        heldSince = nil
        updatedAt = max(updatedAt, at)
        finishedAt = updatedAt
        occurrences = occurrences.filter { $0.value.state == .dead }
        passed = []
        return true
    }

    // MARK: Callers

    mutating func apply(
        _ change: ReminderChange, _ guardian: ChangeGuard, at: UnixMilliseconds, _ history: inout StoredReminders.History
    ) -> ChangeOutcome {
        var outcome = ChangeOutcome(.done, nil)
        if let caller = guardian.caller, caller != reminder.caller {
            outcome.verdict = .notFound
        } else if let revision = guardian.revision, revision != self.revision {
            outcome.verdict = .revisionDiffers
        } else {
            carryOut(change, at: at, &outcome, &history)
            if case .realign = change {} else if outcome.verdict == .done {
                revision += 1
                updatedAt = max(updatedAt, at)
            }
        }
        outcome.standing = ReminderStanding(
            reminder: reminder, state: state, revision: revision, isHeld: isHeld,
            entries: Array(entries.prefix(ReminderStanding.maxEntries + 1)))
        return outcome
    }

    private mutating func carryOut(
        _ change: ReminderChange, at: UnixMilliseconds, _ outcome: inout ChangeOutcome, _ history: inout StoredReminders.History
    ) {
        switch change {
        case .cancel: if !cancel(at: at) { outcome.verdict = .finished }
        case .pause where isOpen: reopen(as: .paused)
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
            let isDone = moves && new.schedule.isSingle && history.hasDelivery(at: new.schedule.start)
            if moves { reschedule(new, isDone ? nil : position, at: at) }
            outcome.released = replace(with: new, at: at, &history)
            if moves { finishIfNothingIsOpen(at: at) }
        case .replay(let scheduledAt):
            guard let row = occurrences[scheduledAt], row.state != .pending else { return outcome.verdict = .notFound }
            let endsHold = isHeld && row.state == .held
            if !endsHold || position?.scheduledAt != scheduledAt {
                makeDue(scheduledAt, row, at: at, isManual: true)
                if isHeld, !endsHold { occurrences[scheduledAt]?.state = .held }
            }
            if endsHold { _ = release(at: at, &history) }
            if state == .completed { reopen(as: .scheduled) }
        case .realign(let from, let to):
            guard isOpen, position?.scheduledAt == from, dueAt ?? reminder.due(of: from) > at else {
                return outcome.verdict = .notFound
            }
            if let to { occurrences[to.scheduledAt] = nil }
            place(at: to, of: reminder)
            finishIfNothingIsOpen(at: at)
        case .discard(let scheduledAt, let target):
            guard let row = occurrences[scheduledAt], row.state != .pending else { return outcome.verdict = .notFound }
            occurrences[scheduledAt] = nil
            if isHeld, !occurrences.values.contains(where: { $0.state == .held }) {
                if case .position(let next) = target, let position, next.map({ position.scheduledAt < $0.scheduledAt }) ?? true {
                    place(at: next, of: reminder)
                    history.record(Self.misfire(position.scheduledAt, at: at))
                }
                _ = release(at: at, &history)
            }
            finishIfNothingIsOpen(at: at)
        }
    }

    private mutating func reopen(as state: ReminderState) {
        self.state = state
        finishedAt = nil
    }

    private mutating func makeDue(_ scheduledAt: UnixSeconds, _ row: Row, at: UnixMilliseconds, isManual: Bool) {
        var row = row
        row.state = .pending
        row.dueAt = at
        row.tries = .none
        row.isManual = row.isManual || isManual
        occurrences[scheduledAt] = row
    }

    private static func misfire(_ scheduledAt: UnixSeconds, at: UnixMilliseconds) -> Attempt {
        Attempt(
            scheduledAt: scheduledAt, number: 1, startedAt: at, durationMicroseconds: 0, outcome: .misfired, statusCode: 0,
            detail: "")
    }

    private mutating func release(at: UnixMilliseconds, _ history: inout StoredReminders.History) -> Int {
        var released = 0
        if isHeld {
            if let position, occurrences[position.scheduledAt]?.state == .held {
                occurrences[position.scheduledAt] = nil
                released += 1
            }
            let dropped = notFired(at: at)
            if let first = dropped.first, let last = dropped.last {
                let missed = Missed(count: Int64(dropped.count), first: first, last: last)
                self.missed = self.missed?.adding(missed) ?? missed
                history.record(Self.misfire(first, at: at))
                for second in dropped { occurrences[second] = nil }
                released += dropped.count
            }
            heldSince = nil
            dueAt = position.map { reminder.due(of: $0.scheduledAt) }
        }
        return released + releaseRows(at: at)
    }

    /// What the misfire policy does not fire of a series' rows that waited for a credential.
    private func notFired(at: UnixMilliseconds) -> [UnixSeconds] {
        guard !reminder.schedule.isSingle else { return [] }
        let held = occurrences.filter { $0.value.state == .held && !$0.value.isManual }.keys.sorted()
        let now = at.second
        switch reminder.misfirePolicy {
        case .skip: return held.filter { $0 < now - 60 }
        case .fireOnce: return position.map { $0.scheduledAt <= now } ?? false ? held : Array(held.dropLast())
        case .fireAll: return Array(held.dropLast(reminder.handling.catchUpLimit))
        }
    }

    private mutating func releaseRows(at: UnixMilliseconds) -> Int {
        let held = occurrences.filter { $0.value.state == .held }
        for (scheduledAt, row) in held {
            makeDue(scheduledAt, row, at: max(at, scheduledAt.milliseconds), isManual: false)
        }
        return held.count
    }

    private mutating func place(at position: SeriesPosition?, of reminder: Reminder) {
        self.position = position
        dueAt = isHeld ? nil : position.map { reminder.due(of: $0.scheduledAt) }
        dropPassed(before: position?.scheduledAt)
    }

    private mutating func resume(_ target: SeriesTarget, at: UnixMilliseconds, _ history: inout StoredReminders.History) {
        reopen(as: .scheduled)
        guard let missed = position, !isHeld else { return }
        guard case .position(let next) = target else {
            let wasRun = occurrences[missed.scheduledAt] != nil || history.hasDelivery(at: missed.scheduledAt)
            guard reminder.schedule.isSingle, wasRun else { return }
            place(at: nil, of: reminder)
            return finishIfNothingIsOpen(at: at)
        }
        guard next.map({ missed.scheduledAt < $0.scheduledAt }) ?? true else { return }
        place(at: next, of: reminder)
        history.record(Self.misfire(missed.scheduledAt, at: at))
        if next == nil { finishIfNothingIsOpen(at: at) }
    }

    private mutating func run(at: UnixMilliseconds, _ history: StoredReminders.History) -> UnixSeconds {
        let second = at.second
        if state == .scheduled, position?.scheduledAt == second { return second }
        if history.hasDelivery(at: second) { return second }
        if var row = occurrences[second], row.state == .pending {
            row.isManual = true
            occurrences[second] = row
        } else {
            makeDue(second, Row(state: .pending, dueAt: at, tries: .none), at: at, isManual: true)
        }
        if isHeld { occurrences[second]?.state = .held }
        if state == .completed { reopen(as: .scheduled) }
        return second
    }

    private mutating func reschedule(_ new: Reminder, _ position: SeriesPosition?, at: UnixMilliseconds) {
        if let position { occurrences[position.scheduledAt] = nil }
        if state == .scheduled, let old = self.position, old.scheduledAt != position?.scheduledAt,
            let due = dueAt, due <= at, !passed.contains(old.scheduledAt)
        {
            _ = materialise(old.scheduledAt, dueAt: due, tries: .none, PositionMove(from: old.scheduledAt, to: nil))
        }
        passed = []
        place(at: position, of: new)
    }

    private mutating func replace(with new: Reminder, at: UnixMilliseconds, _ history: inout StoredReminders.History) -> Int {
        let old = reminder, keeps = new.sealedAuthorization.isEmpty
        reminder = keeps ? new.with(sealedAuthorization: old.sealedAuthorization) : new
        if new.schedule == old.schedule, new.jitterSeconds != old.jitterSeconds, let position, !isHeld, dueAt ?? .distantPast > at {
            dueAt = new.due(of: position.scheduledAt)
        }
        return keeps ? 0 : release(at: at, &history)
    }

    // MARK: What is to come

    /// What is to come by itself, the earliest first.
    var entries: [DueEntry] {
        var entries: [DueEntry] = []
        if state == .scheduled, let position, let due = dueAt {
            entries.append(
                DueEntry(
                    due: DueKey(
                        dueAt: due, occurrence: OccurrenceKey(reminder: reminder.id, scheduledAt: position.scheduledAt)),
                    reminder: reminder, tries: .none, positionIndex: position.index))
        }
        for (scheduledAt, row) in occurrences where row.state == .pending && (row.isManual || state != .paused) {
            entries.append(
                DueEntry(
                    due: DueKey(
                        dueAt: row.dueAt,
                        occurrence: OccurrenceKey(reminder: reminder.id, scheduledAt: scheduledAt)),
                    reminder: reminder, tries: row.tries, positionIndex: nil, isManual: row.isManual))
        }
        return entries.sorted { $0.due < $1.due }
    }
}
