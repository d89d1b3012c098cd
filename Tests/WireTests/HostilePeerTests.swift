import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TaskMessages
import Testing
import TestSupport

@testable import TaskWire

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
        let hello = Bytes.hello
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
