import TaskDomain

/// Walks the instants of a sub-daily rule, ascending.
///
/// It keeps the zone's segment, the local day and the run of seconds it is in, so that most steps are an addition and a comparison.
struct ElapsedWalk {
    let plan: RulePlan
    private let limit: Int
    private var last = 0
    /// Up to here every multiple of the step after `last` matches; nothing where that is not known.
    private(set) var runEnd = Int.min
    private var segment = ZoneSegment(start: 0, end: 0, offset: 0, previousOffset: 0)
    private var place = DaySet.Place()
    /// Midnight of the day under the segment's offset, as an instant, and the instants of the day within the segment.
    private var midnight = 0, dayStart = 0, dayEnd = 0
    /// Offsets under which no time of day can ever fall on the raster.
    private var barrenOffsets: [Int] = []

    /// Failures to meet the raster, after which arithmetic takes over from stepping.
    private static let patience = 8
    private static let patienceWithRareDays = 64
    /// More than any two offsets of a zone differ by.
    private static let slack = 2 * 86_400

    init(_ plan: RulePlan, limit: Int) {
        self.plan = plan
        self.limit = min(limit, Horizon.instants.upperBound)
        place.lastDay = min(Horizon.lastDay, (self.limit + DayNumber.unixSeconds) / 86_400 + 2)
    }

    /// The first instant from `instant` on; `Horizon.never` if there is none up to the limit.
    mutating func seek(_ instant: Int) -> Int {
        let from = max(instant, plan.start)
        return plan.isEmpty || from > limit ? Horizon.never : search(from)
    }

    /// The first instant after the last answer.
    @inline(__always)
    mutating func next() -> Int {
        let ahead = last + plan.step
        if ahead < runEnd {
            last = ahead
            return ahead
        }
        return seek(last + 1)
    }

    private mutating func search(_ from: Int) -> Int {
        var instant = from, misses = 0, allowance = ElapsedWalk.patience
        while instant <= limit {
            if instant < segment.start || instant >= segment.end {
                segment = plan.zone.segment(at: instant)
                (dayStart, dayEnd) = (0, 0)
            }
            if instant < dayStart || instant >= dayEnd {
                guard let next = enterDay(from: instant) else { return Horizon.never }
                if next != instant {
                    instant = next
                    continue
                }
            }
            let time = plan.times.next(instant - midnight)
            guard time != TimeSet.none, midnight + time < dayEnd else {
                instant = dayEnd
                continue
            }
            instant = midnight + time
            let beyond = plan.step == 1 ? 0 : (instant - plan.anchor) % plan.step
            if beyond < plan.window { return answer(instant, time) }
            instant += plan.step - beyond
            misses += 1
            guard misses > allowance else { continue }
            guard let hit = nextHit(from: instant) else { return Horizon.never }
            instant = hit
            // Where the day is what fails, days are rarer than meetings with the raster: trying the days is cheaper for a while.
            let day = (hit + segment.offset + DayNumber.unixSeconds) / 86_400
            if hit < segment.end, !plan.days.isNamed(day, &place) { allowance = misses + ElapsedWalk.patienceWithRareDays }
        }
        return Horizon.never
    }

    /// Finds the day of `instant`, or the next one that the rule names; answers the instant to go on from, nil at the end.
    private mutating func enterDay(from instant: Int) -> Int? {
        let shift = segment.offset + DayNumber.unixSeconds
        let today = (instant + shift) / 86_400
        let day = plan.days.next(today, &place)
        guard day != Horizon.never else { return nil }
        midnight = day * 86_400 - shift
        guard midnight < segment.end else {
            // The offset will be another one by then: go to shortly before that day, and look again from there.
            (dayStart, dayEnd) = (0, 0)
            return max(segment.end, midnight - ElapsedWalk.slack)
        }
        (dayStart, dayEnd) = (max(midnight, segment.start), min(midnight + 86_400, segment.end))
        return max(instant, dayStart)
    }

    private mutating func answer(_ instant: Int, _ time: Int) -> Int {
        guard instant <= limit else { return Horizon.never }
        last = instant
        runEnd = Int.min
        if plan.window == 1, plan.times.isWholeHours {
            if plan.times.isEverything {
                runEnd = plan.days.isEveryDay ? limit + 1 : dayEnd
            } else {
                let hour = time / 3600
                let hours = (~(plan.times.hours >> UInt64(hour))).trailingZeroBitCount
                runEnd = min(midnight + (hour + hours) * 3600, dayEnd)
            }
            runEnd = min(runEnd, limit + 1)
        }
        return instant
    }

    /// Where the raster next meets a time of day, as far as the offset in force allows; nil if that is never again.
    private mutating func nextHit(from instant: Int) -> Int? {
        // A segment may have ended meanwhile: the search looks the new one up first.
        guard instant < segment.end else { return instant }
        if !barrenOffsets.contains(segment.offset) {
            if let hit = ElapsedSearch(plan).nextHit(from: instant, offset: segment.offset) { return min(hit, segment.end) }
            barrenOffsets.append(segment.offset)
        }
        let isSettled = segment.start >= plan.zone.settledFrom || segment.end == ZoneTable.end
        if isSettled, plan.zone.lastOffsets.allSatisfy(barrenOffsets.contains) { return nil }
        return segment.end
    }
}

/// Looks for the next step of a sub-daily rule's raster that falls on one of its times of day (and weekdays), under a fixed offset.
///
/// On a clock of 24 hours, or of a week where weekdays matter, the raster's steps are an arithmetic progression modulo the clock. So the
/// first one within a run of times is found as by Euclid's algorithm; where the runs are too many for that, one round of the raster is
/// walked, at most as many steps as the clock has seconds.
struct ElapsedSearch {
    /// Runs of times up to which each is asked for by itself.
    static let maximumRuns = 64

    private let plan: RulePlan
    private let modulus: Int

    init(_ plan: RulePlan) {
        self.plan = plan
        modulus = plan.weekdays == DayRule.allWeekdays ? 86_400 : 7 * 86_400
    }

    /// An instant not after the next hit and not before `instant`: the start of its period. Nil if there is no hit under this offset.
    func nextHit(from instant: Int, offset: Int) -> Int? {
        let beyond = instant - plan.anchor - plan.window
        let steps = beyond < 0 ? 0 : beyond / plan.step + 1
        let start = plan.anchor + steps * plan.step
        // Day 0 of the count is a Saturday: five days after a Monday.
        let clock = (start + offset + DayNumber.unixSeconds + 5 * 86_400) % modulus
        guard let hit = hit(clock) else { return nil }
        return max(instant, start + hit * plan.step)
    }

    /// A short walk first: where hits are frequent it is cheaper than asking for each run.
    private func hit(_ clock: Int) -> Int? {
        let stepsPerQuestion = 8
        let round = modulus / ModularSearch.greatestCommonDivisor(plan.step, modulus)
        let questions = (plan.runs?.count ?? ElapsedSearch.maximumRuns) * (modulus == 86_400 ? 1 : plan.weekdays.nonzeroBitCount)
        if let hit = hitByWalking(clock, steps: min(round, questions * stepsPerQuestion)) { return hit }
        guard round > questions * stepsPerQuestion else { return nil }
        if let runs = plan.runs { return hitByArithmetic(runs, clock) }
        return mayHit(clock) ? hitByWalking(clock, steps: round) : nil
    }

    /// Whether the raster can fall on one of the seconds, of the minutes and of the hours at all, each looked at by itself. Of rules with
    /// many runs of times, those that never match nearly always show it here.
    private func mayHit(_ clock: Int) -> Bool {
        let coarse: [(mask: UInt64, unit: Int, modulus: Int)] = [
            (plan.times.seconds, 1, 60), (plan.times.minutes, 60, 3600), (plan.times.hours, 3600, 86_400),
        ]
        return coarse.allSatisfy { mask, unit, modulus in
            (0..<modulus / unit).contains { value in
                guard mask >> UInt64(value) & 1 == 1 else { return false }
                if unit + plan.window > modulus { return true }
                let low = (value * unit - plan.window + 1 + modulus) % modulus, high = value * unit + unit - 1
                return ModularSearch.firstHit(start: clock % modulus, step: plan.step % modulus, modulus: modulus, low, high) != nil
            }
        }
    }

    private var weekdayStarts: [Int] {
        modulus == 86_400 ? [0] : (0..<7).filter { plan.weekdays >> UInt64($0) & 1 == 1 }.map { $0 * 86_400 }
    }

    private func hitByArithmetic(_ runs: [ClosedRange<Int>], _ clock: Int) -> Int? {
        var best: Int?
        for weekday in weekdayStarts {
            for run in runs {
                // A period meets the run if it starts less than its window before it.
                if run.count + plan.window > modulus { return 0 }
                let low = (weekday + run.lowerBound - plan.window + 1 + modulus) % modulus, high = weekday + run.upperBound
                let hit = ModularSearch.firstHit(start: clock, step: plan.step % modulus, modulus: modulus, low, high)
                if let hit, hit < best ?? .max { best = hit }
            }
        }
        return best
    }

    private func hitByWalking(_ clock: Int, steps: Int) -> Int? {
        let step = plan.step % modulus
        var clock = clock
        for hit in 0..<steps {
            let time = clock % 86_400
            if isNamed(weekday: clock / 86_400) {
                let next = plan.times.next(time)
                if next != TimeSet.none, next < time + plan.window { return hit }
            }
            if time + plan.window > 86_400, isNamed(weekday: (clock / 86_400 + 1) % 7), plan.times.first < time + plan.window - 86_400 {
                return hit
            }
            clock += step
            if clock >= modulus { clock -= modulus }
        }
        return nil
    }

    private func isNamed(weekday: Int) -> Bool { modulus == 86_400 || plan.weekdays >> UInt64(weekday) & 1 == 1 }
}
