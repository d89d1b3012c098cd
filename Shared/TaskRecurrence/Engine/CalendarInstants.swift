import TaskDomain

/// Walks the instants of a rule of DAILY or longer: its wall-clock times, each mapped through the zone, ascending, each instant once.
///
/// Within a segment of the zone the mapping is a subtraction. It needs care only around a transition:
/// - a local time in a gap is read with the offset before it, so it falls among the times up to one gap's length after the gap;
/// - of local times that occur twice only the first reading counts, so the second run of them is passed over.
struct CalendarInstants {
    private let plan: RulePlan
    private let limit: Int
    private var clock: CalendarWalk
    private var last = 0
    /// Clock time less instant in the segment of the last answer.
    private var shift = 0
    /// Clock times below it follow the last answer by the plain mapping; nothing does where this is the least integer.
    private var plainEnd = Int.min

    init(_ plan: RulePlan, limit: Int) {
        self.plan = plan
        self.limit = min(limit, Horizon.instants.upperBound)
        clock = CalendarWalk(plan, lastDay: (self.limit + DayNumber.unixSeconds) / 86_400 + 2)
    }

    /// The first instant from `instant` on; `Horizon.never` if there is none up to the limit.
    mutating func seek(_ instant: Int) -> Int {
        let from = max(instant, plan.start)
        guard !plan.isEmpty, from <= limit else { return Horizon.never }
        let segment = plan.zone.segment(at: from)
        let shift = segment.offset + DayNumber.unixSeconds
        var firstClock = from + shift, best = Horizon.never
        if segment.jump > 0, from < segment.start + segment.jump {
            let before = segment.previousOffset + DayNumber.unixSeconds
            let skipped = clock.seek(from + before)
            if skipped < segment.start + shift { best = skipped - before }
        } else if segment.jump < 0, from < segment.start - segment.jump {
            firstClock = segment.start + segment.previousOffset + DayNumber.unixSeconds
        }
        let found = clock.seek(firstClock)
        if found < segment.end + shift {
            best = min(best, found - shift)
        } else if found != Horizon.never {
            let reading = plan.zone.reading(of: found - DayNumber.unixSeconds)
            best = min(best, reading.instant)
            if let next = reading.afterGap {
                let beyond = clock.seek(next.start + next.offset + DayNumber.unixSeconds)
                if beyond != Horizon.never { best = min(best, plan.zone.reading(of: beyond - DayNumber.unixSeconds).instant) }
            }
        }
        return settle(best, segment)
    }

    /// Remembers the answer, and whether its successors can be had without asking the zone.
    private mutating func settle(_ instant: Int, _ hint: ZoneSegment) -> Int {
        guard instant <= limit else { return Horizon.never }
        last = instant
        let segment = instant < hint.end ? hint : plan.zone.segment(at: instant)
        shift = segment.offset + DayNumber.unixSeconds
        let isPlain = instant >= segment.start + abs(segment.jump) && clock.current == instant + shift
        plainEnd = isPlain ? min(segment.end, limit + 1) + shift : Int.min
        return instant
    }

    /// The first instant after the last answer.
    @inline(__always)
    mutating func next() -> Int {
        if plainEnd != Int.min {
            let found = clock.next()
            if found < plainEnd {
                last = found - shift
                return last
            }
        }
        return seek(last + 1)
    }
}

/// Walks the instants of one rule, of either kind, up to an inclusive limit.
struct RuleWalk {
    private let isElapsed: Bool
    private var calendar: CalendarInstants
    private var elapsed: ElapsedWalk

    init(_ plan: RulePlan, limit: Int) {
        isElapsed = plan.isElapsed
        calendar = CalendarInstants(plan, limit: min(limit, plan.until))
        elapsed = ElapsedWalk(plan, limit: min(limit, plan.until))
    }

    @inline(__always)
    mutating func seek(_ instant: Int) -> Int { isElapsed ? elapsed.seek(instant) : calendar.seek(instant) }

    @inline(__always)
    mutating func next() -> Int { isElapsed ? elapsed.next() : calendar.next() }

    /// Past `instant`, an answer of this walk, the first instant that the walk does not hold although its raster does.
    func endOfRun(after instant: Int) -> Int { isElapsed ? max(elapsed.runEnd, instant + 1) : instant + 1 }

    /// Whether both step through elapsed time from the same start, and every step of this one is a step of the other.
    func sharesRaster(with other: RuleWalk) -> Bool {
        guard isElapsed, other.isElapsed else { return false }
        let (own, theirs) = (elapsed.plan, other.elapsed.plan)
        return own.window == 1 && theirs.window == 1 && own.anchor == theirs.anchor && own.step % theirs.step == 0
    }
}
