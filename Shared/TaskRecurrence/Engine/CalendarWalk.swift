/// Walks the wall-clock times of a rule of DAILY or longer, ascending. Times are seconds since the epoch of `DayNumber`.
struct CalendarWalk {
    let plan: RulePlan
    private(set) var place = DaySet.Place()
    /// The day and the time of day of the last answer.
    private var day = 0, time = 0

    /// - Parameter lastDay: no day after it is looked for.
    init(_ plan: RulePlan, lastDay: Int) {
        self.plan = plan
        place.lastDay = min(lastDay, Horizon.lastDay)
    }

    /// The last answer.
    var current: Int { day * TimeSet.secondsPerDay + time }

    /// The first time from `clock` on; `Horizon.never` if there is none.
    mutating func seek(_ clock: Int) -> Int {
        let from = max(clock, plan.startClock)
        let fromDay = Int(bitPattern: UInt(bitPattern: from) / 86_400), fromTime = from - fromDay * 86_400
        if plan.positions != nil { return seekPicked(fromDay, fromTime) }
        var found = gridDay(fromDay)
        if found == fromDay {
            let next = plan.times.next(fromTime)
            if next != TimeSet.none { return answer(found, next) }
            found = gridDay(fromDay + 1)
        }
        return found == Horizon.never ? found : answer(found, plan.times.first)
    }

    /// The first time after the last answer.
    @inline(__always)
    mutating func next() -> Int {
        if plan.positions != nil { return seekPicked(day, time + 1) }
        if plan.times.count > 1 {
            let next = plan.times.next(time + 1)
            if next != TimeSet.none { return answer(day, next) }
        }
        let found = gridDay(day + 1)
        return found == Horizon.never ? found : answer(found, plan.times.first)
    }

    @inline(__always)
    private mutating func answer(_ day: Int, _ time: Int) -> Int {
        (self.day, self.time) = (day, time)
        return day * TimeSet.secondsPerDay + time
    }

    /// The first day from `from` on that the rule names in a period that INTERVAL visits.
    @inline(__always)
    private mutating func gridDay(_ from: Int) -> Int {
        plan.interval == 1 ? plan.days.next(from, &place) : gridDayOfIntervals(from)
    }

    /// Leaps in turn to the next named day and, where its period is not visited, to the next visited period.
    /// What could make the two miss each other for ever, months and weekdays, has been taken out of the named days by the plan.
    private mutating func gridDayOfIntervals(_ from: Int) -> Int {
        var day = from
        while day <= place.lastDay {
            let number = plan.periodNumber(of: day)
            let beyond = number % plan.interval
            guard beyond == 0 else {
                day = plan.startOfPeriod(number + plan.interval - beyond)
                continue
            }
            let found = plan.days.next(day, &place)
            if found == Horizon.never || found == day { return found }
            if plan.frequency != .daily, found < plan.startOfPeriod(number + 1) { return found }
            day = found
        }
        return Horizon.never
    }

    // MARK: BYSETPOS

    /// As ``seek(_:)`` where BYSETPOS picks among days and times together: by rank, without listing the period's set.
    private mutating func seekPicked(_ fromDay: Int, _ fromTime: Int) -> Int {
        guard let positions = plan.positions, plan.times.count > 0 else { return Horizon.never }
        let perDay = plan.times.count
        var number = plan.periodNumber(of: fromDay)
        var rank: Int?
        for _ in 0...plan.periodsPerCycle {
            let beyond = number % plan.interval
            if beyond != 0 { (number, rank) = (number + plan.interval - beyond, 0) }
            let start = plan.startOfPeriod(number), end = plan.startOfPeriod(number + 1)
            guard start <= place.lastDay else { break }
            let count = plan.days.count(start..<end, &place) * perDay
            let from = rank ?? self.rank(fromDay, fromTime, from: start)
            if let picked = positions.next(from, of: count) {
                let day = plan.days.select(picked / perDay, from: start, &place)
                return day == Horizon.never ? day : answer(day, plan.times.select(picked % perDay))
            }
            (number, rank) = (number + plan.interval, 0)
        }
        return Horizon.never
    }

    /// How many days-and-times of the period that starts on `start` come before this one.
    private mutating func rank(_ day: Int, _ time: Int, from start: Int) -> Int {
        let whole = plan.days.count(start..<day, &place) * plan.times.count
        return plan.days.isNamed(day, &place) ? whole + plan.times.rank(time) : whole
    }

    // MARK: Counting

    /// How many times lie in the range.
    mutating func count(_ clocks: Range<Int>) -> Int {
        let from = max(clocks.lowerBound, plan.startClock)
        guard from < clocks.upperBound, !plan.isEmpty else { return 0 }
        let (firstDay, firstTime) = from.quotientAndRemainder(dividingBy: 86_400)
        let (endDay, endTime) = clocks.upperBound.quotientAndRemainder(dividingBy: 86_400)
        if let positions = plan.positions { return countPicked(positions, firstDay, firstTime, endDay, endTime) }
        var total = countDays(firstDay..<endDay) * plan.times.count
        if firstTime > 0, gridDay(firstDay) == firstDay { total -= plan.times.rank(firstTime) }
        if endTime > 0, gridDay(endDay) == endDay { total += plan.times.rank(endTime) }
        return total
    }

    private mutating func countDays(_ range: Range<Int>) -> Int {
        if plan.interval == 1 { return plan.days.count(range, &place) }
        var total = 0
        if plan.frequency == .daily {
            if plan.days.isEveryDay {
                // Both ends are at or after the first day.
                func before(_ day: Int) -> Int { (day - plan.firstPeriod + plan.interval - 1) / plan.interval }
                return before(range.upperBound) - before(range.lowerBound)
            }
            var day = gridDay(range.lowerBound)
            while day < range.upperBound {
                total += 1
                day = gridDay(day + 1)
            }
            return total
        }
        var number = plan.periodNumber(of: range.lowerBound)
        number += (plan.interval - number % plan.interval) % plan.interval
        while true {
            let start = max(plan.startOfPeriod(number), range.lowerBound)
            let end = min(plan.startOfPeriod(number + 1), range.upperBound)
            guard start < range.upperBound else { return total }
            if start < end { total += plan.days.count(start..<end, &place) }
            number += plan.interval
        }
    }

    private mutating func countPicked(_ positions: SetPositions, _ firstDay: Int, _ firstTime: Int, _ endDay: Int, _ endTime: Int) -> Int {
        var number = plan.periodNumber(of: firstDay), total = 0
        number -= number % plan.interval
        while true {
            let start = plan.startOfPeriod(number), end = plan.startOfPeriod(number + 1)
            guard start <= endDay else { return total }
            let count = plan.days.count(start..<end, &place) * plan.times.count
            let from = firstDay >= end ? count : firstDay >= start ? rank(firstDay, firstTime, from: start) : 0
            let to = endDay >= end ? count : rank(endDay, endTime, from: start)
            total += positions.taken(from: from, of: count) - positions.taken(from: to, of: count)
            number += plan.interval
        }
    }
}
