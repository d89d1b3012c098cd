import Logging
public import ServiceLifecycle
import Synchronization

extension ServiceStart {
    /// Runs parts for as long as something is waited for that comes before all others, and stops them then.
    ///
    /// SIGTERM and SIGINT end the process meanwhile, with ``ExitCode/success``: nothing has begun that would have to be finished.
    /// - Throws: what `wait` or a part throws.
    public func run(_ parts: [any Service], while wait: @escaping @Sendable () async throws -> Void) async throws {
        let waiting = WaitingPart(wait: wait)
        let services = parts.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0, failureTerminationBehavior: .cancelGroup) }
        let last = ServiceGroupConfiguration.ServiceConfiguration(
            service: waiting, successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .cancelGroup)
        var configuration = ServiceGroupConfiguration(services: services + [last], logger: logger)
        configuration.gracefulShutdownSignals = [.sigterm, .sigint]
        configuration.maximumGracefulShutdownDuration = ServiceMain.drainLimit
        try await ServiceGroup(configuration: configuration).run()
        guard waiting.hasEnded else { throw StoppedAtStart() }
    }
}

/// A signal came while something was waited for at the start.
struct StoppedAtStart: Error {}

private final class WaitingPart: Service {
    private let wait: @Sendable () async throws -> Void
    private let ended = Flag()

    init(wait: @escaping @Sendable () async throws -> Void) { self.wait = wait }

    var hasEnded: Bool { ended.isRaised }

    func run() async throws {
        do { try await cancelWhenGracefulShutdown { try await self.wait() } } catch is CancellationError where Task.isShuttingDownGracefully { return }
        ended.raise()
    }
}
