import Storage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A database file that is copied to another store. As long as it lives, no scheduler can use the file.
public final class SQLiteCopySource: CopySource {
    public let label: String
    private let file: DatabaseFile
    private let session: WriterSession

    /// Takes the file, and files what was taken in.
    /// - Throws: where there is none, where a scheduler uses it, and where its schema is not this build's.
    public init(path: String) throws(StoreError) {
        guard access(path, F_OK) == 0 else { throw .unavailable("\(path): there is no such store (\(BackupFile.reason(errno)))") }
        file = try DatabaseFile(path: path)
        label = file.path
        // First, as a store of an earlier build would be changed.
        guard let version = try Migrations.version(of: try Connection.moment(of: file.path), path: file.path), version == Migrations.steps.count else {
            throw .unusable("\(file.path): its schema is that of an earlier build. Start the scheduler of this one with it, stop it, and copy then")
        }
        session = try WriterSession(path: file.path, limits: SQLiteLimits(), unfiled: UnfiledCount()) { _ in }
        try perform { session throws(SQLiteFailure) in try session.file() }
    }

    public func counts() throws(StoreError) -> [CopiedTable: Int] {
        try perform { session throws(SQLiteFailure) in try CopiedRowsSQL.counts(session.connection) }
    }

    public func epoch() throws(StoreError) -> Int64 {
        try perform { session throws(SQLiteFailure) in try session.epoch() }
    }

    public func read(_ table: CopiedTable, _ use: (CopiedRows) throws(StoreError) -> Void) throws(StoreError) {
        let columns = table.columns
        let rows = try perform { session throws(SQLiteFailure) in try session.connection.prepare(CopiedRowsSQL.select(table)) }
        var page: CopiedRows = []
        while try perform({ _ throws(SQLiteFailure) in try rows.step() }) {
            page.append(rows.row(columns))
            guard page.count == StoreCopy.pageRows else { continue }
            try use(page)
            page.removeAll(keepingCapacity: true)
        }
        if !page.isEmpty { try use(page) }
    }

    public func credentials(prefix: Int) throws(StoreError) -> [[UInt8]: Int] {
        try perform { session throws(SQLiteFailure) in try CredentialCensus.take(on: session.connection, prefix: prefix).credentials }
    }

    private func perform<Value>(_ body: (WriterSession) throws(SQLiteFailure) -> Value) throws(StoreError) -> Value {
        do throws(SQLiteFailure) { return try body(session) } catch { throw error.storeError(path: label) }
    }
}
