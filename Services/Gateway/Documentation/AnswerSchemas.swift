import TaskDomain
import TaskJSON
import TaskMessages

extension JSONObject {
    /// A schema that stands among the document's components.
    static func ref(_ name: String) -> JSONObject { ["$ref": .string("#/components/schemas/\(name)")] }

    /// The JSON Schema that takes no null, of one that takes it beside one type.
    var withoutNull: JSONObject {
        var schema = self
        if case .array(let types)? = schema["type"], let type = types.first { schema["type"] = type }
        if case .array(let values)? = schema["enum"] { schema["enum"] = .array(values.filter { !$0.isNull }) }
        return schema
    }
}

/// The JSON Schemas (2020-12) of what the API answers.
enum AnswerSchemas {
    static var all: JSONObject {
        var all = JSONObject()
        for (name, schema) in named { all[name] = schema }
        return all
    }

    private static var named: [(String, JSONValue)] {
        [
            ("Problem", problem), ("Created", created), ("Reminder", reminder), ("ReminderPage", page("reminders", of: "Reminder")),
            ("Upcoming", object(["id": id, "upcoming": instants])),
            ("Attempt", attempt), ("Attempts", object(["id": id, "attempts": list(of: "Attempt")])), ("OccurrenceResult", occurrenceResult),
            ("Changed", changed), ("BatchAnswer", batch), ("SetAside", setAside(withAttempts: false)),
            ("SetAsideWithAttempts", setAside(withAttempts: true)), ("HeldOccurrence", setAside(withAttempts: false, isHeld: true)),
            ("HeldOccurrenceWithAttempts", setAside(withAttempts: true, isHeld: true)),
            ("DeadLetterPage", page("dead_letters", of: "SetAside")), ("HeldOccurrencePage", page("held", of: "HeldOccurrence")),
            ("Occurrence", occurrence), ("OccurrencePage", page("occurrences", of: "Occurrence")),
            ("OccurrenceChanged", object(["message": success, "id": occurrenceID])),
            (
                "OccurrenceCancelled",
                object([
                    "message": success, "id": occurrenceID,
                    "result": ["enum": ["cancelled", "ended"], "description": "ended: it had come to its own end meanwhile"], "outcome": outcome
                ])
            ),
            (
                "OccurrenceOnItsWay",
                object(["message": ["const": "asked"], "id": occurrenceID, "result": ["const": "on_its_way"], "outcome": ["type": "null"]])
            ),
            ("ReplayedMany", bulk(["replayed"])), ("DiscardedMany", bulk(["discarded"])), ("ReleasedMany", bulk(["released", "reminders"])),
            ("Overview", overview), ("Queue", queue), ("QueuePage", page("queues", of: "Queue")), ("Preview", preview),
            ("Worker", worker(withRuns: false)), ("WorkerWithOccurrences", worker(withRuns: true)), ("WorkerPage", page("workers", of: "Worker")),
            ("WorkerTold", object(["message": success, "worker": .object(.ref("Worker"))])),
            ("WorkerAsked", object(["message": ["const": "asked"], "worker": .object(.ref("Worker"))])),
        ]
    }

    // MARK: Pieces

    private static let string: JSONValue = ["type": "string"]
    private static let boolean: JSONValue = ["type": "boolean"]
    private static let count: JSONValue = ["type": "integer", "minimum": 0]
    private static let integer: JSONValue = ["type": "integer"]
    private static let success: JSONValue = ["const": "success"]
    private static let id: JSONValue = ["type": "string", "format": "uuid", "description": "of the reminder, UUIDv7"]
    private static let instant: JSONValue = ["type": "integer", "description": "unix seconds"]
    private static let instantOrNull: JSONValue = ["type": ["integer", "null"], "description": "unix seconds"]
    private static let instants: JSONValue = ["type": "array", "items": ["type": "integer"], "description": "unix seconds, ascending"]
    private static let strings: JSONValue = ["type": "array", "items": ["type": "string"]]
    private static let occurrenceID: JSONValue = [
        "type": "string", "description": "<reminder id>:<scheduled time, unix seconds>, the occurrence's Idempotency-Key"
    ]
    private static let state: JSONValue = [
        "type": "string", "enum": .array(ReminderState.allCases.map { .string($0.name) })
    ]
    private static let outcome: JSONValue = [
        "type": "string", "enum": .array(Outcome.recorded.map { .string($0.name) } + ["unknown"])
    ]
    private static let statusCode: JSONValue = ["type": ["integer", "null"], "description": "the downstream's; null without an answer"]

    /// An object whose members are all there, but for the optional ones.
    private static func object(_ properties: JSONObject, optional: Set<String> = []) -> JSONValue {
        [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.members.map(\.name).filter { !optional.contains($0) }.map { .string($0) }),
            "additionalProperties": false
        ]
    }

    private static func list(of name: String) -> JSONValue { ["type": "array", "items": .object(.ref(name))] }

    private static func page(_ name: String, of item: String) -> JSONValue {
        object([
            name: list(of: item),
            "next_cursor": ["type": ["string", "null"], "description": "`cursor` of the next page; null: there is none"]
        ])
    }

    // MARK: Answers

    private static var problem: JSONValue {
        [
            "type": "object", "description": "RFC 9457",
            "properties": [
                "title": string, "status": ["type": "integer", "minimum": 400, "maximum": 599], "detail": string,
                "errors": [
                    "type": "array", "description": "every fault of the request",
                    "items": [
                        "type": "object",
                        "properties": [
                            "pointer": ["type": "string", "description": "a JSON pointer into the body"],
                            "parameter": ["type": "string", "description": "a parameter of the query"],
                            "header": ["type": "string", "description": "a header"], "detail": string
                        ],
                        "required": ["detail"], "additionalProperties": false
                    ]
                ]
            ],
            "required": ["title", "status", "detail"], "additionalProperties": false
        ]
    }

    private static var created: JSONValue {
        object([
            "message": success, "id": id, "state": ["const": "scheduled"], "next_fire_at": instantOrNull, "upcoming": instants,
            "warnings": strings
        ])
    }

    private static var changed: JSONValue {
        object(
            [
                "message": success, "id": id, "state": state, "revision": count,
                "released": ["type": "integer", "minimum": 0, "description": "occurrences that were held and are due now"],
                "warnings": strings, "scheduled_at": instant, "in_flight": inFlight
            ], optional: ["scheduled_at", "in_flight"])
    }

    /// Of a change that calls off what has fallen due.
    private static var inFlight: JSONValue {
        [
            "type": "array", "items": instant,
            "description":
                "occurrences whose request had left, or may leave yet, when this was answered; absent: none, nothing of what was called off leaves any more"
        ]
    }

    private static var reminder: JSONValue {
        let notification = object([
            "title": string, "body": string, "image": string, "kind": integer, "classroom_id": string, "created_at": integer,
            "created_by": string, "item_id": ["anyOf": [string, strings]], "action": boolean, "action_path": strings,
            "extra_path": string, "usernames": strings
        ])
        var properties: JSONObject = [
            "id": id, "state": state, "next_fire_at": instantOrNull, "task": string,
            "rrule": [
                "type": ["string", "null"],
                "description":
                    "RFC 5545: a rule, or where there is more the lines RRULE, EXRULE and EXDATE;VALUE=DATE of its set; the rest of a set is in start_datetime, timezone, rdates and exdates"
            ], "start_datetime": instant, "timezone": string,
            "until": instantOrNull, "exdates": instants, "rdates": instants, "description": string,
            "notification_metadata": notification, "args": ["type": "array"], "kwargs": ["type": "object"],
            "classroom_id": string, "created_by": string,
            "occurrences": object(["delivered": count, "retrying": count, "held": count, "dead": count]),
            "missed": missed,
            "held_since": [
                "type": ["integer", "null"],
                "description": "since when nothing of it is sent because its credential was refused, unix seconds"
            ],
            "served": ["type": "boolean", "description": "whether a live worker serves its task in its queue"],
            "caller": ["type": "string", "description": "the name of the key that created it; empty: anyone"],
            "revision": count, "created_at": instant, "updated_at": instant
        ]
        for member in Handling.memberSchemas.members { properties[member.name] = member.value }
        return object(properties, optional: ["notification_metadata", "args", "kwargs", "classroom_id", "created_by"])
    }

    private static var missed: JSONValue {
        guard case .object(var schema) = object(["count": count, "at_least": boolean, "first": instant, "last": instant]) else { return [:] }
        schema["type"] = ["object", "null"]
        schema["description"] = "occurrences that could not be fired in time and were not fired later; at_least: there are more than count"
        return .object(schema)
    }

    private static var attempt: JSONValue {
        object([
            "scheduled_at": instant, "number": count, "started_at_ms": ["type": "integer", "description": "unix milliseconds"],
            "lateness_ms": ["type": "integer", "description": "from the scheduled time to the request's leaving"],
            "duration_us": count, "outcome": outcome, "status_code": statusCode,
            "detail": ["type": "string", "description": "the reason, or the beginning of the answer, at most 1 KiB; or why a result was not kept"],
            "result": result, "result_left_out": ["type": "boolean", "description": "there is a result for which this list had no room"]
        ])
    }

    private static let result: JSONValue = ["description": "the JSON that the task returned, at most 64 KiB; null: nothing"]

    private static var occurrenceResult: JSONValue {
        object([
            "id": occurrenceID, "scheduled_at": instant,
            "state": ["type": "string", "enum": .array(Proto.ResultReply.State.names.map { .string($0.name) })],
            "result": result,
            "attempt": ["anyOf": [.object(.ref("Attempt")), ["type": "null"]], "description": "the latest at it"]
        ])
    }

    private static var batch: JSONValue {
        let created: JSONValue = [
            "type": "object", "description": "as the answer to the create alone, or its problem, with the status",
            "properties": ["status": integer], "required": ["status"]
        ]
        return object([
            "created": ["type": "array", "items": created],
            "cancelled": [
                "type": "array",
                "items": object([
                    "status": integer, "id": string,
                    "state": ["anyOf": [state, ["type": "null"]]], "in_flight": inFlight
                ], optional: ["in_flight"])
            ]
        ])
    }

    /// The answer to a change of many that match, with what it counts.
    private static func bulk(_ counts: [String]) -> JSONValue {
        var properties: JSONObject = ["message": success]
        for name in counts { properties[name] = count }
        properties["more"] = ["type": "boolean", "description": "whether the request ended before it had seen all"]
        properties["next_cursor"] = ["type": ["string", "null"], "description": "`cursor` of the request that goes on; null: all were seen"]
        return object(properties)
    }

    private static func setAside(withAttempts: Bool, isHeld: Bool = false) -> JSONValue {
        var properties: JSONObject = [
            "id": occurrenceID, "reminder_id": id, "scheduled_at": instant,
            "since": ["type": "integer", "description": "when it was set aside, unix seconds"],
            "outcome": outcome, "status_code": statusCode, "detail": string, "attempts_made": count, "task": string,
            "queue": string, "description": string, "classroom_id": string, "created_by": string
        ]
        if isHeld { properties["missed"] = missed }
        if withAttempts { properties["attempts"] = list(of: "Attempt") }
        return object(properties)
    }

    private static var occurrence: JSONValue {
        object([
            "id": occurrenceID, "reminder_id": id, "scheduled_at": instant,
            "state": ["type": "string", "enum": .array(OccurrenceList.states.map { .string($0.0) } + ["unknown"])],
            "queue": string, "task": string, "description": string, "classroom_id": string, "created_by": string,
            "attempt": ["type": ["integer", "null"], "minimum": 1, "description": "the number of the try that it waits for, or has; null: held or dead"],
            "attempts_made": count,
            "since_ms": [
                "type": ["integer", "null"],
                "description": "when it fell due (ready), was handed out (running) or was set aside (held, dead), unix milliseconds"
            ],
            "next_try_ms": ["type": ["integer", "null"], "description": "when it is tried next (retrying), unix milliseconds"],
            "worker": ["type": ["string", "null"], "description": "the instance that has it; for those who may see workers"],
            "lease_ms": ["type": ["integer", "null"], "minimum": 0, "description": "how long it may still run there before it is given to another; more where its task extends its lease"],
            "progress": ProgressAnswer.schema, "progress_text": ProgressAnswer.textSchema,
            "outcome": ["type": ["string", "null"], "description": "of the last attempt, where it is kept with the occurrence"],
            "status_code": statusCode, "detail": ["type": ["string", "null"]]
        ])
    }

    private static var overview: JSONValue {
        let known: JSONValue = ["type": ["integer", "null"], "minimum": 0, "description": "null: the store could not tell"]
        let rate: JSONValue = ["type": "number", "minimum": 0, "description": "a second, over the last few"]
        return object([
            "at_ms": ["type": "integer", "description": "unix milliseconds"],
            "counts": object(["ready": count, "running": count, "unserved": count, "retrying": known, "held": known, "dead": known]),
            "rates": object(["created": rate, "dispatched": rate, "delivered": rate, "failed": rate]),
            "oldest_ready_ms": ["type": ["integer", "null"], "minimum": 0, "description": "for how long that has been due which has been ready for longest"],
            "queues": list(of: "Queue"), "more_queues": boolean,
            "workers": [
                "type": "array",
                "items": object([
                    "instance": string, "state": ["type": "string", "enum": .array(WorkerOperations.stateNames.map { .string($0) })],
                    "version": string, "concurrency": count, "running": count, "finished": count, "failed": count
                ])
            ],
            "more_workers": boolean, "notices": strings
        ])
    }

    private static var queue: JSONValue {
        object([
            "name": string, "paused": boolean, "max_concurrency": ["type": ["integer", "null"]],
            "rate_limit": ["anyOf": [object(["count": count, "per_seconds": count]), ["type": "null"]]],
            "ready": ["type": "integer", "minimum": 0, "description": "due, in memory, and waiting for a worker"],
            "running": count,
            "retrying": ["type": "integer", "minimum": 0, "description": "of which a try has failed: they wait for the next, or are at it"],
            "held": count, "dead": count, "workers": count,
            "fair_by": ["type": "string", "enum": .array(FairShare.allCases.map { .string($0.name) })]
        ])
    }

    private static func worker(withRuns: Bool) -> JSONValue {
        var properties: JSONObject = [
            "instance": string, "state": [
                "type": "string", "enum": .array(WorkerOperations.stateNames.map { .string($0) }),
                "description": "draining: it takes nothing new, and runs something still; drained: it runs nothing any more, and is there"
            ],
            "host": string, "version": string, "process": ["type": "integer", "description": "its process id on that host"],
            "queues": strings, "tasks": strings, "concurrency": ["type": "integer", "description": "occurrences that it runs at once; 0: it does not say"],
            "max_concurrency": ["type": "integer", "description": "what that may be raised to; 0: it does not say"],
            "controllable": ["type": "boolean", "description": "it can be told to change, to drain and to shut down"],
            "running": count,
            "finished": ["type": "integer", "minimum": 0, "description": "occurrences since it started, whatever came of them"],
            "failed": ["type": "integer", "minimum": 0, "description": "of these, those that are to be tried again, held or dead letters"],
            "started_at": instantOrNull, "attached_at": instant,
            "detached_at": ["type": ["integer", "null"], "description": "of one that is gone, unix seconds; it is shown for a day"],
            "reason": ["type": ["string", "null"], "description": "why it is gone"]
        ]
        if withRuns {
            properties["occurrences"] = [
                "type": "array", "description": "what it runs, the oldest first, at most 1,000",
                "items": object([
                    "id": occurrenceID, "reminder_id": id, "scheduled_at": instant, "task": string, "queue": string,
                    "attempt": ["type": "integer", "minimum": 1, "description": "which try it is"],
                    "since_ms": ["type": "integer", "description": "since when it has it, unix milliseconds"],
                    "lease_ms": ["type": "integer", "minimum": 0, "description": "how long it may still run before it is given to another; more where its task extends its lease"],
                    "progress": ProgressAnswer.schema, "progress_text": ProgressAnswer.textSchema
                ])
            ]
        }
        return object(properties)
    }

    private static var preview: JSONValue {
        object([
            "upcoming": instants, "upcoming_local": strings, "finite": boolean,
            "text": ["type": "string", "description": "the rule in plain English"],
            "warnings": strings
        ])
    }
}
