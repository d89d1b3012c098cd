/// A rule compiled for one DTSTART and zone, with the instant that ends it.
struct RulePlan: Sendable {
    private enum Kind: Sendable {
        case never
        case wall(WallPlan)
        case elapsed(ElapsedPlan)
    }

    private let kind: Kind
    /// The last instant that UNTIL allows, and with COUNT the last occurrence where it is known.
    private(set) var last: Int
    /// COUNT, where the last occurrence is not known: a cursor must keep count.
    private(set) var openCount: Int?
    let isFinite: Bool

    /// Occurrences of COUNT that are walked to find the last one.
    static let countedSteps = 20_000

    init(_ rule: Rule, start: Int, zone: Zone, startConvention: Series.StartConvention) {
        if let plan = rule.frequency <= .daily ? WallPlan(rule, start: start, zone: zone.table).map(Kind.wall)
            : ElapsedPlan(rule, start: start, zone: zone.table).map(Kind.elapsed) {
            kind = plan
        } else {
            kind = .never
        }
        switch rule.until {
        case nil: last = Horizon.instants.upperBound
        case .utc(let instant): last = Int(clamping: instant)
        case .local(let local): last = Int(zone.unix(fromLocal: local))
        case .date(let day): last = Int(zone.unix(fromLocal: (Swift.min(Swift.max(day, -1_000_000), 3_000_000) + 1) * 86_400)) - 1
        }
        last = Swift.min(last, Horizon.instants.upperBound)
        var isFinite = rule.count != nil || rule.until != nil
        if case .never = kind { isFinite = true }
        self.isFinite = isFinite
        if let count = rule.count { end(after: count, start: start, startConvention) }
    }

    /// Finds the last of `count` occurrences.
    private mutating func end(after count: Int, start: Int, _ convention: Series.StartConvention) {
        var walk = Walk()
        var left = count, at = start - 1
        if convention == .startIsFirst {
            // DTSTART counts, whether or not the rule has it.
            left -= 1
            at = start
        }
        guard left > 0 else {
            last = at
            return
        }
        guard left <= RulePlan.countedSteps else { return bisect(for: left, from: at, &walk) }
        while left > 0 {
            let next = next(after: at, &walk)
            guard next != Horizon.never else { return }
            at = next
            left -= 1
        }
        last = at
    }

    /// Finds the occurrence by which the closed form has counted so many, if there is one.
    private mutating func bisect(for count: Int, from start: Int, _ walk: inout Walk) {
        guard let before = self.count(through: start, &walk) else {
            openCount = count
            return
        }
        var low = start, high = last
        while low < high {
            let middle = low + (high - low) / 2
            guard let counted = self.count(through: middle, &walk) else { return openCount = count }
            if counted - before >= count { high = middle } else { low = middle + 1 }
        }
        last = low
    }

    /// The first occurrence after an instant; `Horizon.never` if there is none.
    @inline(__always)
    func next(after instant: Int, _ walk: inout Walk) -> Int {
        guard instant < last else { return Horizon.never }
        let found =
            switch kind {
            case .never: Horizon.never
            case .wall(let plan): plan.next(after: instant, &walk)
            case .elapsed(let plan): plan.next(after: instant, &walk)
            }
        return found <= last ? found : Horizon.never
    }

    /// How many occurrences the rule itself has through an instant, in closed form; nil where there is none.
    func count(through instant: Int, _ walk: inout Walk) -> Int? {
        let instant = Swift.min(instant, last)
        switch kind {
        case .never: return 0
        case .wall(let plan): return plan.count(through: instant, &walk)
        case .elapsed(let plan): return plan.count(through: instant)
        }
    }
}
