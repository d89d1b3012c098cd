import TaskJSON
import TaskRecurrence
import Testing

@testable import gateway

@Suite("rrule in a body")
struct RuleFieldTests {
    @Test(
        "both forms of a rule are the same rule",
        arguments: [
            ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10", ["freq": 2, "interval": 1, "byweekday": [0, 2], "count": 10]),
            ("FREQ=MONTHLY;BYDAY=-1FR", ["freq": 1, "byweekday": "-1FR"]),
            ("FREQ=DAILY;UNTIL=20270101T000000Z", ["freq": "DAILY", "until": 1_798_761_600]),
            ("FREQ=YEARLY;BYMONTH=1,2;BYMONTHDAY=-1;WKST=SU", ["freq": 0, "bymonth": [2, 1], "bymonthday": -1, "wkst": 6]),
            (
                "FREQ=HOURLY;INTERVAL=6",
                ["freq": 4, "interval": 6.0, "cache": true, "dtstart": "x", "count": nil, "until": nil, "byhour": nil]
            )
        ] as [(String, JSONValue)])
    func forms(text: String, object: JSONValue) throws {
        let fromText = try good(["rrule": .string(text)]).schedule.pattern
        let fromObject = try good(["rrule": object]).schedule.pattern
        #expect(fromText != nil)
        #expect(fromText == fromObject)
        #expect(try good(["rrule": .string("RRULE:" + text)]).schedule.pattern == fromText)
    }

    @Test("every fault of the object form is reported at its field")
    func objectFaults() {
        let rule: JSONValue = ["freq": 2, "byhour": [1, 24], "bysecond": -1, "wkst": "XX", "count": 0, "freq2": 1, "byday": "MO"]
        #expect(
            Set(pointers(["rrule": rule])) == [
                "/rrule/byhour/1", "/rrule/bysecond", "/rrule/wkst", "/rrule/count", "/rrule/freq2", "/rrule/byday"
            ])
        #expect(pointers(["rrule": [:]]) == ["/rrule/freq"])
        #expect(pointers(["rrule": ["freq": 2, "count": 1, "until": .integer(now)]]).allSatisfy { $0.hasPrefix("/rrule/") })
    }

    @Test("every fault of the text is reported, with the part")
    func textFaults() {
        let found = faults(["rrule": "FREQ=WEEKLY;BYHOUR=24;BYMONTH=13;FOO=1"])
        #expect(found.count == 3)
        #expect(found.allSatisfy { $0.hasPrefix("/rrule: ") })
        for part in ["BYHOUR", "BYMONTH", "FOO"] { #expect(found.contains { $0.contains(part) }) }
        #expect(pointers(["rrule": ""]) == ["/rrule"])
        #expect(pointers(["rrule": "FREQ=DAILY\nSUMMARY:lesson"]) == ["/rrule"])
    }

    @Test("anything but text, object and null is refused", arguments: [1, true, [], ["FREQ=DAILY"], 1.5] as [JSONValue])
    func kinds(value: JSONValue) {
        #expect(pointers(["rrule": value]) == ["/rrule"])
    }

    @Test("a schedule of which nothing is ever due is refused")
    func nothingDue() {
        #expect(pointers(["until": .integer(now + 3_599)]) == ["/start_datetime"])
        #expect(pointers(["exdates": [.integer(now + 3_600)]]) == ["/start_datetime"])
        #expect(faults(["exdates": [.integer(now + 3_600)], "rdates": [.integer(now + 9)]]).isEmpty)
        #expect(faults(["exdates": [.integer(now + 3_600)], "rrule": "FREQ=DAILY;COUNT=2"]).isEmpty)
        #expect(pointers(["exdates": [.integer(now + 3_600)], "rrule": "FREQ=DAILY;COUNT=1"]) == ["/start_datetime"])
        #expect(faults(["until": .integer(now + 3_600)]).isEmpty)
    }

    @Test("a rule that never matches leaves the start alone, and costs no time")
    func neverMatches() throws {
        #expect(try good(["rrule": "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"]).schedule.series.first(5, after: 0) == [now + 3_600])
    }

    @Test(
        "only zones of the database are zones",
        arguments: ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "", "Europe", "UTC+1", "europe/berlin ", "."])
    func zones(name: String) {
        #expect(pointers(["timezone": .string(name)]) == ["/timezone"])
    }

    @Test("the schema names every field and bound")
    func schema() {
        let schema = JSONValue.object(ReminderBody.type.schema())
        // The start may be in the set instead.
        #expect(schema["required"] == ["notification_metadata"])
        #expect(schema["additionalProperties"] == false)
        #expect(schema["properties"]?["priority"]?["maximum"] == 9)
        #expect(schema["properties"]?["notification_metadata"]?["properties"]?["auth_header"]?["maxLength"] == 8_192)
        #expect(schema["properties"]?["rrule"]?["anyOf"] != nil)
    }
}

@Suite("The body of a change")
struct PatchBodyTests {
    private func merged(_ patch: JSONValue, into whole: JSONObject, isNotification: Bool = true) -> JSONValue? {
        read(PatchBody.type, patch).body?.merged(into: whole, isNotification: isNotification)
    }

    @Test("what is absent stays, null takes away, an object is merged, a rule and arguments are replaced")
    func merge() {
        let whole: JSONObject = [
            "priority": 5, "until": 7, "rrule": ["freq": 1, "count": 2], "notification_metadata": ["title": "a", "body": "b"]
        ]
        #expect(
            merged(["until": nil, "rrule": ["freq": 2], "notification_metadata": ["title": "c"]], into: whole) == [
                "priority": 5, "rrule": ["freq": 2], "notification_metadata": ["title": "c", "body": "b"]
            ])
        #expect(merged(["kwargs": ["b": 2]], into: ["kwargs": ["a": 1]], isNotification: false) == ["kwargs": ["b": 2]])
    }

    @Test("the credential may stand at the top or where a create has it; of a task it stands at the top")
    func places() {
        let whole: JSONObject = ["notification_metadata": ["auth_header": "old", "title": "a"]]
        let expected: JSONValue = ["notification_metadata": ["auth_header": "Bearer x", "title": "a"]]
        #expect(merged(["auth_header": "Bearer x"], into: whole) == expected)
        #expect(merged(["notification_metadata": ["auth_header": "Bearer x"]], into: whole) == expected)
        #expect(merged(["auth_header": "Bearer x"], into: [:], isNotification: false) == ["auth_header": "Bearer x"])
        #expect(read(PatchBody.type, ["auth_header": "x"]).body?.onlyAuthHeader == "x")
        #expect(read(PatchBody.type, ["notification_metadata": ["auth_header": "x"]]).body?.onlyAuthHeader == "x")
        #expect(read(PatchBody.type, ["auth_header": "x", "priority": 1]).body?.onlyAuthHeader == nil)
    }

    @Test("nothing, what is no object, and a credential in both places are refused")
    func refused() {
        #expect(read(PatchBody.type, [:]).faults.count == 1)
        #expect(read(PatchBody.type, 3).faults.count == 1)
        #expect(read(PatchBody.type, ["auth_header": "a", "notification_metadata": ["auth_header": "b"]]).faults.count == 1)
    }
}
