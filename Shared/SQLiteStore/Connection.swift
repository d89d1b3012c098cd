import CSQLite

/// One connection to a database file. Not thread-safe: it belongs to the thread that uses it.
final class Connection {
    let handle: OpaquePointer

    /// Opens an existing file for reading and writing.
    /// - Parameter path: absolute, or beginning with a dot, so that SQLite does not take it for a URI.
    init(path: String, busyTimeoutMilliseconds: Int32) throws(SQLiteFailure) {
        var opened: OpaquePointer?
        // No SQLITE_OPEN_CREATE: a database that vanished must not come back empty.
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let failure = SQLiteFailure(code: code, connection: opened)
            sqlite3_close_v2(opened)
            throw failure
        }
        handle = opened
        sqlite3_busy_timeout(opened, busyTimeoutMilliseconds)
    }

    deinit { sqlite3_close_v2(handle) }

    /// Rows that the last statement changed.
    var changes: Int { Int(sqlite3_changes64(handle)) }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs statements that are not worth keeping. Any rows are dropped.
    func execute(_ sql: String) throws(SQLiteFailure) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteFailure(code: code, connection: handle) }
    }

    func prepare(_ sql: String) throws(SQLiteFailure) -> Statement { try Statement(sql, on: self) }

    /// The first column of the first row as an integer; `nil` without a row or for NULL.
    func integer(_ sql: String) throws(SQLiteFailure) -> Int64? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.optionalInteger(0) : nil
    }

    /// Ends a transaction that failed. SQLite has already done so after some errors.
    /// - Returns: whether no transaction is open now.
    func rollBack() -> Bool {
        if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
        return !isInTransaction
    }
}
