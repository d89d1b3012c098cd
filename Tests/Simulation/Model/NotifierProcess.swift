import TaskDomain

/// Posts notifications to the backend, and says what came of it. Retries nothing.
final class NotifierProcess: Process {
    /// `NOTIFIER_TIMEOUT`.
    static let timeoutMilliseconds: Int64 = 10_000

    private let life: Life
    /// Requests in a row that got no answer. From so many on the circuit is open, and one request passes in each interval.
    private var failures = 0
    private static let circuitThreshold = 5
    private static let probeMilliseconds: Int64 = 500
    private var nextProbe: Int64 = 0

    init(_ life: Life) { self.life = life }

    /// Whether the circuit, being open, turns a request away.
    private func turnsAway() -> Bool {
        guard failures >= Self.circuitThreshold else { return false }
        guard life.timeline.monotonic >= nextProbe else { return true }
        nextProbe = life.timeline.monotonic + Self.probeMilliseconds
        return false
    }

    /// Calls of one connection that wait for their turn.
    private final class Queue {
        var numbers: Set<UInt64> = []
    }

    func accept(_ connection: DeliverConnection) {
        let queue = Queue()
        connection.up.onMessage = { [self, weak connection] message in
            guard let connection else { return }
            switch message {
            case .deliver(let call): take(call, queue, connection)
            case .recall(let number):
                if queue.numbers.remove(number) != nil { connection.down.send(.unsent(number)) }
            }
        }
        // Of a worker that is gone nothing is sent that has not been yet.
        connection.up.onEnd = { _ in queue.numbers = [] }
    }

    private func take(_ call: DeliverCall, _ queue: Queue, _ connection: DeliverConnection) {
        guard life.plan.queueMilliseconds.upperBound > 0 else { return deliver(call, connection) }
        queue.numbers.insert(call.number)
        life.timeline.schedule(in: life.chance.int(life.plan.queueMilliseconds), for: self) { [self] in
            if queue.numbers.remove(call.number) != nil { deliver(call, connection) }
        }
    }

    private func deliver(_ call: DeliverCall, _ connection: DeliverConnection) {
        let timeline = life.timeline, way = life.chance.int(0...3)
        let timeout = min(Self.timeoutMilliseconds, call.deadline - timeline.monotonic)
        guard timeout > 0 else { return }
        var isAnswered = false
        func answer(_ outcome: Outcome, retryAfter: Int64? = nil, status: Int = 0) {
            guard !isAnswered else { return }
            isAnswered = true
            connection.down.send(
                DeliverReply(
                    number: call.number, outcome: outcome, retryAfterMilliseconds: retryAfter.map { min($0, Attempt.longestAskedMilliseconds) },
                    statusCode: status))
        }
        guard !turnsAway() else { return answer(.unsent, retryAfter: nextProbe - timeline.monotonic) }
        // The request is on the wire: the backend takes it even if the notifier dies meanwhile.
        timeline.schedule(in: way) { [life] in
            let reply = life.post(call.key, call.reminder, lease: call.lease)
            guard reply.status != 0 || reply.isLost || reply.delayMilliseconds < timeout else { return }
            timeline.schedule(in: reply.delayMilliseconds + way, for: self) { [self] in
                failures = reply.status == 0 ? failures + 1 : 0
                answer(reply.outcome, retryAfter: reply.retryAfterMilliseconds, status: reply.status)
            }
        }
        timeline.schedule(in: timeout, for: self) { [self] in
            if !isAnswered { failures += 1 }
            answer(.retry)
        }
    }
}

extension DeliverReply {
    fileprivate static func unsent(_ number: UInt64) -> Self {
        Self(number: number, outcome: .unsent, retryAfterMilliseconds: nil, statusCode: 0)
    }
}
