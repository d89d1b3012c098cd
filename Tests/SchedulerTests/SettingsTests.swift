import Testing

@testable import TaskOperations
@testable import scheduler

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
                    == "SCHEDULER_STORE was \"\(text)\" (from the environment); it must be sqlite: and the path of a file, such as "
                    + "sqlite:var/task-scheduler.db")
        }
    }

    @Test("PostgreSQL is refused as what this build does not have, and the line shows nothing of the address", arguments: [
        "postgres://ada:secret@db/tasks", "postgresql://db/tasks?password=secret", "POSTGRES://db/tasks?user=ada&password=secret",
    ])
    func postgres(text: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try read(["SCHEDULER_STORE": text]) }
        #expect(
            error?.description
                == "SCHEDULER_STORE was a PostgreSQL database (from the environment), which this build cannot use; it must be sqlite: and "
                + "the path of a file, such as sqlite:var/task-scheduler.db")
    }
}
