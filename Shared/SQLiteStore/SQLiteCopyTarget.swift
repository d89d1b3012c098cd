import CSQLite
import Storage

/// A database file that another store is copied into. As long as it lives, and until it is finished, no scheduler can use the file: the
/// version of its schema is below zero.
public final class SQLiteCopyTarget: CopyTarget {
    public let label: String
    private let file: DatabaseFile
    private let session: WriterSession
    private var inserts: [CopiedTable: [Statement]] = [:]
    /// Of the last definition.
    private var number: Int64 = 0

    /// Takes the file, and makes it where there is none.
    /// - Throws: where a scheduler uses it, and where it holds anything but a copy that was not finished.
    public init(path: String) throws(StoreError) {
        file = try DatabaseFile(path: path)
        label = file.path
        if try Self.isUnfinished(file.path) { try file.makeAnew() }
        session = try WriterSession(path: file.path, limits: SQLiteLimits(), unfiled: UnfiledCount()) { _ in }
        try perform { session throws(SQLiteFailure) in try session.file() }
        if let (table, rows) = try counts().first(where: { $0.value > 0 }) {
            throw .unusable("\(label): holds a store already (\(rows) rows of \(table.rawValue)). Name another file, or move it away")
        }
        // Each commit is safe with the last one, which is put on stable storage.
        try perform { session throws(SQLiteFailure) in
            try session.connection.execute("UPDATE schema_version SET version = -\(Migrations.steps.count); PRAGMA synchronous = NORMAL")
        }
    }

    private static func isUnfinished(_ path: String) throws(StoreError) -> Bool {
        let connection: Connection
        do throws(SQLiteFailure) {
            connection = try Connection(path: path, busyTimeoutMilliseconds: SQLiteLimits().busyTimeoutMilliseconds)
        } catch {
            throw error.storeError(path: path)
        }
        return try Migrations.version(of: connection, path: path).map { $0 < 0 } ?? false
    }

    public func write(_ table: CopiedTable, _ rows: CopiedRows) throws(StoreError) {
        let columns = table.columns
        try perform { session throws(SQLiteFailure) in
            let statements = try statements(for: table)
            try session.transaction { _ throws(SQLiteFailure) in
                for row in rows {
                    if table == .reminders { try insert(row, statements) } else {
                        for statement in statements {
                            statement.bind(row, columns, from: 1)
                            try statement.run()
                        }
                    }
                }
            }
            try session.checkpointIfGrown()
        }
    }

    /// A reminder as a definition with the next number, and where it stands.
    private func insert(_ row: [CopiedValue], _ statements: [Statement]) throws(SQLiteFailure) {
        number += 1
        let definition = row.prefix(CopiedTable.definition.count), standing = row.dropFirst(CopiedTable.definition.count)
        statements[0].bind(1, number)
        statements[0].bind(definition, CopiedTable.definition, from: 2)
        try statements[0].run()
        statements[1].bind(1, number)
        statements[1].bind(definition.prefix(2), CopiedTable.definition, from: 2)
        statements[1].bind(standing, CopiedTable.standing, from: Int32(2 + CopiedTable.definition.count))
        try statements[1].run()
    }

    private func statements(for table: CopiedTable) throws(SQLiteFailure) -> [Statement] {
        if let known = inserts[table] { return known }
        var made: [Statement] = []
        for sql in CopiedRowsSQL.inserts(table) { made.append(try session.connection.prepare(sql)) }
        inserts[table] = made
        return made
    }

    public func counts() throws(StoreError) -> [CopiedTable: Int] {
        try perform { session throws(SQLiteFailure) in try CopiedRowsSQL.counts(session.connection) }
    }

    public func finish(epoch: Int64) throws(StoreError) {
        try perform { session throws(SQLiteFailure) in
            try session.keep(epoch: epoch)
            try session.connection.execute("PRAGMA synchronous = FULL; UPDATE schema_version SET version = \(Migrations.steps.count)")
            try session.checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
        }
    }

    private func perform<Value>(_ body: (WriterSession) throws(SQLiteFailure) -> Value) throws(StoreError) -> Value {
        do throws(SQLiteFailure) { return try body(session) } catch { throw error.storeError(path: label) }
    }
}
