import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A server of HTTP/1.1 by hand: it keeps what it is asked, and a script says what it answers.
final class ScriptedServer: Sendable {
    enum Reply: Sendable {
        /// This text, whole.
        case text(String)
        /// The beginning of an answer, and then a byte now and then, for ever.
        case trickle
        /// An answer of so many bytes without a length.
        case long(Int)
        /// This text, whole, so many milliseconds later.
        case late(Int64, String)
        /// The connection's end.
        case hangUp
    }

    /// Each request whole, in order.
    var asked: [String] { requests.withLockedValue { $0 } }
    let address: String
    private let requests: NIOLockedValueBox<[String]>
    private let channel: any Channel

    /// - Parameter script: what is answered, by how many requests came before, and by the request.
    init(_ script: @escaping @Sendable (Int, String) -> Reply) async throws {
        let requests = NIOLockedValueBox<[String]>([])
        self.requests = requests
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Exchanges { request in
                        let place = requests.withLockedValue { $0.append(request); return $0.count - 1 }
                        return script(place, request)
                    })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        address = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    func stop() async throws { try await channel.close() }

    /// An answer in JSON.
    static func json(_ status: String, _ body: String, type: String = "application/json", _ headers: String...) -> Reply {
        let lines = ["HTTP/1.1 \(status)", "Content-Type: \(type)", "Content-Length: \(body.utf8.count)"] + headers
        return .text(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    static func problem(_ status: String, _ body: String, _ headers: String...) -> Reply {
        let lines = ["HTTP/1.1 \(status)", "Content-Type: application/problem+json", "Content-Length: \(body.utf8.count)"] + headers
        return .text(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }
}

private final class Exchanges: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: (String) -> ScriptedServer.Reply
    private var received = ""
    private var trickle: RepeatedTask?

    init(_ answer: @escaping (String) -> ScriptedServer.Reply) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += String(buffer: unwrapInboundIn(data))
        guard let head = received.firstRange(of: "\r\n\r\n") else { return }
        let length = received[..<head.lowerBound].split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: " ")[1]) } ?? 0
        guard received[head.upperBound...].utf8.count >= length else { return }
        let request = received
        received = ""
        reply(answer(request), context)
    }

    private func reply(_ reply: ScriptedServer.Reply, _ context: ChannelHandlerContext) {
        func write(_ text: String) { context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil) }
        let openHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        switch reply {
        case .text(let text): write(text)
        case .late(let milliseconds, let text):
            let channel = context.channel
            context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
        case .hangUp: context.close(promise: nil)
        case .long(let count):
            write(openHead)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(repeating: 0x20, count: count)), promise: nil)
        case .trickle:
            write(openHead)
            let channel = context.channel
            trickle = context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(10)) { _ in
                channel.writeAndFlush(ByteBuffer(string: " "), promise: nil)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) { trickle?.cancel() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
