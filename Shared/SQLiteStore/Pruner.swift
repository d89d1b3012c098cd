import Domain

/// Removes what has been finished for long, a bounded number of rows at a time. Not what has an occurrence to come: of a
/// cancelled reminder a person may have asked for one.
final class Pruner {
    struct Request: Sendable {
        var finishedBeforeMilliseconds: Int64
        var idempotencyBeforeMilliseconds: Int64
        var limit: Int
    }

    private let rowsPerPrune: Int
    private let listFinished: Statement
    private let dropAttempts: Statement, dropOccurrences: Statement
    private let dropReminder: Statement, dropDefinition: Statement
    private let dropIdempotency: Statement

    init(_ connection: Connection, rowsPerPrune: Int) throws(SQLiteFailure) {
        self.rowsPerPrune = rowsPerPrune
        listFinished = try connection.prepare(
            """
            SELECT id, definition FROM reminders AS r INDEXED BY reminders_finished
            WHERE shard = ?1 AND finished_ms IS NOT NULL AND finished_ms < ?2 AND NOT EXISTS (
                SELECT 1 FROM occurrences AS o WHERE o.shard = r.shard AND o.reminder = r.id
                    AND o.state < \(OccurrenceState.dead.rawValue))
            ORDER BY finished_ms, id LIMIT ?3
            """)
        dropAttempts = try connection.prepare(
            """
            DELETE FROM attempts WHERE shard = ?1 AND reminder = ?2
                AND (started_ms, scheduled_at, number, outcome) IN (
                    SELECT started_ms, scheduled_at, number, outcome FROM attempts
                    WHERE shard = ?1 AND reminder = ?2 LIMIT ?3)
            """)
        dropOccurrences = try connection.prepare("DELETE FROM occurrences WHERE shard = ?1 AND reminder = ?2")
        dropReminder = try connection.prepare("DELETE FROM reminders WHERE shard = ?1 AND id = ?2")
        dropDefinition = try connection.prepare("DELETE FROM definitions WHERE number = ?1")
        // In the order of creation, which is nearly that of `created_ms`: no index is needed to find the oldest.
        dropIdempotency = try connection.prepare(
            """
            DELETE FROM idempotency WHERE created_ms < ?1
                AND number IN (SELECT number FROM idempotency ORDER BY number LIMIT ?2)
            """)
    }

    /// - Returns: how many reminders were removed.
    func prune(_ request: Request) throws(SQLiteFailure) -> Int {
        dropIdempotency.bind(1, request.idempotencyBeforeMilliseconds)
        dropIdempotency.bind(2, rowsPerPrune)
        try dropIdempotency.run()

        var removed = 0, budget = rowsPerPrune
        for shard in Shard.all where removed < request.limit && budget > 0 {
            let finished = try listFinished(in: shard, request, limit: request.limit - removed)
            for (id, definition) in finished where budget > 0 {
                if try remove(id, definition: definition, budget: &budget) { removed += 1 }
            }
        }
        return removed
    }

    private func listFinished(
        in shard: Shard, _ request: Request, limit: Int
    ) throws(SQLiteFailure) -> [(ReminderID, definition: Int64)] {
        var finished: [(ReminderID, definition: Int64)] = []
        listFinished.bind(1, shard.number)
        listFinished.bind(2, request.finishedBeforeMilliseconds)
        listFinished.bind(3, min(limit, rowsPerPrune))
        while try listFinished.step() {
            if let id = listFinished.id(0) { finished.append((id, definition: listFinished.integer(1))) }
        }
        return finished
    }

    /// Removes a reminder with all that belongs to it. Where it has more attempts than the budget allows, only so many
    /// of these go now and the rest the next time.
    private func remove(
        _ id: ReminderID, definition: Int64, budget: inout Int
    ) throws(SQLiteFailure) -> Bool {
        dropAttempts.bindKey(id)
        dropAttempts.bind(3, budget)
        let attempts = try dropAttempts.run()
        budget -= attempts + 1
        guard budget >= 0 else { return false }
        dropOccurrences.bindKey(id)
        try dropOccurrences.run()
        dropReminder.bindKey(id)
        try dropReminder.run()
        dropDefinition.bind(1, definition)
        try dropDefinition.run()
        return true
    }
}
