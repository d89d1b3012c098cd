import Testing
import TestSupport

@testable import gateway

@Suite("More requests than can be carried out", .timeLimit(.minutes(2)))
struct AdmissionTests {
    @Test("one beyond the places is refused at its head with 503 and Retry-After, and there is room again when one is answered")
    func places() async throws {
        let admission = Admission(places: 1)
        try await withGateway(deadlineMilliseconds: 1_000, adjust: { $0.admission = admission }) { gateway, peer in
            peer.state.withLockedValue { $0.isSilent = true }
            let first = try gateway.connect()
            first.send(request("POST", "/remind_me", body: body().bytes()))
            try await eventually("the first is within") { admission.isFull }

            // On one connection: without its body, then with all of it, then without an answer's body.
            let second = try gateway.connect()
            second.send(Array(request("POST", "/remind_me", body: body().bytes()).prefix { $0 != UInt8(ascii: "{") }))
            let refusal = try await second.answer()
            expectProblem(refusal, 503)
            #expect(refusal.headers["retry-after"] == "1")
            second.send(body().bytes())
            second.send(request("GET", "/reminders"))
            expectProblem(try await second.answer(), 503)
            second.send(request("HEAD", "/reminders"))
            #expect(try await second.answer(toHead: true).status == 503)
            #expect(gateway.log.text.contains("1 requests were under way"))

            // The scheduler does not answer in time, so the first ends, too; then all is as ever, for both.
            expectProblem(try await first.answer(), 503)
            peer.state.withLockedValue { $0.isSilent = false }
            try await eventually("there is room again") { !admission.isFull }
            for connection in [first, second, first] {
                connection.send(request("POST", "/remind_me", body: body().bytes()))
                #expect(try await connection.answer().status == 201)
            }
        }
    }

    @Test("a body that comes slowly takes nobody's place, nor does a caller that has gone or is answered early")
    func slowBody() async throws {
        let admission = Admission(places: 1)
        try await withGateway(deadlineMilliseconds: 1_000, adjust: { $0.admission = admission }) { gateway, peer in
            let slow = try gateway.connect()
            let expecting = request("POST", "/remind_me", headers: ["Expect": "100-continue"], body: body().bytes())
            slow.send(Array(expecting.dropLast()))
            #expect(try await slow.answer().status == 100, "its head has been read")
            #expect(try await gateway.post("/remind_me", body()).status == 201)
            slow.send("}")
            #expect(try await slow.answer().status == 201)

            // Refused for its media type before its body is there, which then comes.
            let wrong = try gateway.connect()
            let text = request("POST", "/remind_me", headers: ["Content-Type": "text/plain"], body: body().bytes())
            wrong.send(Array(text.dropLast()))
            #expect(try await wrong.answer().status == 415)
            wrong.send("}")
            #expect(try await gateway.post("/remind_me", body()).status == 201)

            peer.state.withLockedValue { $0.isSilent = true }
            var gone: Connection? = try gateway.connect()
            gone?.send(request("POST", "/remind_me", body: body().bytes()))
            try await eventually("it is within") { admission.isFull }
            gone = nil
            try await eventually("its place is free") { !admission.isFull }
        }
    }

    @Test("of many requests that fail in a second, a few are logged")
    func log() {
        let sink = LogSink()
        let failures = FailureLog(sink.logger)
        for _ in 0..<1_000 { failures.record(.unavailable("not now", cause: "a test"), route: "POST /remind_me") }
        let lines = sink.text.split(separator: "\n").count
        // The loop may meet the end of a second.
        #expect((LineBudget.linesPerSecond...LineBudget.linesPerSecond * 5).contains(lines))
    }
}
