import PostgresStore
import Storage
import StoreTestKit
import TaskDomain
import Testing

/// What is PostgreSQL's own: who is let in, what is refused, and what becomes of a connection that is lost.
@Suite("A store in a PostgreSQL database")
struct PostgresServerTests {
    private let server: PostgresServer
    private let folder: Folder
    private let database: String

    init() throws { (server, folder, database) = try PostgresServer.fresh() }

    private func open(_ address: PostgresAddress? = nil) throws -> PostgresStore {
        let address = try address ?? server.address(of: database)
        return try PostgresStore.taken(address) { [folder] in folder.faults.add($0) }
    }

    private func fault(_ address: PostgresAddress? = nil) -> StoreError? {
        do { _ = try open(address) } catch { return error as? StoreError }
        return nil
    }

    @Test("a second scheduler on the same database is refused while the first has it")
    func second() async throws {
        let store = try open()
        let refusal = fault()
        #expect(refusal == .inUse("\(try server.address(of: database)): another scheduler uses it. End that one first, or name another database"))
        await store.close()
        await (try open()).close()
    }

    @Test("writes go on by themselves after all connections were cut, and what was confirmed is there")
    func cut() async throws {
        let store = try open()
        var confirmed: [ReminderID] = []
        for round in 0..<6 {
            let reminder = Sample.reminder()
            if round % 2 == 1 {
                try server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'task-scheduler' AND datname = current_database()", in: database)
            }
            for _ in 0..<3 {
                do {
                    try await store.write(Sample.create(reminder))
                    confirmed.append(reminder.id)
                    break
                } catch StoreError.unavailable {}
            }
        }
        #expect(confirmed.count == 6)
        for id in confirmed {
            var summary: ReminderSummary?
            for _ in 0..<3 where summary == nil { summary = try? await store.summary(id) }
            #expect(summary != nil)
        }
        await store.close()
    }

    @Test(
        "a scheduler whose shards another has taken, or have no rows any more, writes nothing more, prunes nothing and seals nothing anew",
        arguments: ["UPDATE shards SET epoch = epoch + 1", "DELETE FROM shards"], [PostgresDistribution.none, .byShard])
    func fenced(sql: String, distribution: PostgresDistribution) async throws {
        let store = try PostgresStore.taken(try server.address(of: database), distribution: distribution) { [folder] in folder.faults.add($0) }
        try await store.write(Sample.create(Sample.reminder()), .create(Sample.reminder(), position: nil, idempotency: nil))
        try server.run(sql, in: database)
        let refused: [() async throws -> Void] = [
            { try await store.write(Sample.create(Sample.reminder())) },
            { try await store.removeOld(finishedBefore: .distantFuture) },
            { _ = try await answer { store.reseal(Resealing(prefix: [1], rows: 10) { _, _ in [1, 2] }, completion: $0) } },
        ]
        for call in refused {
            let error = await #expect(throws: StoreError.self) { try await call() }
            if case .inUse? = error { continue }
            Issue.record("\(String(describing: error))")
        }
        #expect(try server.run("SELECT count(*) FROM reminders", in: database) == "2")
        #expect(try server.run("SELECT count(*) FROM definitions WHERE sealed = decode('0909', 'hex')", in: database) == "2")
        await store.close()
    }

    @Test("a schema of a later build, a database of another program and settings that lose what was confirmed are refused in one line each")
    func unusable() async throws {
        await (try open()).close()
        let known = try server.run("SELECT version FROM schema_version", in: database)
        try server.run("UPDATE schema_version SET version = 99", in: database)
        let label = "\(try server.address(of: database))"
        #expect(
            fault() == .unusable(
                "\(label): its schema has version 99, but this build knows only up to \(known). Run the build that wrote it or a later one, or restore a "
                    + "backup from before the upgrade"))
        let other = try server.database(of: Folder())
        try server.run("CREATE TABLE reminders (text text)", in: other)
        #expect(fault(try server.address(of: other)) == .unusable("\(try server.address(of: other)): a database of another program. Name another one: createdb"))
        let loose = try server.address(of: other, "options='-c synchronous_commit=off'")
        #expect(fault(loose)?.description.contains("synchronous_commit is off") ?? false)
    }

    @Test("a wrong user, a wrong database and a server that is not there are told apart")
    func unreachable() throws {
        #expect(fault(try server.address(of: database, user: "nobody-there"))?.description.contains("there is no such user") ?? false)
        #expect(fault(try server.address(of: "nothing"))?.description.contains("there is no such database") ?? false)
        #expect(fault(try PostgresAddress("host=/nowhere user=a dbname=b"))?.description.contains("cannot be reached") ?? false)
        #expect(throws: StoreError.self) { try PostgresAddress("postgres://%%%") }
    }

    @Test("a wrong password, a user that is not let in and one that may do too little are told apart, and no password is shown")
    func rights() async throws {
        func refusal(_ user: String, password: String? = nil) throws -> String {
            var address = try server.address(of: database, user: user)
            address.password = password
            return fault(address)?.description ?? "let in"
        }
        func role(_ name: String, _ rest: String) throws {
            try server.run("DO $$ BEGIN CREATE ROLE \(name) LOGIN \(rest); EXCEPTION WHEN duplicate_object THEN NULL; END $$", in: database)
        }
        try role(PostgresServer.withPassword, "PASSWORD 'right-one'")
        try role(PostgresServer.refused, "")
        try role("poor", "")
        let wrong = try refusal(PostgresServer.withPassword, password: "wrong-one")
        #expect(wrong.contains("Check the user, and its password in SCHEDULER_STORE_PASSWORD_FILE or PGPASSFILE") && !wrong.contains("wrong-one"), "\(wrong)")
        #expect(try refusal(PostgresServer.withPassword).contains("Check the user, and its password in SCHEDULER_STORE_PASSWORD_FILE or PGPASSFILE"))
        let rejected = try refusal(PostgresServer.refused)
        #expect(rejected.contains("a line in pg_hba.conf for this machine"), "\(rejected)")
        let poor = try refusal("poor")
        #expect(poor.contains("Make it the owner of the database"), "\(poor)")
        try server.run("REVOKE CONNECT ON DATABASE \(database) FROM PUBLIC", in: database)
        let unconnected = try refusal("poor")
        #expect(unconnected.contains("CONNECT for the database"), "\(unconnected)")
    }

    @Test("a server that is too old is refused in a line that says which version is needed")
    func old() throws {
        let old = try OldServer()
        defer { old.close() }
        let address = try PostgresAddress("host=\(old.folder) user=a dbname=b")
        #expect(fault(address) == .unusable("\(address): the server has version 14, but 15 or later is needed. Upgrade it"))
    }

    @Test("what a former process left on the shelf, and what series are past, goes a page at a time", .timeLimit(.minutes(1)))
    func leftovers() async throws {
        var store = try open()
        // The last one's shard comes behind those of which several pages are read.
        let reminders = [3, 4, 100, 255].map { Sample.reminder(Sample.id(shard: Shard.all[$0])) }
        try await store.write(reminders.map { Sample.create($0) })
        await store.close()
        let shard = reminders[1].id.shard.number
        try server.run(
            """
            INSERT INTO shelf SELECT 8, 'q', 't', 's', number, gen_random_uuid(), number FROM generate_series(1, 12000) number;
            INSERT INTO passed SELECT \(shard), gen_random_uuid(), number FROM generate_series(1, 12000) number;
            INSERT INTO passed SELECT shard, id, next_at FROM reminders;
            """, in: database)
        store = try open()
        let passed = reminders.map { OccurrenceKey(reminder: $0.id, scheduledAt: Sample.start) }
        #expect(try await store.passed(limit: 1) == Array(passed.prefix(1)))
        #expect(try await store.passed(limit: 10) == passed)
        await store.close()
        #expect(try server.run("SELECT count(*) FROM shelf", in: database) == "0")
        #expect(try server.run("SELECT count(*) FROM passed", in: database) == "4")
    }

    @Test("an address is shown without its password")
    func redacted() throws {
        let address = try PostgresAddress("postgres://ada:secret@db.example/tasks?password=secret", password: "secret")
        #expect(address.description == "postgres://ada@db.example/tasks")
    }
}
