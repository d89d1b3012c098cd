import Crypto
import Foundation
import NIOCore
import TaskJSON
import TaskWire
import Testing

@testable import gateway
@testable import TaskOperations

@Suite("Signing in to the dashboard", .timeLimit(.minutes(1)))
struct SessionTests {
    private static let id = "01932c07-209c-7123-8abc-0123456789ab"

    private func keys() throws -> KeysFolder {
        try KeysFolder(line("own", "key-own"), line("see", "key-see", "viewer"), line("run", "key-run", "operator"), line("root", "key-root", "admin"))
    }

    @Test("with a keys file the page shows, and the API says nothing without a session, whatever else is shown")
    func none() async throws {
        try await withDashboard(try keys()) { dashboard, _ in
            #expect(try await dashboard.send("GET", "/dashboard/reminders").status == 200)
            for path in ["/session", "/reminders", "/openapi.json", "/docs", "/nothing"] {
                let answer = try await dashboard.ask("GET", path)
                expectProblem(answer, 401)
                #expect(answer.headers["www-authenticate"]?.hasPrefix("Session") == true)
                #expect(!answer.text.contains(Build.version))
                expectProblem(try await dashboard.ask("GET", path, headers: ["Authorization": "Bearer key-root"]), 401)
            }
            expectProblem(try await dashboard.ask("POST", "/remind_me", body: body()), 401)
        }
    }

    @Test("a key brings a session in a cookie that no script and no other site's page has, and that opens the dashboard alone")
    func signIn() async throws {
        try await withDashboard(try keys()) { dashboard, gateway in
            let answer = try await dashboard.ask("POST", "/session", body: ["key": "key-see"])
            #expect(answer.status == 200)
            #expect(answer.json?["caller"] == "see" && answer.json?["role"] == "viewer" && answer.json?["may"] == ["reads", "oversees"])
            #expect(answer.json?["needs_key"] == true)
            let set = try #require(answer.headers["set-cookie"])
            #expect(set.hasPrefix("ts-session=1.") && set.hasSuffix("; Path=/dashboard; HttpOnly; SameSite=Strict"))
            #expect(!set.contains("key-see") && !set.contains(hexadecimal(SHA256.hash(data: Data("key-see".utf8)).prefix(8))))
            let session = try cookie(of: answer)
            let seen = try await dashboard.ask("GET", "/session", session: "a=b; \(session);c=d")
            #expect(seen.json == answer.json && seen.headers["set-cookie"] == nil)
            #expect(try await dashboard.ask("GET", "/reminders", session: session).status == 200)
            expectProblem(try await gateway.send("GET", "/reminders", headers: ["Cookie": session]), 401)
        }
    }

    @Test("over HTTPS the cookie goes no other way, and nothing beneath the name can have set it")
    func secure() async throws {
        try await withDashboard(try keys()) { dashboard, _ in
            let answer = try await dashboard.ask("POST", "/session", headers: ["Origin": "https://\(DashboardStack.host)"], body: ["key": "key-root"])
            let set = try #require(answer.headers["set-cookie"])
            #expect(set.hasPrefix("__Host-ts-session=1.") && set.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Strict"))
            let session = try cookie(of: answer)
            #expect(try await dashboard.ask("GET", "/session", session: "ts-session=planted; \(session)").status == 200)
            let out = try await dashboard.ask("DELETE", "/session", session: session)
            #expect(out.headers["set-cookie"] == "__Host-ts-session=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
        }
    }

    @Test("signing out has the browser forget it")
    func signOut() async throws {
        try await withDashboard(try keys()) { dashboard, _ in
            let session = try await dashboard.signIn("key-root")
            let answer = try await dashboard.ask("DELETE", "/session", session: session)
            #expect(answer.status == 204)
            #expect(answer.headers["set-cookie"] == "ts-session=; Path=/dashboard; HttpOnly; SameSite=Strict; Max-Age=0")
            #expect(try await dashboard.ask("DELETE", "/session").status == 204)
        }
    }

    @Test("what is no key of the API, or no key at all, is refused and said")
    func refused() async throws {
        try await withDashboard(try keys()) { dashboard, _ in
            for key in ["wrong", " key-see", "key-see\n", "ключ"] {
                let answer = try await dashboard.ask("POST", "/session", body: ["key": .string(key)])
                #expect(expectProblem(answer, 422) == ["/key"])
                #expect(answer.headers["set-cookie"] == nil && !answer.text.contains("key-see"))
            }
            for body in [["key": ""], ["key": 1], [:], ["key": "key-see", "x": 1], ["key": .string(String(repeating: "x", count: 513))]] as [JSONValue] {
                expectProblem(try await dashboard.ask("POST", "/session", body: body), 422)
            }
            expectProblem(try await dashboard.ask("POST", "/session", body: ["key": .string(String(repeating: "x", count: 5_000))]), 413)
            expectProblem(try await dashboard.ask("PATCH", "/session", body: [:]), 405)
        }
    }

    @Test("every role does by its session what it does by its key")
    func roles() async throws {
        try await withDashboard(try keys()) { dashboard, gateway in
            for key in ["key-own", "key-see", "key-run", "key-root"] {
                let session = try await dashboard.signIn(key)
                for operation in gateway.api.operations where !operation.isPublic {
                    let path = operation.path.description.replacing("{id}", with: Self.id).replacing("{name}", with: "mail")
                        .replacing("{occurrence}", with: "\(Self.id):1").replacing("{time}", with: "1")
                    let body: JSONValue? = operation.takesBody ? [:] : nil
                    let byKey = try await gateway.send(
                        operation.method.rawValue, path, headers: ["Authorization": "Bearer \(key)"], body: body?.bytes())
                    let bySession = try await dashboard.ask(operation.method.rawValue, path, session: session, body: body)
                    #expect(bySession.status == byKey.status, "\(key) \(operation.route): \(bySession.text)")
                }
            }
        }
    }

    @Test("a session ends 8 h after the last request, and 24 h after it began in any case")
    func time() async throws {
        let clock = HandWallClock()
        try await withDashboard(try keys(), clock: clock) { dashboard, _ in
            var session = try await dashboard.signIn("key-root")
            clock.advance(seconds: Session.renewalSeconds - 1)
            #expect(try await dashboard.ask("GET", "/reminders", session: session).headers["set-cookie"] == nil)
            clock.advance(seconds: 1)
            let renewed = try await dashboard.ask("GET", "/reminders", session: session)
            #expect(renewed.headers["set-cookie"]?.hasSuffix("; Path=/dashboard; HttpOnly; SameSite=Strict") == true)
            // The former one ends as it would have.
            clock.advance(seconds: Session.idleSeconds - Session.renewalSeconds)
            let late = try await dashboard.ask("GET", "/reminders", session: session)
            expectProblem(late, 401)
            #expect(late.text.contains("has ended"))
            session = try cookie(of: renewed)
            var used = Session.idleSeconds
            while used < Session.longestSeconds {
                let answer = try await dashboard.ask("GET", "/reminders", session: session)
                #expect(answer.status == 200, "after \(used) s")
                if answer.headers["set-cookie"] != nil { session = try cookie(of: answer) }
                clock.advance(seconds: 3_600)
                used += 3_600
            }
            expectProblem(try await dashboard.ask("GET", "/reminders", session: session), 401)
        }
    }

    @Test("a key that is taken out of the file, or replaced, ends its sessions at the next request, and another role holds from then on")
    func removed() async throws {
        let folder = try keys()
        try await withDashboard(folder) { dashboard, _ in
            let see = try await dashboard.signIn("key-see"), root = try await dashboard.signIn("key-root")
            try folder.put(line("see", "key-other", "viewer") + "\n" + line("root", "key-root", "viewer") + "\n")
            expectProblem(try await dashboard.ask("GET", "/reminders", session: see), 401)
            let answer = try await dashboard.ask("GET", "/session", session: root)
            #expect(answer.json?["role"] == "viewer")
            expectProblem(try await dashboard.ask("POST", "/reminders/\(Self.id)/pause", session: root), 403)
        }
    }

    @Test("a session of one bit less, of another caller, or for longer than it was given is none")
    func forged() async throws {
        try await withDashboard(try keys()) { dashboard, _ in
            let session = try await dashboard.signIn("key-see")
            #expect(try await dashboard.ask("GET", "/session", session: session).status == 200)
            let parts = session.dropFirst("ts-session=".count).split(separator: ".").map(String.init)
            #expect(parts.count == 5)
            func with(_ index: Int, _ text: String) -> String {
                var parts = parts
                parts[index] = text
                return "ts-session=" + parts.joined(separator: ".")
            }
            let code = parts[3], flipped = (code.first == "0" ? "1" : "0") + code.dropFirst()
            let forged = [
                with(0, "2"), with(1, "\(now + 1)"), with(2, "\(now + 86_400)"), with(3, flipped), with(3, String(code.dropLast(2))), with(3, ""),
                with(3, "x"), with(4, "root"), with(4, ""), with(2, "+\(parts[2])"), session + ".", "ts-session=", "ts-session=1.2.3.4.5",
                "ts-session=" + String(repeating: "1.", count: 4_000),
            ]
            for session in forged { expectProblem(try await dashboard.ask("GET", "/session", session: session), 401) }
        }
    }

    @Test("a session of a gateway holds at another with the cluster's secret, or the gateway's keys of it, and at none with another secret")
    func otherGateways() async throws {
        let folder = try keys()
        let secret = ClusterCredential(secret: Array("one secret of a cluster".utf8))
        let own = try #require(secret.gatewayKey(for: SessionSeal.use))
        let gatewayKeys = try #require(secret.derived(for: .gateway)), workerKeys = try #require(secret.derived(for: .worker))
        let derived = try #require(ClusterCredential(derived: gatewayKeys))
        #expect(derived.gatewayKey(for: SessionSeal.use) == own)
        #expect(secret.gatewayKey(for: "another use") != own)
        #expect(ClusterCredential(derived: workerKeys)?.gatewayKey(for: SessionSeal.use) == nil)
        try await withDashboard(folder, key: own) { dashboard, gateway in
            let session = try await dashboard.signIn("key-root"), callers = try Callers(keysFile: folder.file, allowsAnonymous: false)
            for (key, status) in [(derived.gatewayKey(for: SessionSeal.use), 200), (ClusterCredential(secret: [1]).gatewayKey(for: SessionSeal.use), 401), (nil, 401)] {
                let other = try await DashboardStack(api: gateway.api, callers: callers, key: key)
                #expect(try await other.ask("GET", "/session", session: session).status == status)
                await other.stop()
            }
        }
    }

    @Test("after ten wrong keys in a minute an address is not listened to, not even with a right one, until the minute is over")
    func guessing() async throws {
        let clock = HandClock()
        try await withDashboard(try keys(), failures: SignInFailures(now: clock.now)) { dashboard, _ in
            for _ in 0..<9 { expectProblem(try await dashboard.ask("POST", "/session", body: ["key": "wrong"]), 422) }
            let session = try await dashboard.signIn("key-root")
            expectProblem(try await dashboard.ask("POST", "/session", body: ["key": "wrong"]), 422)
            clock.advance(.seconds(20))
            let answer = try await dashboard.ask("POST", "/session", body: ["key": "key-root"])
            expectProblem(answer, 429)
            #expect(answer.headers["retry-after"] == "41" && answer.headers["set-cookie"] == nil)
            #expect(try await dashboard.ask("GET", "/reminders", session: session).status == 200)
            clock.advance(.seconds(40))
            _ = try await dashboard.signIn("key-root")
        }
    }

    @Test("failures are counted by address, for a bounded number of them; the others share one count")
    func addresses() {
        let clock = HandClock(), failures = SignInFailures(now: clock.now)
        func address(_ number: Int) -> AddressCounter.Address? {
            AddressCounter.Address(try? SocketAddress(ipAddress: "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)", port: 1))
        }
        func isRefused(_ number: Int) -> Bool {
            do throws(Problem) { try failures.check(address(number)) } catch { return error.status == .tooManyRequests }
            return false
        }
        for _ in 0..<SignInFailures.limit { failures.record(address(0)) }
        #expect(isRefused(0))
        #expect(!isRefused(1))
        for number in 1..<SignInFailures.maxAddresses { failures.record(address(number)) }
        for number in 0..<SignInFailures.limit { failures.record(address(1_000_000 + number)) }
        #expect(isRefused(2_000_000))
        #expect(!isRefused(1))
        clock.advance(SignInFailures.window)
        #expect(!isRefused(0))
        #expect(!isRefused(2_000_000))
        failures.record(address(3_000_000))
        #expect(!isRefused(3_000_000))
    }
}
