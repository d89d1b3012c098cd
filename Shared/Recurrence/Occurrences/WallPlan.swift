/// A rule of DAILY and longer, which runs on the wall clock: days of visited periods × times of day, then each local time is
/// mapped to an instant.
struct WallPlan: Sendable {
    private let days: DaySet
    private let times: TimeSet
    private let periods: Periods
    /// BYSETPOS where it could not be decided once for all.
    private let positions: SetPositions?
    private let zone: ZoneTable
    /// DTSTART, unix seconds and on the wall clock.
    private let start: Int, startLocal: Int

    /// Nil if the rule can be seen never to match.
    init?(_ rule: Rule, start: Int, zone: ZoneTable) {
        self.start = start
        self.zone = zone
        startLocal = WallSeconds.of(start, offset: zone.segment(at: start).offset)
        let (startDay, startTime) = WallSeconds.split(startLocal)
        periods = Periods(rule, startDay: startDay)
        let dayRule = DayRule(
            rule, startDay: startDay, visitedMonths: Periods.visitedMonths(rule, startDay: startDay),
            visitedWeekdays: Periods.visitedWeekdays(rule, startDay: startDay))
        let all = TimeSet(
            hours: TimeSet.mask(rule.byHour, default: startTime / 3600), minutes: TimeSet.mask(rule.byMinute, default: startTime / 60 % 60),
            seconds: TimeSet.mask(rule.bySecond, default: startTime % 60))
        let wanted = SetPositions(rule.bySetPos)
        switch (wanted, rule.frequency) {
        case (nil, _): (days, times, positions) = (DaySet(dayRule), all, nil)
        case (let wanted?, .daily):
            // A day's set is its times, the same every day.
            (days, times, positions) = (DaySet(dayRule), all.picking(wanted), nil)
        case (let wanted?, .yearly) where all.count == 1, (let wanted?, .monthly) where all.count == 1:
            (days, times, positions) = (DaySet(dayRule) { WallPlan.pick(wanted, $0, $1, rule.frequency) }, all, nil)
        case (let wanted?, _):
            (days, times, positions) = (DaySet(dayRule), all, wanted)
            let largest = (rule.frequency == .weekly ? 7 : rule.frequency == .monthly ? 31 : 366) * all.count
            if wanted.smallestSet > largest { return nil }
        }
        if days.isEmpty || times.count == 0 { return nil }
    }

    /// What BYSETPOS leaves of a year's days, where a day has one time.
    private static func pick(_ positions: SetPositions, _ days: YearMask, _ shape: YearShape, _ frequency: Rule.Frequency) -> YearMask {
        var picked = YearMask()
        let ranges = frequency == .yearly ? [0..<shape.length] : (1...12).map(shape.range)
        for range in ranges {
            let set = days.days(in: range)
            for place in positions.all(of: set.count) { picked.insert(set[place]) }
        }
        return picked
    }

    // MARK: Instants

    /// The first occurrence after an instant; `Horizon.never` if there is none.
    @inline(__always)
    func next(after instant: Int, _ walk: inout Walk) -> Int {
        let after = max(instant, start - 1)
        let segment = walk.segment(at: after, zone)
        // Just after a gap there are occurrences still that fell into it, and are read with the old offset.
        let isAfterGap = segment.jump > 0 && after - segment.start < segment.jump
        let from = WallSeconds.of(after + 1, offset: isAfterGap ? segment.previousOffset : segment.offset)
        let local = nextLocal(max(from, startLocal), &walk.place)
        let found = local - DayNumber.unixSeconds - segment.offset
        // Clear of both ends of the segment, wall clock and instants are in one order.
        if !isAfterGap, found < segment.end, found >= segment.start - min(segment.jump, 0) { return found }
        return local == Horizon.never ? local : sort(local, after, segment, &walk)
    }

    /// Near a transition the order of instants can differ from that of local times.
    private func sort(_ first: Int, _ after: Int, _ segment: ZoneSegment, _ walk: inout Walk) -> Int {
        var best = Horizon.never, local = first
        while local != Horizon.never {
            let reading = zone.reading(of: local - DayNumber.unixSeconds)
            if reading.instant <= after {
                // The first reading of a time that occurs twice; those that occur once come behind.
                local = nextLocal(max(local + 1, WallSeconds.of(segment.start, offset: segment.previousOffset)), &walk.place)
                continue
            }
            best = min(best, reading.instant)
            guard let gap = reading.afterGap else { break }
            // What lies in a gap comes after what follows the gap at once.
            local = nextLocal(max(local + 1, WallSeconds.of(gap.start, offset: gap.offset)), &walk.place)
        }
        return best
    }

    // MARK: Local times

    /// The first local time of the rule from `local` on.
    @inline(__always)
    private func nextLocal(_ local: Int, _ place: inout DaySet.Place) -> Int {
        let (day, time) = WallSeconds.split(local)
        if let positions { return nextPicked(day, time, positions, &place) }
        var next = nextDay(day, &place)
        if next == day {
            let time = times.next(time)
            if time != TimeSet.none { return day * 86_400 + time }
            next = nextDay(day + 1, &place)
        }
        return next > Horizon.lastDay ? Horizon.never : next * 86_400 + times.first
    }

    /// The first day of the rule from `day` on.
    @inline(__always)
    private func nextDay(_ day: Int, _ place: inout DaySet.Place) -> Int {
        var from = periods.firstDay(from: day)
        while from <= Horizon.lastDay {
            let found = days.next(from, &place)
            guard found <= Horizon.lastDay else { return Horizon.never }
            from = periods.firstDay(from: found)
            if from == found { return found }
        }
        return Horizon.never
    }

    /// As `nextLocal`, where each period's set is counted and only some places of it are taken.
    private func nextPicked(_ day: Int, _ time: Int, _ positions: SetPositions, _ place: inout DaySet.Place) -> Int {
        var index = periods.index(of: day)
        let visited = periods.visited(from: index)
        // Members of the period before the time asked for count, but are not taken.
        var rank = 0
        if visited == index {
            rank = days.count(periods.start(of: index)..<day, &place) * times.count
            if days.isNamed(day, &place) { rank += times.rank(time) }
        }
        index = visited
        for _ in 0...periods.cycle {
            let start = periods.start(of: index)
            guard start <= Horizon.lastDay else { return Horizon.never }
            let first = days.next(start, &place), end = periods.start(of: index + 1)
            guard first <= Horizon.lastDay else { return Horizon.never }
            if first < end, let picked = positions.next(rank, of: days.count(start..<end, &place) * times.count) {
                let found = days.select(picked / times.count, from: start, &place)
                return found * 86_400 + times.select(picked % times.count)
            }
            rank = 0
            index = periods.visited(from: max(index + 1, first < end ? 0 : periods.index(of: first)))
        }
        return Horizon.never
    }

    // MARK: Counting

    /// How many occurrences there are through an instant, in time that does not grow with their number; nil where that is not known.
    func count(through instant: Int, _ walk: inout Walk) -> Int? {
        // Two times of a day can fall together in a gap; one time a day cannot.
        guard positions == nil, times.count == 1, instant >= start else { return nil }
        let last = next(after: instant, &walk)
        let (startDay, startTime) = WallSeconds.split(startLocal)
        let from = times.first >= startTime ? startDay : startDay + 1
        let local = last == Horizon.never ? Horizon.lastDay + 1 : WallSeconds.split(WallSeconds.of(last, offset: zone.segment(at: last).offset)).day
        guard periods.isEvery else { return nil }
        return days.count(min(from, local)..<local, &walk.place)
    }
}
