import NIOConcurrencyHelpers
import ScheduledTasks
import TaskDomain
import TaskMessages
import TaskOperations
import Testing
import TestSupport

@testable import TaskWorker

@Suite("A worker's link to a scheduler", .timeLimit(.minutes(3)))
struct SchedulerLinkTests {
    private static func dispatch(_ lease: UInt64, task: String = "test") -> Proto.SchedulerMessage {
        let id = ReminderID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | lease)
        return Proto.SchedulerMessage(
            dispatches: [Proto.Dispatch(lease: lease, id: id.bytes, scheduledAt: 7, attempt: 1, leaseMs: 60_000, task: task, arguments: [1], authorization: "secret")])
    }

    @Test("announces its queues, its tasks and its credit")
    func announcement() async throws {
        let peer = try await SchedulerPeer()
        let worker = try LinkUnderTest(port: peer.port, queues: ["a", "b"], concurrency: 7) { try $0.register("one") { _ in } }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        #expect(peer.messages[0].attach?.queues == ["a", "b"])
        #expect(peer.messages[0].attach?.tasks == ["one"])
        #expect(peer.messages[0].attach?.instance == "worker-1")
        #expect(peer.messages[0].creditLimit == 7 && peer.messages[0].credit == 7)
        try await worker.stop()
        try await peer.stop()
    }

    @Test("reports what became of each task, with credit for the next")
    func outcomes() async throws {
        struct Failure: Error {}
        let peer = try await SchedulerPeer()
        let seen = NIOLockedValueBox<[String]>([])
        let worker = try LinkUnderTest(port: peer.port) { registry in
            try registry.register("test") { invocation in
                seen.withLockedValue { $0.append("\(invocation.idempotencyKey) \(invocation.authorization) \(invocation.attempt)") }
            }
            try registry.register("failing") { _ in throw Failure() }
            try registry.register("ending") { _ in throw CancelSchedule() }
        }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        for (lease, task) in zip(UInt64(1)..., ["test", "failing", "ending", "unknown"]) { peer.send(Self.dispatch(lease, task: task)) }
        try await eventually("outcomes are reported") { peer.outcomes.count == 4 }
        let byLease = Dictionary(uniqueKeysWithValues: peer.outcomes.map { ($0.lease, $0) })
        #expect(byLease[1]?.outcome == .known(.delivered))
        #expect(byLease[2]?.outcome == .known(.retry))
        #expect(byLease[2]?.detail.contains("Failure") == true)
        #expect(byLease[3]?.outcome == .known(.cancelSchedule))
        #expect(byLease[4]?.outcome == .known(.retry))
        #expect(byLease[4]?.detail.contains("unknown") == true)
        #expect(peer.creditLimit == 4 + 4)
        // The credential shows in nothing that a task might print.
        #expect(seen.withLockedValue { $0 } == ["01900000-0000-7000-8000-000000000001:7 <redacted> 1"])
        try await worker.stop()
        try await peer.stop()
    }

    @Test("says again, after a reconnection, what was never acknowledged, and what still runs")
    func reconnection() async throws {
        let peer = try await SchedulerPeer()
        let release = NIOLockedValueBox(false)
        let worker = try LinkUnderTest(port: peer.port) { registry in
            try registry.register("test") { _ in }
            try registry.register("slow") { _ in while !release.withLockedValue({ $0 }) { try await Task.sleep(for: .milliseconds(2)) } }
        }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        for lease: UInt64 in 1...2 { peer.send(Self.dispatch(lease)) }
        peer.send(Self.dispatch(3, task: "slow"))
        try await eventually("outcomes are reported") { peer.outcomes.count == 2 }
        peer.send(Proto.SchedulerMessage(acknowledged: [1]))
        // Whatever came before the acknowledgement has been taken when its successor is answered.
        peer.send(Self.dispatch(4))
        try await eventually("outcomes are reported") { peer.outcomes.count == 3 }
        try await peer.stop()

        let again = try await SchedulerPeer(port: peer.port)
        try await eventually("the worker attaches again") { !again.messages.isEmpty }
        let first = again.messages[0]
        #expect(first.attach?.running.map(\.lease) == [3])
        #expect(Set(first.outcomes.map(\.lease)) == [2, 4])
        #expect(first.creditLimit == 3)
        release.withLockedValue { $0 = true }
        try await eventually("outcomes are reported") { again.outcomes.contains { $0.lease == 3 } }
        try await worker.stop()
        try await again.stop()
    }

    @Test("takes work from one scheduler at a time, reports to that one only, and goes to another when it is gone")
    func oneAtATime() async throws {
        let peers = [try await SchedulerPeer(), try await SchedulerPeer()]
        let worker = try LinkUnderTest(port: peers[0].port, others: [peers[1].port], concurrency: 3) { try $0.register("test") { _ in } }
        while await worker.connections() < 2 { try await Task.sleep(for: .milliseconds(2)) }
        try await eventually("the worker attaches") { peers.contains { !$0.messages.isEmpty } }
        let first = peers[0].messages.isEmpty ? peers[1] : peers[0], second = peers[0].messages.isEmpty ? peers[0] : peers[1]
        #expect(first.messages[0].creditLimit == 3)
        for lease: UInt64 in 1...2 { first.send(Self.dispatch(lease)) }
        try await eventually("outcomes are reported") { first.outcomes.count == 2 }
        first.send(Proto.SchedulerMessage(acknowledged: [1, 2]))
        first.send(Self.dispatch(3))
        try await eventually("outcomes are reported") { first.outcomes.count == 3 }
        #expect(second.messages.isEmpty)
        first.send(Proto.SchedulerMessage(acknowledged: [3]))
        try await first.stop()
        try await eventually("the worker attaches elsewhere") { !second.messages.isEmpty }
        #expect(second.messages[0].attach?.instance == "worker-1" && second.messages[0].creditLimit == 3)
        try await worker.stop()
        try await second.stop()
    }

    @Test("a scheduler that is slow for a while gets every outcome, once, and the stream stays")
    func slowScheduler() async throws {
        struct Failure: Error, CustomStringConvertible { let description = String(repeating: "x", count: 1_000) }
        // Far more messages than a stream lets wait, and more bytes than its window.
        let count: UInt64 = 2_500
        let peer = try await SchedulerPeer()
        let waiting = NIOLockedValueBox<[CheckedContinuation<Void, Never>]>([]), ended = NIOLockedValueBox(0)
        let worker = try LinkUnderTest(port: peer.port, concurrency: Int(count)) { registry in
            try registry.register("failing") { _ in
                await withCheckedContinuation { continuation in waiting.withLockedValue { $0.append(continuation) } }
                ended.withLockedValue { $0 += 1 }
                throw Failure()
            }
        }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        for lease in 1...count { peer.send(Self.dispatch(lease, task: "failing")) }
        try await eventually("the tasks wait") { waiting.withLockedValue { $0.count == count } }
        try await peer.standStill {
            for (before, continuation) in waiting.withLockedValue({ $0 }).enumerated() {
                continuation.resume()
                // So that each is reported in a tick of its own.
                while ended.withLockedValue({ $0 == before }) { await Task.yield() }
                for _ in 0..<3 { try await worker.link.eventLoop.submit {}.get() }
            }
        }
        try await eventually("outcomes are reported") { peer.outcomes.count >= count }
        #expect(peer.ended == 0 && peer.outcomes.count == count)
        #expect(Set(peer.outcomes.map(\.lease)).count == count)
        #expect(peer.creditLimit == 2 * count)
        try await worker.stop()
        try await peer.stop()
    }

    @Test("drains: asks for nothing more, finishes and reports what runs, and leaves when that is acknowledged")
    func drain() async throws {
        let peer = try await SchedulerPeer()
        let release = NIOLockedValueBox(false), started = NIOLockedValueBox(false)
        let worker = try LinkUnderTest(port: peer.port) { registry in
            try registry.register("slow") { _ in
                started.withLockedValue { $0 = true }
                while !release.withLockedValue({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
            }
        }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        peer.send(Self.dispatch(1, task: "slow"))
        try await eventually("the task has begun") { started.withLockedValue { $0 } }
        let drained = NIOLockedValueBox(false)
        let draining = Task {
            await worker.link.drain()
            drained.withLockedValue { $0 = true }
        }
        try await eventually("the worker says that it is leaving") { peer.messages.contains { $0.leaving } }
        release.withLockedValue { $0 = true }
        try await eventually("outcomes are reported") { peer.outcomes.count == 1 }
        #expect(!drained.withLockedValue { $0 })
        #expect(peer.messages.last?.creditLimit == nil)
        peer.send(Proto.SchedulerMessage(acknowledged: [1]))
        await draining.value
        try await eventually("the stream ends") { peer.ended == 1 }
        try await worker.stop()
        try await peer.stop()
    }

    @Test("drains while the scheduler is away: comes back without credit, says that it leaves, and waits until its outcomes are acknowledged")
    func drainWithoutScheduler() async throws {
        let peer = try await SchedulerPeer()
        let worker = try LinkUnderTest(port: peer.port) { try $0.register("test") { _ in } }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        peer.send(Self.dispatch(1))
        try await eventually("outcomes are reported") { peer.outcomes.count == 1 }
        try await peer.stop()
        while await worker.connections() > 0 { try await Task.sleep(for: .milliseconds(2)) }

        let drained = NIOLockedValueBox(false)
        let draining = Task {
            await worker.link.drain()
            drained.withLockedValue { $0 = true }
        }
        let again = try await SchedulerPeer(port: peer.port)
        try await eventually("the worker attaches again, or has drained") { !again.messages.isEmpty || drained.withLockedValue { $0 } }
        let first = try #require(again.messages.first)
        #expect(first.creditLimit == nil && first.leaving && first.outcomes.map(\.lease) == [1])
        #expect(!drained.withLockedValue { $0 })
        again.send(Proto.SchedulerMessage(acknowledged: [1]))
        await draining.value
        try await eventually("the stream ends") { again.ended == 1 }
        try await worker.stop()
        try await again.stop()
    }

    @Test("does not wait without an end for a scheduler that stays away")
    func drainBound() async throws {
        let peer = try await SchedulerPeer()
        let worker = try LinkUnderTest(port: peer.port, acknowledgementWait: .milliseconds(100)) { try $0.register("test") { _ in } }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        peer.send(Self.dispatch(1))
        try await eventually("outcomes are reported") { peer.outcomes.count == 1 }
        try await peer.stop()
        await worker.link.drain()
        try await worker.stop()
        #expect(SchedulerLink.acknowledgementWait < ServiceMain.drainLimit)
    }

    @Test("names, when it announces itself, every outcome that does not fit into its first message")
    func manyOutcomes() async throws {
        let count = UInt64(2 * SchedulerLink.maxOutcomesPerMessage + 10)
        let peer = try await SchedulerPeer()
        let worker = try LinkUnderTest(port: peer.port, concurrency: Int(count)) { try $0.register("test") { _ in } }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        for lease in 1...count { peer.send(Self.dispatch(lease)) }
        try await eventually("outcomes are reported") { peer.outcomes.count == count }
        try await peer.stop()
        let again = try await SchedulerPeer(port: peer.port)
        try await eventually("outcomes are reported") { again.outcomes.count == count }
        let attach = try #require(again.messages[0].attach)
        let later = again.messages.dropFirst().flatMap(\.outcomes)
        #expect(again.messages[0].outcomes.count == SchedulerLink.maxOutcomesPerMessage)
        #expect(attach.following == later.map { Proto.Lease(lease: $0.lease, id: $0.id, scheduledAt: $0.scheduledAt) })
        #expect(attach.running.isEmpty)
        try await worker.stop()
        try await again.stop()
    }

    @Test("stops a task whose lease was revoked")
    func revocation() async throws {
        let peer = try await SchedulerPeer()
        let cancelled = NIOLockedValueBox(false), begun = NIOLockedValueBox(false)
        let worker = try LinkUnderTest(port: peer.port) { registry in
            try registry.register("endless") { _ in
                begun.withLockedValue { $0 = true }
                do { try await Task.sleep(for: .seconds(3_600)) } catch {
                    cancelled.withLockedValue { $0 = true }
                    throw error
                }
            }
        }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        peer.send(Self.dispatch(1, task: "endless"))
        try await eventually("it has begun") { begun.withLockedValue { $0 } }
        peer.send(Proto.SchedulerMessage(revoked: [1]))
        try await eventually("the task is cancelled") { cancelled.withLockedValue { $0 } }
        try await worker.stop()
        try await peer.stop()
    }

    @Test("stops what was called off and has not left, and says so", arguments: [true, false])
    func recall(isRevoked: Bool) async throws {
        let peer = try await SchedulerPeer()
        let waiting = NIOLockedValueBox<[UInt64: @Sendable (TaskResult) -> Void]>([:])
        let worker = try LinkUnderTest(port: peer.port) { registry in
            try registry.register("queued", onEventLoop: { invocation, complete in
                waiting.withLockedValue { $0[invocation.run] = complete }
            }, recall: { runs in
                for run in runs { waiting.withLockedValue { $0.removeValue(forKey: run) }?(TaskResult(outcome: .unsent)) }
            })
        }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        for lease: UInt64 in 1...3 { peer.send(Self.dispatch(lease, task: "queued")) }
        peer.send(isRevoked ? Proto.SchedulerMessage(revoked: [2, 9]) : Proto.SchedulerMessage(recalled: [2, 9]))
        try await eventually("it is reported") { peer.outcomes.count == 1 }
        #expect(peer.outcomes[0].lease == 2 && peer.outcomes[0].outcome == .known(.unsent))
        #expect(waiting.withLockedValue { $0.count } == 2)
        try await worker.stop()
        try await peer.stop()
    }

    @Test("a task that overruns its lease is cancelled and reported, while the lease still stands")
    func overrun() async throws {
        let peer = try await SchedulerPeer()
        let cancelled = NIOLockedValueBox(false)
        let worker = try LinkUnderTest(port: peer.port) { registry in
            try registry.register("endless") { _ in
                defer { cancelled.withLockedValue { $0 = true } }
                while true { try await Task.sleep(for: .seconds(60)) }
            }
        }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        var message = Self.dispatch(1, task: "endless")
        // One that has not begun when its lease ends never does.
        message.dispatches[0].leaseMs = 2_000
        peer.send(message)
        try await eventually("outcomes are reported") { peer.outcomes.count == 1 && cancelled.withLockedValue { $0 } }
        #expect(peer.outcomes[0].outcome == .known(.retry))
        #expect(peer.outcomes[0].detail == "the task did not end within its lease")
        // What it throws afterwards is not a second outcome.
        peer.send(Self.dispatch(2))
        try await eventually("outcomes are reported") { peer.outcomes.count == 2 }
        #expect(peer.outcomes.map(\.lease) == [1, 2])
        try await worker.stop()
        try await peer.stop()
    }
}
