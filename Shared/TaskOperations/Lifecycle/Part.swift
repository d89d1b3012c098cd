import ServiceLifecycle

/// A service part that runs by itself, on event loops or threads of its own: started, then stopped when its turn comes.
///
/// ```swift
/// Part("wire server", start: { try await server.start() }, stop: { await server.drain() })
/// ```
public struct Part: Service, CustomStringConvertible {
    public let description: String
    private let start: @Sendable () async throws -> Void
    private let stop: @Sendable () async throws -> Void

    /// - Parameter stop: finishes what was begun. Also called when the drain limit has passed, then in a cancelled task.
    public init(
        _ name: String, start: @escaping @Sendable () async throws -> Void = {}, stop: @escaping @Sendable () async throws -> Void
    ) {
        description = name
        self.start = start
        self.stop = stop
    }

    public func run() async throws {
        try await start()
        // Cancelled means stopped as well, and throws: the part must be stopped in both cases.
        try? await gracefulShutdown()
        try await stop()
    }
}
