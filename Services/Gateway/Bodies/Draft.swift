import Domain
import JSON
import Messages
import Operations
import Recurrence

/// A reminder as a body describes it, whatever kind of body: sound in itself, but without an id.
struct Draft: Sendable {
    let schedule: ScheduleFields
    let series: Series
    let handling: HandlingFields
    let task: String
    let arguments: [UInt8]
    let authHeader: Redacted<String>?
    let classroomID: String, createdBy: String

    /// - Throws: what does not go together, although each field is good.
    init(
        schedule: ScheduleFields, handling: HandlingFields, task: String, arguments: [UInt8],
        authHeader: Redacted<String>?, classroomID: String, createdBy: String
    ) throws(Problem) {
        self.schedule = schedule
        series = schedule.series
        self.handling = handling
        self.task = task
        self.arguments = arguments
        self.authHeader = authHeader
        self.classroomID = classroomID
        self.createdBy = createdBy
        let faults = JSONFaults()
        check(JSONPlace(faults))
        guard faults.isEmpty else { throw .content(faults) }
    }

    /// Occurrences whose distances are looked at.
    private static let distancesChecked = 100

    private func check(_ place: JSONPlace) {
        guard let first = series.first()?.instant else {
            return place.appending("start_datetime").refuse("with this rrule, until and exdates nothing is ever due")
        }
        let jitter = handling.jitterSeconds
        guard jitter > 0 else { return }
        if let expiry = handling.expiresAfterSeconds, jitter >= expiry {
            place.appending("jitter_seconds").refuse("must be less than expires_after_seconds, \(expiry)")
        }
        let times = series.first(Self.distancesChecked, after: first - 1)
        let least = zip(times, times.dropFirst()).map { $1 - $0 }.min() ?? .max
        if jitter >= least {
            place.appending("jitter_seconds").refuse("must be less than the \(least) s between two occurrences")
        }
    }

    /// - Parameter caller: whose it is; empty where anyone may call.
    func reminder(_ id: ReminderID, createdAtMilliseconds: Int64, caller: String) -> Proto.Reminder {
        let when = schedule.schedule
        return Proto.Reminder(
            id: id.bytes,
            schedule: Proto.Schedule(
                start: when.start, rule: when.rule ?? "", timezone: when.timezone, hasUntil: when.until != nil,
                until: when.until ?? 0, rdates: when.rdates, exdates: when.exdates),
            task: task, arguments: arguments, queue: handling.queue, priority: UInt32(handling.priority),
            misfirePolicy: UInt32(handling.misfirePolicy.rawValue), maxAttempts: UInt32(handling.maxAttempts),
            description: handling.description, classroomId: classroomID, createdBy: createdBy,
            createdAtMs: createdAtMilliseconds, jitterSeconds: UInt32(handling.jitterSeconds),
            expiresAfterSeconds: UInt32(handling.expiresAfterSeconds ?? 0), caller: caller)
    }
}
