import TaskDomain
import TaskJSON
import TaskMessages
import TaskOperations

/// `notification_metadata`: what is delivered, and with whose credential.
struct NotificationFields: Sendable {
    let authHeader: Secret
    let notification: Proto.Notification

    static let type = FieldType<NotificationFields>.object { NotificationFields(&$0) }

    private init(_ fields: inout FieldReader) {
        var notification = Proto.Notification()
        authHeader = fields.required(
            "auth_header", CommonTypes.authHeader,
            help: "the Authorization header of the request that delivers it; kept sealed and never shown",
            example: "Bearer eyJhbGciOi.example")
        notification.title = fields.required(
            "title", CommonTypes.title, help: "the notification's title", example: "Homework")
        notification.body = fields.required(
            "body", CommonTypes.body, help: "the notification's text", example: "Due tomorrow")
        let item = fields.required(
            "item_id", CommonTypes.itemID, help: "what it is about: a string or a list of strings, passed on as it came",
            example: "item-1")
        notification.itemIdJson = item.json
        notification.createdAt = fields.required("created_at", .unixSeconds, help: "unix seconds", example: 1_794_990_000)
        notification.createdBy = fields.required(
            "created_by", CommonTypes.identifier, help: "who made it", example: "teacher-1")
        notification.classroomId = fields.required(
            "classroom_id", CommonTypes.classroom, help: "the classroom that is told, unless usernames are given",
            example: "classroom-1")
        notification.kind = fields.required("kind", CommonTypes.kind, help: "the notification's kind", example: 1)
        notification.image = fields.value("image", CommonTypes.link, default: "", documented: "", help: "an image's address")
        notification.action = fields.value(
            "action", .boolean, default: false, documented: false, help: "whether it can be acted on")
        notification.actionPath = fields.value(
            "action_path", .list(of: .string(Bounds.identifier), Bounds.actionPath), default: [], documented: [],
            help: "where acting on it leads")
        notification.extraPath = fields.value(
            "extra_path", CommonTypes.link, default: "", documented: "", help: "a further path")
        notification.usernames = fields.value(
            "usernames", .list(of: .string(Bounds.classroom), Bounds.usernames), default: [], documented: [],
            help: "who is told instead of the whole classroom")
        self.notification = notification
    }
}
