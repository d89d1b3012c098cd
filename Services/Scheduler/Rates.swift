import TaskDomain

/// What has happened since the process began.
struct Totals: Sendable {
    /// Reminders that were created, and occurrences that were handed to workers.
    var created: UInt64 = 0, dispatched: UInt64 = 0
    /// Occurrences of which a worker reported an end, and those of them that are to be tried again, held or dead.
    var finished: UInt64 = 0, failed: UInt64 = 0
}

/// How much of it happens a second, over the last few. Used on the scheduler's event loop only.
struct Rates: Sendable {
    /// Seconds, as long as a sample is taken each second.
    static let samples = 5

    private var past: [(at: MonotonicMilliseconds, totals: Totals)] = []

    /// To be called about once a second.
    mutating func sample(_ totals: Totals, at now: MonotonicMilliseconds) {
        if past.count >= Self.samples { past.removeFirst() }
        past.append((now, totals))
    }

    /// Thousandths a second of a total that was `value` a while ago and is now `current`.
    func milli(_ value: KeyPath<Totals, UInt64>, of current: Totals, at now: MonotonicMilliseconds) -> UInt64 {
        guard let first = past.first, now - first.at > 0 else { return 0 }
        return (current[keyPath: value] &- first.totals[keyPath: value]) &* 1_000_000 / UInt64(now - first.at)
    }
}
