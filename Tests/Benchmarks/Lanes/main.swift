import Foundation
import SchedulerCore
import Storage
import TaskDomain

/// How much of the processor's time the scheduler's core takes for one occurrence, from falling due to being handed out, by the number
/// of lanes, callers, workers and queues that it has to do with meanwhile: with none of them it may grow by more than a heap does.
///
/// usage: lanes-benchmark [ENTRIES]

let entries = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 100_000

/// What is varied: so many names of each, given out in turn.
struct Shape {
    let name: String
    var queues = 1, tasks = 1, callers = 1, workers = 1
    /// Lanes with something that nobody serves.
    var unserved = 0
    /// Of these so many find a place in memory; the others are left to the disk.
    var places = Int.max
}

func reminder(_ number: Int, queue: String, task: String, caller: String, now: Moment) -> DueEntry {
    let id = ReminderID(high: UInt64(number) << 16 | 0x7000, low: UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
    let reminder = Reminder(
        id: id, schedule: Schedule(start: now.wall.second), handling: Handling(queue: queue),
        payload: Payload(task: task, arguments: []), createdAt: now.wall, caller: caller, sealedAuthorization: [])
    return DueEntry(reminder, at: SeriesPosition(scheduledAt: reminder.schedule.start, index: 1))
}

/// A core with a store that has nothing, and answers at once.
struct Harness {
    var core: SchedulerCore
    let now = Moment(wall: UnixMilliseconds(1_800_000_000_000), monotonic: MonotonicMilliseconds(1_000))
    var dispatched = 0, shelved = 0

    init(maxEntries: Int) {
        var configuration = CoreConfiguration()
        configuration.maxEntriesInMemory = maxEntries
        core = SchedulerCore(configuration: configuration, seed: 1)
        handle(.take(Shard.all.map { OwnedShard($0, epoch: 1) }, rejoin: []))
    }

    mutating func handle(_ event: Event) {
        var events = [event]
        while let event = events.popLast() {
            var effects: [Effect] = []
            core.handle(event, now: now, effects: &effects)
            for effect in effects {
                switch effect {
                case .load(let token, let shard, _, _, _): events.append(.loaded(token: token, shard, DuePage()))
                case .loadShelf(let token, _, _, _, _): events.append(.shelfLoaded(token: token, ShelfPage()))
                case .write(let token, let writes, _):
                    shelved += writes.count { if case .shelve = $0 { true } else { false } }
                    events.append(.written(token: token, writes.map { _ in .done }))
                case .dispatch(_, let dispatches): dispatched += dispatches.count
                case .acknowledge, .extended, .revoke, .recall, .answer, .cancelled, .refuse, .released: break
                }
            }
        }
    }
}

/// Microseconds of this process, whatever else the machine does.
func processorTime(_ work: () -> Void) -> Double {
    let begin = clock()
    work()
    return Double(clock() - begin) * 1e6 / Double(CLOCKS_PER_SEC)
}

func measure(_ shape: Shape) {
    var harness = Harness(maxEntries: 2 * entries + 10 * min(shape.unserved, shape.places) + 10_000)
    let queues = (0..<shape.queues).map { "q\($0)" }, tasks = (0..<shape.tasks).map { "t\($0)" }
    // Each worker announces at most 256 names of either kind; together they serve all.
    let parts = max(1, (shape.queues + 255) / 256)
    for worker in 0..<max(shape.workers, parts) {
        let part = worker % parts
        harness.handle(
            .workerAttached(
                WorkerID(rawValue: UInt64(worker + 1)), instance: "w\(worker)",
                queues: Array(queues[(part * shape.queues / parts)..<((part + 1) * shape.queues / parts)]), tasks: tasks, creditLimit: 0, running: []))
    }
    let others = processorTime {
        for number in 0..<shape.unserved {
            harness.handle(.created(reminder(entries + number, queue: "u\(number)", task: "u", caller: "", now: harness.now)))
        }
    }
    let ready = processorTime {
        for number in 0..<entries {
            let entry = reminder(
                number, queue: queues[number % shape.queues], task: tasks[number / shape.queues % shape.tasks],
                caller: "c\(number % shape.callers)", now: harness.now)
            harness.handle(.created(entry))
        }
    }
    let workers = max(shape.workers, parts)
    let handedOut = processorTime {
        var credit = 0
        while harness.dispatched < entries, credit < 4 * entries {
            harness.handle(.creditLimit(WorkerID(rawValue: UInt64(credit % workers + 1)), credit / workers + 1))
            credit += 1
        }
    }
    func each(_ microseconds: Double, of count: Int) -> String { "\((microseconds / Double(count) * 100).rounded() / 100) µs" }
    let rest = shape.unserved > 0 ? "; of what nobody serves \(each(others, of: shape.unserved)), \(harness.shelved) left to the disk" : ""
    print(
        "\(shape.name): ready in \(each(ready, of: entries)), handed out in \(each(handedOut, of: entries)) each; "
            + "\(harness.dispatched) of \(entries)\(rest)")
}

for shape in [
    Shape(name: "one lane"),
    Shape(name: "1,000 callers", callers: 1_000),
    Shape(name: "100,000 callers", callers: 100_000),
    Shape(name: "250 queues of 200 tasks: 50,000 lanes", queues: 250, tasks: 200),
    Shape(name: "1,000 queues of 200 tasks: 200,000 lanes", queues: 1_000, tasks: 200),
    Shape(name: "1,000 workers", workers: 1_000),
    Shape(name: "200,000 lanes that nobody serves", unserved: 200_000),
    Shape(name: "200,000 of them, with 20,000 places", unserved: 200_000, places: 20_000),
    Shape(name: "800,000 of them, with 20,000 places", unserved: 800_000, places: 20_000),
] {
    measure(shape)
}
