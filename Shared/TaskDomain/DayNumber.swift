/// Days of the proleptic Gregorian calendar, counted from 1 January of the year -400.
///
/// That day begins a 400-year cycle and lies before every day that a four-digit year has, so all arithmetic is on numbers that are
/// not negative: divisions need no care for signs and compile to a multiplication.
public enum DayNumber {
    /// 1970-01-01.
    @inlinable public static var unixEpoch: Int { 865_625 }
    /// Seconds from the epoch of this count to that of unix time.
    @inlinable public static var unixSeconds: Int { unixEpoch * 86_400 }
    /// Days and months of 400 years, after which the calendar repeats, weekdays included.
    @inlinable public static var daysPerCycle: Int { 146_097 }
    @inlinable public static var monthsPerCycle: Int { 4_800 }
    @inlinable public static var weeksPerCycle: Int { 20_871 }

    @inlinable public static func isLeap(_ year: Int) -> Bool { year & 3 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// 1 January of a year from -400 on.
    @inlinable @inline(__always)
    public static func ofNewYear(_ year: Int) -> Int {
        let years = UInt(bitPattern: year + 400)
        return Int(bitPattern: years * 365 + (years + 3) / 4 - (years + 99) / 100 + (years + 399) / 400)
    }

    @inlinable @inline(__always)
    public static func year(of day: Int) -> Int {
        let estimate = Int(bitPattern: UInt(bitPattern: day) * 400 / 146_097) - 400
        if ofNewYear(estimate) > day { return estimate - 1 }
        return ofNewYear(estimate + 1) <= day ? estimate + 1 : estimate
    }

    /// 0 for Monday.
    @inlinable @inline(__always)
    public static func weekday(of day: Int) -> Int { Int(bitPattern: (UInt(bitPattern: day) + 5) % 7) }

    /// Days of the year before a month, 1 to 13.
    @inlinable @inline(__always)
    public static func daysBefore(month: Int, leap: Bool) -> Int {
        Int(bitPattern: UInt(bitPattern: 367 * month - 362) / 12) - (month > 2 ? (leap ? 1 : 2) : 0)
    }

    /// The month, 1 to 12, of a day of the year counted from 0.
    @inlinable @inline(__always)
    public static func month(ofYearDay index: Int, leap: Bool) -> Int {
        let padded = index < (leap ? 60 : 59) ? index : index + (leap ? 1 : 2)
        return Int(bitPattern: UInt(bitPattern: padded * 12 + 373) / 367)
    }

    /// Months since January of the year 0 less 4,800, so that it is never negative; the counterpart of ``ofMonth(_:)``.
    @inlinable public static func monthIndex(of day: Int) -> Int {
        let year = year(of: day)
        return (year + 400) * 12 + month(ofYearDay: day - ofNewYear(year), leap: isLeap(year)) - 1
    }

    /// The first day of a month given by its index.
    @inlinable public static func ofMonth(_ index: Int) -> Int {
        let year = index / 12 - 400
        return ofNewYear(year) + daysBefore(month: index % 12 + 1, leap: isLeap(year))
    }
}
