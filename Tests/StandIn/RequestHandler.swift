import NIOCore
import NIOHTTP1

/// One connection: gathers a request, has it answered.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let maxBodyBytes = 1 << 20
    private static let success = headers(Reply.json, Reply.success.utf8.count, retryAfter: nil)

    private let backend: Backend
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ backend: Backend) { self.backend = backend }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let part):
            guard body.count + part.readableBytes <= Self.maxBodyBytes else { return context.close(promise: nil) }
            part.withUnsafeReadableBytes { body.append(contentsOf: $0) }
        case .end:
            guard let head else { return }
            self.head = nil
            act(backend.answer(Request(head: head, body: body)), head, context)
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
        let isPlainSuccess = reply.status == 200 && reply.body == Reply.success
        let headers =
            isPlainSuccess
            ? Self.success : Self.headers(reply.contentType, reply.body.utf8.count, retryAfter: reply.retryAfter)
        let head = HTTPResponseHead(
            version: request.version, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !reply.body.isEmpty {
            let body = context.channel.allocator.buffer(string: reply.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        if request.isKeepAlive {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        } else {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
        }
    }

    private static func headers(_ contentType: String, _ length: Int, retryAfter: String?) -> HTTPHeaders {
        var headers = HTTPHeaders([("Content-Type", contentType), ("Content-Length", String(length))])
        if let retryAfter { headers.add(name: "Retry-After", value: retryAfter) }
        return headers
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

struct Request {
    let head: HTTPRequestHead
    let body: [UInt8]

    var path: String {
        guard head.uri.utf8.contains(UInt8(ascii: "?")) else { return head.uri }
        return head.uri.split(separator: "?", maxSplits: 1).first.map(String.init) ?? ""
    }
}

struct Reply {
    static let json = "application/json"
    static let success = #"{"message":"success"}"#

    /// 0: the connection is closed without an answer.
    var status: Int
    var body = ""
    var contentType = Reply.json
    var retryAfter: String?
    var delayMilliseconds = 0
}

/// The fields of a request's header that the contract speaks of.
struct RequestFields {
    private(set) var authorization: String?
    private(set) var contentType = ""
    private(set) var idempotencyKey = ""
    private(set) var traceparent = ""
    private(set) var userAgent = ""

    init(_ headers: HTTPHeaders) {
        // One pass; most names are told apart by their length.
        for (name, value) in headers {
            switch name.utf8.count {
            case 10 where Self.isSame(name, "user-agent"): userAgent = value
            case 11 where Self.isSame(name, "traceparent"): traceparent = value
            case 12 where Self.isSame(name, "content-type"): contentType = value
            case 13 where Self.isSame(name, "authorization"): authorization = value
            case 15 where Self.isSame(name, "idempotency-key"): idempotencyKey = value
            default: break
            }
        }
    }

    private static func isSame(_ name: String, _ lowercased: StaticString) -> Bool {
        var index = 0
        for byte in name.utf8 {
            guard byte | 0x20 == lowercased.utf8Start[index] else { return false }
            index += 1
        }
        return true
    }
}
