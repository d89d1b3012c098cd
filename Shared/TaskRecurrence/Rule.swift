/// One recurrence rule of RFC 5545 section 3.3.10 as a value: what the text says, nothing derived.
///
/// A `Rule` knows neither DTSTART nor a zone; `Series` joins it with both and answers questions about time.
/// Lists are ascending and without repeats (`BYDAY` by weekday, then ordinal); an empty list means that the part is absent.
public struct Rule: Sendable, Hashable {
    /// `FREQ`, from the longest period to the shortest. Raw values are python-dateutil's.
    public enum Frequency: Int, Sendable, Hashable, CaseIterable, Comparable {
        case yearly = 0, monthly, weekly, daily, hourly, minutely, secondly

        public static func < (a: Frequency, b: Frequency) -> Bool { a.rawValue < b.rawValue }
    }

    /// A day of the week, Monday first as in ISO 8601 and python-dateutil.
    public enum Weekday: Int, Sendable, Hashable, CaseIterable, Comparable {
        case monday = 0, tuesday, wednesday, thursday, friday, saturday, sunday

        public static func < (a: Weekday, b: Weekday) -> Bool { a.rawValue < b.rawValue }
    }

    /// One entry of `BYDAY`: a weekday, or its n-th (from the end where negative) in the month or year.
    public struct WeekdayNumber: Sendable, Hashable, Comparable {
        /// 0 means every such weekday; otherwise -53 … -1 or 1 … 53.
        public var ordinal: Int
        public var weekday: Weekday

        public init(_ weekday: Weekday, ordinal: Int = 0) {
            self.ordinal = ordinal
            self.weekday = weekday
        }

        public static func < (a: WeekdayNumber, b: WeekdayNumber) -> Bool {
            (a.weekday, a.ordinal) < (b.weekday, b.ordinal)
        }
    }

    /// The inclusive end given by `UNTIL`, in the form in which it was written.
    public enum Until: Sendable, Hashable {
        /// `UNTIL=20261224T000000Z`: unix seconds.
        case utc(Int64)
        /// `UNTIL=20261224T000000`: wall-clock seconds, counted as if the local time were UTC.
        case local(Int64)
        /// `UNTIL=20261224`: days since 1970-01-01; the whole local day is included.
        case date(Int64)
    }

    public var frequency: Frequency
    /// At least 1.
    public var interval: Int = 1
    /// `COUNT`, at least 1. Never together with `until`.
    public var count: Int?
    public var until: Until?
    public var weekStart: Weekday = .monday
    public var bySecond: [Int] = []
    public var byMinute: [Int] = []
    public var byHour: [Int] = []
    public var byDay: [WeekdayNumber] = []
    public var byMonthDay: [Int] = []
    public var byYearDay: [Int] = []
    public var byWeekNo: [Int] = []
    public var byMonth: [Int] = []
    public var bySetPos: [Int] = []

    public init(_ frequency: Frequency, interval: Int = 1, count: Int? = nil, until: Until? = nil) {
        self.frequency = frequency
        self.interval = interval
        self.count = count
        self.until = until
    }
}
