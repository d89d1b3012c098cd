import Storage
import TaskDomain

/// Carries out what callers ask to be done with reminders that exist. Each change is judged by what is stored at that
/// moment, raises the reminder's revision unless it changes nothing, and tells where the reminder stands afterwards.
final class CallerChanges {
    private let path: String
    private let onFault: @Sendable (String) -> Void
    private let standings: Standings
    private let settlements: Settlements
    private let read: Statement, pending: Statement
    private let setState: Statement, setPosition: Statement, setDue: Statement, touch: Statement
    private let setAuthorization: Statement, setDefinition: Statement
    private let releaseHeld: Statement, putManual: Statement, replay: Statement, discard: Statement, findOpen: Statement
    private let findDelivery: Statement, findRow: Statement, removeHeld: Statement
    private let held: HeldOccurrences

    /// What begins anew.
    private static let nothingTried = "attempts = 0, losses = 0, tried_since_ms = NULL"

    init(
        _ connection: Connection, path: String, standings: Standings, settlements: Settlements,
        onFault: @escaping @Sendable (String) -> Void
    ) throws(SQLiteFailure) {
        self.path = path
        self.onFault = onFault
        self.standings = standings
        self.settlements = settlements
        held = try HeldOccurrences(connection, standings: standings, settlements: settlements)
        read = try connection.prepare(
            """
            SELECT r.state, r.next_at, r.next_index, r.due_ms, r.revision, r.definition, r.held_ms IS NOT NULL,
                \(DefinitionRow.selected)
            FROM reminders r LEFT JOIN definitions d ON d.number = r.definition WHERE r.shard = ?1 AND r.id = ?2
            """)
        pending = try connection.prepare(
            """
            SELECT scheduled_at, due_ms, manual, attempts, losses, tried_since_ms FROM occurrences
            WHERE shard = ?1 AND reminder = ?2 AND state = 0 AND manual >= ?3 ORDER BY due_ms, scheduled_at LIMIT ?4
            """)
        let key = "WHERE shard = ?1 AND id = ?2"
        setState = try connection.prepare("UPDATE reminders SET state = ?3, finished_ms = NULL \(key)")
        setPosition = try connection.prepare(
            "UPDATE reminders SET next_at = ?3, next_index = ?4, due_ms = iif(held_ms IS NULL, ?5, NULL) \(key)")
        // One that has fallen due stays due: a worker may have it. A held one has no time.
        setDue = try connection.prepare("UPDATE reminders SET due_ms = ?3 \(key) AND due_ms > ?4")
        touch = try connection.prepare(
            "UPDATE reminders SET revision = revision + 1, updated_ms = max(updated_ms, ?3) \(key)")
        setAuthorization = try connection.prepare("UPDATE definitions SET authorization = ?2 WHERE number = ?1")
        setDefinition = try connection.prepare(DefinitionRow.update)
        let occurrence = "WHERE shard = ?1 AND reminder = ?2"
        // Where the clock was set back meanwhile, the time of what is held is still to come.
        releaseHeld = try connection.prepare(
            """
            UPDATE occurrences SET state = 0, due_ms = max(?3, scheduled_at * 1000), \(Self.nothingTried), changed_ms = ?3
            \(occurrence) AND state = 1
            """)
        putManual = try connection.prepare(
            """
            INSERT INTO occurrences (shard, reminder, scheduled_at, state, due_ms, attempts, changed_ms, manual)
            VALUES (?1, ?2, ?3, ?5, ?4, 0, ?4, 1)
            ON CONFLICT DO UPDATE SET state = ?5, manual = 1, due_ms = iif(state > 0, ?4, due_ms),
                attempts = iif(state > 0, 0, attempts), losses = iif(state > 0, 0, losses),
                tried_since_ms = iif(state > 0, NULL, tried_since_ms), changed_ms = iif(state > 0, ?4, changed_ms)
            """)
        replay = try connection.prepare(
            """
            UPDATE occurrences SET state = ?5, due_ms = ?4, \(Self.nothingTried), changed_ms = ?4, manual = 1
            \(occurrence) AND scheduled_at = ?3 AND state > 0
            """)
        discard = try connection.prepare("DELETE FROM occurrences \(occurrence) AND scheduled_at = ?3 AND state > 0")
        findOpen = try connection.prepare(
            "SELECT attempts, losses, tried_since_ms FROM occurrences \(occurrence) AND scheduled_at = ?3 AND state <= ?4")
        findDelivery = try connection.prepare(
            """
            SELECT 1 FROM attempts \(occurrence) AND started_ms >= ?3 AND scheduled_at = ?4
                AND outcome = \(Outcome.delivered.rawValue) LIMIT 1
            """)
        findRow = try connection.prepare("SELECT state FROM occurrences \(occurrence) AND scheduled_at = ?3")
        removeHeld = try connection.prepare(
            "DELETE FROM occurrences \(occurrence) AND scheduled_at = ?3 AND state = \(OccurrenceState.held.rawValue) AND manual = 0")
    }

    func apply(
        _ change: ReminderChange, to id: ReminderID, _ guardian: ChangeGuard, at: UnixMilliseconds
    ) throws(SQLiteFailure) -> ChangeOutcome {
        guard let stored = try stored(id) else {
            // What cannot be read can still be cancelled, by whoever may do everything.
            guard case .cancel = change, guardian == ChangeGuard(), try standings.cancel(id, at: at) else {
                return ChangeOutcome(.notFound, nil)
            }
            return ChangeOutcome(.done, nil)
        }
        var outcome = ChangeOutcome(.done, nil)
        if let caller = guardian.caller, caller != stored.reminder.caller {
            outcome.verdict = .notFound
        } else if let revision = guardian.revision, revision != stored.revision {
            outcome.verdict = .revisionDiffers
        } else {
            try carryOut(change, on: stored, at: at, &outcome)
            if outcome.verdict == .done, !change.isOwn, !stored.isAlready(change) {
                touch.bindKey(id)
                touch.bind(3, at)
                try touch.run()
            }
        }
        outcome.standing = try standing(id)
        return outcome
    }

    private func carryOut(
        _ change: ReminderChange, on stored: Stored, at: UnixMilliseconds, _ outcome: inout ChangeOutcome
    ) throws(SQLiteFailure) {
        let isOpen = stored.isOpen
        switch change {
        case .cancel:
            if try !standings.cancel(stored.reminder.id, at: at) { outcome.verdict = .finished }
        case .pause where isOpen: if stored.state != .paused { try set(.paused, stored) }
        case .resume(let target) where isOpen:
            if stored.state == .paused { try resume(stored, target, at: at) }
        case .pause, .resume: outcome.verdict = .finished
        case .run:
            guard stored.state != .cancelled, stored.isOpen || !stored.reminder.lacksCredential else { return outcome.verdict = .finished }
            outcome.scheduledAt = try run(stored, at: at)
        case .replaceAuthorization(let sealed):
            setAuthorization.bind(1, stored.definition)
            setAuthorization.bind(2, sealed)
            try setAuthorization.run()
            outcome.released = try release(stored.reminder, at: at)
            try standings.forgetCredentialIfUseless(stored.reminder.id, at: at)
        case .replace(let reminder, let position):
            let moves = reminder.schedule != stored.reminder.schedule
            guard isOpen || stored.state == .completed && !moves else { return outcome.verdict = .finished }
            // One time that has been delivered already is not delivered again.
            var isDone = false
            if moves, reminder.schedule.isSingle { isDone = try wasDelivered(reminder.id, reminder.schedule.start) }
            if moves { try move(stored, to: reminder, isDone ? nil : position, at: at) }
            outcome.isRescheduled = moves
            outcome.released = try replace(stored, with: reminder, at: at)
            if moves { try standings.finishIfNothingIsOpen(reminder.id, at: at) }
        case .replay(let scheduledAt):
            if try !replay(stored, scheduledAt, at: at) { outcome.verdict = .notFound }
        case .discard(let scheduledAt, let target):
            if try !discard(stored, scheduledAt, target, at: at) { outcome.verdict = .notFound }
        case .cancelOccurrence(let scheduledAt, let detail, let isUnderWay):
            let key = OccurrenceKey(reminder: stored.reminder.id, scheduledAt: scheduledAt)
            if try !cancelOccurrence(key, detail, isUnderWay: isUnderWay, at: at) { outcome.verdict = .notFound }
        case .realign(let from, let to):
            // A held one has no time, and has its place by the new data when it is released.
            let due = stored.dueAt ?? stored.reminder.due(of: from)
            guard isOpen, stored.position?.scheduledAt == from, due > at else {
                return outcome.verdict = .notFound
            }
            if let to { _ = try settlements.remove(OccurrenceKey(reminder: stored.reminder.id, scheduledAt: to.scheduledAt)) }
            try set(to, of: stored.reminder)
            if to == nil { try standings.finishIfNothingIsOpen(stored.reminder.id, at: at) }
        }
    }

    // MARK: Changes

    private func set(_ state: ReminderState, _ stored: Stored) throws(SQLiteFailure) {
        setState.bindKey(stored.reminder.id)
        setState.bind(3, state.rawValue)
        try setState.run()
    }

    private func revive(_ stored: Stored) throws(SQLiteFailure) {
        try set(.scheduled, stored)
        standings.wasRevived()
    }

    private func set(_ position: SeriesPosition?, of reminder: Reminder) throws(SQLiteFailure) {
        setPosition.bindKey(reminder.id)
        setPosition.bind(3, position?.scheduledAt)
        setPosition.bind(4, position?.index)
        setPosition.bind(5, position.map { reminder.due(of: $0.scheduledAt) })
        try setPosition.run()
        try standings.passed.drop(reminder.id, before: position?.scheduledAt)
    }

    /// What a series missed while it was paused is skipped, and the history says so. One that is held stays where it is: what it missed
    /// goes by its misfire policy when it is released.
    private func resume(_ stored: Stored, _ target: SeriesTarget, at: UnixMilliseconds) throws(SQLiteFailure) {
        try set(.scheduled, stored)
        guard let missed = stored.position, !stored.isHeld else { return }
        guard case .position(let next) = target else {
            // A person had it run in the pause.
            guard stored.reminder.schedule.isSingle,
                try wasRun(stored.reminder.id, missed.scheduledAt)
            else { return }
            try set(nil, of: stored.reminder)
            return try standings.finishIfNothingIsOpen(stored.reminder.id, at: at)
        }
        guard next.map({ missed.scheduledAt < $0.scheduledAt }) ?? true else { return }
        try set(next, of: stored.reminder)
        try record(missed, "skipped: the reminder was paused", of: stored.reminder.id, at: at)
        if next == nil { try standings.finishIfNothingIsOpen(stored.reminder.id, at: at) }
    }

    /// An occurrence of this second. Asked for twice within a second, it is one.
    private func run(_ stored: Stored, at: UnixMilliseconds) throws(SQLiteFailure) -> UnixSeconds {
        let id = stored.reminder.id, second = at.second
        if stored.state == .scheduled, stored.position?.scheduledAt == second { return second }
        if try wasDelivered(id, second) { return second }
        putManual.bindKey(id)
        putManual.bind(3, second)
        putManual.bind(4, at)
        putManual.bind(5, (stored.isHeld ? OccurrenceState.held : .pending).rawValue)
        try putManual.run()
        if stored.state == .completed { try revive(stored) }
        return second
    }

    private func wasDelivered(_ id: ReminderID, _ scheduledAt: UnixSeconds) throws(SQLiteFailure) -> Bool {
        findDelivery.bindKey(id)
        findDelivery.bind(3, AttemptHistory.earliestStart(of: scheduledAt))
        findDelivery.bind(4, scheduledAt)
        defer { findDelivery.reset() }
        return try findDelivery.step()
    }

    /// Whether the occurrence was delivered, or has a row of its own.
    private func wasRun(_ id: ReminderID, _ scheduledAt: UnixSeconds) throws(SQLiteFailure) -> Bool {
        if try rowState(id, scheduledAt) != nil { return true }
        return try wasDelivered(id, scheduledAt)
    }

    /// `nil` where the occurrence has no row.
    private func rowState(_ id: ReminderID, _ scheduledAt: UnixSeconds) throws(SQLiteFailure) -> OccurrenceState? {
        findRow.bindKey(id)
        findRow.bind(3, scheduledAt)
        defer { findRow.reset() }
        return try findRow.step() ? OccurrenceState(rawValue: UInt8(clamping: findRow.integer(0))) : nil
    }

    /// What waited for a credential is to come: the series where it stands, and what has rows, unless its misfire policy says
    /// otherwise.
    /// - Returns: how much waited.
    private func release(_ reminder: Reminder, at: UnixMilliseconds) throws(SQLiteFailure) -> Int {
        guard let stored = try stored(reminder.id) else { return 0 }
        var released = 0
        if stored.isHeld {
            if let position = stored.position {
                // The series comes to it by itself, unless a person had that very second run: that is fired, and the series steps past it.
                removeHeld.bindKey(reminder.id)
                removeHeld.bind(3, position.scheduledAt)
                released += try removeHeld.run()
            }
            released += try held.drop(of: reminder, position: stored.position, at: at)
            try standings.release(reminder.id, due: stored.position.map { reminder.due(of: $0.scheduledAt) })
        }
        releaseHeld.bindKey(reminder.id)
        releaseHeld.bind(3, at)
        return released + (try releaseHeld.run())
    }

    private func replay(_ stored: Stored, _ scheduledAt: UnixSeconds, at: UnixMilliseconds) throws(SQLiteFailure) -> Bool {
        let id = stored.reminder.id
        guard let row = try rowState(id, scheduledAt), row != .pending else { return false }
        let endsHold = stored.isHeld && row == .held
        if !endsHold || stored.position?.scheduledAt != scheduledAt {
            replay.bind(5, (stored.isHeld && !endsHold ? OccurrenceState.held : .pending).rawValue)
            guard try setAside(replay, stored, scheduledAt, at: at) else { return false }
        }
        if endsHold { _ = try release(stored.reminder, at: at) }
        if stored.state == .completed { try revive(stored) }
        return true
    }

    private func discard(_ stored: Stored, _ scheduledAt: UnixSeconds, _ target: SeriesTarget, at: UnixMilliseconds) throws(SQLiteFailure) -> Bool {
        let id = stored.reminder.id
        guard try setAside(discard, stored, scheduledAt, at: nil) else { return false }
        if stored.isHeld, try !held.hasSome(of: id) {
            if case .position(let next) = target, let position = stored.position, next.map({ position.scheduledAt < $0.scheduledAt }) ?? true {
                try set(next, of: stored.reminder)
                try record(position, "given up while its credential was refused", of: id, at: at)
            }
            _ = try release(stored.reminder, at: at)
        }
        try standings.finishIfNothingIsOpen(id, at: at)
        return true
    }

    private func cancelOccurrence(
        _ key: OccurrenceKey, _ detail: String, isUnderWay: Bool, at: UnixMilliseconds
    ) throws(SQLiteFailure) -> Bool {
        guard let number = try tries(at: key, through: isUnderWay ? .held : .pending)?.next else { return false }
        let attempt = Attempt.cancelled(key.scheduledAt, number: number, at: at, detail)
        _ = try settlements.record(attempt, of: key)
        _ = try settlements.finish(key, attempt, nil, isDelivered: false, at: at)
        return true
    }

    /// What was tried of an occurrence that has a row; `nil`: there is none, or none in that state or one before it.
    private func tries(at key: OccurrenceKey, through state: OccurrenceState) throws(SQLiteFailure) -> Tries? {
        findOpen.bindKey(key.reminder)
        findOpen.bind(3, key.scheduledAt)
        findOpen.bind(4, state.rawValue)
        defer { findOpen.reset() }
        return try findOpen.step() ? findOpen.tries(from: 0) : nil
    }

    /// Says in the history that a series has been moved on from a position without firing it.
    private func record(_ position: SeriesPosition, _ why: String, of id: ReminderID, at: UnixMilliseconds) throws(SQLiteFailure) {
        let attempt = Attempt(
            scheduledAt: position.scheduledAt, number: 1, startedAt: at, durationMicroseconds: 0, outcome: .misfired,
            statusCode: 0, detail: why)
        _ = try settlements.record(attempt, of: OccurrenceKey(reminder: id, scheduledAt: position.scheduledAt))
    }

    /// The schedule becomes another. What fell due by the old one stays due, as an occurrence of its own, unless the new
    /// one begins with it.
    private func move(
        _ stored: Stored, to reminder: Reminder, _ position: SeriesPosition?, at: UnixMilliseconds
    ) throws(SQLiteFailure) {
        if let position {
            // It stands for an occurrence that had a row: one of the two would be delivered after the other.
            _ = try settlements.remove(OccurrenceKey(reminder: reminder.id, scheduledAt: position.scheduledAt))
        }
        if stored.state == .scheduled, let old = stored.position, old.scheduledAt != position?.scheduledAt,
            let due = stored.dueAt, due <= at
        {
            let key = OccurrenceKey(reminder: reminder.id, scheduledAt: old.scheduledAt)
            // Where it has ended before its series came to it, or has a row, it is not due once more.
            if try !standings.passed.contains(key) {
                _ = try settlements.materialise(
                    key, dueAt: due, tries: .none, PositionMove(from: old.scheduledAt, to: nil))
            }
        }
        // Of the old schedule.
        try standings.passed.drop(reminder.id)
        try set(position, of: reminder)
    }

    private func replace(_ stored: Stored, with reminder: Reminder, at: UnixMilliseconds) throws(SQLiteFailure) -> Int {
        let keepsCredential = reminder.sealedAuthorization.isEmpty
        let whole = keepsCredential ? reminder.with(sealedAuthorization: stored.reminder.sealedAuthorization) : reminder
        DefinitionRow.bind(whole, number: stored.definition, to: setDefinition)
        try setDefinition.run()
        if reminder.schedule == stored.reminder.schedule, reminder.jitterSeconds != stored.reminder.jitterSeconds,
            let position = stored.position
        {
            setDue.bindKey(reminder.id)
            setDue.bind(3, reminder.due(of: position.scheduledAt))
            setDue.bind(4, at)
            try setDue.run()
        }
        return keepsCredential ? 0 : try release(whole, at: at)
    }

    private func setAside(
        _ statement: Statement, _ stored: Stored, _ scheduledAt: UnixSeconds, at: UnixMilliseconds?
    ) throws(SQLiteFailure) -> Bool {
        statement.bindKey(stored.reminder.id)
        statement.bind(3, scheduledAt)
        if let at { statement.bind(4, at) }
        return try statement.run() == 1
    }

    // MARK: Reading

    private struct Stored {
        var reminder: Reminder
        var state: ReminderState
        var position: SeriesPosition?
        var dueAt: UnixMilliseconds?
        var revision: Int64
        var definition: Int64
        /// Its credential was refused: nothing of it falls due.
        var isHeld: Bool

        var isOpen: Bool { state == .scheduled || state == .paused }

        /// Whether a change was made before: said twice, it is the same.
        func isAlready(_ change: ReminderChange) -> Bool {
            switch change {
            case .pause: state == .paused
            case .resume: state == .scheduled
            default: false
            }
        }
    }

    private func stored(_ id: ReminderID) throws(SQLiteFailure) -> Stored? {
        read.bindKey(id)
        guard try read.step() else { return nil }
        defer { read.reset() }
        guard let state = UInt8(exactly: read.integer(0)).flatMap(ReminderState.init) else {
            onFault("\(path): reminder \(id) has the unknown state \(read.integer(0)); it was not changed")
            return nil
        }
        do throws(DefinitionRow.Damage) {
            return Stored(
                reminder: try DefinitionRow.decode(read, from: 7, expecting: id), state: state,
                position: read.optionalTime(1).map { SeriesPosition(scheduledAt: $0, index: read.integer(2)) },
                dueAt: read.optionalTime(3), revision: read.integer(4), definition: read.integer(5),
                isHeld: read.integer(6) != 0)
        } catch {
            onFault("\(path): reminder \(id) is damaged: \(error.reason); it was not changed")
            return nil
        }
    }

    private func standing(_ id: ReminderID) throws(SQLiteFailure) -> ReminderStanding? {
        guard let stored = try stored(id) else { return nil }
        var entries: [DueEntry] = []
        if stored.state == .scheduled, let position = stored.position, let due = stored.dueAt {
            let key = OccurrenceKey(reminder: id, scheduledAt: position.scheduledAt)
            entries.append(
                DueEntry(
                    due: DueKey(dueAt: due, occurrence: key), reminder: stored.reminder, tries: .none,
                    positionIndex: position.index))
        }
        pending.bindKey(id)
        pending.bind(3, stored.state == .paused ? 1 : 0)
        pending.bind(4, ReminderStanding.maxEntries + 1)
        while try pending.step() {
            let key = OccurrenceKey(reminder: id, scheduledAt: pending.time(0))
            entries.append(
                DueEntry(
                    due: DueKey(dueAt: pending.time(1), occurrence: key), reminder: stored.reminder,
                    tries: pending.tries(from: 3), positionIndex: nil, isManual: pending.integer(2) != 0))
        }
        entries.sort { $0.due < $1.due }
        let isHeld = stored.state == .cancelled ? try held.hasSome(of: id) : stored.isHeld
        return ReminderStanding(
            reminder: stored.reminder, state: stored.state, revision: stored.revision,
            isHeld: isHeld,
            entries: Array(entries.prefix(ReminderStanding.maxEntries + 1)))
    }
}

extension ReminderChange {
    /// Whether the scheduler makes it for itself.
    fileprivate var isOwn: Bool { if case .realign = self { true } else { false } }
}
