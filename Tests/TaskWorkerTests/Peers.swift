import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ScheduledTasks
import TaskMessages
import TaskWire
import TestSupport

@testable import TaskWorker

/// The other end of a worker's stream: a real wire server that a test speaks through.
final class SchedulerPeer: Sendable {
    typealias Stream = MessageStream<Proto.WorkerMessage, Proto.SchedulerMessage>

    struct State: @unchecked Sendable {
        // @unchecked is safe because streams are used on the peer's event loop only.
        var streams: [Stream] = []
        var messages: [Proto.WorkerMessage] = []
        var ended = 0
    }

    let port: Int
    private let state = NIOLockedValueBox(State())
    private let server: Server
    private let group: MultiThreadedEventLoopGroup

    /// - Parameter answer: what it does about a message, on its event loop.
    init(
        _ name: String = "s", port: Int = 0, tenure: Tenure? = nil, answer: @escaping @Sendable (Stream, Proto.WorkerMessage) -> Void = { _, _ in }
    ) async throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var table = ServiceTable([SchedulerService.descriptor])
        table.allowsMissing = true
        let state = state
        table.stream(SchedulerService.work) { stream in
            state.withLockedValue { $0.streams.append(stream) }
            stream.onMessage = { message in
                state.withLockedValue { $0.messages.append(message) }
                answer(stream, message)
            }
            stream.onEnd = { _ in state.withLockedValue { $0.ended += 1 } }
        }
        var identity = PeerIdentity(role: .scheduler, instance: name, build: "test")
        identity.tenure = tenure
        server = Server(
            settings: WireSettings(identity: identity), table: table,
            eventLoop: group.next(), logger: quiet)
        self.port = try await server.start(host: "127.0.0.1", port: port).port ?? 0
    }

    var messages: [Proto.WorkerMessage] { state.withLockedValue { $0.messages } }
    /// The last one that the worker has said on any stream.
    var creditLimit: Int64 { messages.last { $0.creditLimit != nil }?.creditLimit ?? 0 }
    var ended: Int { state.withLockedValue { $0.ended } }
    var outcomes: [Proto.OutcomeReport] { messages.flatMap(\.outcomes) }

    func send(_ message: Proto.SchedulerMessage) { onStream { $0.send(message) } }

    /// Ends the stream, not the connection.
    func end(_ error: CallError) { onStream { $0.end(error) } }

    /// Does something with the latest stream, on the event loop.
    func onStream(_ body: @escaping @Sendable (Stream) -> Void) {
        server.eventLoop.execute { [state] in state.withLockedValue { $0.streams.last }.map(body) }
    }

    /// Takes nothing while `body` runs.
    func standStill(_ body: () async throws -> Void) async throws {
        let hasBegun = NIOLockedValueBox(false), isOver = NIOLockedValueBox(false)
        let standstill = server.eventLoop.submit {
            hasBegun.withLockedValue { $0 = true }
            while !isOver.withLockedValue({ $0 }) { usleep(1_000) }
        }
        defer { isOver.withLockedValue { $0 = true } }
        try await eventually("the task has begun") { hasBegun.withLockedValue { $0 } }
        try await body()
        isOver.withLockedValue { $0 = true }
        try await standstill.get()
    }

    func stop() async throws {
        await server.drain(milliseconds: 0)
        try await group.shutdownGracefully()
    }
}

let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// A worker's link with the tasks of a test.
final class LinkUnderTest: Sendable {
    let link: SchedulerLink
    private let client: Client
    private let group: MultiThreadedEventLoopGroup

    /// - Parameter others: where the name of its scheduler stands for more than one address.
    init(
        port: Int, others: [Int] = [], queues: [String] = ["default"], concurrency: Int = 4, maxConcurrency: Int = 8,
        acknowledgementWait: Duration = SchedulerLink.acknowledgementWait, shutDown: @escaping @Sendable () -> Void = {}, _ register: (inout TaskRegistry) throws -> Void
    ) throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var registry = TaskRegistry()
        try register(&registry)
        let places = Places(
            eventLoop: group.next(), capacity: Capacity(queues: queues, concurrency: concurrency, maxConcurrency: maxConcurrency),
            shutDown: shutDown)
        let link = SchedulerLink(
            sharing: places, as: WorkerIdentity(instance: "worker-1", version: "1.2.3"), registry: registry,
            acknowledgementWait: acknowledgementWait, logger: quiet)
        self.link = link
        client = Client(
            to: .scheduler, at: ([port] + others).map { WireEndpoint(host: "127.0.0.1", port: $0) },
            settings: WireSettings(identity: PeerIdentity(role: .worker, instance: "worker-1", build: "test")), repetition: .never,
            eventLoop: group.next(), logger: quiet, onReady: link.attach)
        client.start()
    }

    /// Connections that are open.
    func connections() async -> Int { await client.status().connected }

    func stop() async throws {
        await client.stop()
        try await group.shutdownGracefully()
    }
}
