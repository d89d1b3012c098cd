import ScheduledTasks
import TaskDomain
import TaskJSON
import TaskRecurrence

/// What is asked for, checked whole: the bounds are those of `POST /tasks`, so that both ways of asking take the same.
struct TaskRequest: Sendable {
    let payload: Payload
    let arguments: TaskArguments
    let options: TaskScheduler.Options
    /// The times as they were asked for.
    let times: RequestedTimes
    /// What they come to, and the first occurrence.
    let schedule: Schedule, first: Cursor

    /// - Throws: ``TaskSchedulerError/invalid(_:)`` with all faults at once.
    init(
        task: String, description: String, arguments: TaskArguments, times: RequestedTimes, options: TaskScheduler.Options
    ) throws(TaskSchedulerError) {
        var faults: [String] = []
        Self.check(task, description, options, &faults)
        let json = Self.check(arguments, &faults)
        let sound = times.schedule(options.handling, &faults)
        guard faults.isEmpty, let sound else { throw .invalid(faults.joined(separator: "; ")) }
        payload = Payload(task: task, arguments: json, description: description)
        (self.arguments, self.options, self.times) = (arguments, options, times)
        (schedule, first) = sound
    }

    // MARK: Checks

    private static func check(
        _ task: String, _ description: String, _ options: TaskScheduler.Options, _ faults: inout [String]
    ) {
        if !TaskName.isValid(task) { faults.append("\"\(task)\" is no name of a task: it must be \(TaskName.rule)") }
        if task == TaskName.notification { faults.append("\(task) is asked for with POST /remind_me") }
        if !ReminderLimits.fits(description, ReminderLimits.descriptionLength) || description.utf8.contains(0) {
            faults.append("description must have at most \(ReminderLimits.descriptionLength.upperBound) characters, and no U+0000")
        }
        for fault in options.handling.faults { faults.append("\(fault.field) \(fault.words)") }
        // The value itself is in no message.
        if let authorization = options.authorization, !isHeaderValue(authorization) {
            faults.append(
                "authorization must be 1 to \(ReminderLimits.authorizationBytes.upperBound) printable ASCII characters without blanks around them")
        }
    }

    /// RFC 9110 section 11.6.2: no line break or other control character can begin another header.
    private static func isHeaderValue(_ text: String) -> Bool {
        ReminderLimits.authorizationBytes.contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            && text.utf8.first != 0x20 && text.utf8.last != 0x20
    }

    private static func check(_ arguments: TaskArguments, _ faults: inout [String]) -> [UInt8] {
        for (count, name) in [(arguments.args.count, "args"), (arguments.kwargs.members.count, "kwargs")]
        where !ReminderLimits.argumentCount.contains(count) {
            faults.append("\(name) must have at most \(ReminderLimits.argumentCount.upperBound) items; it had \(count)")
        }
        let json = arguments.json
        guard json.count <= TaskArguments.maxBytes else {
            faults.append("the arguments have \(json.count) bytes as JSON; \(TaskArguments.maxBytes) are allowed")
            return []
        }
        // What the worker reads must be what was given: not so for numbers that JSON lacks, and what is nested too deep.
        do throws(TaskArgumentsError) {
            if try TaskArguments(json: json) != arguments {
                faults.append("the arguments hold a number that JSON cannot carry: infinity, or NaN")
            }
        } catch { faults.append("\(error)") }
        return json
    }
}
