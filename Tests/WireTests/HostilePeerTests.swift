import Messages
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Wire

/// A bare TCP connection that says what it likes.
private final class RawPeer: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    let isClosed = NIOLockedValueBox(false)
    let received = NIOLockedValueBox<[UInt8]>([])

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        received.withLockedValue { $0 += bytes }
    }

    func channelInactive(context: ChannelHandlerContext) { isClosed.withLockedValue { $0 = true } }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    static func connect(_ server: TestServer) async throws -> (RawPeer, any Channel) {
        let peer = RawPeer()
        let channel = try await ClientBootstrap(group: server.group)
            .channelInitializer { channel in channel.pipeline.addHandler(peer) }
            .connect(host: "127.0.0.1", port: server.port).get()
        return (peer, channel)
    }
}

@Suite struct HostilePeerTests {
    @Test(
        "bytes that are no handshake end the connection and nothing else",
        arguments: [
            [0, 0, 0, 0] as [UInt8], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0x10, 0x01, 1], [0, 0, 0, 1, 0xFF],
            Array("GET / HTTP/1.1\r\n\r\n".utf8),
            // A well-formed Ping before any Hello.
            [0, 0, 0, 2, 0x42, 0],
        ])
    func garbage(bytes: [UInt8]) async throws {
        let server = try await TestServer.start()
        let (peer, channel) = try await RawPeer.connect(server)
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
        try await eventually("the server hangs up") { peer.isClosed.withLockedValue { $0 } }
        let client = server.client()
        #expect(try await deliver(client, "still here") == "still here")
        await client.stop()
        try await server.stop()
    }

    @Test("a peer that says nothing is dropped when the handshake's time is over")
    func silent() async throws {
        let server = try await TestServer.start(adjust: { $0.handshakeMilliseconds = 100 })
        let (peer, _) = try await RawPeer.connect(server)
        try await eventually("the server hangs up") { peer.isClosed.withLockedValue { $0 } }
        try await server.stop()
    }

    @Test("a frame split at every offset is one frame")
    func splitFrames() async throws {
        let server = try await TestServer.start()
        // Captured from a client that shakes hands without a secret, and made again here byte by byte.
        let hello: [UInt8] = {
            var body: [UInt8] = [0x08, 1, 0x10, 1, 0x1A, 1, 0x77, 0x22, 1, 0x69, 0x2A, 1, 0x62, 0x32, 32]
            body += Array(repeating: 9, count: 32)
            let frame = [0x0A, UInt8(body.count)] + body
            return [0, 0, 0, UInt8(frame.count)] + frame
        }()
        let proof: [UInt8] = [0, 0, 0, 2, 0x12, 0]
        for split in 1..<hello.count {
            let (peer, channel) = try await RawPeer.connect(server)
            try await channel.writeAndFlush(ByteBuffer(bytes: hello[..<split])).get()
            try await channel.writeAndFlush(ByteBuffer(bytes: hello[split...] + proof)).get()
            // Hello and then Proof come back: the handshake went through.
            try await eventually("the server's proof") { peer.received.withLockedValue { $0.suffix(6) == [0, 0, 0, 2, 0x12, 0] } }
            try await channel.close().get()
        }
        try await server.stop()
    }
}

@Suite struct HandshakeTests {
    @Test("sides with the same secret work together")
    func sameSecret() async throws {
        let server = try await TestServer.start(secret: "correct horse")
        let client = server.client(secret: "correct horse")
        #expect(try await deliver(client, "x") == "x")
        await client.stop()
        try await server.stop()
    }

    @Test("another secret, or none on one side, is refused with the reason", arguments: [("a", "b"), ("a", nil), (nil, "b")] as [(String?, String?)])
    func otherSecret(ours: String?, theirs: String?) async throws {
        let server = try await TestServer.start(secret: theirs)
        let client = server.client(secret: ours)
        let error = try await refusal(client, naming: ["CLUSTER_SECRET"])
        #expect(error.code == .deadlineExceeded)
        #expect(error.message.contains("CLUSTER_SECRET"))
        await client.stop()
        try await server.stop()
    }

    @Test("versions that do not overlap are refused with both ranges; overlapping ones work")
    func versions() async throws {
        let server = try await TestServer.start(versions: 2...3)
        let old = server.client(versions: 1...1)
        let error = try await refusal(old, naming: ["1 to 1", "2 to 3"])
        #expect(error.message.contains("1 to 1") && error.message.contains("2 to 3"))
        let newer = server.client(versions: 3...9)
        #expect(try await deliver(newer, "x") == "x")
        await old.stop()
        await newer.stop()
        try await server.stop()
    }

    @Test("a proof is worth nothing on another connection, nor the other way round")
    func replay() {
        func hello(_ role: String, _ byte: UInt8) -> Handshake.Hello {
            Handshake.Hello(
                versions: 1...1, identity: PeerIdentity(role: role, instance: "i", build: "b"),
                nonce: Array(repeating: byte, count: Handshake.nonceBytes))
        }
        let worker = hello("worker", 1), scheduler = hello("scheduler", 2), later = hello("scheduler", 3)
        let secret = Array("s".utf8)
        let proof = Handshake.proof(secret: secret, side: .client, own: worker, peer: scheduler)
        #expect(Handshake.isProof(proof, secret: secret, side: .client, own: worker, peer: scheduler))
        #expect(!Handshake.isProof(proof, secret: secret, side: .client, own: worker, peer: later))
        #expect(!Handshake.isProof(proof, secret: secret, side: .server, own: worker, peer: scheduler))
        #expect(!Handshake.isProof(proof, secret: secret, side: .client, own: scheduler, peer: worker))
        #expect(!Handshake.isProof(proof, secret: Array("t".utf8), side: .client, own: worker, peer: scheduler))
    }
}
