import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Runs a service's parts until they end, one of them fails, or a signal asks them to.
///
/// The first SIGTERM or SIGINT stops the parts, the last one first, each after the next has finished. After the drain
/// limit what still runs is cancelled, and what ignores that is left behind. A second signal ends the process at once.
struct Supervisor: Sendable {
    let logger: Logger
    let readiness: Readiness
    var drainLimit = ServiceMain.drainLimit
    /// How long a cancelled part may take to notice.
    var cancelLimit = ServiceMain.cancelLimit
    /// Ends the process now.
    var exitNow: @Sendable (Int32) -> Void = { _exit($0) }

    /// - Parameter onRunning: called when the parts have been started.
    /// - Returns: an ``ExitCode``.
    func run(_ parts: [any Service]) async -> Int32 {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        var configuration = ServiceGroupConfiguration(services: parts, logger: logger)
        configuration.maximumGracefulShutdownDuration = drainLimit
        let group = ServiceGroup(configuration: configuration)
        let stopping = Stopping()
        let listener = Task { await listen(to: signals, group, stopping) }
        defer {
            listener.cancel()
            stopping.end()
        }
        do {
            try await group.run()
            return code(after: stopping, nil)
        } catch {
            return code(after: stopping, error)
        }
    }

    private func listen(to signals: UnixSignalsSequence, _ group: ServiceGroup, _ stopping: Stopping) async {
        for await signal in signals {
            let name = signal == .sigint ? "SIGINT" : "SIGTERM"
            if stopping.hasBegun {
                logger.warning("ending at once, asked a second time", metadata: ["signal": "\(name)"])
                exitNow(ExitCode.signal(signal == .sigint ? SIGINT : SIGTERM))
                return
            }
            logger.notice("stopping", metadata: ["signal": "\(name)", "drain_limit": "\(DurationText.text(drainLimit))"])
            readiness.drain()
            stopping.begin(watchdog: Task { await watch() })
            await group.triggerGracefulShutdown()
        }
    }

    /// The group waits for its parts without end; the process does not.
    private func watch() async {
        guard (try? await Task.sleep(for: drainLimit + cancelLimit)) != nil else { return }
        logger.error("ending although not everything begun is finished: a part ignores that it was cancelled")
        exitNow(ExitCode.notDrained)
    }

    private func code(after stopping: Stopping, _ error: (any Error)?) -> Int32 {
        if let elapsed = stopping.elapsed, elapsed >= drainLimit {
            logger.error("stopped at the drain limit; not everything begun is finished", metadata: ["drain_limit": "\(DurationText.text(drainLimit))"])
            return ExitCode.notDrained
        }
        guard let error else {
            logger.notice("stopped")
            return ExitCode.success
        }
        logger.critical("the service has failed", metadata: ["error": "\(error)"])
        return ExitCode.failure
    }
}

/// Whether and when the stopping of a service has begun.
private final class Stopping: Sendable {
    private struct State {
        var begun: ContinuousClock.Instant?
        var watchdog: Task<Void, Never>?
    }

    private let state = Mutex(State())

    var hasBegun: Bool { state.withLock { $0.begun != nil } }
    var elapsed: Duration? { state.withLock { $0.begun.map { ContinuousClock.now - $0 } } }

    func begin(watchdog: Task<Void, Never>) {
        state.withLock { state in
            state.begun = .now
            state.watchdog = watchdog
        }
    }

    func end() { state.withLock { $0.watchdog?.cancel() } }
}
