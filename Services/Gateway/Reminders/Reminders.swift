import Domain
import HTTPTypes
import JSON
import Messages

/// What callers can do with reminders.
struct Reminders: Sendable {
    private let scheduler: SchedulerCalls

    init(scheduler: SchedulerCalls) { self.scheduler = scheduler }

    /// The routes, in the order in which documentation shows them.
    var operations: [Operation] {
        let create = Operation(
            .post, "/remind_me", "createReminder", summary: "Ask for a notification at a time, or repeating.",
            body: ReminderBody.type, handle: create)
        return [
            create,
            create.also(at: "/tasks/remind_me", named: "createReminderAsTask"),
            Operation(.get, "/reminders/{id}", "getReminder", summary: "Read a reminder.", handle: get),
            Operation(
                .patch, "/reminders/{id}", "changeReminder",
                summary: "Replace a reminder's auth_header; what was held for the old one is released.",
                body: PatchBody.type, handle: patch),
            Operation(.delete, "/reminders/{id}", "cancelReminder", summary: "Cancel a reminder.", handle: cancel),
            Operation(
                .get, "/reminders/{id}/upcoming", "listUpcoming", summary: "List the times at which a reminder falls due next.",
                query: UpcomingQuery.type, handle: upcoming),
            Operation(
                .get, "/reminders/{id}/attempts", "listAttempts",
                summary: "List the attempts at a reminder's occurrences, newest first.",
                query: AttemptsQuery.type, handle: attempts)
        ]
    }

    // MARK: Create

    private func create(_ exchange: Exchange, _ body: ReminderBody) async throws(Problem) -> Answer {
        var random = SystemRandomNumberGenerator()
        let creation = Creation(
            body, idempotency: try IdempotencyKey(exchange), nowMilliseconds: exchange.nowMilliseconds, using: &random)
        let reply = try await scheduler.create(creation.request)
        switch reply.result {
        case .created:
            return Answer(.created, bytes: creation.answer, headers: [.location: "/reminders/\(creation.id)"])
        case .replayed:
            return try replayed(reply.answer)
        case .conflict:
            throw Problem(
                .conflict, "this Idempotency-Key came with another body within 24 hours; use a new key for a new reminder",
                faults: [Problem.Fault(place: .header("Idempotency-Key"), detail: "was used for another body")])
        }
    }

    /// The first answer again, byte for byte.
    private func replayed(_ bytes: [UInt8]) throws(Problem) -> Answer {
        guard let stored = try? JSONValue(parsing: bytes, maxBytes: bytes.count), case .string(let id)? = stored["id"] else {
            throw Problem(.internalServerError, "the stored answer to this Idempotency-Key cannot be read")
        }
        var headers: HTTPFields = [.location: "/reminders/\(id)"]
        if let name = IdempotencyKey.replayedHeader { headers[name] = "true" }
        return Answer(.created, bytes: bytes, headers: headers)
    }

    // MARK: Questions

    private func get(_ exchange: Exchange) async throws(Problem) -> Answer {
        let id = try exchange.reminderID
        return Answer(.ok, ReminderAnswer.json(try await found(id), id, nowSeconds: exchange.nowSeconds))
    }

    private func upcoming(_ exchange: Exchange, _ query: UpcomingQuery) async throws(Problem) -> Answer {
        let id = try exchange.reminderID
        let times = try Upcoming.times(of: try await found(id), count: Int(query.count), after: exchange.nowSeconds)
        return Answer(.ok, ["id": .string("\(id)"), "upcoming": .array(times.map { .integer($0) })])
    }

    private func attempts(_ exchange: Exchange, _ query: AttemptsQuery) async throws(Problem) -> Answer {
        let id = try exchange.reminderID
        let reply = try await scheduler.attempts(Proto.AttemptsRequest(id: id.bytes, limit: UInt32(query.limit)))
        guard reply.found else { throw .noReminder(id) }
        return Answer(.ok, ["id": .string("\(id)"), "attempts": .array(reply.attempts.map(AttemptAnswer.json))])
    }

    private func found(_ id: ReminderID) async throws(Problem) -> Proto.ReminderReply {
        let reply = try await scheduler.get(id.bytes)
        guard reply.found else { throw .noReminder(id) }
        return reply
    }

    // MARK: Changes

    private func patch(_ exchange: Exchange, _ body: PatchBody) async throws(Problem) -> Answer {
        let id = try exchange.reminderID
        let reply = try await scheduler.replaceAuthorization(
            Proto.ReplaceAuthorizationRequest(id: id.bytes, authorization: body.authHeader.value))
        guard reply.found else { throw .noReminder(id) }
        let warnings = Warnings.expiry(of: body.authHeader, before: exchange.nowSeconds + 1)
        return Answer(
            .ok,
            [
                "message": "success", "id": .string("\(id)"), "released": .integer(Int64(reply.released)),
                "warnings": .array(warnings.map { .string($0) })
            ])
    }

    private func cancel(_ exchange: Exchange) async throws(Problem) -> Answer {
        let id = try exchange.reminderID
        let reply = try await scheduler.cancel(id.bytes)
        switch reply.result {
        case .notFound: throw .noReminder(id)
        case .alreadyFinished where reply.state != UInt32(ReminderState.cancelled.rawValue):
            throw Problem(.conflict, "the reminder is completed: nothing of it is left to cancel")
        // Cancelled before is cancelled: a repeated request gets the answer that the first one may have lost.
        case .cancelled, .alreadyFinished:
            return Answer(.ok, ["message": "success", "id": .string("\(id)"), "state": .string(ReminderState.cancelled.name)])
        }
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
