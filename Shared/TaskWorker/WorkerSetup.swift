public import Logging
package import NIOCore
public import ScheduledTasks
public import ServiceLifecycle
package import TaskOperations
package import TaskWire

/// What a worker is made of: its tasks, and what they need while they run.
public struct WorkerSetup: Sendable {
    /// Can be given tasks, and what goes around them.
    public var tasks = TaskRegistry()
    /// The worker's log, at the level and in the format of its settings.
    public let logger: Logger

    /// Streams, calls and the tasks that ask for it share this one: an occurrence never changes threads on its way.
    package let eventLoop: any EventLoop
    private let wire: WireSettings
    private(set) var services: [any Service] = []
    private(set) var clients: [String: any ConnectionStatus] = [:]

    init(eventLoop: any EventLoop, wire: WireSettings, logger: Logger) {
        self.eventLoop = eventLoop
        self.wire = wire
        self.logger = logger
    }

    /// Runs what tasks need, such as a pool of a database's connections: it is there before the first task runs, and stopped when the last
    /// has ended. The worker ends when it fails, or ends by itself.
    public mutating func run(_ service: any Service) { services.append(service) }

    /// Makes a client of another service of the cluster, of which `/readyz` says whether it is connected.
    package mutating func client(to role: Role, at endpoints: [Endpoint]) -> Client {
        let client = Client(
            to: role, at: endpoints.map(WireEndpoint.init), settings: wire, repetition: .never, eventLoop: eventLoop, logger: logger)
        clients[role.rawValue] = client
        run(Part("\(role)s", start: { client.start() }, stop: { await client.stop() }))
        return client
    }
}
