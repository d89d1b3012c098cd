import Logging
import NIOCore

/// Logs why connections, or calls, were refused, in a bounded number of lines: how many there are is up to strangers.
///
/// The first of its kind is logged at once; how often it came again, when an interval is over. Used on its event loop only.
final class RefusalLog {
    /// Kinds that are shown in one ``interval``; of what goes beyond, one line at its end says how many there were.
    static let maxKinds = 10
    static let interval = TimeAmount.minutes(1)

    /// What refusals have in common that are one kind.
    private struct Kind: Hashable {
        let reason: String
        let peer: String
    }

    /// What is refused: `connection`, `call`.
    private let subject: String
    private let eventLoop: any EventLoop
    private let logger: Logger
    /// In the interval under way: those that were shown, with how often each came again.
    private var again: [Kind: (count: Int, level: Logger.Level)] = [:]
    private var suppressed = 0

    init(of subject: String = "connection", eventLoop: any EventLoop, logger: Logger) {
        self.subject = subject
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// - Parameter peer: whose it was: a host's address, or an instance.
    func refused(_ reason: String, from peer: String, level: Logger.Level = .info) {
        let kind = Kind(reason: reason, peer: peer)
        if let known = again[kind] {
            again[kind] = (known.count + 1, level)
            return
        }
        guard again.count < Self.maxKinds else { return suppressed += 1 }
        if again.isEmpty { eventLoop.assumeIsolated().scheduleTask(in: Self.interval) { self.endInterval() } }
        again[kind] = (0, level)
        logger.log(level: level, "\(subject) refused", metadata: ["reason": "\(reason)", "peer": "\(peer)"])
    }

    private func endInterval() {
        for (kind, known) in again where known.count > 0 {
            logger.log(
                level: known.level, "\(subject) refused again",
                metadata: ["reason": "\(kind.reason)", "peer": "\(kind.peer)", "times": "\(known.count)"])
        }
        if suppressed > 0 {
            logger.warning("more \(subject)s were refused than are logged", metadata: ["suppressed": "\(suppressed)"])
        }
        again = [:]
        suppressed = 0
    }
}
