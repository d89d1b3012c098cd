import TaskDomain
import TaskRecurrence

/// Random rules that RFC 5545 allows, with every part.
enum RandomRules {
    static let partNames = [
        "FREQ", "INTERVAL", "WKST", "BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS",
        "COUNT", "UNTIL",
    ]

    static func rule(_ random: inout SplitMix64) -> Rule {
        var rule = Rule(Rule.Frequency.allCases.randomElement(using: &random) ?? .daily)
        if oneIn(2, &random) { rule.interval = oneIn(9, &random) ? .random(in: 1...Int.max, using: &random) : .random(in: 1...40, using: &random) }
        if oneIn(3, &random) { rule.weekStart = Rule.Weekday.allCases.randomElement(using: &random) ?? .monday }
        let frequency = rule.frequency
        if oneIn(4, &random) { rule.byMonth = list(1...12, &random) }
        if frequency == .yearly, oneIn(4, &random) { rule.byWeekNo = list(-53...53, &random) }
        if frequency == .yearly || frequency >= .hourly, oneIn(4, &random) { rule.byYearDay = list(-366...366, &random) }
        if frequency != .weekly, oneIn(4, &random) { rule.byMonthDay = list(-31...31, &random) }
        if oneIn(3, &random) {
            let mayCount = frequency == .monthly || frequency == .yearly && rule.byWeekNo.isEmpty
            let days = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                let ordinal = mayCount && oneIn(2, &random) ? Int.random(in: -53...53, using: &random) : 0
                return Rule.WeekdayNumber(Rule.Weekday.allCases.randomElement(using: &random) ?? .monday, ordinal: ordinal)
            }
            rule.byDay = Set(days).sorted()
        }
        if oneIn(4, &random) { rule.byHour = list(0...23, &random) }
        if oneIn(4, &random) { rule.byMinute = list(0...59, &random) }
        if oneIn(5, &random) { rule.bySecond = list(0...60, &random) }
        if oneIn(4, &random), rule != bare(rule) { rule.bySetPos = list(-366...366, &random) }
        end(&rule, &random)
        return rule
    }

    private static func end(_ rule: inout Rule, _ random: inout SplitMix64) {
        switch Int.random(in: 0...7, using: &random) {
        case 0: rule.count = .random(in: 1...100, using: &random)
        case 1: rule.count = .random(in: 1...Int.max, using: &random)
        case 2: rule.until = .utc(.random(in: -62_167_219_200...253_402_300_799, using: &random))
        case 3: rule.until = .local(.random(in: -62_167_219_200...253_402_300_799, using: &random))
        case 4: rule.until = .date(.random(in: -719_528...2_932_896, using: &random))
        default: break
        }
    }

    /// The rule without its BYxxx parts.
    static func bare(_ rule: Rule) -> Rule {
        var bare = Rule(rule.frequency, interval: rule.interval, count: rule.count, until: rule.until)
        bare.weekStart = rule.weekStart
        return bare
    }

    /// YEARLY by month days alone and MONTHLY by the same are one rule, since without BYMONTH these are days of every month.
    static func meansTheSame(_ a: Rule, _ b: Rule) -> Bool {
        func plain(_ rule: Rule) -> Rule {
            var plain = rule
            let onlyMonthDays = rule.byMonth.isEmpty && rule.byWeekNo.isEmpty && rule.byYearDay.isEmpty && rule.byDay.isEmpty && !rule.byMonthDay.isEmpty
            if rule.frequency == .yearly, rule.interval == 1, onlyMonthDays, rule.bySetPos.isEmpty { plain.frequency = .monthly }
            return plain
        }
        return plain(a) == plain(b)
    }

    /// The text of a rule as another program might write it: any case, any order, signs, repeats.
    static func untidyText(_ rule: Rule, _ random: inout SplitMix64) -> String {
        var parts = rule.text.split(separator: ";").map(String.init)
        parts.shuffle(using: &random)
        let signed = ["BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYSETPOS", "BYDAY"]
        let untidy = parts.map { part -> String in
            let halves = part.split(separator: "=").map(String.init)
            guard halves[0].hasPrefix("BY") else { return part }
            var items = halves[1].split(separator: ",").map(String.init)
            items.shuffle(using: &random)
            if let item = items.randomElement(using: &random) { items.append(item) }
            if signed.contains(halves[0]) { items = items.map { $0.first?.isNumber == true ? "+" + $0 : $0 } }
            return halves[0] + "=" + items.joined(separator: ",")
        }
        let text = untidy.joined(separator: ";")
        return (oneIn(2, &random) ? "rrule:" : "") + (oneIn(2, &random) ? text.lowercased() : text)
    }

    private static func oneIn(_ chances: Int, _ random: inout SplitMix64) -> Bool { Int.random(in: 1...chances, using: &random) == 1 }

    private static func list(_ range: ClosedRange<Int>, _ random: inout SplitMix64) -> [Int] {
        let count = oneIn(20, &random) ? 400 : Int.random(in: 1...5, using: &random)
        let values = Set((0..<count).map { _ in Int.random(in: range, using: &random) }).subtracting(range.lowerBound < 0 ? [0] : [])
        return values.isEmpty ? [1] : values.sorted()
    }
}
