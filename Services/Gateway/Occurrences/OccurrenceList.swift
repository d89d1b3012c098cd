import TaskDomain
import TaskJSON
import TaskMessages

/// The list of occurrences by where they stand: due and waiting for a worker, running, to be tried again, held, dead.
struct OccurrenceList: Sendable {
    /// By the names that callers give them.
    static let states: [(String, Proto.OccurrenceState)] = [
        ("ready", .ready), ("running", .running), ("retrying", .retrying), ("held", .held), ("dead", .dead)
    ]

    let scheduler: SchedulerCalls

    var operation: Operation {
        Operation(
            .get, "/occurrences", "listOccurrences", summary: "List occurrences that are ready, run, are retried, held or dead.",
            query: OccurrenceListQuery.type, handle: list
        )
        .explained(
            "`ready`: due, in the scheduler's memory, and waiting for a worker, the longest first. `running`: at a worker, the longest first. "
                + "`retrying`: a try at it has failed, and it waits for the next, the next first. `held` and `dead`: the latest first, as at "
                + "`/held` and `/dead-letters`. A page looks at 10,000 at most, so "
                + "where a filter finds few it may be short, or empty, and still have a `next_cursor`. After a restart of the scheduler the "
                + "pages of `ready` and of `running` begin anew.")
        .answering(.ok, "a page", .ref("OccurrencePage"))
        .tagged("Occurrences")
    }

    private func list(_ exchange: Exchange, _ query: OccurrenceListQuery) async throws(Problem) -> Answer {
        var filter = query.filter
        filter.caller = exchange.caller.scope
        let reply = try await scheduler.call(
            SchedulerService.listOccurrences,
            Proto.ListOccurrencesRequest(filter: filter, cursor: query.page.cursor, limit: query.page.limit))
        let seesWorkers = exchange.caller.role.may(.oversees)
        let occurrences = try reply.occurrences.map { (occurrence) throws(Problem) in try Self.json(occurrence, seesWorkers: seesWorkers) }
        return Answer(.ok, ["occurrences": .array(occurrences), "next_cursor": Cursor.json(reply.cursor)])
    }

    private static func json(_ occurrence: Proto.Occurrence, seesWorkers: Bool) throws(Problem) -> JSONValue {
        guard let reminder = occurrence.reminder, let id = ReminderID(bytes: occurrence.id) else { throw .incompleteAnswer }
        let key = OccurrenceKey(reminder: id, scheduledAt: UnixSeconds(occurrence.scheduledAt))
        func given(_ value: Int64) -> JSONValue { value == 0 ? .null : .integer(value) }
        return [
            "id": .string(key.idempotencyKey), "reminder_id": .string("\(id)"), "scheduled_at": .integer(occurrence.scheduledAt),
            "state": .string(states.first { $0.1 == occurrence.state }?.0 ?? "unknown"),
            "queue": .string(reminder.queue), "task": .string(reminder.task), "description": .string(reminder.description),
            "classroom_id": .string(reminder.classroomId), "created_by": .string(reminder.createdBy),
            "attempt": given(Int64(occurrence.attempt)), "attempts_made": .integer(Int64(occurrence.attempts)),
            "since_ms": given(occurrence.sinceMs), "next_try_ms": given(occurrence.nextTryMs),
            "worker": occurrence.worker.isEmpty || !seesWorkers ? .null : .string(occurrence.worker),
            "lease_ms": occurrence.worker.isEmpty ? .null : .integer(Int64(occurrence.leaseMs)),
            "progress": ProgressAnswer.json(occurrence.progressThousandths),
            "progress_text": occurrence.progressText.isEmpty ? .null : .string(occurrence.progressText),
            "outcome": occurrence.outcome.map { .string(Outcome($0).name) } ?? .null,
            "status_code": given(Int64(occurrence.statusCode)),
            "detail": occurrence.outcome == nil && occurrence.detail.isEmpty ? .null : .string(occurrence.detail)
        ]
    }
}

/// Which occurrences, and which page of them.
private struct OccurrenceListQuery: Sendable {
    let filter: Proto.OccurrenceFilter
    let page: PageQuery

    static let type = FieldType<OccurrenceListQuery>.object { fields in
        let state = fields.required("state", .oneOf(OccurrenceList.states), help: "where they stand")
        var filter = Proto.OccurrenceFilter(&fields)
        filter.state = state
        return OccurrenceListQuery(filter: filter, page: PageQuery(&fields, order(state)))
    }

    private static func order(_ state: Proto.OccurrenceState) -> ListCursor.Order {
        switch state {
        case .ready, .running: .longestFirst
        case .retrying: .nextTry
        case .held, .dead: .latestSetAside
        }
    }
}
