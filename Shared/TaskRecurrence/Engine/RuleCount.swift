import TaskDomain

/// Counts the instants of a rule without walking them.
struct RuleCount {
    private let plan: RulePlan
    private var clock: CalendarWalk

    /// COUNTs up to which the end is found by walking; beyond, it is found by halving.
    private static let shortWalk = 64

    init(_ plan: RulePlan) {
        self.plan = plan
        clock = CalendarWalk(plan, lastDay: Horizon.lastDay)
    }

    /// How many instants lie after `from` and up to `through`.
    mutating func count(after from: Int, through: Int) -> Int {
        let first = max(from, plan.start - 1), last = min(through, plan.until)
        guard first < last, !plan.isEmpty else { return 0 }
        if plan.isElapsed { return ElapsedCount(plan).count(first + 1..<last + 1) }
        // Clock times up to a bound, less those skipped ones that come later, less those that share an instant.
        let low = clockBound(first), high = clockBound(last)
        return clock.count(low..<max(low, high)) - late(last) + late(first) - shared(after: first, through: last)
    }

    /// The instant of the n-th from DTSTART on (from 1); `Horizon.never` if the horizon or UNTIL comes first.
    mutating func instant(ofNumber number: Int) -> Int {
        var after = plan.start - 1, left = number
        var chunk = 366 * 86_400
        while left > RuleCount.shortWalk, after < plan.until {
            let until = min(after + chunk, plan.until)
            let within = count(after: after, through: until)
            if within < left {
                left -= within
                after = until
                chunk = min(chunk * 2, 10_000 * 366 * 86_400)
            } else if until - after <= 2 * RuleCount.shortWalk {
                break
            } else {
                chunk = (until - after) / 2
            }
        }
        var walk = RuleWalk(plan, limit: plan.until)
        var instant = walk.seek(after + 1)
        while left > 1, instant != Horizon.never {
            instant = walk.next()
            left -= 1
        }
        return instant
    }

    /// The clock time before which all clock times have come by `instant`, but for ``late(_:)``.
    private func clockBound(_ instant: Int) -> Int {
        let segment = plan.zone.segment(at: instant)
        // In the second run of repeated times, all of them have come.
        let repeated = segment.jump < 0 && segment.start != ZoneTable.beginning ? segment.start + segment.previousOffset : Int.min
        return max(instant + segment.offset + 1, repeated) + DayNumber.unixSeconds
    }

    /// How many times that a gap skipped are below the bound and still to come.
    private mutating func late(_ instant: Int) -> Int {
        let segment = plan.zone.segment(at: instant)
        guard segment.jump > 0, instant < segment.start + segment.jump else { return 0 }
        let from = instant + 1 + segment.previousOffset, to = segment.start + segment.offset
        return from < to ? clock.count(from + DayNumber.unixSeconds..<to + DayNumber.unixSeconds) : 0
    }

    /// How many times that a gap skipped fall on an instant which a time after the gap has too.
    private mutating func shared(after from: Int, through: Int) -> Int {
        var total = 0
        var segment = plan.zone.segment(at: from)
        while true {
            if segment.jump > 0, plan.times.count > 1 || segment.jump % 86_400 == 0 {
                let first = max(segment.start, from + 1), end = min(segment.start + segment.jump, through + 1)
                if first < end { total += shared(in: segment, first..<end) }
            }
            guard segment.end <= through else { return total }
            segment = plan.zone.segment(at: segment.end)
        }
    }

    private mutating func shared(in segment: ZoneSegment, _ instants: Range<Int>) -> Int {
        let before = segment.previousOffset + DayNumber.unixSeconds
        var total = 0
        var skipped = clock.seek(instants.lowerBound + before)
        while skipped < instants.upperBound + before {
            if clock.seek(skipped + segment.jump) == skipped + segment.jump { total += 1 }
            skipped = clock.seek(skipped + 1)
        }
        return total
    }
}

/// Counts the instants of a sub-daily rule: span by span of named days under one offset, each in closed form.
struct ElapsedCount {
    /// Runs of times up to which hits are summed run by run.
    private static let maximumRuns = 16_384

    private let plan: RulePlan
    /// The clock on which the times of day repeat (a minute, an hour or a day), and the runs of times on it.
    private let modulus: Int
    private let runs: [ClosedRange<Int>]

    init(_ plan: RulePlan) {
        self.plan = plan
        let times = plan.times
        if plan.window == 1, times.hours == TimeSet.allHours {
            let isMinute = times.minutes == TimeSet.allMinutes && times.isProduct
            modulus = isMinute ? 60 : 3600
            runs = times.runs(limit: ElapsedCount.maximumRuns, below: modulus) ?? []
        } else {
            modulus = 86_400
            runs = plan.window == 1 ? times.runs(limit: ElapsedCount.maximumRuns, below: modulus) ?? [] : []
        }
    }

    func count(_ instants: Range<Int>) -> Int {
        var instant = instants.lowerBound, total = 0
        var place = DaySet.Place()
        while instant < instants.upperBound {
            let segment = plan.zone.segment(at: instant), shift = segment.offset + DayNumber.unixSeconds
            let end = min(segment.end, instants.upperBound)
            while instant < end {
                let day = plan.days.next((instant + shift) / 86_400, &place)
                guard day != Horizon.never else { return total }
                var after = day + 1
                if plan.days.isEveryDay { after = (end + shift) / 86_400 + 1 }
                while after * 86_400 - shift < end, plan.days.isNamed(after, &place) { after += 1 }
                let from = max(instant, day * 86_400 - shift), to = min(end, after * 86_400 - shift)
                guard from < end else { break }
                total += count(from..<to, shift: shift)
                instant = to
            }
            instant = end
        }
        return total
    }

    /// All of the span lies on named days under one offset.
    private func count(_ span: Range<Int>, shift: Int) -> Int {
        guard !span.isEmpty else { return 0 }
        if plan.window > 1 { return countPeriods(span, shift) }
        let first = firstStep(from: span.lowerBound), number = firstStep(from: span.upperBound) - first
        guard !plan.times.isEverything else { return number }
        if runs.isEmpty || number < runs.count { return walked(span) }
        let start = (plan.anchor + first * plan.step + shift) % modulus, step = plan.step % modulus
        return runs.reduce(0) {
            $0 + ModularSearch.hits(count: number, start: start, step: step, modulus: modulus, $1.lowerBound, $1.upperBound)
        }
    }

    /// The number of the first step at or after an instant.
    private func firstStep(from instant: Int) -> Int {
        max(0, (instant - plan.anchor + plan.step - 1) / plan.step)
    }

    /// Whole periods by the hours (or minutes) they stand for, each with the same times in it; the ends one by one.
    private func countPeriods(_ span: Range<Int>, _ shift: Int) -> Int {
        let first = firstStep(from: span.lowerBound)
        let number = max(0, firstStep(from: span.upperBound - plan.window + 1) - first)
        guard (plan.anchor + shift) % plan.window == 0, number > 2 else { return walked(span) }
        let start = plan.anchor + first * plan.step, end = start + (number - 1) * plan.step + plan.window
        let times = plan.times
        let perPeriod = plan.window == 60 ? times.seconds.nonzeroBitCount : times.count / max(times.hours.nonzeroBitCount, 1)
        let minutes = plan.window == 60 ? times.minutes : TimeSet.allMinutes
        let periods = TimeSet(hours: times.hours, minutes: minutes, seconds: TimeSet.allMinutes)
        let hits = (periods.runs(limit: ElapsedCount.maximumRuns) ?? []).reduce(0) {
            $0 + ModularSearch.hits(
                count: number, start: (start + shift) % 86_400, step: plan.step % 86_400, modulus: 86_400, $1.lowerBound, $1.upperBound)
        }
        return walked(span.lowerBound..<start) + hits * perPeriod + walked(end..<max(end, span.upperBound))
    }

    private func walked(_ span: Range<Int>) -> Int {
        guard !span.isEmpty else { return 0 }
        var walk = ElapsedWalk(plan, limit: span.upperBound - 1), total = 0
        var instant = walk.seek(span.lowerBound)
        while instant != Horizon.never {
            total += 1
            instant = walk.next()
        }
        return total
    }
}
