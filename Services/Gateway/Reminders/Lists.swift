import TaskDomain
import TaskJSON
import TaskMessages

extension Reminders {
    var list: Operation {
        Operation(.get, "/reminders", "listReminders", summary: "List reminders, newest first.", query: ReminderQuery.type, handle: list)
            .explained(
                "With `due_after` or `due_before` it lists scheduled reminders in the order in which they fall due. A page begins "
                    + "where the one before ended, whatever has come or gone meanwhile. A page looks at 10,000 reminders at most, so "
                    + "where a filter finds few it may be short, or empty, and still have a `next_cursor`.")
            .answering(.ok, "a page", .ref("ReminderPage"))
    }

    private func list(_ exchange: Exchange, _ query: ReminderQuery) async throws(Problem) -> Answer {
        var filter = query.filter
        filter.caller = exchange.caller.scope
        let request = Proto.ListRequest(filter: filter, cursor: query.page.cursor, limit: query.page.limit)
        let reply = try await scheduler.call(SchedulerService.list, request)
        let reminders = try reply.reminders.map { (reply) throws(Problem) in
            ReminderAnswer.json(try StoredReminder(reply), now: exchange.now.second)
        }
        return Answer(
            .ok,
            [
                "reminders": .array(reminders),
                "next_cursor": Cursor.json(reply.cursor)
            ])
    }
}

/// The filters of a list of reminders.
struct ReminderQuery: Sendable {
    let filter: Proto.ReminderFilter
    let page: PageQuery

    static let type = FieldType<ReminderQuery>.object { fields in
        var filter = Proto.ReminderFilter()
        let states = ReminderState.allCases.map { ($0.name, $0) }
        if let state = fields.optional("state", FieldType<ReminderState>.oneOf(states), help: "only those in this state") {
            filter.state = state.wire
        }
        filter.classroomId = fields.optional("classroom_id", .string(1...200), help: "only of this classroom") ?? ""
        filter.createdBy = fields.optional("created_by", .string(1...200), help: "only those that this person made") ?? ""
        filter.queue = fields.optional("queue", .name, help: "only of this queue") ?? ""
        filter.task = fields.optional("task", .name, help: "only of this task") ?? ""
        filter.text = fields.optional(
            "description", .string(1...200), help: "only those whose description holds this text, in upper or lower case") ?? ""
        let after = fields.optional("due_after", .unixSeconds, help: "only what falls due then or later, unix seconds")
        let before = fields.optional("due_before", .unixSeconds, help: "only what falls due before, unix seconds")
        (filter.dueAfter, filter.dueBefore) = (after, before)
        let order: ListCursor.Order = after != nil || before != nil ? .byDueTime : .newestFirst
        return ReminderQuery(filter: filter, page: PageQuery(&fields, order))
    }
}

/// Which page of a list, and how long.
struct PageQuery: Sendable {
    let cursor: [UInt8]
    let limit: UInt32

    init(_ fields: inout FieldReader, _ order: ListCursor.Order) {
        limit = UInt32(
            clamping: fields.value(
                "limit", .integer(Bounds.page), default: Defaults.page, documented: .integer(Defaults.page),
                help: "how many at most"))
        cursor = Cursor.read(&fields, order, help: "`next_cursor` of the page before, with the same filters")
    }
}

/// A cursor as callers see it.
enum Cursor {
    static func json(_ bytes: [UInt8]) -> JSONValue { bytes.isEmpty ? .null : .string(Base64.urlText(bytes)) }

    /// The field `cursor`: where a list in this order goes on; empty where it begins.
    static func read(_ fields: inout FieldReader, _ order: ListCursor.Order, help: String) -> [UInt8] {
        let text = fields.optional("cursor", .string(Bounds.cursor), help: help)
        let bytes = text.flatMap(bytes)
        fields.check { place in
            guard text != nil, bytes.flatMap(ListCursor.init(bytes:))?.order != order else { return }
            place.appending("cursor").refuse("is not the next_cursor of a page of this list")
        }
        return bytes ?? []
    }

    /// - Returns: `nil` for what is no such text.
    static func bytes(_ text: String) -> [UInt8]? { Base64.bytes(text.utf8) }
}
