import Logging
import NIOConcurrencyHelpers
import NIOPosix
import ScheduledTasks
import TaskDomain
import TaskJSON
import TaskMessages
import TaskWire
import Testing

@testable import TaskScheduler

private struct Greet: ScheduledTask {
    struct Arguments: Codable, Sendable { let name: String }
    static let name = "people.greet"
    func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws {}
}

private struct Mail: ScheduledTask {
    struct Arguments: Codable, Sendable { let to: String }
    static let name = "mail.send"
    static let handling = {
        var handling = Handling.standard
        (handling.queue, handling.priority) = ("mail", 8)
        return handling
    }()
    func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws {}
}

@Suite("Scheduling from Swift")
struct TaskSchedulerTests {
    private static let now: Int64 = 1_795_392_000
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A scheduler's end of a real connection, which keeps what it is asked for.
    private func withScheduler(
        answering result: Result<Proto.CreateReply, CallError> = .success(Proto.CreateReply(result: .created)),
        _ test: (TaskScheduler, _ asked: () -> [Proto.CreateRequest]) async throws -> Void
    ) async throws {
        let asked = NIOLockedValueBox<[Proto.CreateRequest]>([])
        try await withServer(answering: result, asked) { port in
            let settings = WireSettings(identity: PeerIdentity(role: .client, instance: "client", build: "test"))
            let client = Client(
                to: .scheduler, at: [WireEndpoint(host: "127.0.0.1", port: port)], settings: settings, repetition: .idempotent,
                eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: Self.quiet)
            client.start()
            let scheduler = TaskScheduler(WireTransport(client), clock: { UnixMilliseconds(Self.now * 1_000) })
            try await test(scheduler) { asked.withLockedValue { $0 } }
            await scheduler.stop()
        }
    }

    private func withServer(
        _ credential: ClusterCredential? = nil, answering result: Result<Proto.CreateReply, CallError> = .success(Proto.CreateReply(result: .created)),
        _ asked: NIOLockedValueBox<[Proto.CreateRequest]> = NIOLockedValueBox([]), _ test: (Int) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var table = ServiceTable([SchedulerService.descriptor])
        table.allowsMissing = true
        table.unary(SchedulerService.create) { request, _, reply in
            asked.withLockedValue { $0.append(request) }
            reply(result)
        }
        table.unary(SchedulerService.change) { request, _, reply in
            reply(.success(Proto.ChangeReply(changes: request.reminders.map { _ in Proto.Change(result: .done, state: .cancelled) })))
        }
        @Sendable func stored() -> [Proto.ReminderReply] {
            asked.withLockedValue { $0 }.map { create in
                Proto.ReminderReply(
                    found: true, reminder: create.reminder, state: .scheduled, position: create.position, delivered: 1, retrying: 2, held: 3,
                    dead: 4, unserved: true)
            }
        }
        table.unary(SchedulerService.get) { request, _, reply in
            reply(.success(stored().first { $0.reminder?.id == request.id } ?? Proto.ReminderReply(found: false)))
        }
        // One a page, by a cursor of one byte.
        table.unary(SchedulerService.list) { request, _, reply in
            let found = stored().filter { request.filter?.task == "" || $0.reminder?.task == request.filter?.task }
            let place = Int(request.cursor.first ?? 0)
            reply(.success(Proto.ListReply(
                reminders: Array(found.dropFirst(place).prefix(1)), cursor: place + 1 < found.count ? [UInt8(place + 1)] : [])))
        }
        table.unary(SchedulerService.result) { request, _, reply in reply(.success(Self.result(request))) }
        let settings = WireSettings(
            identity: PeerIdentity(role: .scheduler, instance: "scheduler", build: "test"), security: WireSecurity(credential: credential))
        let server = Server(settings: settings, table: table, eventLoop: group.next(), logger: Self.quiet)
        try await test(try await server.start(host: "127.0.0.1", port: 0).port ?? 0)
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
            #expect(reminder.schedule?.until == Self.now + 900_000 && request.authorization.value == "Bearer x")
        }
    }

    @Test("a task's own handling stands where nothing else is said")
    func ownHandling() async throws {
        try await withScheduler { scheduler, asked in
            try await scheduler.schedule(Mail.self, Mail.Arguments(to: "Ada"))
            try await scheduler.schedule(Mail.self, Mail.Arguments(to: "Ada"), options: TaskScheduler.Options(queue: "other"))
            let reminders = asked().compactMap(\.reminder)
            #expect(reminders.map(\.queue) == ["mail", "other"] && reminders.map(\.priority) == [8, UInt32(Handling.standard.priority)])
        }
    }

    @Test("an address or a secret that cannot be one is refused in words, and what they name is not asked")
    func places() throws {
        for address in ["", "scheduler", "scheduler:", "scheduler:0", "scheduler:65536", "scheduler:+7101", ":7101", "::1:7101", "a b:1", "a:1,", "a:1,,b:2"] {
            let error = #expect(throws: TaskSchedulerError.self) { _ = try TaskScheduler(at: address) }
            #expect(error?.description.contains("host:port") == true, "\(address)")
        }
        let short = #expect(throws: TaskSchedulerError.self) { _ = try TaskScheduler(at: "127.0.0.1:1", secret: "short") }
        #expect(short?.description == "the secret must have 16 to 1024 bytes")
        let gateways = try #require(ClusterCredential(secret: Array("a secret of sixteen bytes".utf8)).derived(for: .gateway))
        let other = #expect(throws: TaskSchedulerError.self) { _ = try TaskScheduler(at: "127.0.0.1:1", secret: gateways.value) }
        #expect(other?.description.contains("--derive-secret client") == true)
    }

    @Test("connects by an address and the secret alone, and ends where a program's services end")
    func oneLine() async throws {
        let secret = "a secret of sixteen bytes"
        try await withServer(ClusterCredential(secret: Array(secret.utf8))) { port in
            let scheduler = try TaskScheduler(at: "127.0.0.1:\(port)", secret: secret)
            let id = try await scheduler.schedule("worker.log", kwargs: ["message": "hello"])
            for done in [try await scheduler.pause(id), try await scheduler.resume(id), try await scheduler.runNow(id), try await scheduler.cancel(id)] {
                #expect(done)
            }
            await scheduler.stop()
            await #expect(throws: TaskSchedulerError.self) { try await scheduler.cancel(id) }
        }
    }

    @Test("what cannot be is refused before anything is sent, all at once, in words for people")
    func refused() async throws {
        try await withScheduler { scheduler, asked in
            func fault(
                _ task: String = "t", _ description: String = "", args: [JSONValue] = [], rrule: String? = nil, at: Int64? = nil,
                until: Int64? = nil, timezone: String = "UTC", options: TaskScheduler.Options = .init()
            ) async -> String {
                do throws(TaskSchedulerError) {
                    try await scheduler.schedule(
                        task, description: description, args: args, rrule: rrule, triggerAt: at, until: until, timezone: timezone,
                        options: options)
                    return ""
                } catch { return error.description }
            }
            #expect(await fault("two words").contains("two words"))
            #expect(await fault("edvora.notification").contains("/remind_me"))
            #expect(await fault("t", "a\u{0}b").contains("description"))
            #expect(await fault(args: [.double(.nan)]).contains("NaN"))
            #expect(await fault(args: [.double(.infinity)]).contains("infinity"))
            #expect(await fault(args: [.string(String(repeating: "x", count: 64 << 10))]).contains("65536"))
            #expect(await fault(args: [(0..<40).reduce(nil) { value, _ in [value] }]).contains("not JSON"))
            #expect(await fault(rrule: "FREQ=SOMETIMES").contains("FREQ"))
            #expect(await fault(rrule: "").contains("rrule"))
            #expect(await fault(timezone: "Mars/Olympus").contains("Mars/Olympus"))
            #expect(await fault(at: .max).contains("triggerAt"))
            #expect(await fault(until: .min).contains("until"))
            #expect(await fault(until: Self.now - 1).contains("nothing is ever due"))
            let many = await fault("t t", rrule: "FREQ=SOMETIMES", timezone: "Mars/Olympus", options: .init(queue: "q q", priority: 10))
            for part in ["t t", "q q", "priority", "FREQ", "Mars/Olympus"] { #expect(many.contains(part)) }
            // The credential is in no message.
            for secret in ["", " secret", "secret\r\nX: y", "geheimnisvöll", String(repeating: "s", count: 8_193)] {
                let words = await fault(options: .init(authorization: secret))
                #expect(words.hasPrefix("authorization must be") && (secret.isEmpty || !words.contains(secret.prefix(6))))
            }
            #expect(asked().isEmpty)
        }
    }

    @Test("every number is taken at its bounds and refused beyond them")
    func bounds() async throws {
        typealias Options = TaskScheduler.Options
        let year9999: Int64 = 253_402_300_799
        let good: [(rrule: String?, at: Int64?, options: Options)] = [
            (nil, -62_135_596_800, Options(priority: 0)), (nil, year9999, Options(priority: 9)),
            (nil, nil, Options(maxAttempts: 1)), (nil, nil, Options(maxAttempts: 100)),
            (nil, nil, Options(jitterSeconds: 86_400)), (nil, nil, Options(jitterSeconds: 1, expiresAfterSeconds: 2)),
            (nil, nil, Options(expiresAfterSeconds: 1)), (nil, nil, Options(expiresAfterSeconds: 315_360_000)),
            ("FREQ=HOURLY", nil, Options(jitterSeconds: 3_599)),
        ]
        let bad: [(rrule: String?, at: Int64?, options: Options)] = [
            (nil, -62_135_596_801, Options()), (nil, year9999 + 1, Options()), (nil, nil, Options(priority: -1)), (nil, nil, Options(priority: 10)),
            (nil, nil, Options(maxAttempts: 0)), (nil, nil, Options(maxAttempts: 101)), (nil, nil, Options(jitterSeconds: -1)),
            (nil, nil, Options(jitterSeconds: 86_401)), (nil, nil, Options(jitterSeconds: 2, expiresAfterSeconds: 2)),
            (nil, nil, Options(expiresAfterSeconds: 0)), (nil, nil, Options(expiresAfterSeconds: 315_360_001)),
            ("FREQ=HOURLY", nil, Options(jitterSeconds: 3_600)),
        ]
        try await withScheduler { scheduler, asked in
            for case let (rrule, at, options) in good { try await scheduler.schedule("t", rrule: rrule, triggerAt: at, options: options) }
            #expect(asked().count == good.count)
            for case let (rrule, at, options) in bad {
                await #expect(throws: TaskSchedulerError.self, "\(rrule ?? "") \(at ?? 0) \(options)") {
                    try await scheduler.schedule("t", rrule: rrule, triggerAt: at, options: options)
                }
            }
            #expect(asked().count == good.count)
        }
    }

    @Test("a rule is sent as the gateway sends it, and an id of the caller's own is kept")
    func ruleAndID() async throws {
        let id = ReminderID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001)
        try await withScheduler { scheduler, asked in
            #expect(try await scheduler.schedule("t", rrule: "RRULE:freq=daily;interval=1;count=2", options: .init(id: id)) == id)
            let reminder = try #require(asked().first?.reminder)
            #expect(reminder.id == id.bytes && reminder.schedule?.rule == "FREQ=DAILY;COUNT=2")
        }
    }

    @Test("a recurrence set stands for the time and the zone, and is sent as the gateway sends it")
    func set() async throws {
        let text = """
            DTSTART;TZID=Europe/Berlin:20300107T090000\r
            RRULE:FREQ=WEEKLY;BYDAY=MO\r
            RDATE:20300110T100000Z\r
            EXDATE;VALUE=DATE:20300401\r

            """
        try await withScheduler { scheduler, asked in
            try await scheduler.schedule("t", rrule: text)
            let schedule = try #require(asked().first?.reminder?.schedule)
            #expect(schedule.timezone == "Europe/Berlin" && schedule.rdates == [1_894_269_600])
            #expect(schedule.rule == "RRULE:FREQ=WEEKLY;BYDAY=MO\nEXDATE;VALUE=DATE:20300401")
            #expect(schedule.start == 1_894_003_200 && asked().first?.position?.scheduledAt == schedule.start)
            func fault(_ at: Int64? = nil, _ timezone: String? = nil, rrule: String = text) async -> String {
                do throws(TaskSchedulerError) {
                    try await scheduler.schedule("t", rrule: rrule, triggerAt: at, timezone: timezone)
                    return ""
                } catch { return "\(error)" }
            }
            #expect(await fault(1, "Europe/Paris").contains("triggerAt is 1, and DTSTART"))
            #expect(await fault(1, "Europe/Paris").contains("timezone is Europe/Paris"))
            #expect(await fault(schedule.start, "Europe/Berlin") == "")
            #expect(await fault(nil, "W. Europe Standard Time").contains("Europe/Berlin"))
            #expect(await fault(1_798_500_000_000).contains("1798500000"))
            func padded(_ bytes: Int) -> String { "RRULE:FREQ=DAILY" + String(repeating: "\n ", count: (bytes - 16) / 2) }
            #expect(await fault(rrule: padded(65_536)) == "")
            #expect(await fault(rrule: padded(65_538)).contains("at most 65536 bytes"))
            #expect(await fault(rrule: "0 9 * * 1").contains("FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0"))
        }
    }

    @Test("printing the options shows nothing of the credential")
    func redacted() {
        var options = TaskScheduler.Options(authorization: "Bearer secret")
        #expect(options.authorization == "Bearer secret")
        var dumped = ""
        dump(options, to: &dumped)
        #expect(!"\(options)".contains("secret") && !String(reflecting: options).contains("secret") && !dumped.contains("secret"))
        options.authorization = nil
        #expect(options.authorization == nil)
    }

    @Test("what is stored is read and listed over the wire as it was asked for")
    func questions() async throws {
        try await withScheduler { scheduler, _ in
            var ids: [ReminderID] = []
            for number in 0..<3 {
                ids.append(try await scheduler.schedule(
                    "count", description: "d", args: [.integer(Int64(number))], rrule: "FREQ=DAILY", triggerAt: Self.now + 60,
                    options: .init(queue: "q", maxAttempts: 2)))
            }
            try await scheduler.schedule("other")
            let found = try #require(try await scheduler.get(ids[1]))
            #expect(found.id == ids[1] && found.state == .scheduled && found.task == "count" && found.description == "d" && !found.isServed)
            #expect(found.arguments == TaskArguments(args: [1]) && found.handling.queue == "q" && found.handling.maxAttempts == 2)
            #expect(found.schedule.rule == "FREQ=DAILY" && found.nextFireAt == UnixSeconds(Self.now + 60))
            #expect(found.occurrences == .init(delivered: 1, retrying: 2, held: 3, dead: 4) && found.createdAt == UnixSeconds(Self.now))
            let none = try await scheduler.get(ReminderID(high: 1, low: 2))
            #expect(none == nil)
            var listed: [ReminderID] = []
            for try await reminder in scheduler.list(task: "count") { listed.append(reminder.id) }
            #expect(listed == ids)
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

    // MARK: Results

    /// What the scheduler says of the second 7, of 8, of any other, and of none.
    private static func result(_ request: Proto.ResultRequest) -> Proto.ResultReply {
        func attempt(_ outcome: Proto.Outcome, _ result: String, detail: String = "") -> Proto.Attempt {
            Proto.Attempt(scheduledAt: request.scheduledAt ?? 0, number: 1, outcome: outcome, detail: detail, result: Array(result.utf8))
        }
        switch request.scheduledAt {
        case nil: return Proto.ResultReply(state: .done, attempt: attempt(.delivered, #"{"count":2,"at":1795392000}"#))
        case 7: return Proto.ResultReply(state: .open)
        case 8: return Proto.ResultReply(state: .dead, attempt: attempt(.rejected, "", detail: "why"))
        case 9: return Proto.ResultReply(state: .done, attempt: attempt(.delivered, "["))
        default: return Proto.ResultReply(state: .notFound)
        }
    }

    private struct Counted: Decodable, Equatable {
        let count: Int
        let at: Int64
    }

    @Test("a result is read as a type of one's own; what has none says where it stands, and what is not there is nil")
    func results() async throws {
        try await withScheduler { scheduler, _ in
            let id = try #require(ReminderID("01932c07-209c-7123-8abc-0123456789ab"))
            let done = try #require(try await scheduler.result(of: id, waiting: .seconds(60)))
            #expect(done.state == .done && done.value?["count"] == 2)
            #expect(try done.decode(Counted.self) == Counted(count: 2, at: Self.now))
            #expect(throws: TaskArgumentsError.self) { try done.decode([String].self) }
            let dead = try await scheduler.result(of: id, scheduledAt: 8)
            #expect(dead?.state == .dead && dead?.value == nil && dead?.detail == "why")
            #expect(try await scheduler.result(of: id, scheduledAt: 6, waiting: .seconds(60)) == nil)
            let began = ContinuousClock.now
            #expect(try await scheduler.result(of: id, scheduledAt: 7, waiting: .milliseconds(50))?.state == .open)
            #expect(ContinuousClock.now - began >= .milliseconds(50))
            await #expect(throws: TaskSchedulerError.self) { try await scheduler.result(of: id, scheduledAt: 9) }
        }
    }
}
