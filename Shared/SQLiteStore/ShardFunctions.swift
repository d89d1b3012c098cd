import CSQLite
import TaskDomain

/// Shards in SQL, for the migration that gave rows those of now: `shard_of_id` and `shard_of_key` (an idempotency key). Each is given what
/// the row has, too, which stands where the row is damaged.
enum ShardFunctions {
    static func register(on connection: Connection) throws(SQLiteFailure) {
        try register("shard_of_id", on: connection) { context, _, values in
            ShardFunctions.answer(context, values) { ReminderID(bytes: $0)?.shard }
        }
        try register("shard_of_key", on: connection) { context, _, values in
            ShardFunctions.answer(context, values) { $0.first.map { Shard(of: $0) } }
        }
    }

    private typealias Body = @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void

    private static func register(_ name: String, on connection: Connection, _ body: Body) throws(SQLiteFailure) {
        let code = sqlite3_create_function_v2(
            connection.handle, name, 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nil, body, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteFailure(code: code, connection: connection.handle) }
    }

    private static func answer(
        _ context: OpaquePointer?, _ values: UnsafeMutablePointer<OpaquePointer?>?, _ shard: (UnsafeRawBufferPointer) -> Shard?
    ) {
        guard let values else { return }
        let bytes = UnsafeRawBufferPointer(start: sqlite3_value_blob(values[0]), count: Int(sqlite3_value_bytes(values[0])))
        if let shard = shard(bytes) { sqlite3_result_int64(context, Int64(shard.number)) } else { sqlite3_result_value(context, values[1]) }
    }
}
