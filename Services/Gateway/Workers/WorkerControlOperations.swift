import HTTPTypes
import TaskDomain
import TaskJSON
import TaskMessages

/// What workers can be told to be, each until its process ends: the settings that it was started with stand when it starts again.
struct WorkerControlOperations: Sendable {
    let scheduler: SchedulerCalls

    private static let untilRestart = "It lasts until the worker's process ends; when it starts again its settings stand."

    var operations: [Operation] {
        [
            Operation(
                .patch, "/workers/{instance}", "changeWorker", summary: "Change how many occurrences a worker runs at once, or which queues it serves.",
                body: WorkerPatch.type
            ) { (exchange, patch) async throws(Problem) -> Answer in try await tell(exchange, patch.control) }
            .explained(
                "What is absent stays. What it runs goes on, also of a queue that it drops. The last worker of a queue may drop it: what is due "
                    + "there waits for another. " + Self.untilRestart)
            .example("grow", "more at once", ["concurrency": 1_024])
            .example("queues", "one queue more and another less", ["take_queues": ["bulk"], "drop_queues": ["slow"]])
            .example("settings", "as many at once as it was started with", ["concurrency": nil]),
            operation(.drain, "drain", "drainWorker", "Have a worker take nothing more.", "It finishes what it runs, and stays. " + Self.untilRestart),
            operation(.resume, "resume", "resumeWorker", "Have a worker that was drained take something again.", ""),
            operation(
                .shutDown, "shut-down", "shutDownWorker", "Have a worker finish what it runs, and end.",
                "Its process exits with 0. What supervises it may start it again: systemd and Compose do, as they are set up here."),
        ].map { operation in
            operation.tagged("Workers").having(.administers)
                .answering(.ok, "the worker has done it, or begun to, and is so now", .ref("WorkerTold"))
                .answering(.accepted, "the worker has been told, and has not answered within a second", .ref("WorkerAsked"))
                .refusing(.notFound, "no worker of that name is attached, or was within a day")
                .refusing(.conflict, "it is gone, or its build cannot be told anything")
                .refusing(.notImplemented, "the scheduler's build cannot tell workers anything")
        }
    }

    private func operation(
        _ action: Proto.WorkerControl.Action, _ segment: String, _ name: String, _ summary: String, _ details: String
    ) -> Operation {
        Operation(.post, PathTemplate(stringLiteral: "/workers/{instance}/" + segment), name, summary: summary) {
            (exchange) async throws(Problem) -> Answer in try await tell(exchange, Proto.WorkerControl(action: .known(action)))
        }.explained(details)
    }

    private func tell(_ exchange: Exchange, _ control: Proto.WorkerControl) async throws(Problem) -> Answer {
        let instance = try WorkerOperations.instance(exchange)
        let reply = try await scheduler.call(
            SchedulerService.controlWorker, Proto.ControlWorkerRequest(instance: instance, control: control),
            uncertain: "whether the worker was told is not known; read it, or ask again")
        switch reply.result {
        case .done, .asked:
            guard let worker = reply.worker else { throw .incompleteAnswer }
            let isDone = reply.result == .done
            return Answer(
                isDone ? .ok : .accepted, ["message": isDone ? "success" : "asked", "worker": .object(WorkerOperations.json(worker))])
        case .notFound: throw WorkerOperations.missing
        case .gone: throw Problem(.conflict, "the worker is gone: \(reply.reason)")
        case .refused: throw Problem(.unprocessableContent, "the worker refuses: \(reply.reason)")
        case .notControllable: throw Problem(.conflict, "the worker's build cannot be told anything while it runs; change its settings, and restart it")
        }
    }
}

/// The body of `PATCH /workers/{instance}`.
struct WorkerPatch: Sendable {
    let control: Proto.WorkerControl

    private static let concurrency = Int64(WorkerLimits.concurrency.lowerBound)...Int64(WorkerLimits.concurrency.upperBound)
    private static let queues = 0...WorkerLimits.queues.upperBound

    private static let fields = FieldType<Proto.WorkerControl>.object { fields in
        Proto.WorkerControl(
            action: .known(.change),
            concurrency: fields.optional(
                "concurrency", .integer(concurrency),
                help: "occurrences that it runs at once, at most its `max_concurrency`; null: as many as it was started with"),
            takeQueues: fields.optional("take_queues", .list(of: .name, queues), help: "queues that it serves from now on") ?? [],
            dropQueues: fields.optional("drop_queues", .list(of: .name, queues), help: "queues that it no longer serves; it keeps one at least") ?? [])
    }

    /// A field that is `null` is another than one that is absent.
    static let type = FieldType<WorkerPatch>(
        expected: "an object with what is to be changed", placeholder: WorkerPatch(control: Proto.WorkerControl(action: .known(.change))),
        schema: {
            var schema = fields.schema()
            schema["minProperties"] = 1
            return schema
        }
    ) { value, place in
        guard var control = fields.read(value, at: place), case .object(let members) = value else { return nil }
        guard !members.members.isEmpty else {
            place.refuse("changes nothing; it must have concurrency, take_queues or drop_queues")
            return nil
        }
        if let both = control.takeQueues.first(where: control.dropQueues.contains) {
            place.appending("drop_queues").refuse("names \(both), which is to be taken")
            return nil
        }
        if members["concurrency"]?.isNull ?? false { control.concurrency = 0 }
        return WorkerPatch(control: control)
    }
}
