import FoundationEssentials
import ScheduledTasks
import TaskDomain
import TaskJSON
import Testing

@testable import TaskScheduler

/// What a client makes of what comes back, good or bad; the gateway's own answers are in `GatewayTests`.
@Suite("Asking a gateway over HTTP", .timeLimit(.minutes(2)))
struct HTTPTransportTests {
    private static let now: Int64 = 1_795_392_000
    private static let id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000"
    private static let created = ScriptedServer.json("201 Created", #"{"message":"success","id":"\#(id)","state":"scheduled"}"#)
    private static let changed = ScriptedServer.json("200 OK", #"{"message":"success","id":"\#(id)","state":"cancelled"}"#)

    private static func scheduler(
        _ address: String, key: String? = "the-key-of-a-caller", deadline: Duration = .seconds(60)
    ) throws -> TaskScheduler {
        try TaskScheduler(at: address, key: key, deadline: deadline, clock: { UnixMilliseconds(now * 1_000) })
    }

    private func withServer(
        deadline: Duration = .seconds(60), _ script: @escaping @Sendable (Int, String) -> ScriptedServer.Reply,
        _ test: (TaskScheduler, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer(script)
        let scheduler = try Self.scheduler(server.address, deadline: deadline)
        try await test(scheduler, server)
        await scheduler.stop()
        try await server.stop()
    }

    /// What a call fails with.
    private func failure(_ call: () async throws(TaskSchedulerError) -> some Any) async -> TaskSchedulerError? {
        do throws(TaskSchedulerError) {
            _ = try await call()
            return nil
        } catch { return error }
    }

    private func idempotencyKeys(_ server: ScriptedServer) -> [Substring] {
        server.asked.flatMap { $0.split(separator: "\r\n") }.filter { $0.lowercased().hasPrefix("idempotency-key:") }
    }

    private var reminder: ReminderID { get throws { try #require(ReminderID(Self.id)) } }

    @Test("a create says who asks, and once for all tries under which key")
    func create() async throws {
        let id = try reminder
        try await withServer({ place, _ in
            switch place {
            case 0: ScriptedServer.problem("503 Service Unavailable", #"{"detail":"no scheduler"}"#, "Retry-After: 0")
            case 1: .hangUp
            case 2: ScriptedServer.problem("429 Too Many Requests", #"{"detail":"too many"}"#, "Retry-After: 1")
            default: Self.created
            }
        }) { scheduler, server in
            let start = ContinuousClock.now
            let made = try await scheduler.schedule("t", args: [1])
            #expect(made == id)
            #expect(ContinuousClock.now - start >= .seconds(1))
            #expect(server.asked.count == 4 && server.asked.allSatisfy { $0.hasPrefix("POST /tasks HTTP/1.1\r\n") })
            #expect(server.asked.allSatisfy { $0.lowercased().contains("\r\nauthorization: bearer the-key-of-a-caller\r\n") })
            #expect(idempotencyKeys(server).count == 4 && Set(idempotencyKeys(server)).count == 1)
            #expect(Set(server.asked.compactMap { $0.split(separator: "\r\n\r\n").last }).count == 1)
        }
    }

    @Test("an id of the caller's own is the key, so that asking again after a crash is one reminder")
    func ownID() async throws {
        let id = try reminder
        try await withServer({ _, _ in Self.created }) { scheduler, server in
            for _ in 0..<2 { try await scheduler.schedule("t", options: .init(id: id)) }
            #expect(Set(idempotencyKeys(server).map { $0.lowercased() }) == ["idempotency-key: \(id)"])
        }
    }

    @Test("a time between two seconds is never early, and an end never late")
    func dates() async throws {
        let time = Double(Self.now) + 60
        let all: [(any TaskTime, any TaskTime)] = [
            (Date(timeIntervalSince1970: time - 0.5), Date(timeIntervalSince1970: time + 86_400.5)), (Self.now + 60, Self.now + 86_460),
            (Int(Self.now) + 60, Int(Self.now) + 86_460), (UnixSeconds(Self.now + 60), UnixSeconds(Self.now + 60).date + 86_400),
        ]
        try await withServer({ _, _ in Self.created }) { scheduler, server in
            for (start, end) in all { try await scheduler.schedule("t", rrule: "FREQ=HOURLY", triggerAt: start, until: end) }
            for request in server.asked {
                #expect(request.contains(#""trigger_at":\#(Self.now + 60),"until":\#(Self.now + 86_460)"#), "\(request)")
            }
            for date in [Date.distantFuture, Date(timeIntervalSince1970: .infinity), Date(timeIntervalSince1970: .nan)] {
                let far = await failure { () async throws(TaskSchedulerError) in try await scheduler.schedule("t", triggerAt: date + 1e15) }
                #expect(far?.description.contains("triggerAt") == true)
            }
            #expect(server.asked.count == all.count)
        }
    }

    @Test("what would be done twice is not sent again once it may have been carried out")
    func runOnce() async throws {
        let id = try reminder
        for reply in [ScriptedServer.Reply.hangUp, ScriptedServer.problem("503 Service Unavailable", #"{"detail":"no answer"}"#, "Retry-After: 0")] {
            try await withServer({ place, _ in place == 0 ? reply : Self.changed }) { scheduler, server in
                let error = await failure { () async throws(TaskSchedulerError) in try await scheduler.runNow(id) }
                guard case .unavailable? = error else { return #expect(Bool(false), "\(error as Any)") }
                #expect(server.asked.count == 1)
                let isCancelled = try await scheduler.cancel(id)
                #expect(isCancelled)
            }
        }
    }

    @Test("what is not there, or finished, is told from what is refused, in the gateway's words")
    func refusals() async throws {
        let id = try reminder
        let faults = #"{"title":"x","status":422,"detail":"the body has 1 fault","errors":[{"pointer":"/queue","detail":"must be another"}]}"#
        try await withServer({ place, _ in
            switch place {
            case 0: ScriptedServer.problem("404 Not Found", #"{"detail":"there is no reminder"}"#)
            case 1: ScriptedServer.problem("409 Conflict", #"{"detail":"the reminder is completed"}"#)
            case 2: ScriptedServer.problem("404 Not Found", #"{"detail":"there is no reminder"}"#)
            case 3: ScriptedServer.problem("422 Unprocessable Content", faults)
            case 4: ScriptedServer.problem("422 Unprocessable Content", #"{"detail":"\#(String(repeating: "ä", count: 5_000))"}"#)
            case 5: ScriptedServer.problem("429 Too Many Requests", #"{"detail":"this key has as many pending as it may"}"#)
            default: ScriptedServer.problem("401 Unauthorized", #"{"detail":"not the-key-of-a-caller, please"}"#)
            }
        }) { scheduler, _ in
            let (isPaused, isCancelled, found) = (try await scheduler.pause(id), try await scheduler.cancel(id), try await scheduler.get(id))
            #expect(!isPaused && !isCancelled && found == nil)
            let create = { () async throws(TaskSchedulerError) in try await scheduler.schedule("t") }
            #expect(await failure(create) == .refused("the body has 1 fault: /queue must be another"))
            #expect(await failure(create) == .refused(String(repeating: "ä", count: GatewayAnswer.maxWordsBytes / 2)))
            #expect(await failure(create) == .refused("this key has as many pending as it may"))
            // What quotes the key is not passed on.
            #expect(await failure(create) == .refused("not [redacted], please"))
        }
    }

    @Test("what is no gateway is named, and nothing is taken for done", arguments: [
        ScriptedServer.json("200 OK", "<html>", type: "text/html"), ScriptedServer.json("200 OK", "{}"), ScriptedServer.json("200 OK", "[]"),
        ScriptedServer.json("404 Not Found", #"{"detail":"Not Found"}"#), ScriptedServer.json("302 Found", "", "Location: /elsewhere"),
        ScriptedServer.json("200 OK", #"{"id":7,"state":7,"reminders":7}"#), .text("SSH-2.0-OpenSSH_9.2\r\n"),
        .long(GatewayClient.maxAnswerBytes + 1),
    ])
    func noGateway(_ reply: ScriptedServer.Reply) async throws {
        let id = try reminder
        // What is no HTTP is asked again for as long as there is.
        let isHTTP = if case .text(let text) = reply { text.hasPrefix("HTTP/") } else { true }
        let deadline = Duration.milliseconds(isHTTP ? 60_000 : 500)
        try await withServer(deadline: deadline, { _, _ in reply }) { scheduler, server in
            let errors = [
                await failure { () async throws(TaskSchedulerError) in try await scheduler.schedule("t") },
                await failure { () async throws(TaskSchedulerError) in try await scheduler.get(id) },
            ]
            for error in errors {
                guard case .unavailable(let words)? = error else { return #expect(Bool(false), "it counts as done") }
                #expect(words.hasPrefix(server.address))
            }
        }
    }

    @Test("an answer that trickles ends with the call's deadline")
    func trickle() async throws {
        try await withServer(deadline: .milliseconds(300), { _, _ in .trickle }) { scheduler, server in
            let error = await failure { () async throws(TaskSchedulerError) in try await scheduler.schedule("t") }
            #expect(error?.description.contains("no whole answer came within 0.3 seconds") == true, "\(error as Any)")
            #expect(server.asked.count == 1)
        }
    }

    @Test("where nothing listens, it is said when the deadline has passed")
    func nobody() async throws {
        let server = try await ScriptedServer { _, _ in .hangUp }
        try await server.stop()
        // Long enough for one try at least, on whatever machine; it may end in the midst of another.
        let scheduler = try Self.scheduler(server.address, deadline: .seconds(2))
        let error = await failure { () async throws(TaskSchedulerError) in try await scheduler.schedule("t") }
        guard case .unavailable(let words)? = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(words.hasPrefix("\(server.address): ") && words.contains("it cannot be connected to"), "\(words)")
        await scheduler.stop()
        let after = await failure { () async throws(TaskSchedulerError) in try await scheduler.schedule("t") }
        #expect(after == .unavailable("\(server.address): this client has been stopped"))
        // One that nobody stops ends by itself.
        _ = try Self.scheduler(server.address)
    }

    @Test("a wait that is longer than the deadline is not begun")
    func longWait() async throws {
        try await withServer(deadline: .seconds(20), { _, _ in
            ScriptedServer.problem("429 Too Many Requests", #"{"detail":"too many requests"}"#, "Retry-After: 3600")
        }) { scheduler, server in
            let error = await failure { () async throws(TaskSchedulerError) in try await scheduler.schedule("t") }
            #expect(error == .unavailable("\(server.address): too many requests"))
            #expect(server.asked.count == 1)
        }
    }

    @Test("a list goes on over pages, empty ones among them, and says what it is asked for")
    func list() async throws {
        func page(_ ids: [String], _ cursor: String?) -> ScriptedServer.Reply {
            let reminders = ids.map { #"{"id":"\#($0)","state":"paused","task":"t","start_datetime":5,"timezone":"UTC","args":[1],"kwargs":{}}"# }
            return ScriptedServer.json(
                "200 OK", #"{"reminders":[\#(reminders.joined(separator: ","))],"next_cursor":\#(cursor.map { "\"\($0)\"" } ?? "null")}"#)
        }
        let ids = (0..<3).map { "0199aaaa-bbbb-7ccc-8ddd-eeeeffff000\($0)" }
        let pages = [page([ids[0], ids[1]], "a-_b"), page([], "c"), page([ids[2]], nil), page([], "d"), page([], "d")]
        try await withServer({ place, _ in pages[place] }) { scheduler, server in
            var found: [String] = []
            for try await reminder in scheduler.list(
                state: .paused, createdBy: "Ada & Bob", queue: "q", task: "t", description: "ä+b", dueBefore: Date(timeIntervalSince1970: 9.5))
            {
                #expect(reminder.state == .paused && reminder.schedule.start.count == 5 && reminder.handling == .standard)
                #expect(reminder.arguments == TaskArguments(args: [1]))
                found.append("\(reminder.id)")
            }
            #expect(found == ids)
            let query = "/reminders?state=paused&created_by=Ada%20%26%20Bob&queue=q&task=t&description=%C3%A4%2Bb&due_before=10&limit=100"
            let lines = server.asked.map { $0.prefix { $0 != "\r\n" } }
            #expect(lines == ["", "&cursor=a-_b", "&cursor=c"].map { "GET \(query)\($0) HTTP/1.1" })
            await #expect(throws: TaskSchedulerError.unavailable("its list does not go on")) { for try await _ in scheduler.list() {} }
            let bad = scheduler.list(createdBy: "", task: "two words", dueAfter: -1)
            let error = await #expect(throws: TaskSchedulerError.self) { for try await _ in bad {} }
            for name in ["createdBy", "task", "dueAfter"] { #expect(error?.description.contains(name) == true) }
            #expect(server.asked.count == pages.count)
        }
    }

    @Test("an address or a key that cannot be one is refused in words, and the key is in none")
    func places() throws {
        for address in [
            "", "tasks.example", "tasks.example:5000", "ftp://tasks.example", "http://", "http://u:p@127.0.0.1", "http://127.0.0.1/?a",
            "http://127.0.0.1/#a", "http://127.0.0.1:0", "http://127.0.0.1:65536", "http://a b", "https://" + String(repeating: "a", count: 2_041),
        ] {
            let error = #expect(throws: TaskSchedulerError.self) { _ = try TaskScheduler(at: address, key: nil) }
            #expect(error?.description.contains("https://tasks.example") == true, "\(address)")
        }
        let plain = #expect(throws: TaskSchedulerError.self) { _ = try TaskScheduler(at: "http://tasks.example", key: nil) }
        #expect(plain?.description.contains("allowsPlain") == true)
        for address in ["http://localhost:5000", "http://127.0.0.2:5000/", "http://[::1]:5000", "https://tasks.example/tasks/", "HTTPS://[2001:db8::1]"] {
            #expect(throws: Never.self) { _ = try TaskScheduler(at: address, key: nil) }
        }
        #expect(throws: Never.self) { _ = try TaskScheduler(at: "http://tasks.example", key: nil, allowsPlain: true) }
        for key in ["", "secret key", "secret\r\nX: y", "geheimnisvöll", String(repeating: "s", count: 513)] {
            let error = #expect(throws: TaskSchedulerError.self) { _ = try TaskScheduler(at: "http://127.0.0.1:1", key: key) }
            #expect(error?.description == "the key must have 1 to 512 visible ASCII characters")
        }
        let missing = #expect(throws: TaskSchedulerError.self) { _ = try TaskScheduler(at: "https://tasks.example", key: nil, authorities: "/nowhere.pem") }
        #expect(missing?.description.contains("/nowhere.pem") == true)
        var dumped = ""
        let scheduler = try TaskScheduler(at: "http://127.0.0.1:1", key: "secret-" + String(repeating: "k", count: 505))
        dump(scheduler, to: &dumped)
        #expect(!dumped.contains("secret-") && !"\(scheduler)".contains("secret-") && !String(reflecting: scheduler).contains("secret-"))
    }

    @Test("the gateway waits for a result, and is asked again while it is open, until the time is over; one that is not there is nil")
    func results() async throws {
        let id = try reminder, path = "GET /reminders/\(id)/occurrences/"
        try await withServer({ place, _ in
            switch place {
            case 0: ScriptedServer.json("202 Accepted", #"{"state":"open","result":null,"attempt":null}"#)
            case 1: ScriptedServer.json("200 OK", #"{"state":"done","result":{"count":2},"attempt":{"detail":""}}"#)
            case 2: ScriptedServer.json("202 Accepted", #"{"state":"open","result":null,"attempt":{"detail":"why"}}"#)
            case 3: ScriptedServer.problem("404 Not Found", #"{"detail":"none"}"#)
            default: ScriptedServer.json("200 OK", #"{"state":"new"}"#)
            }
        }) { scheduler, server in
            let done = try #require(try await scheduler.result(of: id, waiting: .seconds(60)))
            #expect(done.state == .done && done.detail.isEmpty)
            let counts = try done.decode([String: Int].self)
            #expect(counts == ["count": 2])
            let open = try await scheduler.result(of: id, scheduledAt: 7)
            #expect(open == OccurrenceResult(state: .open, value: nil, detail: "why"))
            let none = try await scheduler.result(of: id, scheduledAt: 7, waiting: .seconds(60))
            #expect(none == nil)
            #expect(await failure { () async throws(TaskSchedulerError) in try await scheduler.result(of: id) } != nil)
            let places = ["first/result?wait_seconds=60", "first/result?wait_seconds=59", "7/result", "7/result?wait_seconds=60", "first/result"]
            // How much of the time is left is the machine's.
            let asked = server.asked.map { String($0.prefix { $0 != "\r\n" }).replacing(/wait_seconds=5\d/, with: "wait_seconds=59") }
            #expect(asked == places.map { path + $0 + " HTTP/1.1" })
        }
    }

    @Test("a gateway at which too many wait is looked at now and then; one that waits for longer than a call may take is waited for")
    func waits() async throws {
        let id = try reminder
        try await withServer(deadline: .milliseconds(200), { place, _ in
            switch place {
            case 0: ScriptedServer.problem("503 Service Unavailable", #"{"detail":"as many as may wait"}"#, "Retry-After: 5")
            case 1: ScriptedServer.json("202 Accepted", #"{"state":"open","result":null,"attempt":null}"#)
            default: .late(600, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 42\r\n\r\n" + #"{"state":"done","result":1,"attempt":null}"#)
            }
        }) { scheduler, server in
            let done = try #require(try await scheduler.result(of: id, waiting: .seconds(60)))
            #expect(done.state == .done && server.asked.count == 3)
            #expect(server.asked.map { $0.contains("wait_seconds") } == [true, false, true])
        }
    }
}
