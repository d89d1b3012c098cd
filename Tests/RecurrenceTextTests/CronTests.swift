import TaskDomain
import TaskRecurrence
import Testing

@Suite("Cron expressions are refused with the rule that means the same")
struct CronTests {
    private func reason(_ text: String) -> String {
        switch Rule.parse(text) {
        case .success: "accepted"
        case .failure(let errors): errors.all.count == 1 ? errors.first.reason : "\(errors)"
        }
    }

    /// The rules that the refusal names.
    private func rules(_ text: String) throws -> [Rule] {
        let reason = reason(text)
        if let range = reason.firstRange(of: "means the same is ") { return [try Rule(parsing: reason[range.upperBound...])] }
        let lines = reason.split(separator: "RRULE:").dropFirst().map { $0.hasSuffix(" and ") ? $0.dropLast(5) : $0 }
        return try lines.map { try Rule(parsing: $0) }
    }

    @Test("known ones", arguments: [
        ("0 9 * * 1-5", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0;BYSECOND=0"),
        ("*/15 * * * *", "FREQ=HOURLY;BYMINUTE=0,15,30,45;BYSECOND=0"), ("* * * * *", "FREQ=MINUTELY;BYSECOND=0"),
        ("0 */6 * * *", "FREQ=DAILY;BYHOUR=0,6,12,18;BYMINUTE=0;BYSECOND=0"), ("* 9 * * *", "FREQ=MINUTELY;BYHOUR=9;BYSECOND=0"),
        ("30 8 1 * *", "FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=8;BYMINUTE=30;BYSECOND=0"),
        ("0 0 25 dec *", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25;BYHOUR=0;BYMINUTE=0;BYSECOND=0"),
        ("5\t7 * Jan-Mar sun,7,WED", "FREQ=WEEKLY;BYMONTH=1,2,3;BYDAY=WE,SU;BYHOUR=7;BYMINUTE=5;BYSECOND=0"),
        ("@daily", "FREQ=DAILY;BYHOUR=0;BYMINUTE=0;BYSECOND=0"), ("@weekly", "FREQ=WEEKLY;BYDAY=SU;BYHOUR=0;BYMINUTE=0;BYSECOND=0"),
        ("@hourly", "FREQ=HOURLY;BYMINUTE=0;BYSECOND=0"), ("@yearly", "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0"),
        // A kind of day that begins with a star only lets days through.
        ("0 0 */2 * 1", "FREQ=MONTHLY;BYMONTHDAY=1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31;BYDAY=MO;BYHOUR=0;BYMINUTE=0;BYSECOND=0"),
        ("0 0 1-31 * 1", "FREQ=DAILY;BYHOUR=0;BYMINUTE=0;BYSECOND=0"),
    ])
    func known(cron: String, rule: String) {
        #expect(reason(cron) == "looks like a cron expression; the RRULE that means the same is " + rule)
    }

    @Test("where either kind of day is enough, two rules are named and none is said to be the same")
    func either() throws {
        let reason = reason("0 12 13 * 5")
        #expect(reason.contains("either kind of day is enough") && reason.contains("no single RRULE"))
        #expect(try rules("0 12 13 * 5").map(\.text) == [
            "FREQ=MONTHLY;BYMONTHDAY=13;BYHOUR=12;BYMINUTE=0;BYSECOND=0", "FREQ=WEEKLY;BYDAY=FR;BYHOUR=12;BYMINUTE=0;BYSECOND=0",
        ])
    }

    @Test("what is meant for cron and has no rule is refused without one", arguments: [
        "@reboot", "@every 5m", "0 0 9 * * 1-5", "0 0 9 ? * MON *", "0 9 L * *", "0 9 * * 5#3", "60 9 * * *", "0 24 * * *", "0 9 0 * *", "0 9 * 13 *",
        "0 9 * * 8", "0 9 5-1 * *", "0 9 * * fri-mon", "*/0 * * * *", "1/2/3 * * * *", ", * * * *",
    ])
    func withoutRule(cron: String) {
        #expect(reason(cron) == "looks like a cron expression, and must be an RRULE, as FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9")
    }

    @Test("what is not meant for cron is refused for what it is", arguments: [
        "every day at nine o'clock", "FREQ=DAILY;BYHOUR=9", "0 9 * *", "a b c d e", "", "1 2 3 4 5 6 7 8",
    ])
    func notCron(text: String) { #expect(!reason(text).contains("cron")) }

    @Test("in a set the line is named too")
    func inSet() {
        let error = #expect(throws: RuleError.self) { try RuleSet(parsing: "DTSTART:20260101T000000Z\nRRULE:0 9 * * *") }
        #expect(error?.value == "0 9 * * *" && error?.reason.contains("FREQ=DAILY;BYHOUR=9") == true)
    }

    // MARK: Against cron itself

    /// A field's text with the values that cron takes it for.
    private struct Field {
        var text: String
        var values: Set<Int>
        var isStarred: Bool { text.hasPrefix("*") }
    }

    private func field(_ range: ClosedRange<Int>, names: [String] = [], _ random: inout SplitMix64) -> Field {
        func name(_ value: Int) -> String {
            let index = value - range.lowerBound
            return names.indices.contains(index) && Bool.random(using: &random) ? names[index] : String(value)
        }
        func piece(starring: Bool) -> Field {
            let step = Int.random(in: 1...9, using: &random), a = Int.random(in: range, using: &random), b = Int.random(in: range, using: &random)
            let low = min(a, b), high = max(a, b)
            switch Int.random(in: 0...(starring ? 4 : 2), using: &random) {
            case 0: return Field(text: name(a), values: [a])
            case 1: return Field(text: name(low) + "-" + name(high), values: Set(low...high))
            case 2: return Field(text: "\(low)-\(high)/\(step)", values: Set(stride(from: low, through: high, by: step)))
            case 3: return Field(text: "*/\(step)", values: Set(stride(from: range.lowerBound, through: range.upperBound, by: step)))
            default: return Field(text: "*", values: Set(range))
            }
        }
        let first = piece(starring: true)
        if first.isStarred || Bool.random(using: &random) { return first }
        let second = piece(starring: false)
        return Field(text: first.text + "," + second.text, values: first.values.union(second.values))
    }

    /// What cron would do, minute by minute, from 2027-01-01 on.
    private func times(_ minute: Field, _ hour: Field, _ day: Field, _ month: Field, _ weekday: Field, most: Int) -> [Int64] {
        let start: Int64 = 1_798_761_600, lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var times: [Int64] = [], number = 0
        for year in 0..<6 {
            for (index, plain) in lengths.enumerated() {
                // 2028 and 2032 are leap years.
                for date in 1...(index == 1 && year % 4 == 1 ? 29 : plain) {
                    // 1 January 2027 is a Friday.
                    let inMonth = day.values.contains(date), inWeek = weekday.values.contains((number + 5) % 7)
                        || (number + 5) % 7 == 0 && weekday.values.contains(7)
                    let matches = day.isStarred || weekday.isStarred ? inMonth && inWeek : inMonth || inWeek
                    if matches, month.values.contains(index + 1) {
                        for h in hour.values.sorted() { for m in minute.values.sorted() { times.append(start + Int64(number * 86_400 + h * 3_600 + m * 60)) } }
                    }
                    if times.count >= most { return Array(times.prefix(most)) }
                    number += 1
                }
            }
        }
        return times
    }

    @Test("random expressions and the rules named for them have the same times")
    func random() throws {
        var random = SplitMix64(seed: 7)
        let months = ["JAN", "feb", "Mar", "APR", "may", "JUN", "JUL", "aug", "SEP", "OCT", "NOV", "dec"]
        let days = ["SUN", "mon", "TUE", "wed", "THU", "fri", "SAT"]
        for _ in 0..<300 {
            let minute = field(0...59, &random), hour = field(0...23, &random), day = field(1...31, &random)
            let month = field(1...12, names: months, &random), weekday = field(0...7, names: days, &random)
            let cron = [minute, hour, day, month, weekday].map(\.text).joined(separator: " ")
            let rules = try rules(cron)
            try #require(!rules.isEmpty, "\(cron): \(reason(cron))")
            let expected = times(minute, hour, day, month, weekday, most: 400)
            let series = Series(start: 1_798_761_600, rules: rules, startConvention: .ruleOnly)
            let found = series.first(400, after: 1_798_761_599).filter { $0 < 1_798_761_600 + 2_192 * 86_400 }
            #expect(found == expected, "\(cron): \(rules.map(\.text))")
        }
    }
}
