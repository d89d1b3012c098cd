import Delivery
import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TaskDomain
import TaskMessages
import TaskWire
import Testing

@testable import notifier

private let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// The notifier as its service wires it, on a port of loopback, for a backend that a test scripts.
private final class NotifierUnderTest: Sendable {
    let engine: DeliveryEngine
    private let server: Server
    private let port: Int
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let clients = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init(_ backend: ScriptedServer, timeout: Duration = .seconds(50), connections: Int = 64, signer: WebhookSigner? = nil) async throws {
        var configuration = DeliveryConfiguration()
        configuration.maximumConnectionsPerHost = connections
        engine = try DeliveryEngine(configuration: configuration)
        let api = NotifierAPI(
            engine: engine, backend: try EdvoraBaseURL(backend.url), signer: signer, userAgent: "task-scheduler/test", timeout: timeout,
            eventLoop: group.next())
        server = Server(settings: Self.settings(.notifier), table: api.table(), eventLoop: group.next(), logger: quiet)
        port = try await server.start(host: "127.0.0.1", port: 0).port ?? 0
    }

    private static func settings(_ role: Role) -> WireSettings {
        WireSettings(identity: PeerIdentity(role: role, instance: "\(role)-1", build: "test"))
    }

    /// A worker's connection.
    func caller() -> Client {
        let client = Client(
            to: .notifier, at: [WireEndpoint(host: "127.0.0.1", port: port)], settings: Self.settings(.worker), repetition: .never,
            eventLoop: clients.next(), logger: quiet)
        client.start()
        return client
    }

    /// As the service does at SIGTERM.
    func drain() async {
        await server.drain(milliseconds: 60_000)
        await engine.stop()
    }

    func stop() async throws {
        await drain()
        try await group.shutdownGracefully()
        try await clients.shutdownGracefully()
    }
}

private func deliver(
    _ caller: Client, key: String = "k:1", notification: [UInt8]? = nil, milliseconds: Int = 60_000
) async throws -> Proto.DeliverReply {
    let bytes = try notification ?? Proto.Notification(title: "t", body: "b", classroomId: "c", createdBy: "u", itemIdJson: Array(#""i""#.utf8)).packed()
    return try await caller.call(
        NotifierService.deliver,
        Proto.DeliverRequest(idempotencyKey: key, authorization: "Bearer abcdefgh", notification: bytes, traceparent: "00-a-b-00"),
        deadline: .after(milliseconds: milliseconds))
}

extension Client {
    /// A delivery that can be called off by its tag.
    fileprivate func tagged(_ tag: UInt64) -> EventLoopFuture<Proto.DeliverReply> {
        let promise = eventLoop.makePromise(of: Proto.DeliverReply.self)
        eventLoop.execute {
            let notification = (try? Proto.Notification(title: "t", body: "b", classroomId: "c", createdBy: "u").packed()) ?? []
            self.start(
                NotifierService.deliver, Proto.DeliverRequest(idempotencyKey: "tag:\(tag)", notification: notification),
                deadline: .after(milliseconds: 60_000), tag: tag
            ) { promise.completeWith($0.mapError { $0 as any Error }) }
        }
        return promise.futureResult
    }
}

@Suite("The notifier's Deliver call", .timeLimit(.minutes(3)))
struct DeliverCallTests {
    @Test("is one request to the backend, with the caller's credential and key, and says how it went")
    func delivered() async throws {
        let backend = ScriptedServer { _ in .answer(201) }
        defer { backend.stop() }
        let notifier = try await NotifierUnderTest(backend)
        let caller = notifier.caller()
        let begin = Int64(Date().timeIntervalSince1970 * 1_000)
        let reply = try await deliver(caller)
        #expect(reply.outcome == .delivered && reply.statusCode == 201 && reply.retryAfterMs == 0)
        #expect(reply.startedAtMs >= begin - 1 && reply.durationUs > 0)
        #expect(backend.requests.count == 1)
        let request = try #require(backend.requests.first)
        #expect(request.path == "/notifications/classroom" && request.headers["authorization"] == "Bearer abcdefgh")
        #expect(request.headers["idempotency-key"] == "k:1" && request.headers["traceparent"] == "00-a-b-00")
        await caller.stop()
        try await notifier.stop()
    }

    @Test("is signed where there is a secret, over what is sent, by the time at which it is sent; and not without one")
    func signed() async throws {
        let backend = ScriptedServer { _ in .answer(200) }
        defer { backend.stop() }
        let signer = WebhookSigner([try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))])
        let begin = Int64(Date().timeIntervalSince1970)
        for signer in [signer, nil] {
            let notifier = try await NotifierUnderTest(backend, signer: signer)
            let caller = notifier.caller()
            #expect(try await deliver(caller, key: "id:7").outcome == .delivered)
            await caller.stop()
            try await notifier.stop()
        }
        let (first, second) = (backend.requests[0], backend.requests[1])
        let time = try #require(first.headers["webhook-timestamp"].flatMap { Int64($0) })
        #expect((begin...(begin + 120)).contains(time))
        let expected = signer.headers(id: "id:7", at: UnixSeconds(time), body: Array(first.body.utf8))
        for (name, value) in expected { #expect(first.headers[name] == value) }
        #expect(first.headers["idempotency-key"] == "id:7")
        #expect(!second.headers.keys.contains { $0.hasPrefix("webhook") })
    }

    @Test("hands on what the backend's answer means, and the wait that it asks for")
    func answers() async throws {
        let backend = ScriptedServer { request in
            let status = Int(request.headers["idempotency-key"] ?? "") ?? 0
            return .answer(status, headers: status == 429 ? ["Retry-After: 7"] : status == 503 ? ["Retry-After: 0"] : [])
        }
        defer { backend.stop() }
        let notifier = try await NotifierUnderTest(backend)
        let caller = notifier.caller()
        let expected: [(Int, Proto.Outcome, UInt32)] = [
            (204, .delivered, 0), (401, .authRejected, 0), (422, .rejected, 0), (500, .retry, 0), (429, .retry, 7_000),
            // At once is not the same as not asked for.
            (503, .retry, 1),
        ]
        for (status, outcome, wait) in expected {
            let reply = try await deliver(caller, key: "\(status)")
            #expect(reply.outcome == outcome && reply.statusCode == UInt32(status) && reply.retryAfterMs == wait, "\(status): \(reply)")
        }
        await caller.stop()
        try await notifier.stop()
    }

    @Test("while nobody answers, says of what it does not send that it was not sent, and for how long that holds")
    func circuitOpen() async throws {
        let backend = ScriptedServer { _ in .answer(200) }
        let notifier = try await NotifierUnderTest(backend)
        backend.stop()
        let caller = notifier.caller()
        var replies: [Proto.DeliverReply] = []
        for number in 0..<40 { replies.append(try await deliver(caller, key: "\(number)")) }
        #expect(replies.first?.outcome == .retry)
        let unsent = replies.filter { $0.outcome == .unsent }
        #expect(!unsent.isEmpty)
        #expect(unsent.allSatisfy { (1...500).contains($0.retryAfterMs) && $0.statusCode == 0 && $0.startedAtMs == 0 }, "\(unsent)")
        await caller.stop()
        try await notifier.stop()
    }

    @Test("of a notification that cannot be read is answered as rejected, and nothing is sent")
    func unreadable() async throws {
        let backend = ScriptedServer { _ in .answer(200) }
        defer { backend.stop() }
        let notifier = try await NotifierUnderTest(backend)
        let caller = notifier.caller()
        let reply = try await deliver(caller, notification: [0xFF, 0xFF])
        #expect(reply.outcome == .rejected && reply.detail.contains("cannot be read"))
        #expect(try await deliver(caller).outcome == .delivered)
        #expect(backend.requests.count == 1)
        await caller.stop()
        try await notifier.stop()
    }

    @Test("is over at its deadline, and so is its request, however long the notifier itself would wait")
    func deadline() async throws {
        // Far longer than the test may take.
        let backend = ScriptedServer { _ in .stall(milliseconds: 3_600_000) }
        defer { backend.stop() }
        let notifier = try await NotifierUnderTest(backend)
        let caller = notifier.caller()
        do {
            let reply = try await deliver(caller, milliseconds: 2_000)
            #expect(reply.outcome == .retry && reply.statusCode == 0)
        } catch let error as CallError {
            // A machine that is slow enough has no time left for the answer's way back.
            #expect(error.code == .deadlineExceeded)
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while notifier.engine.statistics.inFlight > 0 {
            try #require(ContinuousClock.now < deadline, "the request goes on")
            try await Task.sleep(for: .milliseconds(5))
        }
        await caller.stop()
        try await notifier.stop()
    }

    @Test("of a worker that is gone sends nothing any more; what others asked for goes out")
    func callerGone() async throws {
        let isOver = Atomic<Bool>(false)
        let backend = ScriptedServer { _ in
            while !isOver.load(ordering: .relaxed) { usleep(1_000) }
            return .answer(200)
        }
        defer { backend.stop() }
        let notifier = try await NotifierUnderTest(backend, connections: 1)
        let leaving = notifier.caller(), staying = notifier.caller()
        let first = Task { try await deliver(staying, key: "first") }
        try await queued(notifier) { backend.requests.count == 1 }
        let abandoned = Task { try? await deliver(leaving, key: "abandoned") }
        try await queued(notifier) { notifier.engine.statistics.queued == 1 }
        let last = Task { try await deliver(staying, key: "last") }
        try await queued(notifier) { notifier.engine.statistics.queued == 2 }
        await leaving.stop()
        #expect(await abandoned.value == nil)
        // The notifier has heard of it when it has answered what came later on another connection: both are read in turns.
        let probe = notifier.caller()
        _ = try await deliver(probe, notification: [0xFF])
        isOver.store(true, ordering: .relaxed)
        #expect(try await first.value.outcome == .delivered)
        #expect(try await last.value.outcome == .delivered)
        #expect(backend.requests.map { $0.headers["idempotency-key"] } == ["first", "last"])
        await staying.stop()
        await probe.stop()
        try await notifier.stop()
    }

    @Test("that is called off while it waits for its turn is not sent, and says so; one that has left goes on", arguments: [true, false])
    func calledOff(isQueued: Bool) async throws {
        let isOver = Atomic<Bool>(false)
        let backend = ScriptedServer { _ in
            while !isOver.load(ordering: .relaxed) { usleep(1_000) }
            return .answer(200)
        }
        defer { backend.stop() }
        let notifier = try await NotifierUnderTest(backend, connections: 1)
        let caller = notifier.caller()
        let first = caller.tagged(1), second = caller.tagged(2)
        try await queued(notifier) { backend.requests.count == 1 && notifier.engine.statistics.queued == 1 }
        let isFirst = backend.requests.first?.headers["idempotency-key"] == "tag:1"
        let sent: UInt64 = isFirst ? 1 : 2, waiting: UInt64 = isFirst ? 2 : 1
        try await caller.eventLoop.submit { caller.recall([isQueued ? waiting : sent]) }.get()
        if isQueued {
            let reply = try await (isFirst ? second : first).get()
            #expect(reply.outcome == .unsent)
        }
        isOver.store(true, ordering: .relaxed)
        #expect(try await (isFirst ? first : second).get().outcome == .delivered)
        if !isQueued { #expect(try await (isFirst ? second : first).get().outcome == .delivered) }
        #expect(backend.requests.count == (isQueued ? 1 : 2))
        await caller.stop()
        try await notifier.stop()
    }

    private func queued(_ notifier: NotifierUnderTest, _ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(ContinuousClock.now < deadline, "the requests do not take their places")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test("calls that are under way when the notifier stops are answered")
    func draining() async throws {
        let isOver = Atomic<Bool>(false)
        let backend = ScriptedServer { _ in
            while !isOver.load(ordering: .relaxed) { usleep(1_000) }
            return .answer(200)
        }
        defer { backend.stop() }
        let notifier = try await NotifierUnderTest(backend)
        let caller = notifier.caller()
        let call = Task { try await deliver(caller) }
        try await queued(notifier) { backend.requests.count == 1 }
        let stopping = Task { await notifier.drain() }
        isOver.store(true, ordering: .relaxed)
        #expect(try await call.value.outcome == .delivered)
        await stopping.value
        await caller.stop()
        try await notifier.stop()
    }
}
