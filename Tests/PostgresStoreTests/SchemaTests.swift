import PostgresStore
import Storage
import StoreTestKit
import TaskDomain
import Testing

/// What the tables are, and how they are searched.
@Suite("The schema of a PostgreSQL database")
struct SchemaTests {
    private let server: PostgresServer
    private let folder: Folder
    private let database: String

    init() throws {
        server = try PostgresServer.shared.get()
        folder = try Folder()
        database = try server.database(of: folder)
    }

    private func open() throws -> PostgresStore {
        try PostgresStore(try server.address(of: database)) { [folder] in folder.faults.add($0) }
    }

    private func ask(_ sql: String) throws -> [String] { try server.run(sql, in: database).split(separator: "\n").map(String.init) }

    @Test("has unique keys that begin with the shard where there is one, and no foreign keys, sequences or triggers")
    func keys() async throws {
        await (try open()).close()
        let odd = try ask(
            """
            SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
                AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attname = 'shard')
                AND (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[0]) <> 'shard'
            """)
        // Its only row says in which shard it goes on.
        #expect(odd == ["sealing_pkey"])
        #expect(try ask("SELECT count(*) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace") == ["0"])
        #expect(try ask("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == ["0"])
        #expect(try ask("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal") == ["0"])
    }

    @Test("has vacuum settings of its own for each table whose rows go")
    func vacuum() async throws {
        await (try open()).close()
        let tables = try ask(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reloptions::text LIKE '%autovacuum_vacuum_scale_factor%' ORDER BY relname")
        #expect(tables == ["attempts", "idempotency", "occurrences", "passed", "reminders", "shelf", "tallies"])
    }

    @Test("has no column that a copy does not know")
    func copied() async throws {
        await (try open()).close()
        // Whose they are, and what is made of other columns.
        let made: Set = [
            "schema_version.version", "shards.shard", "shards.epoch", "definitions.number", "definitions.folded", "reminders.caller",
            "tallies.shard", "tallies.queue", "tallies.state", "tallies.count",
            "shelf.queue", "shelf.task", "shelf.sharer", "shelf.due_ms", "shelf.reminder", "shelf.scheduled_at",
            "sealing.one", "sealing.shard", "sealing.id", "sealing.looked", "sealing.resealed", "sealing.unreadable", "sealing.is_done",
        ]
        var copied = Set(CopiedTable.allCases.filter { $0 != .reminders }.flatMap { table in table.columns.map { "\(table).\($0.name)" } })
        copied.formUnion(CopiedTable.definition.map { "definitions.\($0.name)" })
        copied.formUnion((CopiedTable.definition.prefix(2) + CopiedTable.standing).map { "reminders.\($0.name)" })
        let columns = try ask("SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'")
        #expect(Set(columns) == copied.union(made))
        #expect(copied.isDisjoint(with: made))
    }

    /// How often each of the tables that grow was read from its beginning to its end.
    private func scans() async throws -> [String] {
        // What a connection has counted is told when it has ended.
        let open = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'task-scheduler' AND datname = current_database()"
        while try ask(open) != ["0"] { await Task.yield() }
        return try ask(
            """
            SELECT relname || ' ' || seq_scan FROM pg_stat_user_tables
            WHERE relname IN ('definitions', 'reminders', 'occurrences', 'attempts', 'idempotency', 'tallies') ORDER BY relname
            """)
    }

    @Test("is read no further than a page of a list needs, however much is stored", arguments: [false, true])
    func pages(isByDueTime: Bool) async throws {
        var store = try open()
        try await store.write((0..<4_000).map { _ in Sample.create(Sample.reminder()) })
        await store.close()
        _ = try await scans()
        func read() throws -> Int {
            Int(try ask("SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes WHERE relname = 'reminders'")[0]) ?? 0
        }
        let before = try read()
        store = try open()
        var filter = ReminderFilter()
        if isByDueTime { filter.dueAfter = Sample.start }
        #expect(try await store.page(filter, limit: 10).items.count == 10)
        await store.close()
        _ = try await scans()
        #expect(try read() - before < 1_000)
    }

    @Test("is searched by its indexes alone, whatever is asked of it, as long as the server knows nothing of what the tables hold")
    func plans() async throws {
        await (try open()).close()
        let before = try await scans()
        let store = try open()
        for situation in Situation.allCases {
            for change in ChangeCase.all {
                let reminder = try await situation.make(store)
                try await store.write(.change(reminder.id, change.change(reminder, situation), ChangeGuard(), at: Sample.start.milliseconds + 90_000))
            }
        }
        let key = IdempotencyRecord(key: [1], request: [2], answer: [3], createdAt: Sample.start.milliseconds)
        let reminder = Sample.reminder(caller: "a")
        try await store.write(
            .create(reminder, position: SeriesPosition(scheduledAt: Sample.start, index: 1), idempotency: key, pendingLimit: 5),
            .create(reminder, position: nil, idempotency: key))
        for shard in Shard.all { _ = try await store.due(in: shard) }
        _ = try await store.history(reminder.id)
        _ = try await store.tries(at: OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start))
        for state in OccurrenceState.allCases { _ = try await store.page(OccurrenceFilter(state: state), limit: 10) }
        for state in ReminderState.allCases {
            var filter = ReminderFilter()
            filter.state = state
            _ = try await store.page(filter, limit: 10)
            filter.classroomID = "c"
            _ = try await store.page(filter, limit: 10)
        }
        var due = ReminderFilter()
        due.dueAfter = Sample.start
        _ = try await store.page(due, limit: 10)
        _ = try await store.tallies(of: ["default"])
        _ = try await store.series(in: ["UTC"], limit: 10)
        for _ in PrunedKind.allCases {
            try await store.removeOld(
                finishedBefore: .distantFuture, deadBefore: .distantFuture, idempotencyBefore: .distantFuture,
                now: Sample.start.milliseconds + 1_000_000_000)
        }
        await store.close()
        #expect(try await scans() == before)
        #expect(folder.faults.all == [])
    }
}
