import Testing

@testable import gateway

@Suite("More requests than can be carried out", .timeLimit(.minutes(2)))
struct AdmissionTests {
    @Test("one beyond the places is refused at once with 503 and Retry-After, and there is room again when one has ended")
    func places() throws {
        let admission = Admission(places: 2)
        try admission.enter()
        try admission.enter()
        // The refused ones take nobody's place.
        for _ in 0..<3 {
            let error = #expect(throws: Problem.self) { try admission.enter() }
            #expect(error?.status == .serviceUnavailable)
            #expect(error?.headers[.retryAfter] == "1")
        }
        admission.leave()
        try admission.enter()
        #expect(throws: Problem.self) { try admission.enter() }
    }

    @Test("of many requests that fail in a second, a few are logged")
    func log() {
        let sink = LogSink()
        let failures = FailureLog(sink.logger)
        for _ in 0..<1_000 { failures.record(.unavailable("not now", cause: "a test"), route: "POST /remind_me") }
        let lines = sink.text.split(separator: "\n").count
        // The loop may meet the end of a second.
        #expect((FailureLog.linesPerSecond...FailureLog.linesPerSecond * 5).contains(lines))
    }
}
