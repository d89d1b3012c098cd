import TaskDomain
import TaskJSON
import TaskOperations

/// The body of `POST /tasks`, good in every field: the predecessor's
/// `TaskScheduler.schedule(func, description, args, kwargs, rrule_string, trigger_at, until)`.
struct TaskBody: Sendable {
    let task: String
    let arguments: JSONValue
    let schedule: ScheduleFields
    /// No time was given: it is due when it is asked for.
    let startsNow: Bool
    let handling: Handling
    let description: String
    let authHeader: Secret?
    let classroomID: String, createdBy: String

    static let type = FieldType<TaskBody>.object { TaskBody(&$0) }

    private init(_ fields: inout FieldReader) {
        task = fields.required(
            "task", .name,
            help: "the name under which workers have the task; one that none serves now waits for one that does",
            example: "worker.log")
        let args = fields.value(
            "args", .list(of: .anything, ReminderLimits.argumentCount), default: [], documented: [], help: "positional arguments")
        let kwargs = fields.value(
            "kwargs", .anyObject(ReminderLimits.argumentCount), default: JSONObject(), documented: [:], help: "named arguments",
            example: ["message": "hello"])
        arguments = ["args": .array(args), "kwargs": .object(kwargs)]
        (schedule, startsNow) = ScheduleFields.startingNow(&fields)
        handling = Handling(&fields)
        description = fields.description()
        authHeader = fields.optional(
            "auth_header", .authHeader, help: "a credential that the task is given; kept sealed and never shown")
        classroomID = fields.value(
            "classroom_id", .string(Bounds.identifier), default: "", documented: "", help: "for lists: the classroom it is about")
        createdBy = fields.value(
            "created_by", .string(Bounds.identifier), default: "", documented: "", help: "for lists: who made it")
        fields.check { [task] place in
            if task == TaskName.notification { place.appending("task").refuse("is asked for with POST /remind_me") }
        }
    }

    func draft(now: UnixSeconds) throws(Problem) -> Draft {
        try Draft(
            schedule: startsNow ? try schedule.starting(at: now) : schedule, handling: handling,
            payload: Payload(
                task: task, arguments: arguments.bytes(), description: description, classroomID: classroomID, createdBy: createdBy),
            authHeader: authHeader)
    }
}
