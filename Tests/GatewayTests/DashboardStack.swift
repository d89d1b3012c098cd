import Crypto
import Foundation
import NIOConcurrencyHelpers
import TaskDomain
import TaskJSON
import TaskOperations
import Testing
import TestSupport

@testable import gateway

/// A wall clock that stands still until told otherwise.
final class HandWallClock: Sendable {
    private let time = NIOLockedValueBox(UnixSeconds(GatewayTests.now))

    @Sendable func now() -> UnixSeconds { time.withLockedValue { $0 } }
    func advance(seconds: Int64) { time.withLockedValue { $0 += seconds } }
}

/// The dashboard on an ops listener of its own.
final class DashboardStack: Sendable {
    /// The name by which its own page has it.
    static let host = "localhost:5555"
    /// What a browser sends with what the page asks.
    static let own = ["Origin": "http://\(host)", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"]

    let port: Int
    private let running: Task<Void, any Error>

    init(
        api: API, callers: Callers, key: SymmetricKey? = nil, closed: String? = nil, failures: SignInFailures = SignInFailures(),
        clock: HandWallClock = HandWallClock(), admission: Admission = Admission()
    ) async throws {
        let log = LogSink()
        let dashboard = Dashboard(
            files: .dashboard, responder: APIResponder(routes: RouteTable(api.operations), callers: callers, logger: log.logger),
            signIn: SignIn(callers: callers, seal: SessionSeal(key: key), failures: failures, logger: log.logger, now: clock.now),
            admission: admission, memory: BodyMemory(), closed: closed)
        let listen = try #require(Endpoint("127.0.0.1:0"))
        let server = OpsServer(
            listen: Setting("GATEWAY_OPS_LISTEN", listen), readiness: Readiness(), metrics: MetricsRegistry(), logger: log.logger,
            browsers: BrowserGuard(hosts: BrowserGuard.Hosts(of: listen, names: ["scheduler.example"])), site: dashboard.site(logger: log.logger))
        running = Task { try await server.run() }
        try await eventually("the ops listener listens") { log.metadata(of: "ops listening") != nil }
        port = try #require(log.metadata(of: "ops listening")?["address"].flatMap { Endpoint("\($0)") }).port
    }

    func stop() async {
        running.cancel()
        _ = await running.result
    }

    func send(
        _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8]? = nil, host: String = DashboardStack.host
    ) async throws -> HTTPAnswer {
        let connection = try Connection(port: port)
        connection.send(request(method, path, headers: headers, body: body, host: host))
        return try await connection.answer(toHead: method == "HEAD")
    }

    /// As the page asks the API; headers without a value are left out.
    func ask(
        _ method: String, _ path: String, session: String? = nil, headers: [String: String] = [:], body: JSONValue? = nil
    ) async throws -> HTTPAnswer {
        var all = Self.own.merging(headers) { $1 }
        if let session { all["Cookie"] = session }
        return try await send(method, "/dashboard/api" + path, headers: all, body: body?.bytes())
    }

    /// - Returns: the cookie, as a request has it.
    func signIn(_ key: String) async throws -> String {
        let answer = try await ask("POST", "/session", body: ["key": .string(key)])
        #expect(answer.status == 200, "\(answer.text)")
        return try cookie(of: answer)
    }
}

/// The cookie that an answer sets, as a request has it.
func cookie(of answer: HTTPAnswer) throws -> String {
    String(try #require(answer.headers["set-cookie"]).prefix { $0 != ";" })
}

/// A dashboard and an API beside it, in front of one scheduler, for one test.
func withDashboard(
    _ keys: KeysFolder? = nil, key: SymmetricKey? = nil, closed: String? = nil, failures: SignInFailures = SignInFailures(),
    clock: HandWallClock = HandWallClock(), admission: Admission = Admission(), _ test: (DashboardStack, Gateway) async throws -> Void
) async throws {
    let callers = try Callers(keysFile: keys?.file, allowsAnonymous: false)
    try await withGateway(callers: callers) { gateway, _ in
        let dashboard = try await DashboardStack(
            api: gateway.api, callers: callers, key: key, closed: closed, failures: failures, clock: clock, admission: admission)
        try await test(dashboard, gateway)
        await dashboard.stop()
    }
}
