import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TaskMessages
import TestSupport

@testable import TaskWire

/// A bare connection that may leave unread what comes.
final class BarePeer: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    let isClosed = NIOLockedValueBox(false)
    let receivedBytes = NIOLockedValueBox(0)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let count = unwrapInboundIn(data).readableBytes
        receivedBytes.withLockedValue { $0 += count }
    }

    func channelInactive(context: ChannelHandlerContext) { isClosed.withLockedValue { $0 = true } }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    static func connect(_ server: TestServer, reads: Bool = true) async throws -> (BarePeer, any Channel) {
        let peer = BarePeer()
        let channel = try await ClientBootstrap(group: server.group)
            .channelOption(.autoRead, value: reads)
            // Small, so that what a peer leaves unread is soon felt at the other end.
            .channelOption(.socketOption(.so_rcvbuf), value: 16 << 10)
            .channelInitializer { channel in channel.pipeline.addHandler(peer) }
            .connect(host: "127.0.0.1", port: server.port).get()
        return (peer, channel)
    }

    func waitForClose() async throws { try await eventually("the server hangs up") { isClosed.withLockedValue { $0 } } }
}

/// Frames, byte by byte.
enum Bytes {
    static func frame(_ field: UInt8, _ body: [UInt8]) -> [UInt8] {
        let message = [field << 3 | 2] + varint(body.count) + body
        return withUnsafeBytes(of: UInt32(message.count).bigEndian) { Array($0) } + message
    }

    static let hello = hello(version: 1)
    static let proof = frame(2, [])

    static func hello(version: UInt8, role: String = "worker") -> [UInt8] {
        frame(1, [0x08, version, 0x10, version, 0x1A, UInt8(role.utf8.count)] + Array(role.utf8) + [0x22, 1, 0x69, 0x2A, 1, 0x62, 0x32, 32] + [UInt8](repeating: 9, count: 32))
    }

    /// Opens a call to `task_scheduler.v1.Notifier/Deliver` whose answer is as long as its key.
    static func deliver(call: UInt8, keyBytes: Int) throws -> [UInt8] {
        let request = try Proto.DeliverRequest(idempotencyKey: String(repeating: "k", count: keyBytes)).packed()
        let path = Array(NotifierService.deliver.path.utf8)
        return frame(3, [0x08, call, 0x12] + varint(path.count) + path + [0x22] + varint(request.count) + request)
    }

    /// Opens a stream to `task_scheduler.v1.Scheduler/Work`.
    static var work: [UInt8] {
        let path = Array(SchedulerService.work.path.utf8)
        return frame(3, [0x08, 1, 0x12] + varint(path.count) + path + [0x28, 1])
    }

    /// Which of the envelope's fields each of some frames holds.
    static func fields(_ bytes: [UInt8]) -> [UInt8] {
        var rest = bytes[...], fields: [UInt8] = []
        while rest.count > 4 {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            fields.append(rest[rest.startIndex + 4] >> 3)
            rest = rest.dropFirst(4 + length)
        }
        return fields
    }

    private static func varint(_ value: Int) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
    }
}
