import Foundation
import TaskRecurrence

/// Holds one instant, in UTC, against every part of a rule, with Foundation's calendar.
struct PartCheck {
    /// The part that does not match.
    let fault: String?

    init(_ rule: Rule, _ instant: Int64, _ calendar: Calendar) {
        let date = Date(timeIntervalSince1970: TimeInterval(instant))
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
        let month = parts.month ?? 0, day = parts.day ?? 0, weekday = ((parts.weekday ?? 1) + 5) % 7
        let monthLength = calendar.range(of: .day, in: .month, for: date)?.count ?? 0
        let yearLength = calendar.range(of: .day, in: .year, for: date)?.count ?? 0
        let yearDay = calendar.ordinality(of: .day, in: .year, for: date) ?? 0

        func among(_ list: [Int], _ values: Int...) -> Bool { list.isEmpty || values.contains(where: list.contains) }
        func countedIn(_ place: Int, _ length: Int) -> (Int, Int) { ((place - 1) / 7 + 1, -((length - place) / 7 + 1)) }
        let inMonth = countedIn(day, monthLength), inYear = countedIn(yearDay, yearLength)
        let counts = rule.frequency == .monthly || !rule.byMonth.isEmpty ? inMonth : inYear
        let hasDay = rule.byDay.isEmpty || rule.byDay.contains {
            $0.weekday.rawValue == weekday && ($0.ordinal == 0 || $0.ordinal == counts.0 || $0.ordinal == counts.1)
        }

        var weeks = calendar
        weeks.firstWeekday = (rule.weekStart.rawValue + 1) % 7 + 1
        weeks.minimumDaysInFirstWeek = 4
        let week = weeks.component(.weekOfYear, from: date), weekYear = weeks.component(.yearForWeekOfYear, from: date)
        // 28 December lies in the last week of its year, unless weeks begin so that it does not: then a day before does.
        let lastWeek = (25...31).compactMap { weeks.date(from: DateComponents(year: weekYear, month: 12, day: $0)) }
            .filter { weeks.component(.yearForWeekOfYear, from: $0) == weekYear }.map { weeks.component(.weekOfYear, from: $0) }.max() ?? 0

        let checks: [(String, Bool)] = [
            ("BYMONTH", among(rule.byMonth, month)),
            ("BYMONTHDAY", among(rule.byMonthDay, day, day - monthLength - 1)),
            ("BYYEARDAY", among(rule.byYearDay, yearDay, yearDay - yearLength - 1)),
            ("BYDAY", hasDay),
            ("BYWEEKNO", among(rule.byWeekNo, week, week - lastWeek - 1)),
            ("BYHOUR", among(rule.byHour, parts.hour ?? -1)),
            ("BYMINUTE", among(rule.byMinute, parts.minute ?? -1)),
            ("BYSECOND", among(rule.bySecond, parts.second ?? -1)),
        ]
        fault = checks.first { !$0.1 }?.0
    }
}
