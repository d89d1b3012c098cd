import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import TaskOperations

/// A part that says when it runs, and then does what the test wants.
private struct TestPart: Service {
    let started: AsyncStream<Void>.Continuation
    let body: @Sendable () async throws -> Void

    func run() async throws {
        started.yield()
        try await body()
    }
}

private struct TestFailure: Error, CustomStringConvertible {
    let description = "no room"
}

/// What an operator was told.
private final class Said: Sendable {
    let lines = Mutex<[String]>([])
}

@Suite("The life of a service", .serialized, .timeLimit(.minutes(1)))
struct SupervisorTests {
    private let pipe = LogPipe()
    private let readiness = Readiness()
    private let said = Said()

    private func supervisor(drainLimit: Duration = .seconds(10), exitNow: @escaping @Sendable (Int32) -> Void = { _ in }) -> Supervisor {
        Supervisor(
            logger: pipe.logger(), readiness: readiness, drainLimit: drainLimit, cancelLimit: .milliseconds(50), exitNow: exitNow,
            say: { [said] line in said.lines.withLock { $0.append(line) } })
    }

    /// Runs one part, calls `whileRunning` once it runs, and returns the exit code.
    private func run(
        _ supervisor: Supervisor, _ body: @escaping @Sendable () async throws -> Void, whileRunning: () async -> Void
    ) async -> Int32 {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let running = Task { await supervisor.run([TestPart(started: continuation, body: body)]) }
        for await _ in stream { break }
        await whileRunning()
        return await running.value
    }

    @Test("a signal stops the parts and ends well", arguments: [SIGTERM, SIGINT])
    func graceful(signal: Int32) async throws {
        readiness.set("part", .ok)
        let code = await run(supervisor(), { try await gracefulShutdown() }, whileRunning: { kill(getpid(), signal) })
        #expect(code == ExitCode.success)
        #expect(!readiness.isReady)
        #expect(try await pipe.awaitLine("stopping")["signal"] == (signal == SIGTERM ? "SIGTERM" : "SIGINT"))
    }

    @Test("the last part is stopped first")
    func order() async {
        let stopped = Mutex<[String]>([]), (stream, continuation) = AsyncStream<Void>.makeStream()
        let log: @Sendable (String) -> Void = { name in stopped.withLock { $0.append(name) } }
        let parts: [any Service] = [
            Part("first", stop: { log("first") }),
            Part("second", start: { continuation.yield() }, stop: { log("second") }),
        ]
        let supervisor = supervisor()
        let running = Task { await supervisor.run(parts) }
        for await _ in stream { break }
        kill(getpid(), SIGTERM)
        #expect(await running.value == ExitCode.success)
        #expect(stopped.withLock { $0 } == ["second", "first"])
    }

    @Test("what has not finished at the drain limit is cancelled")
    func drainLimit() async {
        let code = await run(
            supervisor(drainLimit: .milliseconds(50)),
            { try await Task.sleep(for: .seconds(3_600)) }, whileRunning: { kill(getpid(), SIGTERM) })
        #expect(code == ExitCode.notDrained)
    }

    @Test("what ignores that it was cancelled is left behind")
    func watchdog() async {
        let code = Mutex<Int32?>(nil), (release, continuation) = AsyncStream<Void>.makeStream()
        _ = await run(
            supervisor(drainLimit: .milliseconds(50), exitNow: { value in
                code.withLock { $0 = value }
                continuation.finish()
            }),
            { await Task.detached { for await _ in release {} }.value }, whileRunning: { kill(getpid(), SIGTERM) })
        #expect(code.withLock { $0 } == ExitCode.notDrained)
    }

    @Test("a second signal ends at once", arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)])
    func secondSignal(signal: Int32, expected: Int32) async throws {
        let code = Mutex<Int32?>(nil), (release, continuation) = AsyncStream<Void>.makeStream()
        let pipe = pipe
        _ = await run(
            supervisor(exitNow: { value in
                code.withLock { $0 = value }
                continuation.finish()
            }),
            { await Task.detached { for await _ in release {} }.value },
            whileRunning: {
                kill(getpid(), SIGTERM)
                _ = try? await pipe.awaitLine("stopping")
                kill(getpid(), signal)
            })
        #expect(code.withLock { $0 } == expected)
    }

    @Test("a part that fails ends the service, with the reason in the log")
    func failure() async throws {
        let code = await run(supervisor(), { throw TestFailure() }, whileRunning: {})
        #expect(code == ExitCode.failure)
        #expect(try await pipe.awaitLine("the service has failed")["error"] == "no room")
        #expect(said.lines.withLock { $0 }.isEmpty)
    }

    @Test("a part that cannot start ends the service with one plain line and no other")
    func startFailure() async throws {
        let code = await run(supervisor(), { throw StartError("PORT was 1, which is taken") }, whileRunning: {})
        #expect(code == ExitCode.failure)
        #expect(said.lines.withLock { $0 } == ["PORT was 1, which is taken"])
        pipe.logger().error("the end")
        #expect(try pipe.readJSON()["message"] as? String == "the end")
    }

    @Test("a part that ends by itself ends the service")
    func endedPart() async throws {
        let code = await run(supervisor(), {}, whileRunning: {})
        #expect(code == ExitCode.failure)
        #expect(try await pipe.awaitLine("the service has failed")["error"]?.hasSuffix("has ended by itself") == true)
    }

    @Test("when a part fails, the others are stopped in their order, and none is cancelled")
    func orderAfterFailure() async {
        let stopped = Mutex<[String]>([])
        let log: @Sendable (String) -> Void = { name in stopped.withLock { $0.append(Task.isCancelled ? name + " cancelled" : name) } }
        let (running, begun) = AsyncStream<Void>.makeStream()
        let parts: [any Service] = [
            Part("first", start: { begun.yield() }, stop: { log("first") }),
            Part(
                "failing",
                start: {
                    var started = 0
                    for await _ in running {
                        started += 1
                        if started == 2 { break }
                    }
                    throw StartError("no room")
                }, stop: { log("failing") }),
            Part("last", start: { begun.yield() }, stop: { log("last") }),
        ]
        #expect(await supervisor().run(parts) == ExitCode.failure)
        #expect(stopped.withLock { $0 } == ["last", "first"])
        #expect(!readiness.isReady)
    }

    @Test("when a part fails and another never ends, the process ends, and says what failed")
    func watchdogAfterFailure() async {
        let code = Mutex<Int32?>(nil), (release, continuation) = AsyncStream<Void>.makeStream()
        let supervisor = supervisor(drainLimit: .milliseconds(50), exitNow: { value in
            code.withLock { $0 = value }
            continuation.finish()
        })
        let parts: [any Service] = [
            Part("stuck", stop: { await Task.detached { for await _ in release {} }.value }),
            Part("failing", start: { throw StartError("no room") }, stop: {}),
        ]
        _ = await supervisor.run(parts)
        #expect(code.withLock { $0 } == ExitCode.failure)
        #expect(said.lines.withLock { $0 }.first == "no room")
    }

    @Test("a service whose parts cannot be wired does not start")
    func wiring() async throws {
        guard case .run(let settings, let common) = try Sample.start() else { throw StartError("it printed") }
        let service = ServiceStart(
            name: "sample", version: "1", settings: settings, common: common, logger: pipe.logger(), metrics: MetricsRegistry(),
            readiness: Readiness(expecting: "start"))
        #expect(await ServiceMain.run(service) { _ in throw StartError("no file") } == ExitCode.failure)
        #expect(await ServiceMain.run(service) { _ in throw ConfigurationError("bad") } == ExitCode.usage)
        #expect(!service.readiness.isReady)
    }
}
