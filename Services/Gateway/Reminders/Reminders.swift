import HTTPTypes
import TaskDomain
import TaskJSON
import TaskMessages

/// What callers can do with reminders: creating them and asking about them here, lists in Lists.swift, changes in
/// Changes.swift, many at once in Batch.swift.
struct Reminders: Sendable {
    let scheduler: SchedulerCalls
    let ids = FreshIDs()

    /// The routes, in the order in which documentation shows them.
    var operations: [Operation] {
        creates + [
            list, batch,
            Operation(.get, "/reminders/{id}", "getReminder", summary: "Read a reminder.", handle: get)
                .explained("`ETag` holds its revision, for `If-Match` when it is changed.")
                .answering(.ok, "the reminder, without its credential", .ref("Reminder"), headers: ["ETag": "its revision"]),
        ] + changes + [
            Operation(
                .get, "/reminders/{id}/upcoming", "listUpcoming", summary: "List the times at which a reminder falls due next.",
                query: UpcomingQuery.type, handle: upcoming
            ).answering(.ok, "the times, unix seconds, ascending", .ref("Upcoming")),
            Operation(
                .get, "/reminders/{id}/attempts", "listAttempts",
                summary: "List the attempts at a reminder's occurrences, newest first.",
                query: AttemptsQuery.type, handle: attempts
            ).answering(.ok, "the attempts", .ref("Attempts")),
        ]
    }

    private var creates: [Operation] {
        let create = Operation(
            .post, "/remind_me", "createReminder", summary: "Ask for a notification at a time, or repeating.",
            body: ReminderBody.type, handle: create
        )
        .explained(
            "A `201` means that the reminder is on stable storage. With an `Idempotency-Key` a repeated request is one "
                + "reminder, and gets the first answer again for 24 hours.")
        .taking(.idempotencyKey)
        .answering(.created, "stored", .ref("Created"), headers: ["Location": "where the reminder is"])
        .refusing(.conflict, "the Idempotency-Key came with another body before")
        .refusing(.forbidden, "the key may not name this queue")
        .refusing(.tooManyRequests, Self.tooMany)
        .example("once", "one notification", Examples.once, futureTimes: ["/start_datetime"])
        .example("weekly", "every Monday and Wednesday, in Berlin's time", Examples.weekly, futureTimes: ["/start_datetime"])
        .example("dateutil", "a rule as python-dateutil has it", Examples.dateutil, futureTimes: ["/start_datetime"])
        .example("set", "a whole recurrence set, as a calendar exports it", Examples.set)
        .example("birthday", "every year since 1950", Examples.birthday)
        return [
            create,
            create.also(at: "/tasks/remind_me", named: "createReminderAsTask"),
            Operation(
                .post, "/tasks", "createTask", summary: "Ask for any task that workers have, at a time, repeating, or now.",
                body: TaskBody.type, handle: createTask
            )
            .explained("The answer, `Idempotency-Key` and everything under `/reminders` are as for a notification.")
            .taking(.idempotencyKey)
            .answering(.created, "stored", .ref("Created"), headers: ["Location": "where it is"])
            .refusing(.conflict, "the Idempotency-Key came with another body before")
            .refusing(.forbidden, "the key may not name this queue")
            .refusing(.tooManyRequests, Self.tooMany)
            .example("now", "a line in a worker's log, now", Examples.task)
            .example("daily", "the same, every day", Examples.dailyTask, futureTimes: ["/start_datetime"]),
        ]
    }

    private static let tooMany =
        "more requests than the key's rate allows: `Retry-After` says when to try again; or, without it, the key has as many reminders pending as it may"

    // MARK: Create

    private func create(_ exchange: Exchange, _ body: ReminderBody) async throws(Problem) -> Answer {
        try await create(exchange, try body.draft())
    }

    private func createTask(_ exchange: Exchange, _ body: TaskBody) async throws(Problem) -> Answer {
        try await create(exchange, try body.draft(now: exchange.now.second))
    }

    private func create(_ exchange: Exchange, _ draft: Draft) async throws(Problem) -> Answer {
        try exchange.caller.requireQueue(draft.handling.queue)
        let creation = Creation(
            draft, caller: exchange.caller, idempotency: try IdempotencyKey(exchange), now: exchange.now, ids: ids)
        return try Self.answer(creation, try await scheduler.create(creation.request))
    }

    static func answer(_ creation: Creation, _ reply: Proto.CreateReply) throws(Problem) -> Answer {
        switch reply.result {
        case .created:
            return Answer(.created, bytes: creation.answer, headers: [.location: "/reminders/\(creation.id)"])
        case .replayed:
            return try replayed(reply.answer)
        case .conflict:
            throw Problem(
                .conflict, "this Idempotency-Key came with another body within 24 hours; use a new key for a new reminder",
                faults: [Problem.Fault(place: .header("Idempotency-Key"), detail: "was used for another body")])
        case .tooManyPending:
            // The scheduler counts no further than to one above.
            let limit = creation.request.pendingLimit, count = reply.pending > limit ? "more" : "as many"
            throw Problem(
                .tooManyRequests,
                "this key may have \(limit) \(limit == 1 ? "reminder" : "reminders") pending, scheduled or paused, and has \(count); this one was not stored: cancel others, or wait until they are finished")
        case .refused:
            throw Problem(.unprocessableContent, "the scheduler refuses it: \(reply.reason)")
        }
    }

    /// The first answer again, byte for byte.
    private static func replayed(_ bytes: [UInt8]) throws(Problem) -> Answer {
        guard let stored = try? JSONValue(parsing: bytes, maxBytes: bytes.count), case .string(let id)? = stored["id"] else {
            throw Problem(.internalServerError, "the stored answer to this Idempotency-Key cannot be read")
        }
        var headers: HTTPFields = [.location: "/reminders/\(id)"]
        if let name = IdempotencyKey.replayedHeader { headers[name] = "true" }
        return Answer(.created, bytes: bytes, headers: headers)
    }

    // MARK: Questions

    private func get(_ exchange: Exchange) async throws(Problem) -> Answer {
        let stored = try await found(try exchange.reminderID, exchange)
        return Answer(
            .ok, ReminderAnswer.json(stored, now: exchange.now.second), headers: [.eTag: Revision.tag(stored.reply.revision)])
    }

    private func upcoming(_ exchange: Exchange, _ query: UpcomingQuery) async throws(Problem) -> Answer {
        let id = try exchange.reminderID
        let times = try Upcoming.times(of: try await found(id, exchange), count: Int(query.count), after: exchange.now.second)
        return Answer(.ok, ["id": .string("\(id)"), "upcoming": .array(times.map { .integer($0.count) })])
    }

    private func attempts(_ exchange: Exchange, _ query: AttemptsQuery) async throws(Problem) -> Answer {
        let id = try exchange.reminderID
        let request = Proto.AttemptsRequest(id: id.bytes, limit: UInt32(query.limit), caller: exchange.caller.scope)
        let reply = try await scheduler.call(SchedulerService.attempts, request)
        guard reply.found else { throw .noReminder(id) }
        return Answer(.ok, ["id": .string("\(id)"), "attempts": .array(reply.attempts.map(AttemptAnswer.json))])
    }

    func found(_ id: ReminderID, _ exchange: Exchange) async throws(Problem) -> StoredReminder {
        let reference = Proto.ReminderRef(id: id.bytes, caller: exchange.caller.scope)
        let reply = try await scheduler.call(SchedulerService.get, reference)
        guard reply.found else { throw .noReminder(id) }
        return try StoredReminder(reply)
    }
}

extension Caller {
    /// - Throws: 403 for a queue that it may not name.
    func requireQueue(_ queue: String) throws(Problem) {
        guard !mayName(queue) else { return }
        let names = (queues ?? []).sorted().joined(separator: ", ")
        throw Problem(
            .forbidden, "this key may not name the queue \(queue), only: \(names)",
            faults: [Problem.Fault(place: .pointer(.root.appending("queue")), detail: "must be one of \(names)")])
    }
}

extension Problem {
    static func noReminder(_ id: ReminderID) -> Problem { Problem(.notFound, "there is no reminder \(id)") }
}

struct UpcomingQuery: Sendable {
    let count: Int64

    static let type = FieldType<UpcomingQuery>.object { fields in
        UpcomingQuery(
            count: fields.value(
                "count", .integer(Bounds.upcoming), default: Defaults.upcoming, documented: .integer(Defaults.upcoming),
                help: "how many at most"))
    }
}

struct AttemptsQuery: Sendable {
    let limit: Int64

    static let type = FieldType<AttemptsQuery>.object { fields in
        AttemptsQuery(
            limit: fields.value(
                "limit", .integer(Bounds.attempts), default: Defaults.attempts, documented: .integer(Defaults.attempts),
                help: "how many at most"))
    }
}
