import Domain

/// Posts notifications to the backend, and says what came of it. Retries nothing.
final class NotifierProcess: Process {
    /// `NOTIFIER_TIMEOUT`.
    static let timeoutMilliseconds: Int64 = 10_000

    private let life: Life

    init(_ life: Life) { self.life = life }

    func accept(_ connection: DeliverConnection) {
        connection.up.onMessage = { [self, weak connection] call in
            if let connection { deliver(call, connection) }
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
                    number: call.number, outcome: outcome, retryAfterMilliseconds: retryAfter.map { min($0, 3_600_000) },
                    statusCode: status))
        }
        // The request is on the wire: the backend takes it even if the notifier dies meanwhile.
        timeline.schedule(in: way) { [life] in
            let reply = life.post(call.key, call.reminder)
            guard reply.status != 0 || reply.isLost || reply.delayMilliseconds < timeout else { return }
            timeline.schedule(in: reply.delayMilliseconds + way, for: self) {
                answer(reply.outcome, retryAfter: reply.retryAfterMilliseconds, status: reply.status)
            }
        }
        timeline.schedule(in: timeout, for: self) { answer(.retry) }
    }
}
