import TaskDomain
import TaskMessages
import TaskWire
import Testing
import TestSupport

@testable import scheduler

@Suite("A single occurrence called off", .timeLimit(.minutes(1)))
struct CancelOccurrenceTests {
    private static func cancel(_ scheduler: SchedulerUnderTest, _ dispatch: Proto.Dispatch, caller: String = "") async throws -> Proto.CancelOccurrenceReply {
        try await scheduler.call(
            SchedulerService.cancelOccurrence,
            Proto.CancelOccurrenceRequest(occurrence: Proto.OccurrenceRef(id: dispatch.id, scheduledAt: dispatch.scheduledAt), caller: caller))
    }

    @Test("its worker is told, and the answer says what it came to when that is stored")
    func ended() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let worker = WorkerPeer(scheduler)
        let id = try await scheduler.create()
        try await eventually("it has it") { worker.dispatches.count == 1 }
        let dispatch = worker.dispatches[0]
        #expect(try await Self.cancel(scheduler, dispatch, caller: "another").result == .notFound)
        #expect(worker.revoked.isEmpty)
        async let reply = Self.cancel(scheduler, dispatch)
        try await eventually("it is told") { worker.revoked == [dispatch.lease] }
        worker.send(
            Proto.WorkerMessage(
                outcomes: [
                    Proto.OutcomeReport(
                        lease: dispatch.lease, id: dispatch.id, scheduledAt: dispatch.scheduledAt, outcome: .known(.retry), startedAtMs: dispatch.scheduledAt * 1_000,
                        statusCode: 503, detail: "the backend is down")
                ]))
        let said = try await reply
        #expect(said.result == .ended && said.outcome == .cancelled)
        let attempts = try await scheduler.call(SchedulerService.attempts, Proto.AttemptsRequest(id: id, limit: 9)).attempts
        #expect(attempts.map(\.outcome) == [.cancelled] && attempts[0].statusCode == 503 && attempts[0].detail == "called off: the backend is down")
        #expect(try await scheduler.reminder(id).state == .completed)
        let result = try await scheduler.call(SchedulerService.result, Proto.ResultRequest(id: id, scheduledAt: dispatch.scheduledAt))
        #expect(result.state == .cancelled)
        #expect(try await Self.cancel(scheduler, dispatch).result == .notFound)
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("one that goes on for more than a second is said to be on its way, and what no occurrence is is refused")
    func onItsWay() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let worker = WorkerPeer(scheduler)
        try await scheduler.create()
        try await eventually("it has it") { worker.dispatches.count == 1 }
        let said = try await Self.cancel(scheduler, worker.dispatches[0])
        #expect(said.result == .onItsWay && said.outcome == nil)
        for wrong in [Proto.CancelOccurrenceRequest(), Proto.CancelOccurrenceRequest(occurrence: Proto.OccurrenceRef(id: [1]))] {
            await #expect(throws: CallError.self) { try await scheduler.call(SchedulerService.cancelOccurrence, wrong) }
        }
        try await worker.stop()
        try await scheduler.stop()
    }
}
