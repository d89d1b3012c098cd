import TaskDomain

// A date and time of day as RFC 5545 sections 3.3.4 and 3.3.5 write them.

extension CivilTime {
    /// Reads `YYYYMMDD`; nil unless there is such a day.
    init?(date bytes: TextBytes) {
        guard bytes.count == 8, let number = bytes.digitsValue else { return nil }
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100)
        guard (1...12).contains(month), day >= 1, day <= CivilTime.length(ofMonth: month, year: year) else { return nil }
        self.init(year: year, month: month, day: day)
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
}
