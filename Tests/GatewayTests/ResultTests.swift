import TaskDomain
import TaskJSON
import TaskMessages
import Testing
import TestSupport

@testable import gateway

@Suite("Results over HTTP", .timeLimit(.minutes(1)))
struct ResultTests {
    private static let id = "01932c07-209c-7123-8abc-0123456789ab", path = "/reminders/\(id)/occurrences/100/result"
    private static let done = Proto.ResultReply(
        state: .done, attempt: Proto.Attempt(scheduledAt: 100, number: 1, startedAtMs: 100_001, outcome: .delivered, result: Array("[7]".utf8)),
        scheduledAt: 100)

    @Test("what has ended is answered with its state, its result and its attempt; what has not, 202")
    func states() async throws {
        try await withGateway { gateway, peer in
            peer.state.withLockedValue { $0.results = [Self.done] }
            let answer = try await gateway.send("GET", Self.path)
            #expect(answer.status == 200 && answer.json?["id"] == .string("\(Self.id):100") && answer.json?["state"] == "done")
            #expect(answer.json?["result"] == [7] && answer.json?["attempt"]?["outcome"] == "delivered")
            #expect(peer.state.withLockedValue { $0.resultsAsked.map(\.scheduledAt) } == [100])
            for (state, name, status) in [
                (Proto.ResultReply.State.open, "open", 202), (.dead, "dead", 200), (.missed, "missed", 200), (.cancelled, "cancelled", 200),
            ] {
                peer.state.withLockedValue { $0.results = [Proto.ResultReply(state: state)] }
                let answer = try await gateway.send("GET", Self.path)
                #expect(answer.status == status && answer.json?["state"] == .string(name))
                #expect(answer.json?["result"] == .null && answer.json?["attempt"] == .null)
            }
            peer.state.withLockedValue { ($0.results, $0.resultsAsked) = ([Self.done], []) }
            #expect(try await gateway.send("GET", "/reminders/\(Self.id)/occurrences/first/result").json?["scheduled_at"] == 100)
            #expect(peer.state.withLockedValue { $0.resultsAsked.map(\.scheduledAt) } == [nil])
            peer.state.withLockedValue { $0.results = [] }
            expectProblem(try await gateway.send("GET", Self.path), 404)
            for time in ["x", "", "1.5", "99999999999999999999"] {
                expectProblem(try await gateway.send("GET", "/reminders/\(Self.id)/occurrences/\(time)/result"), 404)
            }
        }
    }

    @Test("whoever waits is answered when it has ended, or when the time is over")
    func waits() async throws {
        try await withGateway { gateway, peer in
            let open = Proto.ResultReply(state: .open)
            peer.state.withLockedValue { $0.results = [open, Self.done] }
            let answer = try await gateway.send("GET", Self.path + "?wait_seconds=60")
            #expect(answer.status == 200 && answer.json?["result"] == [7])
            peer.state.withLockedValue { ($0.results, $0.resultsAsked) = ([open], []) }
            let began = SystemClock.monotonic
            #expect(try await gateway.send("GET", Self.path + "?wait_seconds=1").status == 202)
            #expect(SystemClock.monotonic - began >= 1_000)
            // Once a second, and at the end.
            #expect(peer.state.withLockedValue { $0.resultsAsked.count } <= 3)
            for wrong in ["-1", "61", "1.5", "x"] { expectProblem(try await gateway.send("GET", Self.path + "?wait_seconds=" + wrong), 422) }
            peer.state.withLockedValue { $0.results = [Self.done] }
            for good in ["0", "60"] { #expect(try await gateway.send("GET", Self.path + "?wait_seconds=" + good).status == 200) }
        }
    }

    @Test("no more may wait than there are places, and each place is free again when its request is gone")
    func places() throws {
        let waits = ResultWaits(places: 2)
        var taken = [try waits.take(), try waits.take()]
        #expect(throws: Problem.self) { try waits.take() }
        taken.removeLast()
        taken.append(try waits.take())
        #expect(throws: Problem.self) { try waits.take() }
        #expect(taken.count == 2 && !waits.isClosed)
        waits.close()
        #expect(waits.isClosed)
    }
}
