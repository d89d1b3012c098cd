import CSQLite
import Storage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How many stored credentials there are by what sealed them.
public struct CredentialCensus: Sendable, Hashable {
    public var reminders = 0
    /// How many begin with these bytes, the version and the id of the key that sealed them.
    public var credentials: [[UInt8]: Int] = [:]

    /// Counts all in a database, also while a scheduler uses it, as they are now.
    /// - Parameter prefix: bytes by which they are counted.
    /// - Throws: one line that names the file.
    public static func take(of path: String, prefix: Int) throws(StoreError) -> Self {
        guard access(path, F_OK) == 0 else { throw .unavailable("\(path): there is no such store (\(BackupFile.reason(errno)))") }
        let connection = try Connection.moment(of: path)
        do throws(SQLiteFailure) { return try take(on: connection, prefix: prefix) } catch { throw error.storeError(path: path) }
    }

    static func take(on connection: Connection, prefix: Int) throws(SQLiteFailure) -> Self {
        var census = Self()
        // An earlier build's store may lack the table.
        for table in ["definitions", "intake"]
        where try connection.integer("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '\(table)'") != nil {
            census.reminders += Int(try connection.integer("SELECT count(*) FROM \(table)") ?? 0)
            let sealed = try connection.prepare(
                "SELECT substr(authorization, 1, \(prefix)), count(*) FROM \(table) WHERE length(authorization) >= \(prefix) GROUP BY 1")
            while try sealed.step() { census.credentials[sealed.blob(0) ?? [], default: 0] += Int(sealed.integer(1)) }
        }
        return census
    }
}

extension Connection {
    /// A connection to a store on which what is read stays as it is now, however much is committed.
    static func moment(of path: String) throws(StoreError) -> Connection {
        let connection: Connection
        do throws(SQLiteFailure) {
            connection = try Connection(path: path, busyTimeoutMilliseconds: SQLiteLimits().busyTimeoutMilliseconds)
            try connection.execute("BEGIN")
        } catch {
            throw error.storeError(path: path)
        }
        guard try Migrations.isStore(connection, path: path) else { throw .unusable("\(path): an empty database, and no store") }
        return connection
    }
}
