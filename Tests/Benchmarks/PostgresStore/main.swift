// Measures the PostgreSQL store alone: creates and settlements a second, in transactions of a fixed size. Prints them as JSON.
//
//     postgres-benchmark CONNECTION-STRING [number of reminders] [writes in a batch] [none | by-shard | citus]
//
// A batch is a transaction where the tables are not distributed, and else one for each shard that it has writes to. The ids are drawn as a
// gateway draws them, several in a row of one shard.

import Dispatch
import Foundation
import PostgresStore
import Storage
import TaskDomain

let arguments = CommandLine.arguments
guard arguments.count > 1 else {
    print("usage: postgres-benchmark CONNECTION-STRING [number of reminders] [writes in a batch] [none | by-shard | citus]")
    exit(64)
}
let total = arguments.count > 2 ? Int(arguments[2]) ?? 100_000 : 100_000
let batch = arguments.count > 3 ? Int(arguments[3]) ?? 64 : 64
let distribution = arguments.count > 4 ? PostgresDistribution(rawValue: arguments[4]) ?? .none : .none
/// Ids in a row of one shard (`FreshIDs.idsInARow`).
let inARow = 64
/// Batches that are not answered: one is being written while the next is made.
let underWay = 4

@Sendable func fail(_ error: StoreError) -> Never {
    print("failed: \(error)")
    exit(1)
}

/// - Returns: writes a second.
func submitAll(_ store: some Store, _ writes: [StoreWrite]) -> Double {
    let room = DispatchSemaphore(value: underWay), all = DispatchGroup()
    let took = ContinuousClock().measure {
        for start in stride(from: 0, to: writes.count, by: batch) {
            room.wait()
            all.enter()
            store.submit(Array(writes[start..<min(writes.count, start + batch)])) { result in
                if case .failure(let error) = result { fail(error) }
                room.signal()
                all.leave()
            }
        }
        all.wait()
    }
    return Double(writes.count) / (took / .seconds(1))
}

var random = SystemRandomNumberGenerator()
let begin = UnixSeconds(1_790_000_000)
let notification = (0..<420).map { _ in UInt8.random(in: 32...126, using: &random) }
let sealed = (0..<96).map { _ in UInt8.random(in: 0...255, using: &random) }
var shard = Shard.all[0]
let reminders = (0..<total).map { index in
    if index % inARow == 0 { shard = Shard.all.randomElement(using: &random) ?? shard }
    let at = begin.milliseconds + Int64(index / 40)
    return Reminder(
        id: ReminderID(at: at, in: shard, using: &random),
        schedule: Schedule(start: begin + 3600 + Int64.random(in: 0..<86_400, using: &random)), handling: Handling(),
        payload: Payload(
            task: TaskName.notification, arguments: notification, description: "a class begins", classroomID: "classroom-\(index % 1000)",
            createdBy: "teacher-\(index % 100)"),
        createdAt: begin.milliseconds + Int64(index / 40), sealedAuthorization: sealed)
}

var limits = PostgresLimits()
limits.writesPerCommit = batch
let store = try PostgresStore(PostgresAddress(arguments[1]), distribution: distribution, limits: limits) { print("fault: \($0)") }
for strand in PostgresStore.strands {
    let taken = DispatchSemaphore(value: 0)
    store.take(strand, passed: 0) { _ in taken.signal() }
    taken.wait()
}
let creates = submitAll(
    store, reminders.map { .create($0, position: SeriesPosition(scheduledAt: $0.schedule.start, index: 1), idempotency: nil) })
let settlements = submitAll(
    store,
    reminders.sorted { $0.schedule.start < $1.schedule.start }.map { reminder in
        let at = reminder.schedule.start
        return .settle(
            OccurrenceKey(reminder: reminder.id, scheduledAt: at),
            Attempt(
                scheduledAt: at, number: 1, startedAt: at.milliseconds + 3, durationMicroseconds: 8400, outcome: .delivered, statusCode: 200,
                detail: ""),
            .delivered, move: PositionMove(from: at, to: nil))
    })
await store.close()
print(String(format: #"{"creates": %.0f, "settlements": %.0f}"#, creates, settlements))
