import Domain
import JSON
import Messages

/// A reminder as callers read it: the fields of a create, without the credential, and where it stands.
enum ReminderAnswer {
    static func json(_ reply: Proto.ReminderReply, _ id: ReminderID, nowSeconds: Int64) -> JSONValue {
        let reminder = reply.reminder ?? Proto.Reminder()
        let schedule = reminder.schedule ?? Proto.Schedule()
        let policy = MisfirePolicy(rawValue: UInt8(clamping: reminder.misfirePolicy)) ?? .fireOnce
        var object: JSONObject = [
            "id": .string("\(id)"), "state": .string(stateName(reply.state)),
            "next_fire_at": nextFireAt(reply, nowSeconds).map { .integer($0) } ?? .null,
            "rrule": schedule.rule.isEmpty ? .null : .string(schedule.rule), "start_datetime": .integer(schedule.start),
            "timezone": .string(schedule.timezone), "until": schedule.hasUntil ? .integer(schedule.until) : .null,
            "exdates": .array(schedule.exdates.map { .integer($0) }), "rdates": .array(schedule.rdates.map { .integer($0) }),
            "task": .string(reminder.task), "queue": .string(reminder.queue), "priority": .integer(Int64(reminder.priority)),
            "misfire_policy": .string(policy.name), "max_attempts": .integer(Int64(reminder.maxAttempts)),
            "description": .string(reminder.description)
        ]
        if reminder.task == Creation.task { object["notification_metadata"] = notification(reminder.arguments) }
        object["occurrences"] = [
            "delivered": .integer(reply.delivered), "retrying": .integer(reply.retrying), "held": .integer(reply.held),
            "dead": .integer(reply.dead)
        ]
        object["created_at"] = .integer(reminder.createdAtMs / 1_000)
        object["updated_at"] = .integer(reply.updatedAtMs / 1_000)
        return .object(object)
    }

    static func stateName(_ state: UInt32) -> String {
        UInt8(exactly: state).flatMap { ReminderState(rawValue: $0) }?.name ?? "unknown"
    }

    /// An overdue occurrence is fired as soon as a worker takes it.
    private static func nextFireAt(_ reply: Proto.ReminderReply, _ nowSeconds: Int64) -> Int64? {
        guard reply.state == UInt32(ReminderState.scheduled.rawValue), let position = reply.position, position.index > 0 else {
            return nil
        }
        return max(position.scheduledAt, nowSeconds)
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
        let outcome = UInt8(exactly: attempt.outcome).flatMap { Outcome(rawValue: $0) }
        return [
            "scheduled_at": .integer(attempt.scheduledAt), "number": .integer(Int64(attempt.number)),
            "started_at_ms": .integer(attempt.startedAtMs),
            "lateness_ms": .integer(
                attempt.startedAtMs - attempt.scheduledAt.multipliedReportingOverflow(by: 1_000).partialValue),
            "duration_us": .integer(attempt.durationUs), "outcome": .string(outcome?.name ?? "unknown"),
            "status_code": attempt.statusCode == 0 ? .null : .integer(Int64(attempt.statusCode)),
            "detail": .string(attempt.detail)
        ]
    }
}
