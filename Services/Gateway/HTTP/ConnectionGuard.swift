import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// A handler that is told by ``ConnectionGuard`` when an answer's end is written, whoever wrote it: each handler that looked for itself
/// would unpack every part of every answer.
protocol AnswerListener: AnyObject {
    func answerEnded()
}

/// Holds one connection, or one stream of HTTP/2, to its bounds: how long a request may take to arrive, how much of a body is read, how
/// long an answer may take to be taken, and its reader to take what is ready of it. Also ends a connection whose answer says so.
///
/// It stands between the HTTP decoder and what handles requests, and is used on the channel's event loop only.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// From a request's head to its end.
    static let requestTimeout = TimeAmount.seconds(15)
    /// From an answer's end being written to its last byte being taken by the system.
    static let answerTimeout = TimeAmount.seconds(15)
    /// While an answer is being written: how long its reader may take nothing of what is ready.
    static let stallTimeout = TimeAmount.seconds(5)
    /// How long after the last answer a peer may still send what is dropped. Closing at once would reset the
    /// connection, and the peer might never see the answer (RFC 9112 section 9.6).
    static let lingerTimeout = TimeAmount.seconds(2)

    /// On a connection that waits for a request where there are nearly as many as may be.
    static let crowdedTimeout = TimeAmount.seconds(5)

    /// What it holds.
    enum Kind: Sendable {
        /// A connection of HTTP/1.1, one of these.
        case connection(Crowd)
        /// A stream: it ends by itself with its answer, and its connection goes on.
        case stream
    }

    private let requestTimeout: TimeAmount, answerTimeout: TimeAmount, stallTimeout: TimeAmount, crowdedTimeout: TimeAmount
    private let kind: Kind
    private let maxBodyBytes: @Sendable (_ path: String) -> Int
    private let listeners: [any AnswerListener]
    /// Of the request that is arriving.
    private var bodyLimit = Bounds.bodyBytes
    private var isReceiving = false
    private var bodyBytes = 0
    /// Requests whose answers have not ended.
    private var unanswered = 0
    /// Answers that are written and not yet taken.
    private var untaken = 0
    /// No request after this one is looked at; the connection ends with its answer.
    private var isEnding = false
    /// What still arrives is not looked at.
    private var isDropping = false
    private var isLingering = false
    private var requestTimer: Scheduled<Void>?
    private var answerTimer: Scheduled<Void>?
    private var crowdedTimer: Scheduled<Void>?
    /// An answer has begun, and its end is not written.
    private var isAnswering = false
    private var stallTimer: Scheduled<Void>?

    /// - Parameters:
    ///   - maxBodyBytes: of a body to that path.
    ///   - listeners: handlers behind this one that are told of each answer's end.
    init(
        requestTimeout: TimeAmount = ConnectionGuard.requestTimeout, answerTimeout: TimeAmount = ConnectionGuard.answerTimeout,
        stallTimeout: TimeAmount = ConnectionGuard.stallTimeout, crowdedTimeout: TimeAmount = ConnectionGuard.crowdedTimeout, kind: Kind,
        maxBodyBytes: @escaping @Sendable (_ path: String) -> Int = { _ in Bounds.bodyBytes }, listeners: [any AnswerListener] = []
    ) {
        self.listeners = listeners
        self.maxBodyBytes = maxBodyBytes
        self.requestTimeout = requestTimeout
        self.answerTimeout = answerTimeout
        self.stallTimeout = stallTimeout
        self.crowdedTimeout = crowdedTimeout
        self.kind = kind
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // Behind a handshake of TLS.
        if context.channel.isActive { waitForRequest(context) }
    }

    // MARK: In

    func channelActive(context: ChannelHandlerContext) {
        waitForRequest(context)
        context.fireChannelActive()
    }

    /// The listener's own patience is longer, which is good as long as there is room.
    private func waitForRequest(_ context: ChannelHandlerContext) {
        guard case .connection(let crowd) = kind, crowd.isDense, crowdedTimer == nil else { return }
        crowdedTimer = after(crowdedTimeout, context) { _, context in context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDropping else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard !isEnding else {
                isDropping = true
                return
            }
            isReceiving = true
            crowdedTimer?.cancel()
            crowdedTimer = nil
            bodyBytes = 0
            bodyLimit = maxBodyBytes(head.path ?? "/")
            unanswered += 1
            if head.headerFields[.connection]?.lowercased() == "close" { isEnding = true }
        case .body(let bytes):
            // The part that crosses the bound is passed on, so that the request is answered; the rest is dropped.
            guard bodyBytes <= bodyLimit else { return }
            bodyBytes += bytes.readableBytes
            if bodyBytes > bodyLimit { end(context) }
        case .end:
            isReceiving = false
            requestTimer?.cancel()
            requestTimer = nil
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isReceiving, !isLingering, requestTimer == nil {
            requestTimer = after(requestTimeout, context) { guardian, context in context.close(promise: nil) }
        }
        context.fireChannelReadComplete()
    }

    private func end(_ context: ChannelHandlerContext) {
        isEnding = true
        if unanswered == 0 { linger(context) }
    }

    // MARK: Out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            isAnswering = true
            if head.headerFields[.connection] == "close" { isEnding = true }
            guard isEnding else { return context.write(data, promise: promise) }
            // A field that streams do not have (RFC 9113 section 8.2.2).
            head.headerFields[.connection] = if case .stream = kind { nil } else { "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            isAnswering = false
            stallTimer?.cancel()
            stallTimer = nil
            unanswered -= 1
            untaken += 1
            for listener in listeners { listener.answerEnded() }
            let taken = promise ?? context.eventLoop.makePromise(of: Void.self)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            taken.futureResult.whenComplete { _ in
                let (guardian, context) = bound.value
                guardian.taken(context)
            }
            context.write(data, promise: taken)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stallTimer?.cancel()
            stallTimer = nil
        } else if isAnswering, stallTimer == nil {
            stallTimer = after(stallTimeout, context) { _, context in context.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        if untaken > 0, answerTimer == nil {
            answerTimer = after(answerTimeout, context) { _, context in context.close(promise: nil) }
        }
    }

    private func taken(_ context: ChannelHandlerContext) {
        untaken -= 1
        answerTimer?.cancel()
        answerTimer = nil
        guard untaken == 0, unanswered == 0 else { return }
        isEnding ? linger(context) : waitForRequest(context)
    }

    // MARK: The end

    /// Says that no more comes, drops what still arrives, and closes a little later.
    private func linger(_ context: ChannelHandlerContext) {
        guard !isLingering else { return }
        isLingering = true
        isDropping = true
        requestTimer?.cancel()
        // A stream has said it already, by the answer's end.
        if case .connection = kind {
            context.close(mode: .output, promise: nil)
            // Whatever waits for the rest of the request gets its end now.
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        requestTimer = after(Self.lingerTimeout, context) { _, context in context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        requestTimer?.cancel()
        answerTimer?.cancel()
        crowdedTimer?.cancel()
        stallTimer?.cancel()
        context.fireChannelInactive()
    }

    private func after(
        _ time: TimeAmount, _ context: ChannelHandlerContext,
        _ body: @escaping @Sendable (ConnectionGuard, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: time) {
            let (guardian, context) = bound.value
            body(guardian, context)
        }
    }
}
