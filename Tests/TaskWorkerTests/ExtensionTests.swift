import TaskDomain
import TaskMessages
import NIOConcurrencyHelpers
import ScheduledTasks
import TestSupport
import Testing

@testable import TaskWorker

@Suite("tasks that go on for longer than their leases", .timeLimit(.minutes(3)))
struct ExtensionTests {
    private static func dispatch(_ lease: UInt64, leaseMs: UInt32) -> Proto.SchedulerMessage {
        let id = ReminderID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | lease)
        return Proto.SchedulerMessage(
            dispatches: [
                Proto.Dispatch(
                    lease: lease, id: id.bytes, scheduledAt: 7, attempt: 1, leaseMs: leaseMs, task: "long", arguments: [],
                    authorization: "Bearer 0123456789abcdef")
            ])
    }

    /// What a task's extension came to, and what lets it end.
    private final class Seen: Sendable {
        let results = NIOLockedValueBox<[Result<CallDeadline, LeaseNotExtended>]>([])
        let hasBegun = NIOLockedValueBox(false), mayEnd = NIOLockedValueBox(false)

        func extend(_ invocation: TaskInvocation, by duration: Duration) async {
            let result: Result<CallDeadline, LeaseNotExtended>
            do throws(LeaseNotExtended) { result = .success(try await invocation.extend(by: duration)) } catch { result = .failure(error) }
            results.withLockedValue { $0.append(result) }
        }

        func untilItMayEnd() async throws { while !mayEnd.withLockedValue({ $0 }) { try await Task.sleep(for: .milliseconds(2)) } }
    }

    private func asked(_ peer: SchedulerPeer) -> [Proto.Extension] { peer.messages.flatMap(\.extensions) }

    /// Has a worker run a task for a scheduler that the test plays, and ends both.
    private func withTask(
        leaseMs: UInt32, _ task: @escaping @Sendable (TaskInvocation, Seen) async throws -> Void,
        test: (SchedulerPeer, Seen, LinkUnderTest) async throws -> Void
    ) async throws {
        let peer = try await SchedulerPeer(), seen = Seen()
        let worker = try LinkUnderTest(port: peer.port) { registry in try registry.register("long") { try await task($0, seen) } }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        peer.send(Self.dispatch(1, leaseMs: leaseMs))
        try await test(peer, seen, worker)
        seen.mayEnd.withLockedValue { $0 = true }
        try await worker.stop()
        try await peer.stop()
    }

    @Test("a task goes on beyond its lease once the scheduler has said so")
    func extended() async throws {
        try await withTask(leaseMs: 3_000) { invocation, seen in
            await seen.extend(invocation, by: .seconds(60))
            try await seen.untilItMayEnd()
        } test: { peer, seen, _ in
            try await eventually("the task asks") { !asked(peer).isEmpty }
            let ask = try #require(asked(peer).first)
            #expect(ask.lease?.lease == 1 && ask.lease?.scheduledAt == 7 && ask.forMs == 60_000 && ask.id > 0)
            #expect(seen.results.withLockedValue { $0.isEmpty })
            peer.send(Proto.SchedulerMessage(extended: [Proto.Extended(id: ask.id, forMs: 60_000)]))
            try await eventually("the task is told") { !seen.results.withLockedValue { $0.isEmpty } }
            let left = try #require(seen.results.withLockedValue { $0.first }).get().millisecondsLeft
            #expect(left > 30_000 && left <= 60_000)
            // Its own lease would have ended after 2.7 s.
            try await Task.sleep(for: .milliseconds(3_200))
            #expect(peer.outcomes.isEmpty)
            seen.mayEnd.withLockedValue { $0 = true }
            try await eventually("its outcome is reported") { peer.outcomes.map(\.outcome) == [.known(.delivered)] }
        }
    }

    @Test("the scheduler's answer counts, also where it says less than the worker believed of a dispatch that had waited for it")
    func lessThanBelieved() async throws {
        try await withTask(leaseMs: 120_000) { invocation, seen in
            await seen.extend(invocation, by: .seconds(1))
            try await seen.untilItMayEnd()
        } test: { peer, seen, _ in
            try await eventually("the task asks") { !asked(peer).isEmpty }
            let ask = try #require(asked(peer).first)
            peer.send(Proto.SchedulerMessage(extended: [Proto.Extended(id: ask.id, forMs: 20_000)]))
            try await eventually("the task is told") { !seen.results.withLockedValue { $0.isEmpty } }
            #expect(try #require(seen.results.withLockedValue { $0.first }).get().millisecondsLeft <= 20_000)
        }
    }

    @Test("an extension that nobody has acknowledged is not believed: the task is stopped when its lease ends")
    func unanswered() async throws {
        // One that has not begun when its lease ends never does.
        try await withTask(leaseMs: 2_000) { invocation, seen in
            await seen.extend(invocation, by: .seconds(60))
            try await seen.untilItMayEnd()
        } test: { peer, seen, _ in
            try await eventually("its outcome is reported") { !peer.outcomes.isEmpty }
            #expect(peer.outcomes[0].outcome == .known(.retry) && peer.outcomes[0].detail.contains("its lease"))
            try await eventually("the task is told") { !seen.results.withLockedValue { $0.isEmpty } }
            #expect(seen.results.withLockedValue { $0.first } == .failure(LeaseNotExtended("the run has ended")))
        }
    }

    @Test("a refusal comes to the task in the scheduler's words")
    func refused() async throws {
        try await withTask(leaseMs: 60_000) { invocation, seen in
            await seen.extend(invocation, by: .seconds(1))
            await seen.extend(invocation, by: .seconds(3_601))
            await seen.extend(invocation, by: .zero)
        } test: { peer, seen, _ in
            try await eventually("the task asks") { !asked(peer).isEmpty }
            peer.send(Proto.SchedulerMessage(extended: [Proto.Extended(id: asked(peer)[0].id, refusal: "no more")]))
            try await eventually("its outcome is reported") { !peer.outcomes.isEmpty }
            let reasons = seen.results.withLockedValue { $0 }.map { result in
                if case .failure(let error) = result { error.reason } else { "" }
            }
            #expect(reasons.count == 3 && reasons[0] == "no more" && reasons[1].contains("60 minutes") && reasons[2].contains("60 minutes"))
            // What is out of bounds is not asked for.
            #expect(asked(peer).count == 1)
        }
    }

    @Test("an extended run that is called off ends")
    func calledOff() async throws {
        try await withTask(leaseMs: 60_000) { invocation, seen in
            await seen.extend(invocation, by: .seconds(600))
            try await seen.untilItMayEnd()
        } test: { peer, seen, _ in
            try await eventually("the task asks") { !asked(peer).isEmpty }
            peer.send(Proto.SchedulerMessage(extended: [Proto.Extended(id: asked(peer)[0].id, forMs: 600_000)]))
            try await eventually("the task is told") { !seen.results.withLockedValue { $0.isEmpty } }
            peer.send(Proto.SchedulerMessage(revoked: [1]))
            try await eventually("its outcome is reported") { peer.outcomes.map(\.lease) == [1] }
        }
    }

    @Test("in a worker that drains a run extends its lease as ever, and comes to its end")
    func drained() async throws {
        try await withTask(leaseMs: 60_000) { invocation, seen in
            seen.hasBegun.withLockedValue { $0 = true }
            try await seen.untilItMayEnd()
            await seen.extend(invocation, by: .seconds(600))
        } test: { peer, seen, worker in
            try await eventually("the task runs") { seen.hasBegun.withLockedValue { $0 } }
            async let drained: Void = worker.link.drain()
            try await eventually("the worker drains") { peer.messages.contains { $0.leaving } }
            seen.mayEnd.withLockedValue { $0 = true }
            try await eventually("the task asks") { !asked(peer).isEmpty }
            peer.send(Proto.SchedulerMessage(extended: [Proto.Extended(id: asked(peer)[0].id, forMs: 600_000)]))
            try await eventually("its outcome is reported") { peer.outcomes.map(\.outcome) == [.known(.delivered)] }
            peer.send(Proto.SchedulerMessage(acknowledged: [1]))
            await drained
            #expect(seen.results.withLockedValue { $0.count } == 1)
        }
    }

    @Test("after a reconnection it is asked again, and what was extended is said with its time")
    func reconnected() async throws {
        let peer = try await SchedulerPeer(), seen = Seen()
        let worker = try LinkUnderTest(port: peer.port) { registry in
            try registry.register("long") { invocation in
                await seen.extend(invocation, by: .seconds(600))
                invocation.report(progress: 0.5, "half of it")
                await seen.extend(invocation, by: .seconds(1_200))
                try await seen.untilItMayEnd()
            }
        }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        peer.send(Self.dispatch(1, leaseMs: 60_000))
        try await eventually("the task asks") { asked(peer).count == 1 }
        peer.send(Proto.SchedulerMessage(extended: [Proto.Extended(id: asked(peer)[0].id, forMs: 600_000)]))
        try await eventually("the task asks again") { asked(peer).count == 2 }
        try await eventually("it says how far it is") { !peer.messages.flatMap(\.progress).isEmpty }
        try await peer.stop()
        let again = try await SchedulerPeer(port: peer.port)
        try await eventually("the worker attaches again") { !again.messages.isEmpty }
        let first = again.messages[0], lease = try #require(first.attach?.running.first)
        #expect(lease.leftMs > 500_000 && lease.leftMs <= 600_000)
        #expect(first.extensions.map(\.forMs) == [1_200_000])
        #expect(first.progress == [Proto.Progress(lease: 1, thousandths: 500, text: "half of it")])
        again.send(Proto.SchedulerMessage(extended: [Proto.Extended(id: first.extensions[0].id, forMs: 1_200_000)]))
        try await eventually("the task is told") { seen.results.withLockedValue { $0.count } == 2 }
        seen.mayEnd.withLockedValue { $0 = true }
        try await eventually("its outcome is reported") { again.outcomes.map(\.outcome) == [.known(.delivered)] }
        try await worker.stop()
        try await again.stop()
    }

    @Test("however often a task says how far it is, the scheduler hears it once a second, the last of it, without the credential")
    func progress() async throws {
        try await withTask(leaseMs: 60_000) { invocation, seen in
            for number in 0..<50_000 { invocation.report(progress: Double(number) / 50_000, "\(number)") }
            invocation.report(progress: 2, "the last\nof Bearer 0123456789abcdef " + String(repeating: "x", count: 300))
            try await seen.untilItMayEnd()
        } test: { peer, seen, _ in
            let began = SystemClock.monotonic
            try await eventually("it says how far it is") { peer.messages.flatMap(\.progress).last?.thousandths == 1_000 }
            let heard = peer.messages.flatMap(\.progress), seconds = (SystemClock.monotonic - began) / 1_000
            #expect(heard.count <= Int(seconds) + 2)
            let text = try #require(heard.last?.text)
            #expect(text.hasPrefix("the last of ") && text.count == TaskProgress.maxCharacters && !text.contains("0123456789abcdef"))
            seen.mayEnd.withLockedValue { $0 = true }
            try await eventually("its outcome is reported") { !peer.outcomes.isEmpty }
        }
    }
}
