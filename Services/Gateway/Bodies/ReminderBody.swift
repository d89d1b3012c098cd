import Domain
import JSON
import Messages
import Operations

/// The body of `POST /remind_me`, good in every field.
struct ReminderBody: Sendable {
    let schedule: ScheduleFields
    let metadata: NotificationFields
    let handling: HandlingFields

    static let task = "edvora.notification"

    static let type = FieldType<ReminderBody>.object { ReminderBody(&$0) }

    private init(_ fields: inout FieldReader) {
        schedule = ScheduleFields(&fields)
        metadata = fields.required("notification_metadata", NotificationFields.type, help: "what is delivered")
        handling = HandlingFields(&fields)
    }

    func draft() throws(Problem) -> Draft {
        let notification = metadata.notification
        return try Draft(
            schedule: schedule, handling: handling, task: Self.task, arguments: (try? notification.packed()) ?? [],
            authHeader: metadata.authHeader, classroomID: notification.classroomId, createdBy: notification.createdBy)
    }
}
