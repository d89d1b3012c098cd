import TaskDomain
import TaskJSON
import TaskRecurrence

/// `POST /preview`: what a schedule comes to, without storing anything.
struct Preview: Sendable {
    private let schedule: ScheduleFields
    private let count: Int64
    private let after: Int64?

    static let operation = Operation(
        .post, "/preview", "preview", summary: "Show a schedule's next times; nothing is stored.", body: type
    ) { (exchange, preview) async throws(Problem) -> Answer in Answer(.ok, preview.answer(now: exchange.now.second)) }
    .tagged("Schedules").having(.reads).answering(.ok, "what it comes to", .ref("Preview"))
    .example("last Friday", "the last Friday of each month, in New York's time", Examples.preview)
    .example("set", "a whole recurrence set", Examples.previewSet)

    static let type = FieldType<Preview>.object { fields in
        Preview(
            schedule: ScheduleFields(&fields),
            count: fields.value(
                "count", .integer(Bounds.upcoming), default: Defaults.upcoming, documented: .integer(Defaults.upcoming),
                help: "how many at most"),
            after: fields.optional("after", .scheduleSeconds, help: "only times after this instant, unix seconds"))
    }

    func answer(now: UnixSeconds) -> JSONValue {
        let series = schedule.series
        let zone = schedule.timezone.zone
        let times = (after ?? series.first().map { $0.instant - 1 }).map { series.first(Int(count), after: $0) } ?? []
        return [
            "upcoming": .array(times.map { .integer($0) }),
            "upcoming_local": .array(times.map { .string(LocalTime.text(UnixSeconds($0), in: zone)) }),
            "finite": .bool(series.isFinite), "text": .string(schedule.english),
            "warnings": .array((Warnings.clockChanges(schedule, now: now) + Warnings.startAlone(schedule)).map { .string($0) })
        ]
    }
}
