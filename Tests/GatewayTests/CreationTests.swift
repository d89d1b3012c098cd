import TaskDomain
import TaskJSON
import TaskMessages
import TaskRecurrence
import TestSupport
import Testing

@testable import gateway

private func create(
    _ body: ReminderBody, key: IdempotencyKey? = nil, now time: Int64 = now * 1_000
) throws -> Creation {
    Creation(try body.draft(), caller: .anyone, idempotency: key, now: UnixMilliseconds(time), ids: FreshIDs())
}

@Suite("A create, worked out")
struct CreationTests {
    @Test("the scheduler is sent every field, and the first occurrence as the position")
    func request() throws {
        let body = try good(
            [
                "rrule": ["freq": 2, "byweekday": [0, 2]], "timezone": "Europe/Berlin", "until": .integer(now + 9_999_999),
                "queue": "q",
                "priority": 7, "misfire_policy": "fire_all", "max_attempts": 4, "description": "d",
                "rdates": [.integer(now + 1_800)]
            ])
        let creation = try create(body)
        let reminder = try #require(creation.request.reminder)
        #expect(reminder.id == creation.id.bytes)
        #expect(
            reminder.schedule
                == Proto.Schedule(
                    start: now + 3_600, rule: "FREQ=WEEKLY;BYDAY=MO,WE", timezone: "Europe/Berlin", until: now + 9_999_999,
                    rdates: [now + 1_800]))
        #expect(reminder.task == "edvora.notification")
        #expect(try Proto.Notification(unpacking: reminder.arguments) == body.metadata.notification)
        #expect(reminder.queue == "q")
        #expect(reminder.priority == 7)
        #expect(reminder.misfirePolicy == .fireAll)
        #expect(reminder.maxAttempts == 4)
        #expect(reminder.description == "d")
        #expect(reminder.classroomId == "classroom")
        #expect(reminder.createdBy == "teacher")
        #expect(reminder.createdAtMs == now * 1_000)
        #expect(creation.request.authorization.value == credential)
        let first = try #require(body.schedule.series.first())
        #expect(creation.request.position == Proto.Position(scheduledAt: first.instant, index: first.index))
        #expect(creation.request.idempotency == nil)
    }

    @Test("a rule by which nothing follows the start gets a warning, unless it says so itself", arguments: [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", true), ("FREQ=DAILY;UNTIL=20200101T000000Z", true), ("FREQ=DAILY;COUNT=1", false),
        ("FREQ=DAILY;COUNT=2", false), ("FREQ=YEARLY", false),
    ])
    func startAlone(rule: String, isWarned: Bool) throws {
        let answer = try json(create(good(["rrule": .string(rule)])).answer)
        #expect(answer["warnings"] == (isWarned ? [.string("with this rrule, until and exdates nothing is due after \(now + 3_600): it is fired once")] : []))
    }

    @Test("the answer is as the design has it")
    func answer() throws {
        let creation = try create(try good(["rrule": "FREQ=DAILY"]))
        let start = now + 3_600
        #expect(
            try json(creation.answer) == [
                "message": "success", "id": .string("\(creation.id)"), "state": "scheduled", "next_fire_at": .integer(start),
                "upcoming": .array((0..<5).map { .integer(start + $0 * 86_400) }), "warnings": []
            ])
        #expect(try json(create(good()).answer)["upcoming"] == [.integer(start)])
    }

    @Test("an excluded start is skipped, and the position's index counts it")
    func excludedStart() throws {
        let creation = try create(try good(["rrule": "FREQ=DAILY;COUNT=3", "exdates": [.integer(now + 3_600)]]))
        #expect(creation.request.position == Proto.Position(scheduledAt: now + 90_000, index: 2))
        #expect(try json(creation.answer)["next_fire_at"] == .integer(now + 90_000))
    }

    @Test("with an Idempotency-Key the id lies in the key's shard, and the answer is stored with it")
    func shard() throws {
        let body = try good()
        var seen: Set<Shard> = []
        for number in 0..<16 * Shard.count {
            let key = IdempotencyKey(key: "key-\(number)", caller: "", body: [1])
            let creation = try create(body, key: key)
            #expect(creation.id.shard == key.shard)
            #expect(
                creation.request.idempotency
                    == Proto.Idempotency(key: key.digest, request: key.requestDigest, answer: creation.answer))
            seen.insert(creation.id.shard)
        }
        #expect(seen.count == Shard.count, "keys spread over all shards")
    }

    @Test("keys are told apart by caller, key and body")
    func digests() {
        let first = IdempotencyKey(key: "k", caller: "c", body: [1])
        #expect(first == IdempotencyKey(key: "k", caller: "c", body: [1]))
        #expect(first.digest.count == 32)
        #expect(first.requestDigest.count == 32)
        #expect(first.digest != IdempotencyKey(key: "k", caller: "d", body: [1]).digest)
        #expect(first.digest != IdempotencyKey(key: "l", caller: "c", body: [1]).digest)
        #expect(
            IdempotencyKey(key: "bc", caller: "a", body: []).digest != IdempotencyKey(key: "c", caller: "ab", body: []).digest)
        let other = IdempotencyKey(key: "k", caller: "c", body: [2])
        #expect(first.digest == other.digest)
        #expect(first.requestDigest != other.requestDigest)
    }

    @Test("a token that ends before it is needed is a warning that does not repeat it")
    func warnings() throws {
        func warnings(_ header: String) throws -> [JSONValue] {
            guard
                case .array(let warnings)? = try json(create(good(metadata: ["auth_header": .string(header)])).answer)["warnings"]
            else { return [] }
            return warnings
        }
        let early = token(["exp": .integer(now + 3_599)])
        let onTime = token(["exp": .integer(now + 3_600)])
        let later = token(["exp": .integer(now + 3_601)])
        #expect(try warnings("Bearer \(early)").count == 1)
        #expect(try warnings("Bearer \(onTime)").count == 1)
        #expect(try warnings("Bearer \(later)").isEmpty)
        #expect(try warnings(early).count == 1)
        #expect(try !warnings("Bearer \(early)")[0].text().contains(early.prefix(10)))
        #expect(try warnings("Bearer \(early)")[0].text().contains("2026-11-23T00:59:59Z"))
        #expect(try warnings("Basic abc").isEmpty)
    }

    @Test("no answer holds the credential")
    func noCredential() throws {
        let answer = try create(good()).answer
        #expect(!String(decoding: answer, as: UTF8.self).contains("credential"))
    }
}

@Suite("What is forecast")
struct ForecastTests {
    private func times(_ changes: JSONObject) throws -> [Int64] {
        guard case .array(let times)? = try json(create(good(changes), now: now * 1_000 + 500).answer)["upcoming"]
        else { return [] }
        return times.compactMap(\.wholeNumber)
    }

    private let day: Int64 = 86_400

    @Test("a one-shot in the past is fired at once, whatever the policy", arguments: ["fire_once", "fire_all", "skip"])
    func pastOneShot(policy: String) throws {
        #expect(try times(["start_datetime": .integer(now - 99_999), "misfire_policy": .string(policy)]) == [now])
        #expect(try times(["start_datetime": .integer(now), "misfire_policy": .string(policy)]) == [now])
        #expect(try times(["start_datetime": .integer(now + 1), "misfire_policy": .string(policy)]) == [now + 1])
    }

    @Test("a series with a past: one is fired now for all that were missed, or all are, or none is")
    func pastSeries() throws {
        let start = now - 10 * day - 7_200
        let coming = (1...5).map { start + (10 + Int64($0)) * day }
        for policy in ["fire_once", "fire_all"] as [JSONValue] {
            #expect(
                try times(["start_datetime": .integer(start), "rrule": "FREQ=DAILY", "misfire_policy": policy]) == [now]
                    + coming.prefix(4))
        }
        #expect(try times(["start_datetime": .integer(start), "rrule": "FREQ=DAILY", "misfire_policy": "skip"]) == coming)
    }

    @Test("skip still fires what is hardly late")
    func hardlyLate() throws {
        for (start, isFired) in [(now - 30, true), (now - 60, true), (now - 61, false)] {
            let found = try times(["start_datetime": .integer(start), "rrule": "FREQ=DAILY;COUNT=2", "misfire_policy": "skip"])
            #expect(found == (isFired ? [now, start + day] : [start + day]))
        }
        #expect(
            try times(["start_datetime": .integer(now - 10 * day), "rrule": "FREQ=DAILY;COUNT=20", "misfire_policy": "skip"])
                .first == now)
    }

    @Test("a past of more occurrences than are caught up on is accepted with a warning that gives the numbers")
    func longPast() throws {
        func warnings(_ changes: JSONObject) throws -> [String] {
            guard case .array(let warnings)? = try json(create(good(changes)).answer)["warnings"] else { return ["none"] }
            return warnings.compactMap { warning in if case .string(let text) = warning { text } else { nil } }
        }
        let start = now - 3_600, count = 3_600 - 60 + 1 - 100 as Int64
        var changes: JSONObject = ["start_datetime": .integer(start), "rrule": "FREQ=SECONDLY", "misfire_policy": "fire_all"]
        #expect(
            try warnings(changes) == [
                "its past has more occurrences than catch_up_limit, 100, lets fire_all deliver: the latest 100, from \(now - 159) on, are "
                    + "delivered; \(count) before them, from \(start) to \(now - 160), are recorded as missed"
            ])
        for (limit, isWarned) in [(3_540, true), (3_541, false)] as [(Int64, Bool)] {
            changes["catch_up_limit"] = .integer(limit)
            #expect(try warnings(changes).isEmpty != isWarned)
        }
        changes["catch_up_limit"] = 1
        changes["misfire_policy"] = "fire_once"
        #expect(try warnings(changes).isEmpty)
        changes["misfire_policy"] = "fire_all"
        changes["start_datetime"] = 0
        changes["rrule"] = "RRULE:FREQ=SECONDLY\nRRULE:FREQ=SECONDLY;INTERVAL=2"
        var said: [String] = []
        let taken = try processorTime { said = try warnings(changes) }
        #expect(said.first?.contains("more than 10000 before them, from 0 to ") == true)
        #expect(taken < .seconds(60))
    }

    @Test("a series all of whose occurrences are skipped says so")
    func allSkipped() throws {
        let body = try good(["start_datetime": .integer(now - 10 * day), "rrule": "FREQ=DAILY;COUNT=2", "misfire_policy": "skip"])
        let answer = try json(create(body).answer)
        #expect(answer["next_fire_at"] == .null)
        #expect(answer["upcoming"] == [])
        guard case .array(let warnings)? = answer["warnings"] else {
            Issue.record("no warnings")
            return
        }
        #expect(warnings.count == 1)
    }

    @Test("a weekly rule in Berlin keeps its wall-clock time over the end of summer time")
    func berlin() throws {
        // 19 October 2026, 09:00 in Berlin (UTC+2); summer time ends on the 25th.
        let start: Int64 = 1_792_393_200
        let body = try good(["start_datetime": .integer(start), "rrule": "FREQ=WEEKLY;BYDAY=MO", "timezone": "Europe/Berlin"])
        let answer = try json(create(body, now: (start - 5) * 1_000).answer)
        #expect(
            answer["upcoming"]
                == .array([0, 7 * day + 3_600, 14 * day + 3_600, 21 * day + 3_600, 28 * day + 3_600].map { .integer(start + $0) })
        )
    }
}

@Suite("Ids of what is created")
struct FreshIDsTests {
    @Test("come in rows of one shard, all shards have their rows, and no two are the same")
    func rows() {
        let ids = FreshIDs(), time = UnixMilliseconds(1_795_000_000_000)
        var drawn: Set<ReminderID> = [], rows: [Shard: Int] = [:]
        for _ in 0..<(16 * Shard.count) {
            let row = (0..<FreshIDs.idsInARow).map { _ in ids.next(at: time) }
            #expect(Set(row.map(\.shard)).count == 1)
            drawn.formUnion(row)
            if let first = row.first { rows[first.shard, default: 0] += 1 }
        }
        #expect(drawn.count == 16 * Shard.count * FreshIDs.idsInARow)
        #expect(rows.count == Shard.count)
    }

    @Test("are of the shard that is asked for, which the row does not notice")
    func asked() {
        let ids = FreshIDs(), time = UnixMilliseconds(1_795_000_000_000)
        let first = ids.next(at: time).shard
        for shard in Shard.all { #expect(ids.next(at: time, in: shard).shard == shard) }
        #expect(ids.next(at: time).shard == first)
    }
}

@Suite("Tokens")
struct TokenTests {
    @Test("the end of a token is read, whatever scheme stands before it")
    func expiry() {
        #expect(JSONWebToken.expiry(inHeader: "Bearer " + token(["exp": 1_795_000_000]))?.count == 1_795_000_000)
        #expect(JSONWebToken.expiry(inHeader: "bearer  " + token(["sub": "ü", "exp": 1_795_000_000.75]))?.count == 1_795_000_000)
        #expect(JSONWebToken.expiry(inHeader: token(["exp": -1]))?.count == -1)
        // All 64 characters of the alphabet, and each length of the last group.
        for length in 0..<200 {
            #expect(JSONWebToken.expiry(inHeader: token(["x": .string(String(repeating: "~?>", count: length)), "exp": 5]))?.count == 5)
        }
    }

    @Test(
        "what is no token has no end",
        arguments: [
            "", " ", "Bearer", "Bearer x", "a.b", "a.b.c.d", "..", "a.!!.c", "Bearer a.bm9wZQ.c", "a.e30.c", "a.W10.c",
            "a.eyJleHAiOiJ4In0.c", "a.eyJleHAiOjFlMzAwfQ.c"
        ])
    func noToken(header: String) {
        #expect(JSONWebToken.expiry(inHeader: header) == nil)
    }
}

/// A token with these claims and a signature that nobody checks.
func token(_ claims: JSONValue) -> String {
    func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var result = ""
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                result.append(alphabet[Int(bits >> UInt32(count) & 63)])
            }
        }
        if count > 0 { result.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
        return result
    }
    return encode(Array(#"{"alg":"none"}"#.utf8)) + "." + encode(claims.bytes()) + "." + encode([1, 2, 3])
}
