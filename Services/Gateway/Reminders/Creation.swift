import Domain
import JSON
import Messages
import Recurrence

/// A create, worked out whole before anything is sent: what the scheduler is asked to store, and the answer that goes
/// back once it has.
struct Creation: Sendable {
    static let task = "edvora.notification"

    let id: ReminderID
    let request: Proto.CreateRequest
    /// A JSON text. It is stored with the reminder where there is an `Idempotency-Key`.
    let answer: [UInt8]

    /// - Parameter body: one that has an occurrence, as its type makes sure.
    init(
        _ body: ReminderBody, idempotency: IdempotencyKey?, nowMilliseconds: Int64, using random: inout some RandomNumberGenerator
    ) {
        id = Self.drawID(idempotency, nowMilliseconds, using: &random)
        let series = body.schedule.series
        let forecast = Forecast(
            series, isSingle: body.schedule.schedule.isSingle, policy: body.misfirePolicy, nowMilliseconds: nowMilliseconds)
        answer = Self.answer(id, forecast, Warnings.all(body, forecast)).bytes()
        request = Proto.CreateRequest(
            reminder: Self.reminder(id, body, nowMilliseconds), authorization: body.metadata.authHeader.value,
            position: series.first().map { Proto.Position(scheduledAt: $0.instant, index: $0.index) },
            idempotency: idempotency.map { [answer] in
                Proto.Idempotency(key: $0.digest, request: $0.requestDigest, answer: answer)
            })
    }

    /// An `Idempotency-Key` is looked up in one shard, the one that follows from it; so the reminder must be there too.
    private static func drawID(
        _ idempotency: IdempotencyKey?, _ nowMilliseconds: Int64, using random: inout some RandomNumberGenerator
    ) -> ReminderID {
        while true {
            let id = ReminderID(unixMilliseconds: nowMilliseconds, using: &random)
            guard let idempotency, id.shard != idempotency.shard else { return id }
        }
    }

    private static func reminder(_ id: ReminderID, _ body: ReminderBody, _ nowMilliseconds: Int64) -> Proto.Reminder {
        let schedule = body.schedule.schedule
        let notification = body.metadata.notification
        return Proto.Reminder(
            id: id.bytes,
            schedule: Proto.Schedule(
                start: schedule.start, rule: schedule.rule ?? "", timezone: schedule.timezone, hasUntil: schedule.until != nil,
                until: schedule.until ?? 0, rdates: schedule.rdates, exdates: schedule.exdates),
            task: task, arguments: (try? notification.packed()) ?? [], queue: body.queue, priority: UInt32(body.priority),
            misfirePolicy: UInt32(body.misfirePolicy.rawValue), maxAttempts: UInt32(body.maxAttempts),
            description: body.description,
            classroomId: notification.classroomId, createdBy: notification.createdBy, createdAtMs: nowMilliseconds)
    }

    private static func answer(_ id: ReminderID, _ forecast: Forecast, _ warnings: [String]) -> JSONValue {
        [
            "message": "success", "id": .string("\(id)"), "state": .string(ReminderState.scheduled.name),
            "next_fire_at": forecast.times.first.map { .integer($0) } ?? .null,
            "upcoming": .array(forecast.times.map { .integer($0) }),
            "warnings": .array(warnings.map { .string($0) })
        ]
    }
}
