import TaskDomain
import TaskJSON
import TaskMessages
import TaskOperations

/// The filters of a list of occurrences.
struct OccurrenceQuery: Sendable {
    let filter: Proto.OccurrenceFilter
    let page: PageQuery

    static let type = FieldType<OccurrenceQuery>.object { fields in
        OccurrenceQuery(filter: Proto.OccurrenceFilter(&fields), page: PageQuery(&fields, .latestSetAside))
    }
}

/// The same filters in a body, and where to go on.
struct OccurrenceSelection: Sendable {
    let filter: Proto.OccurrenceFilter
    /// Empty: from the latest on.
    let cursor: [UInt8]

    static let type = FieldType<OccurrenceSelection>.object { fields in
        OccurrenceSelection(filter: Proto.OccurrenceFilter(&fields), cursor: Cursor.read(&fields, .latestSetAside, help: bulkCursorHelp))
    }
}

private let bulkCursorHelp = "`next_cursor` of the answer before, with the same filters; absent: from the latest on"

extension Proto.OccurrenceFilter {
    init(_ fields: inout FieldReader) {
        self.init()
        reminder =
            fields.optional("reminder_id", .reminderID, help: "only of this reminder").map(\.bytes) ?? []
        classroomId = fields.optional("classroom_id", .string(1...200), help: "only of this classroom") ?? ""
        createdBy = fields.optional("created_by", .string(1...200), help: "only of reminders that this person made") ?? ""
        queue = fields.optional("queue", .name, help: "only of this queue") ?? ""
        task = fields.optional("task", .name, help: "only of this task") ?? ""
    }
}

extension FieldType where Value == ReminderID {
    static var reminderID: Self {
        FieldType<String>.string(36...36).map(
            expected: "the id of a reminder", placeholder: ReminderID(high: 0, low: 0),
            schema: { schema in
                schema["pattern"] = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"
            }
        ) { text, place in
            if let id = ReminderID(text) { return id }
            place.refuse("must be the id of a reminder, such as 01932c07-209c-7123-8abc-0123456789ab")
            return nil
        }
    }
}

/// The body of `POST /held/release`.
struct ReleaseBody: Sendable {
    let createdBy: String
    let authHeader: Secret
    /// Empty: from the latest on.
    let cursor: [UInt8]

    static let type = FieldType<ReleaseBody>.object { fields in
        ReleaseBody(
            createdBy: fields.required("created_by", .string(1...200), help: "whose reminders"),
            authHeader: fields.required("auth_header", .authHeader, help: "the new Authorization header"),
            cursor: Cursor.read(&fields, .latestSetAside, help: bulkCursorHelp))
    }
}
