import Glibc
import Logging
import NIOPosix
import TaskDomain
import TaskMessages
import TaskWire

/// The wire alone: unary calls a second over one connection, with so many under way. Client and server are in one process, each on
/// an event loop of its own; the message is the notifier's, packed and read at both ends. With CLUSTER_TLS=on the connection is encrypted
/// as between machines.
@main
enum RPC {
    static func main() async throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        guard let calls = numbers.first else {
            print("usage: rpc-benchmark CALLS [UNDER_WAY…]")
            exit(64)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var logger = Logger(label: "rpc-benchmark")
        logger.logLevel = .critical
        let request = Proto.DeliverRequest(
            idempotencyKey: "01a209f0-c991-7612-8b71-e74fc5c3787b:1805702400",
            authorization: Secret("Bearer " + String(repeating: "x", count: 200)),
            notification: try Proto.Notification(title: "Homework", body: "Page 12", classroomId: "c1", createdBy: "u1").packed())
        let reply = Proto.DeliverReply(outcome: .delivered, statusCode: 200, detail: "")
        var table = ServiceTable([NotifierService.descriptor])
        table.unary(NotifierService.deliver) { _, _, answer in answer(.success(reply)) }
        let server = Server(settings: settings(.notifier), table: table, eventLoop: group.next(), logger: logger)
        let port = try await server.start(host: "127.0.0.1", port: 0).port ?? 0
        let client = Client(
            to: .notifier, at: [WireEndpoint(host: "127.0.0.1", port: port)], settings: settings(.worker), repetition: .idempotent,
            eventLoop: group.next(), logger: logger, onReady: { _ in })
        client.start()
        _ = try await run(client, request, calls: calls / 10, underWay: 16)
        var results = [
            "\"request_bytes\": \(try request.packed().count)", "\"reply_bytes\": \(try reply.packed().count)",
        ]
        for underWay in numbers.dropFirst() {
            let rate = try await run(client, request, calls: underWay == 1 ? calls / 10 : calls, underWay: underWay)
            results.append("\"\(underWay)\": \(rate)")
        }
        print("{\(results.joined(separator: ", "))}")
        await client.stop()
        await server.drain(milliseconds: 1_000)
        try await group.shutdownGracefully()
    }

    private static func settings(_ role: Role) -> WireSettings {
        var settings = WireSettings(identity: PeerIdentity(role: role, instance: "\(role)-1", build: "benchmark"))
        if getenv("CLUSTER_TLS").map({ String(cString: $0) }) == "on" {
            settings.security = WireSecurity(credential: ClusterCredential(secret: Array("a secret of the benchmark".utf8)), encryption: .always)
        }
        return settings
    }

    /// - Returns: calls a second.
    private static func run(_ client: Client, _ request: Proto.DeliverRequest, calls: Int, underWay: Int) async throws -> Int {
        let clock = ContinuousClock(), start = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<underWay {
                group.addTask {
                    for _ in 0..<calls / underWay {
                        _ = try await client.call(NotifierService.deliver, request, deadline: .after(milliseconds: 60_000))
                    }
                }
            }
            try await group.waitForAll()
        }
        let seconds = Double((clock.now - start) / .nanoseconds(1)) / 1e9
        return Int(Double(calls / underWay * underWay) / seconds)
    }
}
