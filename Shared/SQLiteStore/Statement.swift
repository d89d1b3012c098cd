import CSQLite
import TaskDomain

/// Tells SQLite to copy a bound value at once.
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// A prepared statement. Parameters and columns are numbered as SQLite does: from 1 and from 0.
final class Statement {
    private let handle: OpaquePointer
    private let connection: Connection
    /// The first refusal of a bound value; thrown by the next `step`.
    private var bindCode = SQLITE_OK

    init(_ sql: String, on connection: Connection) throws(SQLiteFailure) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(
            connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else {
            throw SQLiteFailure(code: code == SQLITE_OK ? SQLITE_MISUSE : code, connection: connection.handle)
        }
        handle = prepared
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    // MARK: Running

    /// Goes to the next row; `false` at the end, after which the statement is ready to be bound again. Whoever stops
    /// before the end must `reset`.
    func step() throws(SQLiteFailure) -> Bool {
        guard bindCode == SQLITE_OK else {
            let failure = SQLiteFailure(code: bindCode, connection: nil)
            reset()
            throw failure
        }
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE {
            sqlite3_reset(handle)
            return false
        }
        let failure = SQLiteFailure(code: code, connection: connection.handle)
        reset()
        throw failure
    }

    /// Runs to the end.
    /// - Returns: how many rows it changed.
    @discardableResult
    func run() throws(SQLiteFailure) -> Int {
        while try step() {}
        return connection.changes
    }

    /// The first column of the first row as an integer; `nil` without a row or for NULL.
    func value() throws(SQLiteFailure) -> Int64? {
        defer { reset() }
        return try step() ? optionalInteger(0) : nil
    }

    func reset() {
        sqlite3_reset(handle)
        bindCode = SQLITE_OK
    }

    // MARK: Parameters

    private func note(_ code: Int32) {
        if code != SQLITE_OK, bindCode == SQLITE_OK { bindCode = code }
    }

    func bind(_ parameter: Int32, _ value: some BinaryInteger) {
        note(sqlite3_bind_int64(handle, parameter, Int64(clamping: value)))
    }

    func bind(_ parameter: Int32, _ value: Int64?) {
        if let value { bind(parameter, value) } else { note(sqlite3_bind_null(handle, parameter)) }
    }

    /// Times are numbers from here on, in the unit that the column's name says.
    func bind(_ parameter: Int32, _ time: (some Instant)?) { bind(parameter, time?.count) }

    func bind(_ parameter: Int32, _ value: String?) {
        guard var value else { return note(sqlite3_bind_null(handle, parameter)) }
        value.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) { text in
                // A string without storage has no address, which SQLite would take for NULL.
                text.isEmpty
                    ? note(sqlite3_bind_text(handle, parameter, "", 0, transient))
                    : note(
                        sqlite3_bind_text64(
                            handle, parameter, text.baseAddress, UInt64(text.count), transient, UInt8(SQLITE_UTF8)))
            }
        }
    }

    /// Binds text as its bytes, whatever they are.
    func bind(_ parameter: Int32, text: [UInt8]) {
        text.withUnsafeBytes { raw in
            let text = raw.assumingMemoryBound(to: CChar.self)
            text.isEmpty
                ? note(sqlite3_bind_text(handle, parameter, "", 0, transient))
                : note(sqlite3_bind_text64(handle, parameter, text.baseAddress, UInt64(text.count), transient, UInt8(SQLITE_UTF8)))
        }
    }

    func bindNull(_ parameter: Int32) { note(sqlite3_bind_null(handle, parameter)) }

    func bind(_ parameter: Int32, _ value: [UInt8]) {
        value.withUnsafeBytes { bind(parameter, $0) }
    }

    private func bind(_ parameter: Int32, _ bytes: UnsafeRawBufferPointer) {
        bytes.isEmpty
            ? note(sqlite3_bind_zeroblob(handle, parameter, 0))
            : note(sqlite3_bind_blob64(handle, parameter, bytes.baseAddress, UInt64(bytes.count), transient))
    }

    func bind(_ parameter: Int32, _ id: ReminderID) {
        withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { bind(parameter, $0) }
    }

    /// Binds a shard and an id: the beginning of most keys.
    func bindKey(_ id: ReminderID) {
        bind(1, id.shard.number)
        bind(2, id)
    }

    // MARK: Columns

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func time<Time: Instant>(_ column: Int32) -> Time { Time(integer(column)) }

    func optionalTime<Time: Instant>(_ column: Int32) -> Time? { optionalInteger(column).map { Time($0) } }

    func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : integer(column)
    }

    func isInteger(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_INTEGER }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// The column's text; `nil` where it is no text or not UTF-8.
    func text(_ column: Int32) -> String? {
        guard sqlite3_column_type(handle, column) == SQLITE_TEXT, let bytes = sqlite3_column_text(handle, column) else {
            return nil
        }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(validating: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// The column's bytes; `nil` where it is no blob.
    func blob(_ column: Int32) -> [UInt8]? {
        guard sqlite3_column_type(handle, column) == SQLITE_BLOB else { return nil }
        let count = Int(sqlite3_column_bytes(handle, column))
        return [UInt8](UnsafeRawBufferPointer(start: sqlite3_column_blob(handle, column), count: count))
    }

    /// The column's bytes, be they a blob's or a text's.
    func bytes(_ column: Int32) -> [UInt8] {
        let start = sqlite3_column_blob(handle, column)
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    /// The column's sixteen bytes as an id; `nil` for anything else.
    func id(_ column: Int32) -> ReminderID? {
        guard sqlite3_column_type(handle, column) == SQLITE_BLOB, sqlite3_column_bytes(handle, column) == 16,
            let bytes = sqlite3_column_blob(handle, column)
        else { return nil }
        return ReminderID(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}

extension Statement {
    /// Reads the columns `attempts`, `losses` and `tried_since_ms`, of which the first has this number.
    func tries(from column: Int32) -> Tries {
        Tries(
            attempts: Int(clamping: integer(column)), losses: Int(clamping: integer(column + 1)),
            since: optionalTime(column + 2))
    }
}
