import Testing

@testable import TaskOperations
@testable import TaskWorker

@Suite("The worker's settings")
struct SettingsTests {
    private func read(_ environment: [String: String]) throws -> TaskWorkerSettings {
        guard
            case .run(let settings, _) = try CommandLineStart<TaskWorkerSettings>.read(
                service: "worker", version: "1", arguments: [], environment: environment)
        else { throw StartError("it printed instead") }
        return settings
    }

    @Test("name one scheduler; several are refused in a line that says what to do")
    func schedulers() throws {
        #expect(try read([:]).schedulers.map(\.description) == ["127.0.0.1:7101"])
        #expect(try read(["SCHEDULER_ENDPOINTS": "scheduler:7101"]).schedulers.count == 1)
        let error = #expect(throws: ConfigurationError.self) { try read(["SCHEDULER_ENDPOINTS": "a:7101,b:7101"]) }
        let line = error?.description ?? ""
        #expect(line.contains("SCHEDULER_ENDPOINTS names 2 schedulers, a:7101, b:7101") && line.contains("run a worker for each"))
    }
}
