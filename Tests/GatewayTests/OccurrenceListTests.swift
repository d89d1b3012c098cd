import NIOConcurrencyHelpers
import TaskDomain
import TaskJSON
import TaskMessages
import Testing

@testable import gateway

@Suite("Occurrences over HTTP", .timeLimit(.minutes(1)))
struct OccurrenceListTests {
    private static let running = Proto.Occurrence(
        id: Array(1...16), scheduledAt: 1_700_000_002, state: .running, attempts: 1, sinceMs: 1_700_000_002_003,
        reminder: Proto.Reminder(
            id: Array(1...16), task: "test", queue: "mail", misfirePolicy: .fireOnce, description: "what", classroomId: "room", createdBy: "who"), attempt: 2,
        worker: "worker-1", leaseMs: 59_000, progressThousandths: 400, progressText: "40 of 100")
    private static let cursor = ListCursor(.longestFirst, major: 7).bytes

    @Test("are listed with where they stand; the filters are passed on, and the cursor of another order is refused")
    func list() async throws {
        try await withGateway { gateway, peer in
            let asked = NIOLockedValueBox<[Proto.ListOccurrencesRequest]>([])
            peer.state.withLockedValue {
                $0.listOccurrences = { request in
                    asked.withLockedValue { $0.append(request) }
                    return Proto.ListOccurrencesReply(occurrences: [Self.running], cursor: Self.cursor)
                }
            }
            let answer = try await gateway.send("GET", "/occurrences?state=running&queue=mail&limit=7")
            #expect(
                answer.json?["occurrences"] == [
                    [
                        "id": "01020304-0506-0708-090a-0b0c0d0e0f10:1700000002", "reminder_id": "01020304-0506-0708-090a-0b0c0d0e0f10",
                        "scheduled_at": 1_700_000_002, "state": "running", "queue": "mail", "task": "test", "description": "what",
                        "classroom_id": "room", "created_by": "who", "attempt": 2, "attempts_made": 1, "since_ms": 1_700_000_002_003,
                        "next_try_ms": nil, "worker": "worker-1", "lease_ms": 59_000, "progress": 0.4,
                        "progress_text": "40 of 100", "outcome": nil, "status_code": nil, "detail": nil,
                    ]
                ], "\(answer.text)")
            guard case .string(let cursor)? = answer.json?["next_cursor"] else { throw Missing() }
            #expect(try await gateway.send("GET", "/occurrences?state=ready&cursor=\(cursor)").status == 200)
            for query in ["", "?state=pending", "?state=dead&cursor=\(cursor)", "?state=retrying&cursor=\(cursor)", "?state=ready&limit=0"] {
                expectProblem(try await gateway.send("GET", "/occurrences" + query), 422)
            }
            let requests = asked.withLockedValue { $0 }
            #expect(requests.map(\.filter?.state) == [.running, .ready] && requests[0].filter?.queue == "mail" && requests[0].limit == 7)
            #expect(requests[1].cursor == Self.cursor)
        }
    }

    @Test("a caller asks for its own, and is not told which worker has it")
    func own() async throws {
        let folder = try KeysFolder(line("own", "caller"), line("see", "viewer", "viewer"))
        try await withGateway(callers: try Callers(keysFile: folder.file, allowsAnonymous: false)) { gateway, peer in
            let scopes = NIOLockedValueBox<[String]>([])
            peer.state.withLockedValue {
                $0.listOccurrences = { request in
                    scopes.withLockedValue { $0.append(request.filter?.caller ?? "") }
                    return Proto.ListOccurrencesReply(occurrences: [Self.running])
                }
            }
            for (key, worker) in [("caller", JSONValue.null), ("viewer", "worker-1")] {
                let answer = try await gateway.send("GET", "/occurrences?state=running", headers: ["Authorization": "Bearer \(key)"])
                guard case .array(let items)? = answer.json?["occurrences"] else { throw Missing() }
                #expect(items.first?["worker"] == worker && items.first?["lease_ms"] == 59_000)
            }
            #expect(scopes.withLockedValue { $0 } == ["own", ""])
        }
    }

    private struct Missing: Error {}
}
