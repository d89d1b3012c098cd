import TaskDomain
import TaskRecurrence

/// The times at which something is to be due, as a caller says them; checked as `POST /tasks` checks them.
struct RequestedTimes: Sendable {
    let rrule: String?
    let triggerAt: Int64?
    let until: Int64?
    let timezone: String?
    let now: UnixSeconds

    /// The schedule and its first occurrence; `nil`, with all faults, for one that is not good.
    func schedule(_ handling: Handling, _ faults: inout [String]) -> (schedule: Schedule, first: Cursor)? {
        for (name, instant) in [("triggerAt", triggerAt), ("until", until)] { checkInstant(name, instant, &faults) }
        let zone = zone(&faults), set = set(&faults)
        guard let set, faults.isEmpty, let resolved = resolved(set, zone, &faults) else { return nil }
        let schedule = Schedule(
            start: UnixSeconds(resolved.start), rule: resolved.pattern?.text, timezone: resolved.zone.identifier,
            until: until.map { UnixSeconds($0) }, rdates: resolved.rdates.map { UnixSeconds($0) },
            exdates: resolved.exdates.map { UnixSeconds($0) })
        let series = Series(
            start: resolved.start, pattern: resolved.pattern, rdates: resolved.rdates, exdates: resolved.exdates, until: until,
            zone: resolved.zone)
        guard let first = series.first() else {
            faults.append("with this rrule and until nothing is ever due")
            return nil
        }
        for fault in handling.jitterFaults(among: { series.first(Handling.occurrencesCompared, after: first.instant - 1) }) {
            faults.append("jitterSeconds \(fault.words(expiry: "expiresAfterSeconds"))")
        }
        return (schedule, first)
    }

    private func checkInstant(_ name: String, _ instant: Int64?, _ faults: inout [String]) {
        guard let instant, !ReminderLimits.scheduleSeconds.contains(instant) else { return }
        let end = UnixSeconds.guess(instant) ?? "it was \(instant)"
        faults.append("\(name) must be unix seconds of the years 1 to 9999; \(end)")
    }

    private func zone(_ faults: inout [String]) -> Zone? {
        guard let timezone else { return nil }
        guard ReminderLimits.fits(timezone, ReminderLimits.timezoneLength), !timezone.utf8.contains(0) else {
            faults.append("timezone must have 1 to \(ReminderLimits.timezoneLength.upperBound) characters, and no U+0000")
            return nil
        }
        do throws(ZoneError) { return try Zone(identifier: timezone) } catch {
            faults.append("\(error)")
            return nil
        }
    }

    /// - Returns: an empty set where there is no text; `nil` for one that is bad.
    private func set(_ faults: inout [String]) -> RuleSet? {
        guard let rrule else { return RuleSet() }
        guard rrule.utf8.count <= ReminderLimits.ruleTextBytes.upperBound else {
            faults.append("rrule must have at most \(ReminderLimits.ruleTextBytes.upperBound) bytes; it had \(rrule.utf8.count)")
            return nil
        }
        switch RuleSet.parse(rrule) {
        case .failure(let errors):
            faults += errors.all.map { "rrule: \($0)" }
            return nil
        case .success(let set):
            // The scheduler keeps a rule as its text.
            let counts = (set.rules + set.exrules).map(\.text.utf8.count)
            guard let count = counts.first(where: { $0 > ReminderLimits.ruleBytes }) else { return set }
            faults.append("rrule must have at most \(ReminderLimits.ruleBytes) bytes in a rule; it had \(count)")
            return nil
        }
    }

    private func resolved(_ set: RuleSet, _ zone: Zone?, _ faults: inout [String]) -> ResolvedSet? {
        let resolved: ResolvedSet
        do throws(ResolvedSet.Faults) {
            resolved = try ResolvedSet(set, start: triggerAt ?? (set.start == nil ? now.count : nil), zone: zone)
        } catch {
            faults += error.all.map { fault in
                switch fault.place {
                case .start: "triggerAt \(fault.reason)"
                case .zone: "timezone \(fault.reason)"
                case .text: "rrule: \(fault.reason)"
                }
            }
            return nil
        }
        let excluded = resolved.exdates.count + (resolved.pattern?.excludedDays.count ?? 0)
        for (name, count) in [("RDATE", resolved.rdates.count), ("EXDATE", excluded)] where count > ReminderLimits.dates.upperBound {
            faults.append("rrule must have at most \(ReminderLimits.dates.upperBound) dates of \(name); it had \(count)")
        }
        let bytes = resolved.pattern?.text.utf8.count ?? 0
        if bytes > ReminderLimits.patternBytes {
            faults.append("rrule must have at most \(ReminderLimits.patternBytes) bytes of rules and days left out; it had \(bytes)")
        }
        return faults.isEmpty ? resolved : nil
    }
}
