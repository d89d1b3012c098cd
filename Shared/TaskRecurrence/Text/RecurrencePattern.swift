import TaskDomain

/// The part of a recurrence set that is no list of instants: its rules, the rules whose occurrences are left out, and the days that are
/// left out whole. It is what is kept of a set as text, beside its start, its zone, and its added and excluded instants.
public struct RecurrencePattern: Sendable, Hashable {
    public var rules: [Rule]
    /// `EXRULE`: occurrences of these are left out.
    public var exrules: [Rule]
    /// `EXDATE;VALUE=DATE`, days since 1970-01-01: what falls on them on the zone's wall clock is left out.
    public var excludedDays: [Int64]

    public init(rules: [Rule], exrules: [Rule] = [], excludedDays: [Int64] = []) {
        self.rules = rules
        self.exrules = exrules
        self.excludedDays = excludedDays
    }

    /// Reads what ``text`` writes.
    /// - Throws: the first fault; also for properties that are no part of a pattern.
    public init(parsing text: String) throws(RuleError) {
        let set = try RuleSet(parsing: text)
        if let start = set.start { throw RuleError(part: "DTSTART", value: start.text, reason: "is no part of a pattern of rules") }
        if let date = set.rdates.first { throw RuleError(part: "RDATE", value: date.text, reason: "is no part of a pattern of rules") }
        var days: [Int64] = []
        for date in set.exdates {
            guard case .date(let day) = date else {
                throw RuleError(part: "EXDATE", value: date.text, reason: "is no day; a pattern of rules leaves out whole days only")
            }
            days.append(day)
        }
        self.init(rules: set.rules, exrules: set.exrules, excludedDays: days)
    }

    /// The text of the only rule, without `RRULE:`, or else content lines: `RRULE`, `EXRULE`, `EXDATE;VALUE=DATE`.
    public var text: String {
        if rules.count == 1, exrules.isEmpty, excludedDays.isEmpty { return rules[0].text }
        return RuleSet(rules: rules, exrules: exrules, exdates: excludedDays.map { .date($0) }).text
    }

    /// A plain English reading: of each rule, and then of what is left out.
    public var english: String {
        var text = rules.map(\.english).joined(separator: "; and ")
        for rule in exrules { text += "; but not " + rule.english }
        guard !excludedDays.isEmpty else { return text }
        let days = excludedDays.prefix(RecurrencePattern.maximumDaysTold).map { EnglishWords.date(CivilTime(dayNumber: $0)) }
        let left = excludedDays.count - days.count
        return text + "; but not on " + EnglishWords.list(days + (left > 0 ? ["\(left) other \(left == 1 ? "day" : "days")"] : []))
    }

    /// Days left out that ``english`` names one by one.
    private static let maximumDaysTold = 6
}

extension Series {
    /// - Parameters:
    ///   - start: DTSTART in unix seconds.
    ///   - pattern: nil where only the start and `rdates` are occurrences.
    ///   - until: an inclusive end of the whole series.
    public init(
        start: Int64, pattern: RecurrencePattern?, rdates: [Int64] = [], exdates: [Int64] = [], until: Int64? = nil, zone: Zone = .utc
    ) {
        self.init(
            start: start, rules: pattern?.rules ?? [], exrules: pattern?.exrules ?? [], rdates: rdates, exdates: exdates,
            excludedDays: pattern?.excludedDays ?? [], until: until, zone: zone)
    }
}
