import Foundation
import TaskDomain
import Testing

@testable import Delivery

@Suite("Backends that mean ill, or are broken", .timeLimit(.minutes(3)))
struct HostileBackendTests {
    private static let secret = "Kq7vZ2x9Lw4T"

    private func deliver(_ action: ScriptedServer.Action, timeout: Int = 60_000) async throws -> DeliveryResult {
        let server = ScriptedServer { _ in action }
        defer { server.stop() }
        let engine = try DeliveryEngine()
        let result = await engine.deliver(Self.request(server.url, timeout: timeout))
        await engine.stop()
        return result
    }

    private static func request(_ url: String, timeout: Int = 60_000) -> DeliveryRequest {
        DeliveryRequest(
            url: url + "/x", headers: [("Idempotency-Key", "id:1")], authorization: Secret("Bearer \(secret)"), body: Array("{}".utf8),
            timeoutMilliseconds: timeout)
    }

    @Test("a body without end is cut at its bound, and the status before it counts", arguments: [
        ("HTTP/1.1 200 x\r\n\r\n", DeliveryResult.Outcome.delivered), ("HTTP/1.1 503 x\r\n\r\n", .retry(afterMilliseconds: nil)),
        ("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n", .delivered),
        ("HTTP/1.1 404 x\r\nContent-Length: 999999999999\r\n\r\n", .rejected),
    ])
    func endlessBody(head: String, expected: DeliveryResult.Outcome) async throws {
        let result = try await deliver(.endless(head, String(repeating: "x", count: 4_096)))
        #expect(result.outcome == expected)
        #expect(result.reason == .answerTooLarge)
        #expect(result.answer.count <= DeliveryConfiguration().keptAnswerBytes)
    }

    @Test("a header without end is no answer, be it lines, one line, or answers before the answer", arguments: [
        ("HTTP/1.1 200 x\r\n", "X-Filler: \(String(repeating: "y", count: 500))\r\n"), ("HTTP/1.1 200 x\r\nX: ", String(repeating: "y", count: 500)),
        ("", "HTTP/1.1 100 Continue\r\n\r\n"), ("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
        ("", String(repeating: "y", count: 500)),
    ])
    func endlessHeader(head: String, piece: String) async throws {
        let result = try await deliver(.endless(head, piece))
        #expect(result.outcome == .retry(afterMilliseconds: nil))
        #expect(result.statusCode == 0)
        #expect([.headerTooLarge, .notHTTP, .readFailed].contains(result.reason), "\(result)")
    }

    @Test("a few answers before the answer are passed over")
    func interim() async throws {
        let interim = String(repeating: "HTTP/1.1 102 Processing\r\nRetry-After: 999\r\n\r\n", count: 5)
        let result = try await deliver(.raw(interim + "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"))
        #expect(result.outcome == .retry(afterMilliseconds: nil))
        #expect(result.statusCode == 503)
    }

    @Test("an answer that comes a byte at a time has the request's time and no more", arguments: [true, false])
    func slowAnswer(isInHeader: Bool) async throws {
        let head = isInHeader ? "HTTP/1.1 200 x\r\nX: " : "HTTP/1.1 200 x\r\nContent-Length: 100000\r\n\r\n"
        let result = try await deliver(.dripping(head, everyMilliseconds: 20), timeout: 3_000)
        #expect(result.outcome == (isInHeader ? .retry(afterMilliseconds: nil) : .delivered))
        #expect(result.reason == (isInHeader ? .timedOut : .answerIncomplete))
    }

    @Test("a redirect is not followed, and the credential goes nowhere else", arguments: [301, 302, 303, 307, 308])
    func redirect(status: Int) async throws {
        let elsewhere = ScriptedServer { _ in .answer(200) }
        defer { elsewhere.stop() }
        let result = try await deliver(.answer(status, headers: ["Location: \(elsewhere.url)/stolen"]))
        #expect(result.outcome == .rejected)
        #expect(result.statusCode == status)
        #expect(elsewhere.requests.isEmpty)
    }

    @Test("a Content-Length that promises more than comes leaves the status to count", arguments: [
        (200, DeliveryResult.Outcome.delivered), (503, .retry(afterMilliseconds: nil)), (400, .rejected),
    ])
    func lengthTooLong(status: Int, expected: DeliveryResult.Outcome) async throws {
        let result = try await deliver(.raw("HTTP/1.1 \(status) x\r\nContent-Length: 500\r\n\r\nshort"))
        #expect(result.outcome == expected)
        #expect(result.reason == .answerIncomplete)
    }

    @Test("what comes behind the end of an answer is never taken for the next answer")
    func lengthTooShort() async throws {
        let forged = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        let server = ScriptedServer { request in
            request.connection == 0 ? .then("HTTP/1.1 503 x\r\nContent-Length: 2\r\n\r\nno" + forged) : .answer(503)
        }
        defer { server.stop() }
        var configuration = DeliveryConfiguration()
        configuration.maximumConnectionsPerHost = 1
        let engine = try DeliveryEngine(configuration: configuration)
        for _ in 0..<3 {
            let result = await engine.deliver(Self.request(server.url))
            #expect(result.outcome == .retry(afterMilliseconds: nil), "\(result)")
        }
        #expect(server.requests.count == 3)
        #expect(server.requests.dropFirst().allSatisfy { $0.connection > 0 })
        await engine.stop()
    }

    @Test("two lengths, or a length that is none, are no orderly answer and never a delivery by mistake", arguments: [
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: -1\r\n", "Content-Length: 5x\r\n", "Content-Length: 99999999999999999999\r\n",
    ])
    func strangeLengths(header: String) async throws {
        let result = try await deliver(.raw("HTTP/1.1 503 x\r\n\(header)\r\nhello"))
        #expect(result.outcome == .retry(afterMilliseconds: nil), "\(result)")
    }

    @Test("a status line that is none is a retry", arguments: [
        "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 1000 x\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/0.9 200 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n", "\r\n\r\n", "200 OK\r\n\r\n", "HTTP/1.1 000 x\r\n\r\n", "HTTP/1.1 -200 x\r\n\r\n", "\u{0}\u{1}\u{2}",
    ])
    func statusLine(line: String) async throws {
        let result = try await deliver(.raw(line))
        #expect(result.outcome == .retry(afterMilliseconds: nil), "\(result)")
    }

    @Test("an answer is taken as it is: no encoding is asked for, and none is undone")
    func compressed() async throws {
        let server = ScriptedServer { _ in .answer(400, headers: ["Content-Encoding: gzip"], body: "\u{1F}not unpacked") }
        defer { server.stop() }
        let engine = try DeliveryEngine()
        let result = await engine.deliver(Self.request(server.url))
        #expect(String(decoding: result.answer, as: UTF8.self) == "\u{1F}not unpacked")
        #expect(server.requests.first?.headers["accept-encoding"] == nil)
        #expect(server.requests.first?.headers["te"] == nil)
        await engine.stop()
    }

    @Test("an answer that quotes the credential over and over is kept no longer than any other")
    func quoted() async throws {
        let server = ScriptedServer { _ in .answer(400, body: String(repeating: String(Self.secret.prefix(8)) + ".", count: 1_000)) }
        defer { server.stop() }
        let engine = try DeliveryEngine()
        let result = await engine.deliver(Self.request(server.url))
        #expect(result.answer.count <= DeliveryConfiguration().keptAnswerBytes)
        #expect(!String(decoding: result.answer, as: UTF8.self).contains(Self.secret.prefix(8)))
        await engine.stop()
    }

    @Test("a reused connection that ends without a word: the request is sent once more at most, with its key, and the result says so")
    func sentTwice() async throws {
        // The first request on a connection is answered; the second loses it, after it was read.
        let server = ScriptedServer { request in request.number == 0 ? .answer(200) : .drop }
        defer { server.stop() }
        let engine = try DeliveryEngine()
        #expect(await engine.deliver(Self.request(server.url)).outcome == .delivered)
        let result = await engine.deliver(Self.request(server.url))
        #expect(result.outcome == .delivered)
        #expect(result.sendings == 2)
        #expect(result.detail.contains("sent twice"))
        #expect(server.requests.map(\.connection) == [0, 0, 1])
        #expect(server.requests.allSatisfy { $0.headers["idempotency-key"] == "id:1" })
        #expect(engine.statistics.sentAgain == 1)
        await engine.stop()
    }

    @Test("a request that a fresh connection loses is not sent again by itself")
    func sentOnce() async throws {
        let server = ScriptedServer { _ in .drop }
        defer { server.stop() }
        let engine = try DeliveryEngine()
        let result = await engine.deliver(Self.request(server.url))
        #expect(result.outcome == .retry(afterMilliseconds: nil))
        #expect(result.sendings == 1)
        #expect(server.requests.count == 1)
        await engine.stop()
    }

    @Test("a certificate of an unknown authority, for another name, or out of date is refused, and the credential is not sent")
    func certificates() async throws {
        let folder = try TLSFolder()
        let cases: [(name: String, certificate: TLSFolder.Certificate, trusts: Bool, expected: DeliveryResult.Outcome)] = [
            ("good", .init(names: "IP:127.0.0.1,DNS:localhost", days: 2), true, .delivered),
            ("unknown authority", .init(names: "IP:127.0.0.1", days: 2), false, .retry(afterMilliseconds: nil)),
            ("another name", .init(names: "DNS:elsewhere.example", days: 2), true, .retry(afterMilliseconds: nil)),
            ("out of date", .init(names: "IP:127.0.0.1", days: -1), true, .retry(afterMilliseconds: nil)),
        ]
        for (name, certificate, trusts, expected) in cases {
            let server = try folder.serve(certificate)
            defer { server.stop() }
            var configuration = DeliveryConfiguration()
            if trusts { configuration.certificateAuthorityFile = folder.authority }
            let engine = try DeliveryEngine(configuration: configuration)
            let result = await engine.deliver(Self.request("https://127.0.0.1:\(server.port)"))
            #expect(result.outcome == expected, "\(name): \(result)")
            #expect(expected == .delivered || result.reason == .tlsFailed, "\(name): \(result)")
            #expect(server.requests.contains(Self.secret) == (expected == .delivered), "\(name)")
            await engine.stop()
        }
    }

    @Test("a backend that speaks nothing newer than TLS 1.1 is not spoken to", arguments: [(TLSServer.Version.oldest, false), (.middle, true), (.newest, true)])
    func versions(version: TLSServer.Version, isGood: Bool) async throws {
        let folder = try TLSFolder()
        let server = try folder.serve(.init(names: "IP:127.0.0.1", days: 2), version: version)
        defer { server.stop() }
        var configuration = DeliveryConfiguration()
        configuration.certificateAuthorityFile = folder.authority
        let engine = try DeliveryEngine(configuration: configuration)
        let result = await engine.deliver(Self.request("https://127.0.0.1:\(server.port)"))
        #expect((result.outcome == .delivered) == isGood, "\(result)")
        #expect(isGood || result.reason == .tlsFailed, "\(result)")
        #expect(server.requests.contains(Self.secret) == isGood)
        await engine.stop()
    }

    @Test("a request beyond the queue's bound is answered at once; one whose turn does not come in half of its time is given up unsent")
    func queue() async throws {
        let server = ScriptedServer { _ in .stall(milliseconds: 3_600_000) }
        defer { server.stop() }
        var configuration = DeliveryConfiguration()
        configuration.maximumConnectionsPerHost = 1
        configuration.maximumQueued = 2
        let engine = try DeliveryEngine(configuration: configuration)
        let first = Task { await engine.deliver(Self.request(server.url)) }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        let waiting = (0..<2).map { _ in Task { await engine.deliver(Self.request(server.url, timeout: 8_000)) } }
        while engine.statistics.queued < 2 { try await Task.sleep(for: .milliseconds(5)) }
        let refused = await engine.deliver(Self.request(server.url))
        #expect(refused.reason == .queueFull)
        #expect(refused.outcome == .unsent(forMilliseconds: nil))
        #expect(refused.startedAt == nil)
        for task in waiting {
            let result = await task.value
            #expect(result.reason == .timedOutInQueue)
            #expect(result.outcome == .unsent(forMilliseconds: nil))
            #expect(result.startedAt == nil)
        }
        first.cancel()
        _ = await first.value
        #expect(server.requests.count == 1)
        await engine.stop()
    }
}
