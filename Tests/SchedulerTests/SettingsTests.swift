import PostgresStore
import Testing

@testable import scheduler
@testable import TaskOperations

@Suite("The scheduler's settings")
struct SettingsTests {
    private func read(_ environment: [String: String]) throws -> SchedulerSettings {
        guard
            case .run(let settings, _) = try CommandLineStart<SchedulerSettings>.read(
                service: "scheduler", version: "1", arguments: [], environment: environment)
        else { throw StartError("it printed instead") }
        return settings
    }

    @Test("a store is named by its kind and its place")
    func stores() throws {
        #expect(try read([:]).store.value == .sqlite(path: "var/task-scheduler.db"))
        #expect(try read(["SCHEDULER_STORE": "sqlite:/data/a b.db"]).store.value == .sqlite(path: "/data/a b.db"))
        for text in ["/data/a.db", "sqlite:", "SQLITE:a.db", "mysql://x", "postgresqlite:a.db"] {
            let error = #expect(throws: ConfigurationError.self) { try read(["SCHEDULER_STORE": text]) }
            #expect(
                error?.description
                    == "SCHEDULER_STORE was \"\(text)\" (from the environment); \(Self.expected)")
        }
    }

    private static let expected = "it must be sqlite: and the path of a file, such as sqlite:var/task-scheduler.db, or a connection string of "
        + "PostgreSQL without a password, such as postgres://user@host/database"

    @Test("a PostgreSQL database is named by a connection string of either form, and needs a file of keys", arguments: [
        "postgres://ada@db1:5432,db2:5433/tasks?target_session_attrs=read-write",
        "postgres://ada@db/tasks", "postgresql:///tasks?host=/run/postgresql&sslmode=verify-full", "host=/run/postgresql dbname=tasks user=ada",
    ])
    func postgres(text: String) throws {
        guard case .postgres(let address) = try read(["SCHEDULER_STORE": text, "SEAL_KEY_FILE": "keys"]).store.value else {
            throw StartError("another kind of store")
        }
        #expect(address == (try PostgresAddress(text)))
        let error = #expect(throws: ConfigurationError.self) { try read(["SCHEDULER_STORE": text]) }
        #expect(error?.description.hasPrefix("SEAL_KEY_FILE is not set; with a PostgreSQL database it must be") ?? false)
    }

    @Test("the tables of a PostgreSQL database are distributed where that is said, those of a file are not")
    func distribution() throws {
        let postgres = ["SCHEDULER_STORE": "postgres://ada@db/tasks", "SEAL_KEY_FILE": "keys"]
        func read(_ distribution: String, _ rest: [String: String]) throws -> PostgresDistribution {
            try self.read(rest.merging(["SCHEDULER_STORE_DISTRIBUTION": distribution]) { $1 }).storeDistribution
        }
        #expect(try self.read(postgres).storeDistribution == .none && read("citus", postgres) == .citus && read("by-shard", postgres) == .byShard)
        let unknown = #expect(throws: ConfigurationError.self) { try read("shard", postgres) }
        #expect(
            unknown?.description == "SCHEDULER_STORE_DISTRIBUTION was \"shard\" (from the environment); it must be none, by-shard, citus",
            "\(unknown?.description ?? "")")
        let file = #expect(throws: ConfigurationError.self) { try read("citus", [:]) }
        #expect(file?.description.contains("SCHEDULER_STORE_DISTRIBUTION is citus, but SCHEDULER_STORE names a file") ?? false)
        #expect(try read("none", [:]) == .none)
    }

    @Test("an address with a password, or that is none, is refused, and the line shows nothing of it", arguments: [
        ("postgres://ada:secret@db/tasks", "with a password in it"), ("postgresql://db/tasks?password=secret", "with a password in it"),
        ("host=db password=secret", "with a password in it"), ("POSTGRES://db/tasks?user=ada&password=secret", "that libpq does not understand"),
        ("postgres://db:secret/tasks?pasword=secret", "that libpq does not understand"), ("password=secret word", "that libpq does not understand"),
    ])
    func password(text: String, fault: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try read(["SCHEDULER_STORE": text, "SEAL_KEY_FILE": "keys"]) }
        #expect(
            error?.description
                == "SCHEDULER_STORE was an address of PostgreSQL \(fault) (from the environment), which this build cannot use; \(Self.expected)")
    }
}
