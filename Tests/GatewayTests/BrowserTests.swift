import TaskJSON
import TaskOperations
import Testing

@testable import gateway

@Suite("Browsers at the API", .timeLimit(.minutes(1)))
struct BrowserTests {
    private static let id = "01932c07-209c-7123-8abc-0123456789ab"

    private func hosts(_ names: String...) throws -> BrowserGuard {
        BrowserGuard(hosts: BrowserGuard.Hosts(of: try #require(Endpoint("127.0.0.1:0")), names: names))
    }

    @Test("a page from elsewhere creates, cancels and pauses nothing, with a body or without")
    func elsewhere() async throws {
        try await withGateway { gateway, peer in
            for headers in [["Sec-Fetch-Site": "same-site"], ["Sec-Fetch-Site": "cross-site"], ["Origin": "http://test:1"], ["Origin": "null"]] {
                expectProblem(try await gateway.post("/remind_me", body(), headers: headers), 403)
                expectProblem(try await gateway.send("DELETE", "/reminders/\(Self.id)", headers: headers), 403)
                expectProblem(try await gateway.send("POST", "/reminders/\(Self.id)/pause", headers: headers), 403)
            }
            #expect(peer.state.withLockedValue { $0.creates.isEmpty })
            let own = ["Sec-Fetch-Site": "same-origin", "Origin": "http://test"]
            #expect(try await gateway.post("/remind_me", body(), headers: own).status == 201)
        }
    }

    @Test("by a name that is not its own nothing is read, not even what anyone may read, nor anything created")
    func rebound() async throws {
        try await withGateway(browsers: try hosts("test")) { gateway, peer in
            for path in ["/", "/docs", "/openapi.json", "/reminders", "/nothing"] {
                let answer = try await gateway.send("GET", path, host: "rebound.example:5000")
                expectProblem(answer, 403)
                #expect(!answer.text.contains("rebound"))
            }
            expectProblem(try await gateway.send("POST", "/remind_me", body: body().bytes(), host: "rebound.example"), 403)
            #expect(peer.state.withLockedValue { $0.creates.isEmpty })
            for host in ["test", "localhost:1", "127.0.0.1"] {
                #expect(try await gateway.send("GET", "/openapi.json", host: host).status == 200)
            }
        }
    }

    @Test("nothing is shared across origins, whatever a preflight asks")
    func preflight() async throws {
        try await withGateway { gateway, _ in
            let asked = ["Origin": "http://evil.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"]
            for (method, path) in [("OPTIONS", "/remind_me"), ("OPTIONS", "/reminders"), ("GET", "/openapi.json"), ("GET", "/reminders")] {
                let answer = try await gateway.send(method, path, headers: asked)
                #expect(!answer.headers.keys.contains { $0.hasPrefix("access-control") })
                if method == "OPTIONS" { #expect(answer.status == 405) }
            }
        }
    }
}
