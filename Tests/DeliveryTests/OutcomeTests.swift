import Foundation
import Synchronization
import TaskDomain
import Testing

@testable import Delivery

@Suite("What becomes of a request", .timeLimit(.minutes(3)))
struct OutcomeTests {
    static let secret = "Kq7vZ2x9Lw4T"

    private func deliver(
        _ action: ScriptedServer.Action, timeout: Int = 60_000, configuration: DeliveryConfiguration = DeliveryConfiguration()
    ) async throws -> DeliveryResult {
        let server = ScriptedServer { _ in action }
        defer { server.stop() }
        let engine = try DeliveryEngine(configuration: configuration)
        let result = await engine.deliver(
            DeliveryRequest(
                url: server.url + "/x", authorization: Secret("Bearer \(Self.secret)"), body: Array("{}".utf8), timeoutMilliseconds: timeout))
        await engine.stop()
        for text in [result.detail, String(decoding: result.answer, as: UTF8.self)] { #expect(!text.contains(Self.secret)) }
        return result
    }

    @Test("the status decides", arguments: [
        (200, DeliveryResult.Outcome.delivered), (201, .delivered), (204, .delivered), (401, .authRejected), (403, .authRejected),
        (400, .rejected), (404, .rejected), (409, .rejected), (410, .rejected), (422, .rejected), (408, .retry(afterMilliseconds: nil)),
        (425, .retry(afterMilliseconds: nil)), (429, .retry(afterMilliseconds: nil)), (500, .retry(afterMilliseconds: nil)),
        (502, .retry(afterMilliseconds: nil)), (503, .retry(afterMilliseconds: nil)), (599, .retry(afterMilliseconds: nil)),
    ])
    func status(code: Int, expected: DeliveryResult.Outcome) async throws {
        let result = try await deliver(.answer(code))
        #expect(result.outcome == expected)
        #expect(result.statusCode == code)
        #expect(result.startedAt != nil)
    }

    @Test("a redirect is not followed")
    func redirect() async throws {
        let result = try await deliver(.answer(302, headers: ["Location: http://127.0.0.1:1/elsewhere"]))
        #expect(result.outcome == .rejected)
        #expect(result.statusCode == 302)
    }

    @Test("Retry-After is read in seconds and as a date, and is bounded by an hour", arguments: [
        ("2", 2_000...2_000), ("0", 0...0), ("999999999999", 86_400_000...86_400_000), ("nonsense", nil), ("-1", nil),
    ] as [(String, ClosedRange<Int>?)])
    func retryAfter(text: String, expected: ClosedRange<Int>?) async throws {
        guard case .retry(let pause) = try await deliver(.answer(503, headers: ["Retry-After: \(text)"])).outcome else {
            Issue.record("not a retry")
            return
        }
        if let expected { #expect(pause.map(expected.contains) == true, "\(text): \(String(describing: pause))") } else { #expect(pause == nil) }
    }

    @Test("a Retry-After date is the time from now")
    func retryAfterDate() async throws {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let date = formatter.string(from: Date().addingTimeInterval(30))
        guard case .retry(let pause?) = try await deliver(.answer(429, headers: ["Retry-After: \(date)"])).outcome else {
            Issue.record("no pause")
            return
        }
        #expect((20_000...30_000).contains(pause))
    }

    @Test("nobody listening is a retry that says so")
    func refused() async throws {
        let server = ScriptedServer { _ in .drop }
        server.stop()
        let engine = try DeliveryEngine()
        let result = await engine.deliver(DeliveryRequest(url: "http://127.0.0.1:1/x", body: [], timeoutMilliseconds: 2_000))
        #expect(result.outcome == .retry(afterMilliseconds: nil))
        #expect(result.reason == .connectFailed)
        #expect(result.statusCode == 0)
        await engine.stop()
    }

    @Test("a connection that is lost, and an answer that is no HTTP, are retries", arguments: [
        ScriptedServer.Action.drop, .raw("nonsense\r\n\r\n"), .raw("HTTP/1.1 200 x\r\nContent-Le"),
    ])
    func broken(action: ScriptedServer.Action) async throws {
        let result = try await deliver(action)
        #expect(result.outcome == .retry(afterMilliseconds: nil), "\(result)")
    }

    @Test("an answer that does not come in time is a retry, within the time")
    func timeout() async throws {
        // The server's word would come after the test's own limit.
        let result = try await deliver(.stall(milliseconds: 3_600_000), timeout: 200)
        #expect(result.outcome == .retry(afterMilliseconds: nil))
        #expect(result.reason == .timedOut)
    }

    @Test("an answer that never ends is cut, and its status counts")
    func hugeAnswer() async throws {
        let result = try await deliver(.answer(200, body: String(repeating: "x", count: 4 << 20)))
        #expect(result.outcome == .delivered)
        #expect(result.answer.count <= DeliveryConfiguration().keptAnswerBytes)
    }

    @Test("endless headers are no answer")
    func hugeHeader() async throws {
        let result = try await deliver(.raw("HTTP/1.1 200 x\r\n" + String(repeating: "X-Filler: \(String(repeating: "y", count: 1_000))\r\n", count: 200)))
        #expect(result.outcome == .retry(afterMilliseconds: nil))
    }

    @Test("a backend that quotes the credential does not bring it into the history")
    func echo() async throws {
        let result = try await deliver(.answer(401, body: "bad credential: Bearer \(Self.secret) and \(Self.secret)"))
        #expect(result.outcome == .authRejected)
        #expect(String(decoding: result.answer, as: UTF8.self).contains("[redacted]"))
    }

    @Test("a credential that would break the header is not sent", arguments: ["a\r\nX: y", "a\u{0}b", "a\nb"])
    func injection(authorization: String) async throws {
        let server = ScriptedServer { _ in .answer(200) }
        defer { server.stop() }
        let engine = try DeliveryEngine()
        let result = await engine.deliver(DeliveryRequest(url: server.url, authorization: Secret(authorization), body: []))
        #expect(result.reason == .invalidAuthorization)
        #expect(server.requests.isEmpty)
        await engine.stop()
    }
}
