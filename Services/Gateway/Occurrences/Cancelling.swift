import TaskDomain
import TaskJSON
import TaskMessages

/// Calling off single occurrences.
struct Cancelling: Sendable {
    let scheduler: SchedulerCalls

    var operations: [Operation] {
        [
            Operation(
                .post, "/reminders/{id}/occurrences/{time}/cancel", "cancelOccurrence", summary: "Call off an occurrence that runs, or is about to.", handle: cancel
            )
            .explained(
                "Its task is cancelled, or its notification taken back where it has not left. What has not been done by then is recorded with the "
                    + "outcome `cancelled`, and is not tried again; what had left already is said as it ended. One that is ready, or waits for "
                    + "its next try, ends at once. Its series goes on: to end that, cancel the reminder. What is held, or dead, is discarded.")
            .tagged("Reminders")
            .answering(.ok, "it has come to its end", .ref("OccurrenceCancelled"))
            .answering(
                .accepted,
                "its worker has been told and has not ended it within a second, or was lost with it, or the scheduler has just started and does not know "
                    + "who has it: it may have been sent, and is not tried again, whatever comes of it",
                .ref("OccurrenceOnItsWay"))
            .refusing(.notFound, "nothing of that time runs, is ready, or waits for its next try")
            .refusing(.notImplemented, "the scheduler's build cannot call off single occurrences")
        ]
    }

    private func cancel(_ exchange: Exchange) async throws(Problem) -> Answer {
        let id = try exchange.reminderID
        guard let time = exchange.pathValues.last.flatMap({ Int64($0) }) else { throw Self.missing }
        let key = OccurrenceKey(reminder: id, scheduledAt: UnixSeconds(time))
        let reply = try await scheduler.call(
            SchedulerService.cancelOccurrence,
            Proto.CancelOccurrenceRequest(
                occurrence: Proto.OccurrenceRef(id: key.reminder.bytes, scheduledAt: key.scheduledAt.count), caller: exchange.caller.scope),
            uncertain: "whether it was called off is not known; look at its attempts, or ask again")
        let name = JSONValue.string(key.idempotencyKey)
        switch reply.result {
        case .ended:
            guard let outcome = reply.outcome.map({ Outcome($0) }) else { throw .incompleteAnswer }
            let result = outcome == .cancelled ? "cancelled" : "ended"
            return Answer(.ok, ["message": "success", "id": name, "result": .string(result), "outcome": .string(outcome.name)])
        case .onItsWay: return Answer(.accepted, ["message": "asked", "id": name, "result": "on_its_way", "outcome": .null])
        case .notFound: throw Self.missing
        }
    }

    private static var missing: Problem {
        Problem(
            .notFound,
            "nothing of that time runs, is ready, or waits for its next try; the path names the occurrence's scheduled time in unix seconds")
    }
}
