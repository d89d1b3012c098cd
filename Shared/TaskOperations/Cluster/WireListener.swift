public import Logging
public import ServiceLifecycle
public import TaskWire

/// A service's wire server as one of its parts: listens at start, drains at the end.
///
/// When it listens it logs `wire listening` with the actual address as `address`, also for port 0.
public struct WireListener: Service, CustomStringConvertible {
    /// How long calls that are open may take to be answered once the service is to stop.
    public static let drainMilliseconds: Int64 = 8_000

    private let server: Server
    private let listen: Setting<Endpoint>
    private let logger: Logger

    public init(server: Server, listen: Setting<Endpoint>, logger: Logger) {
        self.server = server
        self.listen = listen
        self.logger = logger
    }

    public var description: String { "wire server" }

    /// - Throws: ``StartError`` if it cannot listen.
    public func run() async throws {
        do {
            let address = try await server.start(host: listen.value.host, port: listen.value.port)
            logger.info(
                "wire listening", metadata: ["address": "\(address.ipAddress ?? listen.value.host):\(address.port ?? listen.value.port)"])
        } catch {
            throw listen.cannotListen(error)
        }
        try? await gracefulShutdown()
        await server.drain(milliseconds: Self.drainMilliseconds)
    }
}
