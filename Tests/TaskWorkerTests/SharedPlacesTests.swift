import NIOConcurrencyHelpers
import NIOPosix
import ScheduledTasks
import TaskDomain
import TaskMessages
import TaskWire
import Testing
import TestSupport

@testable import TaskWorker

/// A scheduler that hands out what it has to do, as far as its worker's credit goes, and acknowledges what is reported.
private final class PlayedScheduler: Sendable {
    private struct State {
        let name: String
        var limit: Int64 = 0, sent: Int64 = 0
        var toDo = 0, handedOut: UInt64 = 0, isStopped = false, acknowledges = true, isStill = false

        mutating func hear(_ message: Proto.WorkerMessage) -> Proto.SchedulerMessage {
            guard !isStill else { return Proto.SchedulerMessage() }
            if message.attach != nil { (limit, sent) = (0, 0) }
            let before = limit
            limit = message.creditLimit ?? limit
            var answer = handOut()
            if acknowledges { answer.acknowledged = message.outcomes.map(\.lease) }
            answer.creditLimit = limit < before ? limit : nil
            return answer
        }

        mutating func handOut() -> Proto.SchedulerMessage {
            var message = Proto.SchedulerMessage()
            while sent < limit, toDo > 0 {
                (sent, toDo, handedOut) = (sent + 1, toDo - 1, handedOut + 1)
                let id = ReminderID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | handedOut)
                message.dispatches.append(
                    Proto.Dispatch(lease: handedOut, id: id.bytes, scheduledAt: 7, attempt: 1, leaseMs: 60_000, task: "test", arguments: Array(name.utf8)))
            }
            return message
        }
    }

    let peer: SchedulerPeer
    private let state: NIOLockedValueBox<State>

    init(_ name: String, port: Int = 0, tenure: Tenure? = nil) async throws {
        let state = NIOLockedValueBox(State(name: name))
        self.state = state
        peer = try await SchedulerPeer(name, port: port, tenure: tenure) { stream, message in
            let answer = state.withLockedValue { $0.hear(message) }
            if answer != Proto.SchedulerMessage() { stream.send(answer) }
        }
    }

    /// It has so many more to hand out.
    func has(_ count: Int) {
        peer.onStream { [state] stream in
            stream.send(
                state.withLockedValue {
                    $0.toDo += count
                    return $0.handOut()
                })
        }
    }

    /// It hears nothing any more.
    func standsStill() { state.withLockedValue { $0.isStill = true } }

    func acknowledgesNothing() { state.withLockedValue { $0.acknowledges = false } }

    /// Once is enough.
    func stop() async throws {
        let isStopped = state.withLockedValue { state in
            defer { state.isStopped = true }
            return state.isStopped
        }
        if !isStopped { try await peer.stop() }
    }
}

/// A worker of several schedulers, whose tasks end when the test says so, or at once.
private final class SharingWorker: Sendable {
    private struct Runs {
        var open: [(scheduler: String, end: @Sendable (TaskResult) -> Void)] = []
        var most = 0, endsAtOnce = false, output: [UInt8] = []
    }

    let schedulers: Schedulers
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let runs = NIOLockedValueBox(Runs())

    init(_ ports: [Int], places: Int, shutDown: @escaping @Sendable () -> Void = {}) throws {
        let eventLoop = group.next(), runs = runs
        var registry = TaskRegistry()
        try registry.register("test", onEventLoop: { invocation, end in
            let endsAtOnce = runs.withLockedValue {
                $0.open.append((String(decoding: invocation.argumentBytes, as: UTF8.self), end))
                $0.most = max($0.most, $0.open.count)
                return $0.endsAtOnce
            }
            if endsAtOnce { eventLoop.execute { Self.end(1, in: runs) } }
        })
        let shared = Places(
            eventLoop: eventLoop, capacity: Capacity(queues: ["default"], concurrency: places, maxConcurrency: 2 * places), shutDown: shutDown)
        let identity = WorkerIdentity(instance: "worker-1", version: "1.2.3"), tasks = registry
        schedulers = Schedulers(
            at: ports.map { WireEndpoint(host: "127.0.0.1", port: $0) },
            settings: WireSettings(identity: PeerIdentity(role: .worker, instance: "worker-1", build: "test")), logger: quiet
        ) {
            SchedulerLink(sharing: shared, as: identity, registry: tasks, acknowledgementWait: .milliseconds(200), logger: quiet)
        }
        schedulers.start()
    }

    private static func end(_ count: Int, in runs: NIOLockedValueBox<Runs>) {
        let (ended, output) = runs.withLockedValue { runs in
            defer { runs.open.removeFirst(min(count, runs.open.count)) }
            return (runs.open.prefix(count), runs.output)
        }
        for run in ended { run.end(TaskResult(outcome: .delivered, output: output)) }
    }

    /// As many as ever ran at once.
    var most: Int { runs.withLockedValue { $0.most } }

    func running(of scheduler: String) -> Int { runs.withLockedValue { $0.open.count { $0.scheduler == scheduler } } }

    /// What its tasks return is so long.
    func returns(bytes: Int) { runs.withLockedValue { $0.output = Array(repeating: UInt8(ascii: "7"), count: bytes) } }

    /// Ends so many, the longest first; `andAllThatFollow`: and those that begin behind them as they begin.
    func end(_ count: Int = .max, andAllThatFollow: Bool = false) {
        group.next().execute { [runs] in
            runs.withLockedValue { $0.endsAtOnce = $0.endsAtOnce || andAllThatFollow }
            Self.end(count, in: runs)
        }
    }

    /// Ends what runs for one scheduler.
    func end(of scheduler: String) {
        group.next().execute { [runs] in
            let ended = runs.withLockedValue { runs in
                defer { runs.open.removeAll { $0.scheduler == scheduler } }
                return runs.open.filter { $0.scheduler == scheduler }
            }
            for run in ended { run.end(TaskResult(outcome: .delivered)) }
        }
    }

    func stop() async throws {
        await schedulers.stop()
        try await group.shutdownGracefully()
    }
}

@Suite("A worker's places, shared among its schedulers", .timeLimit(.minutes(3)))
struct SharedPlacesTests {
    /// Two schedulers and a worker of both.
    private func with(
        places: Int, shutDown: @escaping @Sendable () -> Void = {}, _ body: (SharingWorker, PlayedScheduler, PlayedScheduler) async throws -> Void
    ) async throws {
        let one = try await PlayedScheduler("one"), two = try await PlayedScheduler("two")
        let worker = try SharingWorker([one.peer.port, two.peer.port], places: places, shutDown: shutDown)
        try await eventually("both have their part") {
            let limits = [one.peer.creditLimit, two.peer.creditLimit]
            return limits[0] + limits[1] == places && limits.allSatisfy { $0 >= places / 2 } && !two.peer.messages.isEmpty && !one.peer.messages.isEmpty
        }
        try await body(worker, one, two)
        try await worker.stop()
        try await one.stop()
        try await two.stop()
    }

    /// Ends what runs, one after the other, until each scheduler has half of sixteen places.
    private func evenOut(_ worker: SharingWorker) async throws {
        try await eventually("each has its part") {
            let isEven = worker.running(of: "one") == 8 && worker.running(of: "two") == 8
            if !isEven { worker.end(1) }
            return isEven
        }
    }

    @Test("no more runs than it has places, and both get done what they have, also where there are fewer places than schedulers", arguments: [1, 2, 5, 64])
    func never(places: Int) async throws {
        try await with(places: places) { worker, one, two in
            one.has(100)
            two.has(100)
            try await eventually("every place is taken") { worker.running(of: "one") + worker.running(of: "two") == places }
            worker.end(andAllThatFollow: true)
            try await eventually("all is done") { one.peer.outcomes.count == 100 && two.peer.outcomes.count == 100 }
            #expect(worker.most == places)
            // What has been idle meanwhile is no scheduler's for ever.
            one.has(50)
            try await eventually("all is done") { one.peer.outcomes.count == 150 }
            two.has(50)
            try await eventually("all is done") { two.peer.outcomes.count == 150 }
            #expect(worker.most == places)
        }
    }

    @Test("who alone has work gets what the other does not use, but for a few; and the other its part when it has work again")
    func uneven() async throws {
        let floor = Shares<Int>.floor
        try await with(places: 16) { worker, one, two in
            one.has(1_000)
            try await eventually("it has what is left") { worker.running(of: "one") == 16 - floor }
            two.has(1_000)
            try await eventually("it has what was kept for it") { worker.running(of: "two") == floor }
            try await evenOut(worker)
            #expect(worker.most == 16)
        }
    }

    @Test("a scheduler that stands still keeps no place for long that others want, and what it hands out then is given back where there is none")
    func standsStill() async throws {
        let floor = Shares<Int>.floor
        try await with(places: 16) { worker, one, two in
            one.standsStill()
            two.has(100)
            try await eventually("the other has what the first does not use, but for a few") { worker.running(of: "two") == 16 - floor }
            // As many as it was told that it may, before.
            one.has(8)
            try await eventually("what there is a place for runs") { worker.running(of: "one") == floor }
            try await eventually("and the rest is given back") { one.peer.outcomes.count { $0.outcome == .known(.unsent) } == 8 - floor }
            #expect(worker.most == 16)
        }
    }

    @Test("who takes a store over is told what runs of it and what was not acknowledged, and who had it before, and stands still, is left")
    func takenOver() async throws {
        let one = try await PlayedScheduler("one", tenure: Tenure(store: "s", term: 1)), port: Int
        do {
            // Where the other will be.
            let other = try await SchedulerPeer()
            port = other.port
            try await other.stop()
        }
        let worker = try SharingWorker([one.peer.port, port], places: 8)
        try await eventually("it may fill all places") { one.peer.creditLimit == 8 }
        one.acknowledgesNothing()
        one.has(3)
        try await eventually("they run") { worker.running(of: "one") == 3 }
        worker.end(1)
        try await eventually("it is told of the one that has ended") { one.peer.outcomes.count == 1 }
        one.standsStill()
        let two = try await PlayedScheduler("two", port: port, tenure: Tenure(store: "s", term: 2))
        try await eventually("the other is told all of it") {
            let attach = two.peer.messages.first?.attach
            return attach?.running.count == 2 && two.peer.outcomes.count == 1
        }
        // At once, whatever the first might still hand out.
        two.has(100)
        try await eventually("the other has what places there are") { worker.running(of: "two") == 6 && one.peer.ended == 1 }
        one.has(5)
        worker.end(of: "one")
        try await eventually("what ends is told to the other") { Set(two.peer.outcomes.map(\.lease)).isSuperset(of: [1, 2, 3]) }
        #expect(worker.running(of: "one") == 0 && one.peer.outcomes.count == 1 && worker.most == 8)
        // One that comes back with what it had before is left alone.
        try await one.stop()
        let late = try await PlayedScheduler("one", port: one.peer.port, tenure: Tenure(store: "s", term: 1))
        late.has(5)
        worker.end()
        try await eventually("all goes on with the other") { two.peer.outcomes.count >= 10 }
        #expect(late.peer.messages.isEmpty)
        try await worker.stop()
        for scheduler in [late, two] { try await scheduler.stop() }
    }

    @Test("a scheduler that goes gives its places back, and has its part again when it is back")
    func goes() async throws {
        try await with(places: 16) { worker, one, two in
            one.has(1_000)
            two.has(1_000)
            try await eventually("each has its part") { worker.running(of: "one") + worker.running(of: "two") == 16 }
            let port = two.peer.port, before = worker.running(of: "two")
            try await two.stop()
            // What still runs keeps its places.
            #expect(worker.running(of: "one") == 16 - before && worker.running(of: "two") == before)
            worker.end(16)
            try await eventually("the other has all of them") { worker.running(of: "one") == 16 }
            let again = try await PlayedScheduler("two", port: port)
            try await eventually("what ended meanwhile is reported") { again.peer.outcomes.count == before }
            again.has(1_000)
            try await evenOut(worker)
            #expect(worker.most == 16)
            try await again.stop()
        }
    }

    @Test("what one scheduler tells it to be it is to all, and says so to all")
    func told() async throws {
        try await with(places: 16) { worker, one, two in
            one.peer.send(Proto.SchedulerMessage(controls: [Proto.WorkerControl(action: .known(.change), id: 7, concurrency: 3)]))
            for scheduler in [one, two] {
                try await eventually("it is told") { scheduler.peer.messages.contains { $0.standing?.concurrency == 3 } }
            }
            #expect(one.peer.messages.contains { $0.controlled == [Proto.Controlled(id: 7)] })
            #expect(two.peer.messages.allSatisfy { $0.controlled.isEmpty })
            // Until both schedulers have answered they may hand out what they could before.
            try await eventually("no more than three are asked for") { one.peer.creditLimit + two.peer.creditLimit == 3 }
            one.has(100)
            two.has(100)
            try await eventually("all three run") { worker.running(of: "one") + worker.running(of: "two") == 3 }
            worker.end(andAllThatFollow: true)
            try await eventually("all is done") { one.peer.outcomes.count == 100 && two.peer.outcomes.count == 100 }
            #expect(worker.most == 3)
        }
    }

    @Test("results that one scheduler does not acknowledge hold back that one alone")
    func results() async throws {
        let bytes = 256 << 10, most = SchedulerLink.maxWaitingResultBytes / bytes
        try await with(places: 8) { worker, one, two in
            one.acknowledgesNothing()
            worker.returns(bytes: bytes)
            one.has(2 * most)
            two.has(2 * most)
            worker.end(andAllThatFollow: true)
            try await eventually("the other is done") { two.peer.outcomes.count == 2 * most }
            try await eventually("it has said all that may wait") { one.peer.outcomes.count > most }
            // With what ran when that was too much.
            #expect(one.peer.outcomes.count <= most + 1 + 8)
        }
    }

    @Test("told to shut down it waits for what its schedulers may still acknowledge, and not for one that is away")
    func shutsDown() async throws {
        let hasEnded = NIOLockedValueBox(false)
        try await with(places: 8) {
            hasEnded.withLockedValue { $0 = true }
        } _: { worker, one, two in
            one.has(1)
            two.has(1)
            try await eventually("both run") { worker.running(of: "one") == 1 && worker.running(of: "two") == 1 }
            try await two.stop()
            one.peer.send(Proto.SchedulerMessage(controls: [Proto.WorkerControl(action: .known(.shutDown), id: 1)]))
            try await eventually("it takes nothing") { one.peer.messages.contains { $0.standing?.draining == true } }
            worker.end(of: "one")
            try await eventually("its outcome is said") { one.peer.outcomes.count == 1 }
            // Answered behind the acknowledgement: nothing more comes from this one.
            one.peer.send(Proto.SchedulerMessage(controls: [Proto.WorkerControl(action: .known(.shutDown), id: 2)]))
            try await eventually("it answers") { one.peer.messages.contains { $0.controlled.contains { $0.id == 2 } } }
            #expect(!hasEnded.withLockedValue { $0 })
            worker.end(of: "two")
            try await eventually("it ends") { hasEnded.withLockedValue { $0 } }
            await worker.schedulers.drain()
            #expect(one.peer.outcomes.count == 1)
        }
    }

    @Test("a scheduler that two endpoints stand for is attached to once; what runs goes on over the other when the first is over")
    func twice() async throws {
        let one = try await PlayedScheduler("one"), same = try await PlayedScheduler("one")
        let worker = try SharingWorker([one.peer.port, same.peer.port], places: 4)
        while await worker.schedulers.status().connected < 2 { try await Task.sleep(for: .milliseconds(2)) }
        try await eventually("it attaches") { !one.peer.messages.isEmpty || !same.peer.messages.isEmpty }
        let (first, second) = one.peer.messages.isEmpty ? (same, one) : (one, same)
        first.has(10)
        try await eventually("they run") { worker.running(of: "one") == 4 }
        #expect(second.peer.messages.isEmpty)
        try await first.stop()
        try await eventually("it attaches over the other") { second.peer.messages.first?.attach?.running.count == 4 }
        // Both are away, and the way that it did not begin with is there again first.
        let port = second.peer.port
        try await second.stop()
        let again = try await PlayedScheduler("one", port: port)
        try await eventually("it attaches with what runs") { again.peer.messages.first?.attach?.running.count == 4 }
        try await worker.stop()
        try await again.stop()
    }
}
