import Logging
import MetricsTestKit
import NIOConcurrencyHelpers
import NIOPosix
import TaskMessages
import Testing
import TestSupport

@testable import TaskWire

@Suite("What a peer may call", .timeLimit(.minutes(1)))
struct PermissionTests {
    /// Written out: by method, those that may call it.
    private static let matrix: [(String, Set<Role>)] = [
        ("Scheduler/Create", [.gateway, .client]),
        ("Scheduler/CreateMany", [.gateway, .client]),
        ("Scheduler/Get", [.gateway, .client]),
        ("Scheduler/List", [.gateway, .client]),
        ("Scheduler/Change", [.gateway, .client]),
        ("Scheduler/Attempts", [.gateway]),
        ("Scheduler/Result", [.gateway, .client]),
        ("Scheduler/ListOccurrences", [.gateway]),
        ("Scheduler/ChangeOccurrences", [.gateway]),
        ("Scheduler/CancelOccurrence", [.gateway]),
        ("Scheduler/ListQueues", [.gateway]),
        ("Scheduler/ChangeQueue", [.gateway]),
        ("Scheduler/ListWorkers", [.gateway]),
        ("Scheduler/ControlWorker", [.gateway]),
        ("Scheduler/Overview", [.gateway]),
        ("Scheduler/Watch", [.gateway]),
        ("Scheduler/Compare", [.gateway]),
        ("Scheduler/Work", [.worker]),
        ("Notifier/Deliver", [.worker]),
    ]

    /// A server of both services that answers whatever gets through to it.
    private static func start(_ settings: WireSettings, metrics: TestMetrics) async throws -> (Server, Int, MultiThreadedEventLoopGroup) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var table = ServiceTable([SchedulerService.descriptor, NotifierService.descriptor])
        table.unary(SchedulerService.create) { _, _, reply in reply(.success(Proto.CreateReply(result: .created))) }
        table.unary(SchedulerService.createMany) { _, _, reply in reply(.success(Proto.CreateManyReply())) }
        table.unary(SchedulerService.get) { _, _, reply in reply(.success(Proto.ReminderReply())) }
        table.unary(SchedulerService.list) { _, _, reply in reply(.success(Proto.ListReply())) }
        table.unary(SchedulerService.change) { _, _, reply in reply(.success(Proto.ChangeReply())) }
        table.unary(SchedulerService.attempts) { _, _, reply in reply(.success(Proto.AttemptsReply())) }
        table.unary(SchedulerService.result) { _, _, reply in reply(.success(Proto.ResultReply(state: .open))) }
        table.unary(SchedulerService.listOccurrences) { _, _, reply in reply(.success(Proto.ListOccurrencesReply())) }
        table.unary(SchedulerService.changeOccurrences) { _, _, reply in reply(.success(Proto.ChangeOccurrencesReply())) }
        table.unary(SchedulerService.cancelOccurrence) { _, _, reply in reply(.success(Proto.CancelOccurrenceReply(result: .notFound))) }
        table.unary(SchedulerService.listQueues) { _, _, reply in reply(.success(Proto.ListQueuesReply())) }
        table.unary(SchedulerService.changeQueue) { _, _, reply in reply(.success(Proto.ChangeQueueReply())) }
        table.unary(SchedulerService.listWorkers) { _, _, reply in reply(.success(Proto.ListWorkersReply())) }
        table.unary(SchedulerService.controlWorker) { _, _, reply in reply(.success(Proto.ControlWorkerReply(result: .done))) }
        table.unary(SchedulerService.overview) { _, _, reply in reply(.success(Proto.OverviewReply())) }
        table.stream(SchedulerService.watch) { stream in stream.end() }
        table.unary(SchedulerService.compare) { _, _, reply in reply(.success(Proto.Bases())) }
        table.stream(SchedulerService.work) { stream in stream.end() }
        table.unary(NotifierService.deliver) { _, _, reply in reply(.success(Proto.DeliverReply(outcome: .delivered))) }
        let server = Server(settings: settings, table: table, eventLoop: group.next(), logger: quiet, metrics: metrics)
        let port = try await server.start(host: "127.0.0.1", port: 0).port ?? 0
        return (server, port, group)
    }

    @Test("follows from its role, method by method", arguments: Role.allCases, [nil, "a secret of the cluster"])
    func matrix(role: Role, secret: String?) async throws {
        let metrics = TestMetrics()
        let (server, port, group) = try await Self.start(TestServer.settings(role: .scheduler, secret: secret), metrics: metrics)
        let client = Client(
            to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: port)], settings: TestServer.settings(role: role, secret: secret),
            repetition: .never, eventLoop: group.next(), logger: quiet)
        client.start()
        for (name, callers) in Self.matrix {
            let path = "task_scheduler.v1." + name
            // Empty, as which every request can be read; and unary, which a stream refuses once its caller is let through.
            let method = UnaryMethod<Proto.ReminderRef, Proto.ReminderRef>(index: 0, path: path)
            var refusal: CallError?
            do throws(CallError) {
                _ = try await client.call(method, Proto.ReminderRef(), deadline: .after(milliseconds: 60_000))
            } catch { if error.code == .permissionDenied { refusal = error } }
            #expect((refusal == nil) == callers.contains(role), "\(role) \(name)")
            guard let refusal else { continue }
            #expect(refusal.message.hasPrefix("a \(role) may not call \(path); a "))
            #expect(try metrics.expectCounter("wire_refused_calls", [("role", role.rawValue), ("method", path)]).totalValue == 1)
        }
        await client.stop()
        await server.drain(milliseconds: 100)
        try await group.shutdownGracefully()
    }

    @Test("is laid down for every method there is, and for no other")
    func complete() {
        let services = [SchedulerService.descriptor, NotifierService.descriptor]
        let paths = services.flatMap { service in service.methods.map { "\(service.name)/\($0)" } }
        #expect(Set(paths) == Set(Permissions.table.keys))
        #expect(Set(paths) == Set(Self.matrix.map { "task_scheduler.v1." + $0.0 }))
    }

    @Test("a stream is refused as a call is")
    func stream() async throws {
        let (server, port, group) = try await Self.start(TestServer.settings(role: .scheduler, secret: nil), metrics: TestMetrics())
        let end = NIOLockedValueBox<CallError?>(nil)
        let client = Client(
            to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: port)], settings: TestServer.settings(role: .gateway, secret: nil),
            repetition: .never, eventLoop: group.next(), logger: quiet
        ) { connection in
            connection.stream(SchedulerService.work)?.onEnd = { error in end.withLockedValue { $0 = error } }
        }
        client.start()
        try await eventually("the end") { end.withLockedValue { $0?.code == .permissionDenied } }
        await client.stop()
        await server.drain(milliseconds: 100)
        try await group.shutdownGracefully()
    }
}
