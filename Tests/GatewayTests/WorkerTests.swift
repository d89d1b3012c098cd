import NIOConcurrencyHelpers
import TaskDomain
import TaskJSON
import TaskMessages
import TaskWire
import Testing

@testable import gateway

@Suite("Workers over HTTP", .timeLimit(.minutes(1)))
struct WorkerTests {
    private static let running = Proto.Worker(
        instance: "worker-1", name: "worker-1#ab", state: .attached, host: "host-1", version: "1.2.3", process: 7, startedAtMs: 1_700_000_000_500,
        attachedAtMs: 1_700_000_001_000, queues: ["default"], tasks: ["edvora.notification"], concurrency: 16, running: 1, finished: 3, failed: 1,
        runs: [
            Proto.RunningOccurrence(
                id: Array(1...16), scheduledAt: 1_700_000_002, attempt: 2, sinceMs: 1_700_000_002_003, leaseMs: 59_000,
                task: "edvora.notification", queue: "default", progressText: "sending"),
            Proto.RunningOccurrence(id: [1, 2]),
        ])
    private static let gone = Proto.Worker(
        instance: "worker-2", name: "worker-2#cd", state: .detached, attachedAtMs: 1_700_000_001_000, detachedAtMs: 1_700_000_009_999, reason: "it left")

    @Test("are listed in pages, with those that are gone, and one is read with what it runs")
    func read() async throws {
        try await withGateway { gateway, peer in
            peer.state.withLockedValue { $0.workers = [Self.running, Self.gone] }
            let first = try await gateway.send("GET", "/workers?limit=1")
            #expect(first.status == 200)
            guard case .array(let listed)? = first.json?["workers"] else { throw Missing() }
            #expect(listed.map { $0["instance"] } == ["worker-1"] && listed.first?["occurrences"] == nil)
            guard case .string(let cursor)? = first.json?["next_cursor"] else { throw Missing() }
            let second = try await gateway.send("GET", "/workers?limit=1&cursor=\(cursor)")
            #expect(
                second.json == [
                    "workers": [
                        [
                            "instance": "worker-2", "state": "detached", "host": "", "version": "", "process": 0, "queues": [], "tasks": [],
                            "concurrency": 0, "max_concurrency": 0, "controllable": false, "running": 0, "finished": 0, "failed": 0, "started_at": nil, "attached_at": 1_700_000_001,
                            "detached_at": 1_700_000_009, "reason": "it left",
                        ]
                    ], "next_cursor": nil,
                ])
            let one = try await gateway.send("GET", "/workers/worker-1")
            #expect(one.status == 200)
            #expect(one.json?["state"] == "attached" && one.json?["process"] == 7 && one.json?["started_at"] == 1_700_000_000)
            // What has no good id is left out.
            #expect(
                one.json?["occurrences"] == [
                    [
                        "id": "01020304-0506-0708-090a-0b0c0d0e0f10:1700000002", "reminder_id": "01020304-0506-0708-090a-0b0c0d0e0f10",
                        "scheduled_at": 1_700_000_002, "task": "edvora.notification", "queue": "default", "attempt": 2,
                        "since_ms": 1_700_000_002_003, "lease_ms": 59_000, "progress": nil, "progress_text": "sending",
                    ]
                ])
        }
    }

    private struct Missing: Error {}

    @Test("are told what to be, and the answer says what they are then", arguments: [Proto.ControlWorkerReply.Result.done, .asked])
    func told(result: Proto.ControlWorkerReply.Result) async throws {
        try await withGateway { gateway, peer in
            let asked = NIOLockedValueBox<[Proto.ControlWorkerRequest]>([])
            let drained = Proto.Worker(instance: "worker-1", state: .draining, concurrency: 4, controllable: true, maxConcurrency: 8)
            peer.state.withLockedValue {
                $0.controlWorker = { request in
                    asked.withLockedValue { $0.append(request) }
                    return Proto.ControlWorkerReply(result: result, worker: drained)
                }
            }
            for (method, path, body) in [
                ("PATCH", "", #"{"concurrency":4,"take_queues":["a","b"],"drop_queues":["c"]}"#), ("PATCH", "", #"{"concurrency":null}"#),
                ("PATCH", "", #"{"drop_queues":["c"]}"#), ("POST", "/drain", nil), ("POST", "/resume", nil), ("POST", "/shut-down", nil),
            ] as [(String, String, String?)] {
                let answer = try await gateway.send(method, "/workers/worker-1" + path, body: body.map { Array($0.utf8) })
                #expect(answer.status == (result == .done ? 200 : 202))
                #expect(answer.json?["message"] == (result == .done ? "success" : "asked"))
                #expect(answer.json?["worker"]?["state"] == "drained" && answer.json?["worker"]?["max_concurrency"] == 8)
                #expect(answer.json?["worker"]?["controllable"] == true)
            }
            let controls = asked.withLockedValue { $0 }
            #expect(controls.allSatisfy { $0.instance == "worker-1" })
            let change = Proto.WorkerControl(action: .known(.change), concurrency: 4, takeQueues: ["a", "b"], dropQueues: ["c"])
            #expect(
                controls.compactMap(\.control) == [
                    change, Proto.WorkerControl(action: .known(.change), concurrency: 0), Proto.WorkerControl(action: .known(.change), dropQueues: ["c"]),
                    Proto.WorkerControl(action: .known(.drain)), Proto.WorkerControl(action: .known(.resume)),
                    Proto.WorkerControl(action: .known(.shutDown)),
                ])
        }
    }

    @Test("what cannot be told is said with its reason")
    func untold() async throws {
        try await withGateway { gateway, peer in
            for (result, status) in [
                (Proto.ControlWorkerReply.Result.notFound, 404), (.gone, 409), (.notControllable, 409), (.refused, 422),
            ] {
                peer.state.withLockedValue { $0.controlWorker = { _ in Proto.ControlWorkerReply(result: result, reason: "of its own") } }
                let answer = try await gateway.send("POST", "/workers/worker-1/drain")
                expectProblem(answer, status)
                if result == .refused || result == .gone { #expect(answer.text.contains("of its own")) }
            }
            // A scheduler of a build before this one.
            peer.state.withLockedValue { $0.failure = CallError(.unimplemented, "no such method") }
            expectProblem(try await gateway.send("POST", "/workers/worker-1/drain"), 501)
            peer.state.withLockedValue { $0.failure = nil }
            expectProblem(try await gateway.send("POST", "/workers/" + String(repeating: "w", count: 513) + "/drain"), 404)
            let most = WorkerLimits.queues.upperBound, names = (0...most).map { "\"q\($0)\"" }
            for body in [
                "{}", #"{"concurrency":0}"#, #"{"concurrency":65537}"#, #"{"concurrency":"4"}"#, #"{"take_queues":["no name"]}"#,
                #"{"take_queues":["a"],"drop_queues":["a"]}"#, #"{"queues":["a"]}"#, #"{"take_queues":[\#(names.joined(separator: ","))]}"#,
            ] {
                expectProblem(try await gateway.send("PATCH", "/workers/worker-1", body: Array(body.utf8)), 422)
            }
            peer.state.withLockedValue { $0.controlWorker = { _ in Proto.ControlWorkerReply(result: .done, worker: Proto.Worker()) } }
            for body in [#"{"concurrency":65536}"#, #"{"take_queues":[\#(names.dropLast().joined(separator: ","))]}"#] {
                #expect(try await gateway.send("PATCH", "/workers/worker-1", body: Array(body.utf8)).status == 200)
            }
        }
    }

    @Test("one that nobody knows is not found, and a cursor of another list is refused")
    func wrong() async throws {
        try await withGateway { gateway, _ in
            expectProblem(try await gateway.send("GET", "/workers/worker-9"), 404)
            expectProblem(try await gateway.send("GET", "/workers/" + String(repeating: "w", count: 513)), 404)
            for query in ["?cursor=!", "?cursor=", "?cursor=_w", "?limit=0", "?limit=501"] {
                expectProblem(try await gateway.send("GET", "/workers" + query), 422)
            }
        }
    }
}
