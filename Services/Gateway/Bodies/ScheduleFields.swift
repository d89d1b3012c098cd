import TaskDomain
import TaskJSON
import TaskRecurrence

/// The times at which something is due, as bodies say them: `rrule` and the fields beside it, which together are one recurrence set.
struct ScheduleFields: Sendable {
    /// The set in `rrule`; empty where it is absent.
    private let set: RuleSet
    /// The dates of the fields, beside those of the set.
    private let givenRDates: [Int64], givenEXDates: [Int64]
    let start: Int64
    /// The start is the set's own, and not that of a field.
    let startsWithSet: Bool
    let timezone: NamedZone
    let pattern: RecurrencePattern?
    let until: Int64?
    let exdates: [Int64]
    let rdates: [Int64]

    private static let startHelp =
        "the first occurrence, unix seconds, whether or not it matches the rule; it counts towards COUNT"
    private static let setStartHelp = "; the DTSTART of a set in rrule stands for it"

    init(_ fields: inout FieldReader) {
        self.init(&fields, placeholder: nil) { fields in
            (fields.optional("start_datetime", .scheduleSeconds, help: Self.startHelp + Self.setStartHelp, example: 1_893_456_000),
             "start_datetime")
        }
    }

    /// A schedule that begins at `start_datetime`, also called `trigger_at`, or else with its set, or else when it is asked for.
    /// - Returns: whether the start is yet to be set.
    static func startingNow(_ fields: inout FieldReader) -> (ScheduleFields, startsNow: Bool) {
        var startsNow = false
        let schedule = ScheduleFields(&fields, placeholder: ReminderLimits.unixSeconds.lowerBound) { fields in
            let start = fields.optional(
                "start_datetime", .scheduleSeconds, help: startHelp + setStartHelp + "; absent: now", example: 1_893_456_000)
            let trigger = fields.optional("trigger_at", .scheduleSeconds, help: "the predecessor's name of start_datetime")
            if start != nil, trigger != nil { fields.refuse("trigger_at", "is start_datetime by another name; give one of them") }
            startsNow = fields.given("start_datetime") == nil && fields.given("trigger_at") == nil
            return (start ?? trigger, start == nil && trigger != nil ? "trigger_at" : "start_datetime")
        }
        return (schedule, startsNow && !schedule.startsWithSet)
    }

    /// - Parameters:
    ///   - placeholder: the start where none is given, if one need not be.
    ///   - readStart: the start as a field gives it, and the name of that field.
    private init(
        _ fields: inout FieldReader, placeholder: Int64?, start readStart: (inout FieldReader) -> (instant: Int64?, name: String)
    ) {
        let rule = fields.optional("rrule", CommonTypes.rule, help: "when it repeats; absent for one time")
        let given = readStart(&fields)
        let zone = fields.optional(
            "timezone", .timezone,
            help: "IANA time zone on whose wall clock the rule runs; absent: that of the set in rrule, or \(Defaults.timezone)",
            example: "Europe/Berlin")
        until = fields.optional("until", .scheduleSeconds, help: "no occurrence after this instant, unix seconds, inclusive")
        givenEXDates = fields.value(
            "exdates", .list(of: .scheduleSeconds, ReminderLimits.dates), default: [], documented: [],
            help: "instants left out, unix seconds, beside those of a set in rrule")
        givenRDates = fields.value(
            "rdates", .list(of: .scheduleSeconds, ReminderLimits.dates), default: [], documented: [],
            help: "instants added, unix seconds, beside those of a set in rrule")
        set = rule ?? RuleSet()
        startsWithSet = set.start != nil

        var start = given.instant
        if start == nil, !startsWithSet {
            // What was given and refused is one fault, not two; so is a start within a text that cannot be read.
            let isRefused = fields.given(given.name) != nil || rule == nil && Self.mayStart(fields.given("rrule"))
            if placeholder == nil, !isRefused {
                let expected = FieldType.scheduleSeconds.expected
                fields.refuse(given.name, "is required, unless rrule is a set with a DTSTART; it must be \(expected)")
            }
            start = placeholder ?? ReminderLimits.unixSeconds.lowerBound
        }
        if rule == nil, fields.given("rrule") == nil, let start, zone != nil || fields.given("timezone") == nil {
            // One time, as nearly all are: there is nothing to join.
            (self.start, pattern, timezone, rdates, exdates) = (start, nil, zone.map { NamedZone($0.zone) } ?? .utc, givenRDates, givenEXDates)
            return
        }
        let isRefused = rule == nil && fields.given("rrule") != nil || zone == nil && fields.given("timezone") != nil
            || given.instant == nil && fields.given(given.name) != nil
        let resolved: ResolvedSet?
        do throws(ResolvedSet.Faults) {
            resolved = isRefused
                ? nil : try ResolvedSet(set, start: start, zone: zone?.zone, rdates: givenRDates, exdates: givenEXDates)
        } catch {
            for fault in error.all { fields.refuse(fault.place.field(start: given.name), fault.reason) }
            resolved = nil
        }
        (self.start, pattern) = (resolved?.start ?? ReminderLimits.unixSeconds.lowerBound, resolved?.pattern)
        (rdates, exdates) = (resolved?.rdates ?? [], resolved?.exdates ?? [])
        timezone = resolved.map { NamedZone($0.zone) } ?? .utc
        checkBounds(fields)
    }

    /// Tells whether a text that is refused has a start all the same.
    private static func mayStart(_ rule: JSONValue?) -> Bool {
        guard case .string(let text)? = rule else { return false }
        return text.uppercased().contains("DTSTART")
    }

    /// Bounds what the scheduler keeps, however it was given.
    private func checkBounds(_ fields: FieldReader) {
        let most = ReminderLimits.dates.upperBound
        for (name, count, own) in [
            ("RDATE", rdates.count, set.rdates.count), ("EXDATE", exdates.count + (pattern?.excludedDays.count ?? 0), set.exdates.count)
        ] where count > most && own > 0 {
            fields.refuse("rrule", "must have at most \(most) dates of \(name), together with the field; it had \(count)")
        }
        let bytes = pattern?.text.utf8.count ?? 0
        if bytes > ReminderLimits.patternBytes {
            fields.refuse("rrule", "must have at most \(ReminderLimits.patternBytes) bytes of rules and days left out; it had \(bytes)")
        }
    }

    /// The same with another start, where none was given.
    /// - Throws: 422 where a date of the set cannot be with that start.
    func starting(at start: UnixSeconds) throws(Problem) -> ScheduleFields {
        do throws(ResolvedSet.Faults) {
            return ScheduleFields(self, try ResolvedSet(set, start: start.count, zone: timezone.zone, rdates: givenRDates, exdates: givenEXDates))
        } catch {
            throw .field("/rrule", error.all.map(\.reason).joined(separator: "; "))
        }
    }

    private init(_ other: ScheduleFields, _ resolved: ResolvedSet) {
        (set, givenRDates, givenEXDates) = (other.set, other.givenRDates, other.givenEXDates)
        (startsWithSet, timezone, until) = (other.startsWithSet, other.timezone, other.until)
        (start, pattern, rdates, exdates) = (resolved.start, resolved.pattern, resolved.rdates, resolved.exdates)
    }

    var schedule: Schedule {
        Schedule(
            start: UnixSeconds(start), rule: pattern?.text, timezone: timezone.name, until: until.map { UnixSeconds($0) },
            rdates: rdates.map { UnixSeconds($0) }, exdates: exdates.map { UnixSeconds($0) })
    }

    var series: Series {
        Series(start: start, pattern: pattern, rdates: rdates, exdates: exdates, until: until, zone: timezone.zone)
    }

    /// The schedule in plain English.
    var english: String {
        if let pattern { return pattern.english }
        let times = Set([start] + rdates).count
        return times == 1 ? "once" : "at \(times) single times"
    }
}

extension ResolvedSet.Fault.Place {
    /// The field at fault.
    fileprivate func field(start: String) -> String {
        switch self {
        case .start: start
        case .zone: "timezone"
        case .text: "rrule"
        }
    }
}
