import Domain
import JSON
import Recurrence

/// When something is due, as bodies say it.
struct ScheduleFields: Sendable {
    let rule: Rule?
    let start: Int64
    let timezone: NamedZone
    let until: Int64?
    let exdates: [Int64]
    let rdates: [Int64]

    init(_ fields: inout FieldReader) {
        rule = fields.optional("rrule", .rule, help: "when it repeats; absent for one time")
        start = fields.required(
            "start_datetime", .unixSeconds,
            help: "the first occurrence, unix seconds, whether or not it matches the rule; it counts towards COUNT",
            example: 1_795_000_000)
        timezone = fields.value(
            "timezone", .timezone, default: .utc, documented: .string(Defaults.timezone),
            help: "IANA time zone on whose wall clock the rule runs", example: "Europe/Berlin")
        until = fields.optional("until", .unixSeconds, help: "no occurrence after this instant, unix seconds, inclusive")
        exdates = fields.value(
            "exdates", .list(of: .unixSeconds, Bounds.dates), default: [], documented: [], help: "instants left out, unix seconds"
        )
        rdates = fields.value(
            "rdates", .list(of: .unixSeconds, Bounds.dates), default: [], documented: [], help: "instants added, unix seconds")
    }

    var schedule: Schedule {
        Schedule(start: start, rule: rule?.text, timezone: timezone.name, until: until, rdates: rdates, exdates: exdates)
    }

    var series: Series {
        Series(
            start: start, rules: rule.map { [$0] } ?? [], rdates: rdates, exdates: exdates, until: until, zone: timezone.zone)
    }
}
