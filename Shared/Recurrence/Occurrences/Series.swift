/// Where a series stands: an occurrence and its number. What a scheduler stores beside a reminder, so that the next occurrence never
/// costs more than one step.
public struct Cursor: Sendable, Hashable {
    /// Unix seconds.
    public var instant: Int64
    /// From 1, counting what is not excluded. Exact when walked from the first occurrence; after a jump over more than
    /// ``Series/maximumCountedSteps`` occurrences that have no closed form it is a lower bound.
    public var index: Int64

    public init(instant: Int64, index: Int64) {
        self.instant = instant
        self.index = index
    }
}

/// The occurrences of a recurrence set (RFC 5545 section 3.8.5) as instants: rules and extra dates, less the excluded ones.
///
/// Ascending, each instant once, from DTSTART to the end of the year 9999. Rules of DAILY and longer run on the zone's wall clock; a
/// local time that a transition skips is read with the offset before it, one that occurs twice means the first (section 3.3.5).
/// Shorter rules step in elapsed time. Every question is answered in bounded time, wherever it points.
public struct Series: Sendable {
    /// What DTSTART is where the rule does not have it, which the RFC leaves open.
    public enum StartConvention: Sendable, Hashable {
        /// The first occurrence, counted by COUNT.
        case startIsFirst
        /// Nothing but the lower bound of what the rule generates.
        case ruleOnly
    }

    /// Occurrences walked to number a cursor.
    public static let maximumCountedSteps = 20_000
    /// Excluded occurrences in a row after which a series that has exclusion rules counts as ended.
    public static let maximumExcludedSteps = 100_000

    private let start: Int
    private let hasStart: Bool
    private let plans: [RulePlan], exclusions: [RulePlan]
    /// Ascending, each once.
    private let rdates: [Int], exdates: [Int]
    private let until: Int

    /// - Parameters:
    ///   - start: DTSTART, unix seconds.
    ///   - rdates: extra instants, unix seconds; `exdates` excluded ones, which win over rules, `rdates` and DTSTART.
    ///   - until: no occurrence after this instant, on top of the rules' own UNTIL.
    public init(
        start: Int64, rules: [Rule] = [], exrules: [Rule] = [], rdates: [Int64] = [], exdates: [Int64] = [], until: Int64? = nil,
        zone: Zone = .utc, startConvention: StartConvention = .startIsFirst
    ) {
        let first = min(max(Int(start), Horizon.instants.lowerBound + 2 * 86_400), Horizon.instants.upperBound)
        self.start = first
        // A set without rules is its dates, DTSTART among them.
        hasStart = startConvention == .startIsFirst || rules.isEmpty
        plans = rules.map { RulePlan($0, start: first, zone: zone, startConvention: startConvention) }
        exclusions = exrules.map { RulePlan($0, start: first, zone: zone, startConvention: .ruleOnly) }
        self.rdates = Set(rdates.map { Int($0) }).filter(Horizon.instants.contains).sorted()
        self.exdates = Set(exdates.map { Int($0) }).sorted()
        self.until = min(until.map { Int($0) } ?? .max, Horizon.instants.upperBound)
    }

    // MARK: One occurrence

    public func first() -> Cursor? {
        next(after: .min).map { Cursor(instant: $0, index: 1) }
    }

    /// The first occurrence strictly after an instant (unix seconds).
    public func next(after instant: Int64) -> Int64? {
        var walks = Walks(count: plans.count + exclusions.count)
        let found = next(after: Int(instant), &walks)
        return found == Horizon.never ? nil : Int64(found)
    }

    /// The occurrence after a cursor's.
    public func next(after cursor: Cursor) -> Cursor? {
        if let count = openCount, cursor.index >= count { return nil }
        return next(after: cursor.instant).map { Cursor(instant: $0, index: cursor.index + 1) }
    }

    /// The first occurrence strictly after an instant, numbered.
    /// - Parameter from: a cursor not after it, from which numbers are counted on.
    public func cursor(after instant: Int64, from: Cursor?) -> Cursor? {
        guard let known = from ?? first() else { return nil }
        if known.instant > instant { return from == nil ? known : next(after: instant).map { Cursor(instant: $0, index: max(1, known.index)) } }
        guard let target = next(after: instant) else { return nil }
        if let count = count(through: target) { return Cursor(instant: target, index: count) }
        var walks = Walks(count: plans.count + exclusions.count)
        var at = Int(known.instant), index = known.index
        for _ in 0..<Series.maximumCountedSteps {
            at = next(after: at, &walks)
            index += 1
            if at >= Int(target) { break }
        }
        return Cursor(instant: target, index: index)
    }

    /// The last occurrence strictly before an instant (unix seconds).
    public func previous(before instant: Int64) -> Int64? {
        var walks = Walks(count: plans.count + exclusions.count)
        let before = min(Int(clamping: instant), Horizon.instants.upperBound + 1)
        // The largest instant after which there is still an occurrence before `before` lies just under the one looked for:
        // first back in doubling steps, then by halving.
        var low = before - 1, step = 1
        let lowest = min(start, rdates.first ?? start) - 1
        while low > lowest, next(after: low - 1, &walks) >= before {
            step = min(step * 2, before - lowest)
            low = max(before - step, lowest)
            if low == lowest { break }
        }
        if low == lowest {
            guard next(after: lowest, &walks) < before else { return nil }
        } else {
            low -= 1
        }
        var high = before - 1
        while low < high {
            let middle = low + (high - low + 1) / 2
            if next(after: middle, &walks) < before { low = middle } else { high = middle - 1 }
        }
        return Int64(low + 1)
    }

    public func contains(_ instant: Int64) -> Bool {
        instant > .min && next(after: instant - 1) == instant
    }

    // MARK: Many

    /// The first `count` occurrences strictly after an instant (unix seconds); fewer where the series ends.
    public func first(_ count: Int, after instant: Int64) -> [Int64] {
        var found: [Int64] = []
        var occurrences = occurrences(after: instant)
        while found.count < count, let next = occurrences.next() { found.append(next) }
        return found
    }

    /// The occurrences in a range of unix seconds, at most `limit`.
    public func occurrences(in range: Range<Int64>, limit: Int) -> [Int64] {
        guard range.lowerBound > .min else { return first(limit, after: .min).filter { $0 < range.upperBound } }
        var found: [Int64] = []
        var occurrences = occurrences(after: range.lowerBound - 1)
        while found.count < limit, let next = occurrences.next(), next < range.upperBound { found.append(next) }
        return found
    }

    /// All occurrences strictly after an instant, one by one, without an allocation for each.
    public func occurrences(after instant: Int64) -> Occurrences { Occurrences(self, after: Int(instant)) }

    public struct Occurrences: Sequence, IteratorProtocol, Sendable {
        private let series: Series
        private var walks: Walks
        private var at: Int

        init(_ series: Series, after instant: Int) {
            self.series = series
            walks = Walks(count: series.plans.count + series.exclusions.count)
            at = instant
        }

        public mutating func next() -> Int64? {
            guard at != Horizon.never else { return nil }
            at = series.next(after: at, &walks)
            return at == Horizon.never ? nil : Int64(at)
        }
    }

    /// How many occurrences there are through an instant (unix seconds); nil where they have no closed form and are more than
    /// ``maximumCountedSteps``.
    public func count(through instant: Int64) -> Int64? {
        var walk = Walk()
        if plans.count == 1, exclusions.isEmpty, rdates.isEmpty, exdates.isEmpty, let plan = plans.first,
            let counted = plan.count(through: min(Int(clamping: instant), until), &walk)
        {
            guard hasStart else { return Int64(counted) }
            let startIsOfRule = plan.next(after: start - 1, &walk) == start
            return Int(clamping: instant) < start || start > until ? 0 : Int64(counted) + (startIsOfRule ? 0 : 1)
        }
        var occurrences = occurrences(after: .min), count: Int64 = 0
        while let next = occurrences.next(), next <= instant {
            count += 1
            if count > Int64(Series.maximumCountedSteps) { return nil }
        }
        return count
    }

    /// Whether the series is known to end: by COUNT, UNTIL or `until`, or because its rules never match.
    public var isFinite: Bool { until < Horizon.instants.upperBound || plans.allSatisfy(\.isFinite) }

    /// COUNT of the only rule, where only a cursor can tell that it is reached.
    private var openCount: Int64? {
        guard plans.count == 1, let count = plans[0].openCount else { return nil }
        return Int64(clamping: count) + (hasStart ? 1 : 0)
    }

    // MARK: The union

    /// A walk for each rule, the first without an array: most series have one.
    struct Walks: Sendable {
        fileprivate var first = Walk()
        fileprivate var others: [Walk]

        init(count: Int) { others = count > 1 ? Array(repeating: Walk(), count: count - 1) : [] }
    }

    @inline(__always)
    private func next(after instant: Int, _ walks: inout Walks) -> Int {
        if plans.count == 1, exclusions.isEmpty, rdates.isEmpty, exdates.isEmpty, instant >= start || !hasStart {
            let found = plans[0].next(after: instant, &walks.first)
            return found <= until ? found : Horizon.never
        }
        return nextOfSet(instant, &walks)
    }

    private func nextOfSet(_ instant: Int, _ walks: inout Walks) -> Int {
        var at = instant
        for _ in 0..<Series.maximumExcludedSteps {
            at = nextIncluded(at, &walks)
            guard at <= until else { return Horizon.never }
            if !isExcluded(at, &walks) { return at }
        }
        return Horizon.never
    }

    /// The next of rules, dates and DTSTART together.
    private func nextIncluded(_ instant: Int, _ walks: inout Walks) -> Int {
        var best = hasStart && start > instant ? start : Horizon.never
        let index = Series.firstIndex(rdates) { $0 > instant }
        if index < rdates.count { best = min(best, rdates[index]) }
        for (number, plan) in plans.enumerated() {
            let found = number == 0 ? plan.next(after: instant, &walks.first) : plan.next(after: instant, &walks.others[number - 1])
            best = min(best, found)
        }
        return best
    }

    private func isExcluded(_ instant: Int, _ walks: inout Walks) -> Bool {
        let index = Series.firstIndex(exdates) { $0 >= instant }
        if index < exdates.count, exdates[index] == instant { return true }
        for (number, plan) in exclusions.enumerated() {
            let place = plans.count + number
            let found = place == 0 ? plan.next(after: instant - 1, &walks.first) : plan.next(after: instant - 1, &walks.others[place - 1])
            if found == instant { return true }
        }
        return false
    }

    /// The first index of an ascending list whose value passes.
    private static func firstIndex(_ list: [Int], _ passes: (Int) -> Bool) -> Int {
        var low = 0, high = list.count
        while low < high {
            let middle = (low + high) / 2
            if passes(list[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
