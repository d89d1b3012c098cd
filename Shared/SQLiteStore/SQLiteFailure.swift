import CSQLite
import Storage

/// A refusal by SQLite, as its extended result code and its own words.
struct SQLiteFailure: Error {
    let code: Int32
    let message: String

    init(code: Int32, connection: OpaquePointer?) {
        self.code = code
        let known = connection.map { sqlite3_extended_errcode($0) == code } ?? false
        if known, let connection, let text = sqlite3_errmsg(connection) {
            message = String(cString: text)
        } else {
            message = sqlite3_errstr(code).map { String(cString: $0) } ?? "error \(code)"
        }
    }

    init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    /// The code without its extension.
    var primary: Int32 { code & 0xFF }

    /// Whether one statement's own values were at fault, so that other writes of the same transaction need not fail.
    var concernsOneWrite: Bool {
        switch primary {
        case SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_RANGE: true
        default: false
        }
    }

    /// Whether the connection may go on after a rollback. After anything else it is opened afresh, because what it
    /// holds in memory may no longer agree with the files.
    var leavesConnectionUsable: Bool {
        if concernsOneWrite { return true }
        switch primary {
        case SQLITE_FULL, SQLITE_BUSY, SQLITE_LOCKED, SQLITE_INTERRUPT: return true
        default: return false
        }
    }

    /// The same in an operator's words.
    func storeError(path: String) -> StoreError {
        switch primary {
        case SQLITE_FULL:
            .unavailable(
                "\(path): no space left, on its disk or under the configured limit (\(message)). Free space there; "
                    + "nothing that was confirmed is lost, and work goes on by itself once there is space")
        case SQLITE_READONLY, SQLITE_PERM:
            .unavailable(
                "\(path): cannot be written (\(message)). Make the file, its -wal and -shm files and their directory "
                    + "writable for this process's user, and the file system not read-only")
        case SQLITE_CANTOPEN:
            .unavailable(
                "\(path): cannot be opened (\(message)). Check that the file and its directory are still there and "
                    + "that this process's user may read and write them")
        case SQLITE_IOERR:
            .unavailable(
                "\(path): reading or writing failed (\(message), code \(code)). Look at the kernel's log for faults of "
                    + "the disk, and check its free space and quota")
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
            .unavailable(
                "\(path): another program holds the database (\(message)). End the program (perhaps a sqlite3 shell or "
                    + "a backup) that keeps a transaction open on it")
        case SQLITE_CORRUPT:
            .unusable(
                "\(path): the database is damaged (\(message)). Stop the scheduler, keep a copy, and restore a backup "
                    + "or use `sqlite3 <file> .recover`")
        case SQLITE_NOTADB:
            .unusable("\(path): not an SQLite database. Name another file, or move this one away")
        default:
            concernsOneWrite
                ? .unusable("\(path): the values of one write were refused (\(message), code \(code))")
                : .unavailable("\(path): SQLite failed (\(message), code \(code))")
        }
    }
}
