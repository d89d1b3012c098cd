import Storage
import TaskDomain

/// Statements about where a reminder stands: its row in `reminders` and the ends of its life.
final class Standings {
    struct Standing {
        var state: UInt8
        var nextAt: UnixSeconds?
        /// Its credential was refused.
        var isHeld: Bool

        var isOpen: Bool { state < ReminderState.completed.rawValue }
    }

    let passed: PassedRows
    private let select: Statement
    private let advance: Statement, finishSeries: Statement, finish: Statement
    private let countDelivery: Statement, countMissed: Statement
    private let cancelReminder: Statement, dropOpen: Statement, forgetCredential: Statement
    private let holdReminder: Statement, releaseReminder: Statement

    private let pending: PendingCounts

    init(_ connection: Connection, pending: PendingCounts) throws(SQLiteFailure) {
        passed = try PassedRows(connection)
        self.pending = pending
        select = try connection.prepare("SELECT state, next_at, held_ms IS NOT NULL FROM reminders WHERE shard = ?1 AND id = ?2")
        advance = try connection.prepare(
            """
            UPDATE reminders
            SET next_at = ?4, next_index = ?5, updated_ms = max(updated_ms, ?6), delivered = delivered + ?7,
                due_ms = iif(held_ms IS NULL, ?8, NULL)
            WHERE shard = ?1 AND id = ?2 AND next_at = ?3 AND state < 2
            """)
        let nothingOpen = "NOT EXISTS (SELECT 1 FROM occurrences WHERE shard = ?1 AND reminder = ?2 AND state < 2)"
        finishSeries = try connection.prepare(
            """
            UPDATE reminders SET next_at = NULL, next_index = NULL, due_ms = NULL, state = 2, updated_ms = max(updated_ms, ?4),
                finished_ms = max(updated_ms, ?4), delivered = delivered + ?5
            WHERE shard = ?1 AND id = ?2 AND next_at = ?3 AND state < 2 AND \(nothingOpen)
            """)
        finish = try connection.prepare(
            """
            UPDATE reminders SET state = 2, finished_ms = max(updated_ms, ?3)
            WHERE shard = ?1 AND id = ?2 AND next_at IS NULL AND state < 2 AND \(nothingOpen)
            """)
        countDelivery = try connection.prepare(
            """
            UPDATE reminders SET delivered = delivered + 1, updated_ms = max(updated_ms, ?3)
            WHERE shard = ?1 AND id = ?2
            """)
        countMissed = try connection.prepare(
            """
            UPDATE reminders
            SET missed = iif(missed > 9223372036854775807 - ?3, 9223372036854775807, missed + ?3), missed_more = max(missed_more, ?4),
                missed_first = min(ifnull(missed_first, ?5), ?5), missed_last = max(ifnull(missed_last, ?6), ?6)
            WHERE shard = ?1 AND id = ?2
            """)
        holdReminder = try connection.prepare(
            """
            UPDATE reminders SET held_ms = coalesce(held_ms, ?3), due_ms = NULL, updated_ms = max(updated_ms, ?3)
            WHERE shard = ?1 AND id = ?2
            """)
        releaseReminder = try connection.prepare("UPDATE reminders SET held_ms = NULL, due_ms = ?3 WHERE shard = ?1 AND id = ?2")
        cancelReminder = try connection.prepare(
            """
            UPDATE reminders SET state = 3, next_at = NULL, next_index = NULL, due_ms = NULL, held_ms = NULL, finished_ms = max(updated_ms, ?3),
                updated_ms = max(updated_ms, ?3)
            WHERE shard = ?1 AND id = ?2 AND state < 2
            """)
        dropOpen = try connection.prepare(
            "DELETE FROM occurrences WHERE shard = ?1 AND reminder = ?2 AND state < 2")
        forgetCredential = try connection.prepare(
            """
            UPDATE definitions SET authorization = x'' WHERE length(authorization) > 0 AND number = (
                SELECT definition FROM reminders WHERE shard = ?1 AND id = ?2 
                    AND (state = \(ReminderState.cancelled.rawValue) OR state = \(ReminderState.completed.rawValue) AND finished_ms < ?3)
                    AND NOT EXISTS (SELECT 1 FROM occurrences WHERE shard = ?1 AND reminder = ?2))
            """)
    }

    /// `nil` where there is no such reminder.
    func read(_ id: ReminderID) throws(SQLiteFailure) -> Standing? {
        select.bindKey(id)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return Standing(state: UInt8(clamping: select.integer(0)), nextAt: select.optionalTime(1), isHeld: select.integer(2) != 0)
    }

    /// Moves the position, if it is where the move says. The last occurrence's end completes the reminder, unless the
    /// occurrence stays open by itself, or another one does.
    /// - Returns: whether the position was there.
    func move(
        _ id: ReminderID, _ move: PositionMove, delivered: Bool, staysOpen: Bool, at: UnixMilliseconds
    ) throws(SQLiteFailure) -> Bool {
        guard try step(id, move, delivered: delivered, staysOpen: staysOpen, at: at) else { return false }
        if let missed = move.missed { try count(missed, of: id) }
        return true
    }

    func count(_ missed: Missed, of id: ReminderID) throws(SQLiteFailure) {
        countMissed.bindKey(id)
        countMissed.bind(3, missed.count)
        countMissed.bind(4, missed.isAtLeast ? 1 : 0)
        countMissed.bind(5, missed.first)
        countMissed.bind(6, missed.last)
        try countMissed.run()
    }

    /// Nothing of the reminder falls due any more, until it is released.
    func hold(_ id: ReminderID, at: UnixMilliseconds) throws(SQLiteFailure) {
        holdReminder.bindKey(id)
        holdReminder.bind(3, at)
        try holdReminder.run()
    }

    /// - Parameter due: of its position.
    func release(_ id: ReminderID, due: UnixMilliseconds?) throws(SQLiteFailure) {
        releaseReminder.bindKey(id)
        releaseReminder.bind(3, due)
        try releaseReminder.run()
    }

    private func step(
        _ id: ReminderID, _ move: PositionMove, delivered: Bool, staysOpen: Bool, at: UnixMilliseconds
    ) throws(SQLiteFailure) -> Bool {
        if move.to == nil, !staysOpen {
            finishSeries.bindKey(id)
            finishSeries.bind(3, move.from)
            finishSeries.bind(4, at)
            finishSeries.bind(5, delivered ? 1 : 0)
            if try finishSeries.run() == 1 {
                pending.someFinished()
                return true
            }
        }
        advance.bindKey(id)
        advance.bind(3, move.from)
        advance.bind(4, move.to?.scheduledAt)
        advance.bind(5, move.to?.index)
        advance.bind(6, at)
        advance.bind(7, delivered ? 1 : 0)
        advance.bind(8, move.to == nil ? nil : move.dueAt)
        return try advance.run() == 1
    }

    /// Forgets the credential of a cancelled reminder of which no occurrence is left: nothing of it can be sent any more. Of a
    /// completed one it stays for as long as a person may have that run once more.
    func forgetCredentialIfUseless(_ id: ReminderID, at: UnixMilliseconds) throws(SQLiteFailure) {
        forgetCredential.bindKey(id)
        forgetCredential.bind(3, at - ReminderState.runAgainMilliseconds)
        try forgetCredential.run()
    }

    /// Completes the reminder if nothing of it is open any more; of one that was cancelled, the credential goes then.
    func finishIfNothingIsOpen(_ id: ReminderID, at: UnixMilliseconds) throws(SQLiteFailure) {
        finish.bindKey(id)
        finish.bind(3, at)
        if try finish.run() == 0 { try forgetCredentialIfUseless(id, at: at) } else { pending.someFinished() }
    }

    /// A reminder that had been finished is so no more.
    func wasRevived() { pending.oneRevived() }

    func countDelivery(_ id: ReminderID, at: UnixMilliseconds) throws(SQLiteFailure) {
        countDelivery.bindKey(id)
        countDelivery.bind(3, at)
        try countDelivery.run()
    }

    /// Ends the reminder and its pending and held occurrences.
    /// - Returns: whether it was unfinished before.
    func cancel(_ id: ReminderID, at: UnixMilliseconds) throws(SQLiteFailure) -> Bool {
        cancelReminder.bindKey(id)
        cancelReminder.bind(3, at)
        guard try cancelReminder.run() == 1 else {
            try forgetCredentialIfUseless(id, at: at)
            return false
        }
        pending.someFinished()
        try passed.drop(id)
        try endWhatIsOpen(id, at: at)
        return true
    }

    /// Ends its pending and held occurrences: also what a person has had run once more of a reminder that was cancelled before.
    func endWhatIsOpen(_ id: ReminderID, at: UnixMilliseconds) throws(SQLiteFailure) {
        dropOpen.bindKey(id)
        try dropOpen.run()
        try forgetCredentialIfUseless(id, at: at)
    }
}
