import CProtos
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOPosix
import TaskMessages
import Testing
import TestSupport

@testable import TaskWire

/// What a connection keeps of what it has read.
@Suite("Memory for what was read", .timeLimit(.minutes(3)))
struct InboundMemoryTests {
    /// A server that notes, at each call, what the connection holds, and answers in few bytes.
    private func startServer(_ capacities: NIOLockedValueBox<[Int]>) async throws -> TestServer {
        try await TestServer.start(define: { table in
            table.unary(NotifierService.deliver) { _, _, reply in
                let wire = reply.connection.wire
                // Once what came with the call has been taken.
                reply.connection.eventLoop.execute {
                    capacities.withLockedValue { $0.append(wire.inboundCapacity) }
                    reply(.success(Proto.DeliverReply(outcome: .delivered)))
                }
            }
        })
    }

    private func waitForCalls(_ count: Int, _ capacities: NIOLockedValueBox<[Int]>) async throws {
        try await eventually("call \(count) has come") { capacities.withLockedValue { $0.count >= count } }
    }

    @Test("a peer that always leaves a part of a frame makes a connection hold no more than any other")
    func partialFrames() async throws {
        let capacities = NIOLockedValueBox<[Int]>([])
        let server = try await startServer(capacities)
        let (_, channel) = try await BarePeer.connect(server)
        let frames = try (1...200).map { try Bytes.deliver(call: UInt8($0 % 120 + 1), keyBytes: 100_000) }
        var before = Bytes.hello + Bytes.proof
        for (index, frame) in frames.enumerated() {
            try await channel.writeAndFlush(ByteBuffer(bytes: before + frame.prefix(50_000))).get()
            before = Array(frame.dropFirst(50_000))
            // Nothing more is sent meanwhile: whatever has been read ends within a frame.
            try await waitForCalls(index, capacities)
        }
        #expect(capacities.withLockedValue { $0.max() ?? 0 } < 1 << 20, "of \(200 * 100_000) bytes")
        try await channel.close().get()
        try await server.stop()
    }

    @Test("what a large frame took is given back, also when a part of the next came with it")
    func largeFrame() async throws {
        let capacities = NIOLockedValueBox<[Int]>([])
        let server = try await startServer(capacities)
        let (_, channel) = try await BarePeer.connect(server)
        let large = try Bytes.deliver(call: 1, keyBytes: 3 << 20), small = try Bytes.deliver(call: 2, keyBytes: 1_000)
        try await channel.writeAndFlush(ByteBuffer(bytes: Bytes.hello + Bytes.proof + large + small.prefix(500))).get()
        try await waitForCalls(1, capacities)
        try await channel.writeAndFlush(ByteBuffer(bytes: small.dropFirst(500) + small.prefix(500))).get()
        try await waitForCalls(2, capacities)
        #expect(capacities.withLockedValue { $0[1] } < 1 << 20)
        try await channel.close().get()
        try await server.stop()
    }

    private final class Reason: PeerDelegate {
        var closed: String?
        func opened(_ peer: PeerIdentity) {}
        func received(_ frame: UnsafePointer<TaskScheduler__Wire__Frame>) {}
        func closed(_ reason: String, isPeerSilent: Bool) { closed = reason }
    }

    /// As it was set last.
    private static func isRead(_ channel: EmbeddedChannel) -> Bool? {
        channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool
    }

    @Test("of a peer that has been refused nothing more is read, and nothing is kept", arguments: [true, false])
    func refused(isTakenOver: Bool) throws {
        let reason = Reason()
        let wire = try PeerConnection(
            settings: TestServer.settings(role: .notifier, secret: isTakenOver ? "a secret" : nil), expecting: nil, delegate: reason,
            logger: quiet)
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(wire)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        // A version that is not spoken here; or no proof where one is needed.
        try channel.writeInbound(ByteBuffer(bytes: isTakenOver ? Bytes.hello + Bytes.proof : Bytes.hello(version: 9)))
        #expect(reason.closed != nil)
        #expect(Self.isRead(channel) == false)
        // What was on its way already.
        for _ in 0..<16 { try channel.writeInbound(ByteBuffer(repeating: 0, count: 1 << 20)) }
        #expect(wire.inboundCapacity < 1 << 10)
        // Nor does a peer that takes its answer have itself read from again.
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(Self.isRead(channel) == false)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        _ = try? channel.finish()
    }
}
