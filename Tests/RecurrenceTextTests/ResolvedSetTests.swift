import TaskDomain
import TaskRecurrence
import Testing

@Suite("A recurrence set joined with what stands beside it")
struct ResolvedSetTests {
    private func resolve(
        _ text: String, start: Int64? = nil, zone: String? = nil, rdates: [Int64] = [], exdates: [Int64] = []
    ) throws -> ResolvedSet {
        try ResolvedSet(RuleSet(parsing: text), start: start, zone: zone.map { try Zone(identifier: $0) }, rdates: rdates, exdates: exdates)
    }

    private func faults(_ text: String, start: Int64? = nil, zone: String? = nil) throws -> [ResolvedSet.Fault] {
        do {
            _ = try resolve(text, start: start, zone: zone)
            return []
        } catch let faults as ResolvedSet.Faults { return faults.all }
    }

    // 23 November 2026, 09:00 in Berlin.
    private let nine: Int64 = 1_795_420_800

    @Test("DTSTART and its zone stand for the start and the zone")
    func start() throws {
        let set = try resolve("DTSTART;TZID=Europe/Berlin:20261123T090000\nRRULE:FREQ=DAILY")
        #expect(set.start == nine && set.zone.identifier == "Europe/Berlin" && set.pattern == RecurrencePattern(rules: [Rule(.daily)]))
        let utc = try resolve("DTSTART:20261123T080000Z\nRRULE:FREQ=DAILY")
        #expect(utc.start == nine && utc.zone == .utc)
        // A time without a zone, and a day, are the zone's that stands beside, or UTC's.
        #expect(try resolve("DTSTART:20261123T090000", zone: "Europe/Berlin").start == nine)
        #expect(try resolve("DTSTART:20261123T080000").start == nine)
        let day = try resolve("DTSTART;VALUE=DATE:20261123", zone: "Europe/Berlin")
        #expect(day.start == nine - 9 * 3_600 && day.zone.identifier == "Europe/Berlin" && day.pattern == nil)
    }

    @Test("what is given beside it may be the same, and must not differ; each difference names both")
    func beside() throws {
        let text = "DTSTART;TZID=Europe/Berlin:20261123T090000\nRRULE:FREQ=DAILY"
        #expect(try resolve(text, start: nine, zone: "Europe/Berlin").start == nine)
        let found = try faults(text, start: nine + 1, zone: "Europe/Paris")
        #expect(found.map(\.place) == [.zone, .start])
        for part in ["Europe/Paris", "TZID=Europe/Berlin"] { #expect(found.first?.reason.contains(part) == true) }
        for part in ["\(nine + 1)", "\(nine)", "DTSTART;TZID=Europe/Berlin:20261123T090000"] { #expect(found.last?.reason.contains(part) == true) }
        #expect(try faults("DTSTART:20261123T080000Z", zone: "Europe/Berlin").map(\.place) == [.zone])
        #expect(try faults("RRULE:FREQ=DAILY").map(\.place) == [.start])
    }

    @Test("without DTSTART the start is given, and the zone given or that of the first date")
    func withoutStart() throws {
        let text = "RRULE:FREQ=DAILY\nEXDATE;TZID=Europe/Berlin:20261124T090000\nRDATE:20261124T100000"
        let own = try resolve(text, start: nine)
        #expect(own.zone.identifier == "Europe/Berlin" && own.exdates == [nine + 86_400] && own.rdates == [nine + 25 * 3_600])
        let other = try resolve(text, start: nine, zone: "UTC")
        #expect(other.zone == .utc && other.exdates == [nine + 86_400] && other.rdates == [nine + 26 * 3_600])
    }

    @Test("dates are instants after those given beside: in UTC, in their own zone, or in the set's; of a period the start counts")
    func dates() throws {
        let set = try resolve(
            """
            DTSTART;TZID=Europe/Berlin:20261123T090000
            RRULE:FREQ=DAILY
            RDATE:20261124T100000,20261124T100000Z
            RDATE;TZID=America/New_York:20261124T100000
            RDATE;VALUE=PERIOD:20261125T100000Z/PT1H
            RDATE;VALUE=DATE:20270704
            EXDATE;TZID=America/New_York:20261125T030000
            """, rdates: [5], exdates: [6])
        let noon = nine + 86_400
        // RDATE of a day is that day at the time of the start; in July Berlin is an hour ahead.
        #expect(set.rdates == [5, noon + 3_600, noon + 7_200, noon + 7 * 3_600, noon + 26 * 3_600, nine + 223 * 86_400 - 3_600])
        #expect(set.exdates == [6, nine + 2 * 86_400])
        #expect(Series(start: set.start, pattern: set.pattern, exdates: set.exdates, zone: set.zone).first(3, after: 0) == [nine, noon, noon + 2 * 86_400])
    }

    @Test("EXRULE and days are kept as text; without a rule they are what they take away")
    func pattern() throws {
        let set = try resolve("DTSTART:20261123T090000Z\nRRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY;BYDAY=SU\nEXDATE;VALUE=DATE:20261125")
        #expect(set.pattern?.text == "RRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY;BYDAY=SU\nEXDATE;VALUE=DATE:20261125")
        #expect(try set.pattern.map { try RecurrencePattern(parsing: $0.text) } == set.pattern)
        #expect(set.pattern?.english == "every day; but not every week on Sunday; but not on 2026-11-25")
        let single = try resolve(
            "DTSTART:20261123T090000Z\nRDATE:20261124T090000Z,20261125T090000Z,20261126T090000Z\nEXRULE:FREQ=DAILY;INTERVAL=2\nEXDATE;VALUE=DATE:20261124",
            rdates: [1_795_600_000])
        let start: Int64 = 1_795_424_400
        #expect(single.pattern == nil && single.exdates == [start, start + 86_400, start + 2 * 86_400])
        #expect(Series(start: start, pattern: nil, rdates: single.rdates, exdates: single.exdates).first(9, after: 0) == [1_795_600_000, start + 3 * 86_400])
    }

    @Test("a pattern holds rules and days only", arguments: ["DTSTART:20260101T000000Z", "RDATE:20260101T000000Z", "RRULE:FREQ=DAILY\nEXDATE:20260101T000000Z"])
    func noPattern(text: String) {
        #expect(throws: RuleError.self) { try RecurrencePattern(parsing: text) }
    }

    @Test("zones that are none are named once each, and years that are none refused")
    func refused() throws {
        let zones = try faults("DTSTART;TZID=W. Europe Standard Time:20260101T000000\nEXDATE;TZID=Mars:20260101T000000,20260102T000000\nRRULE:FREQ=DAILY")
        #expect(zones.map(\.place) == [.text, .text])
        #expect(zones.first?.reason.contains("Europe/Berlin") == true && zones.last?.reason.contains("Mars") == true)
        #expect(try faults("DTSTART:00010101T000000Z").isEmpty)
        #expect(try faults("DTSTART:00001231T235959Z").map(\.place) == [.text])
        #expect(try faults("DTSTART:20260101T000000Z\nRDATE:00001231T235959Z\nEXDATE:00001231T235959Z").map(\.place) == [.text, .text])
    }
}

@Suite("Unix seconds, or what was taken for them")
struct UnixSecondsTests {
    @Test("a number of a smaller unit is told as such", arguments: [
        (1_798_500_000_000, "1798500000000 looks like milliseconds; unix seconds would be 1798500000"),
        (1_798_500_000_123_456, "1798500000123456 looks like microseconds; unix seconds would be 1798500000"),
        (1_798_500_000_000_000_000, "1798500000000000000 looks like nanoseconds; unix seconds would be 1798500000"),
        (-631_152_000_000, "-631152000000 looks like milliseconds; unix seconds would be -631152000"),
        (253_402_300_799, nil), (-62_135_596_800, nil), (0, nil),
    ] as [(Int64, String?)])
    func guess(number: Int64, words: String?) { #expect(UnixSeconds.guess(number) == words) }
}
