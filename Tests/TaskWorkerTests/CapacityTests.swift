import NIOConcurrencyHelpers
import ScheduledTasks
import TaskDomain
import TaskMessages
import Testing
import TestSupport

@testable import TaskWorker

@Suite("What a worker is told to be", .timeLimit(.minutes(1)))
struct CapacityTests {
    private static func change(_ concurrency: Int64? = nil, take: [String] = [], drop: [String] = []) -> Proto.WorkerControl {
        Proto.WorkerControl(action: .known(.change), concurrency: concurrency, takeQueues: take, dropQueues: drop)
    }

    @Test("concurrency is 1 to its own maximum, and 0 is what it was started with")
    func concurrency() throws {
        var capacity = Capacity(queues: ["a"], concurrency: 4, maxConcurrency: 8)
        for good: Int64 in [1, 8] {
            try capacity.apply(Self.change(good))
            #expect(capacity.places == good)
        }
        for bad: Int64 in [-1, 9, .max] {
            #expect(throws: Capacity.Refusal.self) { try capacity.apply(Self.change(bad)) }
            #expect(capacity.places == 8)
        }
        try capacity.apply(Self.change(0))
        #expect(capacity.places == 4)
        #expect(Capacity(queues: ["a"], concurrency: 4, maxConcurrency: 1).maxConcurrency == 4)
    }

    @Test("queues are taken and dropped, one is kept, and there are so many and no more; what is refused changes nothing")
    func queues() throws {
        var capacity = Capacity(queues: ["a", "b"], concurrency: 4, maxConcurrency: 8)
        try capacity.apply(Self.change(take: ["c", "a", "c"], drop: ["b", "z"]))
        #expect(capacity.queues == ["a", "c"])
        #expect(throws: Capacity.Refusal(reason: "it would serve no queue; drain it, if it is to take nothing")) {
            try capacity.apply(Self.change(1, drop: ["a", "c"]))
        }
        #expect(throws: Capacity.Refusal.self) { try capacity.apply(Self.change(1, take: ["no name"])) }
        let most = WorkerLimits.queues.upperBound
        #expect(throws: Capacity.Refusal(reason: "it would serve \(most + 1) queues; \(most) is the most")) {
            try capacity.apply(Self.change(1, take: (0..<most - 1).map { "q\($0)" }))
        }
        #expect(capacity.queues == ["a", "c"] && capacity.concurrency == 4)
        try capacity.apply(Self.change(take: (0..<most - 2).map { "q\($0)" }))
        #expect(capacity.queues.count == most)
    }

    @Test("drained it has no place and keeps its concurrency; nothing keeps it from ending that it was told to; what it does not know it refuses")
    func drained() throws {
        var capacity = Capacity(queues: ["a"], concurrency: 4, maxConcurrency: 8)
        try capacity.apply(Proto.WorkerControl(action: .known(.drain)))
        #expect(capacity.places == 0 && capacity.standing == Proto.WorkerStanding(queues: ["a"], concurrency: 4, draining: true))
        try capacity.apply(Self.change(6))
        #expect(capacity.places == 0)
        try capacity.apply(Proto.WorkerControl(action: .known(.resume)))
        #expect(capacity.places == 6)
        let before = capacity
        #expect(throws: Capacity.Refusal.self) { try capacity.apply(Proto.WorkerControl(action: .unknown(99))) }
        #expect(capacity == before)
        try capacity.apply(Proto.WorkerControl(action: .known(.shutDown)))
        #expect(throws: Capacity.Refusal(reason: "it is shutting down")) { try capacity.apply(Proto.WorkerControl(action: .known(.resume))) }
        #expect(capacity.places == 0 && capacity.isShuttingDown)
    }

    private static func dispatch(_ lease: UInt64) -> Proto.Dispatch {
        let id = ReminderID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | lease)
        return Proto.Dispatch(lease: lease, id: id.bytes, scheduledAt: 7, attempt: 1, leaseMs: 60_000, task: "test", arguments: [])
    }

    @Test("it says what it has become, takes back the credit that it has no place for, and what it runs goes on")
    func told() async throws {
        let peer = try await SchedulerPeer()
        let isReleased = NIOLockedValueBox(false)
        let worker = try LinkUnderTest(port: peer.port, queues: ["a"], concurrency: 4) { registry in
            try registry.register("test") { _ in while !isReleased.withLockedValue({ $0 }) { try await Task.sleep(for: .milliseconds(2)) } }
        }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        #expect(peer.messages[0].attach?.controllable == true && peer.messages[0].attach?.maxConcurrency == 8)
        peer.send(Proto.SchedulerMessage(dispatches: [Self.dispatch(1), Self.dispatch(2)]))
        var change = Self.change(1, take: ["b"], drop: ["a"])
        change.id = 7
        peer.send(Proto.SchedulerMessage(controls: [change]))
        try await eventually("it answers") { peer.messages.contains { $0.controlled == [Proto.Controlled(id: 7)] } }
        let answer = try #require(peer.messages.first { !$0.controlled.isEmpty })
        #expect(answer.standing == Proto.WorkerStanding(queues: ["b"], concurrency: 1) && answer.creditLimit == 2 && answer.withdrawn == 2)
        peer.send(Proto.SchedulerMessage(controls: [Proto.WorkerControl(action: .known(.change), id: 8, concurrency: 9)]))
        try await eventually("it refuses") { peer.messages.contains { $0.controlled.first?.refusal.contains("1 to 8") ?? false } }
        #expect(peer.messages.last?.standing == nil)
        isReleased.withLockedValue { $0 = true }
        try await eventually("what it ran has ended") { peer.outcomes.count == 2 }
        #expect(peer.creditLimit == 1 + 2, "its one place, and the two that were used")
        try await worker.stop()
        try await peer.stop()
    }

    @Test("drained it says so again where it connects anew, with no credit; told to shut down it ends when all is acknowledged")
    func shutDown() async throws {
        let peer = try await SchedulerPeer()
        let hasEnded = NIOLockedValueBox(false)
        let worker = try LinkUnderTest(port: peer.port, shutDown: { hasEnded.withLockedValue { $0 = true } }) { try $0.register("test") { _ in } }
        try await eventually("the worker attaches") { !peer.messages.isEmpty }
        peer.send(Proto.SchedulerMessage(dispatches: [Self.dispatch(1)]))
        try await eventually("it reports") { peer.outcomes.count == 1 }
        peer.send(Proto.SchedulerMessage(controls: [Proto.WorkerControl(action: .known(.shutDown), id: 1)]))
        try await eventually("it answers") { peer.messages.contains { $0.standing?.draining ?? false } }
        try await peer.stop()

        let again = try await SchedulerPeer(port: peer.port)
        try await eventually("the worker attaches again") { !again.messages.isEmpty }
        #expect(again.messages[0].standing?.draining == true && again.messages[0].creditLimit == nil)
        #expect(again.messages[0].outcomes.map(\.lease) == [1] && !hasEnded.withLockedValue { $0 })
        again.send(Proto.SchedulerMessage(acknowledged: [1]))
        try await eventually("it ends") { hasEnded.withLockedValue { $0 } }
        try await worker.stop()
        try await again.stop()
    }
}
