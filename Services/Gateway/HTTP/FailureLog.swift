import Logging
import Synchronization

/// The lines about requests that could not be answered: a few each second and how many there were beside them, so that an
/// outage under load does not become one of the log.
final class FailureLog: Sendable {
    static let linesPerSecond = 10

    private struct Second {
        var begin = ContinuousClock.now
        var written = 0
        var left = 0
    }

    private let second = Mutex(Second())
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    func record(_ problem: Problem, route: String) {
        guard let left = place() else { return }
        var metadata: Logger.Metadata = [
            "route": "\(route)", "status": "\(problem.status.code)", "reason": "\(problem.cause ?? problem.detail)"
        ]
        if left > 0 { metadata["not_logged_before"] = "\(left)" }
        logger.warning("not answered", metadata: metadata)
    }

    /// - Returns: how many lines were left out since the last one; nil if this one is, too.
    private func place() -> Int? {
        second.withLock { second in
            if ContinuousClock.now - second.begin >= .seconds(1) {
                second.begin = .now
                second.written = 0
            }
            guard second.written < Self.linesPerSecond else {
                second.left += 1
                return nil
            }
            second.written += 1
            defer { second.left = 0 }
            return second.left
        }
    }
}
