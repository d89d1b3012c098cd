import Storage
import TaskDomain

/// Attempts of reminders that stay, where they have become many: one reminder after the other is looked at, shard after shard, a
/// bounded number at a time, and again some time after all have been.
///
/// The look costs a seek of the history's own tree for a reminder with few attempts, so that no attempt is written twice to be
/// found again.
final class LongHistories: PruningDuty {
    let kind = PrunedKind.attempts
    private let nextReminder: Statement, youngest: Statement, youngestOld: Statement, nth: Statement, nthOldest: Statement
    private let drop: Statement
    private var look = HistoryLook<Place>()

    private struct Place {
        var shard = 0
        /// The last reminder that was looked at.
        var after: [UInt8] = []
    }

    /// The place of an attempt in its reminder's history.
    private struct Key: Comparable {
        let startedAt: UnixMilliseconds, scheduledAt: UnixSeconds, number: Int64, outcome: Int64

        static func < (a: Self, b: Self) -> Bool {
            (a.startedAt, a.scheduledAt, a.number, a.outcome) < (b.startedAt, b.scheduledAt, b.number, b.outcome)
        }
    }

    init(_ connection: Connection) throws(SQLiteFailure) {
        nextReminder = try connection.prepare(
            "SELECT reminder FROM attempts WHERE shard = ?1 AND reminder > ?2 ORDER BY reminder LIMIT 1")
        let key = "started_ms, scheduled_at, number, outcome"
        let attempts = "FROM attempts WHERE shard = ?1 AND reminder = ?2"
        let latestFirst = "ORDER BY started_ms DESC, scheduled_at DESC, number DESC, outcome DESC"
        youngest = try connection.prepare("SELECT \(key) \(attempts) \(latestFirst) LIMIT 1")
        youngestOld = try connection.prepare("SELECT \(key) \(attempts) AND started_ms < ?3 \(latestFirst) LIMIT 1")
        nth = try connection.prepare("SELECT \(key) \(attempts) AND started_ms BETWEEN ?3 AND ?4 \(latestFirst) LIMIT 1 OFFSET ?5")
        nthOldest = try connection.prepare(
            "SELECT \(key) \(attempts) AND started_ms >= ?3 ORDER BY started_ms, scheduled_at, number, outcome LIMIT 1 OFFSET ?4")
        drop = try connection.prepare("DELETE \(attempts) AND started_ms >= ?3 AND (\(key)) <= (?4, ?5, ?6, ?7)")
    }

    func prune(_ request: Pruning, room: inout Int, _ progress: inout PruneProgress) throws(SQLiteFailure) {
        look.begin(request, at: Place())
        var looked = 0
        while var place = look.place, room > 0, looked < HistoryPace.remindersAtOnce {
            guard let reminder = try next(place) else {
                place = Place(shard: place.shard + 1)
                look.place = place.shard < Shard.count ? place : nil
                continue
            }
            looked += 1
            try shorten(reminder, in: place.shard, request, room: &room)
            // Where there was no room for all, it is looked at again.
            guard room > 0 else { break }
            place.after = reminder
            look.place = place
        }
        progress.isUnderWay = look.place != nil
    }

    func behindMilliseconds(_ request: Pruning) -> Int64? {
        look.behindMilliseconds(request)
    }

    private func next(_ place: Place) throws(SQLiteFailure) -> [UInt8]? {
        nextReminder.bind(1, Int64(place.shard))
        nextReminder.bind(2, place.after)
        defer { nextReminder.reset() }
        return try nextReminder.step() ? nextReminder.blob(0) : nil
    }

    private func shorten(_ reminder: [UInt8], in shard: Int, _ request: Pruning, room: inout Int) throws(SQLiteFailure) {
        let now = (request.now + HistoryPace.aheadMilliseconds).count
        func key(_ statement: Statement, _ values: Int64...) throws(SQLiteFailure) -> Key? {
            try self.key(statement, of: reminder, in: shard, values)
        }
        // Most have few, and that is all there is to see.
        guard try key(nth, .min, .max, Int64(Attempt.alwaysKept)) != nil, let latest = try key(youngest) else { return }
        if latest.startedAt.count > now, let beyond = try key(nth, now + 1, .max, Int64(Attempt.mostKept)) {
            try remove(upTo: beyond, from: now + 1, of: reminder, in: shard, room: &room)
        }
        guard room > 0, let spare = try key(nth, .min, now, Int64(Attempt.alwaysKept)) else { return }
        if let beyond = try key(nth, .min, now, Int64(Attempt.mostKept)) {
            try remove(upTo: beyond, from: .min, of: reminder, in: shard, room: &room)
        }
        guard room > 0, let old = try key(youngestOld, request.finishedBefore.count) else { return }
        try remove(upTo: min(old, spare), from: .min, of: reminder, in: shard, room: &room)
    }

    private func key(
        _ statement: Statement, of reminder: [UInt8], in shard: Int, _ values: [Int64]
    ) throws(SQLiteFailure) -> Key? {
        statement.bind(1, Int64(shard))
        statement.bind(2, reminder)
        for (index, value) in values.enumerated() { statement.bind(Int32(3 + index), value) }
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return Key(
            startedAt: statement.time(0), scheduledAt: statement.time(1), number: statement.integer(2),
            outcome: statement.integer(3))
    }

    /// Removes attempts up to this one, but no more than there is room for.
    private func remove(upTo end: Key, from start: Int64, of reminder: [UInt8], in shard: Int, room: inout Int) throws(SQLiteFailure) {
        let full = try key(nthOldest, of: reminder, in: shard, [start, Int64(room - 1)])
        let last = min(end, full ?? end)
        drop.bind(1, Int64(shard))
        drop.bind(2, reminder)
        drop.bind(3, start)
        drop.bind(4, last.startedAt)
        drop.bind(5, last.scheduledAt)
        drop.bind(6, last.number)
        drop.bind(7, last.outcome)
        room -= try drop.run()
    }
}
