import TaskDomain
import TaskJSON
import TaskMessages
import TaskOperations
import TaskRecurrence

/// A reminder as a body describes it, whatever kind of body: sound in itself, but without an id.
struct Draft: Sendable {
    let schedule: ScheduleFields
    let series: Series
    let handling: Handling
    let payload: Payload
    let authHeader: Secret?

    /// - Throws: what does not go together, although each field is good.
    init(
        schedule: ScheduleFields, handling: Handling, payload: Payload, authHeader: Secret?
    ) throws(Problem) {
        self.schedule = schedule
        series = schedule.series
        self.handling = handling
        self.payload = payload
        self.authHeader = authHeader
        let faults = JSONFaults()
        check(JSONPlace(faults))
        guard faults.isEmpty else { throw .content(faults) }
    }

    private func check(_ place: JSONPlace) {
        guard let first = series.first()?.instant else {
            let field = schedule.startsWithSet ? "rrule" : "start_datetime"
            return place.appending(field).refuse("with this rrule, until and exdates nothing is ever due")
        }
        for fault in handling.jitterFaults(among: { series.first(Handling.occurrencesCompared, after: first - 1) }) {
            place.appending("jitter_seconds").refuse(fault.words(expiry: "expires_after_seconds"))
        }
    }

    /// - Parameter caller: whose it is; empty where anyone may call.
    func reminder(_ id: ReminderID, createdAt: UnixMilliseconds, caller: String) -> Proto.Reminder {
        Proto.Reminder(
            id, schedule: schedule.schedule, handling: handling, payload: payload, createdAt: createdAt,
            caller: caller)
    }
}
