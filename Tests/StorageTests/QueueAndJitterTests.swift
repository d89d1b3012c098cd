import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("Queues and jitter")
struct QueueAndJitterTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    @Test("a queue's settings come back as they were, the latest of each, also after a restart", arguments: Backend.all)
    func queues(backend: Backend) async throws {
        var store = try backend.open(folder)
        #expect(try await store.queueSettings() == [])
        let settings = [
            QueueSettings(name: "", isPaused: true), QueueSettings(name: "default", maxConcurrency: 1),
            QueueSettings(name: "mail", isPaused: true, maxConcurrency: .max, rate: DispatchRate(count: .max, seconds: .max), fairBy: .nobody),
            QueueSettings(name: "ünï 'x'", rate: DispatchRate(count: 1, seconds: 1)), QueueSettings(name: "plain"),
            QueueSettings(name: "class", fairBy: .classroomID), QueueSettings(name: "creator", fairBy: .createdBy),
        ].sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
        for queue in settings {
            let first = QueueSettings(
                name: queue.name, isPaused: !queue.isPaused, maxConcurrency: 7, rate: DispatchRate(count: 3, seconds: 4), fairBy: .createdBy)
            #expect(try await store.write(.queue(first), .queue(queue), .queue(queue)).map(\.name) == ["done", "done", "done"])
        }
        #expect(try await store.queueSettings() == settings)
        await store.close()
        store = try backend.open(folder)
        #expect(try await store.queueSettings() == settings)
        await store.close()
        await #expect(throws: StoreError.closed) { try await store.queueSettings() }
    }

    @Test("a rate is of a positive number in a positive time")
    func rates() {
        #expect(DispatchRate(count: 1, seconds: 1) != nil)
        for (count, seconds) in [(0, 1), (1, 0), (-1, 1), (1, -1)] { #expect(DispatchRate(count: count, seconds: seconds) == nil) }
    }

    @Test("an occurrence with jitter is loaded for the time that follows from its key, wherever its position came from", arguments: Backend.all)
    func jitter(backend: Backend) async throws {
        var store = try backend.open(folder)
        let reminder = Sample.reminder(rule: "FREQ=MINUTELY", jitterSeconds: 300)
        func expected(_ at: UnixSeconds, _ reminder: Reminder) -> [UnixMilliseconds] { [reminder.due(of: at)] }
        func loaded() async throws -> [UnixMilliseconds] { try await store.due(in: reminder.id.shard).map(\.due.dueAt) }
        func listed(_ due: UnixMilliseconds) async throws -> Bool {
            var filter = ReminderFilter()
            filter.dueAfter = due.second
            filter.dueBefore = due.second + 1
            return try await !store.page(filter, limit: 1).items.isEmpty
        }
        let at = Sample.start
        try await store.write(Sample.create(reminder))
        #expect(try await loaded() == expected(at, reminder))
        let next = DueEntry(reminder, at: SeriesPosition(scheduledAt: at + 60, index: 2))
        try await store.write(
            .settle(
                OccurrenceKey(reminder: reminder.id, scheduledAt: at), Sample.attempt(at, 1, .delivered), .delivered,
                move: PositionMove(from: at, to: SeriesPosition(scheduledAt: at + 60, index: 2), due: next.due.dueAt)))
        #expect(try await loaded() == expected(at + 60, reminder))
        await store.close()
        store = try backend.open(folder)
        #expect(try await loaded() == expected(at + 60, reminder))
        // Another jitter is another time; resumed and replaced positions have theirs too.
        let wide = Sample.reminder(reminder.id, rule: "FREQ=MINUTELY", jitterSeconds: 4_000)
        try await store.change(reminder.id, .replace(wide, position: nil), at: 5)
        #expect(try await loaded() == expected(at + 60, wide))
        #expect(try await listed(wide.due(of: at + 60)))
        try await store.change(reminder.id, .pause, at: 5)
        try await store.change(reminder.id, .resume(goesOnAt: .position(SeriesPosition(scheduledAt: at + 120, index: 3))), at: 5)
        #expect(try await loaded() == expected(at + 120, wide))
        let other = Sample.reminder(reminder.id, start: at + 900, rule: "FREQ=DAILY", jitterSeconds: 77)
        try await store.change(reminder.id, .replace(other, position: SeriesPosition(scheduledAt: at + 900, index: 1)), at: 5)
        #expect(try await loaded() == expected(at + 900, other))
        #expect(try await listed(other.due(of: at + 900)))
        let none = Sample.reminder(reminder.id, start: at + 900, rule: "FREQ=DAILY")
        try await store.change(reminder.id, .replace(none, position: nil), at: 5)
        #expect(try await loaded() == [(at + 900).milliseconds])
        await store.close()
    }

    @Test("jitter is never early, less than its bound, the same every time, and spread")
    func spread() {
        for seconds in [1, 60, 86_400] {
            var delays: Set<Int64> = [], sum: Int64 = 0
            for second in 0..<500 as Range<Int64> {
                let reminder = Sample.reminder(jitterSeconds: seconds), at = Sample.start + second
                let delay = reminder.due(of: at) - at.milliseconds
                #expect(reminder.due(of: at) - at.milliseconds == delay)
                #expect((0..<Int64(seconds) * 1000).contains(delay))
                delays.insert(delay)
                sum += delay
            }
            #expect(delays.count > 300)
            #expect((400...600).contains(sum / Int64(seconds) / 500), "the mean is in the middle")
        }
        // At the end of time there is nothing to add to.
        for at in [UnixSeconds.distantFuture, UnixSeconds(.max / 1_000), UnixSeconds(.max / 1_000 - 1), .distantPast] {
            #expect(Sample.reminder(jitterSeconds: 86_400).due(of: at) >= at.milliseconds)
        }
    }
}
