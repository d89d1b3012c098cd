import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Stands between a client and a server: passes on what each says, keeps it, and says to either what it likes.
final class Relay: Sendable {
    enum Direction: Sendable { case toServer, toClient }

    private struct State {
        var recorded: [(Direction, [UInt8])] = []
        /// Of the latest connection.
        var server: (any Channel)?, client: (any Channel)?
        /// Changed on its way, once.
        var flipsNext: Direction?
    }

    let port: Int
    private let listener: any Channel
    private let state: NIOLockedValueBox<State>

    static func start(to port: Int, on group: any EventLoopGroup) async throws -> Relay {
        let state = NIOLockedValueBox(State())
        let listener = try await ServerBootstrap(group: group)
            // Nothing is read from the client before the server can be told.
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop).connect(host: "127.0.0.1", port: port).flatMapThrowing { server in
                    state.withLockedValue { ($0.client, $0.server) = (client, server) }
                    try client.pipeline.syncOperations.addHandler(Passing(to: server, .toServer, state))
                    try server.pipeline.syncOperations.addHandler(Passing(to: client, .toClient, state))
                    client.setOption(.autoRead, value: true).whenFailure { _ in }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Relay(listener, state)
    }

    private init(_ listener: any Channel, _ state: NIOLockedValueBox<State>) {
        self.listener = listener
        self.state = state
        port = listener.localAddress?.port ?? 0
    }

    func recorded(_ direction: Direction) -> [UInt8] { state.withLockedValue { $0.recorded.filter { $0.0 == direction }.flatMap(\.1) } }

    /// Says something in the name of one end to the other.
    func inject(_ bytes: [UInt8], _ direction: Direction) async throws {
        let channel = state.withLockedValue { direction == .toServer ? $0.server : $0.client }
        try await channel?.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Changes one bit of what is passed on next.
    func flipNext(_ direction: Direction) { state.withLockedValue { $0.flipsNext = direction } }

    func stop() async throws {
        try await listener.close().get()
        let open = state.withLockedValue { [$0.client, $0.server] }
        for case let channel? in open { try? await channel.close().get() }
    }

    private final class Passing: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        private let direction: Direction
        private let state: NIOLockedValueBox<State>

        init(to other: any Channel, _ direction: Direction, _ state: NIOLockedValueBox<State>) {
            self.other = other
            self.direction = direction
            self.state = state
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = Array(unwrapInboundIn(data).readableBytesView)
            state.withLockedValue { state in
                state.recorded.append((direction, bytes))
                if state.flipsNext == direction {
                    bytes[bytes.count - 1] ^= 1
                    state.flipsNext = nil
                }
            }
            other.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
