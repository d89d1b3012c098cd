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

    @Test("name the schedulers, one or several, each once")
    func schedulers() throws {
        #expect(try read([:]).schedulers.map(\.description) == ["127.0.0.1:7101"])
        #expect(try read(["SCHEDULER_ENDPOINTS": "a:7101,b:7101"]).schedulers.map(\.description) == ["a:7101", "b:7101"])
        let error = #expect(throws: ConfigurationError.self) { try read(["SCHEDULER_ENDPOINTS": "a:7101,b:7101,a:7101"]) }
        #expect(error?.description == "SCHEDULER_ENDPOINTS names a:7101 twice; name each scheduler once")
    }
}
