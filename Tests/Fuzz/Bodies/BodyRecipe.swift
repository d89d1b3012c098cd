import TaskJSON

/// Makes the body of a request out of bytes: mostly the right fields with mostly plausible values, so that many are accepted.
struct BodyRecipe {
    private var recipe: Recipe

    /// Lists and objects nest no deeper.
    private static let maximumDepth = 3
    private static let top = [
        "rrule", "start_datetime", "timezone", "until", "exdates", "rdates", "queue", "priority", "misfire_policy", "catch_up_limit",
        "retry_for_seconds", "max_attempts",
        "jitter_seconds", "expires_after_seconds", "description", "notification_metadata", "auth_header", "task", "args", "kwargs",
        "trigger_at", "classroom_id", "created_by", "count", "after", "create", "cancel", "paused", "max_concurrency", "rate_limit",
        "reminder_id", "unknown",
    ]
    private static let metadata = [
        "auth_header", "title", "body", "item_id", "created_at", "created_by", "classroom_id", "kind", "image", "action", "action_path",
        "extra_path", "usernames",
    ]
    private static let texts = [
        "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "../../etc/passwd", "default", "q-1", "fire_once", "fire_all", "skip",
        "worker.log", "edvora.notification", "Bearer eyJhbGciOi.eyJleHAiOjE3OTUwMDAwMDB9.x", "Bearer x\r\nX: y", "a\u{0}b", "ü🕰", "",
        "01932c07-209c-7123-8abc-0123456789ab", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=YEARLY;BYWEEKNO=53;BYSETPOS=-1", "FREQ=SECONDLY;COUNT=1000000", "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", "FREQ=HOURLY;INTERVAL=999999",
        "DTSTART;TZID=Europe/Berlin:20261123T000000\r\nRRULE:FREQ=DAI\r\n LY\r\nEXRULE:FREQ=WEEKLY;BYDAY=SU\r\nEXDATE;VALUE=DATE:20261125\r\n",
        "RRULE:FREQ=MINUTELY\nRRULE:FREQ=HOURLY\nRDATE;VALUE=DATE:20261224", "DTSTART;VALUE=DATE:00010101\nRDATE:20300101T000000Z", "0 9 1 * 1-5",
        "FREQ=HOURLY;INTERVAL=6;BYHOUR=0,6,12,18",
    ]

    init(_ bytes: ArraySlice<UInt8>) { recipe = Recipe(bytes) }

    mutating func body() -> JSONValue {
        var object = JSONObject()
        let kind = recipe.byte()
        // Most begin with what must be there.
        if kind < 0xE0 {
            object["start_datetime"] = .integer(1_795_000_000 + Int64(recipe.byte()) * 86_400)
            if kind % 3 == 0 { object["task"] = "worker.log" } else { object["notification_metadata"] = .object(notification()) }
        }
        while !recipe.isEmpty {
            let name = Self.top[Int(recipe.byte()) % Self.top.count]
            object[name] = name == "notification_metadata" ? .object(notification()) : value(depth: 0)
        }
        return .object(object)
    }

    private mutating func notification() -> JSONObject {
        var object: JSONObject = [
            "auth_header": "Bearer Kq7vZ2x9Lw4T", "title": "t", "body": "b", "item_id": "i", "created_at": 1_794_990_000,
            "created_by": "u", "classroom_id": "c", "kind": 1,
        ]
        for _ in 0..<(recipe.byte() % 4) { object[Self.metadata[Int(recipe.byte()) % Self.metadata.count]] = value(depth: 1) }
        return object
    }

    private mutating func value(depth: Int) -> JSONValue {
        let kind = recipe.byte()
        switch kind {
        case 0..<64: return .integer(Int64(recipe.byte()))
        case 64..<96: return .integer(1_795_000_000 + Int64(Int8(bitPattern: recipe.byte())) * 3_600)
        case 96..<112: return .integer(recipe.number())
        case 112..<176: return .string(Self.texts[Int(recipe.byte()) % Self.texts.count])
        case 176..<184: return .string(recipe.text(atMost: 32))
        case 184..<188: return .null
        case 188..<196: return .bool(kind % 2 == 0)
        case 196..<200: return .double(Double(Int8(bitPattern: recipe.byte())) / 2)
        case 200..<202: return .string(String(repeating: "x", count: Int(recipe.byte()) * 70))
        case 202..<204: return .array(Array(repeating: .integer(1_795_000_000 + Int64(recipe.byte())), count: Int(recipe.byte()) * 5))
        case 204..<230 where depth < Self.maximumDepth: return .array((0..<Int(recipe.byte() % 6)).map { _ in value(depth: depth + 1) })
        case 230..<246 where depth < Self.maximumDepth:
            // A rule as an object.
            var object: JSONObject = ["freq": .integer(Int64(recipe.byte() % 8))]
            let parts = ["interval", "count", "until", "wkst", "byweekday", "bymonthday", "bymonth", "bysetpos", "byhour", "byweekno"]
            for _ in 0..<(recipe.byte() % 4) { object[parts[Int(recipe.byte()) % parts.count]] = value(depth: depth + 1) }
            return .object(object)
        case 246..<250 where depth < Self.maximumDepth:
            var object = JSONObject()
            for _ in 0..<(recipe.byte() % 4) { object[recipe.text(atMost: 3)] = value(depth: depth + 1) }
            return .object(object)
        default: return .integer(Int64(kind))
        }
    }
}
