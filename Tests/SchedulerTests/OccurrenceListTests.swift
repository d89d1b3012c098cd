import TaskDomain
import TaskMessages
import TaskWire
import Testing
import TestSupport

@testable import scheduler

@Suite("Lists of occurrences by where they stand", .timeLimit(.minutes(2)))
struct OccurrenceListTests {
    private func list(
        _ scheduler: SchedulerUnderTest, _ state: Proto.OccurrenceState, caller: String = "", cursor: [UInt8] = [], limit: UInt32 = 10
    ) async throws -> Proto.ListOccurrencesReply {
        let filter = Proto.OccurrenceFilter(state: state, caller: caller)
        return try await scheduler.call(
            SchedulerService.listOccurrences, Proto.ListOccurrencesRequest(filter: filter, cursor: cursor, limit: limit))
    }

    @Test("what waits for a worker is ready, what one has runs there, and what is to be tried again says when")
    func states() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let first = try await scheduler.create(), second = try await scheduler.create()
        try await eventually("both are ready") { try await list(scheduler, .ready).occurrences.map(\.id) == [first, second] }
        let page = try await list(scheduler, .ready, limit: 1)
        #expect(page.occurrences.map(\.id) == [first] && page.occurrences[0].state == .ready && page.occurrences[0].attempt == 1)
        let rest = try await list(scheduler, .ready, cursor: page.cursor)
        #expect(rest.occurrences.map(\.id) == [second] && rest.cursor.isEmpty && rest.occurrences[0].worker.isEmpty)

        let worker = WorkerPeer(scheduler, credit: 1)
        try await eventually("one runs") { try await list(scheduler, .running).occurrences.count == 1 }
        let run = try await list(scheduler, .running).occurrences[0]
        #expect(run.state == .running && run.worker == "worker-1" && (1...60_000).contains(run.leaseMs) && run.sinceMs > 0)
        #expect(try await list(scheduler, .ready).occurrences.count == 1)

        let dispatch = try #require(worker.dispatches.first)
        worker.send(
            Proto.WorkerMessage(outcomes: [
                Proto.OutcomeReport(
                    lease: dispatch.lease, id: dispatch.id, scheduledAt: dispatch.scheduledAt, outcome: .known(.retry), retryAfterMs: 1_000,
                    startedAtMs: SystemClock.now.count, statusCode: 503)
            ]))
        try await eventually("it is to be tried again") { try await list(scheduler, .retrying).occurrences.count == 1 }
        let retry = try await list(scheduler, .retrying).occurrences[0]
        #expect(retry.state == .retrying && retry.id == dispatch.id && retry.attempt == 2 && retry.attempts == 1 && retry.sinceMs == 0)
        #expect(retry.nextTryMs > 0 && retry.worker.isEmpty)
        worker.limit(3)
        try await eventually("its next try runs") { try await list(scheduler, .running).occurrences.contains { $0.id == dispatch.id } }
        #expect(try await list(scheduler, .retrying).occurrences.isEmpty)
        try await worker.stop()
        try await scheduler.stop()
    }

    @Test("a caller sees its own, in every state")
    func own() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        var request = SchedulerUnderTest.request()
        request.reminder?.caller = "a"
        let id = try await scheduler.create(request)
        try await scheduler.create()
        try await eventually("both are ready") { try await list(scheduler, .ready).occurrences.count == 2 }
        #expect(try await list(scheduler, .ready, caller: "a").occurrences.map(\.id) == [id])
        #expect(try await list(scheduler, .ready, caller: "b").occurrences.isEmpty)
        try await scheduler.stop()
    }

    @Test("a cursor of another list is refused, and one of a former process begins anew; what is in memory alone is not changed")
    func cursors() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        try await scheduler.create()
        try await eventually("it is ready") { try await list(scheduler, .ready).occurrences.count == 1 }
        let former = ListCursor(.longestFirst, major: 1_000, key: OccurrenceKey(reminder: ReminderID(high: 1, low: 2), scheduledAt: 0)).bytes
        #expect(try await list(scheduler, .ready, cursor: former).occurrences.count == 1)
        let foreign = ListCursor(.latestSetAside, major: 1).bytes
        for state in [Proto.OccurrenceState.ready, .running, .retrying] {
            await #expect(throws: CallError.self) { try await list(scheduler, state, cursor: foreign) }
            await #expect(throws: CallError.self) {
                try await scheduler.call(
                    SchedulerService.changeOccurrences,
                    Proto.ChangeOccurrencesRequest(action: .discard, filter: Proto.OccurrenceFilter(state: state), limit: 1))
            }
        }
        await #expect(throws: CallError.self) { try await scheduler.call(SchedulerService.listOccurrences, Proto.ListOccurrencesRequest(limit: 1)) }
        try await scheduler.stop()
    }
}
