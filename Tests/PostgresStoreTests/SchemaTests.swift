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

    init() throws { (server, folder, database) = try PostgresServer.fresh() }

    private func open(_ distribution: PostgresDistribution = .none, limits: PostgresLimits = PostgresLimits()) throws -> PostgresStore {
        try PostgresStore.taken(try server.address(of: database), distribution: distribution, limits: limits) { [folder] in folder.faults.add($0) }
    }

    private func ask(_ sql: String) throws -> [String] { try server.run(sql, in: database).split(separator: "\n").map(String.init) }

    /// The tables that are of no shard, and why.
    private static let global = [
        "schema_version": "what the tables are", "queues": "a queue has reminders of all shards",
        "schedulers": "its only row is of who has all shards", "last_server": "its only row is of the server that has them",
    ]

    @Test("has unique keys that begin with the shard, but for tables that are named, and no foreign keys, sequences or triggers")
    func keys() async throws {
        await (try open()).close()
        let odd = try ask(
            """
            SELECT i.indrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
                AND (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[0]) <> 'shard'
            """)
        #expect(Set(odd).isSubset(of: Self.global.keys))
        let tables = try ask("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        #expect(Set(tables).subtracting(Self.global.keys) == Set(Schema.sharded) && Set(Self.global.keys) == Set(Schema.global))
        #expect(try ask("SELECT count(*) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace") == ["0"])
        #expect(try ask("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == ["0"])
        #expect(try ask("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal") == ["0"])
    }

    @Test("of an earlier build, with 32 shards, is given those of now when it is opened, and all that it holds is found")
    func shards() async throws {
        var store = try open()
        let held = try await Resharded.make(store)
        await store.close()
        for table in ["definitions", "reminders", "occurrences", "attempts", "passed"] { _ = try ask("UPDATE \(table) SET shard = shard >> 3") }
        _ = try ask("UPDATE idempotency SET shard = shard & 31")
        _ = try ask("DELETE FROM shards WHERE shard > 31")
        _ = try ask("DROP TABLE schedulers, last_server, attached, shelf, zone_marks")
        _ = try ask("CREATE TABLE shelf (queue bytea)")
        _ = try ask("CREATE TABLE workers (instance bytea PRIMARY KEY, leases_end_ms bigint, handed_through_ms bigint, awaited_since_ms bigint)")
        _ = try ask("INSERT INTO workers VALUES ('w', 1, 2, 3)")
        _ = try ask("CREATE TABLE zones (name bytea PRIMARY KEY, digest bigint, through bigint)")
        _ = try ask("INSERT INTO zones VALUES ('A', -1, 7), ('B', NULL, NULL)")
        _ = try ask("DROP TABLE sealing")
        _ = try ask(Self.formerSealing)
        _ = try ask("ALTER TABLE schema_version DROP COLUMN store")
        _ = try ask("UPDATE schema_version SET version = 2")
        store = try open()
        #expect(try ask("SELECT concat_ws(' ', count(*), min(shard), max(shard), min(epoch), max(epoch)) FROM shards") == ["256 0 255 3 3"])
        #expect(try await store.workers() == [[AttachedWorker(instance: "w", leasesEndAt: 1, handedThrough: 2, awaitedSince: 3)]])
        #expect(try await store.zoneMarks() == [[ZoneMark(zone: "A", digest: .max, through: 7), ZoneMark(zone: "B", digest: nil)]])
        try await held.check(in: store)
        #expect(folder.faults.all == [])
        await store.close()
    }

    private static let formerSealing = """
        CREATE TABLE sealing (
            one smallint PRIMARY KEY, prefix bytea NOT NULL, shard smallint, id uuid, looked bigint NOT NULL, resealed bigint NOT NULL,
            unreadable bigint NOT NULL, is_done smallint NOT NULL)
        """

    @Test("of an earlier build, with a look at credentials that is over or not, has one that is over or has just begun in each strand", arguments: [true, false])
    func sealing(isDone: Bool) async throws {
        var store = try open()
        try await store.write((0..<5).map { _ in Sample.create(Sample.reminder(sealed: [1, 1])) })
        await store.close()
        _ = try ask("DROP TABLE last_server, attached, shelf, zone_marks, sealing")
        _ = try ask("CREATE TABLE shelf (queue bytea)")
        _ = try ask("CREATE TABLE workers (instance bytea PRIMARY KEY, leases_end_ms bigint, handed_through_ms bigint, awaited_since_ms bigint)")
        _ = try ask("CREATE TABLE zones (name bytea PRIMARY KEY, digest bigint, through bigint)")
        _ = try ask(Self.formerSealing)
        let at = isDone ? 256 : 99, id = Sample.id()
        _ = try ask("INSERT INTO sealing VALUES (1, '\\x0909', \(at), '\(id)', 77, 0, 2, \(isDone ? 1 : 0))")
        _ = try ask("UPDATE schema_version SET version = 4")
        store = try open()
        #expect(store.sealedWith == [9, 9])
        let progress = try await answer { store.reseal(Resealing(prefix: [9, 9], rows: 100) { _, _ in [9, 9] }, completion: $0) }
        // What was not over looks at everything.
        #expect(progress == (isDone ? ResealProgress(unreadable: 2, isDone: true) : ResealProgress(resealed: 5, looked: 5, all: 5, isDone: false)))
        await store.close()
    }

    @Test("of an earlier build is left as it is while another scheduler has the store")
    func migratedByItsOwner() async throws {
        let store = try open()
        _ = try ask("UPDATE schema_version SET version = 2")
        let error = #expect(throws: StoreError.self) { try open() }
        #expect(error?.description.contains("another scheduler uses it") ?? false)
        #expect(try ask("SELECT version FROM schema_version") == ["2"])
        await store.close()
    }

    @Test("has vacuum settings of its own for each table whose rows go")
    func vacuum() async throws {
        await (try open()).close()
        let tables = try ask(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reloptions::text LIKE '%autovacuum_vacuum_scale_factor%' ORDER BY relname")
        #expect(tables == ["attached", "attempts", "idempotency", "occurrences", "passed", "reminders", "schedulers", "shelf", "tallies"])
    }

    @Test("has no column that a copy does not know")
    func copied() async throws {
        await (try open()).close()
        // Whose they are, and what is made of other columns.
        let made: Set = [
            "schema_version.version", "schema_version.store", "shards.shard", "shards.epoch", "definitions.number", "definitions.folded", "reminders.caller",
            "tallies.shard", "tallies.queue", "tallies.state", "tallies.count",
            "attached.shard", "zone_marks.shard", "shelf.shard", "shelf.queue", "shelf.task", "shelf.sharer", "shelf.due_ms", "shelf.reminder", "shelf.scheduled_at",
            "schedulers.instance", "schedulers.beat", "schedulers.backends", "schedulers.began_us",
            "last_server.one", "last_server.system", "last_server.timeline", "last_server.was_synchronous",
            "sealing.shard", "sealing.takings", "sealing.since_ms", "sealing.shards", "sealing.id", "sealing.looked", "sealing.resealed", "sealing.unreadable", "sealing.is_done",
        ]
        let named: [CopiedTable: String] = [.workers: "attached", .zones: "zone_marks"]
        var copied = Set(
            CopiedTable.allCases.filter { $0 != .reminders }.flatMap { table in table.columns.map { "\(named[table] ?? table.rawValue).\($0.name)" } })
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

    @Test(
        "is searched by its indexes alone, whatever is asked of it, as long as the server knows nothing of what the tables hold",
        arguments: [PostgresDistribution.none, .byShard])
    func plans(distribution: PostgresDistribution) async throws {
        await (try open(distribution)).close()
        let before = try await scans()
        try await useAll(of: try open(distribution))
        #expect(try await scans() == before)
        #expect(folder.faults.all == [])
    }

    @Test("is asked about one shard at a time in shard scope, but for questions that are named: none of them changes anything")
    func statements() async throws {
        let told = Lines()
        var limits = PostgresLimits()
        limits.onStatement = { told.add($0) }
        try await useAll(of: try open(.byShard, limits: limits))
        let statements = Set(told.all)
        #expect(statements.compactMap(OneShard.fault) == [])
        #expect(statements.count { $0.contains("shard = $1") } > 40)
        for question in EveryShard.allCases { #expect(statements.contains { $0.hasPrefix("/* every shard: \(question.rawValue) */") }, "\(question)") }
        // And what is sent otherwise is not such a thing.
        told.clear()
        try await useAll(of: try open(.none, limits: limits))
        #expect(Set(told.all).compactMap(OneShard.fault).count > 20)
    }

    /// Has everything done that a store can do, and closes it.
    private func useAll(of store: PostgresStore) async throws {
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
        var one = OccurrenceFilter(state: .dead)
        one.key = OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start)
        _ = try await store.page(one, limit: 10)
        _ = try await store.tallies(of: ["default"])
        let shelved = ShelfKey(
            place: ShelfPlace(queue: "q", task: "t", sharer: "s"),
            due: DueKey(dueAt: Sample.start.milliseconds, occurrence: OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start)))
        try await store.write(
            .shelve(shelved), .queue(QueueSettings(name: "q")), .workers([AttachedWorker(instance: "w")], of: Shard.all[0]),
            .zone(ZoneMark(zone: "Z", digest: 1), of: Shard.all[0]))
        _ = try await answer { store.loadShelf(.everything, of: Shard.all[0], after: shelved, limit: 10, completion: $0) }
        _ = try await store.series(in: ["UTC"], limit: 10)
        // Of what there is no room for, it is asked how old it is.
        for rows in [1, 100_000] {
            for _ in PrunedKind.allCases {
                try await store.removeOld(
                    finishedBefore: .distantFuture, deadBefore: .distantFuture, idempotencyBefore: .distantFuture,
                    now: Sample.start.milliseconds + 1_000_000_000, rows: rows)
            }
        }
        _ = try await answer { store.reseal(Resealing(prefix: [1], rows: 10) { _, _ in [1, 2] }, completion: $0) }
        _ = try await store.passed()
        await store.close()
    }

    @Test("that is damaged: what is due of it is left out of its page, and the pages go on behind it")
    func damaged() async throws {
        let store = try open()
        let shard = Sample.id().shard
        let reminders = (0..<5).map { Sample.reminder(Sample.id(shard: shard), start: Sample.start + Int64($0)) }
        for reminder in reminders { try await store.write(Sample.create(reminder)) }
        for index in [1, 3] { _ = try ask("DELETE FROM definitions WHERE id = '\(reminders[index].id)'") }
        var found: [ReminderID] = [], end: DueKey?
        repeat {
            let page = try await store.duePage(in: shard, after: end, limit: 2)
            found += page.entries.map(\.reminder.id)
            end = page.end
        } while end != nil
        #expect(found == [0, 2, 4].map { reminders[$0].id })
        #expect(Set(folder.faults.all).count == 2)
        await store.close()
    }
}
