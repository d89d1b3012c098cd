/// What was received, in numbers and in full.
struct Ledger {
    /// Deliveries kept in full; the numbers go on beyond.
    private static let maxKept = 200_000

    private var kept: [(Delivery, Int)] = []
    private var byStatus: [Int: Int] = [:]
    /// Answers with 2xx by key.
    private var succeeded: [String: Int] = [:]
    private var received: [String: Int] = [:]
    private var early = 0, malformed = 0
    private var latenesses: [Int64] = []
    private var lastAt: Int64?
    private var longestGap: Int64 = 0

    mutating func add(_ delivery: Delivery, status: Int) {
        byStatus[status, default: 0] += 1
        received[delivery.key, default: 0] += 1
        if (200..<300).contains(status) { succeeded[delivery.key, default: 0] += 1 }
        if delivery.latenessMilliseconds < 0 { early += 1 }
        if delivery.fault != nil { malformed += 1 }
        // Only a first attempt tells how late the scheduler was.
        if received[delivery.key] == 1 { latenesses.append(delivery.latenessMilliseconds) }
        if let lastAt { longestGap = max(longestGap, delivery.receivedAt - lastAt) }
        lastAt = delivery.receivedAt
        if kept.count < Self.maxKept { kept.append((delivery, status)) }
    }

    /// The body of `GET /control/deliveries`: a JSON line for each.
    var lines: String { kept.map { $0.0.line(status: $0.1) + "\n" }.joined() }

    /// The body of `GET /control/summary`.
    var summary: String {
        let statuses = byStatus.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        let sorted = latenesses.sorted()
        func quantile(_ part: Double) -> Int64 { sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))] }
        return """
            {"requests":\(byStatus.values.reduce(0, +)),"by_status":{\(statuses)},"keys":\(received.count),\
            "delivered":\(succeeded.count),"delivered_twice":\(succeeded.values.count { $0 > 1 }),\
            "received_twice":\(received.values.count { $0 > 1 }),"early":\(early),"malformed":\(malformed),\
            "lateness_ms":{"p50":\(quantile(0.5)),"p99":\(quantile(0.99)),"max":\(sorted.last ?? 0)},"longest_gap_ms":\(longestGap)}
            """
    }
}
