import TaskDomain

/// A set of days of one year: bit `n` is day `n` of the year, counted from 0.
struct YearMask {
    static let words = 6
    var bits = SIMD8<UInt64>(repeating: 0)

    static let all = YearMask(bits: SIMD8(repeating: .max))

    mutating func insert(_ day: Int) { bits[day >> 6] |= 1 << UInt64(day & 63) }

    func contains(_ day: Int) -> Bool { bits[day >> 6] >> UInt64(day & 63) & 1 == 1 }

    /// Adds up to 64 days from `start` on, those of the low bits of `pattern`.
    mutating func insert(_ pattern: UInt64, at start: Int) {
        let word = start >> 6, shift = UInt64(start & 63)
        bits[word] |= pattern << shift
        if shift > 0, word + 1 < YearMask.words { bits[word + 1] |= pattern >> (64 - shift) }
    }

    static func & (a: YearMask, b: YearMask) -> YearMask { YearMask(bits: a.bits & b.bits) }
    static func | (a: YearMask, b: YearMask) -> YearMask { YearMask(bits: a.bits | b.bits) }

    /// Calls with each day in the range, ascending.
    func forEach(in range: Range<Int>, _ body: (Int) -> Void) {
        var day = range.lowerBound
        while day < range.upperBound {
            let rest = bits[day >> 6] >> UInt64(day & 63)
            if rest == 0 { day = (day | 63) + 1 } else {
                day += rest.trailingZeroBitCount
                if day < range.upperBound { body(day) }
                day += 1
            }
        }
    }
}

/// The shape of a year: everything that decides which of its days a rule names.
///
/// That is the weekday of 1 January and whether this year, the one before or the one after is a leap year; the neighbours decide the
/// numbers of the weeks that straddle New Year. So 28 shapes cover all years, and a rule's days are decided once for each.
struct YearShape {
    static let count = 28

    /// The weekday of 1 January, 0 for Monday.
    var firstWeekday: Int
    var isLeap: Bool
    var followsLeap: Bool
    var precedesLeap: Bool

    var length: Int { isLeap ? 366 : 365 }
    var previousLength: Int { followsLeap ? 366 : 365 }
    var nextLength: Int { precedesLeap ? 366 : 365 }

    init(_ number: Int) {
        firstWeekday = number / 4
        isLeap = number % 4 == 3
        followsLeap = number % 4 == 1
        precedesLeap = number % 4 == 2
    }

    /// The shape's number, from the year and its first day.
    @inline(__always)
    static func number(year: Int, newYear: Int) -> Int {
        let kind = DayNumber.isLeap(year) ? 3 : DayNumber.isLeap(year - 1) ? 1 : DayNumber.isLeap(year + 1) ? 2 : 0
        return DayNumber.weekday(of: newYear) * 4 + kind
    }

    func start(ofMonth month: Int) -> Int { DayNumber.daysBefore(month: month, leap: isLeap) }

    func range(ofMonth month: Int) -> Range<Int> { start(ofMonth: month)..<start(ofMonth: month + 1) }
}
