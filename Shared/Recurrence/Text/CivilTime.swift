/// A date and time of day of the proleptic Gregorian calendar, as RFC 5545 sections 3.3.4 and 3.3.5 write them.
struct CivilTime: Hashable {
    var year: Int, month: Int, day: Int
    var hour = 0, minute = 0, second = 0

    static let secondsPerDay: Int64 = 86_400
    /// The years that four digits can write.
    static let years = 0...9999
    /// Days since 1970-01-01 of 0000-01-01 and 9999-12-31.
    static let days: ClosedRange<Int64> = -719_528...2_932_896
    /// Seconds since 1970-01-01T00:00:00 of the first and last second that can be written.
    static let seconds: ClosedRange<Int64> = days.lowerBound * secondsPerDay...days.upperBound * secondsPerDay + secondsPerDay - 1

    /// Days of a month; February follows the leap years of the Gregorian calendar.
    static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Days since 1970-01-01. Years are counted from 1 March, so that the leap day ends a year.
    var dayNumber: Int64 {
        let shiftedYear = month > 2 ? year : year - 1
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468)
    }

    /// Seconds since 1970-01-01T00:00:00 on the same clock.
    var secondNumber: Int64 {
        dayNumber * CivilTime.secondsPerDay + Int64(hour * 3600 + minute * 60 + second)
    }

    /// The midnight of a day, clamped to the years that can be written.
    init(dayNumber: Int64) {
        let days = Int(min(max(dayNumber, CivilTime.days.lowerBound), CivilTime.days.upperBound)) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The time at a number of seconds, clamped to the years that can be written.
    init(secondNumber: Int64) {
        let seconds = min(max(secondNumber, CivilTime.seconds.lowerBound), CivilTime.seconds.upperBound)
        let days = seconds >= 0 ? seconds / CivilTime.secondsPerDay : (seconds + 1) / CivilTime.secondsPerDay - 1
        self.init(dayNumber: days)
        let rest = Int(seconds - days * CivilTime.secondsPerDay)
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    }

    /// Reads `YYYYMMDD`; nil unless there is such a day.
    init?(date bytes: TextBytes) {
        guard bytes.count == 8, let number = bytes.digitsValue else { return nil }
        (year, month, day) = (number / 10_000, number / 100 % 100, number % 100)
        guard (1...12).contains(month), day >= 1, day <= CivilTime.length(ofMonth: month, year: year) else { return nil }
    }

    /// Reads `YYYYMMDDTHHMMSS`, without the `Z`. Second 60 is read as 59, as section 3.3.12 asks of those without leap seconds.
    init?(dateTime bytes: TextBytes) {
        guard bytes.count == 15, TextBytes.upper(bytes[bytes.startIndex + 8]) == UInt8(ascii: "T"),
              let time = bytes.suffix(6).digitsValue else { return nil }
        self.init(date: bytes.prefix(8))
        (hour, minute, second) = (time / 10_000, time / 100 % 100, time % 100)
        guard hour <= 23, minute <= 59, second <= 60 else { return nil }
        second = min(second, 59)
    }

    /// `20301231`.
    var dateText: String { CivilTime.padded(year, 4) + CivilTime.padded(month) + CivilTime.padded(day) }
    /// `20301231T235959`.
    var dateTimeText: String { dateText + "T" + CivilTime.padded(hour) + CivilTime.padded(minute) + CivilTime.padded(second) }

    static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
