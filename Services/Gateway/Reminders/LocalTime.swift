import Recurrence

/// An instant as people read it: RFC 3339, on a zone's wall clock.
enum LocalTime {
    static func utc(_ instant: Int64) -> String { civil(instant) + "Z" }

    static func text(_ instant: Int64, in zone: Zone) -> String {
        let offset = Int64(zone.offset(at: instant))
        let distance = abs(offset)
        var text = civil(instant + offset) + (offset < 0 ? "-" : "+") + two(distance / 3_600) + ":" + two(distance / 60 % 60)
        // Only local mean times have seconds (Liberia until 1972); RFC 3339 has no form for them, ISO 8601 has this one.
        if distance % 60 != 0 { text += ":" + two(distance % 60) }
        return text
    }

    private static func civil(_ seconds: Int64) -> String {
        let day = Int64((Double(seconds) / 86_400).rounded(.down))
        let second = seconds - day * 86_400
        let (year, month, dayOfMonth) = date(daysSince1970: day)
        let years = String(year)
        let zeros = String(repeating: "0", count: max(0, 4 - years.count))
        return
            "\(zeros)\(years)-\(two(month))-\(two(dayOfMonth))T\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))"
    }

    /// The proleptic Gregorian calendar, by 400-year cycles that begin on 1 March: the leap day then ends a year.
    private static func date(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let days = daysSince1970 + 719_468
        let daysPerCycle: Int64 = 146_097
        let cycle = (days >= 0 ? days : days - daysPerCycle + 1) / daysPerCycle
        let dayOfCycle = days - cycle * daysPerCycle
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
