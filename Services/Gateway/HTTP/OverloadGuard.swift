import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Refuses a request when its head is there, while the gateway carries out as many as it can. What goes no further than this costs
/// little beside what goes the whole way, so that refusing much leaves time for what was accepted.
///
/// It stands behind ``ConnectionGuard``, whose bounds hold for what is refused, too, and is used on the channel's event loop only.
final class OverloadGuard: ChannelInboundHandler, RemovableChannelHandler, AnswerListener {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    private let admission: Admission
    private let refusal: Answer
    private let onRefusal: @Sendable (HTTPRequest) -> Void
    /// Requests that went on and whose answers have not ended, and those of them that came whole: they have a place.
    private var unanswered = 0
    private var placesTaken = 0
    /// The rest of the request that is arriving is dropped.
    private var isRefusing = false

    /// - Parameters:
    ///   - admission: the places of the whole gateway.
    ///   - refusal: what is answered where there is none; made once, as it is needed when there is no time.
    init(admission: Admission, refusal: Answer, onRefusal: @escaping @Sendable (HTTPRequest) -> Void) {
        self.admission = admission
        self.refusal = refusal
        self.onRefusal = onRefusal
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        admission.leave(placesTaken)
        placesTaken = 0
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            // Answers go out in the order of requests: one behind another that is under way goes on.
            isRefusing = unanswered == 0 && admission.isFull
            guard !isRefusing else { return refuse(head, context) }
            unanswered += 1
        case .body: if isRefusing { return }
        case .end:
            if isRefusing { return }
            // Not before: who sends slowly takes nobody's place. Nor after its answer, if that was given before all of it came.
            if placesTaken < unanswered {
                placesTaken += 1
                admission.enter()
            }
        }
        context.fireChannelRead(data)
    }

    private func refuse(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        onRefusal(head)
        context.write(refusal, to: head)
    }

    // MARK: Out

    func answerEnded() {
        // One that was refused here is not counted.
        guard unanswered > 0 else { return }
        unanswered -= 1
        if placesTaken > unanswered {
            placesTaken -= 1
            admission.leave()
        }
    }
}

extension ChannelHandlerContext {
    /// Answers a request that goes no further than to the handler that this is the context of.
    func write(_ answer: Answer, to head: HTTPRequest) {
        write(NIOAny(HTTPResponsePart.head(answer.head)), promise: nil)
        if head.method != .head {
            write(NIOAny(HTTPResponsePart.body(channel.allocator.buffer(bytes: answer.body))), promise: nil)
        }
        writeAndFlush(NIOAny(HTTPResponsePart.end(nil)), promise: nil)
    }
}

extension Answer {
    /// With the length of the body.
    fileprivate var head: HTTPResponse {
        var head = HTTPResponse(status: status, headerFields: headers)
        head.headerFields[.contentLength] = "\(body.count)"
        head.headerFields[.cacheControl] = "no-store"
        return head
    }
}
