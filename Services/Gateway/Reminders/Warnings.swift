import TaskDomain
import TaskOperations
import TaskRecurrence

/// What a caller should know of a request that is good. No credential is ever repeated.
enum Warnings {
    static func all(_ draft: Draft, _ forecast: Forecast, now: UnixSeconds) -> [String] {
        guard let next = forecast.times.first else {
            return ["every occurrence lies in the past and misfire_policy is skip: nothing will be delivered"]
        }
        return (draft.authHeader.map { expiry(of: $0, before: next) } ?? []) + catchUp(draft.series, draft.handling, now: now)
            + clockChanges(draft.schedule, now: now) + (forecast.times.count < 2 ? startAlone(draft.schedule) : [])
    }

    /// Warns of rules by which nothing falls due after the first time, unless they say so themselves.
    static func startAlone(_ schedule: ScheduleFields) -> [String] {
        let series = schedule.series
        guard let rules = schedule.pattern?.rules, !rules.isEmpty, rules.allSatisfy({ $0.count != 1 }),
            let first = series.first()?.instant, series.next(after: first) == nil
        else { return [] }
        return ["with this rrule, until and exdates nothing is due after \(first): it is fired once"]
    }

    /// Warns of a past that has more occurrences than are delivered of it.
    static func catchUp(_ series: Series, _ handling: Handling, now: UnixSeconds) -> [String] {
        let through = (now - MisfirePolicy.thresholdSeconds).count
        guard handling.misfirePolicy == .fireAll, let start = series.first()?.instant, start <= through,
            let first = series.first(ofLatest: Int64(handling.catchUpLimit), in: start...through), first > start,
            let last = series.previous(before: first)
        else { return [] }
        let missed = Missed(counted: series.count(in: start...last, limit: Missed.countedAtMost), first: UnixSeconds(start), last: UnixSeconds(last))
        return [
            "its past has more occurrences than catch_up_limit, \(handling.catchUpLimit), lets fire_all deliver: the latest \(handling.catchUpLimit), "
                + "from \(first) on, are delivered; \(missed.number) before them, from \(start) to \(last), are recorded as missed"
        ]
    }

    /// Rules of which a warning is shown; there may be more that deserve one.
    static let rulesShown = 3
    /// Characters of a rule that a warning repeats: the answer to a create is kept with its idempotency key.
    static let ruleCharacters = 200

    /// Warns of rules that a change of the clock keeps from their hours.
    static func clockChanges(_ schedule: ScheduleFields, now: UnixSeconds) -> [String] {
        let zone = schedule.timezone.zone
        let all = (schedule.pattern?.rules ?? []).compactMap { rule in
            rule.clockChange(start: schedule.start, from: now.count, until: schedule.until, zone: zone).map { text($0, of: rule, in: zone) }
        }
        return Array(all.prefix(rulesShown))
            + (all.count > rulesShown ? ["the same is true of \(all.count - rulesShown) more of its rules"] : [])
    }

    private static func shortened(_ rule: Rule) -> String {
        let text = rule.text
        return text.utf8.count <= ruleCharacters ? text : text.prefix(ruleCharacters) + "…"
    }

    private static func text(_ change: ClockChange, of rule: Rule, in zone: Zone) -> String {
        let begin = LocalTime.text(UnixSeconds(change.begin), in: zone), end = change.end.map { " to \(LocalTime.text(UnixSeconds($0), in: zone))" } ?? " on"
        let count = change.occurrences == 0 ? "nothing is due" : "only \(change.occurrences) of \(change.meant) occurrences are due"
        let daily = change.daily.map { "; \(shortened($0)) goes by the clock" } ?? ""
        return "\(shortened(rule)) counts elapsed time, so after a change of the clock in \(zone.identifier) its INTERVAL and BY parts stop meeting: "
            + "from \(begin)\(end) \(count)\(daily)"
    }

    /// Warns of a token that expires before it is needed.
    static func expiry(of authHeader: Secret, before instant: UnixSeconds) -> [String] {
        guard let expiry = JSONWebToken.expiry(inHeader: authHeader.value), expiry <= instant else { return [] }
        return [
            "the token in auth_header expires at \(expiry) (\(LocalTime.utc(expiry))), before it is needed; replace it in time with PATCH /reminders/{id}"
        ]
    }
}
