import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Runs a service's parts until one of them fails or ends, or a signal asks them to.
///
/// The first SIGTERM or SIGINT stops the parts, the last one first, each after the next has finished; so does the end of a part. After
/// the drain limit what still runs is cancelled, and what ignores that is left behind. A second signal ends the process at once.
struct Supervisor: Sendable {
    let logger: Logger
    let readiness: Readiness
    var drainLimit = ServiceMain.drainLimit
    /// How long a cancelled part may take to notice.
    var cancelLimit = ServiceMain.cancelLimit
    /// Ends the process now.
    var exitNow: @Sendable (Int32) -> Void = { _exit($0) }
    /// Tells the operator, in one line, why the service did not start.
    var say: @Sendable (String) -> Void

    /// - Returns: an ``ExitCode``.
    func run(_ parts: [any Service]) async -> Int32 {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let stopping = Stopping()
        let services = parts.map { part in
            // Stopped in their order: a part that is cancelled together with those it needs can only complain of that.
            ServiceGroupConfiguration.ServiceConfiguration(
                service: SupervisedPart(part: part) { fail($0, stopping) }, failureTerminationBehavior: .gracefullyShutdownGroup)
        }
        var configuration = ServiceGroupConfiguration(services: services, logger: logger)
        configuration.maximumGracefulShutdownDuration = drainLimit
        let group = ServiceGroup(configuration: configuration)
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

    /// A part has failed, or ended unasked: the others are stopped.
    private func fail(_ error: any Error, _ stopping: Stopping) {
        readiness.drain()
        stopping.fail(
            error,
            watchdog: Task {
                guard await hasDrainLimitPassed() else { return }
                report(error)
                exitNow(ExitCode.failure)
            })
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
            stopping.begin(
                watchdog: Task {
                    guard await hasDrainLimitPassed() else { return }
                    logger.error("ending although not everything begun is finished: a part ignores that it was cancelled")
                    exitNow(ExitCode.notDrained)
                })
            await group.triggerGracefulShutdown()
        }
    }

    /// The group waits for its parts without end; the process does not.
    /// - Returns: `false` if the parts have ended before.
    private func hasDrainLimitPassed() async -> Bool { (try? await Task.sleep(for: drainLimit + cancelLimit)) != nil }

    private func code(after stopping: Stopping, _ error: (any Error)?) -> Int32 {
        if let failure = stopping.failure {
            report(failure)
            return ExitCode.failure
        }
        if let elapsed = stopping.elapsed, elapsed >= drainLimit {
            logger.error("stopped at the drain limit; not everything begun is finished", metadata: ["drain_limit": "\(DurationText.text(drainLimit))"])
            return ExitCode.notDrained
        }
        guard let error else {
            logger.notice("stopped")
            return ExitCode.success
        }
        report(error)
        return ExitCode.failure
    }

    private func report(_ error: any Error) {
        if error is StartError || error is ConfigurationError { return say("\(error)") }
        logger.critical("the service has failed", metadata: ["error": "\(error)"])
    }
}

/// A part whose end, before the service is asked to stop, is a failure of the service.
private struct SupervisedPart: Service, CustomStringConvertible {
    let part: any Service
    let failed: @Sendable (any Error) -> Void

    var description: String { "\(part)" }

    func run() async throws {
        do {
            try await part.run()
            guard Task.isShuttingDownGracefully || Task.isCancelled else { throw PartEnded(part: description) }
        } catch {
            failed(error)
            throw error
        }
    }
}

/// A part of a service returned although nobody had asked it to.
struct PartEnded: Error, CustomStringConvertible {
    let part: String

    var description: String { "the part \"\(part)\" has ended by itself" }
}

/// The beginning of a service's stop: whether, when and why.
private final class Stopping: Sendable {
    private struct State {
        /// The time of a signal that asked for it.
        var begun: ContinuousClock.Instant?
        /// The first failure of a part, if that came first.
        var failure: (any Error)?
        var watchdog: Task<Void, Never>?

        /// The first one stays: stopping takes as long as it may from when it began.
        mutating func watch(by other: Task<Void, Never>) {
            if watchdog == nil { watchdog = other } else { other.cancel() }
        }
    }

    private let state = Mutex(State())

    var hasBegun: Bool { state.withLock { $0.begun != nil } }
    var elapsed: Duration? { state.withLock { $0.begun.map { ContinuousClock.now - $0 } } }
    var failure: (any Error)? { state.withLock { $0.failure } }

    func begin(watchdog: Task<Void, Never>) {
        state.withLock { state in
            state.begun = .now
            state.watch(by: watchdog)
        }
    }

    func fail(_ error: any Error, watchdog: Task<Void, Never>) {
        state.withLock { state in
            if state.begun == nil, state.failure == nil { state.failure = error }
            state.watch(by: watchdog)
        }
    }

    func end() { state.withLock { $0.watchdog?.cancel() } }
}
