import TaskDomain
import TaskJSON
import TaskMessages
import TaskOperations

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
        let arguments: [UInt8]
        // Each of its texts has been checked already; a blank notification must never be stored in its place.
        do throws(MessageError) { arguments = try notification.packed() } catch {
            throw Problem(.unprocessableContent, "the notification cannot be passed on: \(error)")
        }
        return try Draft(
            schedule: schedule, handling: handling,
            payload: Payload(
                task: TaskName.notification, arguments: arguments, description: description,
                classroomID: notification.classroomId, createdBy: notification.createdBy),
            authHeader: metadata.authHeader)
    }
}
