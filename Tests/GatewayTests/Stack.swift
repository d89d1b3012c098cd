import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle
import TaskDomain
import TaskJSON
import TaskMessages
import TaskOperations
import TaskWire
import Testing
import TestSupport

@testable import gateway

/// The other end of the wire: a server that answers the scheduler's methods from memory, as the contract says.
final class SchedulerPeer: Sendable {
    struct State {
        var creates: [Proto.CreateRequest] = []
        var cancelled: Set<[UInt8]> = []
        var completed: Set<[UInt8]> = []
        var authorizations: [String] = []
        var revision: Int64 = 1
        var attempts: [Proto.Attempt] = []
        /// What is answered of an occurrence, one question after the other; the last again and again.
        var results: [Proto.ResultReply] = []
        var resultsAsked: [Proto.ResultRequest] = []
        /// Every call fails with this.
        var failure: CallError?
        /// Names of queues that have something in them, ascending.
        var queues: [String] = []
        /// By name.
        var workers: [Proto.Worker] = []
        var cancelOccurrence: @Sendable (Proto.CancelOccurrenceRequest) -> Proto.CancelOccurrenceReply = { _ in Proto.CancelOccurrenceReply(result: .notFound) }
        /// What a worker says to what it is told.
        var controlWorker: @Sendable (Proto.ControlWorkerRequest) -> Proto.ControlWorkerReply = { _ in Proto.ControlWorkerReply(result: .notFound) }
        /// What is set aside, as a test tells it.
        var changeOccurrences: @Sendable (Proto.ChangeOccurrencesRequest) -> Proto.ChangeOccurrencesReply = { _ in Proto.ChangeOccurrencesReply() }
        var listOccurrences: @Sendable (Proto.ListOccurrencesRequest) -> Proto.ListOccurrencesReply = { _ in Proto.ListOccurrencesReply() }
        /// How everything stands, for those who ask and those who watch; `nil`: those who watch are told nothing.
        var overview: Proto.OverviewReply? = Proto.OverviewReply(atMs: 1)
        /// Gateways that watch, and streams that they opened.
        var watching: [MessageStream<Proto.OverviewRequest, Proto.OverviewReply>] = []
        var watches = 0
        /// It is of a build that cannot be watched.
        var isOlder = false
        /// No call is answered.
        var isSilent = false
    }

    let state = NIOLockedValueBox(State())
    let port: Int
    private let server: Server
    private let group: MultiThreadedEventLoopGroup

    init(port: Int = 0) async throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        server = Server(
            settings: WireSettings(identity: PeerIdentity(role: .scheduler, instance: "scheduler-1", build: "test")),
            table: Self.table(state), eventLoop: group.next(), logger: LogSink().logger)
        self.port = try await server.start(host: "127.0.0.1", port: port).port ?? 0
    }

    func stop() async throws {
        await server.drain(milliseconds: 100)
        try await group.shutdownGracefully()
    }

    private static func table(_ state: NIOLockedValueBox<State>) -> ServiceTable {
        var table = ServiceTable([SchedulerService.descriptor])
        func unary<Q, R>(_ method: UnaryMethod<Q, R>, _ body: @escaping @Sendable (Q, inout State) -> R) {
            table.unary(method) { request, _, reply in
                let result: Result<R, CallError>? = state.withLockedValue { state in
                    if state.isSilent { return nil }
                    if let failure = state.failure { return .failure(failure) }
                    return .success(body(request, &state))
                }
                if let result { reply(result) }
            }
        }
        unary(SchedulerService.create, create)
        unary(SchedulerService.get, get)
        unary(SchedulerService.createMany) { request, state in
            Proto.CreateManyReply(replies: request.creates.map { create($0, &state) })
        }
        unary(SchedulerService.change) { request, state in
            Proto.ChangeReply(changes: request.reminders.map { change(request, $0, &state) })
        }
        unary(SchedulerService.list) { request, state in
            Proto.ListReply(reminders: state.creates.prefix(Int(request.limit)).map { reply(to: $0, state) })
        }
        unary(SchedulerService.attempts) { request, state in
            let isThere = state.creates.contains { $0.reminder?.id == request.id }
            return Proto.AttemptsReply(found: isThere, attempts: isThere ? Array(state.attempts.prefix(Int(request.limit))) : [])
        }
        unary(SchedulerService.result) { request, state in
            state.resultsAsked.append(request)
            return state.results.count > 1 ? state.results.removeFirst() : state.results.first ?? Proto.ResultReply(state: .notFound)
        }
        // What these mean is tested with a real scheduler, in Tests/Cluster.
        unary(SchedulerService.listOccurrences) { request, state in state.listOccurrences(request) }
        unary(SchedulerService.changeOccurrences) { request, state in state.changeOccurrences(request) }
        unary(SchedulerService.listQueues) { request, state in
            guard request.names.isEmpty else { return Proto.ListQueuesReply(queues: request.names.map { Proto.Queue(name: $0, ready: 7) }) }
            let beyond = state.queues.filter { $0 > request.after }
            return Proto.ListQueuesReply(
                queues: beyond.prefix(Int(request.limit)).map { Proto.Queue(name: $0) }, more: beyond.count > request.limit)
        }
        unary(SchedulerService.changeQueue) { request, _ in Proto.ChangeQueueReply(queue: request.queue) }
        unary(SchedulerService.listWorkers) { request, state in
            guard request.instance.isEmpty else {
                return Proto.ListWorkersReply(workers: state.workers.filter { $0.instance == request.instance })
            }
            let beyond = state.workers.filter { $0.name > request.after }
            return Proto.ListWorkersReply(workers: Array(beyond.prefix(Int(request.limit))), more: beyond.count > request.limit)
        }
        unary(SchedulerService.cancelOccurrence) { request, state in state.cancelOccurrence(request) }
        unary(SchedulerService.controlWorker) { request, state in state.controlWorker(request) }
        unary(SchedulerService.overview) { _, state in state.overview ?? Proto.OverviewReply() }
        table.stream(SchedulerService.watch) { stream in watch(stream, state) }
        unary(SchedulerService.compare) { _, _ in Proto.Bases(tzdata: "2026a") }
        table.stream(SchedulerService.work) { stream in stream.end() }
        return table
    }

    /// Says at least once a second how everything stands.
    private static func watch(_ stream: MessageStream<Proto.OverviewRequest, Proto.OverviewReply>, _ state: NIOLockedValueBox<State>) {
        // As one of a build that does not know the method.
        if state.withLockedValue({ $0.isOlder }) { return stream.end(CallError(.unimplemented, "no method Watch here")) }
        let timer = stream.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(50)) { [weak stream] _ in
            if let overview = state.withLockedValue({ $0.overview }) { stream?.send(overview) }
        }
        state.withLockedValue {
            $0.watching.append(stream)
            $0.watches += 1
        }
        stream.onEnd = { [weak stream] _ in
            timer.cancel()
            state.withLockedValue { $0.watching.removeAll { $0 === stream } }
        }
    }

    private static func create(_ request: Proto.CreateRequest, _ state: inout State) -> Proto.CreateReply {
        if let record = request.idempotency, let first = state.creates.first(where: { $0.idempotency?.key == record.key }) {
            guard first.idempotency?.request == record.request else { return Proto.CreateReply(result: .conflict) }
            return Proto.CreateReply(result: .replayed, answer: first.idempotency?.answer ?? [])
        }
        let pending = UInt32(state.creates.count { $0.reminder?.caller == request.reminder?.caller })
        if request.pendingLimit > 0, pending >= request.pendingLimit {
            return Proto.CreateReply(result: .tooManyPending, pending: min(pending, request.pendingLimit + 1))
        }
        state.creates.append(request)
        return Proto.CreateReply(result: .created)
    }

    private static func get(_ request: Proto.ReminderRef, _ state: inout State) -> Proto.ReminderReply {
        guard let create = state.creates.first(where: { $0.reminder?.id == request.id }) else {
            return Proto.ReminderReply(found: false)
        }
        return reply(to: create, state)
    }

    private static func reply(to create: Proto.CreateRequest, _ state: State) -> Proto.ReminderReply {
        let isCancelled = state.cancelled.contains(create.reminder?.id ?? [])
        return Proto.ReminderReply(
            found: true, reminder: create.reminder, state: isCancelled ? .cancelled : .scheduled, position: isCancelled ? nil : create.position,
            delivered: 1, retrying: 2, held: 3, dead: 4, updatedAtMs: 1_795_392_000_999, revision: state.revision)
    }

    private static func change(
        _ request: Proto.ChangeRequest, _ reference: Proto.ReminderRef, _ state: inout State
    ) -> Proto.Change {
        guard let index = state.creates.firstIndex(where: { $0.reminder?.id == reference.id }) else {
            return Proto.Change(result: .notFound)
        }
        if request.revision != 0, request.revision != state.revision { return Proto.Change(result: .revisionDiffers) }
        switch request.action {
        case .cancel:
            if state.completed.contains(reference.id) { return Proto.Change(result: .finished, state: .completed) }
            let isFirst = state.cancelled.insert(reference.id).inserted
            return Proto.Change(result: isFirst ? .done : .finished, state: .cancelled, revision: state.revision)
        case .update:
            if !request.authorization.isEmpty { state.authorizations.append(request.authorization.value) }
            if let reminder = request.reminder { state.creates[index].reminder = reminder }
            state.revision += 1
            return Proto.Change(
                result: .done, state: .scheduled, revision: state.revision, released: request.authorization.isEmpty ? 0 : 3)
        case .pause, .resume, .run: return Proto.Change(result: .done, state: .scheduled, revision: state.revision)
        }
    }
}

/// The API on a socket of its own, in front of a scheduler that may or may not be there.
final class Gateway: Sendable {
    let port: Int
    let log: LogSink
    let api: API
    private let client: ClientGroup
    private let service: ServiceGroup
    private let running: Task<Void, any Error>

    init(
        scheduler: Int, deadlineMilliseconds: Int = 60_000, callers: Callers? = nil, browsers: BrowserGuard = BrowserGuard(),
        adjust: (inout APIServer) -> Void = { _ in }
    ) async throws {
        let log = LogSink()
        let client = ClientGroup(
            to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: scheduler)],
            settings: WireSettings(identity: PeerIdentity(role: .gateway, instance: "gateway-1", build: "test")),
            repetition: .idempotent,
            group: MultiThreadedEventLoopGroup.singleton, logger: log.logger)
        client.start()
        let watchLoop = MultiThreadedEventLoopGroup.singleton.next()
        let watch = OverviewWatch(eventLoop: watchLoop) { onReady in
            Client(
                to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: scheduler)],
                settings: WireSettings(identity: PeerIdentity(role: .gateway, instance: "gateway-1", build: "test")), repetition: .idempotent,
                eventLoop: watchLoop, logger: log.logger, onReady: onReady)
        }
        let events = EventHub { watch.look($0) }
        let api = API(scheduler: SchedulerCalls(client: client, deadlineMilliseconds: deadlineMilliseconds), events: events)
        var server = APIServer(
            listen: Setting("GATEWAY_LISTEN", try #require(Endpoint("127.0.0.1:0"))),
            responder: APIResponder(
                routes: RouteTable(api.operations), callers: try callers ?? Callers(keysFile: nil, allowsAnonymous: true),
                browsers: browsers, logger: log.logger),
            logger: log.logger)
        adjust(&server)
        let service = ServiceGroup(services: [server, Part("events", stop: { events.close() })], logger: log.logger)
        let running = Task { try await service.run() }
        try await eventually("the API listens") { log.metadata(of: "api listening") != nil }
        let address = try #require(log.metadata(of: "api listening")?["address"].flatMap { Endpoint("\($0)") })
        port = address.port
        self.log = log
        self.api = api
        self.client = client
        self.service = service
        self.running = running
    }

    /// As SIGTERM does.
    func drain() async { await service.triggerGracefulShutdown() }

    /// The same, to its end.
    func drained() async {
        await drain()
        _ = await running.result
    }

    func stop() async {
        running.cancel()
        _ = await running.result
        await client.stop()
    }

    func connect() throws -> Connection { try Connection(port: port) }

    /// One exchange on a connection of its own.
    func send(
        _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8]? = nil, host: String = "test"
    ) async throws -> HTTPAnswer {
        let connection = try connect()
        connection.send(request(method, path, headers: headers, body: body, host: host))
        return try await connection.answer(toHead: method == "HEAD")
    }

    func post(_ path: String, _ value: JSONValue, headers: [String: String] = [:]) async throws -> HTTPAnswer {
        try await send("POST", path, headers: headers, body: value.bytes())
    }
}

/// A gateway in front of a scheduler, for one test.
func withGateway(
    deadlineMilliseconds: Int = 60_000, callers: Callers? = nil, browsers: BrowserGuard = BrowserGuard(),
    adjust: (inout APIServer) -> Void = { _ in }, _ test: (Gateway, SchedulerPeer) async throws -> Void
) async throws {
    let peer = try await SchedulerPeer()
    let gateway = try await Gateway(
        scheduler: peer.port, deadlineMilliseconds: deadlineMilliseconds, callers: callers, browsers: browsers, adjust: adjust)
    try await test(gateway, peer)
    #expect(!gateway.log.text.contains("credential"), "a credential was logged")
    await gateway.stop()
    try await peer.stop()
}

/// Checks that an answer is a problem as RFC 9457 has it, and gives its pointers.
@discardableResult
func expectProblem(_ answer: HTTPAnswer, _ status: Int, sourceLocation: SourceLocation = #_sourceLocation) -> [String] {
    #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
    #expect(answer.headers["content-type"] == "application/problem+json", sourceLocation: sourceLocation)
    #expect(answer.json?["status"] == .integer(Int64(status)), sourceLocation: sourceLocation)
    for name in ["title", "detail"] {
        guard case .string(let text)? = answer.json?[name], !text.isEmpty else {
            Issue.record("no \(name) in \(answer.text)", sourceLocation: sourceLocation)
            continue
        }
    }
    #expect(!answer.text.contains("credential"), sourceLocation: sourceLocation)
    guard case .array(let errors)? = answer.json?["errors"] else { return [] }
    return errors.compactMap { error in
        if case .string(let place)? = error["pointer"] ?? error["parameter"] ?? error["header"] { place } else { nil }
    }
}
