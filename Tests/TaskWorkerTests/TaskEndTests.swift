import NIOConcurrencyHelpers
import ScheduledTasks
import TaskDomain
import TaskMessages
import Testing
import TestSupport

@testable import TaskWorker

/// What tasks of all kinds come to, over a real stream.
@Suite("A worker's tasks", .timeLimit(.minutes(3)))
struct TaskEndTests {
    private struct Greet: ScheduledTask {
        struct Arguments: Codable, Sendable { let name: String }
        static let name = "people.greet"
        func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws {
            if arguments.name != "Ada" { throw RejectOccurrence("nobody is called \(arguments.name)") }
        }
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func dispatch(
        _ lease: UInt64, _ task: String, _ kwargs: String = "{}", leaseMs: UInt32 = 60_000, authorization: Secret = ""
    ) -> Proto.SchedulerMessage {
        let id = ReminderID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | lease)
        return Proto.SchedulerMessage(
            dispatches: [
                Proto.Dispatch(
                    lease: lease, id: id.bytes, scheduledAt: 7, attempt: 1, leaseMs: leaseMs, task: task,
                    arguments: Array(#"{"args":[],"kwargs":\#(kwargs)}"#.utf8), authorization: authorization)
            ])
    }

    private func withWorker(
        concurrency: Int = 4, _ register: (inout TaskRegistry) throws -> Void, _ test: (SchedulerPeer) async throws -> Void
    ) async throws {
        let peer = try await SchedulerPeer()
        let worker = try LinkUnderTest(port: peer.port, concurrency: concurrency, register)
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        try await test(peer)
        try await worker.stop()
        try await peer.stop()
    }

    private func outcome(_ peer: SchedulerPeer, _ lease: UInt64) async throws -> Proto.OutcomeReport {
        try await eventually("outcomes are reported") { peer.outcomes.contains { $0.lease == lease } }
        return try #require(peer.outcomes.first { $0.lease == lease })
    }

    @Test("typed arguments, rejections and asked waits are reported as what they are")
    func kinds() async throws {
        try await withWorker { registry in
            try registry.register(Greet())
            try registry.register("later") { _ in throw RetryLater(after: .seconds(90), reason: "busy") }
            try registry.register("closure") { invocation in _ = try invocation.arguments().decode(Greet.Arguments.self) }
        } _: { peer in
            peer.send(Self.dispatch(1, "people.greet", #"{"name":"Ada"}"#))
            let first = try await outcome(peer, 1)
            #expect(first.outcome == .known(.delivered))
            peer.send(Self.dispatch(2, "people.greet", #"{"name":"Bob"}"#))
            let rejected = try await outcome(peer, 2)
            #expect(rejected.outcome == .known(.rejected) && rejected.detail == "nobody is called Bob")
            for (lease, task) in [(UInt64(3), "people.greet"), (4, "closure")] {
                peer.send(Self.dispatch(lease, task, #"{"nome":"Ada"}"#))
                let wrong = try await outcome(peer, lease)
                #expect(wrong.outcome == .known(.rejected) && wrong.detail == "argument name is missing")
            }
            peer.send(Self.dispatch(5, "later"))
            let later = try await outcome(peer, 5)
            #expect(later.outcome == .known(.retry) && later.retryAfterMs == 90_000 && later.detail == "busy")
        }
    }

    @Test("whatever a task's error says, its outcome arrives: in one line, bounded, without the credential")
    func details() async throws {
        let credential: Secret = "Bearer abcdefghijklmnopqrstuvwxyz"
        try await withWorker { registry in
            try registry.register("nul") { _ in throw Failure(description: "a\u{0}b\nc") }
            try registry.register("huge") { _ in throw Failure(description: String(repeating: "ä", count: 3 << 20)) }
            try registry.register("quoting") { invocation in
                throw Failure(description: "refused: Authorization: \(invocation.authorization.value)")
            }
        } _: { peer in
            peer.send(Self.dispatch(1, "nul"))
            let first = try await outcome(peer, 1)
            #expect(first.detail == "a b c")
            peer.send(Self.dispatch(2, "huge"))
            let second = try await outcome(peer, 2)
            #expect(second.detail == String(repeating: "ä", count: Redaction.maxDetailBytes / 2))
            peer.send(Self.dispatch(3, "quoting", authorization: credential))
            let third = try await outcome(peer, 3)
            #expect(third.detail == "refused: Authorization: Bearer [redacted]")
        }
    }

    @Test("a stream that the scheduler ended is opened again on the same connection")
    func streamEnded() async throws {
        try await withWorker { registry in
            try registry.register("test") { _ in }
        } _: { peer in
            peer.end(CallError(.invalidArgument, "not understood"))
            try await eventually("the worker attaches again") { peer.messages.count { $0.attach != nil } == 2 }
            peer.send(Self.dispatch(1, "test"))
            let first = try await outcome(peer, 1)
            #expect(first.outcome == .known(.delivered))
        }
    }

    @Test("a task that goes on after its lease keeps its place until it has ended")
    func place() async throws {
        let release = NIOLockedValueBox(false)
        try await withWorker(concurrency: 1) { registry in
            // Takes no notice of its cancellation.
            try registry.register("stubborn") { _ in
                while !release.withLockedValue({ $0 }) { await Task.detached { try? await Task.sleep(for: .milliseconds(2)) }.value }
            }
        } _: { peer in
            // One that has not begun when its lease ends never does.
            peer.send(Self.dispatch(1, "stubborn", leaseMs: 2_000))
            let report = try await outcome(peer, 1)
            #expect(report.outcome == .known(.retry))
            #expect(report.detail == "the task did not end within its lease")
            #expect(peer.creditLimit == 1)
            release.withLockedValue { $0 = true }
            try await eventually("credit comes back") { peer.creditLimit == 2 }
            #expect(peer.outcomes.count == 1)
        }
    }

    @Test("a task that runs into its own time limit is cancelled and tried again, long before its lease ends")
    func timeLimit() async throws {
        try await withWorker { registry in
            try registry.register("slow", timeLimit: .milliseconds(20)) { _ in try await Task.sleep(for: .seconds(60)) }
        } _: { peer in
            peer.send(Self.dispatch(1, "slow"))
            let report = try await outcome(peer, 1)
            #expect(report.outcome == .known(.retry) && report.detail == "the task did not end within its time limit")
        }
    }

    @Test("more outcomes than one message should carry come in several")
    func many() async throws {
        let count = 2_500
        let gate = NIOLockedValueBox<[@Sendable () -> Void]>([])
        try await withWorker(concurrency: count) { registry in
            try registry.register("gated") { invocation, complete in
                gate.withLockedValue { $0.append { complete(TaskResult(outcome: .delivered)) } }
                guard gate.withLockedValue({ $0.count }) == count else { return }
                // All in one tick of the event loop.
                for open in gate.withLockedValue({ $0 }) { open() }
            }
        } _: { peer in
            for lease in 1...UInt64(count) { peer.send(Self.dispatch(lease, "gated")) }
            try await eventually("outcomes are reported") { peer.outcomes.count == count }
            #expect(Set(peer.outcomes.map(\.lease)).count == count)
            #expect(peer.messages.allSatisfy { $0.outcomes.count <= 1_000 })
            #expect(peer.creditLimit == 2 * count)
        }
    }

    // MARK: What they return

    private struct Count: ScheduledTask {
        struct Arguments: Codable, Sendable { let words: [String] }
        struct Output: Encodable, Sendable {
            let count: Int
            let longest: String?
        }
        static let name = "words.count"
        func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws -> Output {
            Output(count: arguments.words.count, longest: arguments.words.max { $0.count < $1.count })
        }
    }

    @Test("what a task returns is reported as JSON, also through what is around it; nothing is nothing")
    func returned() async throws {
        try await withWorker(concurrency: 8) { registry in
            try registry.register(Count())
            try registry.register("list") { _ in [1, 2] }
            try registry.register("null") { _ in Int?.none }
            try registry.register("nothing") { _ in }
            try registry.register("twice") { invocation in invocation.attempt }
            registry.wrap { invocation, next in
                try await next(invocation)
                if invocation.task == "twice" { try await next(invocation) }
            }
        } _: { peer in
            peer.send(Self.dispatch(1, "words.count", #"{"words":["a","bcd"]}"#))
            for (lease, task) in zip(UInt64(2)..., ["list", "null", "nothing", "twice"]) { peer.send(Self.dispatch(lease, task)) }
            let texts = [#"{"count":2,"longest":"bcd"}"#, "[1,2]", "", "", "1"]
            for (lease, text) in zip(UInt64(1)..., texts) {
                let outcome = try await outcome(peer, lease)
                #expect(outcome.outcome == .known(.delivered) && outcome.detail.isEmpty)
                #expect(String(decoding: outcome.result, as: UTF8.self) == text)
            }
        }
    }

    @Test("a result that cannot be kept is left out in words, and its task is done all the same")
    func notKept() async throws {
        try await withWorker { registry in
            try registry.register("long") { _ in String(repeating: "x", count: Attempt.resultLimit - 1) }
            try registry.register("fitting") { _ in String(repeating: "x", count: Attempt.resultLimit - 2) }
            try registry.register("number") { _ in Double.infinity }
            try registry.register("quoting") { invocation in ["said": invocation.authorization.value] }
        } _: { peer in
            for (lease, task) in zip(UInt64(1)..., ["long", "fitting", "number", "quoting"]) {
                peer.send(Self.dispatch(lease, task, authorization: "Bearer 0123456789abcdef"))
            }
            let long = try await outcome(peer, 1), fitting = try await outcome(peer, 2), number = try await outcome(peer, 3)
            for outcome in [long, fitting, number] { #expect(outcome.outcome == .known(.delivered)) }
            #expect(long.result.isEmpty && long.detail == "the result, 65537 bytes of JSON, was not kept: 65536 are allowed")
            #expect(fitting.result.count == Attempt.resultLimit && fitting.detail.isEmpty)
            #expect(number.result.isEmpty && number.detail.hasPrefix("the result, of type Double, was not kept: it cannot be written as JSON"))
            #expect(try await outcome(peer, 4).result == Array(#"{"said":"Bearer [redacted]"}"#.utf8))
        }
    }

    @Test("a message holds outcomes up to its bounds of count and of results' bytes")
    func parts() {
        func outcomes(_ count: Int, bytes: Int) -> [Proto.OutcomeReport] {
            (0..<UInt64(count)).map { Proto.OutcomeReport(lease: $0, outcome: .known(.delivered), result: [UInt8](repeating: 0x31, count: bytes)) }
        }
        #expect(SchedulerLink.parts([]).map(\.count) == [0])
        #expect(SchedulerLink.parts(outcomes(1_000, bytes: 0)).map(\.count) == [1_000])
        #expect(SchedulerLink.parts(outcomes(1_001, bytes: 1)).map(\.count) == [1_000, 1])
        let large = SchedulerLink.parts(outcomes(12, bytes: Attempt.resultLimit))
        #expect(large.map(\.count) == [5, 5, 2] && large.flatMap { $0.map(\.lease) } == Array(0..<12))
    }

    @Test("while too many results wait to be acknowledged nothing new is asked for")
    func waitingResults() async throws {
        let each = Attempt.resultLimit - 2, most = SchedulerLink.maxWaitingResultBytes / Attempt.resultLimit
        try await withWorker { registry in
            try registry.register("large") { _ in String(repeating: "x", count: each) }
        } _: { peer in
            let last = UInt64(most) + 2
            for lease in 1...last { peer.send(Self.dispatch(lease, "large")) }
            _ = try await outcome(peer, last)
            #expect(peer.creditLimit <= 4 + most + 1)
            peer.send(Proto.SchedulerMessage(acknowledged: Array(1...last)))
            try await eventually("its places are asked for") { peer.creditLimit == 4 + Int64(last) }
        }
    }
}
