import TaskDomain
import TaskRecurrence
import Testing

@Suite("The object form of a rule, as python-dateutil has it")
struct RuleObjectTests {
    typealias Fields = [(String, RuleFieldValue)]

    @Test("each field means what it means to dateutil", arguments: [
        ([("freq", .integer(2)), ("interval", .integer(1)), ("byweekday", .array([.integer(0), .integer(2)])), ("count", .integer(10))],
         "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10"),
        ([("freq", .integer(0))], "FREQ=YEARLY"), ([("freq", .integer(1))], "FREQ=MONTHLY"), ([("freq", .integer(3))], "FREQ=DAILY"),
        ([("freq", .integer(4))], "FREQ=HOURLY"), ([("freq", .integer(5))], "FREQ=MINUTELY"), ([("freq", .integer(6))], "FREQ=SECONDLY"),
        ([("freq", .string("WEEKLY"))], "FREQ=WEEKLY"), ([("freq", .string("daily"))], "FREQ=DAILY"), ([("freq", .number(3))], "FREQ=DAILY"),
        ([("freq", .integer(3)), ("until", .integer(86_400))], "FREQ=DAILY;UNTIL=19700102T000000Z"),
        ([("freq", .integer(3)), ("until", .integer(-1))], "FREQ=DAILY;UNTIL=19691231T235959Z"),
        ([("freq", .integer(3)), ("until", .integer(-62_135_596_800))], "FREQ=DAILY;UNTIL=00010101T000000Z"),
        ([("freq", .integer(2)), ("wkst", .integer(6))], "FREQ=WEEKLY;WKST=SU"), ([("freq", .integer(2)), ("wkst", .string("su"))], "FREQ=WEEKLY;WKST=SU"),
        ([("freq", .integer(1)), ("byweekday", .string("-1FR"))], "FREQ=MONTHLY;BYDAY=-1FR"),
        ([("freq", .integer(1)), ("byweekday", .array([.string("+2tu"), .integer(0), .string("SU")]))], "FREQ=MONTHLY;BYDAY=MO,2TU,SU"),
        ([("freq", .integer(2)), ("byweekday", .integer(4))], "FREQ=WEEKLY;BYDAY=FR"),
        ([("freq", .integer(1)), ("byweekday", .array([.integer(0), .integer(1)])), ("bysetpos", .integer(-1))], "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"),
        ([("freq", .integer(0)), ("bymonth", .array([.integer(12), .integer(1)])), ("bymonthday", .array([.integer(-1), .number(1)]))],
         "FREQ=YEARLY;BYMONTH=1,12;BYMONTHDAY=-1,1"),
        ([("freq", .integer(0)), ("byyearday", .integer(100)), ("byhour", .integer(9)), ("byminute", .integer(0)), ("bysecond", .integer(30))],
         "FREQ=YEARLY;BYYEARDAY=100;BYHOUR=9;BYMINUTE=0;BYSECOND=30"),
        ([("freq", .integer(0)), ("byweekno", .array([.integer(20), .integer(20)]))], "FREQ=YEARLY;BYWEEKNO=20"),
        ([("freq", .integer(3)), ("cache", .bool(true)), ("dtstart", .string("2026-01-01")), ("count", .null), ("byhour", .null)], "FREQ=DAILY"),
    ] as [(Fields, String)])
    func accepted(fields: Fields, text: String) throws {
        #expect(try Rule.fromObject(fields).get().text == text)
    }

    @Test("a fault names the way to the culprit", arguments: [
        ([], ["freq"], "required"),
        ([("freq", .null)], ["freq"], "required"),
        ([("freq", .integer(7))], ["freq"], "0 (YEARLY) to 6"),
        ([("freq", .string("FORTNIGHTLY"))], ["freq"], "FORTNIGHTLY"),
        ([("freq", .bool(true))], ["freq"], "true"),
        ([("freq", .number(2.5))], ["freq"], "2.5"),
        ([("freq", .integer(2)), ("byweekday", .array([.string("XX")]))], ["byweekday", "0"], "\"XX\""),
        ([("freq", .integer(2)), ("byweekday", .array([.integer(0), .integer(7)]))], ["byweekday", "1"], "0 (Monday) to 6"),
        ([("freq", .integer(2)), ("byweekday", .array([.integer(0), .string("1MO")]))], ["byweekday", "1"], "MONTHLY or YEARLY"),
        ([("freq", .integer(1)), ("byweekday", .string("0MO"))], ["byweekday"], "ordinal"),
        ([("freq", .integer(0)), ("byweekno", .integer(1)), ("byweekday", .string("1MO"))], ["byweekday"], "BYWEEKNO"),
        ([("freq", .integer(3)), ("byhour", .array([.integer(9), .integer(24)]))], ["byhour", "1"], "0 to 23"),
        ([("freq", .integer(3)), ("byhour", .integer(-1))], ["byhour"], "0 to 23"),
        ([("freq", .integer(3)), ("byhour", .array([.null]))], ["byhour", "0"], "whole number"),
        ([("freq", .integer(3)), ("byhour", .array([.array([.integer(1)])]))], ["byhour", "0"], "a list"),
        ([("freq", .integer(3)), ("byhour", .object([("a", .null)]))], ["byhour"], "an object"),
        ([("freq", .integer(3)), ("byhour", .array([]))], ["byhour"], "at least one"),
        ([("freq", .integer(3)), ("byhour", .string("9"))], ["byhour"], "whole number"),
        ([("freq", .integer(3)), ("bymonthday", .integer(32))], ["bymonthday"], "1 to 31"),
        ([("freq", .integer(2)), ("bymonthday", .integer(1))], ["bymonthday"], "WEEKLY"),
        ([("freq", .integer(3)), ("byyearday", .integer(1))], ["byyearday"], "DAILY"),
        ([("freq", .integer(3)), ("byweekno", .integer(1))], ["byweekno"], "only with YEARLY"),
        ([("freq", .integer(3)), ("bysetpos", .integer(1))], ["bysetpos"], "another BYxxx"),
        ([("freq", .integer(3)), ("interval", .integer(0))], ["interval"], "from 1"),
        ([("freq", .integer(3)), ("interval", .number(.infinity))], ["interval"], "whole number"),
        ([("freq", .integer(3)), ("count", .number(.nan))], ["count"], "whole number"),
        ([("freq", .integer(3)), ("count", .integer(0))], ["count"], "from 1"),
        ([("freq", .integer(3)), ("count", .array([.integer(1)]))], ["count"], "whole number"),
        ([("freq", .integer(3)), ("count", .integer(1)), ("until", .integer(1))], ["until"], "exclude each other"),
        ([("freq", .integer(3)), ("until", .string("20300101"))], ["until"], "unix seconds"),
        ([("freq", .integer(3)), ("until", .integer(.max))], ["until"], "9999"),
        ([("freq", .integer(3)), ("until", .integer(253_402_300_800))], ["until"], "9999"),
        ([("freq", .integer(3)), ("until", .integer(-62_135_596_801))], ["until"], "years 1 to 9999"),
        ([("freq", .integer(3)), ("wkst", .string("1MO"))], ["wkst"], "MO to SU"),
        ([("freq", .integer(3)), ("byeaster", .integer(0))], ["byeaster"], "not a known field"),
        ([("freq", .integer(3)), ("byeaster", .null)], ["byeaster"], "not a known field"),
        ([("freq", .integer(2)), ("byday", .string("MO"))], ["byday"], "byweekday"),
        ([("freq", .integer(3)), ("", .null)], [""], "not a known field"),
        ([("freq", .integer(3)), ("BYHOUR", .integer(0))], ["BYHOUR"], "not a known field"),
        ([("freq", .integer(3)), ("freq", .integer(3))], ["freq"], "twice"),
    ] as [(Fields, [String], String)])
    func refused(fields: Fields, path: [String], detail: String) {
        guard case .failure(let faults) = Rule.fromObject(fields) else {
            Issue.record("was accepted")
            return
        }
        #expect(faults.all.map(\.path) == [path])
        #expect(faults.all.first?.detail.contains(detail) == true, "\(faults)")
    }

    @Test("all faults are reported at once, in the order of the fields")
    func all() {
        let fields: Fields = [("byhour", .array([.integer(24), .integer(3), .string("x")])), ("freq", .integer(2)), ("bymonthday", .integer(1)),
                              ("tzid", .string("UTC")), ("count", .integer(0))]
        guard case .failure(let faults) = Rule.fromObject(fields) else {
            Issue.record("was accepted")
            return
        }
        #expect(faults.all.map(\.path) == [["byhour", "0"], ["byhour", "2"], ["bymonthday"], ["tzid"], ["count"]])
    }

    @Test("a list is accepted up to its bound and refused past it")
    func bounds() throws {
        func fields(_ entries: Int) -> Fields { [("freq", .integer(3)), ("byhour", .array(Array(repeating: .integer(7), count: entries)))] }
        for entries in [Rule.maximumListLength - 1, Rule.maximumListLength] {
            #expect(try Rule.fromObject(fields(entries)).get().byHour == [7])
        }
        #expect(throws: RuleFieldFaults.self) { try Rule.fromObject(fields(Rule.maximumListLength + 1)).get() }
        let many: Fields = (0..<1_000).map { ("x\($0)", .null) }
        guard case .failure(let faults) = Rule.fromObject(many) else {
            Issue.record("was accepted")
            return
        }
        #expect(faults.all.count == Rule.maximumFaults)
    }

    @Test("a random rule written as an object is the same rule")
    func sameAsText() throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<10_000 {
            var rule = RandomRules.rule(&random)
            // The object form knows UNTIL in unix seconds only, since year 1.
            switch rule.until {
            case .local(let seconds): rule.until = .utc(seconds)
            case .date(let days): rule.until = .utc(days * 86_400)
            default: break
            }
            if case .utc(let seconds)? = rule.until { rule.until = .utc(max(seconds, ReminderLimits.scheduleSeconds.lowerBound)) }
            #expect(try Rule.fromObject(object(rule)).get() == rule, "\(rule.text)")
        }
    }

    private func object(_ rule: Rule) -> Fields {
        var fields: Fields = [("freq", .integer(Int64(rule.frequency.rawValue))), ("interval", .integer(Int64(rule.interval)))]
        fields.append(("wkst", .integer(Int64(rule.weekStart.rawValue))))
        let lists = [("bymonth", rule.byMonth), ("byweekno", rule.byWeekNo), ("byyearday", rule.byYearDay), ("bymonthday", rule.byMonthDay),
                     ("byhour", rule.byHour), ("byminute", rule.byMinute), ("bysecond", rule.bySecond), ("bysetpos", rule.bySetPos)]
        for (name, values) in lists where !values.isEmpty {
            fields.append((name, values.count == 1 ? .integer(Int64(values[0])) : .array(values.reversed().map { .integer(Int64($0)) })))
        }
        if !rule.byDay.isEmpty {
            fields.append(("byweekday", .array(rule.byDay.map { day in
                day.ordinal == 0 ? .integer(Int64(day.weekday.rawValue)) : .string("\(day.ordinal)\(["MO", "TU", "WE", "TH", "FR", "SA", "SU"][day.weekday.rawValue])")
            })))
        }
        if let count = rule.count { fields.append(("count", .integer(Int64(count)))) }
        if case .utc(let seconds)? = rule.until { fields.append(("until", .integer(seconds))) }
        return fields
    }
}
