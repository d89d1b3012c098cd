import ScheduledTasks
import TaskDomain
import TaskJSON
import TaskMessages

// What the transport over the wire sends and is answered, as the messages have it.

extension TaskRequest {
    /// The call that stores it.
    func message(_ id: ReminderID, now: UnixMilliseconds) -> Proto.CreateRequest {
        let reminder = Proto.Reminder(id, schedule: schedule, handling: options.handling, payload: payload, createdAt: now)
        return Proto.CreateRequest(
            reminder: reminder, authorization: Secret(options.authorization ?? ""),
            position: Proto.Position(scheduledAt: first.instant, index: first.index))
    }
}

extension ReminderChange {
    var action: Proto.ChangeRequest.Action {
        switch self {
        case .cancel: .cancel
        case .pause: .pause
        case .resume: .resume
        case .run: .run
        }
    }
}

extension ReminderFilter {
    var message: Proto.ReminderFilter {
        Proto.ReminderFilter(
            state: state?.wire, caller: caller ?? "", classroomId: classroomID ?? "", createdBy: createdBy ?? "", queue: queue ?? "",
            task: task ?? "", text: text ?? "", dueAfter: dueAfter?.count, dueBefore: dueBefore?.count)
    }
}

extension ScheduledReminder {
    /// - Parameter reply: to a question for one that was found; `nil` where it lacks what it must hold.
    init?(_ reply: Proto.ReminderReply, now: UnixSeconds) {
        guard let reminder = reply.reminder, let id = ReminderID(bytes: reminder.id), let schedule = reminder.schedule, let state = reply.state
        else { return nil }
        self.init(
            id: id, state: ReminderState(state), task: reminder.task, description: reminder.description,
            arguments: reminder.task == TaskName.notification ? nil : try? TaskArguments(json: reminder.arguments),
            schedule: Schedule(wire: schedule), handling: Handling(wire: reminder), nextFireAt: Self.nextFireAt(reply, now),
            occurrences: Occurrences(delivered: reply.delivered, retrying: reply.retrying, held: reply.held, dead: reply.dead),
            isServed: !reply.unserved, createdAt: UnixMilliseconds(reminder.createdAtMs).second)
    }

    /// As the gateway says it: an occurrence that is overdue is fired as soon as a worker takes it, one with jitter within the second.
    private static func nextFireAt(_ reply: Proto.ReminderReply, _ now: UnixSeconds) -> UnixSeconds? {
        guard reply.state == .scheduled, reply.heldSinceMs == 0, let position = reply.position, position.index > 0 else { return nil }
        return max(UnixSeconds(position.scheduledAt), UnixMilliseconds(reply.dueAtMs).second, now)
    }
}

extension OccurrenceResult {
    /// - Returns: `nil` where there is no such occurrence.
    init?(_ reply: Proto.ResultReply) throws(TaskSchedulerError) {
        let state: State
        switch reply.state {
        case .notFound: return nil
        case .open: state = .open
        case .done: state = .done
        case .dead: state = .dead
        case .missed: state = .missed
        case .cancelled: state = .cancelled
        }
        var value: JSONValue?
        if let text = reply.attempt?.result, !text.isEmpty {
            do throws(JSONError) { value = try JSONValue(parsing: text, maxBytes: Attempt.resultLimit) } catch {
                throw .refused("the result that it has is not JSON: \(error)")
            }
        }
        self.init(state: state, value: value, detail: reply.attempt?.detail ?? "")
    }
}
