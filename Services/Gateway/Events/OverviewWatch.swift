import NIOCore
import TaskDomain
import TaskMessages
import TaskWire

/// The one stream from a scheduler that all listeners of a gateway share: begun with the first, ended with the last.
///
/// It has a connection of its own, so that nobody pays for it while nobody listens.
///
/// @unchecked Sendable is safe because every mutable member is used on `eventLoop` only.
final class OverviewWatch: @unchecked Sendable {
    /// Without a word for so long, a scheduler is away: it says how everything stands at least once a second.
    static let patienceMilliseconds: Int64 = 1_700
    private static let tick = TimeAmount.milliseconds(250)
    /// Where the scheduler ends the stream and not the connection, it is asked again after this time.
    private static let pause = TimeAmount.seconds(2)

    typealias Connect = @Sendable (_ onReady: @escaping @Sendable (ClientConnection) -> Void) -> Client

    private let eventLoop: any EventLoop
    private let connect: Connect
    private var client: Client?
    private var stream: MessageStream<Proto.OverviewReply, Proto.OverviewRequest>?
    private var timer: RepeatedTask?
    private var lastHeard = MonotonicMilliseconds.distantPast
    private var reason = OverviewWatch.silence

    private static let silence = "no scheduler answers"

    /// - Parameter connect: makes a client on that event loop, to be started.
    init(eventLoop: any EventLoop, connect: @escaping Connect) {
        self.eventLoop = eventLoop
        self.connect = connect
    }

    /// Begins or ends, by whether somebody listens.
    func look(_ hub: EventHub) {
        eventLoop.execute { [self] in
            if hub.isEmpty { end() } else if client == nil { begin(hub) }
        }
    }

    private func begin(_ hub: EventHub) {
        lastHeard = SystemClock.monotonic
        reason = Self.silence
        let client = connect { [weak self] connection in self?.open(on: connection, hub) }
        self.client = client
        client.start()
        timer = eventLoop.scheduleRepeatedTask(initialDelay: Self.tick, delay: Self.tick) { [self] _ in tick(hub) }
    }

    private func end() {
        timer?.cancel()
        timer = nil
        let stream = stream
        self.stream = nil
        stream?.end()
        guard let client else { return }
        self.client = nil
        Task { await client.stop() }
    }

    private func open(on connection: ClientConnection, _ hub: EventHub) {
        guard client != nil, stream == nil, connection.isOpen, let stream = connection.stream(SchedulerService.watch) else { return }
        self.stream = stream
        stream.onMessage = { [weak self] overview in self?.heard(overview, hub) }
        stream.onEnd = { [weak self, weak connection] error in
            guard let self else { return }
            self.stream = nil
            reason = error?.code == .unimplemented ? "the scheduler is of a build that does not tell how everything stands" : Self.silence
            eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [weak self] in
                if let self, let connection { open(on: connection, hub) }
            }
        }
        stream.send(Proto.OverviewRequest())
    }

    private func heard(_ overview: Proto.OverviewReply, _ hub: EventHub) {
        guard client != nil else { return }
        lastHeard = SystemClock.monotonic
        hub.stands(OverviewAnswer.json(overview))
    }

    private func tick(_ hub: EventHub) {
        if SystemClock.monotonic - lastHeard > Self.patienceMilliseconds { hub.isAway(reason, at: SystemClock.now.count) }
        hub.tick()
    }
}
