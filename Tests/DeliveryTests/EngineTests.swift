import Foundation
import Synchronization
import Testing

@testable import Delivery

@Suite("The delivery engine", .timeLimit(.minutes(3)))
struct EngineTests {
    private static func notification(usernames: [String] = [], itemID: String = #""i""#) -> EdvoraNotification {
        EdvoraNotification(
            title: "A \"title\"\n", body: "b", image: "", kind: 1, classroomID: "c", createdAt: 1_794_990_000, createdBy: "u",
            itemIDJSON: Array(itemID.utf8), usernames: usernames)
    }

    @Test("the request is the contract's to the letter")
    func request() async throws {
        let server = ScriptedServer { _ in .answer(200) }
        defer { server.stop() }
        let engine = try DeliveryEngine()
        let base = try EdvoraBaseURL(server.url + "/v1/")
        for notification in [Self.notification(itemID: #"["a","b"]"#), Self.notification(usernames: ["x", "y"])] {
            let delivery = EdvoraRequest(notification).delivery(
                to: base, authorization: "Bearer verbatim  value", idempotencyKey: "id:1", traceparent: "00-a-b-00",
                userAgent: "task-scheduler/1.0.0", timeoutMilliseconds: 60_000)
            #expect(await engine.deliver(delivery).outcome == .delivered)
        }
        await engine.stop()
        let (classroom, users) = (server.requests[0], server.requests[1])
        #expect(classroom.method == "POST")
        #expect(classroom.path == "/v1/notifications/classroom")
        #expect(users.path == "/v1/notifications/users")
        #expect(classroom.headers["authorization"] == "Bearer verbatim  value")
        #expect(classroom.headers["content-type"] == "application/json")
        #expect(classroom.headers["idempotency-key"] == "id:1")
        #expect(classroom.headers["traceparent"] == "00-a-b-00")
        #expect(classroom.headers["user-agent"] == "task-scheduler/1.0.0")
        #expect(
            classroom.body
                == #"{"classroom_id":"c","topic":"c","payload":{"title":"A \"title\"\n","body":"b","image":"","kind":1,"classroom_id":"c","#
                + #""created_at":1794990000,"created_by":"u","item_id":["a","b"],"action":false,"action_path":[],"extra_path":""},"usernames":[]}"#)
        #expect(
            users.body
                == #"{"usernames":["x","y"],"payload":{"title":"A \"title\"\n","body":"b","image":"","kind":1,"created_at":1794990000,"#
                + #""created_by":"u","item_id":"i","action":false,"action_path":[],"extra_path":""}}"#)
    }

    @Test("connections are used again, and every request of thousands is answered once")
    func many() async throws {
        let server = ScriptedServer { _ in .answer(200) }
        defer { server.stop() }
        var configuration = DeliveryConfiguration()
        configuration.maximumConnectionsPerHost = 8
        let engine = try DeliveryEngine(configuration: configuration)
        let count = 3_000
        let answers = Mutex<[Int: Int]>([:])
        await withCheckedContinuation { done in
            engine.submit(
                (0..<count).map { number in
                    (
                        DeliveryRequest(url: server.url + "/\(number)", body: Array("{}".utf8), timeoutMilliseconds: 30_000),
                        { result in
                            #expect(result.outcome == .delivered)
                            let answered = answers.withLock {
                                $0[number, default: 0] += 1
                                return $0.count
                            }
                            if answered == count { done.resume() }
                        }
                    )
                })
        }
        #expect(answers.withLock { $0.values.allSatisfy { $0 == 1 } })
        #expect(server.requests.count == count)
        #expect(engine.statistics.connectionsOpened <= 8)
        await engine.stop()
    }

    @Test("answers that came in time count, however long the process then stood still")
    func standstill() async throws {
        let count = 700, timeout = 3_000
        let asked = Atomic<Int>(0), answered = Atomic<Int>(0)
        let allAsked = Gate(), standsStill = Gate()
        let server = ScriptedServer { request in
            if request.path == "/first" {
                allAsked.pass()
            } else {
                if asked.add(1, ordering: .relaxed).newValue == count { allAsked.open() }
                standsStill.pass()
                answered.add(1, ordering: .relaxed)
            }
            return .answer(200)
        }
        defer { server.stop() }
        var configuration = DeliveryConfiguration()
        configuration.maximumConnectionsPerHost = count + 1
        let engine = try DeliveryEngine(configuration: configuration)
        // Completions run on the delivery thread: this one holds it up until the others are answered and their time is over.
        let standStill: @Sendable (DeliveryResult) -> Void = { _ in
            standsStill.open()
            while answered.load(ordering: .relaxed) < count { usleep(1_000) }
            usleep(UInt32(timeout) * 1_000)
        }
        engine.submit([(DeliveryRequest(url: server.url + "/first", body: [], timeoutMilliseconds: 60_000), standStill)])
        let others = (0..<count).map { number in
            Task { await engine.deliver(DeliveryRequest(url: server.url + "/\(number)", body: [], timeoutMilliseconds: timeout)) }
        }
        for other in others { #expect(await other.value.outcome == .delivered) }
        #expect(server.requests.count == count + 1)
        await engine.stop()
    }

    @Test("a cancelled request ends at once")
    func cancel() async throws {
        // Far longer than the test may take: the end cannot be the server's.
        let server = ScriptedServer { _ in .stall(milliseconds: 3_600_000) }
        defer { server.stop() }
        let engine = try DeliveryEngine()
        let task = Task { await engine.deliver(DeliveryRequest(url: server.url, body: [], timeoutMilliseconds: 300_000)) }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        #expect(await task.value.reason == .cancelled)
        await engine.stop()
    }

    @Test("what nobody waits for any more when its turn comes is not sent")
    func unwanted() async throws {
        let isOver = Gate(), isWanted = Atomic<Bool>(true)
        let server = ScriptedServer { _ in
            isOver.pass()
            return .answer(200)
        }
        defer { server.stop() }
        var configuration = DeliveryConfiguration()
        configuration.maximumConnectionsPerHost = 1
        let engine = try DeliveryEngine(configuration: configuration)
        let wishes: [(@Sendable () -> Bool)?] = [nil, { isWanted.load(ordering: .relaxed) }, { true }]
        var calls: [Task<DeliveryResult, Never>] = []
        for (number, wish) in wishes.enumerated() {
            let request = DeliveryRequest(url: server.url, body: [], timeoutMilliseconds: 60_000, isWanted: wish)
            calls.append(Task { await engine.deliver(request) })
            // Each has its place before the next comes.
            while server.requests.isEmpty || engine.statistics.queued < number { try await Task.sleep(for: .milliseconds(5)) }
        }
        isWanted.store(false, ordering: .relaxed)
        isOver.open()
        #expect(await calls[0].value.reason == .answered)
        #expect(await calls[1].value.reason == .cancelled)
        #expect(await calls[2].value.reason == .answered)
        #expect(server.requests.count == 2)
        await engine.stop()
    }

    @Test("stopping finishes what was taken, and refuses what comes after")
    func stop() async throws {
        let server = ScriptedServer { _ in .stall(milliseconds: 300) }
        defer { server.stop() }
        let engine = try DeliveryEngine()
        let task = Task { await engine.deliver(DeliveryRequest(url: server.url, body: [])) }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        await engine.stop()
        #expect(await task.value.outcome == .delivered)
        #expect(await engine.deliver(DeliveryRequest(url: server.url, body: [])).reason == .stopping)
    }

    @Test("after repeated failures to connect a host is left alone, and taken up again when it is back")
    func circuit() async throws {
        // A port that was free a moment ago.
        let probe = ScriptedServer { _ in .drop }
        let port = probe.port
        probe.stop()
        var configuration = DeliveryConfiguration()
        configuration.circuitThreshold = 3
        configuration.circuitProbeMilliseconds = 100
        let engine = try DeliveryEngine(configuration: configuration)
        let request = DeliveryRequest(url: "http://127.0.0.1:\(port)/", body: [], timeoutMilliseconds: 1_000)
        var reasons: Set<DeliveryReason> = []
        for _ in 0..<10 { reasons.insert(await engine.deliver(request).reason) }
        #expect(reasons.contains(.circuitOpen))
        #expect(engine.statistics.openCircuits == 1)

        let server = ScriptedServer(port: port) { _ in .answer(200) }
        defer { server.stop() }
        let deadline = ContinuousClock.now + .seconds(60)
        var outcome = DeliveryResult.Outcome.rejected
        while outcome != .delivered, ContinuousClock.now < deadline {
            outcome = await engine.deliver(request).outcome
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(outcome == .delivered)
        #expect(await engine.deliver(request).outcome == .delivered)
        await engine.stop()
    }
}

/// Closed at first; who passes waits until it is open.
private final class Gate: @unchecked Sendable {
    // Unchecked: `isOpen` is only touched while the condition's lock is held.
    private let condition = NSCondition()
    private var isOpen = false

    func open() { condition.withLock { isOpen = true; condition.broadcast() } }
    func pass() { condition.withLock { while !isOpen { condition.wait() } } }
}
