import NIOConcurrencyHelpers
import TaskJSON
import TaskMessages
import TaskWire
import Testing

@testable import gateway

@Suite("Calling off an occurrence over HTTP", .timeLimit(.minutes(1)))
struct CancellingTests {
    private static let reminder = "01020304-0506-0708-090a-0b0c0d0e0f10"
    private static let id = reminder + ":1700000002"
    private static let path = "/reminders/\(reminder)/occurrences/1700000002/cancel"

    @Test("the answer says what it came to", arguments: [(Proto.Outcome.cancelled, "cancelled"), (.delivered, "ended")])
    func ended(outcome: Proto.Outcome, result: String) async throws {
        try await withGateway { gateway, peer in
            let asked = NIOLockedValueBox<[Proto.CancelOccurrenceRequest]>([])
            peer.state.withLockedValue {
                $0.cancelOccurrence = { request in
                    asked.withLockedValue { $0.append(request) }
                    return Proto.CancelOccurrenceReply(result: .ended, outcome: outcome)
                }
            }
            let answer = try await gateway.send("POST", Self.path)
            #expect(answer.status == 200)
            #expect(
                answer.json == [
                    "message": "success", "id": .string(Self.id), "result": .string(result), "outcome": .string(outcome == .cancelled ? "cancelled" : "delivered"),
                ])
            let occurrence = Proto.OccurrenceRef(id: Array(1...16), scheduledAt: 1_700_000_002)
            #expect(asked.withLockedValue { $0 } == [Proto.CancelOccurrenceRequest(occurrence: occurrence)])
        }
    }

    @Test("what may be on its way is 202, what nobody has is 404, and an answer without its outcome or from a build before is none")
    func otherwise() async throws {
        try await withGateway { gateway, peer in
            func answer(_ reply: Proto.CancelOccurrenceReply) { peer.state.withLockedValue { $0.cancelOccurrence = { _ in reply } } }
            answer(Proto.CancelOccurrenceReply(result: .onItsWay))
            let late = try await gateway.send("POST", Self.path)
            #expect(late.status == 202)
            #expect(late.json == ["message": "asked", "id": .string(Self.id), "result": "on_its_way", "outcome": nil])
            answer(Proto.CancelOccurrenceReply(result: .notFound))
            for path in [Self.path, "/reminders/none/occurrences/1/cancel", "/reminders/\(Self.reminder)/occurrences/soon/cancel"] {
                expectProblem(try await gateway.send("POST", path), 404)
            }
            answer(Proto.CancelOccurrenceReply(result: .ended))
            expectProblem(try await gateway.send("POST", Self.path), 500)
            peer.state.withLockedValue { $0.failure = CallError(.unimplemented, "no such method") }
            expectProblem(try await gateway.send("POST", Self.path), 501)
        }
    }
}
