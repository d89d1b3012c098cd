import Storage
import TaskDomain

/// What becomes of occurrences: attempts and their outcomes, rows of their own, misfires.
///
/// An attempt is known by (occurrence, start, number, outcome). A settlement whose attempt is in the history already
/// is a repetition and changes nothing, unless its occurrence waits for just that try; that makes `settle` repeatable whatever
/// has happened since. A delivery without a move is known without its number, which whoever reports it late may not know.
final class Settlements {
    private let standings: Standings
    private let insertAttempt: Statement, removeAttempt: Statement, findDelivery: Statement, findAwaited: Statement
    private let putOccurrence: Statement, changeOccurrence: Statement, removeOccurrence: Statement, holdPending: Statement

    init(_ connection: Connection, standings: Standings) throws(SQLiteFailure) {
        self.standings = standings
        insertAttempt = try connection.prepare(
            """
            INSERT OR IGNORE INTO attempts
                (shard, reminder, started_ms, scheduled_at, number, outcome, duration_us, status_code, detail, result)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """)
        findDelivery = try connection.prepare(
            """
            SELECT 1 FROM attempts WHERE shard = ?1 AND reminder = ?2 AND started_ms = ?3 AND scheduled_at = ?4
                AND outcome = ?5
            """)
        findAwaited = try connection.prepare(
            """
            SELECT 1 FROM occurrences WHERE shard = ?1 AND reminder = ?2 AND scheduled_at = ?3 AND state = 0
                AND attempts + losses + 1 = ?4
            """)
        removeAttempt = try connection.prepare(
            """
            DELETE FROM attempts WHERE shard = ?1 AND reminder = ?2 AND started_ms = ?3 AND scheduled_at = ?4
                AND number = ?5 AND outcome = ?6
            """)
        putOccurrence = try connection.prepare(
            """
            INSERT INTO occurrences
                (shard, reminder, scheduled_at, state, due_ms, attempts, changed_ms, outcome, status_code, detail, losses, tried_since_ms)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            ON CONFLICT DO UPDATE SET state = excluded.state, due_ms = excluded.due_ms,
                attempts = excluded.attempts, changed_ms = excluded.changed_ms, outcome = excluded.outcome,
                status_code = excluded.status_code, detail = excluded.detail, losses = excluded.losses,
                tried_since_ms = excluded.tried_since_ms
            """)
        changeOccurrence = try connection.prepare(
            """
            UPDATE occurrences SET state = ?4, due_ms = ?5, attempts = ?6, changed_ms = ?7, outcome = ?8,
                status_code = ?9, detail = ?10, losses = ?11, tried_since_ms = ?12
            WHERE shard = ?1 AND reminder = ?2 AND scheduled_at = ?3 AND state <= ?13
            """)
        holdPending = try connection.prepare(
            """
            UPDATE occurrences SET state = 1, changed_ms = ?3, outcome = ?4, status_code = ?5, detail = ?6
            WHERE shard = ?1 AND reminder = ?2 AND state = 0
            """)
        removeOccurrence = try connection.prepare(
            "DELETE FROM occurrences WHERE shard = ?1 AND reminder = ?2 AND scheduled_at = ?3")
    }

    // MARK: Settle

    func settle(
        _ key: OccurrenceKey, _ attempt: Attempt, _ disposition: Disposition, _ move: PositionMove?
    ) throws(SQLiteFailure) -> StoreWriteResult {
        if disposition == .delivered, move == nil, try hasDelivery(attempt, of: key) { return .done }
        // The clock may have been set back, and an attempt of another schedule have begun at this very millisecond: then the
        // position stands where the move begins, as it never does when a write is repeated.
        if try !record(attempt, of: key), try !begins(move, at: key), try !isAwaited(attempt, of: key) { return .done }
        let ended = attempt.endedAt
        switch disposition {
        case .delivered: return try finish(key, attempt, move, isDelivered: true, at: ended)
        case .ended: return try finish(key, attempt, move, isDelivered: false, at: ended)
        case .cancelSeries: return try cancelSeries(key, attempt, move, at: ended)
        case .retry(let due, let tries):
            let row = Row(state: .pending, dueAt: due, tries: tries, changedAt: ended)
            return try keep(key, as: row, attempt, move)
        case .held(let tries):
            let row = Row(
                state: .held, dueAt: ended, tries: tries, changedAt: ended, last: attempt)
            return try keep(key, as: row, attempt, move)
        case .dead(let tries):
            let row = Row(
                state: .dead, dueAt: ended, tries: tries, changedAt: ended, last: attempt)
            return try keep(key, as: row, attempt, move)
        }
    }

    /// Ends an occurrence for good: its row is removed, or its series moved on.
    func finish(
        _ key: OccurrenceKey, _ attempt: Attempt, _ move: PositionMove?, isDelivered: Bool, at: UnixMilliseconds
    ) throws(SQLiteFailure) -> StoreWriteResult {
        // Before the series moves: what is open keeps it from its end.
        var hadRow = false
        if let move, move.endsRow { hadRow = try remove(key) }
        if let move, move.from == key.scheduledAt,
            try standings.move(key.reminder, move, delivered: isDelivered, staysOpen: false, at: at)
        {
            return .done
        }
        if !hadRow { hadRow = try remove(key) }
        if hadRow {
            if isDelivered { try standings.countDelivery(key.reminder, at: at) }
            try standings.finishIfNothingIsOpen(key.reminder, at: at)
            try standings.passed.add(key)
            return .done
        }
        guard let standing = try standings.read(key.reminder) else { return try forget(attempt, of: key) }
        // Its occurrences went with the cancellation, while this one was under way; or its series has not come to it.
        let isToCome = standing.nextAt == key.scheduledAt
        if isDelivered, isToCome || standing.state == ReminderState.cancelled.rawValue { try standings.countDelivery(key.reminder, at: at) }
        try standings.passed.add(key)
        return .done
    }

    private func cancelSeries(
        _ key: OccurrenceKey, _ attempt: Attempt, _ move: PositionMove?, at: UnixMilliseconds
    ) throws(SQLiteFailure) -> StoreWriteResult {
        guard let standing = try standings.read(key.reminder) else { return try forget(attempt, of: key) }
        let wasPosition = move?.from == key.scheduledAt && standing.nextAt == key.scheduledAt
        let hadRow = try remove(key)
        if wasPosition || hadRow || standing.state == ReminderState.cancelled.rawValue {
            try standings.countDelivery(key.reminder, at: at)
        }
        if try !standings.cancel(key.reminder, at: at) { try standings.endWhatIsOpen(key.reminder, at: at) }
        return .done
    }

    /// Keeps the occurrence as a row: a new one if it was the position, else the one it has.
    private func keep(
        _ key: OccurrenceKey, as row: Row, _ attempt: Attempt, _ move: PositionMove?
    ) throws(SQLiteFailure) -> StoreWriteResult {
        let at = row.changedAt, staysOpen = row.state != .dead
        if let move, move.from == key.scheduledAt,
            try standings.move(key.reminder, move, delivered: false, staysOpen: staysOpen, at: at)
        {
            var row = row
            // It was under way when its credential was refused. Where it had a row, that was held then.
            if row.state == .pending, try standings.read(key.reminder)?.isHeld ?? false { (row.state, row.last) = (.held, attempt) }
            bind(key, row, to: putOccurrence)
            try putOccurrence.run()
            return .done
        }
        bind(key, row, to: changeOccurrence)
        // What is held waits for a credential and for nothing else; only giving up ends that.
        changeOccurrence.bind(13, (staysOpen ? OccurrenceState.pending : .held).rawValue)
        if try changeOccurrence.run() == 1 {
            if !staysOpen { try standings.finishIfNothingIsOpen(key.reminder, at: at) }
            try standings.passed.add(key)
            return .done
        }
        return try standings.read(key.reminder) == nil ? try forget(attempt, of: key) : .done
    }

    // MARK: Materialise, misfire

    func materialise(
        _ key: OccurrenceKey, dueAt: UnixMilliseconds, tries: Tries, _ move: PositionMove
    ) throws(SQLiteFailure) -> StoreWriteResult {
        let at = key.scheduledAt.milliseconds
        guard move.from == key.scheduledAt,
            try standings.move(key.reminder, move, delivered: false, staysOpen: true, at: .distantPast)
        else { return try standings.read(key.reminder) == nil ? .notFound : .done }
        let isHeld = try standings.read(key.reminder)?.isHeld ?? false
        let row = Row(
            state: isHeld ? .held : .pending, dueAt: dueAt, tries: tries, changedAt: at)
        bind(key, row, to: putOccurrence)
        try putOccurrence.run()
        return .done
    }

    // MARK: Hold

    func hold(_ key: OccurrenceKey, _ attempt: Attempt, tries: Tries) throws(SQLiteFailure) -> StoreWriteResult {
        let isNew = try record(attempt, of: key)
        guard let standing = try standings.read(key.reminder) else { return try forget(attempt, of: key) }
        guard isNew || !standing.isHeld else { return .done }
        let ended = attempt.endedAt
        let row = Row(state: .held, dueAt: ended, tries: tries, changedAt: ended, last: attempt)
        if standing.nextAt == key.scheduledAt {
            bind(key, row, to: putOccurrence)
            try putOccurrence.run()
        } else {
            bind(key, row, to: changeOccurrence)
            changeOccurrence.bind(13, OccurrenceState.pending.rawValue)
            // Given up or ended meanwhile.
            guard try changeOccurrence.run() == 1 else { return .done }
            try standings.passed.add(key)
        }
        holdPending.bindKey(key.reminder)
        holdPending.bind(3, ended)
        holdPending.bind(4, attempt.outcome.rawValue)
        holdPending.bind(5, attempt.statusCode)
        holdPending.bind(6, attempt.boundedDetail)
        try holdPending.run()
        // What a person has had run once more of a cancelled one waits by itself, as one time does.
        if standing.isOpen { try standings.hold(key.reminder, at: ended) }
        return .done
    }

    func misfire(_ id: ReminderID, _ attempt: Attempt, _ move: PositionMove) throws(SQLiteFailure) -> StoreWriteResult {
        guard try standings.move(id, move, delivered: false, staysOpen: false, at: attempt.endedAt) else {
            return try standings.read(id) == nil ? .notFound : .done
        }
        try standings.passed.drop(id, before: move.to?.scheduledAt)
        _ = try record(attempt, of: OccurrenceKey(reminder: id, scheduledAt: attempt.scheduledAt))
        return .done
    }

    // MARK: Rows

    private struct Row {
        var state: OccurrenceState
        var dueAt: UnixMilliseconds
        var tries: Tries
        var changedAt: UnixMilliseconds
        /// The attempt after which it was set aside.
        var last: Attempt?
    }

    private func bind(_ key: OccurrenceKey, _ row: Row, to statement: Statement) {
        statement.bindKey(key.reminder)
        statement.bind(3, key.scheduledAt)
        statement.bind(4, row.state.rawValue)
        statement.bind(5, row.dueAt)
        statement.bind(6, row.tries.attempts)
        statement.bind(7, row.changedAt)
        statement.bind(8, row.last.map { Int64($0.outcome.rawValue) })
        statement.bind(9, row.last.map { Int64($0.statusCode) })
        statement.bind(10, row.last?.boundedDetail)
        statement.bind(11, row.tries.losses)
        statement.bind(12, row.tries.since)
    }

    /// - Returns: whether the occurrence had a row.
    func remove(_ key: OccurrenceKey) throws(SQLiteFailure) -> Bool {
        removeOccurrence.bindKey(key.reminder)
        removeOccurrence.bind(3, key.scheduledAt)
        return try removeOccurrence.run() == 1
    }

    private func bindIdentity(_ attempt: Attempt, of key: OccurrenceKey, to statement: Statement) {
        statement.bindKey(key.reminder)
        statement.bind(3, attempt.startedAt)
        statement.bind(4, key.scheduledAt)
        statement.bind(5, attempt.number)
        statement.bind(6, attempt.outcome.rawValue)
    }

    private func begins(_ move: PositionMove?, at key: OccurrenceKey) throws(SQLiteFailure) -> Bool {
        guard let move, move.from == key.scheduledAt else { return false }
        return try standings.read(key.reminder)?.nextAt == key.scheduledAt
    }

    /// Tells whether a row waits for just this try. One that is replayed counts its tries anew, and with the clock set back the first may begin
    /// at the very millisecond at which the first before did.
    private func isAwaited(_ attempt: Attempt, of key: OccurrenceKey) throws(SQLiteFailure) -> Bool {
        guard !attempt.outcome.settlesOnce else { return false }
        findAwaited.bindKey(key.reminder)
        findAwaited.bind(3, key.scheduledAt)
        findAwaited.bind(4, attempt.number)
        defer { findAwaited.reset() }
        return try findAwaited.step()
    }

    /// Whether a delivery that began at the same time is in the history.
    private func hasDelivery(_ attempt: Attempt, of key: OccurrenceKey) throws(SQLiteFailure) -> Bool {
        findDelivery.bindKey(key.reminder)
        findDelivery.bind(3, attempt.startedAt)
        findDelivery.bind(4, key.scheduledAt)
        findDelivery.bind(5, attempt.outcome.rawValue)
        defer { findDelivery.reset() }
        return try findDelivery.step()
    }

    /// Adds the attempt to the history.
    /// - Returns: `false` if it was there.
    func record(_ attempt: Attempt, of key: OccurrenceKey) throws(SQLiteFailure) -> Bool {
        bindIdentity(attempt, of: key, to: insertAttempt)
        insertAttempt.bind(7, attempt.durationMicroseconds)
        insertAttempt.bind(8, attempt.statusCode)
        insertAttempt.bind(9, attempt.boundedDetail)
        if attempt.result.isEmpty { insertAttempt.bindNull(10) } else { insertAttempt.bind(10, attempt.result) }
        return try insertAttempt.run() == 1
    }

    /// Takes the attempt back, because there is no such reminder (any more).
    private func forget(_ attempt: Attempt, of key: OccurrenceKey) throws(SQLiteFailure) -> StoreWriteResult {
        bindIdentity(attempt, of: key, to: removeAttempt)
        try removeAttempt.run()
        return .notFound
    }
}
