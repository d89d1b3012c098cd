import TaskDomain
import TaskJSON
import TaskMessages

/// A reminder as the scheduler answers it, with all that an answer must hold.
struct StoredReminder: Sendable {
    let reminder: Proto.Reminder
    let schedule: Proto.Schedule
    let state: ReminderState
    /// The whole reply, with the counts and times of where it stands.
    let reply: Proto.ReminderReply

    /// - Parameter reply: to a question for a reminder that was found.
    init(_ reply: Proto.ReminderReply) throws(Problem) {
        guard let reminder = reply.reminder, let schedule = reminder.schedule, let state = reply.state else {
            throw .incompleteAnswer
        }
        self.reminder = reminder
        self.schedule = schedule
        self.state = ReminderState(state)
        self.reply = reply
    }

    /// Says that a newer build has stored something of it which this one does not know, and would lose by storing it anew.
    var isPartlyUnknown: Bool {
        let notification = reminder.task == TaskName.notification ? try? Proto.Notification(unpacking: reminder.arguments) : nil
        return [reminder.unknownFields, schedule.unknownFields, notification?.unknownFields].contains { $0?.areAny == true }
    }
}

/// A reminder as callers read it: the fields of a create, without the credential, and where it stands.
enum ReminderAnswer {
    static func json(_ stored: StoredReminder, now: UnixSeconds) -> JSONValue {
        let reminder = stored.reminder, reply = stored.reply
        var object: JSONObject = [
            "id": .string(id(reminder.id)), "state": .string(stored.state.name),
            "next_fire_at": nextFireAt(stored, now).map { .integer($0.count) } ?? .null, "task": .string(reminder.task)
        ]
        for member in fields(of: stored, isWhole: true).members { object[member.name] = member.value }
        object["occurrences"] = [
            "delivered": .integer(reply.delivered), "retrying": .integer(reply.retrying), "held": .integer(reply.held),
            "dead": .integer(reply.dead)
        ]
        object["missed"] = reply.missed.map(missed) ?? .null
        object["held_since"] = reply.heldSinceMs == 0 ? .null : .integer(UnixMilliseconds(reply.heldSinceMs).second.count)
        object["served"] = .bool(!reply.unserved)
        object["caller"] = .string(reminder.caller)
        object["revision"] = .integer(reply.revision)
        object["created_at"] = .integer(UnixMilliseconds(reminder.createdAtMs).second.count)
        object["updated_at"] = .integer(UnixMilliseconds(reply.updatedAtMs).second.count)
        return .object(object)
    }

    static func missed(_ missed: Proto.Missed) -> JSONValue {
        [
            "count": .integer(missed.count), "at_least": .bool(missed.atLeast), "first": .integer(missed.first),
            "last": .integer(missed.last)
        ]
    }

    /// The fields as the body of a create has them, but for the credential.
    /// - Parameter isWhole: whether those that say nothing are there as `null` or empty.
    static func fields(of stored: StoredReminder, isWhole: Bool) -> JSONObject {
        let reminder = stored.reminder, schedule = stored.schedule
        var object: JSONObject = [
            "rrule": schedule.rule.isEmpty ? .null : .string(schedule.rule), "start_datetime": .integer(schedule.start),
            "timezone": .string(schedule.timezone), "until": schedule.until.map { .integer($0) } ?? .null,
            "exdates": .array(schedule.exdates.map { .integer($0) }), "rdates": .array(schedule.rdates.map { .integer($0) }),
            "description": .string(reminder.description)
        ]
        for member in Handling(wire: reminder).members.members { object[member.name] = member.value }
        if reminder.task == TaskName.notification {
            object["notification_metadata"] = notification(reminder.arguments)
        } else {
            let arguments = try? JSONValue(parsing: reminder.arguments, maxBytes: reminder.arguments.count)
            if !isWhole { object["task"] = .string(reminder.task) }
            object["args"] = arguments?["args"] ?? []
            object["kwargs"] = arguments?["kwargs"] ?? [:]
            object["classroom_id"] = .string(reminder.classroomId)
            object["created_by"] = .string(reminder.createdBy)
        }
        return object
    }

    /// - Parameter state: as a change answers it, which says it of every reminder that was found.
    static func stateName(_ state: Proto.ReminderState?) throws(Problem) -> String {
        guard let state else { throw .incompleteAnswer }
        return ReminderState(state).name
    }

    static func id(_ bytes: [UInt8]) -> String { ReminderID(bytes: bytes).map { "\($0)" } ?? "" }

    /// An overdue occurrence is fired as soon as a worker takes it; one with jitter within the second that is shown.
    private static func nextFireAt(_ stored: StoredReminder, _ now: UnixSeconds) -> UnixSeconds? {
        guard stored.state == .scheduled, stored.reply.heldSinceMs == 0, let position = stored.reply.position, position.index > 0
        else { return nil }
        return max(UnixSeconds(position.scheduledAt), UnixMilliseconds(stored.reply.dueAtMs).second, now)
    }

    private static func notification(_ arguments: [UInt8]) -> JSONValue {
        guard let notification = try? Proto.Notification(unpacking: arguments) else { return .null }
        let itemID = try? JSONValue(parsing: notification.itemIdJson, maxBytes: notification.itemIdJson.count)
        return [
            "title": .string(notification.title), "body": .string(notification.body), "image": .string(notification.image),
            "kind": .integer(notification.kind), "classroom_id": .string(notification.classroomId),
            "created_at": .integer(notification.createdAt), "created_by": .string(notification.createdBy),
            "item_id": itemID ?? "", "action": .bool(notification.action),
            "action_path": .array(notification.actionPath.map { .string($0) }), "extra_path": .string(notification.extraPath),
            "usernames": .array(notification.usernames.map { .string($0) })
        ]
    }
}

/// One attempt as callers read it.
enum AttemptAnswer {
    static func json(_ attempt: Proto.Attempt) -> JSONValue {
        [
            "scheduled_at": .integer(attempt.scheduledAt), "number": .integer(Int64(attempt.number)),
            "started_at_ms": .integer(attempt.startedAtMs),
            "lateness_ms": .integer(
                attempt.startedAtMs.subtractingReportingOverflow(UnixSeconds(attempt.scheduledAt).milliseconds.count).partialValue),
            "duration_us": .integer(attempt.durationUs), "outcome": .string(Outcome(attempt.outcome).name),
            "status_code": attempt.statusCode == 0 ? .null : .integer(Int64(attempt.statusCode)),
            "detail": .string(attempt.detail), "result": result(of: attempt), "result_left_out": .bool(attempt.resultLeftOut)
        ]
    }

    /// What its task returned; `null` where that is nothing, and where a worker said that something is JSON which is not.
    static func result(of attempt: Proto.Attempt) -> JSONValue {
        guard !attempt.result.isEmpty else { return .null }
        return (try? JSONValue(parsing: attempt.result, maxBytes: Attempt.resultLimit)) ?? .null
    }
}
