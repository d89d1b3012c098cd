import TaskDomain
import TaskJSON
import TaskMessages
import TaskRecurrence
import Testing

@testable import gateway

@Suite("A recurrence set in a body")
struct RecurrenceSetTests {
    /// 23 November 2026, 09:00 in Berlin.
    private static let nine: Int64 = 1_795_420_800
    private static let text = """
        DTSTART;TZID=Europe/Berlin:20261123T090000\r
        RRULE:FREQ=DAI\r
         LY\r
        exrule:FREQ=WEEKLY;BYDAY=SU\r
        RDATE;VALUE=PERIOD:20261124T100000Z/PT1H\r
        EXDATE;TZID=Europe/Berlin:20261125T090000\r
        EXDATE;VALUE=DATE:20261126\r

        """
    private static let kept = "RRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY;BYDAY=SU\nEXDATE;VALUE=DATE:20261126"

    @Test("as a calendar exports it, folded, with CRLF and a final line break, it needs nothing beside it")
    func whole() throws {
        for text in [Self.text, Self.text.replacing("\r\n", with: "\n")] {
            let schedule = try good(["rrule": .string(text), "start_datetime": nil]).schedule
            #expect(schedule.schedule == Schedule(
                start: UnixSeconds(Self.nine), rule: Self.kept, timezone: "Europe/Berlin",
                rdates: [UnixSeconds(Self.nine + 26 * 3_600)], exdates: [UnixSeconds(Self.nine + 2 * 86_400)]))
            // 25 November by EXDATE, 26 as a day, 29 as a Sunday.
            #expect(schedule.series.first(5, after: 0).map { ($0 - Self.nine) / 3_600 } == [0, 24, 26, 4 * 24, 5 * 24])
        }
    }

    @Test("a set may stand beside the same start and zone; others are faults that name both, beside every other fault of the body")
    func beside() throws {
        let same: JSONObject = ["rrule": .string(Self.text), "start_datetime": .integer(Self.nine), "timezone": "Europe/Berlin"]
        #expect(faults(same).isEmpty)
        let found = faults([
            "rrule": .string(Self.text), "start_datetime": .integer(Self.nine + 60), "timezone": "Europe/Paris", "priority": 10
        ])
        #expect(found.map { String($0.prefix { $0 != ":" }) }.sorted() == ["/priority", "/start_datetime", "/timezone"])
        #expect(found.contains { $0.contains("\(Self.nine + 60)") && $0.contains("\(Self.nine)") && $0.contains("DTSTART;TZID=Europe/Berlin") })
        #expect(found.contains { $0.contains("Europe/Paris") && $0.contains("TZID=Europe/Berlin") })
        // The dates of the fields are added to those of the set.
        let more = try good(["rrule": .string(Self.text), "start_datetime": nil, "rdates": [7], "exdates": [8]]).schedule
        #expect(more.rdates == [7, Self.nine + 26 * 3_600] && more.exdates == [8, Self.nine + 2 * 86_400])
    }

    @Test("without a start anywhere the start is required; a text that is refused is one fault, not two")
    func noStart() {
        #expect(pointers(["rrule": "RRULE:FREQ=DAILY", "start_datetime": nil]) == ["/start_datetime"])
        #expect(pointers(["start_datetime": nil]) == ["/start_datetime"])
        #expect(pointers(["rrule": ["freq": 3], "start_datetime": nil]) == ["/start_datetime"])
        #expect(pointers(["rrule": "DTSTART:nonsense\nRRULE:FREQ=DAILY", "start_datetime": nil]) == ["/rrule"])
        #expect(pointers(["rrule": .string(Self.text), "start_datetime": "soon"]) == ["/start_datetime"])
        #expect(pointers(["rrule": "DTSTART:20261123T080000Z\nEXDATE:20261123T080000Z", "start_datetime": nil]) == ["/rrule"])
    }

    @Test("lines that are no part of a set are refused by name", arguments: ["BEGIN:VEVENT", "SUMMARY:Lesson", "DTEND:20261123T100000Z", "DURATION:PT1H"])
    func otherLines(line: String) {
        let found = faults(["rrule": .string(Self.text + line + "\r\n"), "start_datetime": nil])
        #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix("/rrule: \(line.prefix { $0 != ":" })=") && $0.contains("expected DTSTART") })
    }

    @Test("dates, bytes of the text, and bytes that are kept hold at their bounds and not one above")
    func bounds() {
        func set(_ name: String, _ count: Int) -> JSONObject {
            let dates = (0..<count).map { RuleSet(rdates: [.utc(1_800_000_000 + Int64($0))]).text.dropFirst(6) }.joined(separator: ",")
            return ["rrule": .string("RRULE:FREQ=DAILY\n\(name):\(dates)")]
        }
        for name in ["RDATE", "EXDATE"] {
            #expect(faults(set(name, 1_000)).isEmpty)
            #expect(pointers(set(name, 1_001)) == ["/rrule"])
            var both = set(name, 1_000)
            both[name.lowercased() + "s"] = [1]
            #expect(pointers(both) == ["/rrule"])
        }
        func days(_ count: Int) -> JSONObject {
            let days = (0..<count).map { RuleSet(exdates: [.date(20_000 + Int64($0))]).text.dropFirst(18) }.joined(separator: ",")
            return ["rrule": .string("RRULE:FREQ=DAILY\nEXDATE;VALUE=DATE:\(days)")]
        }
        #expect(faults(days(1_000)).isEmpty)
        #expect(pointers(days(1_001)) == ["/rrule"])
        func padded(_ bytes: Int) -> JSONObject { ["rrule": .string("RRULE:FREQ=DAILY" + String(repeating: "\n ", count: (bytes - 16) / 2))] }
        #expect(faults(padded(65_536)).isEmpty)
        #expect(pointers(padded(65_538)) == ["/rrule"])
        // Rules of 3,900 bytes: four are kept, with a fifth they are too much.
        let rule = "RRULE:FREQ=SECONDLY;BYYEARDAY=" + (1...366).map(String.init).joined(separator: ",") + ";BYSETPOS="
            + (1...366).map(String.init).joined(separator: ",") + ";BYMONTHDAY=" + (1...31).map { "-\($0)" }.joined(separator: ",")
        func rules(_ count: Int) -> JSONObject { ["rrule": .string(Array(repeating: rule, count: count).joined(separator: "\n"))] }
        let most = ReminderLimits.patternBytes / (rule.utf8.count + 1)
        #expect(faults(rules(most)).isEmpty)
        #expect(pointers(rules(most + 1)) == ["/rrule"])
    }

    @Test("schedules reach back to year 1; what happens here does not")
    func longAgo() throws {
        let first: Int64 = -62_135_596_800
        let schedule = try good(["start_datetime": .integer(first), "rrule": "FREQ=YEARLY", "rdates": [-1], "exdates": [.integer(first)]]).schedule
        #expect(schedule.start == first && schedule.rdates == [-1] && schedule.exdates == [first])
        #expect(pointers(["start_datetime": .integer(first - 1)]) == ["/start_datetime"])
        #expect(faults(["start_datetime": .integer(first), "until": .integer(first)]).isEmpty)
        #expect(pointers(metadata: ["created_at": -1]) == ["/notification_metadata/created_at"])
        let birthday = try good(["start_datetime": nil, "timezone": "Europe/Berlin", "rrule": "DTSTART;VALUE=DATE:19500312\r\nRRULE:FREQ=YEARLY\r\n"])
        #expect(birthday.schedule.start == -625_107_600)
        #expect(birthday.schedule.series.next(after: now) == 1_804_806_000)
    }

    @Test("a time in milliseconds is refused with that guess", arguments: ["start_datetime", "until", "rdates", "exdates"])
    func milliseconds(field: String) {
        let number: JSONValue = 1_798_500_000_000
        let found = faults([field: field.hasSuffix("dates") ? [number] : number])
        #expect(found.count == 1 && found[0].hasPrefix("/\(field)"))
        #expect(found[0].hasSuffix("1798500000000 looks like milliseconds; unix seconds would be 1798500000"))
    }

    @Test("in the object form, and of created_at, too")
    func moreMilliseconds() {
        let object = faults(["rrule": ["freq": 3, "until": 1_798_500_000_000]])
        #expect(object.count == 1 && object[0].hasPrefix("/rrule/until") && object[0].contains("unix seconds would be 1798500000"))
        #expect(faults(metadata: ["created_at": 1_798_500_000_000]).first?.contains("looks like milliseconds") == true)
    }

    @Test("cron, names of Windows, and files that are no zones are refused with what is meant")
    func meant() {
        #expect(faults(["rrule": "0 9 * * 1-5"]).first?.contains("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0;BYSECOND=0") == true)
        #expect(faults(["timezone": "W. Europe Standard Time"]).first?.contains("Europe/Berlin") == true)
        let set = "DTSTART;TZID=W. Europe Standard Time:20261123T090000\nRRULE:FREQ=DAILY"
        let found = faults(["rrule": .string(set), "start_datetime": nil])
        #expect(found.count == 1 && found[0].hasPrefix("/rrule: TZID") && found[0].contains("Europe/Berlin"))
        for name in ["posixrules", "localtime", "Factory", "leapseconds", "posix/Europe/Berlin", "right/UTC"] {
            #expect(pointers(["timezone": .string(name)]) == ["/timezone"])
        }
    }

    @Test("POST /tasks: the set's DTSTART is the start, whatever the time; without one it is now, and so are its days' times")
    func tasks() throws {
        func draft(_ rule: String) throws -> Draft {
            try #require(read(TaskBody.type, ["task": "t", "rrule": .string(rule)]).body).draft(now: UnixSeconds(now + 60))
        }
        #expect(try draft(Self.text).schedule.start == Self.nine)
        let immediate = try draft("RRULE:FREQ=DAILY\nRDATE;VALUE=DATE:20261224").schedule
        #expect(immediate.start == now + 60 && immediate.rdates == [now + 60 + 31 * 86_400])
    }

    // MARK: Through the API

    @Test("what is stored is shown, computes what is upcoming, and stays as it is when something else is changed")
    func stored() async throws {
        try await withGateway { gateway, peer in
            func stored() -> Proto.Schedule? { peer.state.withLockedValue { $0.creates.first?.reminder?.schedule } }
            func patch(_ path: String, _ body: JSONObject) async throws -> HTTPAnswer {
                try await gateway.send("PATCH", path, body: JSONValue.object(body).bytes())
            }
            let text = Self.text.replacing("2026", with: "2096")
            let created = try await gateway.post("/remind_me", body(["rrule": .string(text), "start_datetime": nil]))
            #expect(created.status == 201, "\(created.text)")
            guard case .string(let id)? = created.json?["id"] else { return }
            let path = "/reminders/\(id)", first = try #require(stored())
            let read = try await gateway.send("GET", path).json
            #expect(read?["rrule"] == .string(Self.kept.replacing("2026", with: "2096")) && read?["start_datetime"] == .integer(first.start))
            #expect(read?["rdates"] == .array(first.rdates.map { .integer($0) }) && read?["timezone"] == "Europe/Berlin")
            #expect(try await gateway.send("GET", path + "/upcoming?count=5").json?["upcoming"] == created.json?["upcoming"])
            #expect(try await patch(path, ["priority": 8]).status == 200)
            #expect(stored() == first)

            // Rules alone are replaced alone; a set with a DTSTART replaces all that it stands for.
            #expect(try await patch(path, ["rrule": "RRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY;BYDAY=MO"]).status == 200)
            #expect(stored()?.start == first.start && stored()?.rdates == first.rdates && stored()?.rule.hasSuffix("BYDAY=MO") == true)
            let other = "DTSTART;TZID=America/New_York:20970101T090000\nRRULE:FREQ=WEEKLY"
            #expect(try await patch(path, ["rrule": .string(other)]).status == 200)
            #expect(stored() == Proto.Schedule(start: 4_007_887_200, rule: "FREQ=WEEKLY", timezone: "America/New_York"))
            #expect(expectProblem(try await patch(path, ["rrule": .string(other), "timezone": "UTC"]), 422) == ["/timezone"])
        }
    }

    @Test("a rule that a change of the clock silences is a warning, on create, on a change and in a preview, with the daily rule")
    func warnings() async throws {
        // 1 July 2096, 00:00 in New York.
        let rule: JSONValue = "FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18", start: JSONValue = 3_991_953_600
        try await withGateway { gateway, _ in
            func warnings(_ answer: HTTPAnswer) -> [JSONValue] {
                guard case .array(let warnings)? = answer.json?["warnings"] else { return [.string(answer.text)] }
                return warnings
            }
            func check(_ warnings: [JSONValue]) {
                #expect(warnings.count == 1)
                guard case .string(let text)? = warnings.first else { return }
                for part in ["America/New_York", "2096-11-0", "2097-03-", "nothing is due", "; FREQ=DAILY;BYHOUR=0,6,12,18 "] { #expect(text.contains(part), "\(text)") }
            }
            let fields: JSONObject = ["rrule": rule, "start_datetime": start, "timezone": "America/New_York"]
            check(warnings(try await gateway.post("/preview", .object(fields))))
            let created = try await gateway.post("/remind_me", body(fields))
            check(warnings(created))
            guard case .string(let id)? = created.json?["id"] else { return }
            func patch(_ body: JSONObject) async throws -> HTTPAnswer {
                try await gateway.send("PATCH", "/reminders/\(id)", body: JSONValue.object(body).bytes())
            }
            #expect(warnings(try await patch(["rrule": "FREQ=DAILY;BYHOUR=0,6,12,18"])).isEmpty)
            check(warnings(try await patch(["rrule": rule])))
            #expect(warnings(try await patch(["priority": 1])).isEmpty)
        }
    }

    @Test("many long rules of that kind are a few short warnings: an answer is kept with its idempotency key")
    func manyWarnings() async throws {
        let sixty = (0..<60).map(String.init).joined(separator: ",")
        let rules = (0..<8).map { _ in "RRULE:FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18;BYMINUTE=\(sixty);BYSECOND=\(sixty)" }
        let text = (["DTSTART;TZID=America/New_York:20960701T000000"] + rules).joined(separator: "\n")
        try await withGateway { gateway, _ in
            let answer = try await gateway.post("/remind_me", body(["rrule": .string(text), "start_datetime": nil]))
            #expect(answer.status == 201)
            guard case .array(let warnings)? = answer.json?["warnings"] else { return }
            #expect(warnings.count == Warnings.rulesShown + 1)
            #expect(warnings.last == "the same is true of 5 more of its rules")
            #expect(answer.text.utf8.count < 4_096 && answer.text.contains("…"))
        }
    }

    @Test("a preview says a set in words")
    func words() throws {
        let (preview, faults) = read(Preview.type, ["rrule": .string(Self.text)])
        let answer = try #require(preview, "\(faults)").answer(now: UnixSeconds(now))
        #expect(answer["text"] == "every day; but not every week on Sunday; but not on 2026-11-26")
        #expect(answer["upcoming_local"]?.firstText == "2026-11-23T09:00:00+01:00")
        let dates = read(Preview.type, ["rrule": "DTSTART:20261123T080000Z\nRDATE:20261124T080000Z,20261125T080000Z"]).body
        #expect(dates?.answer(now: UnixSeconds(now))["text"] == "at 3 single times")
    }
}

extension JSONValue {
    fileprivate var firstText: String? {
        guard case .array(let items) = self, case .string(let text)? = items.first else { return nil }
        return text
    }
}
