import TaskDomain
import TaskRecurrence
import Testing

@Suite("The text of a recurrence set")
struct RuleSetTests {
    @Test("all five properties are read, in any order, with TZID, VALUE, folding and both line ends")
    func everything() throws {
        let text = """
        EXDATE;TZID=Europe/Berlin:20260104T090000,20260105T090000\r
        DTSTART;TZID=Europe/Berlin:20260101T090000\r
        RRULE:FREQ=DAILY;BYHO\r
         UR=9;UNTIL=20301231T000000Z\r
        rdate;VALUE=DATE:20260701,20260702
        EXRULE:FREQ=WEEKLY;BYDAY=SU
        RDATE:20260301T120000Z
        RDATE;X-NOTE="a;b:c";VALUE=DATE-TIME:20260302T120000
        RRULE:FREQ=MONTHLY;BYMONTHDAY=1\n
        """
        let set = try RuleSet(parsing: text)
        #expect(set.start == .local(1_767_258_000, zone: "Europe/Berlin"))
        #expect(set.zoneIdentifier == "Europe/Berlin")
        #expect(set.rules.map(\.text) == ["FREQ=DAILY;BYHOUR=9;UNTIL=20301231T000000Z", "FREQ=MONTHLY;BYMONTHDAY=1"])
        #expect(set.exrules.map(\.text) == ["FREQ=WEEKLY;BYDAY=SU"])
        #expect(set.rdates == [.date(20_635), .date(20_636), .utc(1_772_366_400), .local(1_772_452_800, zone: nil)])
        #expect(set.exdates == [.local(1_767_517_200, zone: "Europe/Berlin"), .local(1_767_603_600, zone: "Europe/Berlin")])
        #expect(set.text == """
        DTSTART;TZID=Europe/Berlin:20260101T090000
        RRULE:FREQ=DAILY;BYHOUR=9;UNTIL=20301231T000000Z
        RRULE:FREQ=MONTHLY;BYMONTHDAY=1
        EXRULE:FREQ=WEEKLY;BYDAY=SU
        RDATE;VALUE=DATE:20260701,20260702
        RDATE:20260301T120000Z,20260302T120000
        EXDATE;TZID=Europe/Berlin:20260104T090000,20260105T090000
        """)
        #expect(try RuleSet(parsing: set.text) == set)
    }

    @Test("a bare rule is a set of one rule", arguments: ["FREQ=DAILY", "RRULE:FREQ=DAILY", "rrule:freq=daily\r\n"])
    func bare(text: String) throws {
        #expect(try RuleSet(parsing: text) == RuleSet(rules: [Rule(.daily)]))
    }

    @Test("of a period only the start counts", arguments: ["20260301T120000Z/20260301T130000Z", "20260301T120000Z/PT1H", "20260301T120000Z/P1DT2H3M4S", "20260301T120000Z/p1w"])
    func period(value: String) throws {
        #expect(try RuleSet(parsing: "RDATE;VALUE=PERIOD:" + value).rdates == [.utc(1_772_366_400)])
    }

    @Test("a zone's name may stand in quotes, and is printed so where it must", arguments: [
        ("\"Europe/Berlin\"", "Europe/Berlin", "Europe/Berlin"), ("\"a:b;c,d\"", "a:b;c,d", "\"a:b;c,d\""), ("/example/Zürich", "/example/Zürich", "/example/Zürich"),
    ])
    func zone(written: String, zone: String, printed: String) throws {
        let set = try RuleSet(parsing: "DTSTART;TZID=\(written):20260101T000000")
        #expect(set.zoneIdentifier == zone)
        #expect(set.text == "DTSTART;TZID=\(printed):20260101T000000")
    }

    @Test("UNTIL must have the form that DTSTART asks for", arguments: [
        ("DTSTART;TZID=Europe/Berlin:20260101T090000", "20300101T000000Z"), ("DTSTART:20260101T090000Z", "20300101T000000Z"),
        ("DTSTART:20260101T090000", "20300101T000000"), ("DTSTART;VALUE=DATE:20260101", "20300101"),
    ])
    func until(start: String, form: String) throws {
        for other in ["20300101T000000Z", "20300101T000000", "20300101"] {
            let text = start + "\nRRULE:FREQ=DAILY;UNTIL=" + other
            if other == form {
                #expect(try RuleSet(parsing: text).rules.count == 1)
            } else {
                let error = #expect(throws: RuleError.self) { try RuleSet(parsing: text) }
                #expect(error?.part == "UNTIL")
                #expect(error?.reason.contains("DTSTART") == true)
            }
        }
    }

    @Test("a refused set names the part, the value and the reason", arguments: [
        ("", "", "", "empty line"),
        ("EXDATE:20260101T000000", "", "", "no occurrence"),
        ("RRULE:FREQ=DAILY\n\nRRULE:FREQ=DAILY", "", "", "empty line"),
        ("BEGIN:VEVENT", "BEGIN", "VEVENT", "expected DTSTART"),
        ("RRULE:FREQ=DAILY;BYHOUR=24", "BYHOUR", "24", "0 to 23"),
        ("EXRULE:FREQ=DAILY;BYHOUR=24", "BYHOUR", "24", "0 to 23"),
        ("RRULE;TZID=Europe/Berlin:FREQ=DAILY", "RRULE", "TZID=Europe/Berlin", "no such parameter"),
        ("DTSTART:20260101", "DTSTART", "20260101", "VALUE=DATE"),
        ("DTSTART:20260230T000000", "DTSTART", "20260230T000000", "calendar"),
        ("DTSTART:20260101T000000\nDTSTART:20260101T000000", "DTSTART", "20260101T000000", "twice"),
        ("DTSTART;VALUE=PERIOD:20260101T000000/PT1H", "DTSTART", "PERIOD", "DATE or DATE-TIME"),
        ("DTSTART;TZID=Europe/Berlin:20260101T000000Z", "DTSTART", "20260101T000000Z", "UTC"),
        ("DTSTART;TZID=Europe/Berlin;VALUE=DATE:20260101", "DTSTART", "20260101", "TZID"),
        ("DTSTART;TZID=:20260101T000000", "DTSTART", "", "TZID"),
        ("DTSTART;TZID=A;TZID=B:20260101T000000", "DTSTART", "TZID=B", "once"),
        ("DTSTART;TZID=\"A\"B:20260101T000000", "DTSTART", "TZID=\"A\"B", "neither"),
        ("DTSTART;RANGE=THISANDFUTURE:20260101T000000", "DTSTART", "RANGE=THISANDFUTURE", "TZID and VALUE"),
        ("RDATE:20260101T000000,", "RDATE", "", "calendar"),
        ("RDATE;VALUE=PERIOD:20260101T000000", "RDATE", "20260101T000000", "period"),
        ("RDATE;VALUE=PERIOD:20260101T000000/PT1H2S", "RDATE", "20260101T000000/PT1H2S", "duration"),
        ("RDATE;VALUE=PERIOD:20260101T000000/P", "RDATE", "20260101T000000/P", "duration"),
        ("RDATE;VALUE=PERIOD:20260101T000000/-PT1H", "RDATE", "20260101T000000/-PT1H", "duration"),
        ("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;BYHOUR=9,10", "BYHOUR", "9,10", "without a time"),
    ])
    func refused(text: String, part: String, value: String, reason: String) {
        let error = #expect(throws: RuleError.self) { try RuleSet(parsing: text) }
        #expect(error?.part == part)
        #expect(error?.value == value)
        #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
    }

    @Test("rules and dates are accepted up to their bounds and refused past them")
    func bounds() throws {
        func rules(_ count: Int) -> String { Array(repeating: "RRULE:FREQ=DAILY", count: count).joined(separator: "\n") }
        func dates(_ count: Int) -> String { "RDATE:" + Array(repeating: "20260101T000000Z", count: count).joined(separator: ",") }
        for count in [RuleSet.maximumRules - 1, RuleSet.maximumRules] {
            #expect(try RuleSet(parsing: rules(count)).rules.count == count)
        }
        #expect(throws: RuleError.self) { try RuleSet(parsing: rules(RuleSet.maximumRules + 1)) }
        for count in [RuleSet.maximumDates - 1, RuleSet.maximumDates] {
            #expect(try RuleSet(parsing: dates(count)).rdates.count == count)
        }
        #expect(throws: RuleError.self) { try RuleSet(parsing: dates(RuleSet.maximumDates + 1)) }
        #expect(throws: RuleError.self) { try RuleSet(parsing: dates(RuleSet.maximumDates) + "\n" + dates(1)) }
        func zone(_ length: Int) -> String { "DTSTART;TZID=\(String(repeating: "z", count: length)):20260101T000000" }
        #expect(try RuleSet(parsing: zone(RuleSet.maximumZoneLength)).zoneIdentifier?.count == RuleSet.maximumZoneLength)
        #expect(throws: RuleError.self) { try RuleSet(parsing: zone(RuleSet.maximumZoneLength + 1)) }
        #expect(throws: RuleError.self) { try RuleSet(parsing: "RRULE:" + String(repeating: "x", count: RuleSet.maximumTextLength)) }
    }

    @Test("random sets print as text that parses to them again")
    func roundTrip() throws {
        var random = SplitMix64(seed: 38)
        for _ in 0..<2_000 {
            var set = RuleSet(start: Bool.random(using: &random) ? date(&random) : nil)
            // A rule that is open at the end and leaves the time to DTSTART stands beside any start.
            for _ in 0..<Int.random(in: 1...3, using: &random) { set.rules.append(open(RandomRules.rule(&random))) }
            if Bool.random(using: &random) { set.exrules.append(open(RandomRules.rule(&random))) }
            set.rdates = (0..<Int.random(in: 0...6, using: &random)).map { _ in date(&random) }
            set.exdates = (0..<Int.random(in: 0...6, using: &random)).map { _ in date(&random) }
            #expect(try RuleSet(parsing: set.text) == set, "\(set.text)")
        }
    }

    private func open(_ rule: Rule) -> Rule {
        var rule = rule
        rule.until = nil
        (rule.byHour, rule.byMinute, rule.bySecond, rule.bySetPos) = ([], [], [], [])
        return rule
    }

    private func date(_ random: inout SplitMix64) -> RuleDate {
        let seconds = Int64.random(in: -62_167_219_200...253_402_300_799, using: &random)
        switch Int.random(in: 0...3, using: &random) {
        case 0: return .utc(seconds)
        case 1: return .local(seconds, zone: nil)
        case 2: return .local(seconds, zone: ["Europe/Berlin", "a, b", "UTC"].randomElement(using: &random))
        default: return .date(.random(in: -719_528...2_932_896, using: &random))
        }
    }
}
