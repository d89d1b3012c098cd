import TaskRecurrence
import Testing

@Suite("Sub-daily rules that a change of the clock silences")
struct ClockChangeTests {
    private func change(_ text: String, _ start: String, _ zone: String, from: String? = nil, until: String? = nil) throws -> ClockChange? {
        let first = try #require(Rule.instant(start))
        return try Rule(parsing: text).clockChange(
            start: first, from: from.flatMap(Rule.instant) ?? first, until: until.flatMap(Rule.instant), zone: Zone(identifier: zone))
    }

    @Test("found, with the time that it takes and the daily rule that was meant", arguments: [
        ("FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18", "2026-07-01T04:00:00Z", "FREQ=DAILY;BYHOUR=0,6,12,18"),
        ("FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18;BYDAY=MO,TU", "2026-07-01T22:00:00Z", "FREQ=DAILY;BYDAY=MO,TU;BYHOUR=0,6,12,18"),
        ("FREQ=HOURLY;INTERVAL=24;BYHOUR=9;BYMINUTE=0,30", "2026-07-01T13:00:00Z", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0,30"),
        ("FREQ=MINUTELY;INTERVAL=120;BYHOUR=8,10", "2026-07-01T12:15:00Z", "FREQ=DAILY;BYHOUR=8,10"),
        ("FREQ=HOURLY;INTERVAL=48;BYHOUR=9", "2026-07-01T13:00:00Z", "FREQ=DAILY;INTERVAL=2;BYHOUR=9"),
        ("FREQ=SECONDLY;INTERVAL=43200;BYHOUR=9,21", "2026-07-01T13:00:00Z", "FREQ=DAILY;BYHOUR=9,21"),
        ("FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18;COUNT=2000", "2026-07-01T04:00:00Z", "FREQ=DAILY;BYHOUR=0,6,12,18;COUNT=2000"),
    ])
    func silent(text: String, start: String, daily: String) throws {
        let found = try #require(try change(text, start, "America/New_York"))
        #expect(found.begin == Rule.instant("2026-11-01T06:00:00Z") && found.end == Rule.instant("2027-03-14T07:00:00Z"))
        #expect(found.occurrences == 0 && found.meant > 30)
        #expect(found.daily?.text == daily)
    }

    @Test("also where some times are still met, where a week is stepped through, and where no daily rule does it")
    func others() throws {
        let some = try #require(try change("FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,17", "2026-07-01T04:00:00Z", "America/New_York"))
        #expect(some.occurrences > 100 && some.occurrences * 2 < some.meant && some.daily?.text == "FREQ=DAILY;BYHOUR=0,6,12")
        let weekly = try #require(try change("FREQ=HOURLY;INTERVAL=168;BYDAY=WE;BYHOUR=23", "2026-07-02T03:00:00Z", "America/New_York"))
        #expect(weekly.occurrences == 0 && weekly.daily?.text == "FREQ=DAILY;INTERVAL=7;BYDAY=WE;BYHOUR=23")
        let yearDays = try #require(try change("FREQ=HOURLY;INTERVAL=24;BYHOUR=9;BYYEARDAY=-1,-2,-3", "2026-07-01T13:00:00Z", "America/New_York"))
        #expect(yearDays.daily == nil)
    }

    @Test("not found where the rule goes by hours that pass, ends before, or the clock is never changed", arguments: [
        ("FREQ=HOURLY;INTERVAL=6", "America/New_York"), ("FREQ=HOURLY;BYHOUR=9,12", "America/New_York"), ("FREQ=DAILY;BYHOUR=0,6,12,18", "America/New_York"),
        ("FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18", "UTC"), ("FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18", "Asia/Tokyo"),
        ("FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18;COUNT=40", "America/New_York"),
        ("FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18;UNTIL=20261030T000000Z", "America/New_York"),
        ("FREQ=MINUTELY;INTERVAL=7;BYHOUR=9", "America/New_York"), ("FREQ=HOURLY;INTERVAL=5;BYHOUR=9,10,11", "America/New_York"),
        ("FREQ=MINUTELY;INTERVAL=15;BYHOUR=9", "America/New_York"), ("FREQ=HOURLY;INTERVAL=2;BYDAY=MO", "America/New_York"),
    ])
    func none(text: String, zone: String) throws {
        #expect(try change(text, "2026-07-01T04:00:00Z", zone) == nil)
    }

    @Test("the whole series' end counts, and what is past does not")
    func ends() throws {
        let text = "FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18"
        #expect(try change(text, "2026-07-01T04:00:00Z", "America/New_York", until: "2026-11-01T00:00:00Z") == nil)
        // Of a start long ago, the time from now on.
        let later = try #require(try change(text, "1950-07-01T04:00:00Z", "America/New_York", from: "2026-12-01T00:00:00Z"))
        #expect(later.begin == Rule.instant("2026-12-01T00:00:00Z") && later.end == Rule.instant("2027-03-14T07:00:00Z"))
    }

    @Test("random rules are looked at in bounded time, and the daily rule keeps the occurrences until the clock is changed")
    func random() throws {
        let clock = ContinuousClock()
        for number in 0..<400 {
            var make = RandomSeries(UInt64(9_000 + number))
            var rule = make.rule()
            rule.frequency = [.hourly, .minutely, .secondly][number % 3]
            rule.interval = [6, 8, 12, 24, 48, 1_440, 3_600, 86_400, make.interval(rule.frequency)][number % 9]
            (rule.byWeekNo, rule.byDay) = ([], rule.byDay.map { Rule.WeekdayNumber($0.weekday) })
            let name = make.zone(), zone = try Zone(identifier: name), start = make.start()
            var found: ClockChange?
            let spent = clock.measure { found = rule.clockChange(start: start, from: start, zone: zone) }
            #expect(spent < .seconds(2), "\(rule.text) from \(start) in \(name)")
            guard let found, let daily = found.daily else { continue }
            let own = Series(start: start, rules: [rule], zone: zone).occurrences(in: start..<found.begin, limit: 100)
            let byClock = Series(start: start, rules: [daily], zone: zone).occurrences(in: start..<found.begin, limit: 100)
            // Changes before the one that is told may already move some.
            if zone.offset(at: start) == zone.offset(at: found.begin - 1), own.count < 100 { #expect(own == byClock, "\(rule.text), \(daily.text) in \(name)") }
        }
    }
}
