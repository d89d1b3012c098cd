import NIOCore
import NIOHTTP1

/// One connection: gathers a request, has it answered.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let maxBodyBytes = 1 << 20

    private let backend: Backend
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(_ backend: Backend) { self.backend = backend }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var part):
            guard body.readableBytes + part.readableBytes <= Self.maxBodyBytes else { return context.close(promise: nil) }
            body.writeBuffer(&part)
        case .end:
            guard let head else { return }
            self.head = nil
            let request = Request(head: head, body: String(buffer: body))
            act(backend.answer(request), head, context)
        }
    }

    private func act(_ reply: Reply, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard reply.delayMilliseconds > 0 else { return send(reply, head, context) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .milliseconds(Int64(reply.delayMilliseconds))) {
            let (handler, context) = bound.value
            handler.send(reply, head, context)
        }
    }

    private func send(_ reply: Reply, _ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        // No answer at all: the connection is lost after the request was taken.
        guard reply.status != 0 else { return context.close(promise: nil) }
        var head = HTTPResponseHead(version: request.version, status: HTTPResponseStatus(statusCode: reply.status))
        head.headers.add(name: "Content-Type", value: reply.contentType)
        head.headers.add(name: "Content-Length", value: String(reply.body.utf8.count))
        if let retryAfter = reply.retryAfter { head.headers.add(name: "Retry-After", value: retryAfter) }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !reply.body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

struct Request {
    let head: HTTPRequestHead
    let body: String

    var path: String { head.uri.split(separator: "?", maxSplits: 1).first.map(String.init) ?? "" }

    func header(_ name: String) -> String? { head.headers.first(name: name) }
}

struct Reply {
    /// 0: the connection is closed without an answer.
    var status: Int
    var body = ""
    var contentType = "application/json"
    var retryAfter: String?
    var delayMilliseconds = 0
}
