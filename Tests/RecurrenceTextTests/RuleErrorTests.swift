import TaskRecurrence
import Testing

@Suite("A refused rule names the part, the value and the reason")
struct RuleErrorTests {
    @Test("one fault", arguments: [
        ("", "", "", "empty"),
        ("DAILY", "", "DAILY", "NAME=VALUE"),
        ("INTERVAL=2", "FREQ", "", "required"),
        ("FREQ=FORTNIGHTLY", "FREQ", "FORTNIGHTLY", "WEEKLY"),
        ("FREQ=DAILY;BYFOO=1", "BYFOO", "1", "not a part"),
        ("FREQ=DAILY;BYHOUR=1,24", "BYHOUR", "24", "0 to 23"),
        ("FREQ=DAILY;BYMINUTE=60", "BYMINUTE", "60", "0 to 59"),
        ("FREQ=DAILY;BYSECOND=61", "BYSECOND", "61", "0 to 60"),
        ("FREQ=DAILY;BYMONTH=13", "BYMONTH", "13", "1 to 12"),
        ("FREQ=DAILY;BYMONTHDAY=0", "BYMONTHDAY", "0", "1 to 31 or -31 to -1"),
        ("FREQ=HOURLY;BYYEARDAY=-367", "BYYEARDAY", "-367", "-366"),
        ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO", "54", "1 to 53"),
        ("FREQ=DAILY;BYWEEKNO=20", "BYWEEKNO", "20", "only with YEARLY"),
        ("FREQ=DAILY;BYYEARDAY=5,6", "BYYEARDAY", "5,6", "not allowed with DAILY"),
        ("FREQ=WEEKLY;BYMONTHDAY=5", "BYMONTHDAY", "5", "not allowed with WEEKLY"),
        ("FREQ=WEEKLY;BYDAY=MO,-1FR", "BYDAY", "-1FR", "MONTHLY or YEARLY"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "BYDAY", "1MO", "BYWEEKNO"),
        ("FREQ=MONTHLY;BYDAY=54MO", "BYDAY", "54MO", "1 to 53"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS", "1", "another BYxxx"),
        ("FREQ=DAILY;BYHOUR=1;BYSETPOS=0", "BYSETPOS", "0", "1 to 366"),
        ("FREQ=DAILY;COUNT=0", "COUNT", "0", "from 1"),
        ("FREQ=DAILY;COUNT=9223372036854775808", "COUNT", "9223372036854775808", "9223372036854775807"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL", "-1", "digits only"),
        ("FREQ=DAILY;COUNT=5;UNTIL=20300101", "UNTIL", "20300101", "exclude each other"),
        ("FREQ=DAILY;UNTIL=20230229", "UNTIL", "20230229", "calendar"),
        ("FREQ=DAILY;UNTIL=20230228T240000Z", "UNTIL", "20230228T240000Z", "calendar"),
        ("FREQ=DAILY;WKST=1MO", "WKST", "1MO", "MO, TU"),
        ("FREQ=DAILY;COUNT=3;COUNT=4", "COUNT", "4", "twice"),
        ("FREQ=DAILY;BYHOUR=1,,2", "BYHOUR", "1,,2", "empty entry"),
        ("FREQ=DAILY;", "", "", "semicolon"),
        ("FREQ=DAILY;BYHOUR=", "BYHOUR", "", "no value"),
        (" FREQ=DAILY", " FREQ", "DAILY", "without spaces"),
    ])
    func single(text: String, part: String, value: String, reason: String) {
        let error = #expect(throws: RuleError.self) { try Rule(parsing: text) }
        #expect(error?.part == part)
        #expect(error?.value == value)
        #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
        #expect(error?.description.contains(reason) == true)
    }

    @Test("all faults are reported at once, in the order of the text")
    func all() throws {
        guard case .failure(let errors) = Rule.parse("BYHOUR=24,1,25;FREQ=WEEKLY;BYMONTHDAY=1;BYFOO=2;INTERVAL=0;COUNT=1;UNTIL=20300101") else {
            Issue.record("was accepted")
            return
        }
        #expect(errors.all.map(\.part) == ["BYHOUR", "BYHOUR", "BYMONTHDAY", "BYFOO", "INTERVAL", "UNTIL"])
        #expect(errors.all.map(\.value) == ["24", "25", "1", "2", "0", "20300101"])
        #expect(errors.first == errors.all.first)
    }

    @Test("a part that is itself bad does not make another part bad")
    func noFollowUps() {
        #expect(parts("FREQ=SOMETIMES;BYWEEKNO=1;BYMONTHDAY=1") == ["FREQ"])
        #expect(parts("FREQ=DAILY;BYHOUR=99;BYSETPOS=1") == ["BYHOUR"])
    }

    private func parts(_ text: String) -> [String] {
        switch Rule.parse(text) {
        case .success: []
        case .failure(let errors): errors.all.map(\.part)
        }
    }

    @Test("no more faults are reported than the bound, however many there are")
    func bound() {
        for text in [String(repeating: ";", count: 16_000), "FREQ=DAILY;BYHOUR=" + Array(repeating: "99", count: 1_000).joined(separator: ","),
                     String(repeating: "A=1;", count: 4_000)] {
            #expect(parts(text).count == Rule.maximumFaults)
        }
    }

    @Test("a value is repeated cut to its bound and without control characters")
    func shown() {
        let error = #expect(throws: RuleError.self) { try Rule(parsing: "FREQ=A\nB\u{1B}[31m\u{202E}" + String(repeating: "é", count: 500)) }
        let value = error?.value ?? ""
        #expect(value.hasPrefix("A\\u{A}B\\u{1B}[31m\\u{202E}é"))
        #expect(value.hasSuffix("é…"))
        #expect(value.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        #expect(value.unicodeScalars.count < 2 * RuleError.maximumShownLength)
    }

    @Test("a rule built in code tells what is wrong with it, and prints without crashing")
    func built() {
        var rule = Rule(.weekly, interval: 0, count: 0, until: .utc(.max))
        rule.byMonthDay = [99]
        rule.byDay = [.init(.friday, ordinal: .min), .init(.monday, ordinal: 1)]
        rule.byMonth = [0, .max]
        rule.byHour = [.max, .min]
        rule.byMinute = [-1]
        #expect(Set(rule.faults.map(\.part)) == ["INTERVAL", "COUNT", "UNTIL", "BYMONTHDAY", "BYDAY", "BYMONTH", "BYHOUR", "BYMINUTE"])
        #expect(!rule.text.isEmpty)
        #expect(!rule.english.isEmpty)
    }
}
