import TaskDomain
import TaskJSON
import TaskRecurrence
import Testing

@testable import gateway

@Suite("Preview")
struct PreviewTests {
    private func preview(_ fields: JSONObject) throws -> JSONValue {
        let (preview, faults) = read(Preview.type, .object(fields))
        return try #require(preview, "\(faults)").answer(now: UnixSeconds(now))
    }

    @Test("shows the next times, on the wall clock too, whether they end, and the rule in words")
    func whole() throws {
        // 28 March 2026, 02:30 in Berlin; summer time begins in the night to the 29th.
        let start: Int64 = 1_774_661_400
        let answer = try preview([
            "rrule": "FREQ=DAILY", "start_datetime": .integer(start), "timezone": "Europe/Berlin", "count": 3
        ])
        #expect(answer["upcoming"] == [.integer(start), .integer(start + 86_400), .integer(start + 2 * 86_400 - 3_600)])
        #expect(
            answer["upcoming_local"] == ["2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"])
        #expect(answer["finite"] == false)
        #expect(answer["text"] == "every day")
    }

    @Test("takes both forms of a rule, an end, dates, and an instant to look after")
    func more() throws {
        let answer = try preview([
            "rrule": ["freq": 2, "byweekday": [0, 2]], "start_datetime": .integer(now), "until": .integer(now + 30 * 86_400),
            "exdates": [.integer(now)], "rdates": [.integer(now + 5)], "after": .integer(now + 5), "count": 2
        ])
        #expect(answer["upcoming"] == [.integer(now + 2 * 86_400), .integer(now + 7 * 86_400)])
        #expect(answer["finite"] == true)
        #expect(answer["text"] == "every week on Monday and Wednesday")
        #expect(
            try preview(["start_datetime": .integer(now)]) == [
                "upcoming": [.integer(now)], "upcoming_local": ["2026-11-23T00:00:00+00:00"], "finite": true, "text": "once", "warnings": []
            ])
        #expect(try preview(["start_datetime": .integer(now), "exdates": [.integer(now)]])["upcoming"] == [])
        #expect(try preview(["start_datetime": 0, "count": 1])["upcoming"] == [0])
    }

    @Test("refuses what a create refuses, each fault at its place")
    func faults() {
        func pointers(_ fields: JSONObject) -> Set<String> {
            Set(read(Preview.type, .object(fields)).faults.map { String($0.prefix { $0 != ":" }) })
        }
        #expect(
            pointers(["rrule": ["freq": 7, "bymonth": [0]], "count": 1_001, "after": "x", "timezone": "X", "more": 1])
                == ["/rrule/freq", "/rrule/bymonth/0", "/start_datetime", "/count", "/after", "/timezone", "/more"])
        #expect(pointers(["start_datetime": 0, "count": 0]) == ["/count"])
        #expect(pointers(["start_datetime": 0, "count": 1_000]).isEmpty)
    }

    @Test(
        "local times are right at the ends of days, months, leap years and centuries, and with odd offsets",
        arguments: [
            (0, "UTC", "1970-01-01T00:00:00+00:00"), (951_782_399, "UTC", "2000-02-28T23:59:59+00:00"),
            (951_782_400, "UTC", "2000-02-29T00:00:00+00:00"),
            (4_107_542_400, "UTC", "2100-03-01T00:00:00+00:00"), (253_402_300_799, "UTC", "9999-12-31T23:59:59+00:00"),
            (1_795_392_000, "Asia/Kathmandu", "2026-11-23T05:45:00+05:45"),
            (1_795_392_000, "America/St_Johns", "2026-11-22T20:30:00-03:30"),
            (0, "Africa/Monrovia", "1969-12-31T23:15:30-00:44:30")
        ] as [(Int64, String, String)])
    func localTimes(instant: Int64, zone: String, text: String) throws {
        #expect(LocalTime.text(UnixSeconds(instant), in: try Zone(identifier: zone)) == text)
    }
}
