import CSQLite
import StoreTestKit

@testable import SQLiteStore

/// How SQLite carries out the statements that a part of the store prepares, on the empty database of a new store.
struct QueryPlans {
    struct Plan {
        let sql: String
        var steps: [String] = []
    }

    private(set) var all: [Plan] = []

    /// - Parameter prepare: makes the part, whose statements must live until this returns.
    init<Part>(in folder: Folder, of prepare: (Connection, _ path: String) throws -> Part) async throws {
        let path = folder.path + "/plan.db"
        await (try SQLiteStore(path: path) { _ in }).close()
        let connection = try Connection(path: path, busyTimeoutMilliseconds: 1_000)
        let part = try prepare(connection, path)
        var statement = sqlite3_next_stmt(connection.handle, nil)
        while let current = statement {
            all.append(Plan(sql: String(cString: sqlite3_sql(current))))
            statement = sqlite3_next_stmt(connection.handle, current)
        }
        for index in all.indices {
            let explained = try connection.prepare("EXPLAIN QUERY PLAN " + all[index].sql)
            while try explained.step() { all[index].steps.append(explained.text(3) ?? "") }
        }
        withExtendedLifetime(part) {}
    }
}
