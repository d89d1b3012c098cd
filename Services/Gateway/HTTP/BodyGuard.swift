import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Takes memory for the bodies of one connection before they go on, and refuses what there is none for (``BodyMemory``). Also answers
/// `Expect: 100-continue`, once there is memory for what is to come.
///
/// A request is held back until the end of what came with its head: then it is whole, or its rest is known to be outstanding. It
/// stands behind ``OverloadGuard``, which sees what is refused here as answered, and is used on the channel's event loop only.
final class BodyGuard: ChannelInboundHandler, RemovableChannelHandler, AnswerListener {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    /// Pieces of a body that are shorter go on together.
    private static let shortPiece = 4 << 10

    /// The state of the request that is arriving.
    private enum Arrival {
        /// There is none, or it has been answered, so that its rest is passed on to be dropped.
        case none
        /// Its head is held back.
        case undecided
        case receiving(BodyMemory.Place)
        /// Its rest is dropped here.
        case refused
        /// So is all that comes after it: the connection's requests have ended.
        case ended
    }

    private let memory: BodyMemory
    private let maxBodyBytes: @Sendable (_ path: String) -> Int
    private let refusal: Answer
    private let onRefusal: @Sendable (HTTPRequest) -> Void
    private var arrival = Arrival.none
    /// The head that is held back.
    private var head: NIOAny?
    /// Bytes of the body that is arriving, and those since it was last said to go on.
    private var bodyBytes = 0, freshBytes = 0
    /// The piece of it that is to go on: as it came, or as what several were joined to.
    private var part: NIOAny?, piece: ByteBuffer?
    /// Memory taken for each request that went on and whose answer has not ended, in order.
    private var charges: [Int] = []

    /// - Parameters:
    ///   - memory: of the whole gateway.
    ///   - maxBodyBytes: of a body to that path.
    ///   - onRefusal: called where a request is answered here.
    init(
        memory: BodyMemory, maxBodyBytes: @escaping @Sendable (_ path: String) -> Int, refusal: Answer,
        onRefusal: @escaping @Sendable (HTTPRequest) -> Void
    ) {
        self.memory = memory
        self.maxBodyBytes = maxBodyBytes
        self.refusal = refusal
        self.onRefusal = onRefusal
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if case .receiving(let place) = arrival { memory.end(place) }
        arrival = .ended
        for charge in charges { memory.leave(charge) }
        charges = []
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            if case .ended = arrival { return }
            arrival = .undecided
            head = data
            (bodyBytes, freshBytes) = (0, 0)
        case .body(let bytes): take(bytes, data, context)
        case .end: end(data, context)
        }
    }

    private func take(_ bytes: ByteBuffer, _ data: NIOAny, _ context: ChannelHandlerContext) {
        switch arrival {
        case .refused, .ended: return
        case .none, .undecided, .receiving: break
        }
        bodyBytes += bytes.readableBytes
        freshBytes += bytes.readableBytes
        // Pieces share the memory of the read that they came in, and each costs more than a short one holds.
        if piece != nil || part != nil {
            if bytes.readableBytes < Self.shortPiece { return add(bytes) }
            if case .undecided = arrival { return add(bytes) }
            passPiece(context)
        }
        part = data
    }

    private func passHead(_ context: ChannelHandlerContext) {
        guard let head else { return }
        self.head = nil
        context.fireChannelRead(head)
    }

    private func passPiece(_ context: ChannelHandlerContext) {
        guard let part = part ?? piece.map({ wrapInboundOut(.body($0)) }) else { return }
        dropPiece()
        context.fireChannelRead(part)
    }

    private func dropPiece() { (part, piece) = (nil, nil) }

    private func add(_ bytes: ByteBuffer) {
        if let part, case .body(let first) = unwrapInboundIn(part) { piece = first }
        part = nil
        piece?.writeImmutableBuffer(bytes)
    }

    private func end(_ data: NIOAny, _ context: ChannelHandlerContext) {
        switch arrival {
        case .undecided:
            guard let charge = memory.enter(bodyBytes) else {
                refuse(context)
                if case .refused = arrival { arrival = .none }
                return
            }
            charges.append(charge)
            passHead(context)
        case .receiving(let place):
            switch memory.complete(place, bodyBytes) {
            case .success(let charge): charges[charges.count - 1] = charge
            case .failure(let refusal): return fail(refusal, context)
            }
        case .none: break
        case .refused:
            arrival = .none
            return
        case .ended: return
        }
        arrival = .none
        passPiece(context)
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch arrival {
        case .undecided: receive(context)
        case .receiving(let place):
            if freshBytes >= memory.pace.bytes {
                freshBytes = 0
                memory.goesOn(place)
            }
        case .none, .refused, .ended: break
        }
        passPiece(context)
        context.fireChannelReadComplete()
    }

    /// The rest of the request is outstanding.
    private func receive(_ context: ChannelHandlerContext) {
        guard let part = head, case .head(let head) = unwrapInboundIn(part) else { return }
        let most = maxBodyBytes(head.path ?? "/")
        let length = head.headerFields.contentLength
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let place = memory.begin(min(length ?? most, most)) { [loop = context.eventLoop] place in
            loop.execute {
                let (guardian, context) = bound.value
                guardian.evicted(from: place, context)
            }
        }
        guard let place else { return refuse(context) }
        arrival = .receiving(place)
        charges.append(0)
        // One that is longer than may be is refused without being read.
        if charges.count == 1, length ?? 0 <= most, head.headerFields[.expect]?.lowercased() == "100-continue" {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        passHead(context)
    }

    // MARK: Refusals

    private func refuse(_ context: ChannelHandlerContext) {
        dropPiece()
        guard let part = head, case .head(let head) = unwrapInboundIn(part) else { return }
        guard charges.isEmpty else {
            // Answers go out in the order of requests, so this one is answered where those before it are.
            charges.append(0)
            passHead(context)
            return fail(.full, context)
        }
        self.head = nil
        arrival = .refused
        memory.count(.full)
        onRefusal(head)
        context.write(refusal, to: head)
    }

    private func evicted(from place: BodyMemory.Place, _ context: ChannelHandlerContext) {
        // The request may have ended meanwhile, in whatever way.
        if case .receiving(place) = arrival { fail(.slow, context) }
    }

    /// Ends the request with that answer, given by what waits for its rest.
    private func fail(_ refusal: BodyMemory.Refusal, _ context: ChannelHandlerContext) {
        if refusal == .full { memory.count(.full) }
        arrival = .ended
        dropPiece()
        context.fireErrorCaught(refusal)
    }

    // MARK: Out

    func answerEnded() {
        // One that was refused before it went on took nothing.
        guard !charges.isEmpty else { return }
        memory.leave(charges.removeFirst())
        if charges.isEmpty, case .receiving(let place) = arrival {
            // Answered before all of it came.
            memory.end(place)
            arrival = .none
        }
    }
}
