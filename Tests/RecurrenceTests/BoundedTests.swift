import TaskRecurrence
import Testing

@Suite("Bounded answers")
struct BoundedTests {
    /// An optimised build answers within 1 ms, and one under a sanitizer on a busy machine within a hundred; what looks at every
    /// second, hour or day up to the last year takes seconds at least.
    private static let patience = Duration.milliseconds(500)

    private static let start: Int64 = 1_767_229_200
    private static let moments: [Int64] = [start - 10, start + 1_000_000_000, start + 100_000_000_000, 253_402_300_000]

    private func measure(_ series: Series, _ label: String) {
        let clock = ContinuousClock()
        for moment in BoundedTests.moments {
            // The best of three: what is measured is the work, not the machine's other work.
            let ahead = (0..<3).map { _ in clock.measure { _ = series.next(after: moment) } }.min() ?? .zero
            #expect(ahead < BoundedTests.patience, "next after \(moment): \(label)")
            let back = (0..<3).map { _ in clock.measure { _ = series.previous(before: moment) } }.min() ?? .zero
            #expect(back < BoundedTests.patience, "previous before \(moment): \(label)")
        }
    }

    static let rareRules = [
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6", "FREQ=DAILY;INTERVAL=365;BYMONTHDAY=29;BYMONTH=2",
        "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=7", "FREQ=HOURLY;INTERVAL=2;BYHOUR=0,2,4,6", "FREQ=SECONDLY;INTERVAL=86399;BYHOUR=0;BYMINUTE=0",
        "FREQ=SECONDLY;INTERVAL=86399;BYHOUR=0;BYMINUTE=0;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=SECONDLY;INTERVAL=61;BYHOUR=0;BYMINUTE=0;BYSECOND=0;BYMONTH=2;BYMONTHDAY=29", "FREQ=MONTHLY;BYDAY=1MO;BYHOUR=1,2;BYSETPOS=3",
        "FREQ=WEEKLY;BYDAY=MO;BYHOUR=1,2;BYMONTH=2;BYSETPOS=3", "FREQ=YEARLY;BYMONTHDAY=1,2;BYHOUR=1,2;BYSETPOS=300",
        "FREQ=SECONDLY;INTERVAL=120;BYMINUTE=1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33;BYSECOND=1,3,5,7,9,11",
        "FREQ=SECONDLY;INTERVAL=7;BYDAY=MO;BYHOUR=1;BYMINUTE=1;BYSECOND=1;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=MINUTELY;INTERVAL=10080;BYDAY=MO", "FREQ=MINUTELY;INTERVAL=10080;BYDAY=MO;BYMONTH=3", "FREQ=HOURLY;INTERVAL=168;BYDAY=MO;BYHOUR=9",
        "FREQ=HOURLY;INTERVAL=7;BYMINUTE=0,30;BYDAY=MO;BYHOUR=9;BYMONTHDAY=29;BYMONTH=2", "FREQ=DAILY;INTERVAL=7;BYDAY=FR",
        "FREQ=MONTHLY;INTERVAL=6;BYMONTH=2,3,4,5,6,8", "FREQ=YEARLY;INTERVAL=4;BYYEARDAY=366",
        "FREQ=YEARLY;INTERVAL=2;BYSECOND=28;BYWEEKNO=-47,-41,-49,-1", "FREQ=MONTHLY;INTERVAL=7;BYMONTHDAY=29;BYMONTH=2;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=1FR", "FREQ=MONTHLY;INTERVAL=9223372036854775807", "FREQ=SECONDLY;INTERVAL=9223372036854775807",
        "FREQ=WEEKLY;INTERVAL=1043;BYDAY=SU;BYMONTH=2", "FREQ=DAILY;INTERVAL=146097;BYMONTH=3", "FREQ=SECONDLY;INTERVAL=31536000;BYMONTH=7",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=1", "FREQ=SECONDLY;BYYEARDAY=366;BYDAY=SU;BYHOUR=23;BYMINUTE=59;BYSECOND=59",
        "FREQ=MINUTELY;INTERVAL=1439;BYHOUR=3;BYMINUTE=33;BYMONTH=12;BYMONTHDAY=31", "FREQ=DAILY;BYDAY=MO;BYSETPOS=2",
        "FREQ=SECONDLY;BYSECOND=5;BYSETPOS=2", "FREQ=SECONDLY;INTERVAL=86413;BYHOUR=2;BYDAY=SU;BYMONTH=3;BYMONTHDAY=29",
    ]

    @Test("rules that hardly ever or never match are answered at once, wherever one asks", arguments: BoundedTests.rareRules)
    func rareRule(_ text: String) throws {
        for name in ["UTC", "America/New_York", "Australia/Lord_Howe"] {
            let series = Series(
                start: BoundedTests.start, rules: [try Rule(parsing: text)], zone: try Zone(identifier: name), startConvention: .ruleOnly)
            measure(series, "\(text) in \(name)")
        }
    }

    @Test("so are random ones")
    func randomRules() throws {
        for stream: UInt64 in 10_000..<10_400 {
            var make = RandomSeries(stream)
            let rule = make.rule(), zone = make.zone()
            let series = Series(start: make.start(), rules: [rule], zone: try Zone(identifier: zone), startConvention: .ruleOnly)
            measure(series, "stream \(stream): \(rule.text) in \(zone)")
        }
    }

    @Test("the largest INTERVAL and COUNT neither trap nor hang", arguments: Rule.Frequency.allCases)
    func extremes(_ frequency: Rule.Frequency) throws {
        for (interval, count) in [(Int.max, Int.max), (Int.max, 1), (1, Int.max), (7, Int.max), (Int.max - 1, nil)] as [(Int, Int?)] {
            for start in [Int64.min, -62_167_219_200, 0, BoundedTests.start, 253_402_300_799, Int64.max] {
                let rule = Rule(frequency, interval: interval, count: count)
                let series = Series(start: start, rules: [rule], zone: try Zone(identifier: "Europe/Berlin"))
                _ = (series.next(after: .min), series.next(after: .max), series.previous(before: .min), series.previous(before: .max))
                _ = (series.count(through: .min), series.count(through: .max), series.contains(.min), series.contains(.max))
                _ = (series.occurrences(in: .min ..< .max, limit: 3), series.cursor(after: .min, from: nil), series.first(2, after: .max))
                _ = series.next(after: Cursor(instant: .max, index: .max))
            }
        }
    }

    @Test("a rule that its EXRULE takes away altogether ends")
    func takenAway() throws {
        for text in ["FREQ=SECONDLY", "FREQ=DAILY;BYDAY=MO", "FREQ=YEARLY"] {
            let rule = try Rule(parsing: text)
            let series = Series(start: BoundedTests.start, rules: [rule], exrules: [rule])
            #expect(series.next(after: BoundedTests.start) == nil)
        }
    }

    @Test("an EXRULE that fills a month is leapt over")
    func leapt() throws {
        // From 2026-07-31T23:59:30Z; August is taken away, more than two million seconds.
        let start: Int64 = 1_785_542_370, september: Int64 = 1_788_220_800
        let series = Series(
            start: start, rules: [try Rule(parsing: "FREQ=SECONDLY")], exrules: [try Rule(parsing: "FREQ=SECONDLY;BYMONTH=8")])
        #expect(series.next(after: start + 28) == start + 29)
        #expect(series.next(after: start + 29) == september)
        #expect(series.previous(before: september) == start + 29)
    }
}
