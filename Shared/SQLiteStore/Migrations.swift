import Storage

/// The schema, as a list of numbered steps that only ever grows, and the step-by-step way to the newest.
///
/// - `definitions`: what a caller asked for, one wide row each; changed only by callers. Numbered in the
///   order of creation, so that new rows fill pages one after the other.
/// - `intake`: new reminders before they are filed as a row of `definitions` and one of `reminders` each; see `Intake`.
/// - `reminders`: where each reminder stands: small rows by (shard, id) that point to their definition. A settled
///   occurrence changes this row and never the wide one, which halves the cost of both.
///   `missed…`: what was missed and not fired, all together; `missed_more`: there is more than was counted.
///   `held_ms`: since when it is held because its credential was refused; then `due_ms` is NULL, and no occurrence is pending.
/// - `occurrences`: occurrences with a life of their own (see `OccurrenceState`), and what has been tried at them (`Tries`).
/// - `tallies`: how many of them there are by queue and kind (see `CountedKind`), and, with the empty name, of all queues; kept by triggers, in the transaction
///   of whatever changes them.
/// - `attempts`: the history; `started_ms` comes early in the key so that the newest are read without sorting.
/// - `idempotency`: answers to repeat, in the shard of the reminder that they created.
/// - `quotas`: callers that have a bound on what is pending, and how far those reminders of theirs have their number in
///   `reminders.quota` that were there before the bound; NULL: all.
/// - `queues`: queues that have settings of their own.
/// - `passed`: occurrences that ended or were put off before their series came to them, until it is past them.
/// - `zones`: the zones of series, with a digest of the data by which these were computed, and how far they were computed anew.
/// - `sealing`: how far credentials have been sealed anew; see `Resealer`.
/// - `spent`: how far credentials of completed reminders have been removed; see `SpentCredentials`.
/// - `shelf`: what is due and found no place in the scheduler's memory, by queue, task and sharer; what of it is pending the others tell.
/// - `ownership`: how often the store has been opened to be written: the epoch of all shards.
/// - `workers`: instances that may run something; `leases_end_ms` is NULL for those that may get more at any time.
///
/// Times are in unix seconds (`…_at`) or milliseconds (`…_ms`); `rdates` and `exdates` are little-endian 64-bit
/// integers one after the other. State numbers are the raw values of `ReminderState` and `OccurrenceState`.
enum Migrations {
    /// "TSch": marks the file as this program's (`PRAGMA application_id`).
    static let applicationID: Int64 = 0x5453_6368

    /// Step n leads from schema n to n + 1.
    static let steps: [String] = [
        """
        CREATE TABLE definitions (
            number INTEGER PRIMARY KEY, shard INTEGER NOT NULL, id BLOB NOT NULL,
            start_at INTEGER NOT NULL, rule TEXT, timezone TEXT NOT NULL, until_at INTEGER,
            rdates BLOB NOT NULL, exdates BLOB NOT NULL,
            task TEXT NOT NULL, arguments BLOB NOT NULL, queue TEXT NOT NULL, priority INTEGER NOT NULL,
            misfire_policy INTEGER NOT NULL, max_attempts INTEGER NOT NULL, description TEXT NOT NULL,
            classroom_id TEXT NOT NULL, created_by TEXT NOT NULL, created_ms INTEGER NOT NULL,
            authorization BLOB NOT NULL
        ) STRICT;
        CREATE TABLE reminders (
            shard INTEGER NOT NULL, id BLOB NOT NULL, definition INTEGER NOT NULL, state INTEGER NOT NULL,
            next_at INTEGER, next_index INTEGER, delivered INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL, finished_ms INTEGER,
            PRIMARY KEY (shard, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX reminders_due ON reminders (shard, next_at, id) WHERE state = 0 AND next_at IS NOT NULL;
        CREATE INDEX reminders_finished ON reminders (shard, finished_ms, id) WHERE finished_ms IS NOT NULL;
        CREATE TABLE occurrences (
            shard INTEGER NOT NULL, reminder BLOB NOT NULL, scheduled_at INTEGER NOT NULL,
            state INTEGER NOT NULL, due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, changed_ms INTEGER NOT NULL,
            PRIMARY KEY (shard, reminder, scheduled_at)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX occurrences_due ON occurrences (shard, due_ms, reminder, scheduled_at) WHERE state = 0;
        CREATE TABLE attempts (
            shard INTEGER NOT NULL, reminder BLOB NOT NULL, started_ms INTEGER NOT NULL,
            scheduled_at INTEGER NOT NULL, number INTEGER NOT NULL, outcome INTEGER NOT NULL,
            duration_us INTEGER NOT NULL, status_code INTEGER NOT NULL, detail TEXT NOT NULL,
            PRIMARY KEY (shard, reminder, started_ms, scheduled_at, number, outcome)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE idempotency (
            number INTEGER PRIMARY KEY, shard INTEGER NOT NULL, key BLOB NOT NULL, request BLOB NOT NULL,
            answer BLOB NOT NULL, created_ms INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX idempotency_key ON idempotency (shard, key);
        CREATE TABLE workers (instance TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        """,
        // Lists, changes by callers, queues, jitter and expiry.
        """
        ALTER TABLE definitions ADD COLUMN jitter_s INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE definitions ADD COLUMN expires_s INTEGER;
        ALTER TABLE definitions ADD COLUMN caller TEXT NOT NULL DEFAULT '';
        CREATE INDEX definitions_classroom ON definitions (classroom_id);
        CREATE INDEX definitions_creator ON definitions (created_by);
        CREATE INDEX definitions_queue ON definitions (queue) WHERE queue <> 'default';
        CREATE INDEX definitions_task ON definitions (task) WHERE task <> 'edvora.notification';
        CREATE INDEX definitions_caller ON definitions (caller) WHERE caller <> '';
        ALTER TABLE reminders ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE reminders ADD COLUMN due_ms INTEGER;
        UPDATE reminders SET due_ms = next_at * 1000 WHERE next_at IS NOT NULL;
        DROP INDEX reminders_due;
        CREATE INDEX reminders_due ON reminders (shard, due_ms, id) WHERE state = 0 AND due_ms IS NOT NULL;
        CREATE INDEX reminders_paused ON reminders (definition) WHERE state = 1;
        CREATE INDEX reminders_cancelled ON reminders (definition) WHERE state = 3;
        ALTER TABLE occurrences ADD COLUMN manual INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE occurrences ADD COLUMN outcome INTEGER;
        ALTER TABLE occurrences ADD COLUMN status_code INTEGER;
        ALTER TABLE occurrences ADD COLUMN detail TEXT;
        CREATE INDEX occurrences_set_aside ON occurrences (state, changed_ms, reminder, scheduled_at) WHERE state > 0;
        CREATE TABLE queues (
            name TEXT PRIMARY KEY, paused INTEGER NOT NULL, max_concurrency INTEGER, rate_count INTEGER,
            rate_seconds INTEGER
        ) STRICT, WITHOUT ROWID;
        """,
        """
        CREATE TABLE intake (
            number INTEGER PRIMARY KEY, shard INTEGER NOT NULL, id BLOB NOT NULL,
            start_at INTEGER NOT NULL, rule TEXT, timezone TEXT NOT NULL, until_at INTEGER,
            rdates BLOB NOT NULL, exdates BLOB NOT NULL,
            task TEXT NOT NULL, arguments BLOB NOT NULL, queue TEXT NOT NULL, priority INTEGER NOT NULL,
            misfire_policy INTEGER NOT NULL, max_attempts INTEGER NOT NULL, description TEXT NOT NULL,
            classroom_id TEXT NOT NULL, created_by TEXT NOT NULL, created_ms INTEGER NOT NULL,
            authorization BLOB NOT NULL, jitter_s INTEGER NOT NULL, expires_s INTEGER, caller TEXT NOT NULL,
            next_at INTEGER, next_index INTEGER, due_ms INTEGER
        ) STRICT;
        """,
        "ALTER TABLE workers ADD COLUMN leases_end_ms INTEGER;",
        """
        ALTER TABLE occurrences ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE occurrences ADD COLUMN tried_since_ms INTEGER;
        """,
        "CREATE INDEX idempotency_created ON idempotency (created_ms);",
        "ALTER TABLE queues ADD COLUMN fair_by INTEGER NOT NULL DEFAULT 0;",
        """
        CREATE TABLE passed (
            shard INTEGER NOT NULL, reminder BLOB NOT NULL, scheduled_at INTEGER NOT NULL,
            PRIMARY KEY (shard, reminder, scheduled_at)
        ) STRICT, WITHOUT ROWID;
        """,
        """
        ALTER TABLE workers ADD COLUMN handed_through_ms INTEGER;
        ALTER TABLE workers ADD COLUMN awaited_since_ms INTEGER;
        """,
        // What was missed.
        """
        ALTER TABLE definitions ADD COLUMN catch_up_limit INTEGER NOT NULL DEFAULT 100;
        ALTER TABLE intake ADD COLUMN catch_up_limit INTEGER NOT NULL DEFAULT 100;
        ALTER TABLE reminders ADD COLUMN missed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE reminders ADD COLUMN missed_more INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE reminders ADD COLUMN missed_first INTEGER;
        ALTER TABLE reminders ADD COLUMN missed_last INTEGER;
        """,
        "ALTER TABLE reminders ADD COLUMN held_ms INTEGER;",
        """
        CREATE TABLE quotas (number INTEGER PRIMARY KEY, caller TEXT NOT NULL UNIQUE, marked_through INTEGER) STRICT;
        ALTER TABLE reminders ADD COLUMN quota INTEGER;
        CREATE INDEX reminders_quota ON reminders (quota) WHERE quota IS NOT NULL AND finished_ms IS NULL;
        ALTER TABLE intake ADD COLUMN quota INTEGER;
        """,
        """
        CREATE TABLE zones (name TEXT PRIMARY KEY, digest INTEGER, through INTEGER) STRICT, WITHOUT ROWID;
        INSERT INTO zones SELECT DISTINCT timezone, NULL, NULL FROM definitions WHERE timezone <> 'UTC';
        INSERT OR IGNORE INTO zones SELECT DISTINCT timezone, NULL, NULL FROM intake WHERE timezone <> 'UTC';
        """,
        // Of `max_attempts` 0 stands for no limit from here on.
        """
        ALTER TABLE definitions ADD COLUMN retry_for_s INTEGER NOT NULL DEFAULT 86400;
        ALTER TABLE intake ADD COLUMN retry_for_s INTEGER NOT NULL DEFAULT 86400;
        """,
        """
        CREATE TABLE sealing (
            number INTEGER PRIMARY KEY, prefix BLOB NOT NULL, through INTEGER, resealed INTEGER NOT NULL, unreadable INTEGER NOT NULL
        ) STRICT;
        """,
        "CREATE TABLE spent (shard INTEGER PRIMARY KEY, finished_ms INTEGER NOT NULL, id BLOB NOT NULL) STRICT;",
        // Cleared at each opening: it serves to find what the process that has the store open has left there.
        """
        CREATE TABLE shelf (
            queue TEXT NOT NULL, task TEXT NOT NULL, sharer TEXT NOT NULL, due_ms INTEGER NOT NULL, reminder BLOB NOT NULL,
            scheduled_at INTEGER NOT NULL, PRIMARY KEY (queue, task, sharer, due_ms, reminder, scheduled_at)
        ) STRICT, WITHOUT ROWID;
        """,
        // What counts into it comes with a later step.
        Tallies.table,
        "ALTER TABLE attempts ADD COLUMN result BLOB;",
        "CREATE TABLE ownership (epoch INTEGER NOT NULL) STRICT; INSERT INTO ownership VALUES (0);",
        Tallies.counting,
        // 256 shards in place of 32 (`ShardFunctions`).
        """
        UPDATE definitions SET shard = shard_of_id(id, shard);
        UPDATE intake SET shard = shard_of_id(id, shard);
        UPDATE reminders SET shard = shard_of_id(id, shard);
        UPDATE occurrences SET shard = shard_of_id(reminder, shard);
        UPDATE attempts SET shard = shard_of_id(reminder, shard);
        UPDATE passed SET shard = shard_of_id(reminder, shard);
        UPDATE idempotency SET shard = shard_of_key(key, shard);
        DELETE FROM spent;
        """,
    ]

    /// Brings the database to the newest schema, one transaction for each step.
    static func run(on connection: Connection, path: String) throws(StoreError) {
        do throws(SQLiteFailure) {
            let version = try connection.integer("SELECT version FROM schema_version") ?? 0
            if version < steps.count { try ShardFunctions.register(on: connection) }
            for (number, step) in steps.enumerated().dropFirst(Int(version)) {
                try connection.execute(
                    "BEGIN IMMEDIATE; \(step) UPDATE schema_version SET version = \(number + 1); COMMIT")
            }
        } catch {
            _ = connection.rollBack()
            throw error.storeError(path: path)
        }
    }

    /// Refuses a file that belongs to another program, or to a later version of this one. An empty one is made this program's.
    static func check(_ connection: Connection, path: String) throws(StoreError) {
        if try !isOurs(connection, path: path) {
            do throws(SQLiteFailure) {
                try connection.execute(
                    """
                    BEGIN IMMEDIATE; PRAGMA application_id = \(applicationID);
                    CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
                    INSERT INTO schema_version VALUES (0); COMMIT
                    """)
            } catch {
                throw error.storeError(path: path)
            }
        }
        try checkVersion(connection, path: path)
    }

    /// Whether the file is a store of this program's, of a version that this build knows; `false` for an empty one. Changes nothing.
    /// - Throws: `.unusable` for a database of another program or of a later version.
    static func isStore(_ connection: Connection, path: String) throws(StoreError) -> Bool {
        guard try isOurs(connection, path: path) else { return false }
        try checkVersion(connection, path: path)
        return true
    }

    private static func isOurs(_ connection: Connection, path: String) throws(StoreError) -> Bool {
        let tables: Int64, mark: Int64, hasVersion: Bool
        do throws(SQLiteFailure) {
            tables = try connection.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table'") ?? 0
            mark = try connection.integer("PRAGMA application_id") ?? 0
            hasVersion = try connection.integer("SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'") != nil
        } catch {
            throw error.storeError(path: path)
        }
        if tables == 0 { return false }
        guard mark == applicationID, hasVersion else {
            throw .unusable("\(path): a database of another program. Name another file: the scheduler creates its own")
        }
        return true
    }

    /// The version of a store's schema; `nil` for an empty file. Below zero: a copy into it was not finished, of a store with a schema of
    /// that version.
    static func version(of connection: Connection, path: String) throws(StoreError) -> Int64? {
        guard try isOurs(connection, path: path) else { return nil }
        let version: Int64?
        do throws(SQLiteFailure) { version = try connection.integer("SELECT version FROM schema_version") } catch {
            throw error.storeError(path: path)
        }
        guard let version else { throw .unusable("\(path): the table schema_version is empty. Restore a backup") }
        return version
    }

    private static func checkVersion(_ connection: Connection, path: String) throws(StoreError) {
        guard let version = try version(of: connection, path: path) else { return }
        guard version >= 0 else {
            throw .unusable("\(path): a copy into it was not finished. Repeat it (scheduler --copy-store), or move the file away")
        }
        guard version <= steps.count else {
            throw .unusable(
                "\(path): its schema has version \(version), but this build knows only up to \(steps.count). Run the "
                    + "build that wrote it or a later one, or restore a backup from before the upgrade")
        }
    }
}
