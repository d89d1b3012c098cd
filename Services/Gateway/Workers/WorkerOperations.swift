import TaskDomain
import TaskJSON
import TaskMessages

/// The workers: where they are, what they serve and what they run.
struct WorkerOperations: Sendable {
    static let stateNames = ["attached", "draining", "drained", "detached", "unknown"]

    let scheduler: SchedulerCalls

    var operations: [Operation] {
        [
            Operation(
                .get, "/workers", "listWorkers", summary: "List the workers, by name, with those that left in the last day.",
                query: WorkerQuery.type, handle: list
            )
            .explained("What a worker says of itself (host, version, counts) is shown as it says it.")
            .having(.oversees)
            .answering(.ok, "a page", .ref("WorkerPage")),
            Operation(.get, "/workers/{instance}", "getWorker", summary: "Read a worker, with what it runs.", handle: get)
                .explained("Where several say that they are this instance, the one that came last.")
                .having(.oversees)
                .answering(.ok, "the worker", .ref("WorkerWithOccurrences"))
                .refusing(.notFound, "no worker of that name is attached, or was within a day"),
        ].map { $0.tagged("Workers") }
    }

    private func list(_ exchange: Exchange, _ query: WorkerQuery) async throws(Problem) -> Answer {
        let reply = try await scheduler.call(
            SchedulerService.listWorkers, Proto.ListWorkersRequest(after: query.after, limit: UInt32(query.limit)))
        let last = reply.more ? reply.workers.last.map { Array($0.name.utf8) } : nil
        return Answer(.ok, ["workers": .array(reply.workers.map { .object(Self.json($0)) }), "next_cursor": Cursor.json(last ?? [])])
    }

    private func get(_ exchange: Exchange) async throws(Problem) -> Answer {
        let reply = try await scheduler.call(SchedulerService.listWorkers, Proto.ListWorkersRequest(instance: try Self.instance(exchange)))
        guard let worker = reply.workers.first else { throw Self.missing }
        var body = Self.json(worker)
        body["occurrences"] = .array(worker.runs.compactMap(Self.json))
        return Answer(.ok, .object(body))
    }

    static var missing: Problem { Problem(.notFound, "there is no such worker: none of that name is attached, or was within a day") }

    /// The worker that the path names.
    static func instance(_ exchange: Exchange) throws(Problem) -> String {
        let instance = exchange.pathValues[0]
        guard !instance.isEmpty, instance.utf8.count <= WorkerQuery.maxNameBytes else { throw missing }
        return instance
    }

    /// One of ``stateNames``.
    static func state(of worker: Proto.Worker) -> String {
        switch worker.state {
        case .attached: "attached"
        case .draining: worker.running == 0 ? "drained" : "draining"
        case .detached: "detached"
        case nil: "unknown"
        }
    }

    static func json(_ worker: Proto.Worker) -> JSONObject {
        let isGone = worker.detachedAtMs != 0
        return [
            "instance": .string(worker.instance), "state": .string(state(of: worker)), "host": .string(worker.host),
            "version": .string(worker.version), "process": .integer(Int64(worker.process)),
            "queues": .array(worker.queues.map { .string($0) }), "tasks": .array(worker.tasks.map { .string($0) }),
            "concurrency": .integer(Int64(worker.concurrency)), "max_concurrency": .integer(Int64(worker.maxConcurrency)),
            "controllable": .bool(worker.controllable), "running": .integer(Int64(worker.running)),
            "finished": .integer(Int64(clamping: worker.finished)), "failed": .integer(Int64(clamping: worker.failed)),
            "started_at": worker.startedAtMs == 0 ? .null : .integer(worker.startedAtMs / 1_000),
            "attached_at": .integer(worker.attachedAtMs / 1_000),
            "detached_at": isGone ? .integer(worker.detachedAtMs / 1_000) : .null, "reason": isGone ? .string(worker.reason) : .null
        ]
    }

    /// - Returns: `nil` for one that has no good id.
    private static func json(_ run: Proto.RunningOccurrence) -> JSONValue? {
        guard let reminder = ReminderID(bytes: run.id) else { return nil }
        let key = OccurrenceKey(reminder: reminder, scheduledAt: UnixSeconds(run.scheduledAt))
        return [
            "id": .string(key.idempotencyKey), "reminder_id": .string("\(reminder)"), "scheduled_at": .integer(run.scheduledAt),
            "task": .string(run.task), "queue": .string(run.queue), "attempt": .integer(Int64(max(1, run.attempt))), "since_ms": .integer(run.sinceMs),
            "lease_ms": .integer(Int64(run.leaseMs)), "progress": ProgressAnswer.json(run.progressThousandths),
            "progress_text": run.progressText.isEmpty ? .null : .string(run.progressText)
        ]
    }
}

/// Which page of the workers.
struct WorkerQuery: Sendable {
    /// A worker's name at most: what the scheduler takes for an instance, and its mark.
    static let maxNameBytes = 512
    private static let cursor = 1...(maxNameBytes * 4 + 2) / 3

    /// The name that the page before ended with; empty: there was none.
    let after: String
    let limit: Int

    static let type = FieldType<WorkerQuery>.object { fields in
        let limit = fields.value(
            "limit", .integer(Bounds.page), default: Defaults.page, documented: .integer(Defaults.page), help: "how many at most")
        let text = fields.optional("cursor", .string(cursor), help: "`next_cursor` of the page before")
        let name = text.flatMap { Cursor.bytes($0) }.flatMap { String(validating: $0, as: UTF8.self) }
        fields.check { place in
            if text != nil, name?.isEmpty ?? true { place.appending("cursor").refuse("is not the next_cursor of a page of this list") }
        }
        return WorkerQuery(after: name ?? "", limit: Int(limit))
    }
}
