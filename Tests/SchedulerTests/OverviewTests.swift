import NIOConcurrencyHelpers
import TaskDomain
import TaskMessages
import TaskWire
import Testing
import TestSupport

@testable import scheduler

@Suite("How everything stands", .timeLimit(.minutes(2)))
struct OverviewTests {
    private func overview(_ scheduler: SchedulerUnderTest) async throws -> Proto.OverviewReply {
        try await scheduler.call(SchedulerService.overview, Proto.OverviewRequest())
    }

    @Test("what is ready, runs, and is to be tried again is counted, by queue too, with who is attached")
    func counts() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        for _ in 0..<3 { try await scheduler.create() }
        try await eventually("all are ready") { try await overview(scheduler).ready == 3 }
        let before = try await overview(scheduler)
        #expect(before.unserved == 3 && before.running == 0 && before.retrying == 0 && before.dead == 0 && before.oldestReadyMs != nil)
        let worker = WorkerPeer(scheduler, credit: 2)
        try await eventually("two run") { try await overview(scheduler).running == 2 }
        let busy = try await overview(scheduler)
        #expect(busy.ready == 1 && busy.unserved == 0 && busy.workers.map(\.instance) == ["worker-1"] && busy.workers[0].running == 2)
        let first = try #require(worker.dispatches.first)
        worker.send(
            Proto.WorkerMessage(outcomes: [
                Proto.OutcomeReport(
                    lease: first.lease, id: first.id, scheduledAt: first.scheduledAt, outcome: .known(.rejected), startedAtMs: SystemClock.now.count)
            ]))
        try await eventually("one is a dead letter") { try await overview(scheduler).dead == 1 }
        let queue = try #require(try await overview(scheduler).queues.first)
        #expect(queue.name == "default" && queue.dead == 1 && queue.running == 1 && queue.ready == 1 && queue.workers == 1)
        let listed = try await scheduler.call(SchedulerService.listQueues, Proto.ListQueuesRequest(names: ["default", "nobody's"]))
        #expect(listed.queues.map(\.dead) == [1, 0])
        try await worker.stop()
        try await eventually("it is gone") { try await overview(scheduler).workers.isEmpty }
        try await scheduler.stop()
    }

    @Test("what a person has run is not to be tried again until a try has failed")
    func retrying() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        var ids: [[UInt8]] = []
        for _ in 0..<2 { ids.append(try await scheduler.create(SchedulerUnderTest.request(in: 3_600, rule: "FREQ=HOURLY"))) }
        #expect(try await scheduler.change(.run, ids).map(\.result) == [.done, .done])
        try await eventually("both are ready") { try await overview(scheduler).ready == 2 }
        #expect(try await overview(scheduler).retrying == 0)
        let worker = WorkerPeer(scheduler, credit: 2)
        try await eventually("both run") { worker.dispatches.count == 2 }
        let first = try #require(worker.dispatches.first)
        worker.send(
            Proto.WorkerMessage(outcomes: [
                Proto.OutcomeReport(
                    lease: first.lease, id: first.id, scheduledAt: first.scheduledAt, outcome: .known(.retry), retryAfterMs: 60_000,
                    startedAtMs: SystemClock.now.count, statusCode: 503)
            ]))
        try await eventually("one is to be tried again") { try await overview(scheduler).retrying == 1 }
        #expect(try await overview(scheduler).queues.map(\.retrying) == [1])
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("who watches is told at least once a second, and at once what there is when it begins")
    func watch() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let told = NIOLockedValueBox<[Proto.OverviewReply]>([])
        let client = Client(
            to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: scheduler.port)], settings: SchedulerUnderTest.settings(.gateway),
            repetition: .never, eventLoop: scheduler.gateway.eventLoop, logger: quiet
        ) { connection in
            guard let stream = connection.stream(SchedulerService.watch) else { return }
            stream.onMessage = { overview in told.withLockedValue { $0.append(overview) } }
            stream.send(Proto.OverviewRequest())
        }
        client.start()
        try await eventually("it is told again") { told.withLockedValue { $0.count } >= 3 }
        try await scheduler.create()
        try await eventually("it is told what has changed") { told.withLockedValue { $0.last?.ready } == 1 }
        await client.stop()
        try await scheduler.stop()
    }

    @Test("rates are those of the last few samples")
    func rates() {
        var rates = Rates(), totals = Totals()
        #expect(rates.milli(\.created, of: totals, at: 1_000) == 0)
        for second in 0..<Int64(20) {
            rates.sample(totals, at: MonotonicMilliseconds(1_000 * second))
            totals.created += second < 10 ? 1 : 7
        }
        #expect(rates.milli(\.created, of: totals, at: 20_000) == 7_000)
        #expect(rates.milli(\.dispatched, of: totals, at: 20_000) == 0)
    }
}
