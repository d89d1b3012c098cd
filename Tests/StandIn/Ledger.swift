/// What was received, in numbers and in full. Memory is bounded by `keep`.
struct Ledger {
    /// Keys that are told apart for each delivery that is kept; further ones are counted as `untracked`.
    private static let keysPerKept = 10
    /// Lateness is counted by the millisecond up to here, beyond as this.
    private static let maxLateness = 60_000

    private struct Tally {
        var received = 0
        var succeeded = 0
    }

    private let keep: Int
    private var kept: [(Delivery, Int)] = []
    private var requests = 0
    private var byStatus: [Int: Int] = [:]
    private var tallies: [IdempotencyKey: Tally] = [:]
    private var untracked = 0
    private var delivered = 0, deliveredTwice = 0, receivedTwice = 0
    private var early = 0, malformed = 0, wrongAuthorization = 0
    /// First attempts only, which alone tell how late the scheduler was; how many by milliseconds.
    private var lateness = [Int](repeating: 0, count: Ledger.maxLateness + 1)
    private var latest: Int64 = 0
    private var lastAt: Int64?
    private var longestGap: Int64 = 0

    init(keep: Int) { self.keep = keep }

    mutating func add(_ delivery: Delivery, status: Int) {
        requests += 1
        byStatus[status, default: 0] += 1
        if delivery.fault != nil { malformed += 1 }
        if delivery.authorizationMatches == false { wrongAuthorization += 1 }
        if let key = delivery.idempotency {
            let isFirst = count(key, isSuccess: (200..<300).contains(status))
            let late = delivery.receivedAt - key.scheduledAt * 1_000
            if late < 0 { early += 1 }
            if isFirst {
                lateness[Int(min(max(0, late), Int64(Self.maxLateness)))] += 1
                latest = max(latest, late)
            }
        }
        if let lastAt { longestGap = max(longestGap, delivery.receivedAt - lastAt) }
        lastAt = delivery.receivedAt
        if kept.count < keep { kept.append((delivery, status)) }
    }

    /// Whether this was the key's first request.
    private mutating func count(_ key: IdempotencyKey, isSuccess: Bool) -> Bool {
        var tally = tallies[key] ?? Tally()
        if tally.received == 0, tallies.count >= max(1, keep) * Self.keysPerKept {
            untracked += 1
            return true
        }
        tally.received += 1
        if tally.received == 2 { receivedTwice += 1 }
        if isSuccess {
            tally.succeeded += 1
            if tally.succeeded == 1 { delivered += 1 }
            if tally.succeeded == 2 { deliveredTwice += 1 }
        }
        tallies[key] = tally
        return tally.received == 1
    }

    /// The body of `GET /control/deliveries`: a JSON line for each.
    var lines: String { kept.map { $0.0.line(status: $0.1) + "\n" }.joined() }

    /// The body of `GET /control/summary`. `keys`: different ones; `delivered`: of these answered 2xx, and
    /// `delivered_twice` more than once; `early`: requests before their second; `malformed`: answered 400 for
    /// deviating from the contract; `lateness_ms`: of first attempts.
    var summary: String {
        let statuses = byStatus.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        return """
            {"requests":\(requests),"by_status":{\(statuses)},"keys":\(tallies.count),"untracked":\(untracked),\
            "delivered":\(delivered),"delivered_twice":\(deliveredTwice),"received_twice":\(receivedTwice),\
            "early":\(early),"malformed":\(malformed),"wrong_authorization":\(wrongAuthorization),\
            "lateness_ms":{"p50":\(quantile(0.5)),"p99":\(quantile(0.99)),"max":\(latest)},\
            "longest_gap_ms":\(longestGap)}
            """
    }

    private func quantile(_ part: Double) -> Int {
        let total = lateness.reduce(0, +)
        var rank = Int(Double(total) * part)
        for (milliseconds, count) in lateness.enumerated() where count > 0 {
            if rank < count { return milliseconds }
            rank -= count
        }
        return 0
    }
}
