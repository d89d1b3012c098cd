import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TaskMessages
import Testing
import TestSupport

@testable import TaskWire

@Suite struct CallTests {
    @Test("a call comes back with its own answer, whatever else is open")
    func answersMatch() async throws {
        let server = try await TestServer.start()
        let client = server.client()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<500 {
                tasks.addTask {
                    let answer = try await deliver(client, "key-\(number)")
                    #expect(answer == "key-\(number)")
                }
            }
            try await tasks.waitForAll()
        }
        await client.stop()
        try await server.stop()
    }

    @Test("every field of a message crosses the wire unchanged")
    func fieldsSurvive() throws {
        let reminder = Proto.Reminder(
            id: Array(0..<16), schedule: Proto.Schedule(start: -5, rule: "FREQ=DAILY", timezone: "Europe/Berlin", until: .max, rdates: [1, -2, .min], exdates: [3]),
            task: "t", arguments: [0, 255, 0], queue: "q", priority: 9, misfirePolicy: .skip, maxAttempts: 12,
            description: "ünïcode 🕰", classroomId: "c", createdBy: "me", createdAtMs: 1)
        let request = Proto.CreateRequest(
            reminder: reminder, authorization: "Bearer x", position: Proto.Position(scheduledAt: 7, index: 1),
            idempotency: Proto.Idempotency(key: [1], request: [2], answer: [3]))
        #expect(try Proto.CreateRequest(unpacking: request.packed()) == request)
        let empty = Proto.WorkerMessage()
        #expect(try Proto.WorkerMessage(unpacking: empty.packed()) == empty)
        let attach = Proto.WorkerMessage(
            attach: Proto.Attach(instance: "w", queues: ["a", "b"], tasks: [""], running: [Proto.Lease(lease: .max, id: [], scheduledAt: 0)], token: [0, 1]))
        #expect(try Proto.WorkerMessage(unpacking: attach.packed()) == attach)
    }

    @Test("a text with a NUL is refused rather than cut short")
    func nulIsRefused() async throws {
        let server = try await TestServer.start()
        let client = server.client()
        await #expect(throws: CallError.self) { try await deliver(client, "a\u{0}b") }
        await client.stop()
        try await server.stop()
    }

    @Test("a call whose answer does not come ends at its deadline, and the server hears of it", .timeLimit(.minutes(1)))
    func deadlines() async throws {
        let deadlineSeen = NIOLockedValueBox<Int?>(nil)
        let server = try await TestServer.start(define: { table in
            table.unary(NotifierService.deliver) { _, context, _ in
                deadlineSeen.withLockedValue { $0 = context.deadline?.millisecondsLeft }
            }
        })
        let client = server.client()
        let error = await #expect(throws: CallError.self) { try await deliver(client, "x", milliseconds: 1_000) }
        #expect(error?.code == .deadlineExceeded)
        let left = try #require(deadlineSeen.withLockedValue { $0 })
        #expect((1...1_000).contains(left), "the budget shrinks, never grows")
        await client.stop()
        try await server.stop()
    }

    @Test("who answers a call can see whether the caller is still there", .timeLimit(.minutes(1)))
    func presence() async throws {
        let callers = NIOLockedValueBox<[CallerPresence]>([])
        let server = try await TestServer.start(define: { table in
            table.unary(NotifierService.deliver) { _, context, _ in callers.withLockedValue { $0.append(context.caller) } }
        })
        let leaving = server.client(), staying = server.client()
        let calls = [leaving, staying].map { client in Task { try? await deliver(client, "never answered") } }
        try await eventually("both are asked") { callers.withLockedValue { $0.count == 2 && !$0.contains(where: \.isGone) } }
        await leaving.stop()
        try await eventually("one has gone") { callers.withLockedValue { $0.count(where: \.isGone) == 1 } }
        await staying.stop()
        for call in calls { _ = await call.value }
        try await server.stop()
    }

    @Test("who answers a call can see whether its answer is waited for: not after its deadline, a cancellation, or the connection's end",
        .timeLimit(.minutes(1)))
    func waiting() async throws {
        let waiting = NIOLockedValueBox<[String: CallerPresence]>([:])
        let server = try await TestServer.start(define: { table in
            table.unary(NotifierService.deliver) { request, context, _ in
                waiting.withLockedValue { $0[request.idempotencyKey] = context.waiting() }
            }
        })
        let client = server.client()
        let short = Task { try? await deliver(client, "short", milliseconds: 300) }
        let long = Task { try? await deliver(client, "long") }
        func isGone(_ key: String) -> Bool? { waiting.withLockedValue { $0[key]?.isGone } }
        try await eventually("both are asked") { waiting.withLockedValue { $0.count == 2 } }
        try await eventually("one's time is up") { isGone("short") == true }
        #expect(isGone("long") == false)
        _ = await short.value
        await client.stop()
        try await eventually("the other has gone") { isGone("long") == true }
        _ = await long.value
        try await server.stop()
    }

    @Test("each of the sixteen codes and its message come through", arguments: StatusCode.allCases.dropFirst())
    func statusCodes(code: StatusCode) async throws {
        let server = try await TestServer.start(define: { table in
            table.unary(NotifierService.deliver) { _, _, reply in
                reply(.failure(CallError(code, "why: ü")))
            }
        })
        let client = server.client()
        let error = await #expect(throws: CallError.self) { try await deliver(client, "x") }
        #expect(error == CallError(code, "why: ü"))
        await client.stop()
        try await server.stop()
    }

    @Test("where nobody listens the system's words say so")
    func nobodyListens() async throws {
        let server = try await TestServer.start(), group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = server.client(on: group)
        try await eventually("connected") { await client.status().connected == 1 }
        try await server.stop()
        try await eventually("refused") { await client.status().lastFailure == "127.0.0.1:\(server.port): Connection refused" }
        await client.stop()
        try await group.shutdownGracefully()
    }

    @Test("calls are shared between two servers, and go on when one stops", .timeLimit(.minutes(1)))
    func balancesAndFailsOver() async throws {
        let counts = NIOLockedValueBox([0, 0])
        func counted(_ which: Int) -> (inout ServiceTable) -> Void {
            { table in
                table.unary(NotifierService.deliver) { request, context, reply in
                    counts.withLockedValue { $0[which] += 1 }
                    // Answered later, so that calls overlap and balancing has something to balance.
                    context.eventLoop.scheduleTask(in: .milliseconds(2)) {
                        reply(.success(Proto.DeliverReply(outcome: .delivered, detail: request.idempotencyKey)))
                    }
                }
            }
        }
        let first = try await TestServer.start(define: counted(0)), second = try await TestServer.start(define: counted(1))
        let client = first.client(others: [second.port])
        try await eventually("both connected") { await client.status().connected == 2 }
        func burst(_ range: Range<Int>) async throws {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for number in range {
                    tasks.addTask {
                        let answer = try await deliver(client, "\(number)")
                        #expect(answer == "\(number)")
                    }
                }
                try await tasks.waitForAll()
            }
        }
        try await burst(0..<200)
        let shared = counts.withLockedValue { $0 }
        #expect(shared[0] >= 80 && shared[1] >= 80)
        await second.server.drain(milliseconds: 1_000)
        try await burst(200..<300)
        #expect(counts.withLockedValue { $0[0] + $0[1] } >= 300)
        await client.stop()
        try await first.stop()
        try await second.stop()
    }

    @Test("a client connects again after its server was away, and waiting calls are answered", .timeLimit(.minutes(1)))
    func reconnects() async throws {
        let first = try await TestServer.start()
        let other = try await TestServer.start()
        let client = other.client()  // Runs on the other server's loop, which stays.
        #expect(try await deliver(client, "before") == "before")
        let port = other.port
        await other.server.drain(milliseconds: 500)
        async let waiting = deliver(client, "while away")
        let again = try await TestServer.start(port: port)
        #expect(try await waiting == "while away")
        await client.stop()
        try await again.stop()
        try await first.stop()
        try await other.group.shutdownGracefully()
    }

    @Test("with nobody there a call ends at its deadline, says why, and that it was never made", .timeLimit(.minutes(1)))
    func nobodyThere() async throws {
        let server = try await TestServer.start()
        await server.server.drain(milliseconds: 100)
        let client = server.client()
        let error = await #expect(throws: CallError.self) { try await deliver(client, "x", milliseconds: 200) }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.message.contains("127.0.0.1:\(server.port)") == true, "\(error?.message ?? "")")
        #expect(error?.isUnsent == true)
        await client.stop()
        try await server.group.shutdownGracefully()
    }

    @Test("a call that waits for a connection fails as unavailable when its side stops", .timeLimit(.minutes(1)))
    func stopsWaiting() async throws {
        let server = try await TestServer.start()
        // Before there is a connection on which the call could leave.
        await server.server.drain(milliseconds: 100)
        let client = server.client()
        let result = NIOLockedValueBox<Result<Proto.DeliverReply, CallError>?>(nil)
        try await client.eventLoop.submit {
            client.start(NotifierService.deliver, Proto.DeliverRequest(), deadline: .after(milliseconds: 60_000)) { end in
                result.withLockedValue { $0 = end }
            }
        }.get()
        await client.stop()
        try await eventually("it has ended") { result.withLockedValue { $0 != nil } }
        guard case .failure(let error) = result.withLockedValue({ $0 }) else { return #expect(Bool(false), "nobody could answer") }
        #expect(error.code == .unavailable && error.isUnsent)
        try await server.group.shutdownGracefully()
    }

    @Test("a call that was made before its connection was lost is not told as one that never was", .timeLimit(.minutes(1)))
    func madeBefore() async throws {
        let isAsked = NIOLockedValueBox(false)
        let server = try await TestServer.start(define: { table in
            table.unary(NotifierService.deliver) { _, _, _ in isAsked.withLockedValue { $0 = true } }
        })
        let client = server.client(repetition: .idempotent)
        let call = Task { try await deliver(client, "x", milliseconds: 3_000) }
        try await eventually("it is asked") { isAsked.withLockedValue { $0 } }
        await server.server.drain(milliseconds: 0)
        let error = await #expect(throws: CallError.self) { try await call.value }
        #expect(error?.isUnsent == false)
        await client.stop()
        try await server.group.shutdownGracefully()
    }
}
