import TaskDomain

/// How one side learns that a connection is over.
enum ConnectionEnd {
    /// The other side said goodbye.
    case clean
    case broken
    /// Nothing was heard for long.
    case silence
}

/// A TCP connection between two processes, with a stream of messages each way: in order, each once, as long as it lasts.
///
/// It can be cut at any message: some of what is on its way still arrives, the rest does not, and each side learns of
/// the end by itself, at once or when it has heard nothing for long. Until then what it sends goes nowhere.
final class Connection<Up, Down> {
    let up: Pipe<Up>
    let down: Pipe<Down>
    private let timeline: Timeline
    private var chance: Chance
    private(set) var isCut = false

    /// How long each side takes to notice that it hears nothing.
    static var silenceMilliseconds: ClosedRange<Int64> { Keepalive().noticeMilliseconds }

    init(_ timeline: Timeline, client: Process, server: Process, seed: Chance, delay: @escaping () -> ClosedRange<Int64>) {
        self.timeline = timeline
        chance = seed
        up = Pipe(timeline, to: server, seed: Chance(chance.next()), delay: delay)
        down = Pipe(timeline, to: client, seed: Chance(chance.next()), delay: delay)
        // The system closes what a dead process had open; what it had sent still arrives.
        client.onDeath { [weak self] in self?.cut(isSilent: false) }
        server.onDeath { [weak self] in self?.cut(isSilent: false) }
    }

    /// - Parameter isSilent: nobody is told: each side finds out by the silence.
    func cut(isSilent: Bool) {
        guard !isCut else { return }
        isCut = true
        for fail in [up.fail, down.fail] {
            fail(chance.next(), isSilent ? .silence : .broken, isSilent ? chance.int(Self.silenceMilliseconds) : chance.int(0...30))
        }
    }

    /// The client says that nothing more comes; what was sent arrives before.
    func finish() {
        guard !isCut else { return }
        isCut = true
        up.finish()
        down.finish()
    }
}

/// One direction of a connection.
final class Pipe<Message> {
    private let timeline: Timeline
    private let receiver: Process
    private let delay: () -> ClosedRange<Int64>
    private var chance: Chance
    private var lastArrival: Int64 = 0
    private var sent = 0, received = 0
    /// Messages from this one on do not arrive.
    private var lostFrom = Int.max
    private var isEnded = false

    var onMessage: (Message) -> Void = { _ in }
    var onEnd: (ConnectionEnd) -> Void = { _ in }

    init(_ timeline: Timeline, to receiver: Process, seed: Chance, delay: @escaping () -> ClosedRange<Int64>) {
        self.timeline = timeline
        self.receiver = receiver
        self.delay = delay
        chance = seed
    }

    func send(_ message: Message) {
        let number = sent
        sent += 1
        guard number < lostFrom else { return }
        schedule { [self] in
            guard !isEnded, number < lostFrom else { return }
            received += 1
            onMessage(message)
        }
    }

    private func schedule(_ body: @escaping () -> Void) {
        let at = max(lastArrival, timeline.monotonic + chance.int(delay()))
        lastArrival = at
        timeline.schedule(in: at - timeline.monotonic, for: receiver, body)
    }

    /// - Parameter time: until the receiver notices.
    func fail(_ word: UInt64, _ end: ConnectionEnd, after time: Int64) {
        guard lostFrom == .max else { return }
        lostFrom = received + Int(word % UInt64(sent - received + 1))
        // What still arrives comes first.
        let at = max(lastArrival, timeline.monotonic) + time
        timeline.schedule(in: at - timeline.monotonic, for: receiver) { self.end(end) }
    }

    func finish() { schedule { self.end(.clean) } }

    private func end(_ end: ConnectionEnd) {
        guard !isEnded else { return }
        isEnded = true
        onEnd(end)
    }
}
