import Storage

/// A connection that has a database to itself, for as long as it takes to copy it, or into it.
struct CopyConnection {
    let connection: Connection
    let label: String

    /// How long the server may work on one statement: it may be one about a whole table.
    private static let answerWait = Duration.seconds(3_600)

    init(_ address: PostgresAddress) throws(StoreError) {
        label = address.description
        var limits = PostgresLimits()
        limits.answerWait = Self.answerWait
        let refusal: StoreError?
        do throws(PostgresFailure) {
            connection = try Connection(address, limits)
            refusal = try Schema.checkServer(connection, label)
        } catch {
            throw error.storeError(address.description)
        }
        if let refusal { throw refusal }
    }

    /// Takes the database.
    func own() throws(StoreError) {
        let deadline = ContinuousClock.now + PostgresLimits().ownWait
        while try !perform({ connection throws(PostgresFailure) in try Schema.own(connection) }) {
            guard ContinuousClock.now < deadline else { throw .inUse("\(label): a scheduler uses it. Stop it, and copy then") }
            Opening.pause()
        }
    }

    func perform<Value>(_ body: (Connection) throws(PostgresFailure) -> Value) throws(StoreError) -> Value {
        do throws(PostgresFailure) { return try body(connection) } catch { throw error.storeError(label) }
    }
}

/// A database that is copied to another store. As long as it lives, no scheduler can use the database.
public final class PostgresCopySource: CopySource {
    private let own: CopyConnection

    public var label: String { own.label }

    /// Takes the database.
    /// - Throws: where it is none, where a scheduler uses it, and where its schema is not this build's.
    public init(_ address: PostgresAddress) throws(StoreError) {
        own = try CopyConnection(address)
        guard let version = try own.perform({ connection throws(PostgresFailure) in try Schema.version(connection) }) else {
            throw .unusable("\(own.label): there is no store in it")
        }
        if let refusal = Schema.refusal(of: version, own.label) { throw refusal }
        guard version == Schema.steps.count else {
            throw .unusable("\(own.label): its schema is that of an earlier build. Start the scheduler of this one with it, stop it, and copy then")
        }
        try own.own()
    }

    public func counts() throws(StoreError) -> [CopiedTable: Int] {
        try own.perform { connection throws(PostgresFailure) in try CopiedRowsSQL.counts(connection) }
    }

    public func epoch() throws(StoreError) -> Int64 {
        try own.perform { connection throws(PostgresFailure) in try connection.run("SELECT max(epoch) FROM shards").int(0, 0) }
    }

    public func read(_ table: CopiedTable, _ use: (CopiedRows) throws(StoreError) -> Void) throws(StoreError) {
        let columns = table.columns, cursor = "copied_\(table.rawValue)"
        _ = try own.perform { connection throws(PostgresFailure) in
            _ = try connection.run("BEGIN")
            return try connection.run("DECLARE \(cursor) NO SCROLL CURSOR FOR \(CopiedRowsSQL.select(table))")
        }
        while true {
            let page = try own.perform { connection throws(PostgresFailure) in try connection.run("FETCH \(StoreCopy.pageRows) FROM \(cursor)") }
            if page.isEmpty { break }
            try use(page.indices.map { page.copied($0, columns) })
        }
        _ = try own.perform { connection throws(PostgresFailure) in try connection.run("COMMIT") }
    }

    public func credentials(prefix: Int) throws(StoreError) -> [[UInt8]: Int] {
        let rows = try own.perform { connection throws(PostgresFailure) in
            try connection.run(
                "SELECT substr(sealed, 1, $1::bigint::int), count(*) FROM definitions WHERE length(sealed) >= $1::bigint GROUP BY 1", [.int(Int64(prefix))])
        }
        return Dictionary(rows.indices.map { (rows.bytes($0, 0) ?? [], Int(rows.int($0, 1))) }, uniquingKeysWith: +)
    }
}

/// A database that another store is copied into. As long as it lives, and until it is finished, no scheduler can use the database: the
/// version of its schema is below zero.
public final class PostgresCopyTarget: CopyTarget {
    private let own: CopyConnection
    /// Of the last series.
    private var number: Int64 = 0

    public var label: String { own.label }

    /// Takes the database, and makes its tables.
    /// - Throws: where a scheduler uses it, and where it holds anything but a copy that was not finished.
    public init(_ address: PostgresAddress) throws(StoreError) {
        own = try CopyConnection(address)
        try own.own()
        let label = own.label
        let refusal = try own.perform { connection throws(PostgresFailure) -> StoreError? in
            let isUnfinished = try Schema.version(connection).map { $0 < 0 } ?? false
            // At no moment does half a copy pass for a store.
            if isUnfinished { _ = try connection.run(Self.turnAndEmpty) }
            if let refusal = try Schema.migrate(connection, label) { return refusal }
            if !isUnfinished, let (table, rows) = try CopiedRowsSQL.counts(connection).first(where: { $0.value > 0 }) {
                return .unusable("\(label): holds a store already (\(rows) rows of \(table.rawValue)). Name another database: createdb")
            }
            _ = try connection.run(Self.turnAndEmpty)
            // Each commit is safe with the last one, which is put on stable storage.
            _ = try connection.run("SET synchronous_commit = off")
            return nil
        }
        if let refusal { throw refusal }
    }

    /// A store becomes a copy that is not finished, or the other way round, and is empty.
    private static let turnAndEmpty = [
        Query("BEGIN"), Query("UPDATE schema_version SET version = -version"), Query(CopiedRowsSQL.empty), Query("COMMIT"),
    ]

    public func write(_ table: CopiedTable, _ rows: CopiedRows) throws(StoreError) {
        let queries = CopiedRowsSQL.inserts(table, rows) {
            number += 1
            return number
        }
        _ = try own.perform { connection throws(PostgresFailure) in try connection.run([Query("BEGIN")] + queries + [Query("COMMIT")]) }
    }

    public func counts() throws(StoreError) -> [CopiedTable: Int] {
        try own.perform { connection throws(PostgresFailure) in try CopiedRowsSQL.counts(connection) }
    }

    public func finish(epoch: Int64) throws(StoreError) {
        _ = try own.perform { connection throws(PostgresFailure) in
            _ = try connection.run("RESET synchronous_commit")
            return try connection.run([
                Query("BEGIN"), Query(CopiedRowsSQL.tallies), Query("UPDATE shards SET epoch = $1::bigint", [.int(epoch)]),
                Query("UPDATE schema_version SET version = -version"), Query("COMMIT"),
            ])
        }
    }
}
