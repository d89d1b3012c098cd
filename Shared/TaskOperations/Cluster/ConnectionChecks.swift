public import ServiceLifecycle
public import TaskWire

/// Keeps `/readyz` told whether a service has what it needs of others: one check for each client that it calls with.
public struct ConnectionChecks: Service, CustomStringConvertible {
    /// How often it looks.
    public static let interval = Duration.milliseconds(200)

    private let readiness: Readiness
    private let clients: [(name: String, client: any ConnectionStatus)]

    /// - Parameter clients: by the role of those that they call; it is the check's name.
    public init(readiness: Readiness, clients: [String: any ConnectionStatus]) {
        self.readiness = readiness
        self.clients = clients.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        for client in self.clients { readiness.expect(client.name) }
    }

    public var description: String { "connection checks" }

    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                await look()
                try await Task.sleep(for: Self.interval)
            }
        }
    }

    private func look() async {
        for (name, client) in clients {
            let status = await client.status()
            readiness.set(
                name, status.connected > 0 ? .ok : .failing("no \(name) is connected: \(status.lastFailure)"))
        }
    }
}
