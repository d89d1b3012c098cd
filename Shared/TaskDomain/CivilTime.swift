/// A date and time of day of the proleptic Gregorian calendar, in the years that four digits can write.
public struct CivilTime: Hashable, Sendable {
    public var year: Int, month: Int, day: Int
    public var hour = 0, minute = 0, second = 0

    public static let secondsPerDay: Int64 = 86_400
    /// The years that four digits can write.
    public static let years = 0...9999
    /// Days since 1970-01-01 of 0000-01-01 and 9999-12-31.
    public static let days: ClosedRange<Int64> = -719_528...2_932_896
    /// Seconds since 1970-01-01T00:00:00 of the first and last second that can be written.
    public static let seconds: ClosedRange<Int64> = days.lowerBound * secondsPerDay...days.upperBound * secondsPerDay + secondsPerDay - 1

    /// The midnight of a day that there is.
    public init(year: Int, month: Int, day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// The midnight of a day, clamped to the years that can be written.
    /// - Parameter dayNumber: days since 1970-01-01.
    public init(dayNumber: Int64) {
        let days = Int(min(max(dayNumber, CivilTime.days.lowerBound), CivilTime.days.upperBound)) + DayNumber.unixEpoch
        year = DayNumber.year(of: days)
        let isLeap = DayNumber.isLeap(year), index = days - DayNumber.ofNewYear(year)
        month = DayNumber.month(ofYearDay: index, leap: isLeap)
        day = index - DayNumber.daysBefore(month: month, leap: isLeap) + 1
    }

    /// The time at a number of seconds, clamped to the years that can be written.
    /// - Parameter secondNumber: seconds since 1970-01-01T00:00:00 on the same clock.
    public init(secondNumber: Int64) {
        let seconds = min(max(secondNumber, CivilTime.seconds.lowerBound), CivilTime.seconds.upperBound)
        let days = seconds >= 0 ? seconds / CivilTime.secondsPerDay : (seconds + 1) / CivilTime.secondsPerDay - 1
        self.init(dayNumber: days)
        let rest = Int(seconds - days * CivilTime.secondsPerDay)
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    }

    /// Days of a month; February follows the leap years of the Gregorian calendar.
    public static func length(ofMonth month: Int, year: Int) -> Int {
        let isLeap = DayNumber.isLeap(year)
        return DayNumber.daysBefore(month: month + 1, leap: isLeap) - DayNumber.daysBefore(month: month, leap: isLeap)
    }

    /// Days since 1970-01-01.
    public var dayNumber: Int64 {
        Int64(DayNumber.ofNewYear(year) + DayNumber.daysBefore(month: month, leap: DayNumber.isLeap(year)) + day - 1 - DayNumber.unixEpoch)
    }

    /// Seconds since 1970-01-01T00:00:00 on the same clock.
    public var secondNumber: Int64 {
        dayNumber * CivilTime.secondsPerDay + Int64(hour * 3600 + minute * 60 + second)
    }

    /// `2030-12-31T23:59:59`, as RFC 3339 writes it; what comes before the zone.
    public var text: String {
        let date = "\(CivilTime.padded(year, 4))-\(CivilTime.padded(month))-\(CivilTime.padded(day))"
        return "\(date)T\(CivilTime.padded(hour)):\(CivilTime.padded(minute)):\(CivilTime.padded(second))"
    }

    /// A number with zeros in front, up to a width.
    public static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
