import Dispatch
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
import Glibc
#endif

/// edvora-standin: receives notifications as the Edvora backend does, checks them to the letter of the contract, and
/// answers as it is told. For `deploy/up`, for tests and for benchmarks; one thread, nothing on disk but the record.
///
///     edvora-standin [--listen 127.0.0.1:0] [--print] [--record FILE] [--keep N] [--expect-authorization VALUE]
///
/// Prints `listening on HOST:PORT` first. Controlled over HTTP on the same port:
///
///     POST /control              how notifications are answered from now on (see `Behaviour`); {} is as at the start
///     POST /control/reset        forgets what was received, and answers as at the start
///     GET  /control/summary      what was received, in numbers (see `Ledger`)
///     GET  /control/deliveries   each request that is kept, a line of JSON for each (see `Delivery`)
@main
enum StandIn {
    static func main() async throws {
        let options: Options
        do throws(Options.Fault) { options = try Options(CommandLine.arguments.dropFirst()) } catch {
            Output.error("edvora-standin: \(error)")
            exit(64)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let backend: Backend
        let channel: any Channel
        do {
            backend = try Backend(options, eventLoop: group.next())
            channel = try await listen(options, group, backend)
        } catch {
            Output.error("edvora-standin: \(options.host):\(options.port): \(error)")
            exit(1)
        }
        Output.line("listening on \(options.host):\(channel.localAddress?.port ?? options.port)")

        // SIGTERM and SIGINT end it, with the record on disk.
        let signals = [SIGTERM, SIGINT].map { closing(channel, on: $0) }
        try await channel.closeFuture.get()
        signals.forEach { $0.cancel() }
        try await group.next().submit { backend.flush() }.get()
        try await group.shutdownGracefully()
    }

    private static func listen(
        _ options: Options, _ group: MultiThreadedEventLoopGroup, _ backend: Backend
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    // Each request's answer is made before the next is read, so that pipelining needs no help.
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: true)
                    try pipeline.addHandler(RequestHandler(backend))
                }
            }
            .bind(host: options.host, port: options.port).get()
    }

    /// Runs on no actor: the handler is called on a thread of Dispatch's.
    private nonisolated static func closing(_ channel: any Channel, on number: Int32) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { @Sendable in channel.close(promise: nil) }
        source.resume()
        return source
    }
}
