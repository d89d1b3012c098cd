import TaskJSON
import TaskMessages
import TaskWire
import Testing

@testable import gateway

@Suite("The API over a socket", .timeLimit(.minutes(1)))
struct APITests {
    @Test("a create is answered 201 with its place once the scheduler has it", arguments: ["/remind_me", "/tasks/remind_me"])
    func create(path: String) async throws {
        try await withGateway { gateway, peer in
            let answer = try await gateway.post(path, body(["start_datetime": 4_000_000_000]))
            #expect(answer.status == 201)
            #expect(answer.headers["content-type"] == "application/json")
            guard case .string(let id)? = answer.json?["id"] else {
                Issue.record("no id in \(answer.text)")
                return
            }
            #expect(answer.headers["location"] == "/reminders/\(id)")
            #expect(
                answer.json == [
                    "message": "success", "id": .string(id), "state": "scheduled", "next_fire_at": 4_000_000_000,
                    "upcoming": [4_000_000_000],
                    "warnings": []
                ])
            let stored = peer.state.withLockedValue { $0.creates }
            #expect(stored.count == 1)
            #expect(stored[0].authorization.value == credential)
            #expect(stored[0].reminder?.schedule?.start == 4_000_000_000)
        }
    }

    @Test("every wrong field is named in one answer, and nothing is stored")
    func faults() async throws {
        try await withGateway { gateway, peer in
            let wrong = body(
                ["start_datetime": "x", "rrule": ["freq": 9], "priority": 10, "nope": 1],
                metadata: ["auth_header": "a credential\n", "kind": nil])
            let found = expectProblem(try await gateway.post("/remind_me", wrong), 422)
            #expect(
                Set(found) == [
                    "/start_datetime", "/rrule/freq", "/priority", "/nope", "/notification_metadata/auth_header",
                    "/notification_metadata/kind"
                ])
            #expect(peer.state.withLockedValue { $0.creates.isEmpty })
        }
    }

    @Test("the same Idempotency-Key and body get the first answer again; another body is a conflict")
    func idempotency() async throws {
        try await withGateway { gateway, peer in
            let bytes = body(["start_datetime": 4_000_000_000])
            let headers = ["Idempotency-Key": "key-1"]
            let first = try await gateway.post("/remind_me", bytes, headers: headers)
            let second = try await gateway.post("/remind_me", bytes, headers: headers)
            #expect(first.status == 201)
            #expect(second.status == 201)
            #expect(second.body == first.body)
            #expect(second.headers["location"] == first.headers["location"])
            #expect(first.headers["idempotency-replayed"] == nil)
            #expect(second.headers["idempotency-replayed"] == "true")
            let other = try await gateway.post("/remind_me", body(["start_datetime": 4_000_000_001]), headers: headers)
            #expect(expectProblem(other, 409) == ["Idempotency-Key"])
            #expect(peer.state.withLockedValue { $0.creates.count } == 1)
            #expect(try await gateway.post("/remind_me", bytes, headers: ["Idempotency-Key": "key-2"]).body != first.body)
            for key in ["a b", String(repeating: "k", count: 256), "ü"] {
                #expect(
                    expectProblem(try await gateway.post("/remind_me", bytes, headers: ["Idempotency-Key": key]), 400) == [
                        "Idempotency-Key"
                    ])
            }
            #expect(
                try await gateway.post("/remind_me", bytes, headers: ["Idempotency-Key": String(repeating: "k", count: 255)])
                    .status == 201)
        }
    }

    @Test("a reminder is read back without its credential, listed, changed and cancelled")
    func life() async throws {
        try await withGateway { gateway, peer in
            let created = try await gateway.post(
                "/remind_me",
                body(
                    ["start_datetime": 4_000_000_000, "rrule": "FREQ=DAILY;COUNT=3", "timezone": "Europe/Berlin"],
                    metadata: ["item_id": ["a", "b"]]))
            let path = try #require(created.headers["location"])
            let read = try await gateway.send("GET", path)
            #expect(read.status == 200)
            #expect(!read.text.contains("credential"))
            #expect(read.json?["rrule"] == "FREQ=DAILY;COUNT=3")
            #expect(read.json?["state"] == "scheduled")
            #expect(read.json?["next_fire_at"] == 4_000_000_000)
            #expect(read.json?["notification_metadata"]?["item_id"] == ["a", "b"])
            #expect(read.json?["notification_metadata"]?["auth_header"] == nil)
            #expect(read.json?["occurrences"] == ["delivered": 1, "retrying": 2, "held": 3, "dead": 4])
            #expect(read.json?["updated_at"] == 1_795_392_000)

            let upcoming = try await gateway.send("GET", path + "/upcoming?count=2")
            #expect(upcoming.json?["upcoming"] == [4_000_000_000, 4_000_086_400])
            #expect(
                try await gateway.send("GET", path + "/upcoming").json?["upcoming"] == [
                    4_000_000_000, 4_000_086_400, 4_000_172_800
                ])
            #expect(expectProblem(try await gateway.send("GET", path + "/upcoming?count=0&x=1"), 422) == ["count", "x"])

            for patch in [
                ["auth_header": "Bearer second-credential"], ["notification_metadata": ["auth_header": "Bearer third-credential"]]
            ] as [JSONValue] {
                let patched = try await gateway.send("PATCH", path, body: patch.bytes())
                #expect(patched.status == 200)
                #expect(patched.json?["released"] == 3)
            }
            #expect(peer.state.withLockedValue { $0.authorizations } == ["Bearer second-credential", "Bearer third-credential"])
            #expect(expectProblem(try await gateway.send("PATCH", path, body: Array("{}".utf8)), 422) == [""])
            let expired = try await gateway.send(
                "PATCH", path, body: JSONValue.object(["auth_header": .string("Bearer " + token(["exp": 5]))]).bytes())
            guard case .array(let warnings)? = expired.json?["warnings"] else {
                Issue.record("no warnings")
                return
            }
            #expect(warnings.count == 1)

            let cancelled = try await gateway.send("DELETE", path)
            #expect(cancelled.status == 200)
            #expect(cancelled.json?["state"] == "cancelled")
            #expect(try await gateway.send("DELETE", path).body == cancelled.body)
            #expect(try await gateway.send("GET", path).json?["state"] == "cancelled")
            #expect(try await gateway.send("GET", path).json?["next_fire_at"] == .null)
            #expect(try await gateway.send("GET", path + "/upcoming").json?["upcoming"] == [])
            peer.state.withLockedValue { state in state.completed = Set(state.creates.compactMap { $0.reminder?.id }) }
            expectProblem(try await gateway.send("DELETE", path), 409)
        }
    }

    @Test("numbers of a scheduler that no attempt and no reminder can have do not end the gateway")
    func extremes() async throws {
        try await withGateway { gateway, peer in
            peer.state.withLockedValue {
                $0.attempts = [
                    Proto.Attempt(
                        scheduledAt: .max, number: .max, startedAtMs: .min, durationUs: .max, outcome: .misfired, statusCode: .max),
                    Proto.Attempt(scheduledAt: .min, startedAtMs: .max, outcome: .retry),
                ]
            }
            let path = try #require(try await gateway.post("/remind_me", body()).headers["location"])
            #expect(try await gateway.send("GET", path + "/attempts").status == 200)
            peer.state.withLockedValue { $0.creates[0].position = Proto.Position(scheduledAt: .min, index: .max) }
            for question in ["", "/upcoming"] { #expect(try await gateway.send("GET", path + question).status == 200) }
            peer.state.withLockedValue { $0.creates[0].position = Proto.Position(scheduledAt: .max, index: 1) }
            for question in ["", "/upcoming"] { #expect(try await gateway.send("GET", path + question).status == 200) }
        }
    }

    @Test("attempts are listed with what became of each")
    func attempts() async throws {
        try await withGateway { gateway, peer in
            peer.state.withLockedValue {
                $0.attempts = [
                    Proto.Attempt(
                        scheduledAt: 100, number: 2, startedAtMs: 101_250, durationUs: 777, outcome: .delivered, statusCode: 200,
                        detail: "ok", result: Array(#"{"a":[1]}"#.utf8)),
                    Proto.Attempt(
                        scheduledAt: 100, number: 1, startedAtMs: 100_003, durationUs: 5, outcome: .retry, detail: "connection refused",
                        result: Array("[".utf8), resultLeftOut: true)
                ]
            }
            let path = try #require(try await gateway.post("/remind_me", body()).headers["location"])
            let answer = try await gateway.send("GET", path + "/attempts")
            #expect(
                answer.json?["attempts"] == [
                    [
                        "scheduled_at": 100, "number": 2, "started_at_ms": 101_250, "lateness_ms": 1_250, "duration_us": 777,
                        "outcome": "delivered", "status_code": 200, "detail": "ok", "result": ["a": [1]], "result_left_out": false
                    ],
                    [
                        "scheduled_at": 100, "number": 1, "started_at_ms": 100_003, "lateness_ms": 3, "duration_us": 5,
                        "outcome": "retry",
                        "status_code": nil, "detail": "connection refused", "result": nil, "result_left_out": true
                    ]
                ])
            guard case .array(let first)? = try await gateway.send("GET", path + "/attempts?limit=1").json?["attempts"] else {
                Issue.record("no attempts")
                return
            }
            #expect(first.count == 1)
            expectProblem(try await gateway.send("GET", path + "/attempts?limit=1001"), 422)
        }
    }

    @Test("a reminder that is not there is 404, for every operation on one")
    func notFound() async throws {
        try await withGateway { gateway, _ in
            let patch = JSONValue.object(["auth_header": "Bearer x"]).bytes()
            for id in ["01932c07-209c-7123-8abc-0123456789ab", "nonsense", "%00", String(repeating: "a", count: 4_000)] {
                expectProblem(try await gateway.send("GET", "/reminders/\(id)"), 404)
                expectProblem(try await gateway.send("DELETE", "/reminders/\(id)"), 404)
                expectProblem(try await gateway.send("PATCH", "/reminders/\(id)", body: patch), 404)
                expectProblem(try await gateway.send("GET", "/reminders/\(id)/attempts"), 404)
                expectProblem(try await gateway.send("GET", "/reminders/\(id)/upcoming"), 404)
            }
        }
    }

    @Test("unknown paths and methods are problems too")
    func unknown() async throws {
        try await withGateway { gateway, _ in
            expectProblem(try await gateway.send("GET", "/nothing"), 404)
            expectProblem(try await gateway.send("POST", "/remind_me/", body: []), 404)
            let wrongMethod = try await gateway.send("GET", "/remind_me")
            expectProblem(wrongMethod, 405)
            #expect(wrongMethod.headers["allow"] == "POST")
            let options = try await gateway.send("OPTIONS", "/reminders/x")
            expectProblem(options, 405)
            #expect(options.headers["allow"] == "GET, HEAD, PATCH, DELETE")
            #expect(try await gateway.send("HEAD", "/nothing").status == 404)
        }
    }

    @Test("what is not JSON is 400 with the place, and another type 415")
    func notJSON() async throws {
        try await withGateway { gateway, _ in
            for text in ["", "{", "nope", "{\"a\":1,\"a\":2}", "\u{FEFF}{}", String(repeating: "[", count: 40_000)] {
                expectProblem(try await gateway.send("POST", "/remind_me", body: Array(text.utf8)), 400)
            }
            let answer = try await gateway.send("POST", "/remind_me", body: Array("{\n \"start_datetime\": credential".utf8))
            expectProblem(answer, 400)
            #expect(answer.text.contains("line 2, column 20"))
            expectProblem(
                try await gateway.send("POST", "/remind_me", headers: ["Content-Type": "text/plain"], body: Array("{}".utf8)), 415
            )
            expectProblem(
                try await gateway.send("POST", "/remind_me", headers: ["Content-Encoding": "gzip"], body: Array("{}".utf8)), 415)
            let connection = try gateway.connect()
            connection.send("POST /remind_me HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n{}")
            expectProblem(try await connection.answer(), 415)
        }
    }

    @Test("preview answers without a scheduler")
    func preview() async throws {
        let gateway = try await Gateway(scheduler: 1)
        let answer = try await gateway.post(
            "/preview", ["rrule": "FREQ=WEEKLY;BYDAY=MO,WE", "start_datetime": .integer(now), "count": 2])
        #expect(answer.status == 200)
        #expect(answer.json?["upcoming"] == [.integer(now), .integer(now + 2 * 86_400)])
        #expect(answer.json?["text"] == "every week on Monday and Wednesday")
        #expect(
            expectProblem(try await gateway.post("/preview", ["rrule": ["freq": 9], "start_datetime": 0]), 422) == ["/rrule/freq"]
        )
        await gateway.stop()
    }
}

@Suite("A scheduler that cannot answer", .timeLimit(.minutes(1)))
struct UnavailableTests {
    /// Where the scheduler is, and why it fails, is for the log.
    private func expectUnavailable(_ answer: HTTPAnswer, sourceLocation: SourceLocation = #_sourceLocation) {
        for secret in ["127.0.0.1", "disk"] { #expect(!answer.text.contains(secret), sourceLocation: sourceLocation) }
        expectProblem(answer, 503, sourceLocation: sourceLocation)
        #expect(answer.headers["retry-after"] == "1", sourceLocation: sourceLocation)
    }

    @Test("nobody there: 503 and Retry-After for everything that needs it")
    func nobody() async throws {
        let peer = try await SchedulerPeer()
        try await peer.stop()
        let gateway = try await Gateway(scheduler: peer.port, deadlineMilliseconds: 200)
        let path = "/reminders/01932c07-209c-7123-8abc-0123456789ab"
        expectUnavailable(try await gateway.post("/remind_me", body()))
        expectUnavailable(try await gateway.send("GET", path))
        expectUnavailable(try await gateway.send("DELETE", path))
        expectUnavailable(try await gateway.send("PATCH", path, body: JSONValue.object(["auth_header": "x"]).bytes()))
        expectUnavailable(try await gateway.send("GET", path + "/attempts"))
        #expect(!gateway.log.text.contains("credential"))
        await gateway.stop()
    }

    @Test("it comes back: what waited for it is answered, and so is what comes next")
    func comesBack() async throws {
        let first = try await SchedulerPeer()
        try await first.stop()
        let gateway = try await Gateway(scheduler: first.port)
        async let waiting = gateway.post("/remind_me", body())
        let second = try await SchedulerPeer(port: first.port)
        #expect(try await waiting.status == 201)
        #expect(try await gateway.post("/remind_me", body()).status == 201)
        await gateway.stop()
        try await second.stop()
    }

    @Test("it has no room: 503 with its reason, which it words for callers")
    func noRoom() async throws {
        try await withGateway { gateway, peer in
            peer.state.withLockedValue { $0.failure = CallError(.resourceExhausted, "less than its reserve is free") }
            let answer = try await gateway.post("/remind_me", body())
            expectUnavailable(answer)
            #expect(answer.text.contains("less than its reserve is free"))
        }
    }

    @Test("it is of a build that has no such call: 501, as asking again would not help")
    func olderBuild() async throws {
        try await withGateway { gateway, peer in
            peer.state.withLockedValue { $0.failure = CallError(.unimplemented, "no such method") }
            expectProblem(try await gateway.post("/remind_me", body()), 501)
        }
    }

    @Test(
        "it cannot commit: 503, never 2xx",
        arguments: [StatusCode.unavailable, .dataLoss, .aborted, .unknown, .cancelled])
    func cannotCommit(code: StatusCode) async throws {
        try await withGateway { gateway, peer in
            peer.state.withLockedValue { $0.failure = CallError(code, "the disk is full") }
            expectUnavailable(try await gateway.post("/remind_me", body()))
            peer.state.withLockedValue { $0.failure = nil }
            #expect(try await gateway.post("/remind_me", body()).status == 201)
        }
    }

    @Test("it does not answer in time: 503, which says that the outcome is not known")
    func silent() async throws {
        try await withGateway(deadlineMilliseconds: 1_000) { gateway, peer in
            peer.state.withLockedValue { $0.isSilent = true }
            let answer = try await gateway.post("/remind_me", body())
            expectUnavailable(answer)
            #expect(answer.text.contains("Idempotency-Key"))
        }
    }

    @Test("it refuses or breaks: 422 with its words, or 500 without them")
    func refuses() async throws {
        try await withGateway { gateway, peer in
            peer.state.withLockedValue { $0.failure = CallError(.invalidArgument, "priority 11 is out of range") }
            expectProblem(try await gateway.post("/remind_me", body()), 422)
            peer.state.withLockedValue { $0.failure = CallError(.internal, "10.1.2.3 broke") }
            let answer = try await gateway.post("/remind_me", body())
            expectProblem(answer, 500)
            #expect(!answer.text.contains("10.1.2.3"))
            #expect(gateway.log.text.contains("10.1.2.3"))
        }
    }
}
