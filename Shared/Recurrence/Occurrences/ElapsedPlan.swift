/// A rule shorter than DAILY: it steps in elapsed time, and its BYxxx parts filter on the wall clock. So an hourly occurrence comes
/// every 3,600 seconds through a transition.
///
/// Time is cut into blocks, one a step: a second where the rule names a single time in its period, otherwise the whole minute or
/// hour that BYSECOND and BYMINUTE expand in.
struct ElapsedPlan: Sendable {
    private let days: DaySet
    /// Times of day that the filters let through.
    private let times: TimeSet
    /// Seconds from block to block, and of a block.
    private let step: Int, width: Int
    /// The first block, unix seconds.
    private let firstBlock: Int
    private let start: Int
    private let zone: ZoneTable
    /// Runs of consecutive times, where they are few enough to look for them by arithmetic.
    private let runs: [ClosedRange<Int>]?

    /// Steps tried one after the other before the next one that can hit is computed.
    private static let plainSteps = 24
    private static let maximumRuns = 96
    /// Longer steps lead past the horizon all the same.
    private static let longestStep = 1 << 40

    /// Nil if the rule can be seen never to match.
    init?(_ rule: Rule, start: Int, zone: ZoneTable) {
        self.start = start
        self.zone = zone
        let unit = rule.frequency == .hourly ? 3_600 : rule.frequency == .minutely ? 60 : 1
        step = min(rule.interval, ElapsedPlan.longestStep / unit) * unit
        let startLocal = WallSeconds.of(start, offset: zone.segment(at: start).offset)
        // What expands: BYSECOND in a minute, BYMINUTE (and BYSECOND with it) in an hour.
        let expandsHour = rule.frequency == .hourly && !rule.byMinute.isEmpty
        let expandsMinute = rule.frequency != .secondly && !rule.bySecond.isEmpty
        width = expandsHour ? 3_600 : expandsMinute ? 60 : 1
        firstBlock = start - startLocal % width
        guard let times = ElapsedPlan.times(rule, startSecond: startLocal % 60, width: width), times.count > 0 else { return nil }
        self.times = times
        runs = times.isEverything ? nil : times.runs(limit: ElapsedPlan.maximumRuns)
        let offsets = zone.distinctOffsets
        days = DaySet(
            DayRule(
                rule, startDay: startLocal / 86_400, visitedMonths: DayRule.allMonths,
                visitedWeekdays: ElapsedPlan.visitedWeekdays(firstBlock, step: step, width: width, offsets)))
        if days.isEmpty { return nil }
        if let runs, !offsets.contains(where: { ElapsedPlan.canHit(runs, from: WallSeconds.of(firstBlock, offset: $0), step, width) }) {
            return nil
        }
    }

    /// The times of day that the rule's parts let through; nil if BYSETPOS takes none.
    private static func times(_ rule: Rule, startSecond: Int, width: Int) -> TimeSet? {
        let hours = rule.byHour.isEmpty ? TimeSet.allHours : TimeSet.mask(rule.byHour, default: 0)
        let minutes = rule.byMinute.isEmpty ? TimeSet.allMinutes : TimeSet.mask(rule.byMinute, default: 0)
        // In a block of one second the second is the step's to decide, unless SECONDLY is filtered by BYSECOND.
        let isFixed = rule.bySecond.isEmpty && width == 3_600
        var seconds = rule.bySecond.isEmpty && !isFixed ? TimeSet.allMinutes : TimeSet.mask(rule.bySecond, default: startSecond)
        guard let positions = SetPositions(rule.bySetPos) else { return TimeSet(hours: hours, minutes: minutes, seconds: seconds) }
        switch width {
        case 3_600: return TimeSet(hours: hours, minutes: minutes, seconds: seconds).pickingInHours(positions)
        case 60:
            let members = (0..<60).filter { seconds >> UInt64($0) & 1 == 1 }
            seconds = positions.all(of: members.count).reduce(0) { $0 | 1 << UInt64(members[$1]) }
            return TimeSet(hours: hours, minutes: minutes, seconds: seconds)
        default: return positions.smallestSet == 1 ? TimeSet(hours: hours, minutes: minutes, seconds: seconds) : nil
        }
    }

    /// The weekdays that blocks ever begin on, whatever the offset: a step of whole weeks meets one weekday only.
    private static func visitedWeekdays(_ firstBlock: Int, step: Int, width: Int, _ offsets: Set<Int>) -> UInt64 {
        let common = ModularSearch.greatestCommonDivisor(step, 7 * 86_400)
        guard common % 86_400 == 0, common > 86_400 else { return DayRule.allWeekdays }
        var mask: UInt64 = 0
        for offset in offsets {
            let local = WallSeconds.of(firstBlock, offset: offset)
            for day in local / 86_400...(local + width - 1) / 86_400 {
                for turn in 0..<7 { mask |= 1 << UInt64(DayNumber.weekday(of: day + turn * (common / 86_400))) }
            }
        }
        return mask
    }

    // MARK: Instants

    /// The first occurrence after an instant; `Horizon.never` if there is none.
    @inline(__always)
    func next(after instant: Int, _ walk: inout Walk) -> Int {
        let from = max(instant, start - 1) + 1
        let segment = walk.segment(at: from, zone)
        let local = WallSeconds.of(from, offset: segment.offset)
        let found = search(from: local, before: WallSeconds.of(segment.end, offset: segment.offset), segment.offset, &walk.place)
        return found != Horizon.never ? found - DayNumber.unixSeconds - segment.offset : nextBehind(segment, &walk)
    }

    /// As `next`, once a segment of the zone has turned out to have no more.
    private func nextBehind(_ first: ZoneSegment, _ walk: inout Walk) -> Int {
        var segment = first
        while segment.end < Horizon.instants.upperBound {
            var from = segment.end
            // Not segment by segment where the next day of the rule is years ahead; a day's margin covers every offset.
            let day = days.next(WallSeconds.split(WallSeconds.of(from, offset: -ZoneTable.maximumOffset)).day, &walk.place)
            guard day <= Horizon.lastDay else { return Horizon.never }
            from = max(from, day * 86_400 - DayNumber.unixSeconds - ZoneTable.maximumOffset)
            segment = walk.segment(at: from, zone)
            let found = search(
                from: WallSeconds.of(from, offset: segment.offset), before: WallSeconds.of(segment.end, offset: segment.offset),
                segment.offset, &walk.place)
            if found != Horizon.never { return found - DayNumber.unixSeconds - segment.offset }
        }
        return Horizon.never
    }

    /// The first time that passes the filters and lies in a block, on a clock of one offset, in `local ..< limit`.
    @inline(__always)
    private func search(from start: Int, before end: Int, _ offset: Int, _ place: inout DaySet.Place) -> Int {
        let blocks = WallSeconds.of(firstBlock, offset: offset)
        let limit = min(end, (Horizon.lastDay + 1) * 86_400)
        var local = start, tries = 0
        while local < limit {
            var (day, time) = WallSeconds.split(local)
            let next = days.next(day, &place)
            if next != day {
                guard next <= Horizon.lastDay else { return Horizon.never }
                (day, time, local) = (next, 0, next * 86_400)
            }
            let passing = times.next(time)
            guard passing != TimeSet.none else {
                local = (day + 1) * 86_400
                continue
            }
            local += passing - time
            let into = step == width ? 0 : (local - blocks) % step
            if into < width { return local < limit ? local : Horizon.never }
            local += step - into
            tries += 1
            if tries > ElapsedPlan.plainSteps, let runs {
                guard let ahead = ElapsedPlan.stepsAhead(runs, from: local, step, width) else { return Horizon.never }
                let (distance, overflow) = ahead.multipliedReportingOverflow(by: step)
                guard !overflow, distance < limit - local else { return Horizon.never }
                local += distance
            }
        }
        return Horizon.never
    }

    /// How many blocks after the one that begins at `block` the next one comes that has a time in one of the runs.
    private static func stepsAhead(_ runs: [ClosedRange<Int>], from block: Int, _ step: Int, _ width: Int) -> Int? {
        var best: Int?
        for run in runs {
            // A block that begins up to its width before the run reaches into it.
            let low = (run.lowerBound - (width - 1) + 86_400) % 86_400
            let span = run.upperBound - run.lowerBound + width
            if span >= 86_400 { return 0 }
            let hit = ModularSearch.firstHit(start: block % 86_400, step: step % 86_400, modulus: 86_400, low, (low + span - 1) % 86_400)
            if let hit { best = min(best ?? hit, hit) }
        }
        return best
    }

    private static func canHit(_ runs: [ClosedRange<Int>], from block: Int, _ step: Int, _ width: Int) -> Bool {
        stepsAhead(runs, from: block, step, width) != nil
    }

    // MARK: Counting

    /// How many occurrences there are through an instant, where nothing filters the steps; nil otherwise.
    func count(through instant: Int) -> Int? {
        guard days.isEveryDay, times.isEverything, width == 1 else { return nil }
        return instant < start ? 0 : (min(instant, Horizon.instants.upperBound) - start) / step + 1
    }
}
