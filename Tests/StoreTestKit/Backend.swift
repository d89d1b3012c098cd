import CSQLite
import Foundation
import PostgresStore
import SQLiteStore
import Storage
import Synchronization
import TaskDomain

/// A kind of store. Every suite of `StorageTests` runs on each of ``all``, as do those that compare a store with a model: a further
/// backend is held to the protocol by its line here.
package struct Backend: Sendable, CustomStringConvertible {
    package let description: String
    /// Each call to it costs a trip to a server.
    package let isRemote: Bool
    /// Writes of one submission to several shards are in one transaction, and in its order.
    package var isWhole = true
    /// Opens the store that belongs to this folder; again after a close, with what it held.
    package let open: @Sendable (Folder) throws -> any Store
    /// The same store, closed, to be copied from and into.
    package let source: @Sendable (Folder) throws -> any CopySource
    package let target: @Sendable (Folder) throws -> any CopyTarget
    /// Carries out SQL on the same store, behind its back.
    package let tamper: @Sendable (_ sql: String, Folder) throws -> Void

    /// Those that write everything together, for what takes long and is the same however it is written.
    package static let whole = all.filter(\.isWhole)

    private static func path(_ folder: Folder) -> String { folder.path + "/data/test.db" }

    /// - Parameter address: of what belongs to the folder.
    private static func postgres(
        _ description: String, _ distribution: PostgresDistribution, _ address: @escaping @Sendable (Folder) throws -> PostgresAddress,
        tamper: @escaping @Sendable (_ sql: String, Folder) throws -> Void
    ) -> Backend {
        Backend(
            description: description, isRemote: true, isWhole: distribution == .none,
            open: { folder in
                var limits = PostgresLimits()
                if distribution != .none { limits.onStatement = { sql in if let fault = OneShard.fault(sql) { folder.faults.add(fault) } } }
                return try PostgresStore.taken(try address(folder), distribution: distribution, limits: limits) { folder.faults.add($0) }
            },
            source: { try PostgresCopySource(try address($0)) }, target: { try PostgresCopyTarget(try address($0)) }, tamper: tamper)
    }

    private static func postgres(_ description: String, _ distribution: PostgresDistribution) -> Backend {
        postgres(description, distribution) { folder in
            try PostgresServer.shared.get().schema(of: folder)
        } tamper: { sql, folder in
            try PostgresServer.shared.get().run(sql, inSchemaOf: folder)
        }
    }

    private static func execute(_ sql: String, in path: String) throws {
        var opened: OpaquePointer?
        defer { sqlite3_close_v2(opened) }
        guard sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK, sqlite3_exec(opened, sql, nil, nil, nil) == SQLITE_OK else {
            throw Unexpected(description: "\(sql): \(String(cString: sqlite3_errmsg(opened)))")
        }
    }

    package static let all: [Backend] = [
        Backend(
            description: "SQLite", isRemote: false,
            open: { folder in try SQLiteStore(path: path(folder)) { folder.faults.add($0) } },
            source: { try SQLiteCopySource(path: path($0)) }, target: { try SQLiteCopyTarget(path: path($0)) },
            tamper: { try execute($0, in: path($1)) }),
        postgres("PostgreSQL", .none), postgres("PostgreSQL, each shard by itself", .byShard),
    ] + (CitusServer.given.map { server in [postgres("Citus", .citus, server.schema, tamper: server.run)] } ?? [])
}

/// Lines from any thread, in order: what a store complained about, which completions came.
package final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    package init() {}
    package func add(_ line: String) { lines.withLock { $0.append(line) } }
    package var all: [String] { lines.withLock { $0 } }
    package func clear() { lines.withLock { $0 = [] } }
}

/// A directory of one test's own, removed at its end.
package final class Folder: Sendable {
    package let path = NSTemporaryDirectory() + "storage-" + UUID().uuidString
    package let faults = Lines()

    package init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}
