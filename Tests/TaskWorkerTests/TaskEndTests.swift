import TaskDomain
import TaskMessages
import NIOConcurrencyHelpers
import ScheduledTasks
import TestSupport
import Testing

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
            peer.send(Self.dispatch(1, "stubborn", leaseMs: 100))
            let report = try await outcome(peer, 1)
            #expect(report.outcome == .known(.retry))
            #expect(report.detail == "the task did not end within its lease")
            #expect(peer.messages.dropFirst().allSatisfy { $0.credit == 0 })
            release.withLockedValue { $0 = true }
            try await eventually("credit comes back") { peer.messages.dropFirst().reduce(0) { $0 + $1.credit } == 1 }
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
            #expect(peer.messages.dropFirst().reduce(0) { $0 + Int($1.credit) } == count)
        }
    }
}
