import TaskDomain

/// A rule joined with its DTSTART and zone, compiled: masks of days and times, the grid that INTERVAL makes, the last instant.
///
/// Two kinds of plan share this type. Those of DAILY and longer rules run on the wall clock: periods of days, and in each the days of
/// `days` at the times of `times`. Those of sub-daily rules run in elapsed time: the instants that lie less than `window` seconds after
/// a multiple of `step` seconds from `anchor`, and whose wall clock shows a day of `days` and a time of `times`.
final class RulePlan: Sendable {
    let frequency: Rule.Frequency
    /// Clamped to what spans the horizon.
    let interval: Int
    let days: DaySet
    let times: TimeSet
    /// BYSETPOS, where it could not be worked into `days` or `times`.
    let positions: SetPositions?
    /// Whether the rule's own parts show that it never matches.
    let isEmpty: Bool
    let zone: ZoneTable
    /// DTSTART as an instant and as the wall clock's seconds since the epoch of `DayNumber`.
    let start: Int, startClock: Int
    /// UNTIL as an inclusive instant, or the horizon.
    let until: Int
    /// The period that holds DTSTART: its day, the first day of its week, its month's index, or its year.
    let firstPeriod: Int

    let step: Int, window: Int, anchor: Int
    /// The weekdays that limit an elapsed rule, as a mask.
    let weekdays: UInt64
    /// The runs of `times` for ``ElapsedSearch``; nil where they are many.
    let runs: [ClosedRange<Int>]?

    var isElapsed: Bool { frequency >= .hourly }

    init(_ rule: Rule, start: Int, zone: ZoneTable) {
        let bounded = min(max(start, Horizon.instants.lowerBound), Horizon.instants.upperBound)
        let clock = bounded + zone.segment(at: bounded).offset + DayNumber.unixSeconds
        let startDay = clock / TimeSet.secondsPerDay
        let interval = RulePlan.clamped(rule)
        let set = SetPositions(rule.bySetPos)
        (frequency, self.interval, self.zone, self.start, startClock) = (rule.frequency, interval, zone, bounded, clock)
        until = RulePlan.lastInstant(rule, zone)
        firstPeriod = RulePlan.period(of: startDay, rule)

        let dayRule = RulePlan.dayRule(rule, startDay: startDay, interval: interval)
        weekdays = dayRule.weekdays
        let grain = Grain(rule, interval: interval, clock: clock, set: set)
        (step, window, anchor) = (grain.step, grain.window, bounded - grain.lead)
        times = grain.times
        switch rule.frequency {
        case .yearly where grain.times.count == 1 && set != nil, .monthly where grain.times.count == 1 && set != nil:
            days = DaySet(dayRule) { days, shape in RulePlan.picking(set, days, shape, byMonth: rule.frequency == .monthly) }
            positions = nil
        case .yearly, .monthly, .weekly:
            days = DaySet(dayRule)
            positions = set
        case .daily, .hourly, .minutely, .secondly:
            days = DaySet(dayRule)
            positions = nil
        }
        let largestSet = rule.frequency == .weekly ? dayRule.weekdays.nonzeroBitCount * grain.times.count : Int.max
        isEmpty = days.isEmpty || times.count == 0 || bounded != start || (positions?.smallestSet ?? 0) > largestSet
        runs = rule.frequency >= .hourly ? grain.times.runs(limit: ElapsedSearch.maximumRuns) : []
    }

    /// INTERVAL, no larger than what already leaves only the first period within the horizon.
    private static func clamped(_ rule: Rule) -> Int {
        let most = switch rule.frequency {
        case .yearly: 20_000
        case .monthly: 240_000
        case .weekly: 1_100_000
        case .daily: 8_000_000
        case .hourly: 8_000_000 * 24
        case .minutely: 8_000_000 * 1440
        case .secondly: 8_000_000 * 86_400
        }
        return min(max(rule.interval, 1), most)
    }

    private static func lastInstant(_ rule: Rule, _ zone: ZoneTable) -> Int {
        let last = switch rule.until {
        case nil: Horizon.instants.upperBound
        case .utc(let instant): Int(instant)
        case .local(let local): zone.reading(of: Int(local)).instant
        case .date(let day): zone.reading(of: (Int(min(max(day, CivilTime.days.lowerBound), CivilTime.days.upperBound)) + 1) * 86_400).instant - 1
        }
        return min(last, Horizon.instants.upperBound)
    }

    private static func dayRule(_ rule: Rule, startDay: Int, interval: Int) -> DayRule {
        var months = DayRule.allMonths, weekdays = DayRule.allWeekdays
        if rule.frequency == .monthly {
            let common = ModularSearch.greatestCommonDivisor(interval, 12), first = DayNumber.monthIndex(of: startDay)
            months = (1...12).reduce(0) { ($1 - 1 - first % 12 + 12) % common == 0 ? $0 | 1 << UInt64($1) : $0 }
        }
        if rule.frequency == .daily, interval % 7 == 0 { weekdays = 1 << UInt64(DayNumber.weekday(of: startDay)) }
        return DayRule(rule, startDay: startDay, visitedMonths: months, visitedWeekdays: weekdays)
    }

    private static func picking(_ set: SetPositions?, _ days: YearMask, _ shape: YearShape, byMonth: Bool) -> YearMask {
        guard let set else { return days }
        var picked = YearMask()
        for month in 1...(byMonth ? 12 : 1) {
            let range = byMonth ? shape.range(ofMonth: month) : 0..<shape.length
            var count = 0
            days.forEach(in: range) { _ in count += 1 }
            var rank = 0, place = set.next(0, of: count)
            days.forEach(in: range) { day in
                if rank == place {
                    picked.insert(day)
                    place = set.next(rank + 1, of: count)
                }
                rank += 1
            }
        }
        return picked
    }

    // MARK: Periods

    private static func period(of day: Int, _ rule: Rule) -> Int {
        switch rule.frequency {
        case .yearly: DayNumber.year(of: day)
        case .monthly: DayNumber.monthIndex(of: day)
        case .weekly: day - (DayNumber.weekday(of: day) - rule.weekStart.rawValue + 7) % 7
        case .daily, .hourly, .minutely, .secondly: day
        }
    }

    /// The number of periods from the first to that of a day which is not before it. Of daily rules a day is the period.
    func periodNumber(of day: Int) -> Int {
        switch frequency {
        case .yearly: DayNumber.year(of: day) - firstPeriod
        case .monthly: DayNumber.monthIndex(of: day) - firstPeriod
        case .weekly: (day - firstPeriod) / 7
        case .daily, .hourly, .minutely, .secondly: day - firstPeriod
        }
    }

    /// The first day of a period.
    func startOfPeriod(_ number: Int) -> Int {
        switch frequency {
        case .yearly: DayNumber.ofNewYear(firstPeriod + number)
        case .monthly: DayNumber.ofMonth(firstPeriod + number)
        case .weekly: firstPeriod + number * 7
        case .daily, .hourly, .minutely, .secondly: firstPeriod + number
        }
    }

    /// After so many visited periods without an occurrence there will be none: the calendar has come round to where it was.
    var periodsPerCycle: Int {
        let all = switch frequency {
        case .yearly: 400
        case .monthly: DayNumber.monthsPerCycle
        case .weekly: DayNumber.weeksPerCycle
        case .daily, .hourly, .minutely, .secondly: DayNumber.daysPerCycle
        }
        return all / ModularSearch.greatestCommonDivisor(all, interval)
    }
}
