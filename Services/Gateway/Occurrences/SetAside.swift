import HTTPTypes
import TaskDomain
import TaskJSON
import TaskMessages

/// What callers can do with occurrences that wait for a person: dead letters, and those held because their credential
/// was refused. An occurrence is named by its idempotency key, `<reminder id>:<unix seconds>`.
///
/// What is done with many at once is in SetAsideMany.swift.
struct SetAside: Sendable {
    /// Which of the two.
    enum Kind: Sendable {
        case dead, held

        fileprivate var path: String { self == .dead ? "/dead-letters" : "/held" }
        fileprivate var tag: String { self == .dead ? "Dead letters" : "Held occurrences" }
        fileprivate var noun: String { self == .dead ? "dead letter" : "held occurrence" }
        fileprivate var plural: String { self == .dead ? "DeadLetters" : "Held" }
        fileprivate var singular: String { self == .dead ? "DeadLetter" : "HeldOccurrence" }
        fileprivate var list: String { self == .dead ? "dead_letters" : "held" }
        fileprivate var state: Proto.OccurrenceState { self == .dead ? .dead : .held }
    }

    let kind: Kind
    let scheduler: SchedulerCalls

    var operations: [Operation] {
        let one = PathTemplate(stringLiteral: kind.path + "/{occurrence}")
        var operations = [
            Operation(
                .get, PathTemplate(stringLiteral: kind.path), "list\(kind.plural)",
                summary: "List \(kind.noun)s, the latest first.", query: OccurrenceQuery.type, handle: list
            ).answering(.ok, "a page", .ref(kind.singular + "Page")),
            Operation(.get, one, "get\(kind.singular)", summary: "Read a \(kind.noun) with its attempts.", handle: get)
                .answering(.ok, "the \(kind.noun)", .ref(kind == .dead ? "SetAsideWithAttempts" : "HeldOccurrenceWithAttempts")),
            Operation(.post, one.appending("replay"), "replay\(kind.singular)", summary: "Try a \(kind.noun) again, now.") {
                (exchange) async throws(Problem) -> Answer in try await change(exchange, .replay)
            }
            .explained(
                "It begins anew, with all its attempts, also while its reminder is paused. Its `Idempotency-Key` stays."
                    + (kind == .held ? " Its series goes on with the credential that it has." : ""))
            .having(.operates).answering(.ok, "due now", .ref("OccurrenceChanged")),
            Operation(.delete, one, "discard\(kind.singular)", summary: "Give up a \(kind.noun).") {
                (exchange) async throws(Problem) -> Answer in try await change(exchange, .discard)
            }.explained(
                kind == .held ? "Its series goes on with the next occurrence; what it missed until now is given up, too." : "")
            .answering(.ok, "given up; its attempts stay in the history", .ref("OccurrenceChanged")),
        ]
        operations += many
        return operations.map { $0.tagged(kind.tag) }
    }

    // MARK: Reading

    private func list(_ exchange: Exchange, _ query: OccurrenceQuery) async throws(Problem) -> Answer {
        let request = Proto.ListOccurrencesRequest(
            filter: filter(query.filter, exchange), cursor: query.page.cursor, limit: query.page.limit)
        let reply = try await scheduler.call(SchedulerService.listOccurrences, request)
        let now = heldAt(exchange), share = Missed.countedAtMost / Int64(max(1, reply.occurrences.count))
        let occurrences = try reply.occurrences.map { (occurrence) throws(Problem) in
            try Self.json(occurrence, heldAt: now, countedAtMost: share)
        }
        return Answer(.ok, [kind.list: .array(occurrences), "next_cursor": Cursor.json(reply.cursor)])
    }

    private func get(_ exchange: Exchange) async throws(Problem) -> Answer {
        let request = Proto.ListOccurrencesRequest(filter: try only(exchange), limit: 1, withAttempts: true)
        let reply = try await scheduler.call(SchedulerService.listOccurrences, request)
        guard let occurrence = reply.occurrences.first, case .object(var object) = try Self.json(occurrence, heldAt: heldAt(exchange)) else { throw missing }
        object["attempts"] = .array(reply.attempts.map(AttemptAnswer.json))
        return Answer(.ok, .object(object))
    }

    /// The moment for which is told what held ones have missed; `nil` for dead letters.
    private func heldAt(_ exchange: Exchange) -> UnixSeconds? { kind == .held ? exchange.now.second : nil }

    /// - Parameter limit: missed ones that are counted one by one where they cannot be computed; a page's items share what one has.
    static func json(
        _ occurrence: Proto.Occurrence, heldAt now: UnixSeconds? = nil, countedAtMost limit: Int64 = Missed.countedAtMost
    ) throws(Problem) -> JSONValue {
        guard let reminder = occurrence.reminder else { throw .incompleteAnswer }
        let id = ReminderAnswer.id(occurrence.id)
        var object: JSONObject = [
            "id": .string("\(id):\(occurrence.scheduledAt)"), "reminder_id": .string(id),
            "scheduled_at": .integer(occurrence.scheduledAt), "since": .integer(UnixMilliseconds(occurrence.sinceMs).second.count),
            "outcome": .string(occurrence.outcome.map { Outcome($0).name } ?? "unknown"),
            "status_code": occurrence.statusCode == 0 ? .null : .integer(Int64(occurrence.statusCode)),
            "detail": .string(occurrence.detail), "attempts_made": .integer(Int64(occurrence.attempts)),
            "task": .string(reminder.task), "queue": .string(reminder.queue), "description": .string(reminder.description),
            "classroom_id": .string(reminder.classroomId), "created_by": .string(reminder.createdBy)
        ]
        if let now { object["missed"] = try missed(occurrence, reminder, by: now, countedAtMost: limit).map(ReminderAnswer.missed) ?? .null }
        return .object(object)
    }

    /// What has been missed since the credential was refused, the occurrence with which that was noticed among it.
    private static func missed(
        _ occurrence: Proto.Occurrence, _ reminder: Proto.Reminder, by now: UnixSeconds, countedAtMost limit: Int64
    ) throws(Problem) -> Proto.Missed? {
        let first = occurrence.scheduledAt
        guard UnixSeconds(first) <= now, let schedule = reminder.schedule else { return nil }
        guard !Schedule(wire: schedule).isSingle else { return Proto.Missed(count: 1, first: first, last: first) }
        let series = try Upcoming.series(schedule)
        // Few, as a rule: found faster than counted.
        let few = series.first(Self.walked, after: first).prefix { UnixSeconds($0) <= now }
        guard few.count == Self.walked else { return Proto.Missed(count: Int64(1 + few.count), first: first, last: few.last ?? first) }
        guard let last = series.previous(before: (now + 1).count), last >= first else { return Proto.Missed(count: 1, first: first, last: first) }
        let count = series.count(in: first...last, limit: limit)
        return Proto.Missed(count: count ?? limit, atLeast: count == nil, first: first, last: last)
    }

    /// Missed ones that are found one after the other before any are counted.
    private static let walked = 4

    // MARK: One

    private func change(_ exchange: Exchange, _ action: Proto.ChangeOccurrencesRequest.Action) async throws(Problem) -> Answer {
        let request = Proto.ChangeOccurrencesRequest(action: action, filter: try only(exchange), limit: 1)
        let reply = try await scheduler.call(SchedulerService.changeOccurrences, request, uncertain: Self.uncertain)
        guard reply.changed == 1 else { throw missing }
        return Answer(.ok, ["message": "success", "id": .string(exchange.pathValues[0])])
    }

    static let uncertain = "whether it was done is not known; look at the list, or ask again"

    private var missing: Problem { Problem(.notFound, "there is no such \(kind.noun) (any more)") }

    /// The occurrence that the path names.
    private func only(_ exchange: Exchange) throws(Problem) -> Proto.OccurrenceFilter {
        guard let key = exchange.pathValues.first.flatMap(OccurrenceKey.init(idempotencyKey:)) else {
            throw Problem(
                .notFound,
                "there is no such \(kind.noun); its id looks like 01932c07-209c-7123-8abc-0123456789ab:1893456000")
        }
        return filter(
            Proto.OccurrenceFilter(only: Proto.OccurrenceRef(id: key.reminder.bytes, scheduledAt: key.scheduledAt.count)), exchange)
    }

    func filter(_ filter: Proto.OccurrenceFilter, _ exchange: Exchange) -> Proto.OccurrenceFilter {
        var whole = filter
        (whole.state, whole.caller) = (kind.state, exchange.caller.scope)
        return whole
    }
}

extension PathTemplate {
    fileprivate func appending(_ segment: String) -> PathTemplate { PathTemplate(stringLiteral: "\(self)/\(segment)") }
}
