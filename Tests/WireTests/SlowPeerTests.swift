import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TaskDomain
import TaskMessages
import Testing
import TestSupport

@testable import TaskWire

@Suite(.timeLimit(.minutes(3))) struct SlowPeerTests {
    @Test("a Hello of which the last byte never comes is waited for no longer than a handshake may take")
    func oneByteShort() async throws {
        let server = try await TestServer.start(adjust: { $0.handshakeMilliseconds = 500 })
        let (peer, channel) = try await BarePeer.connect(server)
        // On a machine that is slow enough the time is over before.
        try? await channel.writeAndFlush(ByteBuffer(bytes: Bytes.hello.dropLast())).get()
        try await peer.waitForClose()
        try await server.stop()
    }

    @Test("a Hello that comes byte by byte gets no more time than any other")
    func slowHello() async throws {
        let server = try await TestServer.start(adjust: { $0.handshakeMilliseconds = 200 })
        let (peer, channel) = try await BarePeer.connect(server)
        var sent = 0
        // At this pace it would take as long as this test may.
        while !peer.isClosed.withLockedValue({ $0 }), sent < Bytes.hello.count - 1 {
            try? await channel.writeAndFlush(ByteBuffer(bytes: [Bytes.hello[sent]])).get()
            sent += 1
            try await Task.sleep(nanoseconds: 1_000_000_000)
        }
        #expect(sent < Bytes.hello.count - 1)
        try await server.stop()
    }

    @Test("a frame that never arrives whole ends its connection, although bytes of it keep coming")
    func slowFrame() async throws {
        let server = try await TestServer.start(adjust: {
            $0.keepalive = Keepalive(intervalMilliseconds: 100)
            $0.frameMilliseconds = 300
        })
        let (peer, channel) = try await BarePeer.connect(server)
        try await channel.writeAndFlush(ByteBuffer(bytes: Bytes.hello + Bytes.proof + [0, 0x3F, 0, 0])).get()
        // Often enough to be heard within every keepalive interval; for longer than this test may take.
        var isWriting = true
        while isWriting, !peer.isClosed.withLockedValue({ $0 }) {
            do { try await channel.writeAndFlush(ByteBuffer(bytes: [0])).get() } catch { isWriting = false }
            try await Task.sleep(nanoseconds: 20_000_000)
        }
        try await peer.waitForClose()
        let client = server.client()
        #expect(try await deliver(client, "still here") == "still here")
        await client.stop()
        try await server.stop()
    }

    @Test("a stream to a peer that says nothing any more ends as one whose peer may not know of it", arguments: [true, false])
    func silence(isSilent: Bool) async throws {
        let ended = NIOLockedValueBox<CallError??>(nil)
        let server = try await TestServer.start(adjust: { if isSilent { $0.keepalive = Keepalive(intervalMilliseconds: 100) } }) { table in
            table = ServiceTable([SchedulerService.descriptor])
            table.allowsMissing = true
            table.stream(SchedulerService.work) { stream in stream.onEnd = { error in ended.withLockedValue { $0 = .some(error) } } }
        }
        let (peer, channel) = try await BarePeer.connect(server)
        try await channel.writeAndFlush(ByteBuffer(bytes: Bytes.hello + Bytes.proof + Bytes.work)).get()
        // The bare peer answers no ping.
        if !isSilent { try await channel.close().get() }
        try await eventually("the stream is over") { ended.withLockedValue { $0 != nil } }
        let error = try #require(ended.withLockedValue { $0 } ?? nil)
        #expect(error.isPeerSilent == isSilent)
        if isSilent { try await peer.waitForClose() }
        try await server.stop()
    }

    @Test("a peer that does not read its answers is not read from either, and is dropped in the end")
    func neverReads() async throws {
        let answered = NIOLockedValueBox(0)
        let server = try await TestServer.start(adjust: { $0.keepalive = Keepalive(intervalMilliseconds: 500) }) { table in
            table.unary(NotifierService.deliver) { request, _, reply in
                answered.withLockedValue { $0 += request.idempotencyKey.utf8.count }
                reply(.success(Proto.DeliverReply(outcome: .delivered, detail: request.idempotencyKey)))
            }
        }
        let (peer, channel) = try await BarePeer.connect(server, reads: false)
        let call = try ByteBuffer(bytes: Bytes.deliver(call: 1, keyBytes: 100_000))
        try await channel.writeAndFlush(ByteBuffer(bytes: Bytes.hello + Bytes.proof)).get()
        // Far more than all buffers on the way hold; each write waits for the one before it to have left.
        for _ in 0..<10_000 {
            do { try await channel.writeAndFlush(call).get() } catch { break }
        }
        #expect(peer.receivedBytes.withLockedValue { $0 } < 1 << 20)
        #expect(answered.withLockedValue { $0 } < 32 << 20)
        let client = server.client()
        #expect(try await deliver(client, "still here") == "still here")
        await client.stop()
        try await server.stop()
    }

    @Test("a stream whose peer grants nothing is ended, and what it keeps is bounded")
    func noCredit() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var table = ServiceTable([SchedulerService.descriptor])
        table.allowsMissing = true
        let sent = NIOLockedValueBox(0)
        table.stream(SchedulerService.work) { stream in
            let isOver = NIOLockedValueBox(false)
            stream.onEnd = { _ in isOver.withLockedValue { $0 = true } }
            while !isOver.withLockedValue({ $0 }) {
                stream.send(Proto.SchedulerMessage(acknowledged: [1]))
                sent.withLockedValue { $0 += 1 }
            }
        }
        var settings = TestServer.settings(role: .scheduler, secret: nil)
        settings.streamWindowBytes = 100
        let server = Server(settings: settings, table: table, eventLoop: group.next(), logger: quiet)
        let port = try await server.start(host: "127.0.0.1", port: 0).port ?? 0
        let ended = NIOLockedValueBox<CallError??>(nil)
        // With the default window this client sees no reason to grant more.
        let client = Client(
            to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: port)], settings: TestServer.settings(role: .worker, secret: nil),
            repetition: .never, eventLoop: group.next(), logger: quiet
        ) { connection in
            guard let stream = connection.stream(SchedulerService.work) else { return }
            stream.onMessage = { _ in }
            stream.onEnd = { error in ended.withLockedValue { $0 = .some(error) } }
        }
        client.start()
        try await eventually("the end of the stream") { ended.withLockedValue { $0 != nil } }
        #expect((ended.withLockedValue { $0 } ?? nil)?.code == .resourceExhausted)
        #expect(sent.withLockedValue { $0 } <= MessageStream<Proto.WorkerMessage, Proto.SchedulerMessage>.maxWaiting + 200)
        await client.stop()
        await server.drain(milliseconds: 100)
        try await group.shutdownGracefully()
    }

    @Test("connections beyond the bound are closed at once; those within it, and the next when one is free, are served")
    func tooMany() async throws {
        let server = try await TestServer.start(adjust: { $0.maxConnections = 3 })
        let client = server.client()
        #expect(try await deliver(client, "first") == "first")
        let (_, second) = try await BarePeer.connect(server)
        try await second.writeAndFlush(ByteBuffer(bytes: Bytes.hello + Bytes.proof)).get()
        let (_, third) = try await BarePeer.connect(server)
        try await third.writeAndFlush(ByteBuffer(bytes: Bytes.hello + Bytes.proof)).get()
        for _ in 0..<5 {
            let (peer, _) = try await BarePeer.connect(server)
            try await peer.waitForClose()
        }
        #expect(try await deliver(client, "still here") == "still here")
        try await third.close().get()
        let other = server.client()
        #expect(try await deliver(other, "a place is free") == "a place is free")
        await client.stop()
        await other.stop()
        try await server.stop()
    }

    @Test("a connection that is over leaves nothing behind")
    func freed() async throws {
        struct Weak: Sendable { weak let connection: PeerConnection? }
        let seen = NIOLockedValueBox<[Weak]>([])
        let server = try await TestServer.start(define: { table in
            table.unary(NotifierService.deliver) { request, _, reply in
                seen.withLockedValue { $0.append(Weak(connection: reply.connection.wire)) }
                reply(.success(Proto.DeliverReply(outcome: .delivered, detail: request.idempotencyKey)))
            }
        })
        for _ in 0..<3 {
            let client = server.client()
            #expect(try await deliver(client, "x") == "x")
            await client.stop()
        }
        #expect(seen.withLockedValue { $0.count } == 3)
        try await eventually("all are freed") { seen.withLockedValue { $0.allSatisfy { $0.connection == nil } } }
        try await server.stop()
    }

    @Test("a small frame that stands for a million messages is refused before they are made")
    func messageBomb() async throws {
        // Each two bytes are one empty CreateRequest, of hundreds of bytes in memory.
        let bomb = [UInt8]((0..<1_000_000).flatMap { _ in [0x0A, 0x00] as [UInt8] })
        let arena = try Arena(maxBytes: WireSettings(identity: PeerIdentity(role: .worker, instance: "", build: "")).maxUnpackedBytes)
        let made = bomb.withUnsafeBytes { bytes in try? Proto.CreateManyRequest(unpacking: bytes, arena: arena) }
        #expect(made == nil)
        arena.reset()
        // As many as a caller may ask for are no matter.
        let many = Proto.CreateManyRequest(creates: Array(repeating: Proto.CreateRequest(authorization: "Bearer x"), count: 1_000))
        let read = try many.packed().withUnsafeBytes { bytes in try Proto.CreateManyRequest(unpacking: bytes, arena: arena) }
        #expect(read == many)
    }
}
