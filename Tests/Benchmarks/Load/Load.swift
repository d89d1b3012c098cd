import NIOCore
import NIOHTTP1
import NIOPosix

/// load: creates reminders as fast as the gateway takes them, over so many connections, and says how fast that was.
///
///     load HOST:PORT CREATES CONNECTIONS DUE_IN_SECONDS
///
/// Prints one JSON line: creates per second, latency in milliseconds, and how many were answered with something else than 201.
@main
enum Load {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let port = arguments[1].split(separator: ":").last.flatMap({ Int($0) }), let count = Int(arguments[2]),
            let connections = Int(arguments[3]), let dueIn = Int64(arguments[4])
        else {
            print("usage: load HOST:PORT CREATES CONNECTIONS DUE_IN_SECONDS")
            return
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        let tally = Tally(count: count, due: Tally.unixSeconds + dueIn)
        let start = NIODeadline.now()
        let channels = try await withThrowingTaskGroup(of: (any Channel).self) { tasks in
            for _ in 0..<connections {
                tasks.addTask {
                    try await ClientBootstrap(group: eventLoop)
                        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                        .channelInitializer { channel in
                            channel.eventLoop.makeCompletedFuture {
                                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                                try channel.pipeline.syncOperations.addHandler(Creator(tally))
                            }
                        }
                        .connect(host: "127.0.0.1", port: port).get()
                }
            }
            var channels: [any Channel] = []
            for try await channel in tasks { channels.append(channel) }
            return channels
        }
        for channel in channels { try await channel.closeFuture.get() }
        let elapsed = Double((NIODeadline.now() - start).nanoseconds) / 1e9
        print(try await eventLoop.submit { tally.line(elapsed: elapsed) }.get())
        try await group.shutdownGracefully()
    }
}

/// What is left to create, and how long each took.
///
/// @unchecked Sendable is safe because it is used on the one event loop only.
final class Tally: @unchecked Sendable {
    private var left: Int
    private let due: Int64
    private var latencies: [Int64] = []
    private var refused = 0

    init(count: Int, due: Int64) {
        left = count
        self.due = due
        latencies.reserveCapacity(count)
    }

    static var unixSeconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec)
    }

    /// The body of the next create; nil when there is none left.
    func next() -> ByteBuffer? {
        guard left > 0 else { return nil }
        left -= 1
        return ByteBuffer(
            string: """
                {"rrule":null,"start_datetime":\(due),"notification_metadata":{"auth_header":"Bearer eyJhbGciOiJIUzI1NiJ9.benchmark",\
                "title":"A reminder of the benchmark","body":"Page twelve, exercises three to five","item_id":"item-\(left)",\
                "created_at":\(due - 60),"created_by":"teacher-1","classroom_id":"classroom-1","kind":1}}
                """)
    }

    func answered(_ status: HTTPResponseStatus, after nanoseconds: Int64) {
        latencies.append(nanoseconds)
        if status != .created { refused += 1 }
    }

    func line(elapsed: Double) -> String {
        let sorted = latencies.sorted()
        func milliseconds(_ part: Double) -> Double {
            guard !sorted.isEmpty else { return 0 }
            return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))] / 10_000) / 100
        }
        return """
            {"creates":\(latencies.count),"creates_per_s":\(Int(Double(latencies.count) / elapsed)),"p50_ms":\(milliseconds(0.5)),\
            "p99_ms":\(milliseconds(0.99)),"max_ms":\(milliseconds(1)),"refused":\(refused),"due":\(due)}
            """
    }
}

/// One connection: a create, its answer, the next.
final class Creator: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let tally: Tally
    private var sentAt = NIODeadline.now()
    private var status = HTTPResponseStatus.ok

    init(_ tally: Tally) { self.tally = tally }

    func channelActive(context: ChannelHandlerContext) { create(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = head.status
        case .body: break
        case .end:
            tally.answered(status, after: (NIODeadline.now() - sentAt).nanoseconds)
            create(context)
        }
    }

    private func create(_ context: ChannelHandlerContext) {
        guard let body = tally.next() else { return context.close(promise: nil) }
        sentAt = .now()
        let headers: HTTPHeaders = ["Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": "\(body.readableBytes)"]
        context.write(wrapOutboundOut(.head(HTTPRequestHead(version: .http1_1, method: .POST, uri: "/remind_me", headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
