// Measures the SQLite store: creates and settles a second with many under way, pages of due entries, and creates with
// few under way, where each commit's fsync is waited for, beside what the disk gives for an fsync.
//
//     storage-benchmark [directory] [number of reminders] [prune: only how fast old rows go, alone and beside creates]

import Foundation
import SQLiteStore
import Storage
import Synchronization
import TaskDomain

let arguments = CommandLine.arguments
let parent = arguments.count > 1 ? arguments[1] : NSTemporaryDirectory()
let total = arguments.count > 2 ? Int(arguments[2]) ?? 300_000 : 300_000
let directory = parent + "/storage-benchmark-\(ProcessInfo.processInfo.processIdentifier)"
try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(atPath: directory) }

func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func measure(_ name: String, _ count: Int, _ body: () -> Void) {
    let clock = ContinuousClock(), cpu = cpuSeconds()
    let elapsed = clock.measure(body) / .seconds(1)
    let used = cpuSeconds() - cpu
    print(
        name.padding(toLength: 34, withPad: " ", startingAt: 0),
        String(format: "%9.0f /s", Double(count) / elapsed),
        String(format: "%9.0f /s of CPU  (%.2f s, CPU %.2f s)", Double(count) / used, elapsed, used))
}

func fail(_ error: StoreError) -> Never {
    print("failed: \(error)")
    exit(1)
}

/// Submits each write by itself, at most `underWay` unanswered.
func submitAll(_ store: some Store, _ writes: [StoreWrite], underWay: Int = 16_384) {
    let room = DispatchSemaphore(value: underWay), all = DispatchGroup()
    for write in writes {
        room.wait()
        all.enter()
        store.submit([write]) { result in
            if case .failure(let error) = result { fail(error) }
            room.signal()
            all.leave()
        }
    }
    all.wait()
}

var random = SystemRandomNumberGenerator()
let begin = UnixSeconds(1_790_000_000)
let notification = (0..<420).map { _ in UInt8.random(in: 32...126, using: &random) }
let sealed = (0..<96).map { _ in UInt8.random(in: 0...255, using: &random) }

@MainActor func reminder(_ index: Int) -> Reminder {
    Reminder(
        id: ReminderID(at: begin.milliseconds + Int64(index / 40), using: &random),
        schedule: Schedule(start: begin + 3600 + Int64.random(in: 0..<(30 * 86_400), using: &random)), handling: Handling(),
        payload: Payload(
            task: TaskName.notification, arguments: notification, description: "a class begins",
            classroomID: "classroom-\(index % 1000)", createdBy: "teacher-\(index % 100)"),
        createdAt: begin.milliseconds + Int64(index / 40), sealedAuthorization: sealed)
}

func create(_ reminder: Reminder) -> StoreWrite {
    .create(reminder, position: SeriesPosition(scheduledAt: reminder.schedule.start, index: 1), idempotency: nil)
}

let reminders = (0..<total).map { reminder($0) }
let store = try SQLiteStore(path: directory + "/benchmark.db") { print("fault: \($0)") }
print("\(total) reminders of about \(notification.count + sealed.count + 180) bytes")
measure("create, one write a submit", total) {
    submitAll(store, reminders.map(create))
}

let onlyPruning = arguments.contains("prune")
nonisolated(unsafe) var loaded = 0  // Written by one completion at a time, each waited for.
for limit in [1000] {
    measure("load, entries in pages of \(limit)", min(total, Shard.count * limit)) {
        for shard in Shard.all {
            let done = DispatchSemaphore(value: 0)
            store.load(shard: shard, after: nil, through: .distantFuture, limit: limit) { result in
                if case .success(let page) = result { loaded += page.entries.count }
                done.signal()
            }
            done.wait()
        }
    }
}
print("    (\(loaded) entries in \(Shard.count) pages)")

/// Walks a list to its end in pages of 50, and prints what a page takes.
@MainActor func measureList(_ name: String, pages most: Int = 400, _ change: (inout ReminderFilter) -> Void) {
    var filter = ReminderFilter()
    change(&filter)
    nonisolated(unsafe) var page = ListPage<ReminderSummary>()  // Written by one completion, which is waited for.
    var times: [Double] = [], items = 0
    repeat {
        let done = DispatchSemaphore(value: 0), after = page.next
        times.append(
            ContinuousClock().measure {
                store.list(filter, after: after, limit: 50) { result in
                    if case .success(let found) = result { page = found }
                    done.signal()
                }
                done.wait()
            } / .milliseconds(1))
        items += page.items.count
    } while page.next != nil && times.count < most
    let last = times.last ?? 0, first = times.first ?? 0
    times.sort()
    print(
        ("list: " + name).padding(toLength: 44, withPad: " ", startingAt: 0),
        String(
            format: "%5d items, %4d pages: first %.2f ms, last %.2f ms, median %.2f ms, p99 %.2f ms", items, times.count, first, last,
            times[times.count / 2], times[min(times.count - 1, times.count * 99 / 100)]))
}
if !onlyPruning {
    print("\(total) reminders stored; pages of 50")
    measureList("all", pages: 100_000) { _ in }
    measureList("of a classroom") { $0.classroomID = "classroom-7" }
    measureList("of a person") { $0.createdBy = "teacher-7" }
    measureList("of a classroom, scheduled") { ($0.classroomID, $0.state) = ("classroom-7", .scheduled) }
    measureList("scheduled") { $0.state = .scheduled }
    measureList("completed, of which there are none") { $0.state = .completed }
    measureList("paused, of which there are none") { $0.state = .paused }
    measureList("of another queue") { $0.queue = "other" }
    measureList("due within a day, by due time") { ($0.dueAfter, $0.dueBefore) = (begin, begin + 86_400) }
    measureList("by due time, all", pages: 100_000) { $0.dueAfter = begin }
    measureList("a text that no description holds") { $0.text = "zebra" }
}

let settles: [StoreWrite] = reminders.sorted { $0.schedule.start < $1.schedule.start }.map { reminder in
    let at = reminder.schedule.start
    return .settle(
        OccurrenceKey(reminder: reminder.id, scheduledAt: at),
        Attempt(
            scheduledAt: at, number: 1, startedAt: at.milliseconds + 3, durationMicroseconds: 8400,
            outcome: .delivered, statusCode: 200, detail: ""),
        .delivered, move: PositionMove(from: at, to: nil))
}
measure("settle, one write a submit", total) { submitAll(store, settles) }

let singles = min(2000, total)
if !onlyPruning {
    // New rows each time: SQLite writes no page, and so calls no fsync, for an update that changes nothing.
    for lanes in [1, 64] {
        let fresh = (total..<(total + singles * lanes)).map { create(reminder($0)) }
        measure("create, \(lanes) under way", fresh.count) { submitAll(store, fresh, underWay: lanes) }
    }

    let keyed = (0..<min(100_000, total)).map { index in
        let key = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        let record = IdempotencyRecord(key: key, request: key, answer: sealed, createdAt: begin.milliseconds + Int64(index / 20))
        let reminder = reminder(index)
        return StoreWrite.create(reminder, position: SeriesPosition(scheduledAt: reminder.schedule.start, index: 1), idempotency: record)
    }
    measure("create with an idempotency key", keyed.count) { submitAll(store, keyed) }
}

/// MiB that this process has written, to the log and to the database.
func mebibytesWritten() -> Double {
    let text = (try? String(contentsOfFile: "/proc/self/io", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("wchar: ") }
    return (line.flatMap { Double($0.dropFirst(7)) } ?? 0) / 1_048_576
}

/// What `body` took of the processor, of all threads.
func processorTime(_ body: () -> Void) -> Double {
    let before = cpuSeconds()
    body()
    return cpuSeconds() - before
}

/// Prunes in rounds as the scheduler does, with its pauses, until nothing older is left, or for so long.
/// - Returns: rows removed, and the time of the longest round.
func pruneAll(_ store: some Store, finishedBefore: UnixMilliseconds, atMost: Duration = .seconds(3600)) -> (rows: Int, longest: Duration) {
    var rows = 0, longest = Duration.zero
    let end = ContinuousClock.now + atMost
    nonisolated(unsafe) var progress = PruneProgress()  // Written by one completion, which is waited for.
    repeat {
        let done = DispatchSemaphore(value: 0)
        let request = Pruning(
            finishedBefore: finishedBefore, deadBefore: .distantPast, idempotencyBefore: .distantPast,
            now: begin.milliseconds, rows: 5_000)
        let took = ContinuousClock().measure {
            store.prune(request) { result in
                if case .success(let found) = result { progress = found }
                done.signal()
            }
            done.wait()
        }
        let removed = progress.rows.values.reduce(0, +)
        rows += removed
        longest = max(longest, took)
        let turn = took / .seconds(1)
        if progress.hasMore { Thread.sleep(forTimeInterval: max(turn / 2, Double(removed) / 25_000 - turn)) }
    } while progress.hasMore && .now < end
    return (rows, longest)
}

func printPrune(_ name: String, _ pruned: (rows: Int, longest: Duration), took: Duration, cpu: Double) {
    print(
        name.padding(toLength: 34, withPad: " ", startingAt: 0),
        String(
            format: "%9.0f /s  (%d rows, %.2f s, CPU of all %.2f s, the longest round %.0f ms)", Double(pruned.rows) / (took / .seconds(1)),
            pruned.rows, took / .seconds(1), cpu, pruned.longest / .milliseconds(1)))
}

/// Creates, 64 under way, for as long as `body` takes.
/// - Returns: creates a second.
@MainActor func creating(_ body: () -> Void) -> Double {
    let isOver = Atomic(false), count = Atomic(0), loaders = DispatchGroup()
    let fresh = (0..<150_000).map { create(reminder($0)) }
    loaders.enter()
    Thread.detachNewThread { [store] in
        let room = DispatchSemaphore(value: 64)
        for write in fresh where !isOver.load(ordering: .relaxed) {
            room.wait()
            store.submit([write]) { result in
                if case .failure(let error) = result { fail(error) }
                count.add(1, ordering: .relaxed)
                room.signal()
            }
        }
        loaders.leave()
    }
    let took = ContinuousClock().measure(body)
    let done = count.load(ordering: .relaxed)
    isOver.store(true, ordering: .relaxed)
    loaders.wait()
    return Double(done) / (took / .seconds(1))
}

for days: Int64 in [6, 12, 18, 24] {
    var pruned = (rows: 0, longest: Duration.zero), took = Duration.zero
    let before = mebibytesWritten()
    let cpu = processorTime {
        took = ContinuousClock().measure { pruned = pruneAll(store, finishedBefore: (begin + 3600 + days * 86_400).milliseconds) }
    }
    printPrune("prune, rows", pruned, took: took, cpu: cpu)
    print(
        String(
            format: "    of 1,000 rows: %.1f MiB written, %.1f ms of CPU", (mebibytesWritten() - before) / Double(pruned.rows) * 1_000,
            cpu / Double(pruned.rows) * 1e6))
}
// In turns, so that both have the same machine.
var alone: [Double] = [], beside: [Double] = [], rates: [Double] = []
for turn in 1...3 {
    alone.append(creating { Thread.sleep(forTimeInterval: 1.5) })
    var pruned = (rows: 0, longest: Duration.zero), took = Duration.zero, rate = 0.0
    let cpu = processorTime {
        rate = creating {
            took = ContinuousClock().measure { pruned = pruneAll(store, finishedBefore: .distantFuture, atMost: .milliseconds(2500)) }
        }
    }
    beside.append(rate)
    rates.append(Double(pruned.rows) / (took / .seconds(1)))
    printPrune("prune, rows, beside creates, \(turn)", pruned, took: took, cpu: cpu)
}
let mean = { (values: [Double]) in values.reduce(0, +) / Double(values.count) }
print(
    String(
        format: "creates beside it %.0f /s, alone %.0f /s: %.2f; rows pruned beside them %.0f /s", mean(beside), mean(alone),
        mean(beside) / mean(alone), mean(rates)))

let file = open(directory + "/raw", O_RDWR | O_CREAT, 0o600)
let page = [UInt8](repeating: 1, count: 4096 + 24)
measure("raw: write one page, fsync", singles) {
    for _ in 0..<singles {
        _ = page.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        fsync(file)
    }
}
close(file)
await store.close()
