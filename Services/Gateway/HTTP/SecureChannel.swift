import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP2
import TaskOperations

/// A connection of plain HTTP/1.1.
struct PlainChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let http1: HTTP1Channel
    let place: @Sendable () -> ConnectionPlace

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(place()) }
            .flatMap { [http1] in http1.setup(channel: channel, logger: logger) }
    }

    @concurrent func handle(value: Value, logger: Logger) async { await http1.handle(value: value, logger: logger) }
}

/// A connection inside TLS: of HTTP/2 where the other side chooses it (ALPN), of HTTP/1.1 otherwise.
struct SecureChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        fileprivate let version: EventLoopFuture<NIONegotiatedHTTPVersion<HTTP1Channel.Value, HTTP2Streams.Value>>
        let channel: any Channel
    }

    let tls: ListenerTLS
    let http1: HTTP1Channel
    let http2: HTTP2Streams
    let place: @Sendable () -> ConnectionPlace
    /// In which the handshake must be over.
    let handshakeTimeout: TimeAmount

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(place())
            try tls.begin(on: channel)
        }.flatMap { [http1, http2, handshakeTimeout] in
            let end = channel.eventLoop.scheduleTask(in: handshakeTimeout) { channel.close(promise: nil) }
            return channel.configureHTTP2AsyncSecureUpgrade { channel in
                http1.setup(channel: channel, logger: logger)
            } http2ConnectionInitializer: { channel in
                http2.setup(channel: channel, logger: logger)
            }.map { version in
                version.whenComplete { _ in end.cancel() }
                return Value(version: version, channel: channel)
            }
        }
    }

    @concurrent func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.version.get() {
            case .http1_1(let connection): await http1.handle(value: connection, logger: logger)
            case .http2(let streams): await http2.handle(streams, logger: logger)
            }
        } catch {
            logger.debug("a connection ended before it spoke HTTP", metadata: ["reason": "\(error)"])
        }
    }
}
