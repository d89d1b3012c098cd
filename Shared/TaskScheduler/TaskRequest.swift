import Domain
import JSON
import Messages
import Recurrence
import Tasks

/// What is asked for, checked whole: the bounds are those of `POST /tasks`, so that both ways of asking take the same.
struct TaskRequest: Sendable {
    private let payload: Payload
    private let schedule: Schedule
    private let options: TaskScheduler.Options
    private let first: Cursor

    /// - Throws: ``TaskSchedulerError/invalid(_:)`` with all faults at once.
    init(
        task: String, description: String, arguments: TaskArguments, schedule: Schedule, options: TaskScheduler.Options
    ) throws(TaskSchedulerError) {
        var faults: [String] = []
        Self.check(task, description, options, &faults)
        let json = Self.check(arguments, &faults)
        let sound = Self.check(schedule, options, &faults)
        guard faults.isEmpty, let sound else { throw .invalid(faults.joined(separator: "; ")) }
        payload = Payload(task: task, arguments: json, description: description)
        self.schedule = sound.schedule
        self.options = options
        first = sound.first
    }

    /// The call that stores it.
    func create(_ id: ReminderID, nowMilliseconds: Int64) -> Proto.CreateRequest {
        let reminder = Proto.Reminder(
            id, schedule: schedule, handling: options.handling, payload: payload, createdAtMilliseconds: nowMilliseconds)
        return Proto.CreateRequest(
            reminder: reminder, authorization: Credential(value: options.authorization ?? ""),
            position: Proto.Position(scheduledAt: first.instant, index: first.index))
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

    private static func check(
        _ schedule: Schedule, _ options: TaskScheduler.Options, _ faults: inout [String]
    ) -> (schedule: Schedule, first: Cursor)? {
        for (name, instant) in [("triggerAt", schedule.start), ("until", schedule.until ?? 0)]
        where !ReminderLimits.unixSeconds.contains(instant) {
            faults.append("\(name) must be unix seconds of the years 1970 to 9999; it was \(instant)")
        }
        let zone = zone(schedule.timezone, &faults), rules = rules(schedule.rule, &faults)
        guard let zone, let rules, faults.isEmpty else { return nil }
        var schedule = schedule
        schedule.rule = rules.first?.text
        let series = Series(start: schedule.start, rules: rules, until: schedule.until, zone: zone)
        guard let first = series.first() else {
            faults.append("with this rrule and until nothing is ever due")
            return nil
        }
        for fault in options.handling.jitterFaults(among: { series.first(Handling.occurrencesCompared, after: first.instant - 1) }) {
            faults.append("jitterSeconds \(fault.words(expiry: "expiresAfterSeconds"))")
        }
        return (schedule, first)
    }

    private static func zone(_ name: String, _ faults: inout [String]) -> Zone? {
        guard ReminderLimits.fits(name, ReminderLimits.timezoneLength), !name.utf8.contains(0) else {
            faults.append("timezone must have 1 to \(ReminderLimits.timezoneLength.upperBound) characters, and no U+0000")
            return nil
        }
        do throws(ZoneError) { return try Zone(identifier: name) } catch {
            faults.append("\(error)")
            return nil
        }
    }

    /// - Returns: none or one; `nil` for one that is bad.
    private static func rules(_ text: String?, _ faults: inout [String]) -> [Rule]? {
        guard let text else { return [] }
        switch Rule.parse(text) {
        case .failure(let errors):
            faults += errors.all.map { "rrule: \($0)" }
            return nil
        case .success(let rule):
            // The scheduler keeps a rule as its text.
            guard rule.text.utf8.count > ReminderLimits.ruleBytes else { return [rule] }
            faults.append("rrule must have at most \(ReminderLimits.ruleBytes) bytes; it had \(rule.text.utf8.count)")
            return nil
        }
    }
}
