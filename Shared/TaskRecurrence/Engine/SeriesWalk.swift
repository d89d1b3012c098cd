/// Walks the occurrences of a series: its start, rules and RDATEs merged, less what EXDATE, days left out whole and EXRULE take away.
struct SeriesWalk {
    private let start: Int
    private let limit: Int
    private let rdates: [Int], exdates: [Int], excludedDays: [Range<Int>]
    /// The first rule stands by itself, so that a series with one rule needs no array.
    private var rule: RuleWalk?
    private var others: [RuleWalk] = []
    private var exrules: [RuleWalk] = []
    /// What each source has next; `Horizon.never` where it has nothing more.
    private var nextOfStart = Horizon.never, nextOfRule = Horizon.never, nextRDate = 0
    private var nextOfOthers: [Int] = [], nextOfExrules: [Int] = []
    /// The first of `excludedDays` that does not lie before the last instant looked at.
    private var nextExcludedDays = 0
    /// Whether only the first rule is left to ask, and nothing is taken away.
    private var isPlain = false
    /// Whether nobody asks for ``passed``, so that what is taken away may be leapt over.
    private let countsNothing: Bool
    /// How many instants the last question went through, its answer and those taken away included.
    private(set) var passed = 0

    /// - Parameters:
    ///   - excluding: false to pass over EXDATE and EXRULE.
    ///   - counting: true where ``passed`` is wanted.
    init(_ series: Series, limit: Int, excluding: Bool = true, counting: Bool = false) {
        countsNothing = !counting
        start = series.hasStart ? series.start : Horizon.never
        self.limit = min(limit, series.last)
        rdates = series.rdates
        exdates = excluding ? series.exdates : []
        excludedDays = excluding ? series.excludedDays : []
        if let first = series.rules.first { rule = RuleWalk(first.plan, limit: min(first.last, self.limit)) }
        if series.rules.count > 1 {
            others = series.rules.dropFirst().map { RuleWalk($0.plan, limit: min($0.last, limit)) }
            nextOfOthers = others.map { _ in Horizon.never }
        }
        if excluding, !series.exrules.isEmpty {
            exrules = series.exrules.map { RuleWalk($0.plan, limit: min($0.last, limit)) }
            nextOfExrules = exrules.map { _ in Int.min }
        }
    }

    /// The first occurrence from `instant` on; `Horizon.never` if there is none up to the limit. Must not go backwards.
    mutating func seek(_ instant: Int) -> Int {
        passed = 0
        place(at: instant)
        return take()
    }

    /// The occurrence after the last answer.
    @inline(__always)
    mutating func next() -> Int {
        if isPlain {
            passed = 1
            return rule?.next() ?? Horizon.never
        }
        passed = 0
        return take()
    }

    private mutating func place(at instant: Int) {
        nextOfStart = start >= instant ? start : Horizon.never
        nextOfRule = rule?.seek(instant) ?? Horizon.never
        nextRDate = rdates.isEmpty ? 0 : rdates.lowerBound(instant)
        for index in others.indices { nextOfOthers[index] = others[index].seek(instant) }
    }

    /// The least of what the sources have, with all of them moved past it; what is taken away is passed over.
    private mutating func take() -> Int {
        for _ in 0...Series.maximumExcludedRun {
            let instant = takeIncluded()
            guard instant <= limit else { return Horizon.never }
            passed += 1
            if let days = excludedDays(around: instant) {
                leap(to: days.upperBound)
                continue
            }
            guard isExcluded(instant) else { return instant }
            skipRun(after: instant)
        }
        return Horizon.never
    }

    private mutating func takeIncluded() -> Int {
        var least = min(nextOfStart, nextOfRule)
        if nextRDate < rdates.count { least = min(least, rdates[nextRDate]) }
        for instant in nextOfOthers { least = min(least, instant) }
        guard least != Horizon.never else { return least }

        if nextOfStart == least { nextOfStart = Horizon.never }
        if nextRDate < rdates.count, rdates[nextRDate] == least { nextRDate += 1 }
        isPlain = nextOfStart == Horizon.never && nextRDate >= rdates.count && others.isEmpty && exdates.isEmpty && exrules.isEmpty
            && nextExcludedDays >= excludedDays.count && nextOfRule == least
        if nextOfRule == least, !isPlain { nextOfRule = rule?.next() ?? Horizon.never }
        for index in others.indices where nextOfOthers[index] == least { nextOfOthers[index] = others[index].next() }
        return least
    }

    private mutating func excludedDays(around instant: Int) -> Range<Int>? {
        while nextExcludedDays < excludedDays.count, excludedDays[nextExcludedDays].upperBound <= instant { nextExcludedDays += 1 }
        guard nextExcludedDays < excludedDays.count, excludedDays[nextExcludedDays].contains(instant) else { return nil }
        return excludedDays[nextExcludedDays]
    }

    /// Moves every source that has something before `instant` to what it has from there on.
    private mutating func leap(to instant: Int) {
        if nextOfStart < instant { nextOfStart = Horizon.never }
        if nextOfRule < instant { nextOfRule = rule?.seek(instant) ?? Horizon.never }
        nextRDate = max(nextRDate, rdates.lowerBound(instant))
        for index in others.indices where nextOfOthers[index] < instant { nextOfOthers[index] = others[index].seek(instant) }
    }

    /// Where one sub-daily EXRULE holds every second, minute … of a stretch of time on the rule's own raster, goes to the stretch's end.
    private mutating func skipRun(after instant: Int) {
        guard others.isEmpty, nextRDate >= rdates.count, nextOfStart == Horizon.never, nextOfRule != Horizon.never else { return }
        for index in exrules.indices where nextOfExrules[index] == instant {
            let end = exrules[index].endOfRun(after: instant)
            guard nextOfRule < end, let walk = rule, walk.sharesRaster(with: exrules[index]), countsNothing else { continue }
            nextOfRule = rule?.seek(end) ?? Horizon.never
        }
    }

    private mutating func isExcluded(_ instant: Int) -> Bool {
        if !exdates.isEmpty, exdates.binarySearch(instant) { return true }
        for index in exrules.indices {
            if nextOfExrules[index] < instant { nextOfExrules[index] = exrules[index].seek(instant) }
            if nextOfExrules[index] == instant { return true }
        }
        return false
    }
}
