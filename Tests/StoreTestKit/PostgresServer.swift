import CPostgres
import Foundation
import PostgresStore
import Storage
import Synchronization

/// A PostgreSQL server of this process' own: in a temporary folder, in memory where there is room, on a Unix socket. It ends with the
/// process.
package final class PostgresServer: Sendable {
    /// The one that all tests of a process use, each with a schema or a database of its own.
    package static let shared = Result { try PostgresServer() }

    /// Where the server of Debian's package is.
    private static let programs = "/usr/lib/postgresql/15/bin"
    /// Nothing is kept for long, and many small databases are made.
    private static let settings = [
        "listen_addresses=", "max_connections=500", "shared_buffers=64MB", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=128MB",
    ]
    /// Room that a server may need.
    private static let room: UInt64 = 2 << 30
    package static let database = "tests"

    package let folder: String
    private let server = Mutex<Process?>(nil)
    /// What a test's folder has as its schema or database.
    private let names = Mutex<[String: String]>([:])

    private let ownSettings: [String]

    /// What a server needs that replicas follow, and they, too.
    private static let replicated = [
        "wal_level=replica", "max_wal_senders=8", "wal_receiver_status_interval=100ms", "wal_retrieve_retry_interval=100ms",
    ]

    /// - Parameters:
    ///   - settings: further ones of the server, each as `name=value`.
    ///   - isReplicated: replicas may follow it.
    ///   - primary: what it is a replica of, as `replica`; `nil`: a server of its own.
    package init(_ settings: [String] = [], isReplicated: Bool = false, following primary: PostgresServer? = nil) throws {
        ownSettings = (isReplicated || primary != nil ? Self.replicated : []) + settings
        // A socket's path must be short.
        let name = "pg-\(ProcessInfo.processInfo.processIdentifier)-\(UInt16.random(in: 0...UInt16.max))"
        folder = (Self.hasRoom("/dev/shm") ? "/dev/shm/" : "/tmp/") + name
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // It refuses to run as root.
        if geteuid() == 0 { try Self.run(Self.process(at: "/bin/chown", ["nobody", folder])) }
        Self.watch(folder)
        if let primary {
            let source = "host=\(primary.folder) user=test application_name=replica"
            try Self.run(
                Self.process(
                    for: "pg_basebackup",
                    ["--dbname=\(source)", "--pgdata=\(folder)/data", "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]))
            try start()
            return
        }
        try Self.run(
            Self.process(
                for: "initdb",
                ["--pgdata=\(folder)/data", "--username=test", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions", "--no-sync"]))
        try admit()
        try start()
        try execute("CREATE DATABASE \(Self.database)", in: "postgres")
    }

    deinit { kill() }

    /// Who needs a password, and who is not let in.
    package static let withPassword = "ada", refused = "mallory"

    private func admit() throws {
        let path = "\(folder)/data/pg_hba.conf"
        let rules = try String(contentsOfFile: path, encoding: .utf8)
        // In its place, so that it keeps its owner.
        try "local all \(Self.withPassword) scram-sha-256\nlocal all \(Self.refused) reject\n\(rules)".write(toFile: path, atomically: false, encoding: .utf8)
    }

    /// Starts the server, and waits until it answers.
    package func start() throws {
        // Not by pg_ctl, whose server would hold what tells that a process has ended.
        let settings = (Self.settings + ownSettings + ["unix_socket_directories=\(folder)"]).flatMap { ["-c", $0] }
        let process = Self.process(for: "postgres", ["-D", "\(folder)/data"] + settings)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        server.withLock { $0 = process }
        let deadline = ContinuousClock.now + .seconds(60)
        while (try? execute("SELECT 1", in: "postgres")) == nil {
            guard ContinuousClock.now < deadline, process.isRunning else { throw Unexpected(description: "no PostgreSQL server in \(folder)") }
            usleep(20_000)
        }
    }

    /// Ends the server as a crash does: nothing is written any more, and all connections are lost.
    package func kill() {
        signal(SIGQUIT)
        server.withLock { $0 }?.waitUntilExit()
    }

    /// Makes a server of its own of a replica, which is a primary then.
    package func promote() throws { try execute("SELECT pg_promote()", in: "postgres") }

    /// Stops the server and all of its processes, as if its machine stood still; and has them go on.
    package func stop() { signalAll(SIGSTOP) }
    package func goOn() { signalAll(SIGCONT) }

    private func signal(_ signal: Int32) {
        guard let process = server.withLock({ $0 }), process.isRunning else { return }
        Glibc.kill(process.processIdentifier, signal)
    }

    private func signalAll(_ signal: Int32) {
        guard let process = server.withLock({ $0 }), process.isRunning else { return }
        let pid = process.processIdentifier
        let children = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        for pid in [pid] + children.split(separator: " ").compactMap({ Int32($0) }) { Glibc.kill(pid, signal) }
    }

    private static func hasRoom(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
        return (attributes?[.systemFreeSize] as? NSNumber).map { $0.uint64Value > room } ?? false
    }

    // MARK: Databases

    /// A schema that belongs to this folder, and is made for it.
    package func schema(of folder: Folder) throws -> PostgresAddress {
        try address(of: Self.database, "options='-c search_path=\(try schemaName(of: folder))'")
    }

    /// The name of the database that belongs to this folder, and is made for it.
    package func database(of folder: Folder) throws -> String {
        try name(of: folder) { name in try execute("CREATE DATABASE \(name)", in: "postgres") }
    }

    /// The server, with a folder and a database of the test's own.
    package static func fresh() throws -> (server: PostgresServer, folder: Folder, database: String) {
        let server = try shared.get(), folder = try Folder()
        return (server, folder, try server.database(of: folder))
    }

    /// Carries out statements in the schema that belongs to this folder.
    package func run(_ sql: String, inSchemaOf folder: Folder) throws {
        try execute("SET search_path = \(try schemaName(of: folder)); \(sql)", in: Self.database)
    }

    private func schemaName(of folder: Folder) throws -> String {
        try name(of: folder) { name in try execute("CREATE SCHEMA \(name)", in: Self.database) }
    }

    private func name(of folder: Folder, _ make: (String) throws -> Void) throws -> String {
        try names.withLock { known in
            if let name = known[folder.path] { return name }
            let name = "t\(known.count)"
            try make(name)
            known[folder.path] = name
            return name
        }
    }

    /// A connection string for a database.
    package func connectionString(of database: String) -> String { "postgres://test@/\(database)?host=\(folder)" }

    /// - Parameter settings: further ones of the connection.
    package func address(of database: String, user: String = "test", _ settings: String = "") throws -> PostgresAddress {
        try PostgresAddress(connection(database, user, settings))
    }

    private func connection(_ database: String, _ user: String, _ settings: String) -> String {
        "host=\(folder) user=\(user) dbname=\(database) \(settings)"
    }

    /// Carries out statements in a database.
    /// - Returns: the values of what the last one returned, one a line.
    @discardableResult
    package func run(_ sql: String, in database: String) throws -> String { try execute(sql, in: database) }

    @discardableResult
    private func execute(_ sql: String, in database: String) throws -> String {
        let handle = PQconnectdb(connection(database, "test", ""))
        defer { PQfinish(handle) }
        guard PQstatus(handle) == CONNECTION_OK else { throw Unexpected(description: "no connection: \(String(cString: PQerrorMessage(handle)))") }
        let result = PQexec(handle, sql)
        defer { PQclear(result) }
        guard [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(result)) else {
            throw Unexpected(description: "\(sql): \(String(cString: PQerrorMessage(handle)))")
        }
        return (0..<PQntuples(result)).flatMap { row in
            (0..<PQnfields(result)).map { String(cString: PQgetvalue(result, row, $0)) }
        }.joined(separator: "\n")
    }

    // MARK: Processes

    private static func process(for program: String, _ arguments: [String]) -> Process {
        let path = "\(programs)/\(program)"
        guard geteuid() == 0 else { return process(at: path, arguments) }
        return process(at: "/usr/bin/setpriv", ["--reuid=nobody", "--regid=nogroup", "--clear-groups", path] + arguments)
    }

    private static func process(at path: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
        return process
    }

    private static func run(_ process: Process) throws {
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Unexpected(description: "\(process.arguments ?? []) ended with \(process.terminationStatus)")
        }
    }

    /// Has the server stopped and its folder removed once this process is gone, however it ends.
    private static func watch(_ folder: String) {
        let script = """
            while kill -0 \(ProcessInfo.processInfo.processIdentifier) 2>/dev/null; do sleep 1; done
            kill -QUIT "$(head -1 \(folder)/data/postmaster.pid)" 2>/dev/null; sleep 1; rm -rf \(folder)
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try? process.run()
    }
}
