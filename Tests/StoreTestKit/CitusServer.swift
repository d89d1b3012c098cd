import CPostgres
import Foundation
import PostgresStore
import Synchronization

/// A database with Citus that somebody names: none comes with a system, so the tests run on it only where `STORE_TEST_CITUS` holds its
/// connection string.
package final class CitusServer: Sendable {
    package static let given = ProcessInfo.processInfo.environment["STORE_TEST_CITUS"].map(CitusServer.init)

    private let connection: String
    private let names = Mutex<[String: String]>([:])

    private init(_ connection: String) { self.connection = connection }

    /// A schema that belongs to this folder, and is made for it.
    package func schema(of folder: Folder) throws -> PostgresAddress {
        let name = try name(of: folder)
        if connection.contains("://") {
            return try PostgresAddress(connection + (connection.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(name)")
        }
        return try PostgresAddress("\(connection) options='-c search_path=\(name)'")
    }

    /// Carries out statements there.
    package func run(_ sql: String, inSchemaOf folder: Folder) throws { try execute("SET search_path = \(try name(of: folder)); \(sql)") }

    private func name(of folder: Folder) throws -> String {
        try names.withLock { known in
            if let name = known[folder.path] { return name }
            let name = "test_\(UInt64.random(in: 0...UInt64.max))"
            try execute("CREATE SCHEMA \(name)")
            known[folder.path] = name
            return name
        }
    }

    private func execute(_ sql: String) throws {
        let handle = PQconnectdb(connection)
        defer { PQfinish(handle) }
        let result = PQexec(handle, sql)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw Unexpected(description: "\(sql): \(String(cString: PQerrorMessage(handle)))") }
    }
}
