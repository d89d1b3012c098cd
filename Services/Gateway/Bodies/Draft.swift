import Domain
import JSON
import Messages
import Operations
import Recurrence

/// A reminder as a body describes it, whatever kind of body: sound in itself, but without an id.
struct Draft: Sendable {
    let schedule: ScheduleFields
    let series: Series
    let handling: Handling
    let task: String
    let arguments: [UInt8]
    let authHeader: Redacted<String>?
    let description: String
    let classroomID: String, createdBy: String

    /// - Throws: what does not go together, although each field is good.
    init(
        schedule: ScheduleFields, handling: Handling, task: String, arguments: [UInt8],
        authHeader: Redacted<String>?, description: String, classroomID: String, createdBy: String
    ) throws(Problem) {
        self.schedule = schedule
        series = schedule.series
        self.handling = handling
        self.task = task
        self.arguments = arguments
        self.authHeader = authHeader
        self.description = description
        self.classroomID = classroomID
        self.createdBy = createdBy
        let faults = JSONFaults()
        check(JSONPlace(faults))
        guard faults.isEmpty else { throw .content(faults) }
    }

    private func check(_ place: JSONPlace) {
        guard let first = series.first()?.instant else {
            return place.appending("start_datetime").refuse("with this rrule, until and exdates nothing is ever due")
        }
        for fault in handling.jitterFaults(among: { series.first(Handling.occurrencesCompared, after: first - 1) }) {
            place.appending("jitter_seconds").refuse(fault.words(expiry: "expires_after_seconds"))
        }
    }

    /// - Parameter caller: whose it is; empty where anyone may call.
    func reminder(_ id: ReminderID, createdAtMilliseconds: Int64, caller: String) -> Proto.Reminder {
        let when = schedule.schedule
        return Proto.Reminder(
            id: id.bytes,
            schedule: Proto.Schedule(
                start: when.start, rule: when.rule ?? "", timezone: when.timezone, until: when.until,
                rdates: when.rdates, exdates: when.exdates),
            task: task, arguments: arguments, queue: handling.queue, priority: UInt32(handling.priority),
            misfirePolicy: handling.misfirePolicy.wire, maxAttempts: UInt32(handling.maxAttempts),
            description: description, classroomId: classroomID, createdBy: createdBy,
            createdAtMs: createdAtMilliseconds, jitterSeconds: UInt32(handling.jitterSeconds),
            expiresAfterSeconds: UInt32(handling.expiresAfterSeconds ?? 0), caller: caller)
    }
}
