import CSQLite
import Foundation
import Storage
import StoreTestKit
import TaskDomain
import Testing

@testable import SQLiteStore

@Suite("Files of earlier versions")
struct MigrationTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private var path: String { folder.path + "/old.db" }

    private func open() throws -> SQLiteStore {
        try SQLiteStore(path: path) { [faults = folder.faults] in faults.add($0) }
    }

    /// A file as the build that knew schema `version` left it.
    private func make(version: Int, _ rows: String) throws {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let connection = try Connection(path: path, busyTimeoutMilliseconds: 1000)
        try connection.execute(
            """
            PRAGMA journal_mode = WAL; PRAGMA application_id = \(Migrations.applicationID);
            CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT; INSERT INTO schema_version VALUES (\(version));
            \(Migrations.steps.prefix(version).joined(separator: "\n")) \(rows)
            """)
    }

    private func hex(_ id: ReminderID) -> String { "x'\(String(format: "%016lX%016lX", id.high, id.low))'" }

    /// Rows of schema 1: a definition with the columns that it had.
    private func definition(_ number: Int, _ id: ReminderID, start: UnixSeconds, rule: String? = nil) -> String {
        """
        INSERT INTO definitions VALUES (\(number), \(id.shard.number), \(hex(id)), \(start), \(rule.map { "'\($0)'" } ?? "NULL"),
            'Europe/Berlin', NULL, x'', x'', 'edvora.notification', x'010203', 'default', 5, 0, 12, 'about', 'c', 't', 77, x'0909');
        """
    }

    @Test("a file of schema 1 is brought up to date with everything that it holds, and is loaded")
    func first() async throws {
        // The idempotency key's, too.
        let shard = Shard(of: 0xAA), at = Sample.start, before: UnixSeconds = at - 60
        let ids = (0..<4).map { _ in Sample.id(shard: shard) }
        try make(
            version: 1,
            """
            \(definition(1, ids[0], start: at)) \(definition(2, ids[1], start: at - 60, rule: "FREQ=MINUTELY"))
            \(definition(3, ids[2], start: at)) \(definition(7, ids[3], start: at))
            INSERT INTO reminders VALUES (\(shard.number), \(hex(ids[0])), 1, 0, \(at), 1, 0, 77, NULL);
            INSERT INTO reminders VALUES (\(shard.number), \(hex(ids[1])), 2, 0, \(at + 60), 3, 1, 77, NULL);
            INSERT INTO reminders VALUES (\(shard.number), \(hex(ids[2])), 3, 2, NULL, NULL, 1, 77, 78);
            INSERT INTO reminders VALUES (\(shard.number), \(hex(ids[3])), 7, 3, NULL, NULL, 0, 77, 79);
            INSERT INTO occurrences VALUES (\(shard.number), \(hex(ids[1])), \(at), 0, \(at.milliseconds + 5), 2, 80);
            INSERT INTO occurrences VALUES (\(shard.number), \(hex(ids[1])), \(before), 2, 90, 12, 90);
            INSERT INTO occurrences VALUES (\(shard.number), \(hex(ids[3])), \(at), 2, 91, 12, 91);
            INSERT INTO attempts VALUES (\(shard.number), \(hex(ids[1])), \(at.milliseconds), \(at), 1, 1, 2000, 503, 'd');
            INSERT INTO idempotency VALUES (1, \(shard.number), x'AA', x'BB', x'CC', 77);
            INSERT INTO workers VALUES ('w1');
            """)
        var store = try open()
        #expect(try await store.workers() == [[AttachedWorker(instance: "w1")]])
        let lines = [
            "scheduled next 0#1 delivered 0 retrying 0 held 0 dead 0", "scheduled next 60#3 delivered 1 retrying 1 held 0 dead 1",
            "completed next - delivered 1 retrying 0 held 0 dead 0", "cancelled next - delivered 0 retrying 0 held 0 dead 1",
        ]
        for reopened in [false, true] {
            if reopened {
                await store.close()
                store = try open()
            }
            for (id, line) in zip(ids, lines) {
                let summary = try #require(try await store.summary(id))
                #expect(summary.line == line && summary.revision == 1)
                #expect(summary.reminder.jitterSeconds == 0 && summary.reminder.expiresAfterSeconds == nil && summary.reminder.caller == "")
                #expect(summary.reminder.sealedAuthorization == [9, 9] && summary.reminder.schedule.timezone == "Europe/Berlin")
            }
            #expect(
                try await store.due(in: shard).map(\.line) == [
                    "0 due \(at.milliseconds) attempts 0 position 1 manual false", "0 due \(at.milliseconds + 5) attempts 2 position - manual false",
                    "60 due \((at + 60).milliseconds) attempts 0 position 3 manual false",
                ])
        }
        // Lists have what earlier versions wrote, newest first.
        let all = try await store.page(ReminderFilter(), limit: 10).items.map(\.reminder.id)
        #expect(all == [ids[3], ids[2], ids[1], ids[0]])
        var due = ReminderFilter()
        due.dueAfter = at
        #expect(try await store.page(due, limit: 10).items.map(\.reminder.id) == [ids[0], ids[1]])
        let dead = try await store.page(OccurrenceFilter(state: .dead), limit: 10).items
        #expect(dead.map(\.key.reminder) == [ids[3], ids[1]])
        #expect(dead.allSatisfy { $0.outcome == nil && $0.statusCode == 0 && $0.detail == "" && $0.tries.attempts == 12 })
        #expect(try await store.history(ids[1])?.map(\.statusCode) == [503])
        #expect(try await store.queueSettings() == [])
        let tally = OccurrenceTally(pending: 1, retrying: 1, dead: 2)
        #expect(try await store.tallies(of: ["default"]) == OccurrenceTallies(all: tally, queues: ["default": tally]))
        // And what this version can do works on them.
        #expect(try await store.change(ids[3], .replay(scheduledAt: at), at: 5).verdict == .done)
        #expect(try await store.change(ids[0], .pause, at: 5).standing?.revision == 2)
        let record = IdempotencyRecord(key: [0xAA], request: [0xBB], answer: [], createdAt: 0)
        let again = try await store.write(.create(Sample.reminder(Sample.id(shard: shard)), position: nil, idempotency: record))
        #expect(again.map(\.name) == ["replayed [204]"])
        let new = Sample.reminder(Sample.id(shard: shard))
        try await store.write(Sample.create(new))
        #expect(try await store.page(ReminderFilter(), limit: 1).items.map(\.reminder.id) == [new.id])
        #expect(folder.faults.all == [])
        await store.close()
    }

    @Test("a file of an earlier build, with 32 shards, has those of now when it is opened, and all that it holds is found")
    func shards() async throws {
        var store = try open()
        let held = try await Resharded.make(store)
        await store.close()
        let tables = ["definitions", "reminders", "occurrences", "attempts", "passed"]
        try tamper(
            tables.map { "UPDATE \($0) SET shard = shard >> 3;" }.joined()
                + "UPDATE idempotency SET shard = shard & 31; UPDATE schema_version SET version = 21;", in: path)
        store = try open()
        try await held.check(in: store)
        #expect(folder.faults.all == [])
        await store.close()
    }

    @Test("a row whose id is damaged stays in the shard that it was in")
    func damagedShard() async throws {
        await (try open()).close()
        try tamper(
            """
            INSERT INTO attempts (shard, reminder, started_ms, scheduled_at, number, outcome, duration_us, status_code, detail)
                VALUES (3, x'00', 1, 1, 1, 1, 1, 1, '');
            INSERT INTO idempotency (shard, key, request, answer, created_ms) VALUES (4, x'', x'', x'', 1);
            UPDATE schema_version SET version = 21;
            """, in: path)
        await (try open()).close()
        let connection = try Connection(path: path, busyTimeoutMilliseconds: 1000)
        #expect(try connection.integer("SELECT shard FROM attempts") == 3 && connection.integer("SELECT shard FROM idempotency") == 4)
    }

    @Test("a migration that cannot be finished leaves the file as it was")
    func interrupted() async throws {
        // A table that the step is about to make is there already: the step fails in its middle.
        try make(version: 1, "CREATE TABLE queues (x);")
        #expect(throws: StoreError.self) { try open() }
        let connection = try Connection(path: path, busyTimeoutMilliseconds: 1000)
        #expect(try connection.integer("SELECT version FROM schema_version") == 1)
        #expect(try connection.integer("SELECT count(*) FROM pragma_table_info('definitions') WHERE name = 'caller'") == 0)
        try connection.execute("DROP TABLE queues")
        try await open().close()
        #expect(try connection.integer("SELECT version FROM schema_version") == Int64(Migrations.steps.count))
    }

    @Test("a file has no column that a copy to another store does not know")
    func copied() async throws {
        await (try open()).close()
        let connection = try Connection(path: path, busyTimeoutMilliseconds: 1000)
        // What is made of other columns, or filed before, or cleared when a scheduler starts.
        var made: Set = [
            "schema_version.version", "ownership.epoch", "definitions.number", "reminders.definition", "reminders.quota", "idempotency.number",
            "quotas.number", "quotas.caller", "quotas.marked_through", "tallies.queue", "tallies.state", "tallies.count",
            "shelf.queue", "shelf.task", "shelf.sharer", "shelf.due_ms", "shelf.reminder", "shelf.scheduled_at",
            "sealing.number", "sealing.through", "sealing.resealed", "sealing.unreadable",
        ]
        var copied = Set(CopiedTable.allCases.filter { $0 != .reminders }.flatMap { table in table.columns.map { "\(table).\($0.name)" } })
        copied.formUnion(CopiedTable.definition.map { "definitions.\(CopiedRowsSQL.name($0.name))" })
        copied.formUnion((CopiedTable.definition.prefix(2) + CopiedTable.standing).map { "reminders.\($0.name)" })
        let list = try connection.prepare(
            "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'")
        var columns: Set<String> = []
        while try list.step() { if let name = list.text(0) { columns.insert(name) } }
        made.formUnion(columns.filter { $0.hasPrefix("intake.") })
        #expect(columns == copied.union(made))
        #expect(copied.isDisjoint(with: made))
    }

    @Test("a new file and one that was brought up to date have the same schema")
    func sameSchema() async throws {
        try make(version: 1, "")
        try await open().close()
        let other = folder.path + "/new.db"
        try await SQLiteStore(path: other) { _ in }.close()
        func schema(_ path: String) throws -> [String] {
            let rows = try Connection(path: path, busyTimeoutMilliseconds: 1000)
                .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
            var schema: [String] = []
            while try rows.step() { schema.append(rows.text(0) ?? "") }
            return schema
        }
        #expect(try schema(path) == schema(other))
    }
}

@Suite("How lists are found")
struct ListPlanTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    /// The plans of all statements that a list prepared, as `EXPLAIN QUERY PLAN` tells them.
    private func plans(_ list: (ListQueries) throws -> Void) async throws -> Set<String> {
        let path = folder.path + "/plan.db"
        let store = try SQLiteStore(path: path) { _ in }
        await store.close()
        let connection = try Connection(path: path, busyTimeoutMilliseconds: 1000)
        let queries = ListQueries(connection)
        try list(queries)
        var plans: Set<String> = [], statement = sqlite3_next_stmt(connection.handle, nil)
        while let current = statement {
            let sql = String(cString: sqlite3_sql(current))
            statement = sqlite3_next_stmt(connection.handle, current)
            guard sql.hasPrefix("SELECT") else { continue }
            let explained = try connection.prepare("EXPLAIN QUERY PLAN " + sql)
            while try explained.step() { plans.insert(explained.text(3) ?? "") }
        }
        return plans
    }

    @Test("each filter that has an index is found along it, and nothing is sorted")
    func reminders() async throws {
        typealias Setter = (inout ReminderFilter) -> Void
        let cases: [(index: String, Setter)] = [
            ("definitions_classroom", { $0.classroomID = "c" }), ("definitions_creator", { $0.createdBy = "t" }),
            ("definitions_task", { $0.task = "other" }), ("definitions_queue", { $0.queue = "mail" }),
            ("definitions_caller", { $0.caller = "school" }), ("reminders_paused", { $0.state = .paused }),
            ("reminders_cancelled", { $0.state = .cancelled }), ("reminders_due", { $0.dueAfter = 5 }),
            ("reminders_due", { $0.dueBefore = 5 }),
        ]
        let others: [Setter] = [
            { _ in }, { $0.text = "x" }, { $0.task = $0.task ?? "edvora.notification" }, { $0.queue = $0.queue ?? "default" },
            { if $0.state == nil, !$0.isByDueTime { $0.state = .scheduled } }, { if $0.state == nil, !$0.isByDueTime { $0.state = .completed } },
        ]
        for (index, set) in cases {
            for other in others {
                for cursor in [nil, ListCursor(.newestFirst, major: 5, key: OccurrenceKey(reminder: Sample.id(), scheduledAt: 0))] {
                    var filter = ReminderFilter()
                    set(&filter)
                    other(&filter)
                    let plans = try await plans { _ = try $0.reminders(filter, after: cursor, limit: 5) }
                    #expect(plans.contains { $0.contains("INDEX \(index)") }, "\(filter): \(plans)")
                    #expect(!plans.contains { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }, "\(filter): \(plans)")
                }
            }
        }
    }

    @Test("lists without such a filter walk in their order, from where the page begins")
    func walks() async throws {
        for state in [nil, ReminderState.scheduled, .completed] {
            for text in [nil, "x"] {
                var filter = ReminderFilter()
                filter.state = state
                filter.text = text
                let plans = try await plans { _ = try $0.reminders(filter, after: nil, limit: 5) }
                #expect(!plans.contains { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }, "\(plans)")
                #expect(plans.contains { $0.contains(state == nil ? "INTEGER PRIMARY KEY (rowid<?)" : "PRIMARY KEY (shard=? AND id<?)") }, "\(plans)")
            }
        }
    }

    @Test("what is set aside is found along its index, or by its key")
    func occurrences() async throws {
        let id = Sample.id()
        for state in [OccurrenceState.held, .dead] {
            var narrow = OccurrenceFilter(state: state), one = narrow, room = narrow
            narrow.reminder = id
            one.key = OccurrenceKey(reminder: id, scheduledAt: 5)
            room.classroomID = "c"
            for filter in [OccurrenceFilter(state: state), room] {
                let plans = try await plans { _ = try $0.occurrences(filter, after: nil, limit: 5) }
                #expect(plans.contains { $0.contains("INDEX occurrences_set_aside (state=? AND ") }, "\(plans)")
                #expect(!plans.contains { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }, "\(plans)")
            }
            for filter in [narrow, one] {
                let plans = try await plans { _ = try $0.occurrences(filter, after: nil, limit: 5) }
                #expect(!plans.contains { $0.hasPrefix("SCAN") }, "\(plans)")
            }
            let single = try await plans { _ = try $0.occurrences(one, after: nil, limit: 5) }
            #expect(single.contains { $0.contains("PRIMARY KEY (shard=? AND reminder=? AND scheduled_at=?)") }, "\(single)")
        }
    }
}
