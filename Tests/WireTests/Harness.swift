import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TaskMessages
import Testing

@testable import TaskWire

/// A real server on loopback that answers the scheduler's methods from closures.
final class TestServer: Sendable {
    let server: Server
    let port: Int
    let group: MultiThreadedEventLoopGroup

    static func start(
        secret: String? = nil, versions: ClosedRange<UInt32> = 1...1, port: Int = 0, logger: Logger = quiet,
        adjust: (inout WireSettings) -> Void = { _ in }, define: (inout ServiceTable) -> Void = { _ in }
    ) async throws -> TestServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var table = ServiceTable([NotifierService.descriptor])
        table.unary(NotifierService.deliver) { request, _, reply in
            reply(.success(Proto.DeliverReply(outcome: .delivered, statusCode: 200, detail: request.idempotencyKey)))
        }
        define(&table)
        var settings = TestServer.settings(role: .notifier, secret: secret, versions: versions)
        adjust(&settings)
        let server = Server(settings: settings, table: table, eventLoop: group.next(), logger: logger)
        let address = try await server.start(host: "127.0.0.1", port: port)
        return TestServer(server: server, port: address.port ?? 0, group: group)
    }

    private init(server: Server, port: Int, group: MultiThreadedEventLoopGroup) {
        self.server = server
        self.port = port
        self.group = group
    }

    static func settings(role: Role, secret: String?, versions: ClosedRange<UInt32> = 1...1) -> WireSettings {
        var settings = WireSettings(
            identity: PeerIdentity(role: role, instance: "\(role)-1", build: "test"),
            security: WireSecurity(credential: secret.map { ClusterCredential(secret: Array($0.utf8)) }))
        settings.versions = versions
        return settings
    }

    /// - Parameter own: where the client runs, if not on the server's loop.
    func client(
        as role: Role = .worker, secret: String? = nil, versions: ClosedRange<UInt32> = 1...1, repetition: Client.Repetition = .idempotent,
        others: [Int] = [], on own: (any EventLoopGroup)? = nil, adjust: (inout WireSettings) -> Void = { _ in },
        onReady: @escaping @Sendable (ClientConnection) -> Void = { _ in }
    ) -> Client {
        var settings = Self.settings(role: role, secret: secret, versions: versions)
        adjust(&settings)
        let client = Client(
            to: .notifier, at: ([port] + others).map { WireEndpoint(host: "127.0.0.1", port: $0) }, settings: settings, repetition: repetition,
            eventLoop: (own ?? group).next(), logger: quiet, onReady: onReady)
        client.start()
        return client
    }

    func stop() async throws {
        await server.drain(milliseconds: 1_000)
        try await group.shutdownGracefully()
    }
}

let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

/// Keeps what is logged from `info` on, each line with its metadata.
struct LineKeeper: LogHandler {
    let lines: NIOLockedValueBox<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    static func logger(_ lines: NIOLockedValueBox<[String]>) -> Logger { Logger(label: "test") { _ in LineKeeper(lines: lines) } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { lines.withLockedValue { $0.append("\(event.message) \(event.metadata ?? [:])") } }
}

func deliver(_ client: Client, _ key: String, milliseconds: Int = 60_000) async throws -> String {
    try await client.call(
        NotifierService.deliver, Proto.DeliverRequest(idempotencyKey: key), deadline: .after(milliseconds: milliseconds)
    ).detail
}

/// What a call of a client that is refused ends with, once the refusal has come: calls end at their deadline, with what is
/// known by then.
func refusal(_ client: Client, naming words: [String]) async throws -> CallError {
    let deadline = CallDeadline.after(milliseconds: 60_000)
    while true {
        let error = try await #require(throws: CallError.self) { try await deliver(client, "x", milliseconds: 100) }
        if words.allSatisfy(error.message.contains) || deadline.millisecondsLeft == 0 { return error }
    }
}
