import Storage
import TaskDomain
import TaskMessages
import TaskWire
import Testing

@testable import scheduler

@Suite("Changes of all that match", .timeLimit(.minutes(3)))
struct BulkTests {
    /// One series of a caller with dead letters a second apart.
    private func deadLetters(_ count: Int64, of caller: String, from first: UnixSeconds, in store: any Store) async throws -> ReminderID {
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        let id = ReminderID(at: first.milliseconds, using: &random)
        let reminder = Reminder(
            id: id, schedule: Schedule(start: first, rule: "FREQ=SECONDLY"), handling: Handling(), payload: Payload(task: "test", arguments: []),
            createdAt: first.milliseconds, caller: caller, sealedAuthorization: [])
        var writes: [StoreWrite] = [.create(reminder, position: SeriesPosition(scheduledAt: first, index: 1), idempotency: nil)]
        for number in 0..<count {
            let at = first + number
            let attempt = Attempt(
                scheduledAt: at, number: 1, startedAt: at.milliseconds, durationMicroseconds: 0, outcome: .rejected, statusCode: 404,
                detail: "")
            let move = PositionMove(from: at, to: number + 1 == count ? nil : SeriesPosition(scheduledAt: at + 1, index: number + 2))
            writes.append(.settle(OccurrenceKey(reminder: id, scheduledAt: at), attempt, .dead(tries: Tries(attempts: 1)), move: move))
        }
        while !writes.isEmpty {
            let some = Array(writes.prefix(2_000))
            writes.removeFirst(some.count)
            try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
                store.submit(some) { done.resume(with: $0.map { _ in }) }
            }
        }
        return id
    }

    @Test("a caller's dead letter is found behind any number of newer ones of others", arguments: [Proto.ChangeOccurrencesRequest.Action.replay, .discard])
    func foreign(action: Proto.ChangeOccurrencesRequest.Action) async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let past = SystemClock.now.second - 100_000
        _ = try await deadLetters(1, of: "a", from: past, in: scheduler.store)
        _ = try await deadLetters(10_001, of: "b", from: past + 10, in: scheduler.store)
        var filter = Proto.OccurrenceFilter(state: .dead)
        filter.caller = "a"
        var changed: [UInt32] = [], cursor: [UInt8] = []
        repeat {
            let reply = try await scheduler.call(
                SchedulerService.changeOccurrences, Proto.ChangeOccurrencesRequest(action: action, filter: filter, limit: 1_000, cursor: cursor))
            changed.append(reply.changed)
            cursor = reply.cursor
        } while !cursor.isEmpty && changed.count < 100
        #expect(changed == [0, 1])
        try await scheduler.stop()
    }

    @Test("a cursor that is none of this list is refused")
    func cursors() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        for cursor in [[1], ListCursor(.newestFirst, major: 1).bytes] {
            let request = Proto.ChangeOccurrencesRequest(action: .replay, filter: Proto.OccurrenceFilter(state: .dead), limit: 1, cursor: cursor)
            let error = await #expect(throws: CallError.self) { try await scheduler.call(SchedulerService.changeOccurrences, request) }
            #expect(error?.code == .invalidArgument)
        }
        try await scheduler.stop()
    }
}
