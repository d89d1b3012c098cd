import Foundation
import Hummingbird
import Logging
import Synchronization
import Testing

@testable import TaskOperations

@Suite("The ops listener")
struct OpsServerTests {
    private func withServer(
        _ readiness: Readiness = Readiness(), metrics: MetricsRegistry = MetricsRegistry(), browsers: BrowserGuard = BrowserGuard(),
        site: OpsSite? = nil, _ body: (Int) async throws -> Void
    ) async throws {
        let pipe = LogPipe(), listen = try #require(Endpoint("127.0.0.1:0"))
        let server = OpsServer(
            listen: Setting("OPS_LISTEN", listen), readiness: readiness, metrics: metrics, logger: pipe.logger(), browsers: browsers, site: site)
        let running = Task { try await server.run() }
        let address = try #require(try await pipe.awaitLine("ops listening")["address"].flatMap { Endpoint($0) })
        #expect(address.port != 0)
        try await body(address.port)
        running.cancel()
        _ = await running.result
    }

    @Test("says that it is alive")
    func health() async throws {
        try await withServer { port in
            let answer = try await http(port: port, path: "/healthz")
            #expect(answer.status == 200)
            #expect(answer.body == "alive\n")
            #expect(try await http("HEAD", port: port, path: "/healthz").status == 200)
            #expect(try await http(port: port, path: "/nothing").status == 404)
        }
    }

    @Test("by a name that is not its own it tells a browser nothing, and a page from elsewhere changes nothing")
    func browsers() async throws {
        let called = Mutex(0)
        let browsers = BrowserGuard(hosts: BrowserGuard.Hosts(of: try #require(Endpoint("127.0.0.1:0")), names: ["ops.example"]))
        try await withServer(
            browsers: browsers,
            site: OpsSite(path: "/change") { _, _ in
                called.withLock { $0 += 1 }
                return Response(status: .ok)
            }
        ) { port in
            for path in ["/", "/healthz", "/readyz", "/metrics", "/nothing", "/change"] {
                let answer = try await http(port: port, path: path, host: "rebound.example:\(port)")
                #expect(answer.status == 403)
                #expect(answer.head.contains("application/problem+json") && answer.body.contains("GATEWAY_HOSTS"))
                #expect(!answer.head.lowercased().contains("access-control"))
            }
            #expect(try await http(port: port, path: "/healthz", host: "ops.example").status == 200)
            for header in ["Sec-Fetch-Site: same-site", "Origin: http://127.0.0.1:1"] {
                let answer = try await http("POST", port: port, path: "/change", host: "127.0.0.1:\(port)", headers: [header])
                #expect(answer.status == 403)
            }
            #expect(called.withLock { $0 } == 0)
            #expect(try await http("POST", port: port, path: "/change", host: "127.0.0.1:\(port)").status == 200)
        }
    }

    @Test("is neither alive nor ready while a part that it watches does not get on")
    func stalled() async throws {
        let readiness = Readiness(), isHeld = Mutex(true)
        readiness.set("store", .ok)
        readiness.watch("loop") { isHeld.withLock { $0 } ? .seconds(6) : .zero }
        try await withServer(readiness) { port in
            for path in ["/healthz", "/readyz"] {
                let answer = try await http(port: port, path: path)
                #expect(answer.status == 503)
                #expect(answer.body == "loop: has not got on for 6 s; 5 s are allowed\n")
            }
            isHeld.withLock { $0 = false }
            #expect(try await http(port: port, path: "/healthz").status == 200)
            #expect(try await http(port: port, path: "/readyz").status == 200)
        }
    }

    @Test("is not ready until every check is well, and names those that are not")
    func ready() async throws {
        let readiness = Readiness(expecting: "store")
        try await withServer(readiness) { port in
            var answer = try await http(port: port, path: "/readyz")
            #expect(answer.status == 503)
            #expect(answer.body == "store: not reported yet\n")
            readiness.set("scheduler", .failing("no connection to\n127.0.0.1:7101"))
            readiness.set("store", .ok)
            answer = try await http(port: port, path: "/readyz")
            #expect(answer.status == 503)
            #expect(answer.body == "scheduler: no connection to\\n127.0.0.1:7101\n")
            readiness.set("scheduler", .ok)
            answer = try await http(port: port, path: "/readyz")
            #expect(answer.status == 200)
            #expect(answer.body == "ready\n")
        }
    }

    @Test("shows metrics in Prometheus' format")
    func metrics() async throws {
        let registry = MetricsRegistry()
        registry.makeCounter(label: "hits", dimensions: []).increment(by: 7)
        try await withServer(metrics: registry) { port in
            let answer = try await http(port: port, path: "/metrics")
            #expect(answer.status == 200)
            #expect(answer.head.lowercased().contains("content-type: text/plain; version=0.0.4; charset=utf-8"))
            #expect(answer.body.contains("hits_total 7\n"))
            #expect(answer.body.contains("process_threads "))
        }
    }

    @Test("leads from its root to everything there is, as text or as a page")
    func root() async throws {
        try await withServer { port in
            let text = try await http(port: port, path: "/")
            #expect(text.status == 200)
            #expect(text.head.lowercased().contains("content-type: text/plain; charset=utf-8"))
            let page = try await http(port: port, path: "/", accept: "text/html,application/xml;q=0.9,*/*;q=0.8")
            #expect(page.head.lowercased().contains("content-type: text/html; charset=utf-8"))
            for path in ["/healthz", "/readyz", "/metrics"] {
                #expect(text.body.contains("\(path) "))
                #expect(page.body.contains("<a href=\"\(path)\">"))
                #expect(try await http("HEAD", port: port, path: path).status != 404)
            }
            #expect(try await http("HEAD", port: port, path: "/").status == 200)
        }
    }

    @Test("serves a service's site below its path, whatever the method, and leads browsers there")
    func site() async throws {
        let site = OpsSite(path: "/dashboard") { request, _ in
            Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: "\(request.method) \(request.uri.path)")))
        }
        try await withServer(site: site) { port in
            for (method, path) in [("GET", "/dashboard"), ("GET", "/dashboard/"), ("DELETE", "/dashboard/a/b")] {
                #expect(try await http(method, port: port, path: path).body == "\(method) \(path)")
            }
            for path in ["/dashboards", "/dash", "//dashboard"] { #expect(try await http(port: port, path: path).status == 404) }
            let page = try await http(port: port, path: "/", accept: "text/html,*/*;q=0.8")
            #expect(page.status == 303)
            #expect(page.head.lowercased().contains("location: /dashboard\r\n"))
            #expect(try await http(port: port, path: "/").body.contains("/metrics "))
        }
    }

    @Test("an address that is taken fails the start and is named")
    func taken() async throws {
        try await withServer { port in
            let listen = try #require(Endpoint(host: "127.0.0.1", port: port))
            let second = OpsServer(listen: Setting("OPS_LISTEN", listen), readiness: Readiness(), metrics: MetricsRegistry(), logger: LogPipe().logger())
            do {
                try await second.run()
                Issue.record("it listened")
            } catch {
                #expect(error is StartError)
                #expect("\(error)".hasPrefix("OPS_LISTEN was \"127.0.0.1:\(port)\", where something listens already (Address already in use); "))
            }
        }
    }
}

@Suite("Readiness")
struct ReadinessTests {
    @Test("nothing reported is not ready")
    func empty() {
        #expect(!Readiness().isReady)
        #expect(Readiness().failures == ["start: no check has reported yet"])
    }

    @Test("a service that is being stopped is not ready")
    func draining() {
        let readiness = Readiness()
        readiness.set("store", .ok)
        #expect(readiness.isReady)
        readiness.drain()
        readiness.set("store", .ok)
        #expect(readiness.failures == ["shutdown: the service is stopping"])
    }

    @Test("expecting a check that has reported changes nothing")
    func expecting() {
        let readiness = Readiness()
        readiness.set("store", .ok)
        readiness.expect("store")
        #expect(readiness.isReady)
    }

    @Test("checks and reasons are bounded")
    func bounds() {
        let readiness = Readiness()
        for index in 0..<101 { readiness.set("c\(index)", .failing(String(repeating: "x", count: 1_000))) }
        #expect(readiness.failures.count == 100)
        #expect(readiness.failures.allSatisfy { $0.utf8.count <= 200 + "…".utf8.count })
        readiness.set("c0", .ok)
        #expect(readiness.failures.count == 99)
    }
}
