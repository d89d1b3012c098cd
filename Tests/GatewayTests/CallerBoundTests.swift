import NIOConcurrencyHelpers
import TaskDomain
import TaskJSON
import TaskMessages
import Testing

@testable import gateway
@testable import TaskOperations

@Suite("What a caller may ask for", .timeLimit(.minutes(1)))
struct CallerBoundTests {
    private let clock = HandClock()

    private func callers(_ lines: String...) throws -> Callers {
        let folder = try KeysFolder(lines.joined(separator: "\n"))
        return try Callers(keysFile: folder.file, allowsAnonymous: false, metrics: MetricsRegistry(), now: clock.now)
    }

    private func refusal(_ allowance: Allowance, items: Int) -> Problem? {
        do throws(Problem) {
            try allowance.take(items: items)
            return nil
        } catch { return error }
    }

    private func allowance(_ callers: Callers, _ key: String) throws -> Allowance {
        try callers.admit(authorization: ["Bearer \(key)"]).allowance
    }

    private static func key(_ key: String) -> [String: String] { ["Authorization": "Bearer \(key)"] }

    private static func task(_ queue: String?) -> JSONObject {
        var task: JSONObject = ["task": "worker.log", "start_datetime": .integer(now + 1_000_000_000)]
        if let queue { task["queue"] = .string(queue) }
        return task
    }

    // MARK: Rate

    @Test("a batch takes as many requests as it has items, and what is left says what may come next")
    func items() throws {
        let callers = try callers(line("alpha", "a", "rate=10"))
        try allowance(callers, "a").take(items: 7)
        // One of the three that are left is taken by its admission.
        let left = try allowance(callers, "a")
        let refused = try #require(refusal(left, items: 4))
        #expect(refused.status == .tooManyRequests)
        #expect(refused.headers == [.retryAfter: "1"])
        #expect(
            refused.detail == "this key may make 10 requests a second, and each of the 4 items counts as one; nothing was done")
        #expect(refusal(left, items: 3) == nil)
        #expect(callers.refusal("Bearer a")?.status == .tooManyRequests)
        clock.advance(.seconds(1))
        let fresh = try allowance(callers, "a")
        #expect(refusal(fresh, items: 10) == nil)
    }

    @Test("a batch that is larger than the rate is told how large it may be, and not to come again with it")
    func never() throws {
        let callers = try callers(line("alpha", "a", "rate=10"), line("beta", "b"))
        let bound = try allowance(callers, "a"), free = try allowance(callers, "b")
        let refused = try #require(refusal(bound, items: 11))
        #expect(refused.status == .tooManyRequests)
        #expect(refused.headers == [:])
        #expect(
            refused.detail
                == "this key may make 10 requests a second, and each of the 11 items counts as one: send at most 10 at once; nothing was done")
        #expect(refusal(free, items: 1_000) == nil)
    }

    @Test("a batch beyond the rate stores nothing, also where the rate is that of all callers without a key")
    func batch() async throws {
        let callers = try Callers(keysFile: nil, allowsAnonymous: true, defaultRate: 3, metrics: MetricsRegistry(), now: clock.now)
        try await withGateway(callers: callers) { gateway, peer in
            func batch(_ count: Int) -> JSONValue { ["create": .array(Array(repeating: .object(Self.task(nil)), count: count))] }
            #expect(try await gateway.post("/reminders/batch", batch(3)).status == 200)
            clock.advance(.seconds(1))
            let answer = try await gateway.post("/reminders/batch", batch(4))
            expectProblem(answer, 429)
            #expect(answer.text.contains("at most 3 at once"))
            #expect(answer.headers["retry-after"] == nil)
            #expect(peer.state.withLockedValue { $0.creates.count } == 3)
        }
    }

    @Test("a bulk replay goes as far as its caller's rate allows, says that there is more, and pays for nothing that it did not do")
    func bulk() async throws {
        let callers = try callers(line("alpha", "a", "rate=10"), line("beta", "b"))
        try await withGateway(callers: callers) { gateway, peer in
            let left = NIOLockedValueBox<UInt32>(23)
            peer.state.withLockedValue {
                $0.changeOccurrences = { request in
                    left.withLockedValue { left in
                        let changed = min(left, request.limit)
                        left -= changed
                        return Proto.ChangeOccurrencesReply(
                            changed: changed, cursor: left == 0 ? [] : ListCursor(.latestSetAside, major: Int64(left)).bytes)
                    }
                }
            }
            func replay(_ key: String) async throws -> JSONValue? {
                try await gateway.post("/dead-letters/replay", [:], headers: Self.key(key)).json
            }
            for (replayed, more) in [(10, true), (10, true), (3, false)] as [(Int64, Bool)] {
                let answer = try await replay("a")
                #expect(answer?["replayed"] == .integer(replayed) && answer?["more"] == .bool(more))
                if more {
                    expectProblem(try await gateway.post("/dead-letters/replay", [:], headers: Self.key("a")), 429)
                    clock.advance(.seconds(1))
                }
            }
            // Seven are left of that second.
            try allowance(callers, "a").take(items: 7)
            left.withLockedValue { $0 = 5_000 }
            #expect(try await replay("b")?["replayed"] == 5_000)
        }
    }

    // MARK: Pending

    @Test("a key's bound on what is pending goes with its creates, and beyond it the answer says what is allowed and what there is")
    func pending() async throws {
        let callers = try callers(line("alpha", "a", "pending=2"), line("alpha", "a1", "pending=1"), line("beta", "b"))
        try await withGateway(callers: callers) { gateway, peer in
            func create(_ key: String) async throws -> HTTPAnswer { try await gateway.post("/tasks", .object(Self.task(nil)), headers: Self.key(key)) }
            #expect(try await create("a").status == 201)
            #expect(try await gateway.post("/remind_me", body(), headers: Self.key("a")).status == 201)
            let refused = try await create("a")
            expectProblem(refused, 429)
            #expect(refused.headers["retry-after"] == nil)
            #expect(
                refused.text.contains(
                    "this key may have 2 reminders pending, scheduled or paused, and has as many; this one was not stored"))
            let fewer = try await create("a1")
            expectProblem(fewer, 429)
            #expect(fewer.text.contains("this key may have 1 reminder pending, scheduled or paused, and has more; this one was not stored"))
            #expect(try await create("b").status == 201)
            let batch: JSONValue = ["create": [.object(Self.task(nil)), .object(Self.task(nil))]]
            let answer = try await gateway.post("/reminders/batch", batch, headers: Self.key("a"))
            #expect(answer.status == 200)
            guard case .array(let created)? = answer.json?["created"] else { return _ = Issue.record("\(answer.text)") }
            #expect(created.map { $0["status"] } == [429, 429])
            #expect(peer.state.withLockedValue { $0.creates.map(\.pendingLimit) } == [2, 2, 0])
        }
    }

    // MARK: Queues

    @Test("a key names only the queues of its line, however it asks, and is told which")
    func queues() async throws {
        let callers = try callers(line("alpha", "a", "queues=mail,sms"), line("root", "r", "admin"))
        try await withGateway(callers: callers) { gateway, peer in
            let key = Self.key("a")
            let stored = try await gateway.post("/tasks", .object(Self.task("mail")), headers: key)
            #expect(stored.status == 201)
            for queue in ["default", "other", nil] {
                let answer = try await gateway.post("/tasks", .object(Self.task(queue)), headers: key)
                #expect(expectProblem(answer, 403) == ["/queue"])
                #expect(answer.text.contains("mail, sms"))
            }
            let reminder = body(["queue": "other", "start_datetime": .integer(now + 1_000_000_000)])
            #expect(expectProblem(try await gateway.post("/remind_me", reminder, headers: key), 403) == ["/queue"])
            let batch: JSONValue = ["create": [.object(Self.task("sms")), .object(Self.task("other")), reminder]]
            let answer = try await gateway.post("/reminders/batch", batch, headers: key)
            guard case .array(let created)? = answer.json?["created"] else { return _ = Issue.record("\(answer.text)") }
            #expect(created.map { $0["status"] } == [201, 403, 403])
            let path = try #require(stored.headers["location"])
            func patch(_ value: JSONValue, _ name: String = "a") async throws -> HTTPAnswer {
                try await gateway.send("PATCH", path, headers: Self.key(name), body: value.bytes())
            }
            #expect(try await patch(["queue": "sms"]).status == 200)
            #expect(expectProblem(try await patch(["queue": "other"]), 403) == ["/queue"])
            #expect(try await patch(["queue": "other"], "r").status == 200)
            // It stays in a queue that the key may not name.
            #expect(try await patch(["priority": 3]).status == 200)
            #expect(peer.state.withLockedValue { $0.creates.count } == 2)
        }
    }

    @Test("an admin's key with queues changes those and no others")
    func administration() async throws {
        try await withGateway(callers: try callers(line("ops", "o", "admin queues=mail"), line("alpha", "a", "queues=mail"))) { gateway, _ in
            func pause(_ queue: String, _ key: String) async throws -> Int {
                try await gateway.send("PATCH", "/queues/\(queue)", headers: Self.key(key), body: Array(#"{"paused":true}"#.utf8)).status
            }
            let statuses = [try await pause("mail", "o"), try await pause("other", "o"), try await pause("mail", "a")]
            #expect(statuses == [200, 403, 403])
        }
    }

    @Test("a queue is shared by what fair_by names, and by callers where it is null", arguments: FairShare.allCases)
    func fairBy(share: FairShare) async throws {
        try await withGateway { gateway, _ in
            func patch(_ value: JSONValue) async throws -> HTTPAnswer {
                let body: JSONValue = ["fair_by": value]
                return try await gateway.send("PATCH", "/queues/mail", body: body.bytes())
            }
            let named = try await patch(.string(share.name)), taken = try await patch(.null), wrong = try await patch("everybody")
            #expect(named.json?["fair_by"] == .string(share.name))
            #expect(taken.json?["fair_by"] == "caller")
            #expect(expectProblem(wrong, 422) == ["/fair_by"])
        }
    }

    @Test("callers do not see each other's queues: their own, the default one, or for an admin all, in pages")
    func sight() async throws {
        let callers = try callers(line("alpha", "a", "queues=sms,mail,q7"), line("beta", "b"), line("root", "r", "admin"))
        try await withGateway(callers: callers) { gateway, peer in
            let all = (0..<1_200).map { "q\(1_000 + $0)" }
            peer.state.withLockedValue { $0.queues = all }
            func page(_ key: String, _ query: String = "") async throws -> (names: [String], cursor: String?) {
                let answer = try await gateway.send("GET", "/queues" + query, headers: Self.key(key))
                #expect(answer.status == 200, "\(answer.text)")
                guard case .array(let queues)? = answer.json?["queues"] else { return ([], nil) }
                let names = queues.compactMap { if case .string(let name)? = $0["name"] { name } else { nil } }
                guard case .string(let cursor)? = answer.json?["next_cursor"] else { return (names, nil) }
                return (names, cursor)
            }
            #expect(try await page("a") == (["mail", "q7", "sms"], nil))
            let first = try await page("a", "?limit=2")
            #expect(first.names == ["mail", "q7"])
            #expect(try await page("a", "?limit=2&cursor=\(first.cursor ?? "")") == (["sms"], nil))
            #expect(try await page("b") == (["default"], nil))
            var seen: [String] = [], cursor: String?
            repeat {
                let page = try await page("r", "?limit=500" + (cursor.map { "&cursor=\($0)" } ?? ""))
                seen += page.names
                cursor = page.cursor
            } while cursor != nil
            #expect(seen == all)
            for (key, queue, status) in [("a", "sms", 200), ("a", "q1001", 403), ("b", "q1001", 200), ("r", "q1001", 200)] {
                #expect(try await gateway.send("GET", "/queues/\(queue)", headers: Self.key(key)).status == status)
            }
            for query in ["?cursor=!", "?cursor=", "?cursor=w6Q", "?limit=0", "?limit=501"] {
                expectProblem(try await gateway.send("GET", "/queues" + query, headers: Self.key("r")), 422)
            }
        }
    }
}
