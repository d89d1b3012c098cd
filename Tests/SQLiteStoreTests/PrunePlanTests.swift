import Storage
import StoreTestKit
import TaskDomain
import Testing

@testable import SQLiteStore

@Suite("How what is to be removed is found")
struct PrunePlanTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    @Test("everything is found along an index and nothing is sorted, so that no round's work grows with what is stored")
    func plans() async throws {
        let plans = try await QueryPlans(in: folder) { connection, _ in try Pruner(connection) }
        for plan in plans.all {
            for step in plan.steps {
                // The first of an index may be read without a bound.
                let isFirst = step.hasPrefix("SCAN") && step.contains("COVERING INDEX") && plan.sql.hasSuffix("LIMIT 1")
                #expect(isFirst || !step.hasPrefix("SCAN") && !step.contains("TEMP B-TREE"), "\(plan.sql): \(step)")
                #expect(!step.hasSuffix("USING PRIMARY KEY (shard=?)"), "\(plan.sql): \(step)")
            }
        }
        #expect(plans.all.count >= 20)
    }

    @Test("rows that no build wrote are neither in the way nor taken for others")
    func damaged() async throws {
        let path = folder.path + "/damaged.db", at = Sample.start
        var store = try SQLiteStore(path: path) { _ in }
        let reminder = Sample.reminder(Sample.id(shard: Shard(2)))
        try await store.write(
            Sample.create(reminder),
            .settle(
                OccurrenceKey(reminder: reminder.id, scheduledAt: at), Sample.attempt(at, 1, .delivered), .delivered,
                move: PositionMove(from: at, to: nil)))
        await store.close()
        try tamper(
            """
            INSERT INTO attempts (shard, reminder, started_ms, scheduled_at, number, outcome, duration_us, status_code, detail)
                WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 300)
                SELECT 2, x'00', value, 1, 1, 1, 1, 1, '' FROM n;
            INSERT INTO reminders (shard, id, definition, state, delivered, updated_ms, finished_ms) VALUES (2, x'01', 99, 2, 0, 1, 1);
            INSERT INTO occurrences (shard, reminder, scheduled_at, state, due_ms, attempts, changed_ms) VALUES (2, x'00', 1, 2, 1, 1, 1);
            """,
            in: path)
        store = try SQLiteStore(path: path) { _ in }
        let progress = try await store.removeOld(finishedBefore: .distantFuture, deadBefore: .distantFuture)
        #expect(progress.reminders == 1 && progress.rows[.attempts] == 200 && progress.rows[.deadLetters] == 1)
        #expect(try await store.summary(reminder.id) == nil)
        await store.close()
    }
}
