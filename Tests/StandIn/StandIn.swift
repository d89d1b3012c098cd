import Dispatch
import NIOCore
import NIOHTTP1
import NIOPosix

/// edvora-standin: receives notifications as the Edvora backend does, checks them to the letter of the contract, and
/// answers as it is told. For `deploy/up`, for tests and for benchmarks; one thread, nothing on disk but the record.
///
///     edvora-standin [--listen 127.0.0.1:0] [--print] [--record FILE]
///
/// Prints `listening on HOST:PORT` first. Controlled over HTTP on the same port (see `Control`).
@main
enum StandIn {
    static func main() async throws {
        let options: Options
        do throws(Options.Fault) { options = try Options(CommandLine.arguments.dropFirst()) } catch {
            Output.error("edvora-standin: \(error)")
            exit(64)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let backend = try Backend(options)
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: true)
                    try pipeline.addHandler(RequestHandler(backend))
                }
            }
            .bind(host: options.host, port: options.port).get()
        Output.line("listening on \(options.host):\(channel.localAddress?.port ?? options.port)")

        // SIGTERM and SIGINT end it, with the record on disk.
        signal(SIGTERM, SIG_IGN)
        signal(SIGINT, SIG_IGN)
        let signals = [SIGTERM, SIGINT].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { channel.close(promise: nil) }
            source.resume()
            return source
        }
        try await channel.closeFuture.get()
        signals.forEach { $0.cancel() }
        try await group.next().submit { backend.finish() }.get()
        try await group.shutdownGracefully()
    }
}

/// What the command line asks for.
struct Options: Sendable {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    var host = "127.0.0.1"
    var port = 0
    /// A line for each notification on standard output.
    var prints = false
    /// A JSON line for each request, appended to this file.
    var record: String?

    init(_ arguments: some Collection<String>) throws(Fault) {
        var rest = Array(arguments)[...]
        while let flag = rest.popFirst() {
            switch flag {
            case "--print": prints = true
            case "--record":
                guard let file = rest.popFirst() else { throw Fault(description: "--record needs a file") }
                record = file
            case "--listen":
                let parts = (rest.popFirst() ?? "").split(separator: ":")
                guard parts.count == 2, let port = UInt16(parts[1]) else { throw Fault(description: "--listen needs host:port") }
                (host, self.port) = (String(parts[0]), Int(port))
            default: throw Fault(description: "\(flag) is not a flag; --listen HOST:PORT, --print and --record FILE are")
            }
        }
    }
}
