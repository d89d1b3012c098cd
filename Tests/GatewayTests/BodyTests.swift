import TaskDomain
import TaskJSON
import TaskMessages
import Testing

@testable import gateway

@Suite("The body of a create")
struct BodyTests {
    @Test("the least that must be there is enough, and the rest has its defaults")
    func least() throws {
        let body = try good()
        #expect(body.schedule.schedule == Schedule(start: UnixSeconds(now + 3_600)))
        #expect(body.metadata.authHeader.value == credential)
        #expect(body.handling.queue == "default")
        #expect(body.handling.priority == 5)
        #expect(body.handling.misfirePolicy == .fireOnce)
        #expect(body.handling.maxAttempts == nil && body.handling.retryForSeconds == 86_400)
        #expect(body.description == "")
        #expect(
            body.metadata.notification
                == Proto.Notification(
                    title: "Title", body: "Text", kind: 1, classroomId: "classroom", createdAt: now - 60, createdBy: "teacher",
                    itemIdJson: Array(#""item-1""#.utf8)))
    }

    @Test("every field is taken over")
    func whole() throws {
        let body = try good(
            [
                "rrule": "FREQ=DAILY;COUNT=9", "timezone": "Europe/Berlin", "until": .integer(now + 999_999),
                "exdates": [.integer(now + 90_000)],
                "rdates": [.integer(now + 7_200), .integer(now + 7_201)], "queue": "a.B_c-1", "priority": 9,
                "misfire_policy": "skip",
                "max_attempts": 3, "description": "why ü 🕰"
            ],
            metadata: [
                "item_id": ["a", "b"], "image": "i", "action": true, "action_path": ["p", ""], "extra_path": "e",
                "usernames": ["u1", "u2"],
                "kind": -3, "body": ""
            ])
        #expect(
            body.schedule.schedule
                == Schedule(
                    start: UnixSeconds(now + 3_600), rule: "FREQ=DAILY;COUNT=9", timezone: "Europe/Berlin", until: UnixSeconds(now + 999_999),
                    rdates: [UnixSeconds(now + 7_200), UnixSeconds(now + 7_201)], exdates: [UnixSeconds(now + 90_000)]))
        #expect(body.handling.queue == "a.B_c-1")
        #expect(body.handling.priority == 9)
        #expect(body.handling.misfirePolicy == .skip)
        #expect(body.handling.maxAttempts == 3)
        #expect(body.description == "why ü 🕰")
        let notification = body.metadata.notification
        #expect(notification.itemIdJson == Array(#"["a","b"]"#.utf8))
        #expect(notification.image == "i")
        #expect(notification.action)
        #expect(notification.actionPath == ["p", ""])
        #expect(notification.extraPath == "e")
        #expect(notification.usernames == ["u1", "u2"])
        #expect(notification.kind == -3)
    }

    @Test("null is as absent, for every field that may be absent")
    func nulls() throws {
        let names = [
            "rrule", "timezone", "until", "exdates", "rdates", "queue", "priority", "misfire_policy", "max_attempts", "retry_for_seconds",
            "description"
        ]
        let inner = ["image", "action", "action_path", "extra_path", "usernames"]
        var top = JSONObject()
        var metadata = JSONObject()
        for name in names { top[name] = .null }
        for name in inner { metadata[name] = .null }
        #expect(try good(top, metadata: metadata).metadata.notification == good().metadata.notification)
        #expect(try good(top).schedule.schedule == good().schedule.schedule)
    }

    @Test("what must be there and is not, or is null, is named, all of it")
    func missing() {
        let inner = ["auth_header", "title", "body", "item_id", "created_at", "created_by", "classroom_id", "kind"]
        #expect(read(ReminderBody.type, [:]).faults.count == 2)
        let empty = read(ReminderBody.type, ["notification_metadata": [:]]).faults
        #expect(
            empty.map { String($0.prefix { $0 != ":" }) } == ["/start_datetime"] + inner.map { "/notification_metadata/\($0)" })
        var nulls = JSONObject()
        for name in inner { nulls[name] = .null }
        #expect(
            pointers(["start_datetime": nil], metadata: nulls) == ["/start_datetime"]
                + inner.map { "/notification_metadata/\($0)" })
    }

    @Test("every field wrong at once: one answer names them all")
    func everyFieldWrong() {
        let found = Set(
            pointers(
                [
                    "rrule": ["freq": 9, "interval": 0, "byweekday": [0, "XX", 7], "bymonth": 13, "foo": 1],
                    "start_datetime": "soon",
                    "timezone": "Mars/Olympus", "until": -62_135_596_801, "exdates": [1, "x", 2.5], "rdates": 5, "queue": "no blanks",
                    "priority": 10,
                    "misfire_policy": "maybe", "max_attempts": 0, "description": 1, "unknown": true, "a/b~c": 1
                ],
                metadata: [
                    "auth_header": "Bearer a\r\nX: b", "title": 1, "body": [], "item_id": ["a", 1], "created_at": 1.5,
                    "created_by": [:],
                    "classroom_id": "", "kind": "one", "image": 0, "action": "yes", "action_path": ["a", nil],
                    "extra_path": false,
                    "usernames": ["", 3], "more": 1
                ]))
        #expect(
            found == [
                "/rrule/freq", "/rrule/interval", "/rrule/byweekday/1", "/rrule/byweekday/2", "/rrule/bymonth", "/rrule/foo",
                "/start_datetime",
                "/timezone", "/until", "/exdates/1", "/exdates/2", "/rdates", "/queue", "/priority", "/misfire_policy",
                "/max_attempts",
                "/description", "/unknown", "/a~1b~0c", "/notification_metadata/auth_header", "/notification_metadata/title",
                "/notification_metadata/body", "/notification_metadata/item_id/1", "/notification_metadata/created_at",
                "/notification_metadata/created_by", "/notification_metadata/classroom_id", "/notification_metadata/kind",
                "/notification_metadata/image", "/notification_metadata/action", "/notification_metadata/action_path/1",
                "/notification_metadata/extra_path", "/notification_metadata/usernames/0", "/notification_metadata/usernames/1",
                "/notification_metadata/more"
            ])
    }

    @Test("a body that is no object is one fault", arguments: ["[]", "1", "\"x\"", "null", "true"] as [String])
    func noObject(text: String) throws {
        #expect(read(ReminderBody.type, try json(Array(text.utf8))).faults.count == 1)
    }

    @Test("U+0000 is refused in every text, since the wire cannot carry it")
    func nul() {
        let text: JSONValue = "a\u{0}b"
        let top = ["timezone", "queue", "description"]
        for name in top { #expect(pointers([name: text]) == ["/\(name)"]) }
        for name in ["auth_header", "title", "body", "item_id", "created_by", "classroom_id", "image", "extra_path"] {
            #expect(pointers(metadata: [name: text]) == ["/notification_metadata/\(name)"])
        }
        for name in ["item_id", "action_path", "usernames"] {
            #expect(pointers(metadata: [name: ["ok", text]]) == ["/notification_metadata/\(name)/1"])
        }
        #expect(pointers(["rrule": "FREQ=DAILY\u{0}"]) == ["/rrule"])
    }

    @Test(
        "an auth_header that could break out of its header is refused, and never repeated",
        arguments: ["a\rb", "a\nb", "a\r\nX-Evil: 1", "a\u{0}", "a\tb", "a\u{7F}", "\u{1}", " a", "a ", "é", "a\u{2028}b", ""])
    func authHeader(text: String) {
        let found = faults(metadata: ["auth_header": .string("secret" + text)]) + faults(metadata: ["auth_header": .string(text)])
        #expect(text == "" || text == " a" ? found.count >= 1 : found.count == 2)
        for fault in found {
            #expect(fault.hasPrefix("/notification_metadata/auth_header: "))
            #expect(!fault.contains("secret"))
        }
    }

    @Test("item_id is passed on as it came: a string or a list of strings")
    func itemID() throws {
        func passedOn(_ value: JSONValue) throws -> JSONValue {
            try json(good(metadata: ["item_id": value]).metadata.notification.itemIdJson)
        }
        for value in ["x", "", [], ["a"], ["a", "", "\"quoted\" \\ ü 😀\n"]] as [JSONValue] {
            #expect(try passedOn(value) == value)
        }
        for value in [1, true, [:], 1.5] as [JSONValue] {
            #expect(pointers(metadata: ["item_id": value]) == ["/notification_metadata/item_id"])
        }
        #expect(
            pointers(metadata: ["item_id": [["a"], nil]]) == [
                "/notification_metadata/item_id/0", "/notification_metadata/item_id/1"
            ])
    }

    @Test("whole numbers may be written as floating point")
    func wholeNumbers() throws {
        #expect(try good(["start_datetime": .double(Double(now + 5)), "priority": 3.0]).handling.priority == 3)
        #expect(try good(["start_datetime": .double(Double(now + 5))]).schedule.start == now + 5)
    }
}

@Suite("Bounds of a create")
struct BodyBoundsTests {
    private func text(_ count: Int, _ character: String = "x") -> JSONValue {
        .string(String(repeating: character, count: count))
    }
    private func list(_ count: Int, _ item: JSONValue) -> JSONValue { .array(Array(repeating: item, count: count)) }

    @Test("numbers hold one below, at and one above")
    func numbers() {
        for (name, range) in [
            ("priority", 0...9), ("max_attempts", 1...100), ("retry_for_seconds", 0...2_592_000),
            ("start_datetime", -62_135_596_800...253_402_300_799),
            ("until", -62_135_596_800...253_402_300_799)
        ]
            as [(String, ClosedRange<Int64>)]
        {
            for (value, isGood) in [
                (range.lowerBound - 1, false), (range.lowerBound, true), (range.upperBound, true), (range.upperBound + 1, false)
            ] {
                // An end at or before the start leaves nothing; that is another fault, at another place.
                let isRefused = pointers([name: .integer(value)]).contains { $0 == "/\(name)" }
                #expect(isRefused == !isGood, "\(name) \(value)")
            }
        }
        for (value, isGood) in [(9_007_199_254_740_991, true), (9_007_199_254_740_992, false)] as [(Int64, Bool)] {
            #expect(faults(metadata: ["kind": .integer(value)]).isEmpty == isGood)
            #expect(faults(metadata: ["kind": .integer(-value)]).isEmpty == isGood)
        }
    }

    @Test("texts hold at and one above, counted in characters")
    func texts() {
        for (name, most) in [("queue", 64), ("description", 1_000)] {
            #expect(faults([name: text(most)]).isEmpty)
            #expect(pointers([name: text(most + 1)]) == ["/\(name)"])
        }
        #expect(faults(["description": text(1_000, "😀")]).isEmpty)
        #expect(pointers(["queue": ""]) == ["/queue"])
        for (name, most) in [
            ("auth_header", 8_192), ("title", 1_000), ("body", 16_384), ("image", 4_096), ("extra_path", 4_096),
            ("created_by", 200),
            ("classroom_id", 200), ("item_id", 200)
        ] {
            #expect(faults(metadata: [name: text(most)]).isEmpty)
            #expect(pointers(metadata: [name: text(most + 1)]) == ["/notification_metadata/\(name)"])
        }
        for name in ["auth_header", "classroom_id"] {
            #expect(pointers(metadata: [name: ""]) == ["/notification_metadata/\(name)"])
        }
        for name in ["title", "body", "created_by", "image", "extra_path", "item_id"] {
            #expect(faults(metadata: [name: ""]).isEmpty)
        }
    }

    @Test("lists hold at and one above")
    func lists() {
        for name in ["rdates", "exdates"] {
            #expect(faults([name: list(1_000, .integer(now))]).isEmpty)
            #expect(pointers([name: list(1_001, .integer(now))]) == ["/\(name)"])
        }
        for (name, most) in [("usernames", 1_000), ("action_path", 100), ("item_id", 1_000)] {
            #expect(faults(metadata: [name: list(most, "u")]).isEmpty)
            #expect(pointers(metadata: [name: list(most + 1, "u")]) == ["/notification_metadata/\(name)"])
        }
    }

    @Test("what the wire carries at the bounds is within what a scheduler takes")
    func wire() throws {
        let body = try good(metadata: ["body": text(16_384, "😀"), "usernames": list(1_000, text(20))])
        #expect(try body.metadata.notification.packed().count <= 100 << 10)
        #expect(try good(["description": text(1_000, "😀")]).description.utf8.count <= 4 << 10)
    }

    @Test("a rule is bounded by its text")
    func rules() throws {
        let days = (1...366).map(String.init).joined(separator: ",")
        #expect(try good(["rrule": .string("FREQ=YEARLY;BYYEARDAY=\(days)")]).schedule.pattern != nil)
        let negative = (1...366).map { "-\($0)" }.joined(separator: ",")
        let long = "FREQ=YEARLY;BYYEARDAY=\(days),\(negative);BYSETPOS=\(days)"
        #expect(pointers(["rrule": .string(long)]) == ["/rrule"])
        #expect(pointers(["rrule": text(100_000)]) == ["/rrule"])
    }
}
