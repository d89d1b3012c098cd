import TaskDomain

/// A time in which a sub-daily rule comes much more rarely than its parts say, because it steps through elapsed time and the zone's clock
/// was changed: `FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18` from a summer in New York meets none of its hours in winter.
public struct ClockChange: Sendable, Hashable {
    /// The instants of that time, unix seconds; `end` is nil where it goes on for longer than is looked at.
    public var begin: Int64, end: Int64?
    /// Occurrences within it as far as it is looked at, and what they would be if the rule stepped by the clock.
    public var occurrences: Int64, meant: Int64
    /// The rule that steps by the clock and means the same wherever no change lies between; nil where no daily rule does.
    public var daily: Rule?
}

extension Rule {
    /// The span in which changes of the clock are looked for: two years have every change of a zone that goes by the calendar.
    private static let clockChangesWithin = 2 * 366 * 86_400

    /// The first time from `instant` on in which a change of the clock keeps this rule from its hours, minutes or days; nil if none does
    /// within two years. The cost is that of a few counts, which walk nothing.
    /// - Parameters:
    ///   - start: DTSTART, unix seconds.
    ///   - end: the last instant that matters, unix seconds, inclusive, on top of COUNT and UNTIL.
    public func clockChange(start: Int64, from instant: Int64, until end: Int64? = nil, zone: Zone) -> ClockChange? {
        guard frequency >= .hourly, interval > 1, limitsTimes else { return nil }
        var endless = self
        (endless.count, endless.until) = (nil, nil)
        let first = max(start, instant)
        let series = Series(start: start, rules: [self], until: end, zone: zone)
        let last = min(Int(first) + Rule.clockChangesWithin, series.last, series.rules[0].last)
        let elapsed = Series(start: start, rules: [endless], zone: zone, startConvention: .ruleOnly)
        let wallStart = start + Int64(zone.offset(at: start))
        let wall = Series(start: wallStart, rules: [endless], startConvention: .ruleOnly)

        var at = Int(first)
        while at <= last {
            let segment = zone.table.segment(at: at)
            let through = min(segment.end - 1, last)
            let occurrences = elapsed.countIncluded(after: at - 1, through: through)
            let meant = wall.countIncluded(after: at - 1 + segment.offset, through: through + segment.offset)
            if occurrences * 2 < meant {
                return ClockChange(
                    begin: Int64(at), end: segment.end <= last ? Int64(segment.end) : nil, occurrences: Int64(occurrences),
                    meant: Int64(meant), daily: daily(like: wall, from: wallStart))
            }
            at = segment.end
        }
        return nil
    }

    /// Tells whether a part lets only some of the steps through by what the clock shows.
    private var limitsTimes: Bool {
        !byHour.isEmpty || !byMinute.isEmpty || !bySecond.isEmpty || !byDay.isEmpty || !byMonthDay.isEmpty || !byYearDay.isEmpty
    }

    private static let occurrencesCompared = 500
    /// Times of a day up to which a daily rule is made of them.
    private static let mostTimes = 1_440

    /// The daily rule with the same occurrences where the clock is never changed.
    /// - Parameter wall: this rule, endless, on a clock that starts at `start` and is never changed.
    private func daily(like wall: Series, from start: Int64) -> Rule? {
        let day = CivilTime.secondsPerDay
        let unit: Int64 = frequency == .hourly ? 3_600 : frequency == .minutely ? 60 : 1
        let (step, overflow) = Int64(interval).multipliedReportingOverflow(by: unit)
        guard !overflow, day % step == 0 || step % day == 0, byYearDay.isEmpty, bySetPos.isEmpty else { return nil }
        let midnight = CivilTime(secondNumber: start).dayNumber * day
        // The day of the start may have begun before it; where steps are whole days, each day has what the first has.
        guard let some = wall.next(after: step % day == 0 ? start - 1 : midnight + day - 1) else { return nil }
        let begin = CivilTime(secondNumber: some).dayNumber * day
        let times = wall.occurrences(in: begin..<begin + day, limit: Rule.mostTimes + 1).map { Int($0 - begin) }
        guard times.count <= Rule.mostTimes else { return nil }
        var rule = self
        (rule.frequency, rule.interval) = (.daily, Int(max(1, step / day)))
        (rule.byHour, rule.byMinute, rule.bySecond) = (
            Set(times.map { $0 / 3_600 }).sorted(), Set(times.map { $0 / 60 % 60 }).sorted(), Set(times.map { $0 % 60 }).sorted()
        )
        // What the start says anyway need not be said.
        let time = CivilTime(secondNumber: start)
        if rule.bySecond == [time.second] { rule.bySecond = [] }
        if rule.byMinute == [time.minute] { rule.byMinute = [] }
        var endless = rule
        (endless.count, endless.until) = (nil, nil)
        let again = Series(start: start, rules: [endless], startConvention: .ruleOnly)
        let compared = Rule.occurrencesCompared
        return again.first(compared, after: start - 1) == wall.first(compared, after: start - 1) ? rule : nil
    }
}
