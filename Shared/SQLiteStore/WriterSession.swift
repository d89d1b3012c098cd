import CSQLite
import Storage
import TaskDomain

/// The writing connection with its statements, from one opening to the next.
final class WriterSession {
    let connection: Connection
    let changes: ReminderChanges
    let loader: DueLoader
    let pruner: Pruner
    let resealer: Resealer
    private let begin: Statement
    private let commit: Statement
    private let reusablePages: Statement, pageBytes: Statement
    /// Pages in the write-ahead log after the last commit; written by SQLite's hook on this thread.
    private let logPages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    private let checkpointPages: Int32

    init(
        path: String, limits: SQLiteLimits, unfiled: UnfiledCount, onFault: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        logPages.initialize(to: 0)
        checkpointPages = limits.checkpointPages
        let connection: Connection
        do throws(SQLiteFailure) {
            connection = try Connection(path: path, busyTimeoutMilliseconds: limits.busyTimeoutMilliseconds)
        } catch {
            logPages.deallocate()
            throw error.storeError(path: path)
        }
        self.connection = connection
        do throws(StoreError) {
            // First, so that nothing is changed in a file that is not ours.
            try Migrations.check(connection, path: path)
            try WriterSession.configure(connection, path: path, limits: limits)
            try Migrations.run(on: connection, path: path)
        } catch {
            logPages.deallocate()
            throw error
        }
        do throws(SQLiteFailure) {
            begin = try connection.prepare("BEGIN IMMEDIATE")
            commit = try connection.prepare("COMMIT")
            reusablePages = try connection.prepare("PRAGMA freelist_count")
            pageBytes = try connection.prepare("PRAGMA page_size")
            changes = try ReminderChanges(connection, path: path, unfiled: unfiled, onFault: onFault)
            loader = try DueLoader(connection, path: path, onFault: onFault)
            pruner = try Pruner(connection)
            resealer = try Resealer(connection)
        } catch {
            logPages.deallocate()
            throw error.storeError(path: path)
        }
        sqlite3_wal_hook(
            connection.handle,
            { pages, _, _, count in
                pages?.assumingMemoryBound(to: Int32.self).pointee = count
                return SQLITE_OK
            }, logPages)
    }

    /// What the shards were taken with last.
    func epoch() throws(SQLiteFailure) -> Int64 { try connection.integer("SELECT epoch FROM ownership") ?? 0 }

    func keep(epoch: Int64) throws(SQLiteFailure) { try connection.execute("UPDATE ownership SET epoch = \(epoch)") }

    deinit {
        sqlite3_wal_hook(connection.handle, nil, nil)
        logPages.deallocate()
    }

    private static func configure(
        _ connection: Connection, path: String, limits: SQLiteLimits
    ) throws(StoreError) {
        do throws(SQLiteFailure) {
            let mode = try connection.prepare("PRAGMA journal_mode = WAL")
            guard try mode.step(), mode.text(0) == "wal" else {
                throw SQLiteFailure(code: SQLITE_CANTOPEN, connection: nil)
            }
            mode.reset()
            try connection.execute(
                """
                PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 0;
                PRAGMA journal_size_limit = \(limits.logBytesKept); PRAGMA cache_size = -\(limits.writerCacheKibibytes);
                PRAGMA secure_delete = FAST; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;
                """)
            if let pages = limits.databasePages { try connection.execute("PRAGMA max_page_count = \(pages)") }
        } catch {
            guard error.primary != SQLITE_CANTOPEN else {
                throw .unavailable(
                    "\(path): its file system cannot hold a write-ahead log. Keep the database on a local disk")
            }
            throw error.storeError(path: path)
        }
    }

    /// Runs `body` in a transaction that is on stable storage when this returns. After an error nothing of it remains.
    func transaction<Value>(
        _ body: (WriterSession) throws(SQLiteFailure) -> Value
    ) throws(SQLiteFailure) -> Value {
        try begin.run()
        let value = try body(self)
        try commit.run()
        changes.intake.committed()
        return value
    }

    /// Bytes of the database's file that hold nothing any more.
    func reusableBytes() throws(SQLiteFailure) -> Int64 {
        (try reusablePages.value() ?? 0) * (try pageBytes.value() ?? 0)
    }

    /// Files what was taken in, so that it can be found.
    func file() throws(SQLiteFailure) {
        guard !changes.intake.isEmpty else { return }
        try transaction { session throws(SQLiteFailure) in try session.changes.intake.file() }
    }

    /// Ends a transaction that failed.
    /// - Returns: whether the connection is as it was before.
    func rollBack() -> Bool {
        guard connection.rollBack() else { return false }
        do throws(SQLiteFailure) { try changes.reload() } catch { return false }
        return true
    }

    /// Copies the write-ahead log into the database once it has grown; between commits, when nobody waits for one.
    func checkpointIfGrown() throws(SQLiteFailure) {
        guard logPages.pointee >= checkpointPages else { return }
        logPages.pointee = 0
        try checkpoint(SQLITE_CHECKPOINT_PASSIVE)
    }

    func checkpoint(_ mode: Int32) throws(SQLiteFailure) {
        let code = sqlite3_wal_checkpoint_v2(connection.handle, nil, mode, nil, nil)
        guard code == SQLITE_OK || code == SQLITE_BUSY else {
            throw SQLiteFailure(code: code, connection: connection.handle)
        }
    }
}
