import ScheduledTasks
import TaskDomain
import TaskJSON

// What the transport over HTTP sends and is answered, as the API's document has it.

extension TaskRequest {
    /// The body of `POST /tasks`: the times as they were asked for, so that the same request is the same bytes whenever it is sent.
    var body: JSONValue {
        var body: JSONObject = [
            "task": .string(payload.task), "description": .string(payload.description), "args": .array(arguments.args),
            "kwargs": .object(arguments.kwargs)
        ]
        body["rrule"] = times.rrule.map { .string($0) }
        body["trigger_at"] = times.triggerAt.map { .integer($0) }
        body["until"] = times.until.map { .integer($0) }
        body["timezone"] = times.timezone.map { .string($0) }
        body["auth_header"] = options.authorization.map { .string($0) }
        for member in options.handling.fields.members { body[member.name] = member.value }
        return .object(body)
    }
}

extension Handling {
    /// Its fields by the API's names; a bound that there is not is left out.
    var fields: JSONObject {
        var fields: JSONObject = [
            "queue": .string(queue), "priority": .integer(Int64(priority)), "misfire_policy": .string(misfirePolicy.name),
            "catch_up_limit": .integer(Int64(catchUpLimit)), "retry_for_seconds": .integer(Int64(retryForSeconds)),
            "jitter_seconds": .integer(Int64(jitterSeconds))
        ]
        fields["max_attempts"] = maxAttempts.map { .integer(Int64($0)) }
        fields["expires_after_seconds"] = expiresAfterSeconds.map { .integer(Int64($0)) }
        return fields
    }

    /// Reads ``fields``; what an older gateway does not say has its default.
    fileprivate init(_ json: JSONValue) {
        self = .standard
        func number(_ name: String) -> Int? { json[name]?.wholeNumber.map { Int($0) } }
        if case .string(let name)? = json["queue"] { queue = name }
        if case .string(let name)? = json["misfire_policy"], let policy = MisfirePolicy.allCases.first(where: { $0.name == name }) {
            misfirePolicy = policy
        }
        priority = number("priority") ?? priority
        catchUpLimit = number("catch_up_limit") ?? catchUpLimit
        retryForSeconds = number("retry_for_seconds") ?? retryForSeconds
        jitterSeconds = number("jitter_seconds") ?? jitterSeconds
        (maxAttempts, expiresAfterSeconds) = (number("max_attempts"), number("expires_after_seconds"))
    }
}

extension Schedule {
    /// - Returns: `nil` where there is no start.
    fileprivate init?(_ json: JSONValue) {
        guard let start = json.seconds("start_datetime") else { return nil }
        func list(_ name: String) -> [UnixSeconds] {
            guard case .array(let items)? = json[name] else { return [] }
            return items.compactMap { $0.wholeNumber.map { UnixSeconds($0) } }
        }
        self.init(start: start, rule: json.text("rrule"), until: json.seconds("until"), rdates: list("rdates"), exdates: list("exdates"))
        if let timezone = json.text("timezone") { self.timezone = timezone }
    }
}

extension ScheduledReminder {
    /// - Returns: `nil` for what is no reminder, or one in a state that this build does not know.
    init?(_ json: JSONValue) {
        guard let id = json.text("id").flatMap({ ReminderID($0) }), let task = json.text("task"), let schedule = Schedule(json),
            let name = json.text("state"), let state = ReminderState.allCases.first(where: { $0.name == name })
        else { return nil }
        var arguments: TaskArguments?
        if case .array(let args)? = json["args"], case .object(let kwargs)? = json["kwargs"] {
            arguments = TaskArguments(args: args, kwargs: kwargs)
        }
        var isServed = true
        if case .bool(let served)? = json["served"] { isServed = served }
        func count(_ name: String) -> Int64 { json["occurrences"]?[name]?.wholeNumber ?? 0 }
        self.init(
            id: id, state: state, task: task, description: json.text("description") ?? "", arguments: arguments, schedule: schedule,
            handling: Handling(json), nextFireAt: json.seconds("next_fire_at"),
            occurrences: Occurrences(
                delivered: count("delivered"), retrying: count("retrying"), held: count("held"), dead: count("dead")),
            isServed: isServed, createdAt: json.seconds("created_at") ?? UnixSeconds(0))
    }
}

extension ReminderFilter {
    /// The query of `GET /reminders`.
    var query: [(name: String, value: String)] {
        let fields: [(name: String, value: String?)] = [
            ("state", state?.name), ("classroom_id", classroomID), ("created_by", createdBy), ("queue", queue), ("task", task),
            ("description", text), ("due_after", dueAfter?.description), ("due_before", dueBefore?.description),
        ]
        return fields.compactMap { field in field.value.map { (field.name, $0) } }
    }
}

extension JSONValue {
    fileprivate func text(_ name: String) -> String? {
        if case .string(let text)? = self[name] { text } else { nil }
    }

    fileprivate func seconds(_ name: String) -> UnixSeconds? { self[name]?.wholeNumber.map { UnixSeconds($0) } }
}

extension String {
    /// All but the unreserved characters of RFC 3986 as `%` and two digits.
    var percentEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
