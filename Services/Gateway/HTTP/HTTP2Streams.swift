import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP2
import NIOHTTPTypesHTTP2

/// The streams of a connection of HTTP/2 (RFC 9113). Each is one request, held to the bounds that a connection of HTTP/1.1 is held to.
struct HTTP2Streams: Sendable {
    typealias Value = NIOHTTP2Handler.AsyncStreamMultiplexer<HTTP1Channel.Value>

    /// Streams of a connection at once. The other side is told, and what is beyond is an error of its.
    static let perConnection = 100

    /// What answers the request of a stream.
    let http1: HTTP1Channel
    /// Made for each stream, between HTTP and what answers.
    let handlers: @Sendable () -> [any RemovableChannelHandler]
    /// All streams of the listener: one more than its limit is reset.
    let streams: Crowd
    /// All connections of the listener.
    let crowd: Crowd
    /// How long a connection may have no stream: where there is room, and where there is little.
    let idleTimeout: TimeAmount, crowdedTimeout: TimeAmount

    /// A peer is told of it by its stream's reset.
    private struct TooMany: Error {}

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var configuration = NIOHTTP2Handler.Configuration()
            configuration.connection.initialSettings = nioDefaultSettings.filter { $0.parameter != .maxConcurrentStreams }
                + [HTTP2Setting(parameter: .maxConcurrentStreams, value: Self.perConnection)]
            let watch = HTTP2Watch(crowd: crowd, idleTimeout: idleTimeout, crowdedTimeout: crowdedTimeout)
            let streams = try channel.pipeline.syncOperations.configureAsyncHTTP2Pipeline(
                mode: .server, streamDelegate: HTTP2Watch.Delegate(NIOLoopBound(watch, eventLoop: channel.eventLoop)), configuration: configuration
            ) { stream in begin(stream) }
            try channel.pipeline.syncOperations.addHandler(watch)
            return streams
        }
    }

    private func begin(_ stream: any Channel) -> EventLoopFuture<HTTP1Channel.Value> {
        guard !streams.isFull else { return stream.eventLoop.makeFailedFuture(TooMany()) }
        streams.opened()
        stream.closeFuture.whenComplete { [streams] _ in streams.closed() }
        return stream.eventLoop.makeCompletedFuture {
            try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTPServerCodec())
            try stream.pipeline.syncOperations.addHandlers(handlers())
            return try HTTP1Channel.Value(wrappingChannelSynchronously: stream)
        }
    }

    /// Answers the requests of all streams until the connection ends.
    func handle(_ value: Value, logger: Logger) async {
        do {
            try await withThrowingDiscardingTaskGroup { group in
                for try await stream in value.inbound {
                    group.addTask { [http1] in await http1.handle(value: stream, logger: logger) }
                }
            }
        } catch {
            logger.debug("a connection of HTTP/2 ended", metadata: ["reason": "\(error)"])
        }
    }
}

/// Ends a connection of HTTP/2 that has had no stream for too long, and one that is to end once its streams have.
///
/// It stands behind the frames' handler, and is used on the channel's event loop only.
final class HTTP2Watch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// Tells of streams that open and close.
    struct Delegate: NIOHTTP2StreamDelegate {
        private let watch: NIOLoopBound<HTTP2Watch>

        init(_ watch: NIOLoopBound<HTTP2Watch>) { self.watch = watch }

        func streamCreated(_ id: HTTP2StreamID, channel: any Channel) { watch.value.opened(id) }
        func streamClosed(_ id: HTTP2StreamID, channel: any Channel) { watch.value.closed() }
    }

    private let crowd: Crowd
    private let idleTimeout: TimeAmount, crowdedTimeout: TimeAmount
    private var context: ChannelHandlerContext?
    private var open = 0
    private var last = HTTP2StreamID.rootStream
    private var isEnding = false
    private var timer: Scheduled<Void>?

    init(crowd: Crowd, idleTimeout: TimeAmount, crowdedTimeout: TimeAmount) {
        self.crowd = crowd
        self.idleTimeout = idleTimeout
        self.crowdedTimeout = crowdedTimeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        wait()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    private func opened(_ id: HTTP2StreamID) {
        open += 1
        last = id
        timer?.cancel()
        timer = nil
    }

    private func closed() {
        open -= 1
        guard open == 0, let context else { return }
        guard isEnding else { return wait() }
        // The frame that closes the last one is only being written.
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.close() }
    }

    private func wait() {
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: crowd.isDense ? crowdedTimeout : idleTimeout) { bound.value.end() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        let isLast = event is ChannelShouldQuiesceEvent || (event as? ChannelEvent) == .inputClosed
        if isLast { end() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // That of one stream is its own.
        if !(error is NIOHTTP2Errors.StreamError) { context.close(promise: nil) }
    }

    /// No stream after the last one is carried out; the other side may send elsewhere what it had there.
    private func end() {
        guard !isEnding, let context else { return }
        isEnding = true
        let frame = HTTP2Frame(streamID: .rootStream, payload: .goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil))
        context.write(wrapOutboundOut(frame), promise: nil)
        open == 0 ? close() : context.flush()
    }

    private func close() {
        guard open == 0 else { return }
        context?.flush()
        context?.close(promise: nil)
    }
}
