import Foundation
import TaskJSON
import Testing

@testable import gateway
@testable import TaskOperations

@Suite("The dashboard", .timeLimit(.minutes(1)))
struct DashboardTests {
    private static let id = "01932c07-209c-7123-8abc-0123456789ab"

    @Test("every address below it shows the one page, under a policy without anything inline", arguments: ["", "/", "/reminders", "/reminders/\(id)", "/apis"])
    func page(path: String) async throws {
        try await withDashboard { dashboard, _ in
            let answer = try await dashboard.send("GET", "/dashboard" + path)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
            #expect(
                answer.headers["content-security-policy"]
                    == "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
                    + "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
            #expect(answer.headers["x-content-type-options"] == "nosniff")
            #expect(answer.headers["referrer-policy"] == "no-referrer")
            #expect(answer.headers["cross-origin-opener-policy"] == "same-origin")
            #expect(answer.headers["cross-origin-resource-policy"] == "same-origin")
            #expect(answer.headers["cache-control"] == "no-store")
            #expect(!answer.text.contains("{{"))
            let head = try await dashboard.send("HEAD", "/dashboard" + path)
            #expect(head.status == 200 && head.headers["content-length"] == "\(answer.body.count)")
            let post = try await dashboard.send("POST", "/dashboard" + path, headers: DashboardStack.own, body: [])
            #expect(post.status == 405 && post.headers["allow"] == "GET, HEAD")
        }
    }

    /// The sources of the page's files, the page's own text among them.
    private static func sources() throws -> [String: [UInt8]] {
        let folder = URL(filePath: #filePath).appending(path: "../../../Services/Gateway/Dashboard/Page").standardized
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, Array(try Data(contentsOf: folder.appending(path: $0)))) })
    }

    @Test("all of it together is at most 90 KB, as it is sent to a browser that takes no compression")
    func size() async throws {
        try await withDashboard { dashboard, _ in
            var bytes = try await dashboard.send("GET", "/dashboard").body.count
            for name in try Self.sources().keys where name != "dashboard.html" {
                let answer = try await dashboard.send("GET", "\(PageFiles.dashboard.folder)/\(name)")
                #expect(answer.headers["content-encoding"] == nil)
                bytes += answer.body.count
            }
            #expect(bytes <= 90_000)
        }
    }

    @Test("what is sent has no comments and no indentation, and else every word of the source")
    func compact() throws {
        func compact(_ text: String, of name: String = "a.js") -> String { String(decoding: PageText.compact(Array(text.utf8), of: name), as: UTF8.self) }
        #expect(compact("/** What it is:\n * two lines. */\nlet a = 1; // one\n\n  // Why.\n\tb('/*');\n  /* c */\n") == "let a = 1; // one\nb('/*');\n")
        #expect(compact("/* a */ let b;\n/* c\n   d */ let e;\n* f\n") == "/* a */ let b;\nlet e;\n* f\n")
        #expect(compact("<p>\n  <!-- a -->\n<!-- b\n // c -->\n</p>", of: "page.html") == "<p>\n</p>\n")
        #expect(compact("a:b > c, d { e: \"f: { g, h\"; i: calc(1px + 2px) }\n", of: "a.css") == "a:b > c,d{e:\"f: { g, h\";i:calc(1px + 2px)}\n")
        for (name, text) in try Self.sources() {
            let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
            #expect(lines.allSatisfy { $0.count { $0 == "`" } % 2 == 0 }, "a template of \(name) is of several lines, of which indentation would be lost")
        }
    }

    @Test("the page's files may be kept for ever, and all that the sources have are served, and nothing else")
    func files() async throws {
        try await withDashboard { dashboard, _ in
            let page = try await dashboard.send("GET", "/dashboard").text
            #expect(page.contains("\"\(PageFiles.dashboard.folder)/dashboard.css\""))
            for (name, source) in try Self.sources() where name != "dashboard.html" {
                let answer = try await dashboard.send("GET", "\(PageFiles.dashboard.folder)/\(name)")
                #expect(answer.status == 200, "\(name) is not in PageFiles.dashboard")
                #expect(answer.body == PageText.compact(source, of: name))
                #expect(answer.headers["cache-control"] == "public, max-age=31536000, immutable")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                let type = name.hasSuffix(".js") ? "text/javascript; charset=utf-8" : "text/css; charset=utf-8"
                #expect(answer.headers["content-type"] == type)
            }
            for path in ["/dashboard/assets/0123456789abcdef/dashboard.css", PageFiles.dashboard.folder, "\(PageFiles.dashboard.folder)/x.js"] {
                #expect(try await dashboard.send("GET", path).status == 404)
            }
        }
    }

    @Test("the folder of a page's files has another name when a byte, a name or the place of either changes")
    func folders() {
        func folder(_ files: (String, String)...) -> String {
            PageFiles(page: [], files: files.map { PageFiles.File(name: $0.0, bytes: Array($0.1.utf8)) }, in: "/a").folder
        }
        #expect(folder(("x", "1")) == folder(("x", "1")))
        #expect(Set([folder(("x", "1")), folder(("x", "2")), folder(("y", "1")), folder(("x", "1"), ("y", "1")), folder(("x", "1y 1 1"))]).count == 5)
    }

    @Test("without a keys file whoever reaches it by its own names sees and does everything, with the API's own bounds")
    func open() async throws {
        try await withDashboard { dashboard, _ in
            let session = try await dashboard.ask("GET", "/session")
            #expect(session.status == 200)
            #expect(session.json?["role"] == "admin" && session.json?["needs_key"] == false && session.json?["version"] == .string(Build.version))
            #expect(session.json?["may"] == ["reads", "oversees", "operates", "changes", "administers"])
            let created = try await dashboard.ask("POST", "/remind_me", body: body())
            #expect(created.status == 201)
            guard case .string(let id)? = created.json?["id"] else { throw NoAnswer() }
            let seen = try await dashboard.ask("GET", "/reminders/\(id)")
            #expect(seen.status == 200)
            #expect(seen.headers["cache-control"] == "no-store" && seen.headers["x-content-type-options"] == "nosniff")
            #expect(try await dashboard.ask("DELETE", "/reminders/\(id)").status == 200)
            expectProblem(try await dashboard.ask("GET", "/nothing"), 404)
            expectProblem(try await dashboard.ask("PUT", "/reminders/\(id)"), 405)
            expectProblem(try await dashboard.ask("POST", "/remind_me", body: ["x": .string(String(repeating: "x", count: 64 << 10))]), 413)
            #expect(try await dashboard.send("GET", "/healthz").status == 200)
        }
    }

    @Test("by a name that is not its own it shows and does nothing")
    func rebound() async throws {
        try await withDashboard { (dashboard: DashboardStack, _: Gateway) async throws in
            for path in ["/dashboard", "/dashboard/api/reminders", "/dashboard/api/session", PageFiles.dashboard.folder + "/dashboard.css"] {
                #expect(try await dashboard.send("GET", path, host: "rebound.example:5555").status == 403)
                #expect(try await dashboard.send("GET", path, host: "scheduler.example").status == 200)
            }
        }
    }

    @Test("where other machines can reach it and nobody could be told apart it is closed and says what to set, whatever OPS_PUBLIC says")
    func closed() async throws {
        func settings(_ environment: [String: String]) throws -> GatewaySettings {
            guard
                case .run(let settings, _) = try CommandLineStart<GatewaySettings>.read(
                    service: "gateway", version: "1", arguments: [], environment: environment)
            else { throw StartError("it printed instead") }
            return settings
        }
        let open = ["GATEWAY_OPS_LISTEN": "0.0.0.0:5555", "OPS_PUBLIC": "true"]
        #expect(try settings([:]).dashboardClosed == nil)
        #expect(try settings(open.merging(["GATEWAY_API_KEYS_FILE": "/keys"]) { $1 }).dashboardClosed == nil)
        let reason = try #require(try settings(open).dashboardClosed)
        try await withDashboard(closed: reason) { dashboard, _ in
            let page = try await dashboard.send("GET", "/dashboard/reminders")
            #expect(page.status == 403 && page.text.contains("set GATEWAY_API_KEYS_FILE"))
            for path in ["/reminders", "/session"] { expectProblem(try await dashboard.ask("GET", path), 403) }
            expectProblem(try await dashboard.ask("POST", "/remind_me", body: body()), 403)
            expectProblem(try await dashboard.ask("POST", "/session", body: ["key": "x"]), 403)
            #expect(try await dashboard.send("GET", "/", headers: ["Accept": "text/html"]).status == 200)
        }
    }

    @Test(
        "what changes something is taken from its own page alone, with a body or without",
        arguments: [
            ["Origin": ""], ["Origin": "null"], ["Origin": "http://localhost:5000"], ["Origin": "https://evil.example"], ["Sec-Fetch-Site": ""],
            ["Sec-Fetch-Site": "none"], ["Sec-Fetch-Site": "same-site"], ["Sec-Fetch-Site": "cross-site"],
        ])
    func elsewhere(headers: [String: String]) async throws {
        try await withDashboard { dashboard, gateway in
            for (method, path) in [("POST", "/remind_me"), ("POST", "/session"), ("DELETE", "/session"), ("POST", "/reminders/\(Self.id)/pause"), ("DELETE", "/reminders/\(Self.id)")] {
                let body: JSONValue? = path == "/remind_me" ? body() : path == "/session" ? ["key": "x"] : nil
                expectProblem(try await dashboard.ask(method, path, headers: headers, body: body), 403)
            }
            #expect(try await dashboard.ask("GET", "/reminders").json?["reminders"] == [])
            if headers["Sec-Fetch-Site"]?.hasSuffix("-site") == true { expectProblem(try await dashboard.ask("GET", "/reminders", headers: headers), 403) }
        }
    }

    @Test("a form's types are refused, also where there is no body, and nothing is shared across origins")
    func types() async throws {
        try await withDashboard { dashboard, _ in
            for type in ["text/plain", "application/x-www-form-urlencoded"] {
                expectProblem(try await dashboard.ask("POST", "/reminders/\(Self.id)/pause", headers: ["Content-Type": type]), 415)
                expectProblem(try await dashboard.ask("POST", "/session", headers: ["Content-Type": type], body: ["key": "x"]), 415)
            }
            expectProblem(try await dashboard.ask("DELETE", "/reminders/\(Self.id)", headers: ["Content-Type": ""]), 415)
            let preflight = try await dashboard.send("OPTIONS", "/dashboard/api/reminders", headers: ["Origin": "http://evil.example"])
            #expect(preflight.status >= 400 && !preflight.headers.keys.contains { $0.hasPrefix("access-control") })
        }
    }

    @Test("browsers that do not say where a request comes from, as over plain HTTP to another machine, are held to its origin")
    func plainNetwork() async throws {
        try await withDashboard { (dashboard: DashboardStack, _: Gateway) async throws in
            let path = "/dashboard/api/reminders/\(Self.id)/pause"
            var headers = ["Origin": "http://scheduler.example", "Content-Type": "application/json"]
            #expect(try await dashboard.send("POST", path, headers: headers, host: "scheduler.example").status == 404)
            headers["Origin"] = "https://scheduler.example"
            #expect(try await dashboard.send("POST", path, headers: headers, host: "scheduler.example").status == 403)
            headers["Origin"] = nil
            #expect(try await dashboard.send("POST", path, headers: headers, host: "scheduler.example").status == 403)
        }
    }

    @Test("its requests take their places among the API's, and health is told where there is none left")
    func overload() async throws {
        let admission = Admission(places: 1)
        try await withDashboard(admission: admission) { dashboard, _ in
            admission.enter()
            expectProblem(try await dashboard.ask("GET", "/reminders"), 503)
            #expect(try await dashboard.send("GET", "/healthz").status == 200)
            admission.leave()
            #expect(try await dashboard.ask("GET", "/reminders").status == 200)
            #expect(!admission.isFull)
        }
    }
}
