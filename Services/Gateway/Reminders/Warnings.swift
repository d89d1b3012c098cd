import Operations
import Recurrence

/// What a caller should know of a request that is good. No credential is ever repeated.
enum Warnings {
    static func all(_ draft: Draft, _ forecast: Forecast, nowSeconds: Int64) -> [String] {
        guard let next = forecast.times.first else {
            return ["every occurrence lies in the past and misfire_policy is skip: nothing will be delivered"]
        }
        return (draft.authHeader.map { expiry(of: $0, before: next) } ?? []) + clockChanges(draft.schedule, nowSeconds: nowSeconds)
    }

    /// Of each rule that a change of the clock keeps from its hours.
    static func clockChanges(_ schedule: ScheduleFields, nowSeconds: Int64) -> [String] {
        let zone = schedule.timezone.zone
        return (schedule.pattern?.rules ?? []).compactMap { rule in
            rule.clockChange(start: schedule.start, from: nowSeconds, until: schedule.until, zone: zone).map { text($0, of: rule, in: zone) }
        }
    }

    private static func text(_ change: ClockChange, of rule: Rule, in zone: Zone) -> String {
        let begin = LocalTime.text(change.begin, in: zone), end = change.end.map { " to \(LocalTime.text($0, in: zone))" } ?? " on"
        let count = change.occurrences == 0 ? "nothing is due" : "only \(change.occurrences) of \(change.meant) occurrences are due"
        let daily = change.daily.map { "; \($0.text) goes by the clock" } ?? ""
        return "\(rule.text) counts elapsed time, so after a change of the clock in \(zone.identifier) its INTERVAL and BY parts stop meeting: "
            + "from \(begin)\(end) \(count)\(daily)"
    }

    /// Of a token that has an end, and one that comes before it is needed.
    static func expiry(of authHeader: Redacted<String>, before instant: Int64) -> [String] {
        guard let expiry = JSONWebToken.expiry(inHeader: authHeader.value), expiry <= instant else { return [] }
        return [
            "the token in auth_header expires at \(expiry) (\(LocalTime.utc(expiry))), before it is needed; replace it in time with PATCH /reminders/{id}"
        ]
    }
}
