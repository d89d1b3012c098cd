/// A cron expression (crontab(5) of cronie: five fields, or `@daily` and the like), read only so that a rule can be named that means the
/// same.
struct CronExpression: Hashable {
    /// One field: its values, and whether it begins with `*`, which decides how the two kinds of day go together.
    struct Field: Hashable {
        var values: [Int]
        var isStarred: Bool
        var isAll: Bool
    }

    var minute: Field, hour: Field, monthDay: Field, month: Field
    /// Days of the week, 0 Monday … 6 Sunday as in ``Rule/Weekday``; the text has 0 and 7 for Sunday.
    var weekday: Field

    /// Tells whether the text is meant for cron, also where it is none that can be read: five to seven fields of digits, signs and names
    /// of which the first two are of digits and signs, or a word after an `@`.
    static func isMeant(by bytes: TextBytes) -> Bool {
        guard bytes.count <= maximumLength else { return false }
        if bytes.first == UInt8(ascii: "@") { return bytes.dropFirst().allSatisfy { isLetter($0) || TextBytes.isDigit($0) || isBlank($0) } }
        let fields = fields(of: bytes), signs = Array("*/,-?#".utf8)
        guard (5...7).contains(fields.count) else { return false }
        return fields.allSatisfy { $0.allSatisfy { TextBytes.isDigit($0) || signs.contains($0) || isLetter($0) } }
            && fields.prefix(2).allSatisfy { $0.allSatisfy { TextBytes.isDigit($0) || signs.contains($0) } }
    }

    /// Nil for what cron would not take, and for what no calendar has (`@reboot`).
    init?(_ bytes: TextBytes) {
        guard CronExpression.isMeant(by: bytes) else { return nil }
        var fields = CronExpression.fields(of: bytes)
        if bytes.first == UInt8(ascii: "@") {
            guard fields.count == 1, let meaning = CronExpression.shorthands[String(decoding: bytes, as: UTF8.self).lowercased()] else { return nil }
            fields = CronExpression.fields(of: Array(meaning.utf8)[...])
        }
        guard fields.count == 5, let minute = CronExpression.field(fields[0], 0...59), let hour = CronExpression.field(fields[1], 0...23),
              let monthDay = CronExpression.field(fields[2], 1...31),
              let month = CronExpression.field(fields[3], 1...12, names: CronExpression.months, first: 1),
              let days = CronExpression.field(fields[4], 0...7, names: CronExpression.weekdays, first: 0) else { return nil }
        (self.minute, self.hour, self.monthDay, self.month) = (minute, hour, monthDay, month)
        let weekdays = Set(days.values.map { ($0 + 6) % 7 }).sorted()
        weekday = Field(values: weekdays, isStarred: days.isStarred, isAll: weekdays.count == 7)
    }

    /// Words about a text that is meant for cron: the rules that mean the same, where there are such.
    static func advice(on bytes: TextBytes) -> String? {
        guard isMeant(by: bytes) else { return nil }
        guard let rules = CronExpression(bytes)?.rules else {
            return "looks like a cron expression, and must be an RRULE, as FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9"
        }
        let texts = rules.map(\.text)
        if texts.count == 1 { return "looks like a cron expression; the RRULE that means the same is \(texts[0])" }
        let lines = texts.map { "RRULE:" + $0 }.joined(separator: " and ")
        return "looks like a cron expression, in which either kind of day is enough; no single RRULE says that, two lines of a set do: \(lines)"
    }

    // MARK: Rules

    /// One rule, or two of which either is enough: cron takes a day that matches either kind where both kinds are given and neither begins
    /// with `*`.
    var rules: [Rule] {
        guard !monthDay.isStarred, !weekday.isStarred else { return [rule(monthDays: monthDay, weekdays: weekday)] }
        let every = Field(values: [], isStarred: true, isAll: true)
        if monthDay.isAll || weekday.isAll { return [rule(monthDays: every, weekdays: every)] }
        return [rule(monthDays: monthDay, weekdays: every), rule(monthDays: every, weekdays: weekday)]
    }

    private func rule(monthDays: Field, weekdays: Field) -> Rule {
        var rule = Rule(frequency(monthDays, weekdays))
        if !month.isAll { rule.byMonth = month.values }
        if !monthDays.isAll { rule.byMonthDay = monthDays.values }
        if !weekdays.isAll { rule.byDay = weekdays.values.compactMap { Rule.Weekday(rawValue: $0).map { Rule.WeekdayNumber($0) } } }
        if !hour.isAll { rule.byHour = hour.values }
        if !minute.isAll { rule.byMinute = minute.values }
        rule.bySecond = [0]
        return rule
    }

    /// The longest that says it. Of daily and longer rules a part that is left out is the start's, so all hours or all minutes are steps.
    private func frequency(_ monthDays: Field, _ weekdays: Field) -> Rule.Frequency {
        if minute.isAll { return .minutely }
        if hour.isAll { return .hourly }
        if !monthDays.isAll { return month.isAll || !weekdays.isAll ? .monthly : .yearly }
        return weekdays.isAll ? .daily : .weekly
    }

    // MARK: Reading

    private static let maximumLength = 256
    private static let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    private static let weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    private static let shorthands = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(TextBytes.upper(byte)) }
    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func fields(of bytes: TextBytes) -> [TextBytes] { bytes.split(maxSplits: 8, whereSeparator: isBlank) }

    /// `*`, `5`, `1-5`, each with `/step`, and lists of these; a name stands for one value.
    private static func field(_ bytes: TextBytes, _ range: ClosedRange<Int>, names: [String] = [], first: Int = 0) -> Field? {
        var values: Set<Int> = []
        func value(_ piece: TextBytes) -> Int? {
            if let number = piece.number(signed: false, maximumDigits: 2) { return range.contains(number) ? number : nil }
            return piece.upperName(atMost: 3).flatMap(names.firstIndex(of:)).map { $0 + first }
        }
        for item in bytes.pieces(separatedBy: ",", limit: maximumLength) {
            let halves = item.pieces(separatedBy: "/", limit: 2)
            guard (1...2).contains(halves.count) else { return nil }
            var bounds: ClosedRange<Int>
            if Array(halves[0]) == Array("*".utf8) {
                bounds = range
            } else {
                let ends = halves[0].pieces(separatedBy: "-", limit: 2)
                guard ends.count <= 2, let low = value(ends[0]), let high = ends.count == 2 ? value(ends[1]) : low, low <= high else { return nil }
                // A step stands only after a range or `*`.
                guard ends.count == 2 || halves.count == 1 else { return nil }
                bounds = low...high
            }
            let step = halves.count == 2 ? halves[1].number(signed: false, maximumDigits: 2) : 1
            guard let step, step >= 1 else { return nil }
            values.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
        }
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        return Field(values: sorted, isStarred: bytes.first == UInt8(ascii: "*"), isAll: sorted.count == range.count)
    }
}
