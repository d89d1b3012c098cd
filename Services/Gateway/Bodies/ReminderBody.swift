import Domain
import JSON

/// The body of `POST /remind_me`, good in every field.
struct ReminderBody: Sendable {
    let schedule: ScheduleFields
    let metadata: NotificationFields
    let queue: String
    let priority: Int64
    let misfirePolicy: MisfirePolicy
    let maxAttempts: Int64
    let description: String

    static let type = FieldType<ReminderBody>.object { fields in
        let body = ReminderBody(&fields)
        fields.check { place in
            if body.schedule.series.first() == nil {
                place.appending("start_datetime").refuse("with this rrule, until and exdates nothing is ever due")
            }
        }
        return body
    }

    private init(_ fields: inout FieldReader) {
        schedule = ScheduleFields(&fields)
        metadata = fields.required("notification_metadata", NotificationFields.type, help: "what is delivered")
        queue = fields.value(
            "queue", .queue, default: Defaults.queue, documented: .string(Defaults.queue),
            help: "the queue whose workers deliver it")
        priority = fields.value(
            "priority", .integer(Bounds.priority), default: Defaults.priority, documented: .integer(Defaults.priority),
            help: "higher goes first")
        misfirePolicy = fields.value(
            "misfire_policy", .misfirePolicy, default: .fireOnce, documented: .string(MisfirePolicy.fireOnce.name),
            help: "what becomes of a series' occurrences that could not be fired in time: the latest is fired, all are, or none")
        maxAttempts = fields.value(
            "max_attempts", .integer(Bounds.maxAttempts), default: Defaults.maxAttempts,
            documented: .integer(Defaults.maxAttempts),
            help: "tries at one occurrence before it becomes a dead letter")
        description = fields.value(
            "description", .string(Bounds.description), default: "", documented: "", help: "for people; it can be searched for")
    }
}
