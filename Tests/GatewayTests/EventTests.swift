import NIOConcurrencyHelpers
import TaskDomain
import TaskJSON
import TaskMessages
import Testing
import TestSupport

@testable import gateway

@Suite("Events over HTTP", .timeLimit(.minutes(2)))
struct EventTests {
    private func listen(_ gateway: Gateway, _ headers: [String: String] = [:]) throws -> Connection {
        let connection = try gateway.connect()
        connection.send(request("GET", "/events", headers: headers))
        return connection
    }

    @Test("a listener is told how everything stands and what changes; the overview says the same")
    func told() async throws {
        try await withGateway { gateway, peer in
            peer.state.withLockedValue {
                $0.overview = Proto.OverviewReply(
                    atMs: 5, ready: 1, running: 2, unserved: 1, retrying: 3, held: 4, createdMilli: 1_500, oldestReadyMs: 70,
                    queues: [Proto.Queue(name: "mail", ready: 1)],
                    workers: [Proto.Worker(instance: "worker-1", state: .attached, version: "1", concurrency: 4, running: 2, finished: 9, failed: 1)],
                    notices: ["a notice"])
            }
            let overview = try #require(try await gateway.send("GET", "/overview").json)
            #expect(overview["counts"] == ["ready": 1, "running": 2, "unserved": 1, "retrying": 3, "held": 4, "dead": nil])
            #expect(overview["rates"]?["created"] == .double(1.5) && overview["oldest_ready_ms"] == 70 && overview["notices"] == ["a notice"])
            #expect(
                overview["workers"] == [
                    ["instance": "worker-1", "state": "attached", "version": "1", "concurrency": 4, "running": 2, "finished": 9, "failed": 1]
                ])
            let connection = try listen(gateway)
            let first = try await connection.text(with: "event: snapshot")
            #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n") && first.lowercased().contains("content-type: text/event-stream\r\n"))
            #expect(first.contains("retry: 2000\n\n") && first.contains("\"mail\""))
            peer.state.withLockedValue { $0.overview?.running = 7 }
            let second = try await connection.text(with: "event: change")
            let change = second.components(separatedBy: "event: change").last ?? ""
            #expect(change.contains("\"running\":7") && !change.contains("\"mail\""))
        }
    }

    @Test("however many listen there is one stream from the scheduler, begun with the first and ended with the last")
    func one() async throws {
        try await withGateway { gateway, peer in
            #expect(peer.state.withLockedValue { $0.watches } == 0)
            var listeners = try (0..<5).map { _ in try listen(gateway) }
            for listener in listeners { _ = try await listener.text(with: "event: snapshot") }
            #expect(peer.state.withLockedValue { $0.watches } == 1 && peer.state.withLockedValue { $0.watching.count } == 1)
            listeners = []
            // What is written next finds that nobody is there.
            try await eventually("the stream is ended") {
                peer.state.withLockedValue {
                    $0.overview?.running += 1
                    return $0.watching.isEmpty
                }
            }
            _ = try await listen(gateway).text(with: "event: snapshot")
            #expect(peer.state.withLockedValue { $0.watches } == 2)
        }
    }

    @Test("a scheduler that says nothing any more is away, and when it speaks again everything is told anew")
    func away() async throws {
        try await withGateway { gateway, peer in
            let connection = try listen(gateway)
            _ = try await connection.text(with: "event: snapshot")
            peer.state.withLockedValue { $0.overview = nil }
            let text = try await connection.text(with: "event: away")
            #expect(text.contains("no scheduler answers"))
            peer.state.withLockedValue { $0.overview = Proto.OverviewReply(atMs: 9, ready: 77) }
            let back = try await connection.text(with: "\"ready\":77").components(separatedBy: "event: away").last ?? ""
            #expect(back.contains("event: snapshot"))
        }
    }

    @Test("a scheduler of a build that cannot be watched is said to be so, and is asked again")
    func older() async throws {
        try await withGateway { gateway, peer in
            peer.state.withLockedValue { $0.isOlder = true }
            let connection = try listen(gateway)
            #expect(try await connection.text(with: "event: away").contains("of a build that does not tell how everything stands"))
            peer.state.withLockedValue { $0.isOlder = false }
            _ = try await connection.text(with: "event: snapshot")
        }
    }

    @Test("a stream that is not read is dropped, and its connection closed, so that a drain has nobody to wait for")
    func unread() async throws {
        try await withGateway(adjust: { $0.stallTimeout = .milliseconds(200) }) { gateway, peer in
            let unread = try listen(gateway)
            try await eventually("it listens") { peer.state.withLockedValue { $0.watching.count } == 1 }
            // In the end more than the system takes for a peer that reads nothing.
            let notices = (0..<20).map { _ in String(repeating: "n", count: 20_000) }
            var number: Int64 = 0
            try await eventually("it is dropped, and with it the scheduler's stream ended") {
                number += 1
                let overview = Proto.OverviewReply(atMs: number, notices: notices + ["\(number)"])
                return peer.state.withLockedValue {
                    $0.overview = overview
                    return $0.watching.isEmpty
                }
            }
            await gateway.drained()
            withExtendedLifetime(unread) {}
        }
    }

    @Test("a stream outlives what bounds other answers")
    func long() async throws {
        try await withGateway(adjust: {
            $0.requestTimeout = .milliseconds(200)
            $0.answerTimeout = .milliseconds(200)
            $0.idleTimeout = .milliseconds(200)
        }) { gateway, peer in
            let connection = try listen(gateway)
            for number in 0..<Int64(6) {
                peer.state.withLockedValue { $0.overview = Proto.OverviewReply(atMs: number, ready: UInt64(100 + number)) }
                _ = try await connection.text(with: "\"ready\":\(100 + number)")
            }
        }
    }

    @Test("a drain ends streams, so that the gateway stops at once")
    func drain() async throws {
        try await withGateway { gateway, _ in
            let connection = try listen(gateway)
            _ = try await connection.text(with: "event: snapshot")
            await gateway.drain()
            #expect(try await connection.text(with: "event: end").contains("this gateway is stopping"))
            #expect(try await connection.ends())
        }
    }

    @Test("a key that is taken away ends its stream, and another's goes on")
    func keys() async throws {
        let folder = try KeysFolder(line("see", "viewer", "viewer"), line("root", "admin", "admin"), line("own", "caller"))
        try await withGateway(callers: try Callers(keysFile: folder.file, allowsAnonymous: false)) { gateway, _ in
            let viewer = try listen(gateway, ["Authorization": "Bearer viewer"]), admin = try listen(gateway, ["Authorization": "Bearer admin"])
            for connection in [viewer, admin] { _ = try await connection.text(with: "event: snapshot") }
            expectProblem(try await gateway.send("GET", "/events", headers: ["Authorization": "Bearer caller"]), 403)
            expectProblem(try await gateway.send("GET", "/events"), 401)
            try folder.put(line("root", "admin", "admin") + "\n")
            #expect(try await viewer.text(with: "event: end").contains("not good any more"))
            #expect(try await !admin.text(with: "event: snapshot").contains("event: end"))
        }
    }
}
