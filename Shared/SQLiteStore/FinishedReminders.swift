import Storage
import TaskDomain

/// Reminders that were finished long ago, with all that belongs to them, shard after shard.
final class FinishedReminders: PruningDuty {
    let kind = PrunedKind.reminders
    private let list: Statement, oldest: Statement, postpone: Statement
    private let attemptsBeyond: Statement, dropAttempts: Statement, dropSomeAttempts: Statement
    private let dropPassed: Statement, dropReminder: Statement, dropDefinition: Statement
    /// The shard whose turn it is; the first is given by the clock, so that restarts do not favour one.
    private var turn: Int?
    /// This round has left nothing to remove: which shards have some need not be asked once more.
    private var isDone = false

    /// One that must stay for its occurrences' sake is looked at again after this time, and meanwhile is not in the way of others.
    static let postponedMilliseconds: Int64 = 86_400_000

    init(_ connection: Connection) throws(SQLiteFailure) {
        let finished = "FROM reminders AS r INDEXED BY reminders_finished WHERE shard = ?1 AND finished_ms IS NOT NULL"
        list = try connection.prepare(
            """
            SELECT id, definition, EXISTS (SELECT 1 FROM occurrences AS o WHERE o.shard = r.shard AND o.reminder = r.id)
            \(finished) AND finished_ms < ?2 ORDER BY finished_ms, id LIMIT ?3
            """)
        oldest = try connection.prepare("SELECT finished_ms \(finished) ORDER BY finished_ms LIMIT 1")
        postpone = try connection.prepare("UPDATE reminders SET finished_ms = ?3 WHERE shard = ?1 AND id = ?2")
        let attempts = "FROM attempts WHERE shard = ?1 AND reminder = ?2"
        attemptsBeyond = try connection.prepare("SELECT 1 \(attempts) LIMIT 1 OFFSET ?3")
        dropAttempts = try connection.prepare("DELETE \(attempts)")
        dropSomeAttempts = try connection.prepare(
            """
            DELETE \(attempts) AND (started_ms, scheduled_at, number, outcome) IN (
                SELECT started_ms, scheduled_at, number, outcome \(attempts) LIMIT ?3)
            """)
        dropPassed = try connection.prepare("DELETE FROM passed WHERE shard = ?1 AND reminder = ?2")
        dropReminder = try connection.prepare("DELETE FROM reminders WHERE shard = ?1 AND id = ?2")
        dropDefinition = try connection.prepare("DELETE FROM definitions WHERE number = ?1")
    }

    func prune(_ request: Pruning, room: inout Int, _ progress: inout PruneProgress) throws(SQLiteFailure) {
        let begin = turn ?? Int(request.now.second.count.magnitude % UInt64(Shard.count))
        var isCut = false
        for offset in 0..<Shard.count where room > 0 {
            let shard = Shard.all[(begin + offset) % Shard.count]
            turn = (begin + offset + 1) % Shard.count
            let found = try candidates(in: shard, request, limit: room)
            if found.count >= Self.most(room) { isCut = true }
            for candidate in found where room > 0 {
                if candidate.mustStay {
                    try postpone(candidate.id, request)
                    room -= 1
                } else if try remove(candidate, room: &room) {
                    progress.reminders += 1
                }
            }
        }
        isDone = !isCut && room > 0
    }

    func behindMilliseconds(_ request: Pruning) throws(SQLiteFailure) -> Int64? {
        defer { isDone = false }
        if isDone { return nil }
        let first = try Shard.earliest { shard throws(SQLiteFailure) in
            oldest.bind(1, shard.number)
            return try oldest.value()
        }
        return Pruning.behind(first, before: request.finishedBefore)
    }

    private struct Candidate {
        let id: ReminderID
        let definition: Int64
        let mustStay: Bool
    }

    /// Reminders that may be removed where there is room for so many rows: of each there are at least two.
    private static func most(_ rows: Int) -> Int { (rows + 1) / 2 }

    private func candidates(in shard: Shard, _ request: Pruning, limit: Int) throws(SQLiteFailure) -> [Candidate] {
        var found: [Candidate] = []
        list.bind(1, shard.number)
        list.bind(2, request.finishedBefore)
        list.bind(3, Self.most(limit))
        while try list.step() {
            guard let id = list.id(0) else { continue }
            found.append(Candidate(id: id, definition: list.integer(1), mustStay: list.integer(2) != 0))
        }
        return found
    }

    private func postpone(_ id: ReminderID, _ request: Pruning) throws(SQLiteFailure) {
        postpone.bindKey(id)
        postpone.bind(3, min(request.finishedBefore + Self.postponedMilliseconds, .distantFuture - 1))
        try postpone.run()
    }

    /// - Returns: `false` where it has more attempts than there is room for: the rest goes the next time.
    private func remove(_ reminder: Candidate, room: inout Int) throws(SQLiteFailure) -> Bool {
        attemptsBeyond.bindKey(reminder.id)
        attemptsBeyond.bind(3, room)
        guard try attemptsBeyond.value() == nil else {
            dropSomeAttempts.bindKey(reminder.id)
            dropSomeAttempts.bind(3, room)
            room -= try dropSomeAttempts.run()
            return false
        }
        dropAttempts.bindKey(reminder.id)
        room -= try dropAttempts.run()
        dropPassed.bindKey(reminder.id)
        room -= try dropPassed.run()
        dropReminder.bindKey(reminder.id)
        room -= try dropReminder.run()
        dropDefinition.bind(1, reminder.definition)
        room -= try dropDefinition.run()
        return true
    }
}
