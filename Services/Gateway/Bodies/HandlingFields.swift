import TaskDomain
import TaskJSON

extension Handling {
    /// Reads how occurrences are to be dealt with, as bodies say it.
    init(_ fields: inout FieldReader) {
        let standard = Handling.standard
        self.init(
            queue: fields.value(
                "queue", .name, default: standard.queue, documented: .string(standard.queue), help: "the queue whose workers run it"),
            priority: Int(
                fields.value(
                    "priority", .integer(Limits.priority), default: Int64(standard.priority), documented: .integer(Int64(standard.priority)),
                    help: "higher goes first; one step is worth ten seconds of waiting, so the lowest is not starved")),
            misfirePolicy: fields.value(
                "misfire_policy", .misfirePolicy, default: standard.misfirePolicy, documented: .string(standard.misfirePolicy.name),
                help: "what becomes of a series' occurrences that could not be fired in time: the latest is fired, all are, or none"),
            catchUpLimit: Int(
                fields.value(
                    "catch_up_limit", .integer(Limits.catchUp), default: Int64(standard.catchUpLimit),
                    documented: .integer(Int64(standard.catchUpLimit)),
                    help: "the most missed occurrences of one gap that fire_all fires: the latest; the others are recorded as missed")),
            retryForSeconds: Int(
                fields.value(
                    "retry_for_seconds", .integer(Limits.retryForSeconds), default: Int64(standard.retryForSeconds),
                    documented: .integer(Int64(standard.retryForSeconds)),
                    help: "how long an occurrence is tried, from the end of its first try on, before it becomes a dead letter; 0: it is "
                        + "tried once. What could not be sent at all is no try")),
            maxAttempts: fields.optional(
                "max_attempts", .integer(Limits.maxAttempts),
                help: "attempts after which an occurrence becomes a dead letter earlier; absent: as many as its time allows"
            ).map { Int($0) },
            jitterSeconds: Int(
                fields.value(
                    "jitter_seconds", .integer(Limits.jitterSeconds), default: Int64(standard.jitterSeconds),
                    documented: .integer(Int64(standard.jitterSeconds)),
                    help: "each occurrence is fired up to so long after its time, by a part that follows from its key: many at the "
                        + "same second are spread")),
            expiresAfterSeconds: fields.optional(
                "expires_after_seconds", .integer(Limits.expiresAfterSeconds),
                help: "an occurrence that was not delivered so long after its time becomes a dead letter; absent: never"
            ).map { Int($0) })
    }

    /// The fields as a body and an answer have them.
    var members: JSONObject {
        [
            "queue": .string(queue), "priority": .integer(Int64(priority)), "misfire_policy": .string(misfirePolicy.name),
            "catch_up_limit": .integer(Int64(catchUpLimit)),
            "retry_for_seconds": .integer(Int64(retryForSeconds)), "max_attempts": maxAttempts.map { .integer(Int64($0)) } ?? .null,
            "jitter_seconds": .integer(Int64(jitterSeconds)),
            "expires_after_seconds": expiresAfterSeconds.map { .integer(Int64($0)) } ?? .null
        ]
    }

    /// The JSON Schema of each of ``members``: the one that the body has of it. What has a default there is never null.
    static var memberSchemas: JSONObject {
        guard case .object(var schemas)? = FieldType<Handling>.object({ Handling(&$0) }).schema()["properties"] else { return JSONObject() }
        for member in schemas.members {
            guard case .object(var schema) = member.value, schema["default"] != nil else { continue }
            schema["default"] = nil
            schemas[member.name] = .object(schema.withoutNull)
        }
        return schemas
    }
}

extension FieldReader {
    mutating func description() -> String {
        value(
            "description", .string(ReminderLimits.descriptionLength), default: "", documented: "",
            help: "for people; it can be searched for")
    }
}
