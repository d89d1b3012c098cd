import Domain
import JSON
import Messages
import Operations

/// The body of `POST /remind_me`, good in every field.
struct ReminderBody: Sendable {
    let schedule: ScheduleFields
    let metadata: NotificationFields
    let handling: Handling
    let description: String

    static let type = FieldType<ReminderBody>.object { ReminderBody(&$0) }

    private init(_ fields: inout FieldReader) {
        schedule = ScheduleFields(&fields)
        metadata = fields.required("notification_metadata", NotificationFields.type, help: "what is delivered")
        handling = Handling(&fields)
        description = fields.description()
    }

    func draft() throws(Problem) -> Draft {
        let notification = metadata.notification
        return try Draft(
            schedule: schedule, handling: handling, task: TaskName.notification, arguments: (try? notification.packed()) ?? [],
            authHeader: metadata.authHeader, description: description, classroomID: notification.classroomId,
            createdBy: notification.createdBy)
    }
}
