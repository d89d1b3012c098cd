import Logging

/// The lines about requests that could not be answered: a few each second and how many there were beside them, so that an
/// outage under load does not become one of the log.
final class FailureLog: Sendable {
    private let budget = LineBudget()
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    func record(_ problem: Problem, route: String) {
        guard let left = budget.place() else { return }
        var metadata: Logger.Metadata = [
            "route": "\(route)", "status": "\(problem.status.code)", "reason": "\(problem.cause ?? problem.detail)"
        ]
        if left > 0 { metadata["not_logged_before"] = "\(left)" }
        logger.warning("not answered", metadata: metadata)
    }
}
