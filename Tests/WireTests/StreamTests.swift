import NIOConcurrencyHelpers
import NIOCore
import TaskMessages
import Testing
import TestSupport

@testable import TaskWire

/// A server whose `Work` stream is taken up by a closure.
private func startScheduler(
    adjust: (inout WireSettings) -> Void = { _ in },
    _ work: @escaping @Sendable (MessageStream<Proto.WorkerMessage, Proto.SchedulerMessage>) -> Void
) async throws -> (Server, Int, any EventLoopGroup) {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var table = ServiceTable([SchedulerService.descriptor])
    table.allowsMissing = true
    table.unary(SchedulerService.create) { _, _, reply in reply(.success(Proto.CreateReply(result: .created))) }
    table.unary(SchedulerService.get) { _, _, reply in reply(.success(Proto.ReminderReply())) }
    table.unary(SchedulerService.attempts) { _, _, reply in reply(.success(Proto.AttemptsReply())) }
    table.stream(SchedulerService.work, work)
    var settings = TestServer.settings(role: .scheduler, secret: nil)
    adjust(&settings)
    let server = Server(settings: settings, table: table, eventLoop: group.next(), logger: quiet)
    let port = try await server.start(host: "127.0.0.1", port: 0).port ?? 0
    return (server, port, group)
}

import NIOPosix

@Suite struct StreamTests {
    @Test("messages go both ways in order, and an orderly end is told apart from a lost connection", .timeLimit(.minutes(1)))
    func bothWays() async throws {
        let (server, port, group) = try await startScheduler { stream in
            stream.onMessage = { message in
                stream.send(Proto.SchedulerMessage(acknowledged: [UInt64(message.creditLimit ?? 0)]))
                if message.leaving { stream.end() }
            }
        }
        let received = NIOLockedValueBox<[UInt64]>([]), ended = NIOLockedValueBox<CallError??>(nil)
        let client = Client(
            to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: port)], settings: TestServer.settings(role: .worker, secret: nil),
            repetition: .never, eventLoop: group.next(), logger: quiet
        ) { connection in
            guard let stream = connection.stream(SchedulerService.work) else { return }
            stream.onMessage = { message in received.withLockedValue { $0 += message.acknowledged } }
            stream.onEnd = { error in ended.withLockedValue { $0 = .some(error) } }
            for number in 1...100 { stream.send(Proto.WorkerMessage(leaving: number == 100, creditLimit: Int64(number))) }
        }
        client.start()
        try await eventually("the end") { ended.withLockedValue { $0 != nil } }
        #expect(received.withLockedValue { $0 } == (1...100).map { UInt64($0) })
        #expect(ended.withLockedValue { $0 } == .some(nil))
        await client.stop()
        await server.drain(milliseconds: 100)
        try await group.shutdownGracefully()
    }

    @Test("a stream carries no more than its window until the receiver has taken it", .timeLimit(.minutes(1)))
    func window() async throws {
        let sent = NIOLockedValueBox(0), blocked = NIOLockedValueBox(false)
        let payload = Proto.SchedulerMessage(dispatches: [Proto.Dispatch(arguments: Array(repeating: 7, count: 1_000))])
        let (server, port, group) = try await startScheduler(adjust: { $0.streamWindowBytes = 10_000 }) { stream in
            for _ in 0..<50 {
                stream.send(payload)
                if !stream.isBlocked { sent.withLockedValue { $0 += 1 } }
            }
            blocked.withLockedValue { $0 = stream.isBlocked }
        }
        let received = NIOLockedValueBox(0)
        var settings = TestServer.settings(role: .worker, secret: nil)
        settings.streamWindowBytes = 10_000
        let client = Client(
            to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: port)], settings: settings, repetition: .never,
            eventLoop: group.next(), logger: quiet
        ) { connection in
            guard let stream = connection.stream(SchedulerService.work) else { return }
            stream.onMessage = { _ in received.withLockedValue { $0 += 1 } }
        }
        client.start()
        try await eventually("all fifty, as credit comes back") { received.withLockedValue { $0 == 50 } }
        #expect(blocked.withLockedValue { $0 })
        #expect((9...11).contains(sent.withLockedValue { $0 }))
        await client.stop()
        await server.drain(milliseconds: 100)
        try await group.shutdownGracefully()
    }

    @Test("a sender that watches whether it is blocked gets everything across, and nothing waits in the stream", .timeLimit(.minutes(1)))
    func watched() async throws {
        let count = 5_000
        let sent = NIOLockedValueBox(0), mostWaiting = NIOLockedValueBox(0)
        let (server, port, group) = try await startScheduler(adjust: { $0.streamWindowBytes = 10_000 }) { stream in
            let go = {
                while !stream.isBlocked, sent.withLockedValue({ $0 }) < count {
                    let number = sent.withLockedValue { $0 += 1; return $0 }
                    stream.send(Proto.SchedulerMessage(dispatches: [Proto.Dispatch(lease: UInt64(number), arguments: Array(repeating: 7, count: 1_000))]))
                    mostWaiting.withLockedValue { $0 = max($0, stream.waitingCount) }
                }
            }
            stream.onUnblocked = go
            go()
        }
        let received = NIOLockedValueBox<[UInt64]>([])
        var settings = TestServer.settings(role: .worker, secret: nil)
        settings.streamWindowBytes = 10_000
        let client = Client(
            to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: port)], settings: settings, repetition: .never,
            eventLoop: group.next(), logger: quiet
        ) { connection in
            guard let stream = connection.stream(SchedulerService.work) else { return }
            stream.onMessage = { message in received.withLockedValue { $0 += message.dispatches.map(\.lease) } }
        }
        client.start()
        try await eventually("all are across") { received.withLockedValue { $0.count == count } }
        #expect(received.withLockedValue { $0 } == (1...count).map { UInt64($0) })
        #expect(mostWaiting.withLockedValue { $0 } == 0)
        await client.stop()
        await server.drain(milliseconds: 100)
        try await group.shutdownGracefully()
    }
}
