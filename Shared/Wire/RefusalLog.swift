import Logging
import NIOCore

/// Logs why connections, or calls, were refused, in a bounded number of lines: how many there are is up to strangers.
///
/// Used on its event loop only.
final class RefusalLog {
    /// Lines in one ``interval``; of what goes beyond, one line at its end says how many there were.
    static let maxLines = 10
    static let interval = TimeAmount.seconds(1)

    /// What is refused: `connection`, `call`.
    private let subject: String
    private let eventLoop: any EventLoop
    private let logger: Logger
    /// In the interval under way.
    private var lines = 0, suppressed = 0

    init(of subject: String = "connection", eventLoop: any EventLoop, logger: Logger) {
        self.subject = subject
        self.eventLoop = eventLoop
        self.logger = logger
    }

    func refused(_ reason: String, level: Logger.Level = .info) {
        guard lines < Self.maxLines else { return suppressed += 1 }
        if lines == 0 { eventLoop.assumeIsolated().scheduleTask(in: Self.interval) { self.endInterval() } }
        lines += 1
        logger.log(level: level, "\(subject) refused", metadata: ["reason": "\(reason)"])
    }

    private func endInterval() {
        if suppressed > 0 {
            logger.warning("more \(subject)s were refused than are logged", metadata: ["suppressed": "\(suppressed)"])
        }
        lines = 0
        suppressed = 0
    }
}
