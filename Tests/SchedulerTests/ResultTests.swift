import TaskDomain
import TaskMessages
import Testing
import TestSupport

@testable import scheduler

@Suite("Asking for an occurrence's result", .timeLimit(.minutes(2)))
struct ResultTests {
    private static func ask(_ scheduler: SchedulerUnderTest, _ id: [UInt8], _ at: Int64, caller: String = "") async throws -> Proto.ResultReply {
        try await scheduler.call(SchedulerService.result, Proto.ResultRequest(id: id, scheduledAt: at, caller: caller))
    }

    private static func report(_ dispatch: Proto.Dispatch, _ outcome: Proto.Outcome, detail: String = "", result: [UInt8] = []) -> Proto.WorkerMessage {
        Proto.WorkerMessage(
            outcomes: [
                Proto.OutcomeReport(
                    lease: dispatch.lease, id: dispatch.id, scheduledAt: dispatch.scheduledAt, outcome: .known(outcome),
                    startedAtMs: SystemClock.now.count, detail: detail, result: result)
            ])
    }

    @Test("it is open until it has ended, and then has what its task returned")
    func done() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let request = SchedulerUnderTest.request(), id = try await scheduler.create(request), at = try #require(request.position).scheduledAt
        #expect(try await Self.ask(scheduler, id, at).state == .open)
        // Without a time the schedule's start is meant.
        #expect(try await scheduler.call(SchedulerService.result, Proto.ResultRequest(id: id)) == Proto.ResultReply(state: .open, scheduledAt: at))
        let worker = WorkerPeer(scheduler)
        try await eventually("it is handed out") { worker.dispatches.count == 1 }
        #expect(try await Self.ask(scheduler, id, at) == Proto.ResultReply(state: .open, scheduledAt: at))
        worker.send(Self.report(worker.dispatches[0], .delivered, result: Array("[7]".utf8)))
        try await eventually("it is acknowledged") { worker.acknowledged.count == 1 }
        let reply = try await Self.ask(scheduler, id, at)
        #expect(reply.state == .done && reply.attempt?.result == Array("[7]".utf8) && reply.attempt?.outcome == .delivered)
        let attempts = try await scheduler.call(SchedulerService.attempts, Proto.AttemptsRequest(id: id, limit: 10)).attempts
        #expect(attempts.map(\.result) == [Array("[7]".utf8)] && attempts.map(\.resultLeftOut) == [false])
        // Another second, another caller's, another reminder.
        #expect(try await Self.ask(scheduler, id, at + 1).state == .notFound)
        #expect(try await Self.ask(scheduler, id, at, caller: "somebody").state == .notFound)
        #expect(try await Self.ask(scheduler, Array(repeating: 7, count: 16), at).state == .notFound)
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("what is to be tried again is open, a dead letter is dead, and what is cancelled or not of its schedule is told apart")
    func ends() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let later = SchedulerUnderTest.request(in: 3_600, rule: "FREQ=DAILY"), start = try #require(later.position).scheduledAt
        let series = try await scheduler.create(later)
        for (second, state) in [(start, Proto.ResultReply.State.open), (start + 86_400, .open), (start + 1, .notFound)] {
            #expect(try await Self.ask(scheduler, series, second).state == state)
        }
        _ = try await scheduler.change(.cancel, [series])
        #expect(try await Self.ask(scheduler, series, start).state == .cancelled)

        let worker = WorkerPeer(scheduler)
        for (outcome, state) in [(Proto.Outcome.retry, Proto.ResultReply.State.open), (.rejected, .dead)] {
            let count = worker.dispatches.count, request = SchedulerUnderTest.request()
            let id = try await scheduler.create(request)
            try await eventually("it is handed out") { worker.dispatches.count == count + 1 }
            worker.send(Self.report(worker.dispatches[count], outcome, detail: "why", result: Array("[8]".utf8)))
            try await eventually("it is acknowledged") { worker.acknowledged.contains(worker.dispatches[count].lease) }
            let reply = try await Self.ask(scheduler, id, try #require(request.position).scheduledAt)
            // Only what is done has a result.
            #expect(reply.state == state && reply.attempt?.detail == "why" && reply.attempt?.result == [])
            _ = try await scheduler.change(.cancel, [id])
        }
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("a worker's result beyond the bound is left out in words; one at the bound is kept")
    func bound() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder()), worker = WorkerPeer(scheduler)
        for bytes in [Attempt.resultLimit, Attempt.resultLimit + 1] {
            let count = worker.dispatches.count, request = SchedulerUnderTest.request()
            let id = try await scheduler.create(request)
            try await eventually("it is handed out") { worker.dispatches.count == count + 1 }
            worker.send(Self.report(worker.dispatches[count], .delivered, result: [UInt8](repeating: 0x31, count: bytes)))
            try await eventually("it is acknowledged") { worker.acknowledged.contains(worker.dispatches[count].lease) }
            let reply = try await Self.ask(scheduler, id, try #require(request.position).scheduledAt), isKept = bytes == Attempt.resultLimit
            #expect(reply.state == .done && reply.attempt?.result.count == (isKept ? bytes : 0))
            #expect(reply.attempt?.detail == (isKept ? "" : "the result, 65537 bytes, was not kept: 65536 are allowed"))
        }
        try await worker.stop()
        try await scheduler.stop()
    }
}
