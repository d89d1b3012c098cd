import NIOConcurrencyHelpers
import TaskDomain
import TaskMessages
import TaskWire
import Testing
import TestSupport

@testable import scheduler
@testable import SchedulerCore

@Suite("Creates and questions", .timeLimit(.minutes(3)))
struct CreateAndListTests {
    @Test("the same create twice is one reminder; what is answered is on disk, also for the next process")
    func create() async throws {
        let folder = try Folder()
        let scheduler = try await SchedulerUnderTest(in: folder)
        let request = SchedulerUnderTest.request(in: 3_600)
        let id = try await scheduler.create(request)
        try await scheduler.create(request)
        let page = try await scheduler.call(SchedulerService.list, Proto.ListRequest(limit: 10))
        #expect(page.reminders.map { $0.reminder?.id } == [id] && page.cursor.isEmpty)
        try await scheduler.stop()

        let next = try await SchedulerUnderTest(in: folder)
        let stored = try await next.reminder(id)
        #expect(stored.found && stored.unserved && stored.position?.index == 1)
        #expect(stored.reminder?.schedule?.start == request.reminder?.schedule?.start)
        try await next.stop()
    }

    @Test("an idempotency key stands for its answer, and for no other request")
    func idempotency() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        var request = SchedulerUnderTest.request(in: 3_600)
        request.idempotency = Proto.Idempotency(
            key: Array(repeating: 1, count: 32), request: Array(repeating: 2, count: 32), answer: [7, 7])
        #expect(try await scheduler.call(SchedulerService.create, request).result == .created)
        let repeated = try await scheduler.call(SchedulerService.create, request)
        #expect(repeated.result == .replayed && repeated.answer == [7, 7])
        request.idempotency?.request[0] = 9
        #expect(try await scheduler.call(SchedulerService.create, request).result == .conflict)
        request.idempotency?.key = [1]
        let error = await #expect(throws: CallError.self) { try await scheduler.call(SchedulerService.create, request) }
        #expect(error?.code == .invalidArgument)
        try await scheduler.stop()
    }

    @Test("of many creates those that are out of bounds are refused, each with its reason, and the others stored")
    func createMany() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let good = SchedulerUnderTest.request(in: 3_600)
        var requests = [good]
        func broken(_ change: (inout Proto.CreateRequest) -> Void) {
            var request = SchedulerUnderTest.request(in: 3_600)
            change(&request)
            requests.append(request)
        }
        broken { $0.reminder = nil }
        broken { $0.reminder?.id = [1] }
        broken { $0.reminder?.task = "" }
        broken { $0.reminder?.priority = 10 }
        broken { $0.reminder?.maxAttempts = 101 }
        broken { $0.reminder?.schedule?.rule = "FREQ=NEVER" }
        broken { $0.reminder?.schedule?.timezone = "Mars/Olympus" }
        broken { $0.authorization = Secret(String(repeating: "x", count: RequestBounds.maxAuthorizationBytes + 1)) }
        broken { $0.reminder?.arguments = Array(repeating: 0, count: ReminderLimits.argumentsBytes + 1) }
        let last = SchedulerUnderTest.request(in: 3_600)
        requests.append(last)
        let replies = try await scheduler.call(SchedulerService.createMany, Proto.CreateManyRequest(creates: requests)).replies
        #expect(replies.map(\.result) == [.created] + Array(repeating: .refused, count: requests.count - 2) + [.created])
        #expect(replies.dropFirst().dropLast().allSatisfy { !$0.reason.isEmpty })
        let page = try await scheduler.call(SchedulerService.list, Proto.ListRequest(limit: 100))
        #expect(Set(page.reminders.compactMap { $0.reminder?.id }) == [good.reminder?.id, last.reminder?.id])
        let many = Proto.CreateManyRequest(creates: Array(repeating: good, count: RequestBounds.maxItems + 1))
        let error = await #expect(throws: CallError.self) { try await scheduler.call(SchedulerService.createMany, many) }
        #expect(error?.code == .invalidArgument)
        try await scheduler.stop()
    }

    @Test("a list comes in pages that hold each reminder once and never more bytes than a message may have")
    func pages() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        // Together more than one frame may hold.
        let arguments = [UInt8](repeating: 7, count: ReminderLimits.argumentsBytes), count = 80
        let creates = (0..<count).map { _ in SchedulerUnderTest.request(in: 3_600, arguments: arguments) }
        for start in stride(from: 0, to: count, by: 40) {
            _ = try await scheduler.call(SchedulerService.createMany, Proto.CreateManyRequest(creates: Array(creates[start..<start + 40])))
        }
        var seen: [[UInt8]] = [], cursor: [UInt8] = [], pages = 0
        repeat {
            let page = try await scheduler.call(SchedulerService.list, Proto.ListRequest(cursor: cursor, limit: 1_000))
            seen += page.reminders.compactMap { $0.reminder?.id }
            cursor = page.cursor
            pages += 1
        } while !cursor.isEmpty && pages < count
        #expect(pages > 1 && seen.count == count)
        #expect(Set(seen) == Set(creates.compactMap { $0.reminder?.id }))
        let error = await #expect(throws: CallError.self) {
            try await scheduler.call(SchedulerService.list, Proto.ListRequest(cursor: [1, 2, 3], limit: 10))
        }
        #expect(error?.code == .invalidArgument && error?.message.contains("cursor") == true)
        try await scheduler.stop()
    }

    @Test("a caller sees and changes only its own")
    func callers() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        var request = SchedulerUnderTest.request(in: 3_600)
        request.reminder?.caller = "a"
        let id = try await scheduler.create(request)
        for (caller, isFound) in [("a", true), ("b", false), ("", true)] {
            #expect(try await scheduler.call(SchedulerService.get, Proto.ReminderRef(id: id, caller: caller)).found == isFound)
            let attempts = try await scheduler.call(SchedulerService.attempts, Proto.AttemptsRequest(id: id, limit: 1, caller: caller))
            #expect(attempts.found == isFound)
        }
        func cancel(_ caller: String) async throws -> Proto.Change.Result? {
            try await scheduler.call(
                SchedulerService.change, Proto.ChangeRequest(action: .cancel, reminders: [Proto.ReminderRef(id: id, caller: caller)])
            ).changes.first?.result
        }
        #expect(try await cancel("b") == .notFound)
        #expect(try await cancel("a") == .done)
        #expect(try await cancel("a") == .finished)
        try await scheduler.stop()
    }
}

@Suite("The scheduler's end", .timeLimit(.minutes(3)))
struct DrainTests {
    @Test("waits for what workers run, dispatches nothing more, and stores the outcome")
    func drain() async throws {
        let folder = try Folder()
        let scheduler = try await SchedulerUnderTest(in: folder)
        let id = try await scheduler.create()
        let worker = WorkerPeer(scheduler, credit: 10)
        try await eventually("it is dispatched") { worker.dispatches.count == 1 }
        let draining = Task {
            await scheduler.loop.drain()
        }
        try await eventually("it drains") { try await scheduler.loop.eventLoop.submit { scheduler.loop.core.isDraining }.get() }
        // What falls due meanwhile stays for the next process.
        let later = try await scheduler.create()
        worker.deliver(worker.dispatches)
        await draining.value
        #expect(worker.dispatches.count == 1)
        try await worker.stop()
        try await scheduler.stop(isDrained: true)

        let next = try await SchedulerUnderTest(in: folder)
        #expect(try await next.reminder(id).delivered == 1)
        #expect(try await next.reminder(later).delivered == 0)
        try await next.stop()
    }

    @Test("takes no more changes")
    func refuses() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let id = try await scheduler.create(SchedulerUnderTest.request(in: 3_600))
        await scheduler.loop.drain()
        for action in [Proto.ChangeRequest.Action.cancel, .resume] {
            let error = await #expect(throws: CallError.self) { try await scheduler.change(action, [id]) }
            #expect(error?.code == .unavailable)
        }
        try await scheduler.stop(isDrained: true)
    }
}
