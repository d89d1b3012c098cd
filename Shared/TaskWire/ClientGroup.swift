public import Logging
public import NIOCore
import NIOPosix
public import TaskMessages

/// A client for each event loop of a group: a call that begins on one of the loops leaves, arrives and goes on there, so
/// that it never waits for another thread.
public final class ClientGroup: Caller {
    private let clients: [Client]
    private let byLoop: [ObjectIdentifier: Client]

    /// - Parameters:
    ///   - peer: the role of those at the endpoints; a process of another that answers there is refused.
    ///   - repetition: what the clients' calls allow.
    ///   - group: each of its loops gets a client, with connections of its own.
    public init(
        to peer: Role, at endpoints: [WireEndpoint], settings: WireSettings, repetition: Client.Repetition, group: any EventLoopGroup,
        logger: Logger
    ) {
        clients = group.makeIterator().map { eventLoop in
            Client(to: peer, at: endpoints, settings: settings, repetition: repetition, eventLoop: eventLoop, logger: logger)
        }
        byLoop = Dictionary(clients.map { (ObjectIdentifier($0.eventLoop), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Begins to connect; comes back at once.
    public func start() { for client in clients { client.start() } }

    /// Closes every connection; open calls fail with `unavailable`.
    public func stop() async { for client in clients { await client.stop() } }

    public func call<Request, Reply>(
        _ method: UnaryMethod<Request, Reply>, _ request: Request, deadline: CallDeadline
    ) async throws(CallError) -> Reply {
        try await client.call(method, request, deadline: deadline)
    }

    /// That of the loop on which the caller runs; any for callers on other threads.
    private var client: Client {
        MultiThreadedEventLoopGroup.currentEventLoop.flatMap { byLoop[ObjectIdentifier($0)] } ?? clients[0]
    }
}

extension ClientGroup: ConnectionStatus {
    public func status() async -> (connected: Int, lastFailure: String) {
        var worst = await clients[0].status()
        for client in clients.dropFirst() {
            let status = await client.status()
            if status.connected < worst.connected { worst = status }
        }
        return worst
    }
}

/// What tells readiness whether those who are called can be reached.
public protocol ConnectionStatus: Sendable {
    /// How many connections are open (where there are several clients: of the one with the fewest), and why not more. From
    /// any thread.
    func status() async -> (connected: Int, lastFailure: String)
}
