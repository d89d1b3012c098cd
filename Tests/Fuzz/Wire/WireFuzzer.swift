import CoreMetrics
import CProtos
import Logging
import NIOCore
import NIOEmbedded
import TaskMessages

@testable import TaskWire

/// A connection of the wire, either side of it: bytes as they come from a peer, in any pieces, beside time that passes and a socket
/// that takes nothing for a while.
///
/// The first byte says which side is played, with a secret or without, and whether the handshake has been through before. What
/// follows are steps: raw bytes, well-formed frames of every kind, time. What must hold: nothing traps, what is sent are frames
/// within their bound, a refused or silent peer is let go in time, nothing is sent or kept for it afterwards, and what the
/// handlers see is no more than was sent.
enum WireFuzzer: Fuzzer {
    static func run(_ bytes: [UInt8]) {
        guard let kind = bytes.first else { return }
        var scene = Scene(isServer: kind & 1 == 0, hasSecret: kind & 2 != 0, isOpen: kind & 4 == 0)
        var recipe = Recipe(bytes.dropFirst())
        var steps = 0
        while !recipe.isEmpty, steps < 400 {
            scene.step(&recipe)
            steps += 1
        }
        scene.end()
    }
}

/// One connection with what stands around it.
private struct Scene {
    private static let secret = Array("correct horse".utf8)
    private static let nonce = [UInt8](repeating: 7, count: Handshake.nonceBytes)

    // Unsafe: the fuzzer has one thread.
    nonisolated(unsafe) private static let arena = needed("an arena") { try Arena() }

    private let channel = EmbeddedChannel()
    private let connection: PeerConnection
    private let server: ServerConnection?
    private let client: ClientConnection?
    private let log = Calls()
    private let isServer: Bool
    /// What came out and has not been taken apart.
    private var received = ByteBuffer()

    init(isServer: Bool, hasSecret: Bool, isOpen: Bool) {
        self.isServer = isServer
        var settings = WireSettings(
            identity: PeerIdentity(role: isServer ? .notifier : .worker, instance: "i", build: "b"),
            security: WireSecurity(credential: hasSecret ? ClusterCredential(secret: Self.secret) : nil))
        settings.maxFrameBytes = 4_096
        settings.maxHandshakeFrameBytes = 512
        settings.streamWindowBytes = 256
        settings.maxUnsentBytes = 1 << 20
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        let calls = log, loop = channel.eventLoop
        if isServer {
            let server = ServerConnection(
                from: "127.0.0.1", eventLoop: loop, table: Self.table(calls), maxCalls: 8, refusals: RefusalLog(eventLoop: loop, logger: logger),
                refusedCalls: RefusedCalls(eventLoop: loop, metrics: NOOPMetricsHandler.instance, logger: logger), logger: logger
            ) { calls.closed += 1 }
            connection = needed("a connection") { try PeerConnection(settings: settings, expecting: nil, delegate: server, logger: logger) }
            server.attach(connection)
            (self.server, client) = (server, nil)
        } else {
            let address = needed("an address") { try SocketAddress(ipAddress: "127.0.0.1", port: 1) }
            let client = ClientConnection(address: address, eventLoop: loop, events: calls)
            connection = needed("a connection") { try PeerConnection(settings: settings, expecting: .notifier, delegate: client, logger: logger) }
            client.attach(connection)
            (server, self.client) = (nil, client)
        }
        needed("the pipeline") { try channel.pipeline.syncOperations.addHandler(connection) }
        channel.connect(to: needed("an address") { try SocketAddress(ipAddress: "127.0.0.1", port: 1) }, promise: nil)
        settle()
        guard isOpen, !hasSecret else { return }
        let role: Role = isServer ? .worker : .notifier
        deliver(Self.frame { (frame, arena) throws(MessageError) in try Self.hello(&frame, arena, as: role) })
        deliver([0, 0, 0, 2, 0x12, 0])
        require(channel.isActive, "an orderly handshake is refused")
        if let client {
            require(client.isOpen, "an orderly handshake is not through")
            startCalls(client)
        }
    }

    // MARK: Steps

    mutating func step(_ recipe: inout Recipe) {
        let kind = recipe.byte()
        switch kind % 16 {
        case 0, 1: deliver(recipe.take(Int(recipe.byte())))
        case 2:
            // A frame in raw bytes, of the right length or nearly so.
            let body = recipe.take(Int(recipe.byte()))
            let length = UInt32(clamping: body.count + (kind == 2 ? 0 : Int(Int8(bitPattern: recipe.byte()))))
            deliver(withUnsafeBytes(of: length.bigEndian) { Array($0) } + body)
        case 3: advance(milliseconds: Int64(recipe.byte()) * 40)
        case 4:
            channel.isWritable.toggle()
            channel.pipeline.fireChannelWritabilityChanged()
            settle()
        case 5: if let client { startCalls(client) } else { server?.drain() }
        case 6:
            let odd = recipe.take(8)
            let role = Role.allCases[Int(odd.dropFirst().first ?? 0) % Role.allCases.count]
            deliver(Self.frame { (frame, arena) throws(MessageError) in try Self.hello(&frame, arena, odd, as: role) })
        case 7:
            let mac = recipe.take(Int(recipe.byte() % 40))
            deliver(Self.frame { (frame, arena) throws(MessageError) in try Self.proof(&frame, arena, mac) })
        default:
            let bytes = frame(of: kind % 16, &recipe)
            // In two pieces now and then.
            let cut = kind & 0x40 == 0 ? bytes.count : Int(recipe.byte()) % max(1, bytes.count)
            deliver(Array(bytes.prefix(cut)))
            deliver(Array(bytes.dropFirst(cut)))
        }
        settle()
    }

    private func frame(of kind: UInt8, _ recipe: inout Recipe) -> [UInt8] {
        let call = UInt64(recipe.byte() % 12)
        let payload = recipe.take(Int(recipe.byte()))
        let number = UInt32(truncatingIfNeeded: recipe.number())
        let methods = [
            NotifierService.deliver.path, SchedulerService.work.path, SchedulerService.create.path, SchedulerService.createMany.path,
            "task_scheduler.v1.Notifier/None", "", "/", String(repeating: "x", count: 300),
        ]
        let method = methods[Int(recipe.byte()) % methods.count]
        return Self.frame { (frame, arena) throws(MessageError) in
            switch kind {
            case 8, 9:
                let c = try arena.take(TaskScheduler__Wire__Open.self)
                task_scheduler__wire__open__init(c)
                c.pointee.call = call
                if !method.isEmpty { c.pointee.method = try arena.put(method) }
                c.pointee.deadline_ms = number
                c.pointee.streaming = method == SchedulerService.work.path ? 1 : 0
                if number % 7 == 0 { c.pointee.streaming ^= 1 }
                c.pointee.payload = try arena.put(payload)
                frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_OPEN
                frame.open = c
            case 10:
                let c = try arena.take(TaskScheduler__Wire__Item.self)
                task_scheduler__wire__item__init(c)
                c.pointee.call = call
                c.pointee.payload = try arena.put(payload)
                frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_ITEM
                frame.item = c
            case 11:
                let c = try arena.take(TaskScheduler__Wire__End.self)
                task_scheduler__wire__end__init(c)
                c.pointee.call = call
                c.pointee.status = number % 20
                c.pointee.payload = try arena.put(payload)
                frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_END
                frame.end = c
            case 12:
                let c = try arena.take(TaskScheduler__Wire__Credit.self)
                task_scheduler__wire__credit__init(c)
                c.pointee.call = call
                c.pointee.bytes = number
                frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_CREDIT
                frame.credit = c
            case 13:
                let c = try arena.take(TaskScheduler__Wire__Cancel.self)
                task_scheduler__wire__cancel__init(c)
                c.pointee.call = call
                frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_CANCEL
                frame.cancel = c
            case 14:
                let c = try arena.take(TaskScheduler__Wire__Ping.self)
                task_scheduler__wire__ping__init(c)
                c.pointee.token = UInt64(number)
                frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_PING
                frame.ping = c
            default:
                let c = try arena.take(TaskScheduler__Wire__GoAway.self)
                task_scheduler__wire__go_away__init(c)
                frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_GO_AWAY
                frame.go_away = c
            }
        }
    }

    private static func hello(_ frame: inout TaskScheduler__Wire__Frame, _ arena: Arena, _ odd: [UInt8] = [], as role: Role) throws(MessageError) {
        let c = try arena.take(TaskScheduler__Wire__Hello.self)
        task_scheduler__wire__hello__init(c)
        c.pointee.version_min = UInt32(odd.first ?? 1)
        c.pointee.version_max = UInt32(odd.last ?? 1)
        c.pointee.role = try arena.put(odd.contains(255) ? String(repeating: "r", count: 129) : role.rawValue)
        c.pointee.instance = try arena.put("i")
        c.pointee.build = try arena.put("b")
        c.pointee.nonce = try arena.put(odd.contains(254) ? odd : Self.nonce)
        frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_HELLO
        frame.hello = c
    }

    private static func proof(_ frame: inout TaskScheduler__Wire__Frame, _ arena: Arena, _ mac: [UInt8]) throws(MessageError) {
        let c = try arena.take(TaskScheduler__Wire__Proof.self)
        task_scheduler__wire__proof__init(c)
        c.pointee.mac = try arena.put(mac)
        frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_PROOF
        frame.proof = c
    }

    /// With its length in front.
    private static func frame(_ fill: (inout TaskScheduler__Wire__Frame, Arena) throws(MessageError) -> Void) -> [UInt8] {
        defer { arena.reset() }
        var frame = TaskScheduler__Wire__Frame()
        task_scheduler__wire__frame__init(&frame)
        do throws(MessageError) { try fill(&frame, arena) } catch { fail("filling a frame: \(error)") }
        let size = task_scheduler__wire__frame__get_packed_size(&frame)
        var bytes = [UInt8](repeating: 0, count: size)
        _ = bytes.withUnsafeMutableBufferPointer { task_scheduler__wire__frame__pack(&frame, $0.baseAddress) }
        return withUnsafeBytes(of: UInt32(size).bigEndian) { Array($0) } + bytes
    }

    // MARK: The channel

    private func startCalls(_ client: ClientConnection) {
        guard client.load < 8 else { return }
        log.started += 1
        client.start(NotifierService.deliver, Proto.DeliverRequest(), deadline: .after(milliseconds: 60_000)) { [log] _ in log.ended += 1 }
        guard let stream = client.stream(SchedulerService.work) else { return }
        log.started += 1
        stream.onMessage = { [log] _ in log.messages += 1 }
        stream.onEnd = { [log] _ in log.ended += 1 }
        for _ in 0..<5 { stream.send(Proto.WorkerMessage(creditLimit: 3)) }
    }

    private func deliver(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, channel.isActive else { return }
        // An error is the connection's to handle; none may come through it.
        needed("reading") { _ = try channel.writeInbound(ByteBuffer(bytes: bytes)) }
    }

    private func advance(milliseconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .milliseconds(milliseconds)) }

    /// Runs what waits, and looks at what was sent.
    private mutating func settle() {
        channel.embeddedEventLoop.run()
        while let bytes = needed("writing", { try channel.readOutbound(as: ByteBuffer.self) }) { received.writeImmutableBuffer(bytes) }
        while let length = received.getInteger(at: received.readerIndex, as: UInt32.self) {
            require(length >= 1 && length <= 4_096, "a frame of \(length) bytes is sent")
            guard let bytes = received.getBytes(at: received.readerIndex + 4, length: Int(length)) else { break }
            received.moveReaderIndex(forwardBy: 4 + Int(length))
            let frame = bytes.withUnsafeBufferPointer { task_scheduler__wire__frame__unpack(nil, $0.count, $0.baseAddress) }
            guard let frame else { fail("a frame is sent that does not decode") }
            task_scheduler__wire__frame__free_unpacked(frame, nil)
        }
        received.discardReadBytes()
    }

    /// The peer falls silent: the connection is let go, once, and every call that was begun has ended.
    mutating func end() {
        settle()
        for _ in 0..<3 {
            advance(milliseconds: 10_000)
            settle()
        }
        if channel.isActive {
            // Silence is measured by the clock of the machine, so an open connection outlives simulated time.
            connection.close("the end")
            settle()
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        require(log.closed == 1, "the end of a connection is told \(log.closed) times")
        require(log.ended <= log.started && (isServer || log.ended == log.started), "\(log.ended) of \(log.started) calls have ended")
    }

    // MARK: Handlers

    private static func table(_ calls: Calls) -> ServiceTable {
        var table = ServiceTable([NotifierService.descriptor, SchedulerService.descriptor])
        table.allowsMissing = true
        let calls = UncheckedBox(calls)
        table.unary(NotifierService.deliver) { request, _, reply in
            reply(.success(Proto.DeliverReply(outcome: .delivered, statusCode: 200, detail: request.idempotencyKey)))
        }
        // Never answers: what is open stays open.
        table.unary(SchedulerService.create) { _, _, _ in }
        table.unary(SchedulerService.createMany) { request, _, reply in
            // Larger than a frame may be, when many are asked for.
            let reply500 = Proto.CreateReply(result: .replayed, answer: Array(repeating: 1, count: 500))
            reply(.success(Proto.CreateManyReply(replies: request.creates.map { _ in reply500 })))
        }
        table.stream(SchedulerService.work) { stream in
            calls.value.started += 1
            stream.onEnd = { _ in calls.value.ended += 1 }
            stream.onMessage = { [weak stream] message in
                guard let stream else { return }
                calls.value.messages += 1
                let dispatch = Proto.Dispatch(arguments: Array(repeating: 1, count: 100))
                for _ in 0..<max(0, min(message.creditLimit ?? 0, 40)) { stream.send(Proto.SchedulerMessage(dispatches: [dispatch])) }
                if message.leaving { stream.end() }
            }
        }
        return table
    }
}

/// What was begun and what has ended. Used on one thread.
private final class Calls: ClientConnectionEvents {
    var started = 0, ended = 0, messages = 0, closed = 0

    func opened(_ connection: ClientConnection) {}
    func leaving(_ connection: ClientConnection) {}
    func closed(_ connection: ClientConnection, _ reason: String) { closed += 1 }
}

/// Unchecked: an embedded channel runs on the one thread there is.
private struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
