import Storage

/// The schema, as a list of numbered steps that only ever grows, and the step-by-step way to the newest.
///
/// - `shards`: the fence. Who opens the store raises all epochs, and every write's transaction begins with a look at those of its shards.
/// - `definitions`: what a caller asked for, one wide row each; changed only by callers. `number`: of series, in the order of their
///   creation. `folded`: the description with small letters for A to Z, where that is another.
/// - `reminders`: where each reminder stands: a small row that changes with each occurrence.
/// - `occurrences`: occurrences with a life of their own.
/// - `tallies`: how many of them there are by queue and kind (see `Tallies`).
/// - `attempts`: the history; `started_ms` comes early in the key so that the newest are read without sorting.
/// - `idempotency`, `queues`, `passed`: as the writes of `Store` say.
/// - `attached`, `shelf`, `zone_marks`: the same, by the first shard of a strand.
/// - `schedulers`: who has the database, that it lives, and which of the server's processes serve it (see `OwnerRow`).
/// - `last_server`: on which server shards were taken last (see `LastServer`).
/// - `spent`: how far credentials of completed reminders have been removed.
/// - `sealing`: how far a strand's credentials have been sealed anew, and how often it was taken since its owner last said with which key.
///
/// Times are in unix seconds (`…_at`) or milliseconds (`…_ms`); `rdates` and `exdates` are little-endian 64-bit integers one after the
/// other. Text is kept as its bytes in UTF-8: whatever they are, and in their order. Every unique key of the tables with a shard begins with
/// it, so that they can be distributed by it; there are no foreign keys, sequences or triggers.
package enum Schema {
    /// The tables with a shard in every row.
    package static let sharded = [
        "shards", "definitions", "reminders", "occurrences", "tallies", "attempts", "idempotency", "passed", "spent", "attached", "shelf", "zone_marks", "sealing",
    ]
    /// The others.
    package static let global = ["schema_version", "queues", "schedulers", "last_server"]

    /// Rows that are gone are cleared away early and without pauses, else what is pending is found behind them.
    private static let vacuum = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0"

    /// The first schema with 256 shards.
    static let resharded: Int64 = 3

    /// Step n leads from schema n to n + 1.
    package static let steps: [[String]] = [
        [
            "CREATE TABLE shards (shard smallint PRIMARY KEY, epoch bigint NOT NULL) WITH (fillfactor = 50)",
            "INSERT INTO shards SELECT number, 0 FROM generate_series(0, 31) number",
            """
            CREATE TABLE definitions (
                shard smallint NOT NULL, id uuid NOT NULL, number bigint, start_at bigint NOT NULL, rule bytea, timezone bytea NOT NULL,
                until_at bigint, rdates bytea NOT NULL, exdates bytea NOT NULL, queue bytea NOT NULL, priority smallint NOT NULL,
                misfire_policy smallint NOT NULL, retry_for_s bigint NOT NULL, max_attempts bigint, jitter_s bigint NOT NULL,
                expires_s bigint, catch_up_limit bigint NOT NULL, task bytea NOT NULL, arguments bytea NOT NULL,
                description bytea NOT NULL, folded bytea, classroom_id bytea NOT NULL, created_by bytea NOT NULL,
                created_ms bigint NOT NULL, caller bytea NOT NULL, sealed bytea NOT NULL, PRIMARY KEY (shard, id))
            """,
            "CREATE INDEX definitions_classroom ON definitions (classroom_id, id)",
            "CREATE INDEX definitions_creator ON definitions (created_by, id)",
            "CREATE INDEX definitions_queue ON definitions (queue, id) WHERE queue <> 'default'",
            "CREATE INDEX definitions_task ON definitions (task, id) WHERE task <> 'edvora.notification'",
            "CREATE INDEX definitions_caller ON definitions (caller, id) WHERE caller <> ''",
            "CREATE INDEX definitions_series ON definitions (number) WHERE number IS NOT NULL",
            """
            CREATE TABLE reminders (
                shard smallint NOT NULL, id uuid NOT NULL, state smallint NOT NULL, next_at bigint, next_index bigint, due_ms bigint,
                delivered bigint NOT NULL, missed bigint, missed_more smallint, missed_first bigint, missed_last bigint, held_ms bigint,
                updated_ms bigint NOT NULL, finished_ms bigint, revision bigint NOT NULL, caller bytea NOT NULL, PRIMARY KEY (shard, id))
            WITH (fillfactor = 80, \(vacuum))
            """,
            "CREATE INDEX reminders_due ON reminders (shard, due_ms, id) WHERE state = 0 AND due_ms IS NOT NULL",
            "CREATE INDEX reminders_finished ON reminders (shard, finished_ms, id) WHERE finished_ms IS NOT NULL",
            "CREATE INDEX reminders_paused ON reminders (id) WHERE state = 1",
            "CREATE INDEX reminders_cancelled ON reminders (id) WHERE state = 3",
            "CREATE INDEX reminders_pending ON reminders (caller) WHERE finished_ms IS NULL AND caller <> ''",
            """
            CREATE TABLE occurrences (
                shard smallint NOT NULL, reminder uuid NOT NULL, scheduled_at bigint NOT NULL, state smallint NOT NULL, due_ms bigint NOT NULL,
                attempts bigint NOT NULL, losses bigint NOT NULL, tried_since_ms bigint, changed_ms bigint NOT NULL, manual smallint NOT NULL,
                outcome smallint, status_code bigint, detail bytea, PRIMARY KEY (shard, reminder, scheduled_at))
            WITH (fillfactor = 80, \(vacuum))
            """,
            "CREATE INDEX occurrences_due ON occurrences (shard, due_ms, reminder, scheduled_at) WHERE state = 0",
            "CREATE INDEX occurrences_open ON occurrences (shard, reminder) WHERE state < 2",
            "CREATE INDEX occurrences_set_aside ON occurrences (state, changed_ms, reminder, scheduled_at) WHERE state > 0",
            """
            CREATE TABLE tallies (
                shard smallint NOT NULL, queue bytea NOT NULL, state smallint NOT NULL, count bigint NOT NULL, PRIMARY KEY (shard, queue, state))
            WITH (fillfactor = 50, \(vacuum))
            """,
            "CREATE INDEX tallies_queue ON tallies (queue)",
            """
            CREATE TABLE attempts (
                shard smallint NOT NULL, reminder uuid NOT NULL, started_ms bigint NOT NULL, scheduled_at bigint NOT NULL,
                number bigint NOT NULL, outcome smallint NOT NULL, duration_us bigint NOT NULL, status_code bigint NOT NULL,
                detail bytea NOT NULL, result bytea, PRIMARY KEY (shard, reminder, started_ms, scheduled_at, number, outcome))
            WITH (\(vacuum))
            """,
            """
            CREATE TABLE idempotency (
                shard smallint NOT NULL, key bytea NOT NULL, request bytea NOT NULL, answer bytea NOT NULL, created_ms bigint NOT NULL,
                PRIMARY KEY (shard, key))
            WITH (\(vacuum))
            """,
            "CREATE INDEX idempotency_created ON idempotency (created_ms)",
            """
            CREATE TABLE passed (
                shard smallint NOT NULL, reminder uuid NOT NULL, scheduled_at bigint NOT NULL, PRIMARY KEY (shard, reminder, scheduled_at))
            WITH (\(vacuum))
            """,
            "CREATE TABLE spent (shard smallint PRIMARY KEY, finished_ms bigint NOT NULL, id uuid NOT NULL)",
            """
            CREATE TABLE queues (
                name bytea PRIMARY KEY, paused smallint NOT NULL, max_concurrency bigint, rate_count bigint, rate_seconds bigint,
                fair_by smallint NOT NULL)
            """,
            "CREATE TABLE zones (name bytea PRIMARY KEY, digest bigint, through bigint)",
            """
            CREATE TABLE workers (
                instance bytea PRIMARY KEY, leases_end_ms bigint, handed_through_ms bigint, awaited_since_ms bigint)
            """,
            """
            CREATE TABLE sealing (
                one smallint PRIMARY KEY, prefix bytea NOT NULL, shard smallint, id uuid, looked bigint NOT NULL, resealed bigint NOT NULL,
                unreadable bigint NOT NULL, is_done smallint NOT NULL)
            """,
            """
            CREATE TABLE shelf (
                queue bytea NOT NULL, task bytea NOT NULL, sharer bytea NOT NULL, due_ms bigint NOT NULL, reminder uuid NOT NULL,
                scheduled_at bigint NOT NULL, PRIMARY KEY (queue, task, sharer, due_ms, reminder, scheduled_at))
            WITH (\(vacuum))
            """,
        ],
        // Those pending of which a try has failed are counted apart.
        ["DELETE FROM tallies", CopiedRowsSQL.tallies],
        // 256 shards in place of 32. How far rows have been seen, shard by shard, is found anew.
        ["INSERT INTO shards SELECT number, (SELECT max(epoch) FROM shards) FROM generate_series(32, 255) number"]
            + [("definitions", "id"), ("reminders", "id"), ("occurrences", "reminder"), ("attempts", "reminder"), ("passed", "reminder")].map {
                "UPDATE \($0.0) SET shard = \(shard(of: $0.1))"
            } + ["UPDATE idempotency SET shard = get_byte(key, 0)", "DELETE FROM spent", "DELETE FROM sealing"],
        // Who has the database shows that it lives.
        [
            """
            CREATE TABLE schedulers (instance bytea PRIMARY KEY, beat bigint NOT NULL, backends bigint[] NOT NULL, began_us bigint[] NOT NULL)
            WITH (fillfactor = 50, \(vacuum))
            """,
            // By which it is known, wherever it is reached. Of a copy it is another.
            "ALTER TABLE schema_version ADD COLUMN store uuid NOT NULL DEFAULT gen_random_uuid()",
        ],
        // What is of a strand is by strand: eight shards that are taken together.
        [
            """
            CREATE TABLE attached (
                shard smallint NOT NULL, instance bytea NOT NULL, leases_end_ms bigint, handed_through_ms bigint, awaited_since_ms bigint,
                PRIMARY KEY (shard, instance))
            WITH (\(vacuum))
            """,
            """
            INSERT INTO attached SELECT number, instance, leases_end_ms, handed_through_ms, awaited_since_ms
            FROM workers CROSS JOIN generate_series(0, 255, 8) number
            """,
            "DROP TABLE workers", "DROP TABLE shelf",
            """
            CREATE TABLE shelf (
                shard smallint NOT NULL, queue bytea NOT NULL, task bytea NOT NULL, sharer bytea NOT NULL, due_ms bigint NOT NULL,
                reminder uuid NOT NULL, scheduled_at bigint NOT NULL, PRIMARY KEY (shard, queue, task, sharer, due_ms, reminder, scheduled_at))
            WITH (\(vacuum))
            """,
            "CREATE TABLE zone_marks (shard smallint NOT NULL, name bytea NOT NULL, digest bigint, through bigint, PRIMARY KEY (shard, name))",
            "INSERT INTO zone_marks SELECT number, name, digest, through FROM zones CROSS JOIN generate_series(0, 255, 8) number",
            "DROP TABLE zones",
            // What is not done is looked through from its beginning.
            "ALTER TABLE sealing DROP shard, ADD takings bigint NOT NULL DEFAULT 0, ADD since_ms bigint NOT NULL DEFAULT 0, ADD shards bigint NOT NULL DEFAULT 0",
            "ALTER TABLE sealing RENAME one TO shard",
            "UPDATE sealing SET (shard, id, looked, resealed, unreadable) = (0, NULL, 0, 0, unreadable * is_done)",
            """
            INSERT INTO sealing (shard, prefix, looked, resealed, unreadable, is_done)
            SELECT number, prefix, 0, 0, 0, is_done FROM sealing CROSS JOIN generate_series(8, 255, 8) number
            """,
        ],
        // Whoever takes shards sees whether another server was promoted since the last time.
        ["CREATE TABLE last_server (one smallint PRIMARY KEY, system bigint NOT NULL, timeline bigint NOT NULL, was_synchronous smallint)"],
    ]

    /// As `ReminderID.shard` works it out: the top byte of the id's second half times an odd number, modulo 2^64.
    private static func shard(of id: String) -> String {
        let half = "('x' || right(replace(\(id)::text, '-', ''), 16))::bit(64)::bigint::numeric"
        return "div(mod(mod(\(half) * 11400714819323198485, 18446744073709551616) + 18446744073709551616, 18446744073709551616), 72057594037927936)::smallint"
    }

    /// The oldest server that is known to work: `NULLS`, pipelines and the plans of its kind are those of 15.
    private static let oldestServer = 150_000
    /// "TSch" and "TSow": what schedulers that start, and the one that has the store open, hold.
    private static let migrating: Int64 = 0x5453_6368, owning: Int32 = 0x5453_6f77

    /// Refuses a server, or settings, that the promises cannot be kept on.
    static func checkServer(_ connection: Connection, _ label: String) throws(PostgresFailure) -> StoreError? {
        guard connection.serverVersion >= oldestServer else {
            return .unusable("\(label): the server has version \(connection.serverVersion / 10_000), but 15 or later is needed. Upgrade it")
        }
        let set = try connection.run("SELECT convert_to(current_setting('synchronous_commit'), 'UTF8'), convert_to(current_setting('fsync'), 'UTF8')")
        let commit = set.text(0, 0) ?? "", fsync = set.text(0, 1) ?? ""
        guard !["off", "local"].contains(commit) else {
            return .unusable("\(label): synchronous_commit is \(commit): what was confirmed could be lost. Set it to on for this user or database")
        }
        guard fsync == "on" else { return .unusable("\(label): fsync is \(fsync): what was confirmed could be lost. Set it to on") }
        return nil
    }

    /// Brings the database to the newest schema, one transaction for each step; safe with several schedulers at once.
    /// - Returns: why the database cannot be used; `nil`: it can.
    static func migrate(_ connection: Connection, _ label: String) throws(PostgresFailure) -> StoreError? {
        _ = try connection.run("SELECT pg_advisory_lock($1::bigint)", [.int(migrating)])
        defer { _ = try? connection.run("SELECT pg_advisory_unlock($1::bigint)", [.int(migrating)]) }
        if try Self.version(connection) == nil {
            guard try connection.run("SELECT to_regclass('reminders') IS NOT NULL").int(0, 0) == 0 else {
                return .unusable("\(label): a database of another program. Name another one: createdb")
            }
            _ = try connection.run([
                Query("BEGIN"), Query("CREATE TABLE schema_version (version bigint NOT NULL)"), Query("INSERT INTO schema_version VALUES (0)"),
                Query("COMMIT"),
            ])
        }
        let version = try Self.version(connection) ?? 0
        if let refusal = refusal(of: version, label) { return refusal }
        for (number, step) in steps.enumerated().dropFirst(Int(version)) {
            // One after the other: a statement is understood only once the tables that it names are there.
            _ = try connection.run("BEGIN")
            for statement in step { _ = try connection.run(statement) }
            _ = try connection.run([Query("UPDATE schema_version SET version = $1::bigint", [.int(Int64(number + 1))]), Query("COMMIT")])
        }
        return nil
    }

    /// The version of a store's schema; `nil`: there is no store. Below zero: a copy into it was not finished, of a store with a schema of
    /// that version.
    static func version(_ connection: Connection) throws(PostgresFailure) -> Int64? {
        guard try connection.run("SELECT to_regclass('schema_version') IS NOT NULL").int(0, 0) != 0 else { return nil }
        let found = try connection.run("SELECT version FROM schema_version")
        // A table without its row is nobody's.
        return found.isEmpty ? Int64.max : found.int(0, 0)
    }

    /// Why this build cannot use a store with this version; `nil`: it can.
    static func refusal(of version: Int64, _ label: String) -> StoreError? {
        if version == .max { return .unusable("\(label): the table schema_version is empty. Restore a backup") }
        if version < 0 {
            return .unusable("\(label): a copy into it was not finished. Repeat it (scheduler --copy-store), or make another database: createdb")
        }
        guard version > steps.count else { return nil }
        return .unusable(
            "\(label): its schema has version \(version), but this build knows only up to \(steps.count). Run the build that wrote it or a "
                + "later one, or restore a backup from before the upgrade")
    }

    /// Takes the store for this connection, for as long as that lasts.
    /// - Returns: `false` where another has it.
    static func own(_ connection: Connection) throws(PostgresFailure) -> Bool {
        // Different databases of one server have locks of their own, different schemas of one database have not.
        try connection.run("SELECT pg_try_advisory_lock(\(owning), hashtext(current_schema()))").int(0, 0) != 0
    }

    /// Gives it back at once: the server may take a moment to notice that a connection has ended.
    static func disown(_ connection: Connection) {
        _ = try? connection.run("SELECT pg_advisory_unlock(\(owning), hashtext(current_schema()))")
    }
}
