import RecurrenceData
import TaskDomain
import TaskRecurrence
import Testing

@Suite("The text of a rule")
struct RuleTextTests {
    @Test("all hundred rules of the shared list of invalid ones are refused, each with a reason")
    func invalid() throws {
        let rules = try RecurrenceData.rules("invalid.jsonl")
        #expect(rules.count == 100)
        for rule in rules {
            let error = #expect(throws: RuleError.self, "\(rule) was accepted") { try Rule(parsing: rule) }
            #expect(error?.reason.isEmpty == false)
            #expect(throws: RuleError.self) { try Rule(parsing: "RRULE:" + rule) }
        }
    }

    @Test("every rule of the shared cases is accepted, and prints as text that parses to it again",
          arguments: ["corpus.jsonl", "sets.jsonl", "unsynchronised.jsonl", "subday-transitions.jsonl"])
    func shared(file: String) throws {
        let rules = try RecurrenceData.rules(file)
        #expect(rules.count > 30)
        for text in rules {
            let rule = try Rule(parsing: text)
            #expect(try Rule(parsing: rule.text) == rule)
            #expect(rule.faults.isEmpty)
            #expect(!rule.english.isEmpty)
            // Nothing but order, repeats and defaults is lost.
            #expect(tidied(text) == tidied(rule.text))
        }
    }

    /// The text as a set of parts with sets of values, without what is at its default.
    private func tidied(_ text: String) -> [String: Set<String>] {
        var parts: [String: Set<String>] = [:]
        for part in text.uppercased().replacing("+", with: "").split(separator: ";") where part != "INTERVAL=1" && part != "WKST=MO" {
            let halves = part.split(separator: "=")
            parts[String(halves[0])] = Set(halves[1].split(separator: ",").map { $0.hasPrefix("0") && $0.count == 2 ? String($0.dropFirst()) : String($0) })
        }
        return parts
    }

    @Test("random rules print as text that parses to them again")
    func roundTrip() throws {
        var random = SplitMix64(seed: 5545)
        for _ in 0..<20_000 {
            let rule = RandomRules.rule(&random)
            #expect(rule.faults == [])
            #expect(try Rule(parsing: rule.text) == rule, "\(rule.text)")
        }
    }

    @Test("case, order, a leading plus and repeats change nothing")
    func untidy() throws {
        var random = SplitMix64(seed: 3310)
        for _ in 0..<5_000 {
            let rule = RandomRules.rule(&random)
            let text = RandomRules.untidyText(rule, &random)
            #expect(try Rule(parsing: text) == rule, "\(text)")
        }
    }

    @Test("what only looks wrong is accepted", arguments: [
        ("freq=daily;byhour=9", "FREQ=DAILY;BYHOUR=9"),
        ("RRULE:FREQ=DAILY", "FREQ=DAILY"),
        ("rrule:COUNT=3;FREQ=DAILY", "FREQ=DAILY;COUNT=3"),
        ("FREQ=MONTHLY;BYDAY=+1MO,-1fr,+1MO", "FREQ=MONTHLY;BYDAY=1MO,-1FR"),
        ("FREQ=MONTHLY;BYMONTHDAY=+31,01,-31", "FREQ=MONTHLY;BYMONTHDAY=-31,1,31"),
        ("FREQ=YEARLY;BYYEARDAY=+366,-366,001", "FREQ=YEARLY;BYYEARDAY=-366,1,366"),
        ("FREQ=YEARLY;BYWEEKNO=+53,-53", "FREQ=YEARLY;BYWEEKNO=-53,53"),
        ("FREQ=DAILY;BYHOUR=23,0;BYSETPOS=+366,-366", "FREQ=DAILY;BYHOUR=0,23;BYSETPOS=-366,366"),
        ("FREQ=MINUTELY;BYSECOND=60", "FREQ=MINUTELY;BYSECOND=60"),
        ("FREQ=DAILY;INTERVAL=0000000000000000000000001", "FREQ=DAILY"),
        ("FREQ=DAILY;COUNT=9223372036854775807", "FREQ=DAILY;COUNT=9223372036854775807"),
        ("FREQ=DAILY;INTERVAL=9223372036854775807", "FREQ=DAILY;INTERVAL=9223372036854775807"),
        ("FREQ=DAILY;UNTIL=20240229", "FREQ=DAILY;UNTIL=20240229"),
        ("FREQ=DAILY;UNTIL=20240229t235959z", "FREQ=DAILY;UNTIL=20240229T235959Z"),
        ("FREQ=DAILY;UNTIL=20241231T235960Z", "FREQ=DAILY;UNTIL=20241231T235959Z"),
        ("FREQ=DAILY;UNTIL=00000101T000000", "FREQ=DAILY;UNTIL=00000101T000000"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "FREQ=DAILY;UNTIL=99991231T235959Z"),
        ("FREQ=MONTHLY;BYDAY=53MO,-53SU", "FREQ=MONTHLY;BYDAY=53MO,-53SU"),
        ("FREQ=WEEKLY;WKST=su;BYDAY=SU,MO", "FREQ=WEEKLY;WKST=SU;BYDAY=MO,SU"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;BYMONTHDAY=1;BYYEARDAY=1", "FREQ=YEARLY;BYWEEKNO=1;BYYEARDAY=1;BYMONTHDAY=1;BYDAY=MO"),
    ])
    func accepted(text: String, canonical: String) throws {
        #expect(try Rule(parsing: text).text == canonical)
    }

    @Test("UNTIL keeps the form in which it was written", arguments: [
        ("19700102T000001Z", Rule.Until.utc(86_401)), ("19700102T000001", .local(86_401)), ("19700102", .date(1)),
        ("20240229", .date(19_782)), ("19691231T235959Z", .utc(-1)), ("20000301", .date(11_017)), ("19000228", .date(-25_509)),
    ])
    func until(text: String, until: Rule.Until) throws {
        #expect(try Rule(parsing: "FREQ=DAILY;UNTIL=" + text).until == until)
    }

    @Test("a slice of a text is read as well as a text")
    func slice() throws {
        #expect(try Rule(parsing: "xFREQ=DAILY".dropFirst()) == Rule(.daily))
    }

    @Test("lists and text are accepted up to their bounds and refused past them")
    func bounds() throws {
        func list(_ entries: Int) -> String { "FREQ=DAILY;BYHOUR=" + Array(repeating: "7", count: entries).joined(separator: ",") }
        for entries in [Rule.maximumListLength - 1, Rule.maximumListLength] {
            #expect(try Rule(parsing: list(entries)).byHour == [7])
        }
        #expect(throws: RuleError.self) { try Rule(parsing: list(Rule.maximumListLength + 1)) }

        func padded(_ length: Int) -> String { "FREQ=DAILY;COUNT=" + String(repeating: "0", count: length - 18) + "1" }
        for length in [Rule.maximumTextLength - 1, Rule.maximumTextLength] {
            #expect(padded(length).utf8.count == length)
            #expect(try Rule(parsing: padded(length)).count == 1)
        }
        let error = #expect(throws: RuleError.self) { try Rule(parsing: padded(Rule.maximumTextLength + 1)) }
        #expect(error?.part == "")
        #expect(error.map { $0.value.unicodeScalars.count <= RuleError.maximumShownLength + 1 } == true)
    }

    @Test("the fullest rule there can be prints within the bound and parses again")
    func fullest() throws {
        var rule = Rule(.yearly, interval: .max, until: .utc(0))
        rule.weekStart = .wednesday
        rule.byMonth = Array(1...12)
        rule.byYearDay = (-366...366).filter { $0 != 0 }
        rule.bySetPos = rule.byYearDay
        rule.byMonthDay = (-31...31).filter { $0 != 0 }
        rule.byDay = Rule.Weekday.allCases.flatMap { day in (-53...53).map { Rule.WeekdayNumber(day, ordinal: $0) } }
        rule.byHour = Array(0...23)
        rule.byMinute = Array(0...59)
        rule.bySecond = Array(0...60)
        #expect(rule.byDay.count <= Rule.maximumListLength)
        #expect(rule.text.utf8.count < 12_000)
        #expect(try Rule(parsing: rule.text) == rule)
        #expect(!rule.english.isEmpty)
    }
}
