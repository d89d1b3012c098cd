import Domain
import JSON
import Recurrence

/// When something is due, as bodies say it.
struct ScheduleFields: Sendable {
    let rule: Rule?
    var start: Int64
    let timezone: NamedZone
    let until: Int64?
    let exdates: [Int64]
    let rdates: [Int64]

    private static let startHelp =
        "the first occurrence, unix seconds, whether or not it matches the rule; it counts towards COUNT"

    init(_ fields: inout FieldReader) {
        self.init(&fields) { fields in
            fields.required("start_datetime", .unixSeconds, help: Self.startHelp, example: 1_893_456_000)
        }
    }

    /// A schedule that begins at `start_datetime`, also called `trigger_at`, or else when it is asked for.
    /// - Returns: whether the start is yet to be set.
    static func startingNow(_ fields: inout FieldReader) -> (ScheduleFields, startsNow: Bool) {
        var startsNow = false
        let schedule = ScheduleFields(&fields) { fields in
            let start = fields.optional(
                "start_datetime", .unixSeconds, help: startHelp + "; absent: now", example: 1_893_456_000)
            let trigger = fields.optional("trigger_at", .unixSeconds, help: "the predecessor's name of start_datetime")
            fields.check { place in
                if start != nil, trigger != nil {
                    place.appending("trigger_at").refuse("is start_datetime by another name; give one of them")
                }
            }
            startsNow = start == nil && trigger == nil
            return start ?? trigger ?? ReminderLimits.unixSeconds.lowerBound
        }
        return (schedule, startsNow)
    }

    private init(_ fields: inout FieldReader, start readStart: (inout FieldReader) -> Int64) {
        rule = fields.optional("rrule", CommonTypes.rule, help: "when it repeats; absent for one time")
        start = readStart(&fields)
        timezone = fields.value(
            "timezone", .timezone, default: .utc, documented: .string(Defaults.timezone),
            help: "IANA time zone on whose wall clock the rule runs", example: "Europe/Berlin")
        until = fields.optional("until", .unixSeconds, help: "no occurrence after this instant, unix seconds, inclusive")
        exdates = fields.value(
            "exdates", .list(of: .unixSeconds, ReminderLimits.dates), default: [], documented: [], help: "instants left out, unix seconds"
        )
        rdates = fields.value(
            "rdates", .list(of: .unixSeconds, ReminderLimits.dates), default: [], documented: [], help: "instants added, unix seconds")
    }

    var schedule: Schedule {
        Schedule(start: start, rule: rule?.text, timezone: timezone.name, until: until, rdates: rdates, exdates: exdates)
    }

    var series: Series {
        Series(
            start: start, rules: rule.map { [$0] } ?? [], rdates: rdates, exdates: exdates, until: until, zone: timezone.zone)
    }
}
