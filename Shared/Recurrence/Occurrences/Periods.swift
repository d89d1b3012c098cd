/// The periods that a rule's FREQ and INTERVAL visit: every n-th year, month, week or day, counted from DTSTART's.
struct Periods {
    private let frequency: Rule.Frequency
    private let interval: Int
    private let weekStart: Int
    /// Of DTSTART's period, modulo the interval.
    private var residue: Int

    init(_ rule: Rule, startDay: Int) {
        frequency = rule.frequency
        // Beyond the horizon one interval is like another.
        interval = min(rule.interval, Horizon.lastDay)
        weekStart = rule.weekStart.rawValue
        residue = 0
        residue = index(of: startDay) % interval
    }

    /// Periods after which calendar and interval have both come round: what has not come by then never does.
    var cycle: Int {
        let periods =
            switch frequency {
            case .yearly: 400
            case .monthly: DayNumber.monthsPerCycle
            case .weekly: DayNumber.weeksPerCycle
            default: DayNumber.daysPerCycle
            }
        return periods / ModularSearch.greatestCommonDivisor(periods, interval)
    }

    /// Whether no period is left out.
    var isEvery: Bool { interval == 1 }

    /// The number of a day's period. Never negative.
    @inline(__always)
    func index(of day: Int) -> Int {
        switch frequency {
        case .yearly: DayNumber.year(of: day) + 400
        case .monthly: DayNumber.monthIndex(of: day)
        case .weekly: (day + 5 - weekStart) / 7
        default: day
        }
    }

    /// The first day of a period.
    @inline(__always)
    func start(of index: Int) -> Int {
        switch frequency {
        case .yearly: DayNumber.ofNewYear(index - 400)
        case .monthly: DayNumber.ofMonth(index)
        case .weekly: index * 7 - 5 + weekStart
        default: index
        }
    }

    /// The first visited period from this one on.
    @inline(__always)
    func visited(from index: Int) -> Int {
        guard interval > 1 else { return index }
        let ahead = (residue - index % interval + interval) % interval
        return index + ahead
    }

    /// The first day from `day` on that lies in a visited period.
    @inline(__always)
    func firstDay(from day: Int) -> Int {
        guard interval > 1 else { return day }
        let index = index(of: day), next = visited(from: index)
        return next == index ? day : start(of: next)
    }

    /// The months that are ever visited, as a mask: bit 1 is January.
    static func visitedMonths(_ rule: Rule, startDay: Int) -> UInt64 {
        guard rule.frequency == .monthly else { return DayRule.allMonths }
        let first = DayNumber.monthIndex(of: startDay) % 12
        return (0..<12).reduce(0) { $0 | 1 << UInt64((first + $1 * (rule.interval % 12)) % 12 + 1) }
    }

    /// The weekdays that a DAILY rule ever visits, as a mask: bit 0 is Monday.
    static func visitedWeekdays(_ rule: Rule, startDay: Int) -> UInt64 {
        guard rule.frequency == .daily else { return DayRule.allWeekdays }
        let first = DayNumber.weekday(of: startDay)
        return (0..<7).reduce(0) { $0 | 1 << UInt64((first + $1 * (rule.interval % 7)) % 7) }
    }
}
