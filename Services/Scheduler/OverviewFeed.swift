import NIOCore
import Storage
import TaskDomain
import TaskMessages
import TaskOperations
import TaskWire

/// Tells gateways how everything stands, as long as some of them watch.
///
/// @unchecked Sendable is safe because every mutable member is used on the scheduler's event loop only.
final class OverviewFeed: @unchecked Sendable {
    /// Between two looks; and, where a look is costly, at most.
    static let interval: Int64 = 500, longestInterval: Int64 = 1_000
    /// A look takes at most one part in so many of the event loop's time, until the longest interval is reached.
    static let share: Int64 = 50
    /// Streams at once: of each gateway that has somebody who listens one.
    static let maxStreams = 256

    typealias Stream = MessageStream<Proto.OverviewRequest, Proto.OverviewReply>

    private let api: SchedulerAPI
    private var streams: [ObjectIdentifier: Stream] = [:]
    private var isLooking = false
    /// Nanoseconds that the look took until the store was asked.
    private var spent: Int64 = 0
    /// What was sent last, and when; `nil`: somebody has not been told anything.
    private var last: (overview: Proto.OverviewReply, at: MonotonicMilliseconds)?

    init(_ api: SchedulerAPI) { self.api = api }

    /// Takes up a gateway's stream.
    func take(_ stream: Stream) {
        guard streams.count < Self.maxStreams else {
            return stream.end(CallError(.resourceExhausted, "\(Self.maxStreams) gateways are told already"))
        }
        let id = ObjectIdentifier(stream)
        stream.onEnd = { [weak self] _ in self?.streams[id] = nil }
        stream.onMessage = { [weak self, weak stream] _ in
            guard let self, let stream else { return }
            streams[id] = stream
            last = nil
            look()
        }
    }

    private func look() {
        guard !isLooking, !streams.isEmpty else { return }
        isLooking = true
        let began = SystemClock.monotonicNanoseconds
        api.overview(limit: 0, for: .patient) { [self] overview in
            let told = SystemClock.monotonicNanoseconds
            tell(overview)
            isLooking = false
            lookAgain(after: spent + SystemClock.monotonicNanoseconds - told)
        }
        // The store answers on a later tick.
        spent = SystemClock.monotonicNanoseconds - began
    }

    private func lookAgain(after nanoseconds: Int64) {
        let pause = min(max(Self.interval, nanoseconds / 1_000_000 * Self.share), Self.longestInterval)
        api.loop.eventLoop.scheduleTask(in: .milliseconds(pause)) { [weak self] in self?.look() }
    }

    private func tell(_ overview: Proto.OverviewReply) {
        let now = SystemClock.monotonic
        if let last, last.overview.isSame(as: overview), now - last.at < Self.longestInterval - Self.interval / 2 { return }
        last = (overview, now)
        // One that has not taken what it was sent is told what is then.
        for stream in streams.values where !stream.isBlocked { stream.send(overview) }
    }
}

extension Proto.OverviewReply {
    /// Whether both say the same, but for when.
    fileprivate func isSame(as other: Proto.OverviewReply) -> Bool {
        var other = other
        (other.atMs, other.oldestReadyMs) = (atMs, oldestReadyMs)
        return self == other
    }
}
