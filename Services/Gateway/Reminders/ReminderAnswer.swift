import Domain
import JSON
import Messages

/// A reminder as callers read it: the fields of a create, without the credential, and where it stands.
enum ReminderAnswer {
    static func json(_ reply: Proto.ReminderReply, nowSeconds: Int64) -> JSONValue {
        let reminder = reply.reminder ?? Proto.Reminder()
        var object: JSONObject = [
            "id": .string(id(reminder.id)), "state": .string(stateName(reply.state)),
            "next_fire_at": nextFireAt(reply, nowSeconds).map { .integer($0) } ?? .null, "task": .string(reminder.task)
        ]
        for member in fields(of: reminder, isWhole: true).members { object[member.name] = member.value }
        object["occurrences"] = [
            "delivered": .integer(reply.delivered), "retrying": .integer(reply.retrying), "held": .integer(reply.held),
            "dead": .integer(reply.dead)
        ]
        object["served"] = .bool(!reply.unserved)
        object["caller"] = .string(reminder.caller)
        object["revision"] = .integer(reply.revision)
        object["created_at"] = .integer(reminder.createdAtMs / 1_000)
        object["updated_at"] = .integer(reply.updatedAtMs / 1_000)
        return .object(object)
    }

    /// The fields as the body of a create has them, but for the credential.
    /// - Parameter isWhole: whether those that say nothing are there as `null` or empty.
    static func fields(of reminder: Proto.Reminder, isWhole: Bool) -> JSONObject {
        let schedule = reminder.schedule ?? Proto.Schedule()
        let policy = MisfirePolicy(rawValue: UInt8(clamping: reminder.misfirePolicy)) ?? .fireOnce
        var object: JSONObject = [
            "rrule": schedule.rule.isEmpty ? .null : .string(schedule.rule), "start_datetime": .integer(schedule.start),
            "timezone": .string(schedule.timezone), "until": schedule.hasUntil ? .integer(schedule.until) : .null,
            "exdates": .array(schedule.exdates.map { .integer($0) }), "rdates": .array(schedule.rdates.map { .integer($0) }),
            "queue": .string(reminder.queue), "priority": .integer(Int64(reminder.priority)),
            "misfire_policy": .string(policy.name), "max_attempts": .integer(Int64(reminder.maxAttempts)),
            "jitter_seconds": .integer(Int64(reminder.jitterSeconds)),
            "expires_after_seconds": reminder.expiresAfterSeconds == 0 ? .null : .integer(Int64(reminder.expiresAfterSeconds)),
            "description": .string(reminder.description)
        ]
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

    static func stateName(_ state: UInt32) -> String {
        UInt8(exactly: state).flatMap { ReminderState(rawValue: $0) }?.name ?? "unknown"
    }

    static func id(_ bytes: [UInt8]) -> String { ReminderID(bytes: bytes).map { "\($0)" } ?? "" }

    /// An overdue occurrence is fired as soon as a worker takes it; one with jitter within the second that is shown.
    private static func nextFireAt(_ reply: Proto.ReminderReply, _ nowSeconds: Int64) -> Int64? {
        guard reply.state == UInt32(ReminderState.scheduled.rawValue), let position = reply.position, position.index > 0 else {
            return nil
        }
        return max(position.scheduledAt, reply.dueAtMs / 1_000, nowSeconds)
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
                attempt.startedAtMs.subtractingReportingOverflow(Milliseconds.ofSecond(attempt.scheduledAt)).partialValue),
            "duration_us": .integer(attempt.durationUs), "outcome": .string(outcomeName(attempt.outcome)),
            "status_code": attempt.statusCode == 0 ? .null : .integer(Int64(attempt.statusCode)),
            "detail": .string(attempt.detail)
        ]
    }

    static func outcomeName(_ outcome: UInt32) -> String {
        UInt8(exactly: outcome).flatMap { Outcome(rawValue: $0) }?.name ?? "unknown"
    }
}
