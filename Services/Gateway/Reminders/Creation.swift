import TaskDomain
import TaskJSON
import TaskMessages
import TaskRecurrence

/// A create, worked out whole before anything is sent: what the scheduler is asked to store, and the answer that goes
/// back once it has.
struct Creation: Sendable {
    let id: ReminderID
    let request: Proto.CreateRequest
    /// A JSON text. It is stored with the reminder where there is an `Idempotency-Key`.
    let answer: [UInt8]

    init(_ draft: Draft, caller: Caller, idempotency: IdempotencyKey?, now: UnixMilliseconds, ids: FreshIDs) {
        // An `Idempotency-Key` is looked up in one shard, the one that follows from it; so the reminder must be there too.
        id = ids.next(at: now, in: idempotency?.shard)
        let forecast = Forecast(
            draft.series, isSingle: draft.schedule.schedule.isSingle, policy: draft.handling.misfirePolicy,
            now: now)
        answer = Self.answer(id, forecast, Warnings.all(draft, forecast, now: now.second))
        request = Proto.CreateRequest(
            reminder: draft.reminder(id, createdAt: now, caller: caller.owner),
            authorization: Secret(draft.authHeader?.value ?? ""),
            position: draft.series.first().map { Proto.Position(scheduledAt: $0.instant, index: $0.index) },
            idempotency: idempotency.map { [answer] in
                Proto.Idempotency(key: $0.digest, request: $0.requestDigest, answer: answer)
            }, pendingLimit: UInt32(clamping: caller.pending ?? 0))
    }

    /// Written piece by piece, as it is the answer that is given most.
    private static func answer(_ id: ReminderID, _ forecast: Forecast, _ warnings: [String]) -> [UInt8] {
        var text = JSONWriter()
        text.raw(#"{"message":"success","id":"#)
        text.string(id.description)
        text.raw(#","state":"#)
        text.string(ReminderState.scheduled.name)
        text.raw(#","next_fire_at":"#)
        if let first = forecast.times.first { text.integer(first.count) } else { text.raw("null") }
        text.raw(#","upcoming":"#)
        text.integers(forecast.times.map(\.count))
        text.raw(#","warnings":"#)
        text.strings(warnings)
        text.raw("}")
        return text.bytes
    }
}

extension Caller {
    /// What a reminder remembers it by. A caller without a key beside others that have one gets a name that no key has,
    /// so that it is told apart from one that sees everything.
    var owner: String { name.isEmpty && role == .caller ? "~" : name }

    /// Whose reminders it sees, as the wire has it: empty for all.
    var scope: String { role.seesAll ? "" : owner }
}
