/// What ``Series`` needs to look back and to count.
extension Series {
    /// Whether the instant belongs to the series before anything is taken away.
    func isIncluded(_ instant: Int) -> Bool {
        hasStart && instant == start || rdates.binarySearch(instant) || isGenerated(instant)
    }

    private func isGenerated(_ instant: Int) -> Bool {
        rules.contains { rule in
            guard instant <= rule.last else { return false }
            var walk = RuleWalk(rule.plan, limit: instant)
            return walk.seek(instant) == instant
        }
    }

    /// How many instants after `from` and up to `through` belong to the series before anything is taken away.
    func countIncluded(after from: Int, through: Int) -> Int {
        guard from < through else { return 0 }
        if rules.count > 1, let total = countByWalking(after: from, through: through) { return total }
        var total = 0
        for rule in rules {
            var counter = RuleCount(rule.plan)
            total += counter.count(after: from, through: min(through, rule.last))
        }
        let range = from + 1...through
        if hasStart, range.contains(start), !isGenerated(start) { total += 1 }
        let dates = rdates[rdates.lowerBound(range.lowerBound)..<rdates.lowerBound(range.upperBound + 1)]
        return total + dates.lazy.filter { !(hasStart && $0 == start) && !isGenerated($0) }.count
    }

    /// As ``countIncluded(after:through:)``; nil if there are more than ``maximumIndexed``.
    private func countByWalking(after from: Int, through: Int) -> Int? {
        var walk = SeriesWalk(self, limit: through, excluding: false), total = 0
        var found = walk.seek(from + 1)
        while found != Horizon.never {
            total += 1
            guard total <= Series.maximumIndexed else { return nil }
            found = walk.next()
        }
        return total
    }

    /// Narrows down from both sides: the first occurrence at or after a moment, looked for no farther than the bound, tells whether the
    /// last one lies before or after that moment.
    func lastOccurrence(before bound: Int) -> Int {
        let earliest = max(min(start, rdates.first ?? .max), Horizon.instants.lowerBound)
        func first(from instant: Int, before end: Int) -> Int {
            guard instant < end else { return Horizon.never }
            var walk = SeriesWalk(self, limit: end - 1)
            return walk.seek(instant)
        }
        // Where there is none at all, one search says so instead of many.
        guard first(from: earliest, before: bound) != Horizon.never else { return Horizon.never }
        var reach = 3600
        var from = bound, known = Horizon.never, end = bound
        while known == Horizon.never {
            guard from > earliest else { return Horizon.never }
            end = from
            from = max(earliest, bound - reach)
            known = first(from: from, before: end)
            reach *= 8
        }
        // `known` is an occurrence, and none lies in `end ..< bound`.
        while true {
            let next = first(from: known + 1, before: end)
            if next == Horizon.never { return known }
            known = next
            let later = first(from: known + (end - known + 1) / 2, before: end)
            if later == Horizon.never { end = known + (end - known + 1) / 2 } else { known = later }
        }
    }
}

extension [Int] {
    /// The place of the first element not less than `value`, in an ascending array.
    func lowerBound(_ value: Int) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether an ascending array holds the value.
    func binarySearch(_ value: Int) -> Bool {
        let place = lowerBound(value)
        return place < count && self[place] == value
    }
}
