import Logging
internal import TaskWire

/// Those that a worker takes occurrences from: for each endpoint a link, and the connections that it goes by.
struct Schedulers: ConnectionStatus {
    private let links: [SchedulerLink]
    private let clients: [Client]

    /// - Parameter link: makes a link that shares the worker's places with the others.
    init(at endpoints: [WireEndpoint], settings: WireSettings, logger: Logger, link: () -> SchedulerLink) {
        links = endpoints.map { _ in link() }
        clients = zip(endpoints, links).map { endpoint, link in
            Client(
                to: .scheduler, at: [endpoint], settings: settings, repetition: .never, eventLoop: link.eventLoop, logger: logger,
                onReady: link.attach)
        }
    }

    func start() { for client in clients { client.start() } }

    func stop() async {
        await withTaskGroup(of: Void.self) { group in
            for client in clients { group.addTask { await client.stop() } }
        }
    }

    /// Takes nothing new, finishes what runs, and leaves them all.
    func drain() async {
        await withTaskGroup(of: Void.self) { group in
            for link in links { group.addTask { await link.drain() } }
        }
    }

    func status() async -> (connected: Int, lastFailure: String) {
        var status = (connected: 0, lastFailure: "")
        for client in clients {
            let one = await client.status()
            status.connected += one.connected
            if one.connected == 0 { status.lastFailure = one.lastFailure }
        }
        return status
    }
}
