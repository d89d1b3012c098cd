import HTTPTypes
import TaskDomain
import TaskJSON
import TaskMessages

/// Changes of reminders that exist. Each takes `If-Match`, and answers with the new `ETag`.
extension Reminders {
    var changes: [Operation] {
        [
            Operation(
                .patch, "/reminders/{id}", "changeReminder", summary: "Change any part of a reminder, from its next occurrence on.",
                body: PatchBody.type, handle: patch
            )
            .explained(
                "A JSON merge patch (RFC 7396) on the fields of the create. A new `auth_header` releases the occurrences that "
                    + "are held because the old one was refused. What had fallen due before goes its way (`in_flight` names what a worker has of it). An `rrule` with a DTSTART is a "
                    + "whole set: it also takes the place of `start_datetime`, `timezone`, `rdates` and `exdates`, unless the patch has these.")
            .changing("changed")
            .refusing(.conflict, "the schedule of a reminder that is finished stays as it is")
            .refusing(.forbidden, "the key may not name this queue")
            .example("priority", "a higher priority", ["priority": 8, "description": "important"])
            .example("schedule", "another rule", ["rrule": "FREQ=DAILY;INTERVAL=2"])
            .example("credential", "a new credential", ["auth_header": "Bearer eyJhbGciOi.new"]),
            Operation(.delete, "/reminders/{id}", "cancelReminder", summary: "Cancel a reminder.") {
                (exchange) async throws(Problem) -> Answer in try await cancel(exchange)
            }
            .explained(
                "Nothing of it is fired any more; dead letters and history stay. Said twice, it is the same. " + Self.callsOff)
            .changing("cancelled").refusing(.conflict, "the reminder is completed: nothing of it is left to cancel"),
            Operation(.post, "/reminders/{id}/pause", "pauseReminder", summary: "Pause a reminder.") {
                (exchange) async throws(Problem) -> Answer in try await change(exchange, .pause)
            }
            .explained("Nothing of it falls due until it is resumed, but what `run` or a replay asks for. " + Self.callsOff)
            .having(.operates).changing("paused").refusing(.conflict, "the reminder is finished"),
            Operation(.post, "/reminders/{id}/resume", "resumeReminder", summary: "Resume a paused reminder.") {
                (exchange) async throws(Problem) -> Answer in try await change(exchange, .resume)
            }
            .explained(
                "A series goes on with its next occurrence; those that it missed while it was paused are skipped. One time that "
                    + "has passed meanwhile is fired now.")
            .having(.operates).changing("scheduled").refusing(.conflict, "the reminder is finished"),
            Operation(.post, "/reminders/{id}/run", "runReminder", summary: "Fire a reminder now, beside its schedule.") {
                (exchange) async throws(Problem) -> Answer in try await change(exchange, .run)
            }
            .explained(
                "An extra occurrence of this second, with an `Idempotency-Key` of its own; also of a reminder that is paused or was "
                    + "completed within the last hour; after that its credential is gone. Asked for twice within a second, it is one.")
            .having(.operates).changing("due now; `scheduled_at` names the occurrence").refusing(.conflict, "the reminder is cancelled, or was completed more than an hour ago: create another"),
        ]
    }

    /// What a cancel and a pause say of what is on its way.
    private static var callsOff: String {
        "After this answer no request of it leaves any more, not even one that waited for its turn, but for those that `in_flight` names: "
            + "what has left is waited for, not longer than a second."
    }

    // MARK: State

    private func cancel(_ exchange: Exchange) async throws(Problem) -> Answer {
        let (id, change) = try await ask(exchange, .cancel)
        // Cancelled before is cancelled: a repeated request gets the answer that the first one may have lost.
        guard change.result == .finished, change.state == .cancelled else {
            return try answer(id, change, finished: "the reminder is completed: nothing of it is left to cancel")
        }
        return try done(id, change)
    }

    private func change(_ exchange: Exchange, _ action: Proto.ChangeRequest.Action) async throws(Problem) -> Answer {
        let (id, change) = try await ask(exchange, action)
        // A completed one is refused to run only when its credential is gone.
        let why = action == .run && change.state == .completed ? " more than an hour ago, and its credential is gone: create another" : ""
        return try answer(id, change, finished: "the reminder is \(Self.stateWord(change))\(why)")
    }

    private func ask(
        _ exchange: Exchange, _ action: Proto.ChangeRequest.Action
    ) async throws(Problem) -> (ReminderID, Proto.Change) {
        let id = try exchange.reminderID
        let request = Proto.ChangeRequest(
            action: action, reminders: [Proto.ReminderRef(id: id.bytes, caller: exchange.caller.scope)],
            revision: try Revision.wanted(exchange) ?? 0, atMs: exchange.now.count)
        return (id, try await scheduler.change(request)[0])
    }

    // MARK: Patch

    /// How often a change is begun anew because something else changed the reminder in between.
    private static var maxPatchAttempts: Int { 4 }

    private func patch(_ exchange: Exchange, _ patch: PatchBody) async throws(Problem) -> Answer {
        let id = try exchange.reminderID
        let wanted = try Revision.wanted(exchange)
        if let value = patch.onlyAuthHeader { return try await replaceAuthorization(id, value, patch, wanted, exchange) }
        for _ in 0..<Self.maxPatchAttempts {
            let stored = try await found(id, exchange)
            if let wanted, wanted != stored.reply.revision { throw Revision.differs }
            let request = try update(stored, id, patch, exchange)
            let change = try await scheduler.change(request.request)[0]
            if change.result == .revisionDiffers, wanted == nil { continue }
            return try answer(
                id, change, finished: "the reminder is \(Self.stateWord(change)): its schedule stays as it is",
                warnings: request.warnings)
        }
        throw Problem(.conflict, "others are changing this reminder all the time; try again", headers: [.retryAfter: "1"])
    }

    /// The reminder as it is to be.
    private func update(
        _ stored: StoredReminder, _ id: ReminderID, _ patch: PatchBody, _ exchange: Exchange
    ) throws(Problem) -> (request: Proto.ChangeRequest, warnings: [String]) {
        guard !stored.isPartlyUnknown else {
            throw .unavailable(
                "this gateway's build is older than what is stored of the reminder, and would lose some of it; nothing was changed",
                cause: "the scheduler's reminder has fields that this build does not know")
        }
        let old = stored.reminder
        let isNotification = old.task == TaskName.notification
        var whole = ReminderAnswer.fields(of: stored, isWhole: false)
        if isNotification, case .object(var metadata)? = whole[PatchBody.metadata] {
            // The body must have one; it is left out again below.
            metadata[PatchBody.authHeader] = "unchanged"
            whole[PatchBody.metadata] = .object(metadata)
        }
        let merged = patch.merged(into: whole, isNotification: isNotification)
        let draft = isNotification
            ? try Exchange.read(merged, as: ReminderBody.type).draft()
            : try Exchange.read(merged, as: TaskBody.type).draft(now: exchange.now.second)
        // What it has it keeps, also where the key has been bound to others since.
        if draft.handling.queue != old.queue { try exchange.caller.requireQueue(draft.handling.queue) }
        let reminder = draft.reminder(id, createdAt: UnixMilliseconds(old.createdAtMs), caller: old.caller)
        if reminder.schedule != stored.schedule, !draft.schedule.schedule.isSingle, draft.series.next(after: exchange.now.second.count) == nil {
            throw .field("/rrule", "with this schedule nothing is due any more; cancel the reminder instead")
        }
        let credential = patch.hasAuthHeader ? draft.authHeader : nil
        let request = Proto.ChangeRequest(
            action: .update, reminders: [Proto.ReminderRef(id: id.bytes, caller: exchange.caller.scope)],
            revision: stored.reply.revision, reminder: reminder, authorization: Secret(credential?.value ?? ""),
            atMs: exchange.now.count)
        var warnings = credential.map { Warnings.expiry(of: $0, before: exchange.now.second + 1) } ?? []
        if reminder.schedule != old.schedule {
            warnings += Warnings.clockChanges(draft.schedule, now: exchange.now.second) + Warnings.startAlone(draft.schedule)
        }
        return (request, warnings)
    }

    private func replaceAuthorization(
        _ id: ReminderID, _ value: JSONValue, _ patch: PatchBody, _ wanted: Int64?, _ exchange: Exchange
    ) async throws(Problem) -> Answer {
        let faults = JSONFaults()
        let path = patch.members[PatchBody.authHeader] == nil ? [PatchBody.metadata, PatchBody.authHeader] : [PatchBody.authHeader]
        let place = path.reduce(JSONPlace(faults)) { $0.appending($1) }
        guard let credential = FieldType.authHeader.read(value, at: place), faults.isEmpty else { throw .content(faults) }
        let request = Proto.ChangeRequest(
            action: .update, reminders: [Proto.ReminderRef(id: id.bytes, caller: exchange.caller.scope)],
            revision: wanted ?? 0, authorization: Secret(credential.value), atMs: exchange.now.count)
        let change = try await scheduler.change(request)[0]
        return try answer(
            id, change, finished: "the reminder is finished",
            warnings: Warnings.expiry(of: credential, before: exchange.now.second + 1))
    }

    // MARK: Answers

    private func answer(
        _ id: ReminderID, _ change: Proto.Change, finished: String, warnings: [String] = []
    ) throws(Problem) -> Answer {
        switch change.result {
        case .done: return try done(id, change, warnings)
        case .notFound: throw .noReminder(id)
        case .finished: throw Problem(.conflict, finished)
        case .revisionDiffers: throw Revision.differs
        }
    }

    /// The state of a reminder that is finished, for a sentence.
    private static func stateWord(_ change: Proto.Change) -> String {
        change.state.map { ReminderState($0).name } ?? "finished"
    }

    private func done(_ id: ReminderID, _ change: Proto.Change, _ warnings: [String] = []) throws(Problem) -> Answer {
        var object: JSONObject = [
            "message": "success", "id": .string("\(id)"), "state": .string(try ReminderAnswer.stateName(change.state)),
            "revision": .integer(change.revision), "released": .integer(Int64(change.released)),
            "warnings": .array(warnings.map { .string($0) })
        ]
        if change.scheduledAt > 0 { object["scheduled_at"] = .integer(change.scheduledAt) }
        object["in_flight"] = change.inFlightJSON
        return Answer(.ok, .object(object), headers: [.eTag: Revision.tag(change.revision)])
    }
}

extension Proto.Change {
    /// `nil` where there is nothing to name.
    var inFlightJSON: JSONValue? { inFlight.isEmpty ? nil : .array(inFlight.map { .integer($0) }) }
}

extension Operation {
    /// What every change of a reminder takes and answers.
    fileprivate func changing(_ description: String) -> Operation {
        taking(.ifMatch).answering(.ok, description, .ref("Changed"), headers: ["ETag": "its revision now"])
            .refusing(.preconditionFailed, "the reminder's revision is not the one in If-Match")
    }
}
