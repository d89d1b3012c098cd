import Domain
import JSON
import Logging
import Messages
import NIOConcurrencyHelpers
import NIOPosix
import TaskScheduler
import Tasks
import Testing
import Wire

private struct Greet: ScheduledTask {
    struct Arguments: Codable, Sendable { let name: String }
    static let name = "people.greet"
    func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws {}
}

@Suite("Scheduling from Swift")
struct TaskSchedulerTests {
    private static let now: Int64 = 1_795_392_000

    /// A scheduler's end of a real connection, which keeps what it is asked for.
    private func withScheduler(
        answering result: Result<Proto.CreateReply, CallError> = .success(Proto.CreateReply(result: .created)),
        _ test: (TaskScheduler, _ asked: () -> [Proto.CreateRequest]) async throws -> Void
    ) async throws {
        let asked = NIOLockedValueBox<[Proto.CreateRequest]>([])
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var table = ServiceTable([SchedulerService.descriptor])
        table.allowsMissing = true
        table.unary(SchedulerService.create) { request, _, reply in
            asked.withLockedValue { $0.append(request) }
            reply(result)
        }
        table.unary(SchedulerService.change) { request, _, reply in
            reply(.success(Proto.ChangeReply(changes: request.reminders.map { _ in Proto.Change(result: .done) })))
        }
        func settings(_ role: String) -> WireSettings { WireSettings(identity: PeerIdentity(role: role, instance: role, build: "test")) }
        let server = Server(settings: settings("scheduler"), table: table, eventLoop: group.next(), logger: quiet)
        let port = try await server.start(host: "127.0.0.1", port: 0).port ?? 0
        let client = Client(
            endpoints: [WireEndpoint(host: "127.0.0.1", port: port)], settings: settings("client"), repetition: .idempotent,
            eventLoop: group.next(), logger: quiet)
        client.start()
        try await test(TaskScheduler(client, clock: { Self.now * 1_000 })) { asked.withLockedValue { $0 } }
        await client.stop()
        await server.drain(milliseconds: 100)
        try await group.shutdownGracefully()
    }

    @Test("a task without a time is due now; its arguments go as they are")
    func immediately() async throws {
        try await withScheduler { scheduler, asked in
            let id = try await scheduler.schedule("worker.log", description: "d", args: [1, nil], kwargs: ["message": "hello"])
            let request = try #require(asked().first), reminder = try #require(request.reminder)
            #expect(reminder.id == id.bytes && reminder.task == "worker.log" && reminder.description == "d")
            #expect(reminder.schedule?.start == Self.now && request.position?.scheduledAt == Self.now && request.position?.index == 1)
            #expect(try TaskArguments(json: reminder.arguments) == TaskArguments(args: [1, nil], kwargs: ["message": "hello"]))
            #expect(try await scheduler.cancel(id))
        }
    }

    @Test("a typed task with a rule, in a zone, until an end")
    func typed() async throws {
        try await withScheduler { scheduler, asked in
            var options = TaskScheduler.Options()
            (options.queue, options.priority, options.authorization, options.jitterSeconds) = ("mail", 9, "Bearer x", 5)
            try await scheduler.schedule(
                Greet.self, Greet.Arguments(name: "Ada"), rrule: "FREQ=DAILY", triggerAt: Self.now + 60, until: Self.now + 900_000,
                timezone: "Europe/Berlin", options: options)
            let request = try #require(asked().first), reminder = try #require(request.reminder)
            #expect(reminder.task == "people.greet" && reminder.queue == "mail" && reminder.priority == 9 && reminder.jitterSeconds == 5)
            #expect(reminder.schedule?.rule == "FREQ=DAILY" && reminder.schedule?.timezone == "Europe/Berlin")
            #expect(reminder.schedule?.until == Self.now + 900_000 && request.authorization == "Bearer x")
        }
    }

    @Test("what cannot be is refused before anything is sent, in words for people")
    func refused() async throws {
        try await withScheduler { scheduler, asked in
            func fault(_ task: String = "t", rrule: String? = nil, until: Int64? = nil, timezone: String = "UTC", priority: UInt8 = 5) async -> String {
                var options = TaskScheduler.Options()
                options.priority = priority
                do throws(TaskSchedulerError) {
                    try await scheduler.schedule(task, rrule: rrule, until: until, timezone: timezone, options: options)
                    return ""
                } catch { return error.description }
            }
            #expect(await fault("two words").contains("two words"))
            #expect(await fault(rrule: "FREQ=SOMETIMES").contains("FREQ"))
            #expect(await fault(timezone: "Mars/Olympus").contains("Mars/Olympus"))
            #expect(await fault(until: Self.now - 1).contains("nothing is ever due"))
            #expect(await fault(priority: 10).contains("priority"))
            #expect(asked().isEmpty)
        }
    }

    @Test("a scheduler that refuses or cannot is told apart")
    func failures() async throws {
        try await withScheduler(answering: .failure(CallError(.invalidArgument, "no"))) { scheduler, _ in
            await #expect(throws: TaskSchedulerError.refused("no")) { try await scheduler.schedule("t") }
        }
        try await withScheduler(answering: .failure(CallError(.unavailable, "disk full"))) { scheduler, _ in
            await #expect(throws: TaskSchedulerError.unavailable("unavailable: disk full")) { try await scheduler.schedule("t") }
        }
    }
}
