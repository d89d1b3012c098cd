import Foundation
import Testing

@testable import TaskOperations

@Suite("Asking a service for its health")
struct HealthCheckTests {
    private func check(_ readiness: Readiness) async throws -> HealthCheck.Result {
        let pipe = LogPipe(), listen = try #require(Endpoint("0.0.0.0:0"))
        let server = OpsServer(listen: Setting("OPS_LISTEN", listen), readiness: readiness, metrics: MetricsRegistry(), logger: pipe.logger())
        let running = Task { try await server.run() }
        let address = try #require(try await pipe.awaitLine("ops listening")["address"].flatMap { Endpoint($0) })
        let result = try await offPool { HealthCheck.run(address) }
        running.cancel()
        _ = await running.result
        return result
    }

    @Test("one that is ready is healthy, also where it listens on all addresses")
    func ready() async throws {
        let readiness = Readiness()
        readiness.set("store", .ok)
        #expect(try await check(readiness) == HealthCheck.Result(code: 0, line: "ready"))
    }

    @Test("one that is not ready says why")
    func notReady() async throws {
        let readiness = Readiness(expecting: "store")
        readiness.set("scheduler", .failing("none is connected"))
        let line = "not ready: scheduler: none is connected; store: not reported yet"
        #expect(try await check(readiness) == HealthCheck.Result(code: 1, line: line))
    }

    @Test("one that is not there is not healthy")
    func absent() throws {
        let nobody = try #require(Endpoint("127.0.0.1:1"))
        #expect(HealthCheck.run(nobody) == HealthCheck.Result(code: 1, line: "127.0.0.1:1: cannot connect: Connection refused"))
    }

    @Test("an answer that is no HTTP, or none at all, is not healthy", arguments: ["", "SSH-2.0-x\r\n", "HTTP/1.1\r\n\r\n"])
    func nonsense(answer: String) {
        #expect(HealthCheck.judge(Array(answer.utf8)) == HealthCheck.Result(code: 1, line: "no answer to GET /readyz within 2 s"))
    }

    @Test("the flag finds the listener, whatever else is missing")
    func flag() throws {
        for (arguments, port) in [(["--check-health"], 7_001), (["--check-health", "--sample-ops-listen", "127.0.0.1:9"], 9)] {
            guard case .checkHealth(let ops) = try Sample.start(arguments, [:]) else { throw StartError("it ran") }
            #expect(ops.port == port)
        }
        #expect(Sample.fault(["--check-health", "--sample-ops-lisen=x"]).hasPrefix("--sample-ops-lisen is not a flag of sample"))
    }
}
