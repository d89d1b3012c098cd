import NIOCore
import TaskJSON
import Testing

@testable import gateway

@Suite("Clients that mean ill", .timeLimit(.minutes(2)))
struct HostileClientTests {
    @Test("a head that comes byte by byte gets no more time than silence, and others go on")
    func slowHead() async throws {
        try await withGateway(adjust: { $0.idleTimeout = .milliseconds(300) }) { gateway, _ in
            let slow = try gateway.connect()
            // Endless: there is always one more header to come.
            let dripping = Task.detached {
                slow.send("GET /reminders HTTP/1.1\r\nHost: t\r\n")
                while !Task.isCancelled {
                    slow.send("A: b\r\n")
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(try await gateway.post("/remind_me", body()).status == 201)
            #expect(try await slow.ends())
            dripping.cancel()
            #expect(try await gateway.post("/remind_me", body()).status == 201)
        }
    }

    @Test("a client that does not take its answers is dropped, and others go on")
    func neverReads() async throws {
        try await withGateway(adjust: { $0.answerTimeout = .seconds(3) }) { gateway, _ in
            let greedy = try gateway.connect()
            let question = request("GET", "/openapi.json")
            // Answers of hundreds of megabytes, were they all made. Sending ends when the other side has hung up.
            let asked = try await offPool { () -> Int in
                for count in 0..<5_000 where !greedy.trySend(question) { return count }
                return 5_000
            }
            #expect(try await gateway.post("/remind_me", body()).status == 201)
            // All of the questions may fit the buffers on the way; the answers do not.
            #expect(try await greedy.endsUnread(), "still open after \(asked) questions")
        }
    }

    @Test("when nearly all places are taken, connections that ask nothing make room")
    func crowd() async throws {
        try await withGateway(adjust: {
            $0.maxConnections = 10
            $0.crowdedTimeout = .milliseconds(200)
        }) { gateway, _ in
            // One that was there while there was room keeps the listener's own patience.
            let first = try gateway.connect()
            first.send(request("GET", "/nothing"))
            #expect(try await first.answer().status == 404)
            var idle: [Connection] = []
            for _ in 0..<9 { idle.append(try gateway.connect()) }
            // The eleventh waits in the backlog until one of the last to come has been let go.
            #expect(try await gateway.post("/remind_me", body()).status == 201)
            first.send(request("GET", "/nothing"))
            #expect(try await first.answer().status == 404)
        }
    }

    @Test("a million nested brackets are refused with the place, and cost no stack", arguments: ["[", "{\"a\":", "{\"create\":["])
    func nested(bracket: String) async throws {
        try await withGateway { gateway, _ in
            // The route that takes most.
            let count = min(1_000_000, (Bounds.batchBytes - 10) / bracket.utf8.count)
            let bytes = Array(String(repeating: bracket, count: count).utf8)
            let answer = try await gateway.send("POST", "/reminders/batch", body: bytes)
            expectProblem(answer, 400)
            #expect(answer.text.contains("\(JSONValue.maxDepth)"))
            let large = try await gateway.send("POST", "/remind_me", body: [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))
            expectProblem(large, 413)
        }
    }

    @Test(
        "a credential that could begin another header is refused wherever one is taken, and nothing is sent on",
        arguments: ["Bearer x\rX-Evil: 1", "Bearer x\nX-Evil: 1", "Bearer x\r\n\r\nGET / HTTP/1.1", "Bearer x\u{0}y"])
    func injection(text: String) async throws {
        try await withGateway { gateway, peer in
            expectProblem(try await gateway.post("/remind_me", body(metadata: ["auth_header": .string(text)])), 422)
            let task: JSONValue = ["task": "worker.log", "auth_header": .string(text)]
            #expect(expectProblem(try await gateway.post("/tasks", task), 422) == ["/auth_header"])
            #expect(peer.state.withLockedValue { $0.creates.isEmpty })
            let path = try #require(try await gateway.post("/remind_me", body(["start_datetime": 4_000_000_000])).headers["location"])
            let patches: [JSONValue] = [
                ["auth_header": .string(text)], ["notification_metadata": ["auth_header": .string(text)]],
                ["auth_header": .string(text), "priority": 1], ["notification_metadata": ["auth_header": .string(text), "title": "t"]],
            ]
            for patch in patches {
                let faults = expectProblem(try await gateway.send("PATCH", path, body: patch.bytes()), 422)
                #expect(faults.count == 1 && faults[0].hasSuffix("/auth_header"), "\(faults)")
            }
            let release: JSONValue = ["created_by": "teacher", "auth_header": .string(text)]
            #expect(expectProblem(try await gateway.post("/held/release", release), 422) == ["/auth_header"])
            let batch: JSONValue = ["create": [body(metadata: ["auth_header": .string(text)])]]
            let answer = try await gateway.post("/reminders/batch", batch)
            #expect(answer.status == 200 && answer.text.contains("422"))
            #expect(peer.state.withLockedValue { $0.authorizations.isEmpty && $0.creates.count == 1 })
        }
    }
}
