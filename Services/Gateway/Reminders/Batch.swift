import HTTPTypes
import TaskDomain
import TaskJSON
import TaskMessages

/// `POST /reminders/batch`: creates and cancels many, each answered on its own. What can be created is stored in one
/// transaction, and what is cancelled in another.
extension Reminders {
    var batch: Operation {
        Operation(
            .post, "/reminders/batch", "changeReminders", summary: "Create or cancel up to 1,000 reminders, each answered on its own.",
            body: BatchBody.type, maxBytes: Bounds.batchBytes,
            maxValues: BatchBody.maxValues, handle: batch
        )
        .explained(
            "An item of `create` is the body of `POST /remind_me`, or of `POST /tasks` where it has a `task`. The answers stand in "
                + "the order of the items, with the status that each would have had alone. What can be created is stored in one "
                + "transaction. With an `Idempotency-Key` a repeated batch creates each item once. Each item counts as a request of the "
                + "key's rate.")
        .taking(.idempotencyKey)
        .answering(.ok, "an answer for each item", .ref("BatchAnswer"))
        .refusing(
            .tooManyRequests,
            "more items than requests are left with this key: `Retry-After` says when to try again, or is absent where the batch is "
                + "larger than the rate, which the detail then names")
        .example(
            "both", "one created, one cancelled",
            ["create": [Examples.once], "cancel": ["01932c07-209c-7123-8abc-0123456789ab"]], futureTimes: ["/create/0/start_datetime"])
    }

    private func batch(_ exchange: Exchange, _ body: BatchBody) async throws(Problem) -> Answer {
        // A header is at fault for the whole, not for an item.
        _ = try IdempotencyKey(exchange)
        try exchange.allowance?.take(items: body.create.count + body.cancel.count)
        let created = try await create(body.create, exchange)
        let cancelled = try await cancel(body.cancel, exchange)
        return Answer(.ok, ["created": .array(created), "cancelled": .array(cancelled)])
    }

    // MARK: Creates

    private func create(_ items: [JSONObject], _ exchange: Exchange) async throws(Problem) -> [JSONValue] {
        var creations: [Result<Creation, Problem>] = []
        for (index, item) in items.enumerated() {
            do throws(Problem) {
                let key = try IdempotencyKey.ofItem(index, .object(item), exchange)
                creations.append(
                    .success(
                        Creation(
                            try draft(item, exchange), caller: exchange.caller, idempotency: key, now: exchange.now, ids: ids)))
            } catch {
                creations.append(.failure(error))
            }
        }
        let requests = creations.compactMap { try? $0.get().request }
        guard !requests.isEmpty else { return creations.map { Self.item($0, nil) } }
        let reply = try await scheduler.call(
            SchedulerService.createMany, Proto.CreateManyRequest(creates: requests),
            uncertain: "whether the reminders were stored is not known; send them again with the same Idempotency-Key")
        guard reply.replies.count == requests.count else { throw .incompleteAnswer }
        var replies = reply.replies.makeIterator()
        return creations.map { creation in
            if case .success = creation { Self.item(creation, replies.next()) } else { Self.item(creation, nil) }
        }
    }

    private func draft(_ item: JSONObject, _ exchange: Exchange) throws(Problem) -> Draft {
        let draft = item["task"] == nil
            ? try Exchange.read(.object(item), as: ReminderBody.type, maxFaults: BatchBody.maxFaults).draft()
            : try Exchange.read(.object(item), as: TaskBody.type, maxFaults: BatchBody.maxFaults).draft(now: exchange.now.second)
        try exchange.caller.requireQueue(draft.handling.queue)
        return draft
    }

    /// The answer that the item would have had alone, with its status.
    private static func item(_ creation: Result<Creation, Problem>, _ reply: Proto.CreateReply?) -> JSONValue {
        do throws(Problem) {
            let creation = try creation.get()
            guard let reply else { throw Problem(.internalServerError, "the scheduler did not answer this item") }
            let answer = try answer(creation, reply)
            guard case .object(let content)? = try? JSONValue(parsing: answer.body, maxBytes: answer.body.count) else {
                throw Problem(.internalServerError, "the stored answer cannot be read")
            }
            var object: JSONObject = ["status": .integer(Int64(answer.status.code))]
            for member in content.members { object[member.name] = member.value }
            return .object(object)
        } catch {
            return error.json
        }
    }

    // MARK: Cancels

    private func cancel(_ texts: [String], _ exchange: Exchange) async throws(Problem) -> [JSONValue] {
        let ids = texts.map { ReminderID($0) }
        let references = ids.compactMap { id in
            id.map { Proto.ReminderRef(id: $0.bytes, caller: exchange.caller.scope) }
        }
        var changes: [Proto.Change] = []
        if !references.isEmpty {
            changes = try await scheduler.change(
                Proto.ChangeRequest(action: .cancel, reminders: references, atMs: exchange.now.count))
        }
        var answers = changes.makeIterator()
        return try zip(texts, ids).map { (text, id) throws(Problem) in
            guard id != nil, let change = answers.next() else {
                return Self.cancelled(text, .notFound, state: nil)
            }
            switch change.result {
            case .done: return Self.cancelled(text, .ok, state: try ReminderAnswer.stateName(change.state), change)
            case .finished:
                return Self.cancelled(
                    text, change.state == .cancelled ? .ok : .conflict, state: try ReminderAnswer.stateName(change.state), change)
            case .notFound, .revisionDiffers: return Self.cancelled(text, .notFound, state: nil)
            }
        }
    }

    private static func cancelled(
        _ text: String, _ status: HTTPResponse.Status, state: String?, _ change: Proto.Change? = nil
    ) -> JSONValue {
        var object: JSONObject = [
            "status": .integer(Int64(status.code)), "id": .string(text), "state": state.map { .string($0) } ?? .null,
        ]
        object["in_flight"] = change?.inFlightJSON
        return .object(object)
    }
}

struct BatchBody: Sendable {
    /// JSON values in a batch, lists and objects counted too: 200 for each item where it has as many as it may.
    static let maxValues = 200_000
    /// Faults that an item's answer names at most: the answers of a thousand items stand in one.
    static let maxFaults = 10

    let create: [JSONObject]
    let cancel: [String]

    static let type = FieldType<BatchBody>.object { fields in
        let create = fields.value(
            "create", .list(of: .anyObject(0...100), 0...Bounds.batchItems.upperBound), default: [], documented: [],
            help: "reminders to create, each as the body of POST /remind_me or of POST /tasks")
        let cancel = fields.value(
            "cancel", .list(of: .string(0...100), 0...Bounds.batchItems.upperBound), default: [], documented: [],
            help: "ids of reminders to cancel")
        fields.check { place in
            let count = create.count + cancel.count
            if !Bounds.batchItems.contains(count) {
                place.refuse(
                    "must have \(Bounds.batchItems.lowerBound) to \(Bounds.batchItems.upperBound) items in create and cancel together; it had \(count)")
            }
        }
        return BatchBody(create: create, cancel: cancel)
    }
}
