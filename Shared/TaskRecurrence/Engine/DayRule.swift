import TaskDomain

/// Which days of a year a rule names: its date parts, with what DTSTART fills in, applied to a year's shape.
///
/// For expanding frequencies (YEARLY, MONTHLY, WEEKLY) these are the days of the expansion, for the others those that the limits
/// let through; in both cases the parts intersect, as the table of RFC 5545 section 3.3.10 comes to.
struct DayRule {
    private let frequency: Rule.Frequency
    /// Bit `m` is month `m`, 1 to 12.
    private let months: UInt64
    /// Bit `d` is day `d` of the month; the other counts from the last day, which is bit 1.
    private let monthDays: UInt64, monthDaysFromEnd: UInt64
    private let hasMonthDays: Bool
    private let yearDays: [Int], weekNumbers: [Int]
    /// Bit `w` is weekday `w`, 0 for Monday.
    let weekdays: UInt64
    private let ordinals: [Rule.WeekdayNumber]
    private let hasWeekdays: Bool
    /// Whether ordinals count in each month rather than in the year.
    private let ordinalsCountInMonth: Bool
    private let weekStart: Int

    static let allMonths: UInt64 = 0x1FFE
    static let allWeekdays: UInt64 = 0x7F

    /// Whether the days depend on the years before and after.
    var needsNeighbours: Bool { !weekNumbers.isEmpty }

    /// Whether every day of every year is named.
    var isEveryDay: Bool {
        months == DayRule.allMonths && !hasMonthDays && !hasWeekdays && yearDays.isEmpty && weekNumbers.isEmpty
    }

    /// - Parameters:
    ///   - startDay: DTSTART's day on the wall clock.
    ///   - visitedMonths: the months that INTERVAL can reach, as a mask like `months`.
    ///   - visitedWeekdays: the weekdays that INTERVAL can reach.
    init(_ rule: Rule, startDay: Int, visitedMonths: UInt64, visitedWeekdays: UInt64) {
        let startYear = DayNumber.year(of: startDay)
        let startIndex = startDay - DayNumber.ofNewYear(startYear)
        let startMonth = DayNumber.month(ofYearDay: startIndex, leap: DayNumber.isLeap(startYear))
        let startMonthDay = startIndex - DayNumber.daysBefore(month: startMonth, leap: DayNumber.isLeap(startYear)) + 1

        frequency = rule.frequency
        weekStart = rule.weekStart.rawValue
        var months = DayRule.mask(rule.byMonth), monthDays = DayRule.mask(rule.byMonthDay)
        var weekdays: UInt64 = 0
        // Only MONTHLY and YEARLY have ordinals; elsewhere, where the parser lets none through, they are passed over.
        let countsOrdinals = rule.frequency <= .monthly
        for day in rule.byDay where day.ordinal == 0 || !countsOrdinals { weekdays |= 1 << UInt64(day.weekday.rawValue) }
        ordinals = countsOrdinals ? rule.byDay.filter { $0.ordinal != 0 } : []
        if rule.byMonth.isEmpty { months = DayRule.allMonths }

        // What no part says comes from DTSTART.
        let namesDays = !rule.byMonthDay.isEmpty || !rule.byYearDay.isEmpty || !rule.byDay.isEmpty
        var fromStart = false
        switch rule.frequency {
        case .yearly where !namesDays && !rule.byWeekNo.isEmpty:
            weekdays = 1 << UInt64(DayNumber.weekday(of: startDay))
        case .yearly where !namesDays:
            if rule.byMonth.isEmpty { months = 1 << UInt64(startMonth) }
            fromStart = true
        case .monthly where !namesDays && rule.byWeekNo.isEmpty: fromStart = true
        case .weekly where rule.byDay.isEmpty: weekdays = 1 << UInt64(DayNumber.weekday(of: startDay))
        default: break
        }
        if fromStart { monthDays = 1 << UInt64(startMonthDay) }

        hasMonthDays = fromStart || !rule.byMonthDay.isEmpty
        (self.monthDays, monthDaysFromEnd) = (monthDays, DayRule.mask(rule.byMonthDay.map { -$0 }))
        self.months = months & visitedMonths
        yearDays = rule.byYearDay
        weekNumbers = rule.byWeekNo
        let isLimited = visitedWeekdays != DayRule.allWeekdays
        hasWeekdays = weekdays != 0 || !ordinals.isEmpty || isLimited
        self.weekdays = weekdays == 0 && ordinals.isEmpty ? visitedWeekdays : weekdays & visitedWeekdays
        ordinalsCountInMonth = rule.frequency == .monthly || !rule.byMonth.isEmpty
    }

    /// The bits of the numbers 1 to 63; others are left out.
    static func mask(_ numbers: [Int]) -> UInt64 {
        numbers.reduce(0) { (1...63).contains($1) ? $0 | 1 << UInt64($1) : $0 }
    }

    func days(of shape: YearShape) -> YearMask {
        var days = monthsAndTheirDays(shape)
        if hasWeekdays { days = days & weekdayMask(shape) }
        if !yearDays.isEmpty { days = days & yearDayMask(shape) }
        if !weekNumbers.isEmpty { days = days & weekNumberMask(shape) }
        return days
    }

    private func monthsAndTheirDays(_ shape: YearShape) -> YearMask {
        var mask = YearMask()
        for month in 1...12 where months >> UInt64(month) & 1 == 1 {
            let range = shape.range(ofMonth: month)
            let whole: UInt64 = 1 << UInt64(range.count) - 1
            var pattern = whole
            if hasMonthDays {
                // Bit 1 of `monthDaysFromEnd` is the month's last day: reversing the word brings it to the top.
                let reversed = DayRule.reversed(monthDaysFromEnd >> 1) >> UInt64(64 - range.count)
                pattern = (monthDays >> 1 | reversed) & whole
            }
            mask.insert(pattern, at: range.lowerBound)
        }
        return mask
    }

    private static func reversed(_ word: UInt64) -> UInt64 {
        var bits = word, result: UInt64 = 0
        while bits != 0 {
            result |= 1 << UInt64(63 - bits.trailingZeroBitCount)
            bits &= bits - 1
        }
        return result
    }

    private func weekdayMask(_ shape: YearShape) -> YearMask {
        var mask = YearMask()
        if weekdays != 0 {
            // The week's pattern as the year begins, repeated: 63 days are nine whole weeks.
            let first = UInt64(shape.firstWeekday)
            let week = (weekdays >> first | weekdays << (7 - first)) & 0x7F
            let nineWeeks = (0..<9).reduce(UInt64(0)) { $0 | week << UInt64($1 * 7) }
            for start in stride(from: 0, to: 366, by: 63) { mask.insert(nineWeeks, at: start) }
        }
        for ordinal in ordinals {
            if ordinalsCountInMonth {
                for month in 1...12 { insert(ordinal, in: shape.range(ofMonth: month), shape, &mask) }
            } else {
                insert(ordinal, in: 0..<shape.length, shape, &mask)
            }
        }
        return mask
    }

    /// The n-th of a weekday within a range of days, if it has that many.
    private func insert(_ entry: Rule.WeekdayNumber, in range: Range<Int>, _ shape: YearShape, _ mask: inout YearMask) {
        guard abs(entry.ordinal) <= 53 else { return }
        let firstWeekday = (shape.firstWeekday + range.lowerBound) % 7
        let first = range.lowerBound + (entry.weekday.rawValue - firstWeekday + 7) % 7
        let last = first + (range.upperBound - 1 - first) / 7 * 7
        let day = entry.ordinal > 0 ? first + (entry.ordinal - 1) * 7 : last + (entry.ordinal + 1) * 7
        if range.contains(day) { mask.insert(day) }
    }

    private func yearDayMask(_ shape: YearShape) -> YearMask {
        var mask = YearMask()
        for number in yearDays where number != 0 && abs(number) <= shape.length {
            mask.insert(number > 0 ? number - 1 : shape.length + number)
        }
        return mask
    }

    /// Weeks as in ISO 8601 with WKST as their first day: week 1 is the first with at least four days in the year.
    /// A year's first and last days may lie in a week of the year before or after, and are named by its number there.
    private func weekNumberMask(_ shape: YearShape) -> YearMask {
        var mask = YearMask()
        let first = firstWeek(weekday: shape.firstWeekday)
        let count = weekCount(weekday: shape.firstWeekday, length: shape.length)
        let previousWeekday = (shape.firstWeekday + 7 * 53 - shape.previousLength) % 7
        let previousCount = weekCount(weekday: previousWeekday, length: shape.previousLength)
        let nextCount = weekCount(weekday: (shape.firstWeekday + shape.length) % 7, length: shape.nextLength)
        for number in weekNumbers {
            let week = number > 0 ? number : count + 1 + number
            if (1...count).contains(week) { insertWeek(from: first + (week - 1) * 7, shape, &mask) }
            if number == previousCount || number == -1 { insertWeek(from: first - 7, shape, &mask) }
            if number == 1 || number == -nextCount { insertWeek(from: first + count * 7, shape, &mask) }
        }
        return mask
    }

    private func insertWeek(from start: Int, _ shape: YearShape, _ mask: inout YearMask) {
        for day in max(start, 0)..<max(min(start + 7, shape.length), max(start, 0)) { mask.insert(day) }
    }

    /// Where week 1 begins, in days from 1 January: -3 to 3.
    private func firstWeek(weekday: Int) -> Int {
        let intoWeek = (weekday - weekStart + 7) % 7
        return intoWeek <= 3 ? -intoWeek : 7 - intoWeek
    }

    private func weekCount(weekday: Int, length: Int) -> Int {
        let next = length + firstWeek(weekday: (weekday + length) % 7)
        return (next - firstWeek(weekday: weekday)) / 7
    }
}
