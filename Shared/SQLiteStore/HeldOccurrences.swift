import Storage
import TaskDomain

/// The occurrences with rows of a series that is held: what its misfire policy does not fire is dropped when it is released.
final class HeldOccurrences {
    private let standings: Standings
    private let settlements: Settlements
    private let some: Statement, latest: Statement, number: Statement, drop: Statement

    init(_ connection: Connection, standings: Standings, settlements: Settlements) throws(SQLiteFailure) {
        self.standings = standings
        self.settlements = settlements
        let held = "FROM occurrences WHERE shard = ?1 AND reminder = ?2 AND state = \(OccurrenceState.held.rawValue)"
        some = try connection.prepare("SELECT 1 \(held) LIMIT 1")
        latest = try connection.prepare("SELECT scheduled_at \(held) AND manual = 0 ORDER BY scheduled_at DESC LIMIT 1 OFFSET ?3")
        let before = "\(held) AND manual = 0 AND scheduled_at < ?3"
        number = try connection.prepare("SELECT count(*), min(scheduled_at), max(scheduled_at) \(before)")
        drop = try connection.prepare("DELETE \(before)")
    }

    func hasSome(of id: ReminderID) throws(SQLiteFailure) -> Bool {
        some.bindKey(id)
        defer { some.reset() }
        return try some.step()
    }

    /// Drops what is not fired, and counts it as missed. What a person asked for is fired, and so is one time.
    /// - Returns: how much that was.
    func drop(of reminder: Reminder, position: SeriesPosition?, at: UnixMilliseconds) throws(SQLiteFailure) -> Int {
        guard !reminder.schedule.isSingle, let end = try firstFired(of: reminder, position, at: at) else { return 0 }
        number.bindKey(reminder.id)
        number.bind(3, end)
        guard try number.step() else { return 0 }
        let count = number.integer(0), first: UnixSeconds? = number.optionalTime(1), last: UnixSeconds? = number.optionalTime(2)
        number.reset()
        guard count > 0, let first, let last else { return 0 }
        drop.bindKey(reminder.id)
        drop.bind(3, end)
        try drop.run()
        try standings.count(Missed(count: count, first: first, last: last), of: reminder.id)
        let record = Attempt(
            scheduledAt: first, number: 1, startedAt: at, durationMicroseconds: 0, outcome: .misfired, statusCode: 0,
            detail: "missed: \(count), from \(first) to \(last), while the credential was refused")
        _ = try settlements.record(record, of: OccurrenceKey(reminder: reminder.id, scheduledAt: first))
        return Int(clamping: count)
    }

    /// The second of the first one that is fired; `nil`: all are.
    private func firstFired(of reminder: Reminder, _ position: SeriesPosition?, at: UnixMilliseconds) throws(SQLiteFailure) -> UnixSeconds? {
        let now = at.second
        switch reminder.misfirePolicy {
        case .skip: return now - MisfirePolicy.thresholdSeconds
        case .fireOnce:
            // The series has missed a later one, which stands for all.
            if let position, position.scheduledAt <= now { return .distantFuture }
            return try latest(0, of: reminder.id)
        case .fireAll: return try latest(reminder.handling.catchUpLimit - 1, of: reminder.id)
        }
    }

    private func latest(_ number: Int, of id: ReminderID) throws(SQLiteFailure) -> UnixSeconds? {
        latest.bindKey(id)
        latest.bind(3, number)
        defer { latest.reset() }
        return try latest.step() ? latest.time(0) : nil
    }
}
