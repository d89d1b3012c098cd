import HTTPTypes
import TaskDomain
import TaskJSON
import TaskMessages

/// How queues are worked off: what is in them, pauses, concurrency, rates, who shares them.
struct QueueOperations: Sendable {
    let scheduler: SchedulerCalls

    var operations: [Operation] {
        [
            Operation(
                .get, "/queues", "listQueues", summary: "List the queues that have settings, work, or workers, by name.",
                query: QueueQuery.type, handle: list
            )
            .explained(
                "A key whose line in the keys file has `queues=` sees those, whether or not there is anything in them. Of the others an "
                    + "admin's, an operator's and a viewer's see all, and any other the queue `default`, and every queue that it reads by its name.")
            .answering(.ok, "a page", .ref("QueuePage")),
            Operation(.get, "/queues/{name}", "getQueue", summary: "Read a queue.", handle: get)
                .explained("Any name is a queue; one that nobody has used yet is empty.")
                .answering(.ok, "the queue", .ref("Queue"))
                .refusing(.forbidden, "the key may not name this queue"),
            Operation(
                .patch, "/queues/{name}", "changeQueue", summary: "Pause a queue, bound its concurrency or rate, or say who shares it.",
                body: QueuePatch.type, handle: patch
            )
            .explained(
                "What is absent stays, `null` lifts a bound, or takes a setting back to its default. What is under way goes on. Queues are everyone's.")
            .having(.administers)
            .answering(.ok, "the queue as it is now", .ref("Queue"))
            .refusing(.forbidden, "the key may not name this queue")
            .example("rate", "ten a second, four at once", ["max_concurrency": 4, "rate_limit": ["count": 10, "per_seconds": 1]])
            .example("fair", "each classroom in its turn", ["fair_by": "classroom_id"])
            .example("pause", "nothing of it is dispatched", ["paused": true])
            .example("resume", "and again", ["paused": false]),
        ].map { $0.tagged("Queues") }
    }

    private func list(_ exchange: Exchange, _ query: QueueQuery) async throws(Problem) -> Answer {
        var queues: [Proto.Queue], more: Bool
        if let visible = exchange.caller.visibleQueues {
            let names = visible.filter { $0 > query.after }
            queues = try await named(Array(names.prefix(query.limit)))
            more = names.count > query.limit
        } else {
            let reply = try await scheduler.call(
                SchedulerService.listQueues, Proto.ListQueuesRequest(after: query.after, limit: UInt32(query.limit)))
            (queues, more) = (reply.queues, reply.more)
        }
        let last = more ? queues.last.map { Array($0.name.utf8) } : nil
        return Answer(.ok, ["queues": .array(queues.map(Self.json)), "next_cursor": Cursor.json(last ?? [])])
    }

    private func get(_ exchange: Exchange) async throws(Problem) -> Answer {
        Answer(.ok, Self.json(try await queue(try name(exchange))))
    }

    private func patch(_ exchange: Exchange, _ patch: QueuePatch) async throws(Problem) -> Answer {
        var queue = try await queue(try name(exchange))
        patch.apply(to: &queue)
        let reply = try await scheduler.call(
            SchedulerService.changeQueue, Proto.ChangeQueueRequest(queue: queue),
            uncertain: "whether it was changed is not known; read it, or ask again")
        guard let changed = reply.queue else { throw .incompleteAnswer }
        return Answer(.ok, Self.json(changed))
    }

    /// Those queues, in that order. A scheduler of an older version answers with all that it has, and not with those that are empty.
    private func named(_ names: [String]) async throws(Problem) -> [Proto.Queue] {
        let queues = try await scheduler.call(SchedulerService.listQueues, Proto.ListQueuesRequest(names: names)).queues
        let byName = Dictionary(queues.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return names.map { byName[$0] ?? Proto.Queue(name: $0) }
    }

    private func queue(_ name: String) async throws(Problem) -> Proto.Queue { try await named([name])[0] }

    private func name(_ exchange: Exchange) throws(Problem) -> String {
        let faults = JSONFaults()
        guard let name = FieldType.name.read(.string(exchange.pathValues[0]), at: JSONPlace(faults)) else {
            throw Problem(.notFound, "there is no such queue: a name must be \(TaskName.rule)")
        }
        try exchange.caller.requireQueue(name)
        return name
    }

    static func json(_ queue: Proto.Queue) -> JSONValue {
        [
            "name": .string(queue.name), "paused": .bool(queue.paused),
            "max_concurrency": queue.maxConcurrency == 0 ? .null : .integer(Int64(queue.maxConcurrency)),
            "rate_limit": queue.rateCount == 0
                ? .null : ["count": .integer(Int64(queue.rateCount)), "per_seconds": .integer(Int64(queue.rateSeconds))],
            "ready": .integer(Int64(clamping: queue.ready)), "running": .integer(Int64(clamping: queue.running)),
            "retrying": .integer(Int64(clamping: queue.retrying)), "held": .integer(Int64(clamping: queue.held)),
            "dead": .integer(Int64(clamping: queue.dead)), "workers": .integer(Int64(queue.workers)),
            "fair_by": .string(queue.fairBy.map { FairShare($0) }?.name ?? FairShare.caller.name)
        ]
    }
}

/// Which page of the queues.
struct QueueQuery: Sendable {
    /// The name that the page before ended with; empty: there was none.
    let after: String
    let limit: Int

    /// A name is longer than what other cursors hold.
    private static let cursor = 1...(TaskName.length.upperBound * 4 + 2) / 3

    static let type = FieldType<QueueQuery>.object { fields in
        let limit = fields.value(
            "limit", .integer(Bounds.page), default: Defaults.page, documented: .integer(Defaults.page), help: "how many at most")
        let text = fields.optional("cursor", .string(cursor), help: "`next_cursor` of the page before")
        let bytes = text.map { Cursor.bytes($0) ?? [] }
        let name = String(decoding: bytes ?? [], as: UTF8.self)
        fields.check { place in
            if text != nil, !TaskName.isValid(name) { place.appending("cursor").refuse("is not the next_cursor of a page of this list") }
        }
        return QueueQuery(after: text == nil ? "" : name, limit: Int(limit))
    }
}

/// The body of `PATCH /queues/{name}`.
struct QueuePatch: Sendable {
    let members: JSONObject
    let paused: Bool?
    let maxConcurrency: Int64?
    let rate: Rate?
    let fairBy: FairShare?

    struct Rate: Sendable {
        let count: Int64
        let seconds: Int64

        static let type = FieldType<Rate>.object { fields in
            Rate(
                count: fields.required("count", .integer(DispatchRate.countLimits), help: "dispatches", example: 10),
                seconds: fields.value(
                    "per_seconds", .integer(DispatchRate.secondsLimits), default: 1, documented: 1, help: "in so many seconds"))
        }
    }

    private struct Fields: Sendable {
        let paused: Bool?
        let maxConcurrency: Int64?
        let rate: Rate?
        let fairBy: FairShare?
    }

    private static let fields = FieldType<Fields>.object { fields in
        Fields(
            paused: fields.optional("paused", .boolean, help: "whether nothing of it is dispatched"),
            maxConcurrency: fields.optional(
                "max_concurrency", .integer(QueueSettings.concurrencyLimits), help: "occurrences that its workers run at once, all together"),
            rate: fields.optional(
                "rate_limit", Rate.type,
                help: "dispatches at most in a time, evenly spread; a burst is at most what a second may bring"),
            fairBy: fields.optional(
                "fair_by", .oneOf(FairShare.allCases.map { ($0.name, $0) }),
                help: "where several have something ready each has its turn, however much the others have: the owners of the API keys "
                    + "(the default; those without a key are one), the persons or the classrooms that the reminders name, or nobody"))
    }

    /// A field that is `null` is another than one that is absent, so the object itself is kept.
    static let type = FieldType<QueuePatch>(
        expected: "an object with the settings to be changed",
        placeholder: QueuePatch(members: JSONObject(), paused: nil, maxConcurrency: nil, rate: nil, fairBy: nil),
        schema: {
            var schema = fields.schema()
            schema["minProperties"] = 1
            return schema
        }
    ) { value, place in
        guard let good = fields.read(value, at: place), case .object(let members) = value else { return nil }
        guard !members.members.isEmpty else {
            place.refuse("changes nothing; it must have paused, max_concurrency, rate_limit or fair_by")
            return nil
        }
        return QueuePatch(members: members, paused: good.paused, maxConcurrency: good.maxConcurrency, rate: good.rate, fairBy: good.fairBy)
    }

    func apply(to queue: inout Proto.Queue) {
        if members["paused"] != nil { queue.paused = paused ?? false }
        if members["max_concurrency"] != nil { queue.maxConcurrency = UInt32(maxConcurrency ?? 0) }
        if members["rate_limit"] != nil {
            queue.rateCount = UInt32(rate?.count ?? 0)
            queue.rateSeconds = UInt32(rate?.seconds ?? 0)
        }
        if members["fair_by"] != nil { queue.fairBy = (fairBy ?? .caller).wire }
    }
}
