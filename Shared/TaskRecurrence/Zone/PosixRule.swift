import TaskDomain

/// The POSIX TZ string in the footer of a TZif file (RFC 9636 section 3.3): the offsets from the last tabulated transition on.
struct PosixRule {
    /// When a year's change comes, on the wall clock in force before it.
    struct Change: Equatable {
        enum Day: Equatable {
            /// `Mm.w.d`: the w-th weekday (0 Sunday) of the month; week 5 is the last.
            case weekday(month: Int, week: Int, weekday: Int)
            /// `Jn`: 1 to 365, 29 February never counted.
            case julian(Int)
            /// `n`: 0 to 365, 29 February counted.
            case zeroBased(Int)
        }

        var day: Day
        /// Seconds after midnight, -167 to 167 hours.
        var time = 7200

        /// Seconds from 1970 on the wall clock.
        func local(in year: Int) -> Int {
            let newYear = DayNumber.ofNewYear(year)
            let day: Int
            switch self.day {
            case .julian(let number):
                day = newYear + number - 1 + (number > 59 && DayNumber.isLeap(year) ? 1 : 0)
            case .zeroBased(let number):
                day = newYear + number
            case .weekday(let month, let week, let weekday):
                let first = newYear + DayNumber.daysBefore(month: month, leap: DayNumber.isLeap(year))
                // Weekdays here start on Monday, those of POSIX on Sunday.
                let ahead = ((weekday + 6) % 7 - DayNumber.weekday(of: first) + 7) % 7
                let length = CivilTime.length(ofMonth: month, year: year)
                var index = ahead + (week - 1) * 7
                if index >= length { index -= 7 }
                day = first + index
            }
            return (day - DayNumber.unixEpoch) * 86_400 + time
        }
    }

    struct Daylight {
        var offset: Int
        var start: Change, end: Change
    }

    /// Seconds east of UTC, as everywhere here; the text has them west.
    var standardOffset: Int
    var daylight: Daylight?

    /// The two changes of a year in the order of time.
    func changes(in year: Int) -> [(at: Int, offset: Int)] {
        guard let daylight else { return [] }
        let start = (at: daylight.start.local(in: year) - standardOffset, offset: daylight.offset)
        let end = (at: daylight.end.local(in: year) - daylight.offset, offset: standardOffset)
        return start.at <= end.at ? [start, end] : [end, start]
    }

    /// Reads a TZ string; nil for anything that its grammar does not have.
    init?(_ text: ArraySlice<UInt8>) {
        var reader = Reader(rest: text)
        guard reader.skipName(), let west = reader.duration() else { return nil }
        standardOffset = -west
        guard !reader.rest.isEmpty else { return }
        guard reader.skipName() else { return nil }
        var offset = standardOffset + 3600
        if reader.rest.first != UInt8(ascii: ",") {
            guard let west = reader.duration() else { return nil }
            offset = -west
        }
        guard reader.skip(","), let start = reader.change(), reader.skip(","), let end = reader.change(), reader.rest.isEmpty else { return nil }
        daylight = Daylight(offset: offset, start: start, end: end)
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }

        /// `EST`, `<+0330>`.
        mutating func skipName() -> Bool {
            if skip("<") {
                guard let close = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[(close + 1)...]
                return true
            }
            let name = rest.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
            rest = rest.dropFirst(name.count)
            return name.count >= 3
        }

        mutating func number(atMost limit: Int) -> Int? {
            let digits = rest.prefix(while: TextBytes.isDigit)
            guard (1...3).contains(digits.count), let value = digits.digitsValue, value <= limit else { return nil }
            rest = rest.dropFirst(digits.count)
            return value
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func duration() -> Int? {
            let negative = skip("-")
            if !negative { _ = skip("+") }
            guard let hours = number(atMost: 167) else { return nil }
            var seconds = hours * 3600
            if skip(":") {
                guard let minutes = number(atMost: 59) else { return nil }
                seconds += minutes * 60
                if skip(":") {
                    guard let rest = number(atMost: 59) else { return nil }
                    seconds += rest
                }
            }
            return negative ? -seconds : seconds
        }

        mutating func change() -> Change? {
            var change: Change
            if skip("M") {
                guard let month = number(atMost: 12), skip("."), let week = number(atMost: 5), skip("."), let weekday = number(atMost: 6),
                      month >= 1, week >= 1 else { return nil }
                change = Change(day: .weekday(month: month, week: week, weekday: weekday))
            } else if skip("J") {
                guard let day = number(atMost: 365), day >= 1 else { return nil }
                change = Change(day: .julian(day))
            } else {
                guard let day = number(atMost: 365) else { return nil }
                change = Change(day: .zeroBased(day))
            }
            if skip("/") {
                guard let time = duration() else { return nil }
                change.time = time
            }
            return change
        }
    }
}
