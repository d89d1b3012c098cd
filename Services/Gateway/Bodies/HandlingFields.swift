import Domain
import JSON

/// How occurrences are to be dealt with, as bodies say it.
struct HandlingFields: Sendable {
    let queue: String
    let priority: Int64
    let misfirePolicy: MisfirePolicy
    let maxAttempts: Int64
    let jitterSeconds: Int64
    let expiresAfterSeconds: Int64?
    let description: String

    init(_ fields: inout FieldReader) {
        queue = fields.value(
            "queue", .name(Bounds.queue), default: Defaults.queue, documented: .string(Defaults.queue),
            help: "the queue whose workers run it")
        priority = fields.value(
            "priority", .integer(Bounds.priority), default: Defaults.priority, documented: .integer(Defaults.priority),
            help: "higher goes first; one step is worth ten seconds of waiting, so the lowest is not starved")
        misfirePolicy = fields.value(
            "misfire_policy", .misfirePolicy, default: .fireOnce, documented: .string(MisfirePolicy.fireOnce.name),
            help: "what becomes of a series' occurrences that could not be fired in time: the latest is fired, all are, or none")
        maxAttempts = fields.value(
            "max_attempts", .integer(Bounds.maxAttempts), default: Defaults.maxAttempts,
            documented: .integer(Defaults.maxAttempts),
            help: "tries at one occurrence before it becomes a dead letter")
        jitterSeconds = fields.value(
            "jitter_seconds", .integer(Bounds.jitterSeconds), default: 0, documented: 0,
            help: "each occurrence is fired up to so long after its time, by a part that follows from its key: many at the "
                + "same second are spread")
        expiresAfterSeconds = fields.optional(
            "expires_after_seconds", .integer(Bounds.expirySeconds),
            help: "an occurrence that was not delivered so long after its time becomes a dead letter; absent: never")
        description = fields.value(
            "description", .string(Bounds.description), default: "", documented: "", help: "for people; it can be searched for")
    }
}
