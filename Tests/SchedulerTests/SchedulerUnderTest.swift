import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SchedulerCore
import Sealing
import SQLiteStore
import Storage
import StoreTestKit
import TaskDomain
import TaskMessages
import TaskWire
import Testing

@testable import scheduler

let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// A folder of one test's own, removed at its end.
final class Folder: Sendable {
    let path: String

    init() throws {
        let memory = "/dev/shm"
        let base = FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
        path = "\(base)/scheduler-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The scheduler as its service wires it, with a real database, on a port of loopback; and a gateway's connection to it.
final class SchedulerUnderTest: Sendable {
    let loop: SchedulerLoop
    let store: any Store
    let gateway: Client
    let port: Int
    private let folder: Folder
    private let server: Server
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let clients = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// - Parameters:
    ///   - folder: where the database is; one of a scheduler that has stopped is taken over.
    ///   - key: the file in it with the key that seals credentials.
    ///   - wrap: what stands between the scheduler and its database.
    init(
        in folder: Folder, key: String = "key", configuration: CoreConfiguration = CoreConfiguration(),
        wrap: (any Store) -> any Store = { $0 }
    ) async throws {
        self.folder = folder
        let eventLoop = group.next()
        let completed = Mailbox<@Sendable () -> Void>(eventLoop: eventLoop) { for complete in $0 { complete() } }
        _ = try Sealer.makeKeyFile(at: "\(folder.path)/\(key)")
        store = wrap(
            try SQLiteStore(path: "\(folder.path)/store.db", deliver: completed.send) { Issue.record("the store reports: \($0)") })
        let loop = SchedulerLoop(
            configuration: configuration, store: store, sealer: try Sealer(keyFile: "\(folder.path)/\(key)"), eventLoop: eventLoop,
            logger: quiet, onStoreHealth: { _ in })
        self.loop = loop
        let table = SchedulerAPI(loop: loop).table { stream in WorkerStream(stream, loop: loop, logger: quiet) }
        server = Server(settings: Self.settings(.scheduler), table: table, eventLoop: eventLoop, logger: quiet)
        try await loop.start(store.take(passed: 0), queues: [])
        port = try await server.start(host: "127.0.0.1", port: 0).port ?? 0
        gateway = Client(
            to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: port)], settings: Self.settings(.gateway), repetition: .idempotent,
            eventLoop: clients.next(), logger: quiet)
        gateway.start()
    }

    static func settings(_ role: Role) -> WireSettings {
        WireSettings(identity: PeerIdentity(role: role, instance: "\(role)-\(UUID().uuidString)", build: "test"))
    }

    /// As the service does at SIGTERM.
    func stop(isDrained: Bool = false) async throws {
        if !isDrained { await loop.drain() }
        await gateway.stop()
        await server.drain(milliseconds: 1_000)
        await store.close()
        try await group.shutdownGracefully()
        try await clients.shutdownGracefully()
    }

    // MARK: What gateways ask

    func call<Q, R>(_ method: UnaryMethod<Q, R>, _ request: Q) async throws -> R {
        try await gateway.call(method, request, deadline: .after(milliseconds: 60_000))
    }

    /// A request for a reminder that falls due `seconds` from now.
    static func request(
        in seconds: Int64 = 0, rule: String = "", arguments: [UInt8] = [1], authorization: Secret = "Bearer abcdefgh"
    ) -> Proto.CreateRequest {
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        let now = SystemClock.now, start = (now.second + seconds).count
        return Proto.CreateRequest(
            reminder: Proto.Reminder(
                id: ReminderID(at: now, using: &random).bytes,
                schedule: Proto.Schedule(start: start, rule: rule, timezone: "UTC"), task: "test", arguments: arguments, queue: "default",
                priority: 5, misfirePolicy: .fireOnce, maxAttempts: 12, createdAtMs: now.count),
            authorization: authorization, position: Proto.Position(scheduledAt: start, index: 1))
    }

    /// - Returns: its id.
    @discardableResult
    func create(_ request: Proto.CreateRequest = SchedulerUnderTest.request()) async throws -> [UInt8] {
        let reply = try await call(SchedulerService.create, request)
        #expect(reply.result == .created)
        return try #require(request.reminder).id
    }

    func worker(_ instance: String) async throws -> Proto.Worker? {
        try await call(SchedulerService.listWorkers, Proto.ListWorkersRequest(instance: instance)).workers.first
    }

    func control(_ instance: String, _ control: Proto.WorkerControl) async throws -> Proto.ControlWorkerReply {
        try await call(SchedulerService.controlWorker, Proto.ControlWorkerRequest(instance: instance, control: control))
    }

    func reminder(_ id: [UInt8]) async throws -> Proto.ReminderReply {
        try await call(SchedulerService.get, Proto.ReminderRef(id: id))
    }

    func change(
        _ action: Proto.ChangeRequest.Action, _ ids: [[UInt8]], revision: Int64 = 0, atMs: Int64 = 0
    ) async throws -> [Proto.Change] {
        try await call(
            SchedulerService.change,
            Proto.ChangeRequest(action: action, reminders: ids.map { Proto.ReminderRef(id: $0) }, revision: revision, atMs: atMs)
        ).changes
    }
}

/// A worker's end of a stream, which says what a test says.
final class WorkerPeer: Sendable {
    typealias Stream = MessageStream<Proto.SchedulerMessage, Proto.WorkerMessage>

    struct State: @unchecked Sendable {
        // @unchecked is safe because the stream is used on the peer's event loop only.
        var stream: Stream?
        var dispatches: [Proto.Dispatch] = []
        var acknowledged: [UInt64] = [], revoked: [UInt64] = []
        var controls: [Proto.WorkerControl] = []
        var extended: [Proto.Extended] = []
        /// The credit limit that it has said, and those that were answered.
        var limit: Int64 = 0, confirmed: [Int64] = []
        var end: CallError??
    }

    private let state = NIOLockedValueBox(State())
    private let client: Client
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// - Parameter first: the first message of the stream; by default an announcement.
    init(_ scheduler: SchedulerUnderTest, instance: String = "worker-1", credit: Int64 = 100, first: Proto.WorkerMessage? = nil) {
        let state = state
        let first = first ?? Self.attach(instance, credit: credit)
        client = Client(
            to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: scheduler.port)], settings: SchedulerUnderTest.settings(.worker),
            repetition: .never, eventLoop: group.next(), logger: quiet
        ) { connection in
            guard let stream = connection.stream(SchedulerService.work) else { return }
            state.withLockedValue { ($0.stream, $0.limit) = (stream, first.creditLimit ?? 0) }
            stream.onMessage = { message in
                state.withLockedValue {
                    $0.acknowledged += message.acknowledged
                    $0.dispatches += message.dispatches
                    $0.revoked += message.revoked
                    $0.controls += message.controls
                    $0.extended += message.extended
                    if let limit = message.creditLimit { $0.confirmed.append(limit) }
                }
            }
            stream.onEnd = { error in state.withLockedValue { $0.end = .some(error) } }
            stream.send(first)
        }
        client.start()
    }

    /// What a process says of itself, always the same.
    static func token(of process: Int) -> [UInt8] { Array(repeating: UInt8(truncatingIfNeeded: process), count: 32) }

    /// - Parameter process: another says another token.
    static func attach(_ instance: String, credit: Int64, running: [Proto.Lease] = [], process: Int = 1) -> Proto.WorkerMessage {
        Proto.WorkerMessage(
            attach: Proto.Attach(instance: instance, queues: ["default"], tasks: ["test"], running: running, token: token(of: process)),
            creditLimit: credit)
    }

    /// Its stream has been opened, and its first message is on its way.
    var isOpen: Bool { state.withLockedValue { $0.stream != nil } }
    var dispatches: [Proto.Dispatch] { state.withLockedValue { $0.dispatches } }
    var acknowledged: [UInt64] { state.withLockedValue { $0.acknowledged } }
    var controls: [Proto.WorkerControl] { state.withLockedValue { $0.controls } }
    var extended: [Proto.Extended] { state.withLockedValue { $0.extended } }
    var confirmed: [Int64] { state.withLockedValue { $0.confirmed } }
    var revoked: [UInt64] { state.withLockedValue { $0.revoked } }
    /// `nil` while the stream is open.
    var end: CallError?? { state.withLockedValue { $0.end } }

    func send(_ message: Proto.WorkerMessage) {
        client.eventLoop.execute { [state] in state.withLockedValue { $0.stream }?.send(message) }
    }

    /// Says that it can be handed so many in all.
    func limit(_ limit: Int64) {
        state.withLockedValue { $0.limit = limit }
        send(Proto.WorkerMessage(creditLimit: limit))
    }

    /// Reports these as delivered, each with credit for another.
    func deliver(_ dispatches: [Proto.Dispatch]) {
        let now = SystemClock.now.count
        let limit = state.withLockedValue { state in
            state.limit += Int64(dispatches.count)
            return state.limit
        }
        send(
            Proto.WorkerMessage(
                outcomes: dispatches.map {
                    Proto.OutcomeReport(
                        lease: $0.lease, id: $0.id, scheduledAt: $0.scheduledAt, outcome: .known(.delivered), startedAtMs: now)
                }, creditLimit: limit))
    }

    func stop() async throws {
        await client.stop()
        try await group.shutdownGracefully()
    }
}
