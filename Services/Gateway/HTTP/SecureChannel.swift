import HummingbirdCore
import Logging
import NIOCore
import Operations

/// A connection of HTTP/1.1 inside TLS. What the API's handlers hold a connection to stands behind TLS, and so holds for both: they see its
/// beginning before the handshake, and what they close is closed as TLS wants it.
struct SecureChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let base: HTTP1Channel
    let tls: ListenerTLS

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture { try tls.begin(on: channel) }
            .flatMap { [base] in base.setup(channel: channel, logger: logger) }
    }

    @concurrent func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
