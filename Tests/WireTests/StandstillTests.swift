import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TaskDomain
import TaskMessages
import Testing
import TestSupport

@testable import TaskWire

/// Holds up one event loop, as a stopped process does all of its own.
private struct Standstill {
    private let isOver = NIOLockedValueBox(false)
    private let ended: EventLoopFuture<Void>

    init(of group: any EventLoopGroup) async throws {
        let loop = group.next(), hasBegun = NIOLockedValueBox(false), isOver = isOver
        ended = loop.submit {
            hasBegun.withLockedValue { $0 = true }
            while !isOver.withLockedValue({ $0 }) { usleep(1_000) }
        }
        try await eventually("the loop is held up") { hasBegun.withLockedValue { $0 } }
    }

    /// - Parameter milliseconds: how long it has lasted at least.
    func end(after milliseconds: UInt64) async throws {
        try await Task.sleep(nanoseconds: milliseconds * 1_000_000)
        isOver.withLockedValue { $0 = true }
        try await ended.get()
    }
}

@Suite("A process that stood still", .timeLimit(.minutes(1)))
struct StandstillTests {
    /// Of the side that stands still.
    private static let keepaliveMilliseconds: Int64 = 500
    /// Longer than two intervals.
    private static let standstillMilliseconds: UInt64 = 1_200

    /// The client's; the server has one of its own.
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    @Test("does not begin what a caller has given up meanwhile, and begins what one still waits for", arguments: [true, false])
    func asked(isGivenUp: Bool) async throws {
        let asked = NIOLockedValueBox<[String]>([])
        let server = try await TestServer.start(adjust: { $0.keepalive = Keepalive(intervalMilliseconds: Self.keepaliveMilliseconds) }) { table in
            table.unary(NotifierService.deliver) { request, _, reply in
                asked.withLockedValue { $0.append(request.idempotencyKey) }
                reply(.success(Proto.DeliverReply(outcome: .delivered, detail: request.idempotencyKey)))
            }
        }
        let client = server.client(repetition: .never, on: group), other = server.client(on: group)
        #expect(try await deliver(client, "before") == "before")
        let standstill = try await Standstill(of: server.group)
        let answer = NIOLockedValueBox<String?>(nil)
        try await group.next().submit {
            client.start(NotifierService.deliver, Proto.DeliverRequest(idempotencyKey: "meanwhile"), deadline: .after(milliseconds: 60_000)) {
                result in
                answer.withLockedValue { $0 = (try? result.get().detail) ?? "none" }
            }
        }.get()
        if isGivenUp { await client.stop() }
        try await standstill.end(after: Self.standstillMilliseconds)
        try await eventually("it is answered, or given up") { answer.withLockedValue { $0 != nil } }
        #expect(answer.withLockedValue { $0 } == (isGivenUp ? "none" : "meanwhile"))
        #expect(try await deliver(other, "after") == "after")
        #expect(asked.withLockedValue { $0 } == (isGivenUp ? ["before", "after"] : ["before", "meanwhile", "after"]))
        await client.stop()
        await other.stop()
        try await server.stop()
        try await group.shutdownGracefully()
    }

    @Test("takes the answers that came before its connection was given up, and begins nothing that came with them")
    func answered() async throws {
        let call = NIOLockedValueBox<Responder<Proto.DeliverReply>?>(nil)
        let stream = NIOLockedValueBox<MessageStream<Proto.WorkerMessage, Proto.SchedulerMessage>?>(nil)
        let received = NIOLockedValueBox<[UInt64]>([]), hasEnded = NIOLockedValueBox(false)
        let server = try await TestServer.start(define: { table in
            table = ServiceTable([NotifierService.descriptor, SchedulerService.descriptor])
            table.allowsMissing = true
            table.unary(NotifierService.deliver) { _, _, responder in call.withLockedValue { $0 = responder } }
            table.stream(SchedulerService.work) { opened in stream.withLockedValue { $0 = opened } }
        })
        let client = server.client(
            repetition: .never, on: group, adjust: { $0.keepalive = Keepalive(intervalMilliseconds: Self.keepaliveMilliseconds) }
        ) { connection in
            guard let opened = connection.stream(SchedulerService.work) else { return }
            opened.onMessage = { message in received.withLockedValue { $0 += message.acknowledged } }
            opened.onEnd = { _ in hasEnded.withLockedValue { $0 = true } }
        }
        let delivery = Task { try await deliver(client, "x") }
        try await eventually("both are open") { call.withLockedValue { $0 != nil } && stream.withLockedValue { $0 != nil } }
        let standstill = try await Standstill(of: group)
        try await server.group.next().submit {
            call.withLockedValue { $0 }?(.success(Proto.DeliverReply(outcome: .delivered, detail: "done")))
            stream.withLockedValue { $0 }?.send(Proto.SchedulerMessage(acknowledged: [7]))
        }.get()
        // Closes the connection, as what it carried is answered.
        await server.server.drain(milliseconds: 1_000)
        try await standstill.end(after: Self.standstillMilliseconds)
        #expect(try await delivery.value == "done")
        try await eventually("the client knows") { hasEnded.withLockedValue { $0 } }
        #expect(received.withLockedValue { $0 } == [])
        await client.stop()
        try await server.stop()
        try await group.shutdownGracefully()
    }
}
