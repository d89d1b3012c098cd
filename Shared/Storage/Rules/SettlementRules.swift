import TaskDomain

/// What becomes of occurrences: attempts and their outcomes, rows of their own, misfires.
///
/// An attempt is known by (occurrence, start, number, outcome). A settlement whose attempt is in the history already is a repetition and
/// changes nothing, unless its occurrence waits for just that try; that makes `settle` repeatable whatever has happened since. A
/// delivery without a move is known without its number, which whoever reports it late may not know.
extension StoredReminder {
    /// Carries out a write that concerns this reminder, which is stored.
    /// - Returns: what it came to. A `create` of what is there exists; a write that concerns no reminder changes nothing.
    public mutating func apply(_ write: StoreWrite, _ history: inout AttemptHistory) -> StoreWriteResult {
        switch write {
        case .create: return .exists
        case .settle(let key, let attempt, let disposition, let move):
            settle(key, attempt, disposition, move, &history)
        case .materialise(let key, let due, let tries, let move):
            materialise(key.scheduledAt, dueAt: due, tries: tries, move)
        case .misfire(_, let record, let move):
            guard self.move(move, delivered: false, staysOpen: false, at: record.endedAt) else { break }
            history.record(record)
            dropPassed(before: move.to?.scheduledAt)
        case .hold(let key, let attempt, let tries):
            hold(key.scheduledAt, attempt, tries: tries, &history)
        case .change(_, let change, let guardian, let at):
            return .changed(apply(change, guardian, at: at, &history))
        case .shelve, .unshelve, .queue, .zone, .workers: break
        }
        return .done
    }

    // MARK: Ends of attempts

    private mutating func settle(
        _ key: OccurrenceKey, _ attempt: Attempt, _ disposition: Disposition, _ move: PositionMove?, _ history: inout AttemptHistory
    ) {
        if disposition == .delivered, move == nil, history.hasDelivery(begunWith: attempt) { return }
        let at = key.scheduledAt, end = attempt.endedAt, move = move.flatMap { $0.from == at ? $0 : nil }
        // The clock may have been set back, and an attempt of another schedule have begun at this very millisecond: then the
        // position stands where the move begins, as it never does when a write is repeated.
        guard history.record(attempt) || move != nil && position?.scheduledAt == at || isAwaited(attempt) else { return }
        func row(_ state: OccurrenceState, due: UnixMilliseconds, _ tries: Tries) -> StoredOccurrence {
            StoredOccurrence(
                state: state, dueAt: due, tries: tries, changedAt: end,
                ending: state == .pending ? nil : StoredOccurrence.Ending(attempt))
        }
        switch disposition {
        case .delivered: finish(at, move, isDelivered: true, end: end)
        case .ended: finish(at, move, isDelivered: false, end: end)
        case .cancelSeries:
            let wasPosition = move != nil && position?.scheduledAt == at
            let hadRow = occurrences.removeValue(forKey: at) != nil
            if wasPosition || hadRow || state == .cancelled { countDelivery(at: end) }
            if !cancel(at: end) { endWhatIsOpen(at: end) }
        // It may have been under way when the series' credential was refused.
        case .retry(let due, let tries): keep(at, row(isHeld ? .held : .pending, due: due, tries), move, at: end)
        case .held(let tries): keep(at, row(.held, due: end, tries), move, at: end)
        case .dead(let tries): keep(at, row(.dead, due: end, tries), move, at: end)
        }
    }

    /// Tells whether a row waits for just this try. One that is replayed counts its tries anew, and with the clock set back the first may begin
    /// at the very millisecond at which the first before did.
    private func isAwaited(_ attempt: Attempt) -> Bool {
        guard !attempt.outcome.settlesOnce, let row = occurrences[attempt.scheduledAt] else { return false }
        return row.state == .pending && row.tries.next == attempt.number
    }

    mutating func finish(_ at: UnixSeconds, _ move: PositionMove?, isDelivered: Bool, end: UnixMilliseconds) {
        let hadRow = occurrences[at] != nil
        // Before the series moves: what is open keeps it from its end.
        if move?.endsRow ?? false { occurrences[at] = nil }
        if let move, self.move(move, delivered: isDelivered, staysOpen: false, at: end) { return }
        occurrences[at] = nil
        if hadRow {
            if isDelivered { countDelivery(at: end) }
            finishIfNothingIsOpen(at: end)
        } else if isDelivered, state == .cancelled || position?.scheduledAt == at {
            // Its occurrences went with the cancellation, while this one was under way; or its series has not come to it.
            countDelivery(at: end)
        }
        pass(at)
    }

    /// Keeps the occurrence as a row: a new one if it was the position, else the one it has.
    private mutating func keep(_ scheduledAt: UnixSeconds, _ row: StoredOccurrence, _ move: PositionMove?, at: UnixMilliseconds) {
        let staysOpen = row.state != .dead
        if let move, self.move(move, delivered: false, staysOpen: staysOpen, at: at) { return put(scheduledAt, row) }
        // What is held waits for a credential and for nothing else; only giving up ends that.
        guard let old = occurrences[scheduledAt], old.state == .pending || old.state == .held && !staysOpen else { return }
        put(scheduledAt, row)
        if !staysOpen { finishIfNothingIsOpen(at: at) }
        pass(scheduledAt)
    }

    /// An occurrence that a person asked for stays one.
    private mutating func put(_ scheduledAt: UnixSeconds, _ row: StoredOccurrence) {
        var row = row
        row.isManual = occurrences[scheduledAt]?.isManual ?? false
        occurrences[scheduledAt] = row
    }

    mutating func materialise(_ scheduledAt: UnixSeconds, dueAt: UnixMilliseconds, tries: Tries, _ move: PositionMove) {
        guard move.from == scheduledAt, self.move(move, delivered: false, staysOpen: true, at: .distantPast) else { return }
        put(
            scheduledAt,
            StoredOccurrence(state: isHeld ? .held : .pending, dueAt: dueAt, tries: tries, changedAt: scheduledAt.milliseconds))
    }

    private mutating func hold(_ scheduledAt: UnixSeconds, _ attempt: Attempt, tries: Tries, _ history: inout AttemptHistory) {
        let isNew = history.record(attempt), end = attempt.endedAt, ending = StoredOccurrence.Ending(attempt)
        guard isNew || !isHeld else { return }
        let isPosition = position?.scheduledAt == scheduledAt
        // Else it was given up, or ended meanwhile.
        guard isPosition || occurrences[scheduledAt]?.state == .pending else { return }
        put(scheduledAt, StoredOccurrence(state: .held, dueAt: end, tries: tries, changedAt: end, ending: ending))
        if !isPosition { pass(scheduledAt) }
        for (second, row) in occurrences where row.state == .pending {
            var row = row
            row.state = .held
            row.changedAt = end
            row.ending = ending
            occurrences[second] = row
        }
        // What a person has had run once more of a cancelled one waits by itself, as one time does.
        guard isOpen else { return }
        heldSince = heldSince ?? end
        dueAt = nil
        updatedAt = max(updatedAt, end)
    }

    // MARK: Before its series came to it

    private mutating func pass(_ scheduledAt: UnixSeconds) {
        if isOpen, let position, position.scheduledAt <= scheduledAt { passed.insert(scheduledAt) }
    }

    /// Forgets what a series is past that stands there; `nil`: it has ended.
    mutating func dropPassed(before position: UnixSeconds?) {
        passed = position.map { position in passed.filter { $0 >= position } } ?? []
    }

    /// What of ``passed`` its series has still to come to.
    public var passedToCome: [UnixSeconds] { passed.filter { second in isOpen && position.map { $0.scheduledAt <= second } ?? false } }

    /// Forgets of ``passed`` what its series is past.
    public mutating func dropPassedBehind() { passed = Set(passedToCome) }

    // MARK: Where it stands

    /// Moves the position, if it is where the move says. The last occurrence's end completes the reminder, unless the
    /// occurrence stays open by itself, or another one does.
    /// - Returns: whether the position was there.
    private mutating func move(_ move: PositionMove, delivered: Bool, staysOpen: Bool, at: UnixMilliseconds) -> Bool {
        guard isOpen, position?.scheduledAt == move.from else { return false }
        position = move.to
        dueAt = move.to == nil || isHeld ? nil : move.dueAt
        updatedAt = max(updatedAt, at)
        if delivered { self.delivered += 1 }
        if let missed = move.missed { count(missed) }
        if move.to == nil, !staysOpen, !hasOpenOccurrence { complete(at: at) }
        return true
    }

    mutating func count(_ missed: Missed) { self.missed = self.missed?.adding(missed) ?? missed }

    private mutating func complete(at: UnixMilliseconds) {
        state = .completed
        finishedAt = max(updatedAt, at)
    }

    /// Completes it if nothing of it is open any more; of one that was cancelled, the credential goes then.
    mutating func finishIfNothingIsOpen(at: UnixMilliseconds) {
        if isOpen, position == nil, !hasOpenOccurrence { complete(at: at) }
        forgetCredentialIfUseless(at: at)
    }

    /// Forgets the credential of a cancelled reminder of which no occurrence is left: nothing of it can be sent any more. Of a
    /// completed one it stays for as long as a person may have that run once more.
    mutating func forgetCredentialIfUseless(at: UnixMilliseconds) {
        let wasLongAgo = state == .completed && (finishedAt ?? at) < at - ReminderState.runAgainMilliseconds
        guard state == .cancelled || wasLongAgo, !hasOccurrence, !reminder.sealedAuthorization.isEmpty else { return }
        reminder = reminder.with(sealedAuthorization: [])
    }

    private mutating func countDelivery(at: UnixMilliseconds) {
        delivered += 1
        updatedAt = max(updatedAt, at)
    }

    /// Ends the reminder and its pending and held occurrences.
    /// - Returns: whether it was unfinished before.
    @discardableResult
    package mutating func cancel(at: UnixMilliseconds) -> Bool {
        guard isOpen else {
            forgetCredentialIfUseless(at: at)
            return false
        }
        state = .cancelled
        position = nil
        dueAt = nil
        heldSince = nil
        updatedAt = max(updatedAt, at)
        finishedAt = updatedAt
        passed = []
        endWhatIsOpen(at: at)
        return true
    }

    /// Ends its pending and held occurrences: also what a person has had run once more of a reminder that was cancelled before.
    private mutating func endWhatIsOpen(at: UnixMilliseconds) {
        occurrences = occurrences.filter { $0.value.state == .dead }
        forgetCredentialIfUseless(at: at)
    }
}
