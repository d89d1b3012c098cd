/// A part of a recurrence rule: its name in RFC 5545, its field in python-dateutil's object form, and what it may hold.
enum RulePart: Int, CaseIterable, Sendable {
    case freq, interval, wkst, byMonth, byWeekNo, byYearDay, byMonthDay, byDay, byHour, byMinute, bySecond, bySetPos, count, until

    /// As RFC 5545 section 3.3.10 writes it.
    var name: String {
        switch self {
        case .freq: "FREQ"
        case .interval: "INTERVAL"
        case .wkst: "WKST"
        case .byMonth: "BYMONTH"
        case .byWeekNo: "BYWEEKNO"
        case .byYearDay: "BYYEARDAY"
        case .byMonthDay: "BYMONTHDAY"
        case .byDay: "BYDAY"
        case .byHour: "BYHOUR"
        case .byMinute: "BYMINUTE"
        case .bySecond: "BYSECOND"
        case .bySetPos: "BYSETPOS"
        case .count: "COUNT"
        case .until: "UNTIL"
        }
    }

    /// As python-dateutil's `rrule(...)` names the argument.
    var field: String { self == .byDay ? "byweekday" : name.lowercased() }

    /// The part of this upper-case name.
    static func named(_ name: String) -> RulePart? { byName[name] }
    /// The part of this object field, exactly as dateutil spells it.
    static func ofField(_ field: String) -> RulePart? { byField[field] }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })
    private static let byField = Dictionary(uniqueKeysWithValues: allCases.map { ($0.field, $0) })

    /// The parts that are lists of numbers, with the place in the rule that holds them.
    static let numberLists: [(part: RulePart, list: any WritableKeyPath<Rule, [Int]> & Sendable)] = [
        (.byMonth, \.byMonth), (.byWeekNo, \.byWeekNo), (.byYearDay, \.byYearDay), (.byMonthDay, \.byMonthDay),
        (.byHour, \.byHour), (.byMinute, \.byMinute), (.bySecond, \.bySecond), (.bySetPos, \.bySetPos),
    ]

    /// The place in the rule that holds a list of numbers; nil for the other parts.
    var numberList: (any WritableKeyPath<Rule, [Int]> & Sendable)? {
        RulePart.numberLists.first { $0.part == self }?.list
    }

    /// Whether the part is one of the `BYxxx` that make the set from which `BYSETPOS` picks.
    var makesSet: Bool {
        switch self {
        case .freq, .interval, .wkst, .bySetPos, .count, .until: false
        default: true
        }
    }

    /// What a single number of this part may be (`BYDAY`: its ordinal). Signed ones may be negative, but never 0.
    var range: ClosedRange<Int> {
        switch self {
        case .freq, .wkst: 0...6
        case .interval: 1...Rule.maximumInterval
        case .count: 1...Rule.maximumCount
        case .until: 0...0
        case .byMonth: 1...12
        case .byWeekNo, .byDay: -53...53
        case .byYearDay, .bySetPos: -366...366
        case .byMonthDay: -31...31
        case .byHour: 0...23
        case .byMinute: 0...59
        case .bySecond: 0...60
        }
    }

    /// Whether the grammar has a sign; if so, 0 is excluded.
    var isSigned: Bool { range.lowerBound < 0 }

    /// Most digits by the grammar of a list's entries (`1*2DIGIT`, `1*3DIGIT`).
    var maximumDigits: Int { range.upperBound > 99 ? 3 : 2 }

    /// Whether `number` may stand in this part.
    func admits(_ number: Int) -> Bool { range.contains(number) && !(isSigned && number == 0) }

    /// What may stand in this part, for an error message.
    var expectation: String {
        switch self {
        case .freq: "must be SECONDLY, MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY"
        case .wkst: "must be one of MO, TU, WE, TH, FR, SA, SU"
        case .until: "must be a date (20301231), a local time (20301231T235959) or a UTC time (20301231T235959Z)"
        case .byDay: "must be MO, TU, WE, TH, FR, SA or SU, with an ordinal of 1 to 53 or -53 to -1 in front where one is meant"
        case .interval, .count: "must be a whole number from 1 to \(range.upperBound), digits only"
        default:
            isSigned
                ? "must be 1 to \(range.upperBound) or \(range.lowerBound) to -1, at most \(maximumDigits) digits"
                : "must be \(range.lowerBound) to \(range.upperBound), at most \(maximumDigits) digits without a sign"
        }
    }
}
