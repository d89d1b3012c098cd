/// A recurrence set of RFC 5545 section 3.8.5 as text gives it: `DTSTART`, any number of `RRULE`, `EXRULE`, `RDATE` and `EXDATE`.
public struct RuleSet: Sendable, Hashable {
    /// `DTSTART`, nil where the text has none and the caller knows it.
    public var start: RuleDate?
    public var rules: [Rule] = []
    /// `EXRULE`, which RFC 5545 took out and calendars still send: occurrences of these are left out.
    public var exrules: [Rule] = []
    /// In the order of the text, repeats included.
    public var rdates: [RuleDate] = []
    public var exdates: [RuleDate] = []

    public init(start: RuleDate? = nil, rules: [Rule] = [], exrules: [Rule] = [], rdates: [RuleDate] = [], exdates: [RuleDate] = []) {
        self.start = start
        self.rules = rules
        self.exrules = exrules
        self.rdates = rdates
        self.exdates = exdates
    }

    /// The zone on whose wall clock the set runs: the `TZID` of `DTSTART`, or without a `DTSTART` that of the first date with one.
    public var zoneIdentifier: String? {
        if let start { return start.zone }
        return rdates.lazy.compactMap(\.zone).first ?? exdates.lazy.compactMap(\.zone).first
    }

    /// The set as content lines, separated by newlines and not folded. Parsing it gives this set again.
    public var text: String {
        var lines: [String] = []
        if let start { lines.append("DTSTART" + start.parameters + ":" + start.text) }
        lines += rules.map { "RRULE:" + $0.text }
        lines += exrules.map { "EXRULE:" + $0.text }
        lines += RuleSet.lines("RDATE", rdates) + RuleSet.lines("EXDATE", exdates)
        return lines.joined(separator: "\n")
    }

    /// One line for each run of dates that can share one.
    private static func lines(_ name: String, _ dates: [RuleDate]) -> [String] {
        var lines: [String] = []
        var run: [String] = [], shared = ""
        for date in dates {
            let parameters = date.parameters
            if parameters != shared, !run.isEmpty {
                lines.append(name + shared + ":" + run.joined(separator: ","))
                run = []
            }
            shared = parameters
            run.append(date.text)
        }
        if !run.isEmpty { lines.append(name + shared + ":" + run.joined(separator: ",")) }
        return lines
    }
}
