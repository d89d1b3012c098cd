import PostgresStore
import Storage
import StoreTestKit
import TaskDomain
import Testing

/// How long the server may be at work for one who asks.
@Suite("A question to a PostgreSQL database")
struct QuestionTests {
    private let server: PostgresServer
    private let folder: Folder
    private let database: String

    init() throws { (server, folder, database) = try PostgresServer.fresh() }

    @Test(
        "has one time for all of its statements, also where it goes from shard to shard, and what is given up is worked on no more",
        .timeLimit(.minutes(1)))
    func time() async throws {
        var limits = PostgresLimits()
        limits.questionTime = .milliseconds(500)
        let store = try PostgresStore.taken(try server.address(of: database), distribution: .byShard, limits: limits) { [folder] in folder.faults.add($0) }
        try await store.write(Sample.create(Sample.reminder()))
        // Each statement keeps well within its own.
        try server.run(
            """
            ALTER TABLE reminders RENAME TO kept;
            CREATE VIEW reminders AS SELECT * FROM kept WHERE (SELECT pg_sleep(0.5))::text IS NOT NULL
            """, in: database)
        let error = await #expect(throws: StoreError.self) { try await store.page(ReminderFilter(), limit: 10) }
        if case .overloaded(let reason)? = error { #expect(reason.contains("Ask for less")) } else { Issue.record("\(String(describing: error))") }
        #expect(try await store.page(OccurrenceFilter(state: .dead), limit: 10).items.isEmpty)
        let active = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"
        let deadline = ContinuousClock.now + .seconds(20)
        while try server.run(active, in: database) != "0" { try #require(ContinuousClock.now < deadline, "the server is still at work") }
        try server.run("DROP VIEW reminders; ALTER TABLE kept RENAME TO reminders", in: database)
        #expect(try await store.page(ReminderFilter(), limit: 10).items.count == 1)
        #expect(folder.faults.all == [])
        await store.close()
    }
}
