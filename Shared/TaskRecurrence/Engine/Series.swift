import TaskDomain

/// A recurrence set of RFC 5545 section 3.8.5 in a time zone: a start, rules, dates to add and dates to leave out.
///
/// It answers questions about its occurrences, which are instants in unix seconds, ascending, each once. Answers are exact and total:
/// nothing traps, and no question costs more the farther it lies from the start. The horizon is the years 0000 to 9999 (UTC); what lies
/// beyond it is no occurrence, and a start beyond it has none.
///
/// - DAILY and longer rules run on the zone's wall clock, and each local time is then mapped to an instant: one that a transition skips
///   is read with the offset before it, one that occurs twice means the first. Two local times on one instant are one occurrence,
///   and COUNT counts it once.
/// - HOURLY, MINUTELY and SECONDLY rules run in elapsed time, and their BYxxx parts look at the wall clock: an hourly rule comes every
///   3,600 seconds through any transition. BYMINUTE and BYSECOND of the longer unit's rule name minutes and seconds on the wall clock.
/// - What a rule leaves open comes from the start, on the wall clock. BYWEEKNO alone takes the start's weekday. A week that straddles
///   New Year belongs, day by day, to the calendar year its days lie in. BYSECOND=60 means second 59.
/// - EXDATE wins over RDATE and over a rule, and may remove the start; so does a day that is left out whole. EXRULE takes away what the
///   rule would generate from the start on.
public struct Series: Sendable {
    /// What the start is when it is no occurrence of the rules, which RFC 5545 leaves open.
    public enum StartConvention: Sendable, Hashable {
        /// The start is always the first occurrence, and COUNT counts it.
        case startIsFirst
        /// The start only anchors the rules: the series is what they generate from it on.
        case ruleOnly
    }

    /// Occurrences in a row that EXDATE and EXRULE may take away before the series counts as ended. A stretch of time that a sub-daily
    /// EXRULE fills on the raster of the only rule is leapt over and counts as one, and so are days that are left out whole.
    public static let maximumExcludedRun = 100_000
    /// Occurrences of a series with several rules up to which a cursor's index is counted one by one. Past it each rule is counted by
    /// itself, so that an instant of several rules counts for each.
    public static let maximumIndexed = 10_000
    /// Occurrences up to which ``count(through:)`` counts one by one, where there is more than one rule or an EXRULE.
    public static let maximumCounted = 1_000_000

    /// A rule and its inclusive last instant, COUNT and UNTIL included.
    struct Bounded: Sendable {
        let plan: RulePlan
        let last: Int
        /// Whether COUNT or UNTIL ends it.
        var hasEnd = true

        var neverMatches: Bool {
            var walk = RuleWalk(plan, limit: last)
            return walk.seek(plan.start) == Horizon.never
        }
    }

    let start: Int
    let hasStart: Bool
    let rules: [Bounded]
    let exrules: [Bounded]
    let rdates: [Int]
    let exdates: [Int]
    /// Time that is left out whole: ascending, apart from each other, and none empty.
    let excludedDays: [Range<Int>]
    /// The inclusive end of the whole series.
    let last: Int
    private let hasUntil: Bool

    /// - Parameters:
    ///   - start: DTSTART in unix seconds.
    ///   - excludedDays: days since 1970-01-01; what falls on them on the zone's wall clock is left out, as by EXDATE.
    ///   - until: an inclusive end of the whole series, on top of the rules' own UNTIL.
    public init(
        start: Int64, rules: [Rule] = [], exrules: [Rule] = [], rdates: [Int64] = [], exdates: [Int64] = [], excludedDays: [Int64] = [],
        until: Int64? = nil, zone: Zone = .utc, startConvention: StartConvention = .startIsFirst
    ) {
        let start = Int(start), isFirst = startConvention == .startIsFirst
        self.start = start
        hasStart = isFirst && Horizon.instants.contains(start)
        self.rules = rules.map { Series.bounded($0, start, zone.table, startCounts: isFirst) }
        self.exrules = exrules.map { Series.bounded($0, start, zone.table, startCounts: false) }
        self.rdates = Series.sorted(rdates)
        self.exdates = Series.sorted(exdates)
        self.excludedDays = Series.ranges(ofDays: excludedDays, zone.table)
        last = min(until.map { Int($0) } ?? .max, Horizon.instants.upperBound)
        hasUntil = until != nil
    }

    private static func sorted(_ dates: [Int64]) -> [Int] {
        guard !dates.isEmpty else { return [] }
        return Set(dates.lazy.map { Int($0) }.filter(Horizon.instants.contains)).sorted()
    }

    /// The instants of days, from one midnight to the next; days that follow each other are one range.
    private static func ranges(ofDays days: [Int64], _ zone: ZoneTable) -> [Range<Int>] {
        guard !days.isEmpty else { return [] }
        func midnight(_ day: Int64) -> Int { zone.reading(of: Int(day) * TimeSet.secondsPerDay).instant }
        var ranges: [Range<Int>] = []
        for day in Set(days.lazy.filter(CivilTime.days.contains)).sorted() {
            let from = midnight(day), to = midnight(day + 1)
            // A day that a zone skipped has no instants.
            guard from < to else { continue }
            if let last = ranges.last, last.upperBound >= from { ranges[ranges.count - 1] = last.lowerBound..<to } else { ranges.append(from..<to) }
        }
        return ranges
    }

    /// Turns COUNT into the last instant, so that no question needs to count.
    private static func bounded(_ rule: Rule, _ start: Int, _ zone: ZoneTable, startCounts: Bool) -> Bounded {
        let plan = RulePlan(rule, start: start, zone: zone)
        guard let count = rule.count, !plan.isEmpty else {
            return Bounded(plan: plan, last: plan.until, hasEnd: rule.count != nil || rule.until != nil)
        }
        var number = count
        if startCounts {
            var walk = RuleWalk(plan, limit: start)
            if walk.seek(start) != start { number -= 1 }
        }
        guard number > 0 else { return Bounded(plan: plan, last: start - 1) }
        var counter = RuleCount(plan)
        return Bounded(plan: plan, last: min(plan.until, counter.instant(ofNumber: number)))
    }

    // MARK: Questions

    /// Whether the series ends by what it says: by COUNT or UNTIL in every rule, by an end of its own, or because a rule without either
    /// can never match. One that only the horizon ends is not finite.
    public var isFinite: Bool { hasUntil || rules.allSatisfy { $0.hasEnd || $0.neverMatches } }

    /// The first occurrence.
    public func first() -> Cursor? {
        // One time alone, as most schedules are, needs no walk.
        guard rules.isEmpty, exrules.isEmpty, rdates.isEmpty, exdates.isEmpty, excludedDays.isEmpty else {
            return cursor(from: Horizon.instants.lowerBound, index: 0)
        }
        return hasStart && start <= last ? Cursor(instant: Int64(start), index: 1) : nil
    }

    /// The first occurrence strictly after an instant.
    public func next(after instant: Int64) -> Int64? {
        guard instant < Int64(last) else { return nil }
        var walk = SeriesWalk(self, limit: last)
        return Series.answer(walk.seek(Int(instant) + 1))
    }

    /// The occurrence after a known one, with its index; the cost depends on neither.
    public func next(after cursor: Cursor) -> Cursor? {
        guard cursor.instant < Int64(last) else { return nil }
        return self.cursor(from: Int(cursor.instant) + 1, index: cursor.index)
    }

    /// The first occurrence strictly after an instant, with its index.
    ///
    /// With at most one rule the index is computed. With several, the occurrences since the known cursor (or the start) are counted one
    /// by one up to ``maximumIndexed``, so a series of several rules should be resumed from a cursor that is near.
    public func cursor(after instant: Int64, from known: Cursor? = nil) -> Cursor? {
        guard let found = next(after: instant) else { return nil }
        let base = known.flatMap { $0.instant <= found ? $0 : nil }
        let after = base.map { Int($0.instant) } ?? Horizon.instants.lowerBound - 1
        return Cursor(instant: found, index: (base?.index ?? 0) &+ Int64(countIncluded(after: after, through: Int(found))))
    }

    /// The first `n` occurrences strictly after an instant; fewer where the series ends.
    public func first(_ n: Int, after instant: Int64) -> [Int64] {
        guard n > 0, instant < Int64(last) else { return [] }
        return list(from: max(Int(instant), Horizon.instants.lowerBound - 1) + 1, through: last, limit: n)
    }

    /// The occurrences within a range, the first `limit` of them.
    public func occurrences(in range: Range<Int64>, limit: Int) -> [Int64] {
        guard limit > 0, !range.isEmpty else { return [] }
        return list(from: Int(range.lowerBound), through: min(last, Int(range.upperBound) - 1), limit: limit)
    }

    /// The last occurrence strictly before an instant.
    public func previous(before instant: Int64) -> Int64? {
        guard instant > Int64(Horizon.instants.lowerBound) else { return nil }
        return Series.answer(lastOccurrence(before: min(Int(instant) - 1, last) + 1))
    }

    /// Whether the instant is an occurrence.
    public func contains(_ instant: Int64) -> Bool {
        guard Horizon.instants.contains(Int(instant)), instant <= Int64(last) else { return false }
        var walk = SeriesWalk(self, limit: Int(instant))
        return walk.seek(Int(instant)) == Int(instant)
    }

    /// How many occurrences there are up to and including an instant.
    ///
    /// With at most one rule and no EXRULE this is computed, not counted. Otherwise nil if there are more than ``maximumCounted``.
    public func count(through instant: Int64) -> Int64? {
        let through = min(Int(instant), last)
        guard through >= Horizon.instants.lowerBound else { return 0 }
        if let total = computedCount(after: Horizon.instants.lowerBound - 1, through: through) { return Int64(total) }
        var walk = SeriesWalk(self, limit: through), total: Int64 = 0
        var found = walk.seek(Horizon.instants.lowerBound)
        while found != Horizon.never {
            total += 1
            guard total <= Series.maximumCounted else { return nil }
            found = walk.next()
        }
        return total
    }

    // MARK: Behind the questions

    static func answer(_ instant: Int) -> Int64? { instant == Horizon.never ? nil : Int64(instant) }

    func isOnExcludedDay(_ instant: Int) -> Bool { excludedDays.contains { $0.contains(instant) } }

    private func cursor(from instant: Int, index: Int64) -> Cursor? {
        guard exrules.isEmpty, excludedDays.isEmpty else {
            // What is leapt over is counted without being walked through.
            var walk = SeriesWalk(self, limit: last)
            let found = walk.seek(instant)
            return Series.answer(found).map { Cursor(instant: $0, index: index &+ Int64(countIncluded(after: instant - 1, through: found))) }
        }
        var walk = SeriesWalk(self, limit: last, counting: true)
        let found = walk.seek(instant)
        return Series.answer(found).map { Cursor(instant: $0, index: index &+ Int64(walk.passed)) }
    }

    private func list(from first: Int, through end: Int, limit: Int) -> [Int64] {
        guard first <= end else { return [] }
        let mostReserved = 1_024
        var instants: [Int64] = []
        instants.reserveCapacity(min(limit, mostReserved))
        var walk = SeriesWalk(self, limit: end)
        var found = walk.seek(first)
        while found != Horizon.never {
            instants.append(Int64(found))
            if instants.count == limit { break }
            found = walk.next()
        }
        return instants
    }
}
