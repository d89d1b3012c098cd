import TaskDomain
import TaskMessages
import TaskWire
import Testing
import TestSupport

@testable import scheduler

@Suite("What workers are told", .timeLimit(.minutes(1)))
struct WorkerControlTests {
    private static func attach(controllable: Bool = true, instance: String = "w") -> Proto.WorkerMessage {
        Proto.WorkerMessage(
            attach: Proto.Attach(
                instance: instance, queues: ["default"], tasks: ["test"], token: WorkerPeer.token(of: 1), concurrency: 2, controllable: controllable,
                maxConcurrency: 8),
            creditLimit: 2)
    }

    private static let drain = Proto.WorkerControl(action: .known(.drain))

    /// A scheduler with a worker, which is attached.
    private static func start(_ first: Proto.WorkerMessage = attach()) async throws -> (SchedulerUnderTest, WorkerPeer) {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let worker = WorkerPeer(scheduler, first: first)
        try await eventually("it is attached") { try await scheduler.worker("w")?.state == .attached }
        return (scheduler, worker)
    }

    @Test("the answer says what the worker says, and what it is then, as the list and the queues do")
    func done() async throws {
        let (scheduler, worker) = try await Self.start()
        let change = Proto.WorkerControl(action: .known(.change), concurrency: 1, takeQueues: ["bulk"], dropQueues: ["default"])
        async let reply = scheduler.control("w", change)
        try await eventually("it is told") { worker.controls.count == 1 }
        let told = worker.controls[0]
        #expect(told.concurrency == 1 && told.takeQueues == ["bulk"] && told.dropQueues == ["default"] && told.id > 0)
        worker.send(
            Proto.WorkerMessage(
                standing: Proto.WorkerStanding(queues: ["bulk"], concurrency: 1), controlled: [Proto.Controlled(id: told.id)], creditLimit: 1))
        let said = try await reply
        #expect(said.result == .done && said.worker?.queues == ["bulk"] && said.worker?.concurrency == 1 && said.worker?.maxConcurrency == 8)
        let queues = try await scheduler.call(SchedulerService.listQueues, Proto.ListQueuesRequest(names: ["default", "bulk"])).queues
        #expect(queues.map(\.workers) == [0, 1])
        // It is handed nothing of what it has dropped.
        try await scheduler.create()
        var create = SchedulerUnderTest.request()
        create.reminder?.queue = "bulk"
        let id = try await scheduler.create(create)
        try await eventually("it has the other") { worker.dispatches.map(\.id) == [id] }
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("one that serves more and takes less at once is handed no more than it has room for")
    func lessOfMore() async throws {
        let (scheduler, worker) = try await Self.start()
        for number in 0..<3 {
            var create = SchedulerUnderTest.request(arguments: [UInt8(number)])
            create.reminder?.queue = "bulk"
            try await scheduler.create(create)
        }
        worker.send(Proto.WorkerMessage(standing: Proto.WorkerStanding(queues: ["default", "bulk"], concurrency: 1), creditLimit: 0))
        worker.limit(1)
        try await eventually("it has one") { !worker.dispatches.isEmpty }
        let queues = try await scheduler.call(SchedulerService.listQueues, Proto.ListQueuesRequest(names: ["bulk"])).queues
        #expect(queues.map(\.running) == [1])
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("one that drains is shown so and handed nothing, and goes on when it says so; one that refuses has its words handed on")
    func drained() async throws {
        let (scheduler, worker) = try await Self.start()
        async let reply = scheduler.control("w", Self.drain)
        try await eventually("it is told") { worker.controls.count == 1 }
        worker.send(
            Proto.WorkerMessage(
                standing: Proto.WorkerStanding(queues: ["default"], concurrency: 2, draining: true),
                controlled: [Proto.Controlled(id: worker.controls[0].id)], creditLimit: 0))
        #expect(try await reply.worker?.state == .draining)
        let id = try await scheduler.create()
        #expect(try await scheduler.reminder(id).unserved)
        worker.send(Proto.WorkerMessage(standing: Proto.WorkerStanding(queues: ["default"], concurrency: 2), creditLimit: 2))
        try await eventually("it has it") { worker.dispatches.map(\.id) == [id] }
        async let refused = scheduler.control("w", Proto.WorkerControl(action: .known(.change), concurrency: 9))
        try await eventually("it is told") { worker.controls.count == 2 }
        worker.send(Proto.WorkerMessage(controlled: [Proto.Controlled(id: worker.controls[1].id, refusal: "no")]))
        let said = try await refused
        #expect(said.result == .refused && said.reason == "no" && said.worker?.state == .attached)
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("one that does not answer in time was asked; more than wait for an answer are refused; what ends first is gone")
    func silent() async throws {
        let (scheduler, worker) = try await Self.start()
        #expect(try await scheduler.control("w", Self.drain).result == .asked)
        try await withThrowingTaskGroup(of: Proto.ControlWorkerReply?.self) { group in
            for _ in 0...WorkerLimits.waitingControls {
                group.addTask {
                    do { return try await scheduler.control("w", Self.drain) } catch let error as CallError {
                        #expect(error.code == .resourceExhausted)
                        return nil
                    }
                }
            }
            try await eventually("it is told") { worker.controls.count == WorkerLimits.waitingControls + 1 }
            try await worker.stop()
            var results: [Proto.ControlWorkerReply.Result?] = []
            for try await reply in group { results.append(reply?.result) }
            #expect(results.count { $0 == .gone || $0 == .asked } == WorkerLimits.waitingControls && results.count { $0 == nil } == 1)
        }
        try await eventually("it is gone") { try await scheduler.control("w", Self.drain).result == .gone }
        #expect(try await scheduler.control("v", Self.drain).result == .notFound)
        try await scheduler.stop()
    }

    @Test("a worker of a build before this one is told nothing, and what nobody knows is refused")
    func older() async throws {
        let (scheduler, worker) = try await Self.start(Self.attach(controllable: false))
        #expect(try await scheduler.control("w", Self.drain).result == .notControllable)
        let most = WorkerLimits.queues.upperBound
        for wrong in [
            Proto.WorkerControl(action: .unknown(99)), Proto.WorkerControl(action: .known(.change), takeQueues: ["no name"]),
            Proto.WorkerControl(action: .known(.change), dropQueues: (0...most).map { "q\($0)" }),
        ] {
            await #expect(throws: CallError.self) { try await scheduler.control("w", wrong) }
        }
        #expect(worker.controls.isEmpty && worker.end == nil)
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("a standing out of bounds ends the stream", arguments: [0, WorkerLimits.queues.upperBound + 1])
    func bounds(count: Int) async throws {
        let (scheduler, worker) = try await Self.start()
        worker.send(Proto.WorkerMessage(standing: Proto.WorkerStanding(queues: (0..<count).map { "q\($0)" }, concurrency: 1)))
        try await eventually("it is ended") { worker.end != nil }
        #expect((worker.end ?? nil)?.code == .invalidArgument)
        try await worker.stop()
        try await scheduler.stop()
    }
}
