/// Questions about many occurrences before a moment, none of which walks more of them than it is asked for.
extension Series {
    /// How many occurrences there are in a range.
    ///
    /// With at most one rule and no EXRULE this is computed, however many they are. Otherwise they are counted one by one.
    /// - Returns: `nil` if there are more than `limit` and they would have to be counted one by one.
    public func count(in range: ClosedRange<Int64>, limit: Int64) -> Int64? {
        let from = max(Int(range.lowerBound), Horizon.instants.lowerBound), through = min(Int(range.upperBound), last)
        guard from <= through else { return 0 }
        if let total = computedCount(after: from - 1, through: through) { return Int64(total) }
        let total = Int64(walkedCount(from: from, through: through, atMost: Int(clamping: limit)))
        return total > limit ? nil : total
    }

    /// The first of the latest `n` occurrences in a range.
    /// - Returns: `nil` if there are fewer.
    public func first(ofLatest n: Int64, in range: ClosedRange<Int64>) -> Int64? {
        guard n > 0 else { return nil }
        let earliest = max(Int(range.lowerBound), min(start, rdates.first ?? .max), Horizon.instants.lowerBound)
        let through = min(Int(range.upperBound), last), wanted = Int(clamping: n)
        guard earliest <= through else { return nil }
        // In front of `low` it is not known how many there are; `found` lie from `high` on, fewer than are wanted.
        var high = through + 1, found = 0, reach = 64, low = through + 1
        while true {
            guard low > earliest else { return nil }
            low = through - earliest < reach ? earliest : through - reach
            let more = number(from: low, before: high, atMost: wanted - found)
            if found + more >= wanted { break }
            (high, found) = (low, found + more)
            reach *= 4
        }
        // The latest moment from which on there are enough is an occurrence.
        while high - low > 1 {
            let middle = low + (high - low) / 2
            let more = number(from: middle, before: high, atMost: wanted - found)
            if found + more >= wanted { low = middle } else { (high, found) = (middle, found + more) }
        }
        return Int64(low)
    }

    /// How many occurrences there are in a stretch of time; where they are counted one by one, not more than asked for.
    private func number(from: Int, before end: Int, atMost limit: Int) -> Int {
        computedCount(after: from - 1, through: end - 1) ?? walkedCount(from: from, through: end - 1, atMost: limit)
    }

    /// Counts one by one, and stops at one more than `limit`.
    private func walkedCount(from: Int, through: Int, atMost limit: Int) -> Int {
        guard from <= through else { return 0 }
        var walk = SeriesWalk(self, limit: through), total = 0
        var found = walk.seek(from)
        while found != Horizon.never, total <= limit {
            total += 1
            found = walk.next()
        }
        return total
    }

    /// How many occurrences lie after `from` and up to `through`; `nil` where that cannot be computed.
    func computedCount(after from: Int, through: Int) -> Int? {
        guard rules.count <= 1, exrules.isEmpty else { return nil }
        guard from < through else { return 0 }
        var total = countIncluded(after: from, through: through)
        for day in excludedDays where day.lowerBound <= through && day.upperBound > from + 1 {
            total -= countIncluded(after: max(from, day.lowerBound - 1), through: min(day.upperBound - 1, through))
        }
        let excluded = exdates[exdates.lowerBound(from + 1)..<exdates.lowerBound(through + 1)]
        return total - excluded.lazy.filter { isIncluded($0) && !isOnExcludedDay($0) }.count
    }
}
