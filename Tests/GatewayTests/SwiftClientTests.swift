import TaskDomain
import TaskJSON
import TaskMessages
import Testing
import TestSupport

@testable import gateway
@testable import TaskOperations
@testable import TaskScheduler

/// The client for Swift, against the API itself.
@Suite("The Swift client over HTTP", .timeLimit(.minutes(2)))
struct SwiftClientTests {
    private static func scheduler(
        _ gateway: Gateway, key: String? = nil, scheme: String = "http", authorities: String? = nil, deadline: Duration = .seconds(60)
    ) throws -> TaskScheduler {
        try TaskScheduler(
            at: "\(scheme)://127.0.0.1:\(gateway.port)", key: key, authorities: authorities, deadline: deadline,
            clock: { UnixMilliseconds(now * 1_000) })
    }

    /// Each field another than its default.
    private static let handling = Handling(
        queue: "people", priority: 7, misfirePolicy: .fireAll, catchUpLimit: 9, retryForSeconds: 77, maxAttempts: 3, jitterSeconds: 2,
        expiresAfterSeconds: 99)

    @Test("every field of a task arrives, and is read again as it was given")
    func fields() async throws {
        try await withGateway { gateway, peer in
            let scheduler = try Self.scheduler(gateway)
            var options = TaskScheduler.Options(handling: Self.handling)
            options.authorization = credential
            let id = try await scheduler.schedule(
                "people.greet", description: "a greeting", args: [1, nil], kwargs: ["name": "Ada"], rrule: "FREQ=DAILY", triggerAt: now + 3_600,
                until: now + 900_000, timezone: "Europe/Berlin", options: options)
            let create = try #require(peer.state.withLockedValue { $0.creates.first }), stored = try #require(create.reminder)
            #expect(stored.id == id.bytes && Handling(wire: stored) == Self.handling && create.authorization.value == credential)
            let found = try #require(try await scheduler.get(id))
            #expect(found.id == id && found.state == .scheduled && found.task == "people.greet" && found.description == "a greeting")
            #expect(found.arguments == TaskArguments(args: [1, nil], kwargs: ["name": "Ada"]) && found.handling == Self.handling)
            #expect(found.schedule == stored.schedule.map { Schedule(wire: $0) } && found.schedule.timezone == "Europe/Berlin")
            #expect(found.occurrences == .init(delivered: 1, retrying: 2, held: 3, dead: 4) && found.isServed)
            #expect(found.nextFireAt != nil && found.createdAt > UnixSeconds(0))
            var listed: [ScheduledReminder] = []
            for try await reminder in scheduler.list(state: .scheduled, task: "people.greet") { listed.append(reminder) }
            #expect(listed.map(\.id) == [id])
            let changes = [
                try await scheduler.pause(id), try await scheduler.resume(id), try await scheduler.runNow(id), try await scheduler.cancel(id),
                // Said twice, it is the same.
                try await scheduler.cancel(id),
            ]
            #expect(changes.allSatisfy { $0 })
            let none = ReminderID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001)
            let (nothing, isCancelled, isRun) = (try await scheduler.get(none), try await scheduler.cancel(none), try await scheduler.runNow(none))
            #expect(nothing == nil && !isCancelled && !isRun)
            await scheduler.stop()
        }
    }

    @Test("arguments that are nested as deep as may be come back as they went")
    func deep() async throws {
        try await withGateway { gateway, _ in
            let scheduler = try Self.scheduler(gateway)
            // In a list in an object, which are two levels.
            let deepest = (2..<JSONValue.maxDepth).reduce(JSONValue.null) { value, _ in [value] }
            let id = try await scheduler.schedule("t", args: [deepest])
            let found = try await scheduler.get(id)
            #expect(found?.arguments == TaskArguments(args: [deepest]))
            var listed: [ScheduledReminder] = []
            for try await reminder in scheduler.list() { listed.append(reminder) }
            #expect(listed.map(\.arguments) == [TaskArguments(args: [deepest])])
            await scheduler.stop()
        }
    }

    @Test("the fields of the handling are those of the API")
    func members() {
        #expect(Self.handling.fields.members.count == Self.handling.members.members.count)
        for member in Self.handling.members.members { #expect(Self.handling.fields[member.name] == member.value, "\(member.name)") }
        #expect(Handling.standard.fields.members.allSatisfy { Handling.standard.members[$0.name] == $0.value })
    }

    @Test("the same id is one reminder, whose id is answered again")
    func repeated() async throws {
        try await withGateway { gateway, peer in
            let scheduler = try Self.scheduler(gateway)
            let key = ReminderID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001)
            let first = try await scheduler.schedule("t", options: .init(id: key))
            let second = try await scheduler.schedule("t", options: .init(id: key))
            #expect(second == first)
            #expect(peer.state.withLockedValue { $0.creates.count } == 1)
            await #expect(throws: TaskSchedulerError.self) { try await scheduler.schedule("another", options: .init(id: key)) }
            await scheduler.stop()
        }
    }

    @Test("a result is waited for, and read as a type of one's own; what has none says where it stands")
    func results() async throws {
        try await withGateway { gateway, peer in
            let scheduler = try Self.scheduler(gateway)
            let id = ReminderID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001)
            let attempt = Proto.Attempt(scheduledAt: now, number: 1, outcome: .delivered, detail: "d", result: Array("[1,2]".utf8))
            peer.state.withLockedValue { $0.results = [.init(state: .open), .init(state: .done, attempt: attempt)] }
            let done = try #require(try await scheduler.result(of: id, waiting: .seconds(60)))
            #expect(done.state == .done && done.value == [1, 2] && done.detail == "d")
            let numbers = try done.decode([Int].self)
            #expect(numbers == [1, 2])
            peer.state.withLockedValue { $0.results = [.init(state: .open)] }
            let open = try await scheduler.result(of: id, scheduledAt: now, waiting: .milliseconds(20))
            #expect(open?.state == .open && open?.value == nil && open?.detail == "")
            peer.state.withLockedValue { $0.results = [] }
            let none = try await scheduler.result(of: id, scheduledAt: UnixSeconds(now))
            #expect(none == nil)
            let times = peer.state.withLockedValue { $0.resultsAsked.map(\.scheduledAt) }
            #expect(times.first == .some(nil) && times.last == now)
            await scheduler.stop()
        }
    }

    @Test("a key says who asks; without one, with a wrong one, and for a queue that it may not name, the gateway's words come back")
    func keys() async throws {
        let folder = try KeysFolder(line("school", "the-key-of-the-school", "queues=people"))
        try await withGateway(callers: try Callers(keysFile: folder.file, allowsAnonymous: false)) { gateway, peer in
            let scheduler = try Self.scheduler(gateway, key: "the-key-of-the-school")
            try await scheduler.schedule("t", options: .init(queue: "people"))
            #expect(peer.state.withLockedValue { $0.creates.map { $0.reminder?.caller } } == ["school"])
            let elsewhere = await #expect(throws: TaskSchedulerError.self) { try await scheduler.schedule("t", options: .init(queue: "other")) }
            guard case .refused(let words)? = elsewhere, words.contains("may not name the queue other") else {
                return #expect(Bool(false), "\(elsewhere as Any)")
            }
            await scheduler.stop()
            for key in [nil, "not-the-key-of-the-school"] {
                let stranger = try Self.scheduler(gateway, key: key)
                let error = await #expect(throws: TaskSchedulerError.self) { try await stranger.schedule("t") }
                guard case .refused(let words)? = error, words.contains("Authorization: Bearer"), !words.contains("school") else {
                    return #expect(Bool(false), "\(error as Any)")
                }
                await stranger.stop()
            }
            #expect(!gateway.log.text.contains("key-of-the-school"))
        }
    }

    @Test("what a gateway cannot do now is asked again until the deadline, and then said in its words")
    func noScheduler() async throws {
        try await withGateway(deadlineMilliseconds: 50) { gateway, peer in
            peer.state.withLockedValue { $0.isSilent = true }
            let scheduler = try Self.scheduler(gateway, deadline: .milliseconds(1_500))
            let error = await #expect(throws: TaskSchedulerError.self) { try await scheduler.schedule("t") }
            guard case .unavailable(let words)? = error, words.contains("no scheduler answered in time") else {
                return #expect(Bool(false), "\(error as Any)")
            }
            await scheduler.stop()
        }
    }

    @Test("over TLS it trusts the authorities that it is given, and no others")
    func tls() async throws {
        let folder = try CertificateFolder(), other = try CertificateFolder()
        try folder.make("server", names: "IP:127.0.0.1")
        let tls = try ListenerTLS(
            certificate: Setting("GATEWAY_TLS_CERT", folder.path + "/server.pem"), key: Setting("GATEWAY_TLS_KEY", folder.path + "/server.key"))
        try await withGateway(adjust: { $0.tls = tls }) { gateway, _ in
            let scheduler = try Self.scheduler(gateway, scheme: "https", authorities: folder.authority)
            let id = try await scheduler.schedule("t")
            let found = try await scheduler.get(id)
            #expect(found?.task == "t")
            await scheduler.stop()
            for authorities in [nil, other.authority] {
                let stranger = try Self.scheduler(gateway, scheme: "https", authorities: authorities)
                let error = await #expect(throws: TaskSchedulerError.self) { try await stranger.schedule("t") }
                #expect(error?.description.contains("no certificate that is trusted") == true, "\(error as Any)")
                await stranger.stop()
            }
        }
    }
}
