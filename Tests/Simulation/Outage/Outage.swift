import HeapModule
import SchedulerCore
import SQLiteStore
import Storage
import Synchronization
import TaskDomain

/// The scheduler's core with its store, workers behind one notifier, and a backend that nobody reaches for the first so many hours.
final class Outage {
    /// What a worker says of what it was handed, when its time has come.
    private struct Reply: Comparable {
        let at: MonotonicMilliseconds
        let number: Int
        let worker: WorkerID
        let report: OutcomeReport

        static func == (a: Reply, b: Reply) -> Bool { a.number == b.number }
        static func < (a: Reply, b: Reply) -> Bool { a.at != b.at ? a.at < b.at : a.number < b.number }
    }

    private static let concurrency = 256
    /// Reminders are made so long before they are due.
    private static let aheadSeconds = 90
    /// An answer takes the backend so long; finding that nobody is there takes the notifier longer.
    private static let answerMilliseconds: Int64 = 50, failureMilliseconds: Int64 = 1_000
    /// As the notifier's circuit breaker.
    private static let failuresToOpen = 5, probeMilliseconds: Int64 = 500
    /// After the outage everything is to be delivered within this time.
    private static let recoverySeconds = 6 * 3_600

    private let seconds: Int, rate: Int
    private let store: SQLiteStore
    private let storeFaults: Faults
    private var core: SchedulerCore
    private var now = Moment(wall: UnixMilliseconds(1_800_000_000_000), monotonic: MonotonicMilliseconds(1_000_000))
    private let begin: MonotonicMilliseconds
    private var events: [Event] = []
    private var replies = Heap<Reply>()
    private var repliesMade = 0
    /// What each worker has reported.
    private var ended: [WorkerID: Int] = [:]
    private var failures = 0
    private var nextProbe = MonotonicMilliseconds.distantPast

    /// How often each was answered 2xx, by its number.
    private var taken: [UInt8]
    private var delivered = 0, repeated = 0, early = 0, deadLetters = 0
    private var requestsDuring = 0, unsentDuring = 0, settledDuring = 0
    private var shelved = 0, loaded = 0, readFromShelf = 0, largestMemory = 0
    private var lastDelivery = MonotonicMilliseconds(0)
    private var inSecond = 0, second = MonotonicMilliseconds(0), firstRates: [Int] = []

    init(hours: Int, rate: Int, workers: Int, store path: String) throws {
        self.rate = rate
        seconds = hours * 3_600
        taken = Array(repeating: 0, count: seconds * rate)
        begin = now.monotonic
        let faults = Faults()
        storeFaults = faults
        store = try SQLiteStore(path: path) { faults.add($0) }
        core = SchedulerCore(seed: 1)
        handle(.take(Shard.all.map { OwnedShard($0, epoch: 1) }, rejoin: []))
        for number in 1...workers {
            handle(
                .workerAttached(
                    WorkerID(rawValue: UInt64(number)), instance: "worker-\(number)", queues: ["default"], tasks: [TaskName.notification],
                    creditLimit: Self.concurrency, running: []))
        }
    }

    private var isDown: Bool { now.monotonic - begin < Int64(seconds) * 1_000 }

    // MARK: Time

    func run() {
        var made = 0
        let end = begin + Int64(seconds + Self.recoverySeconds) * 1_000
        while now.monotonic < end, isDown || delivered < taken.count {
            while made < seconds, Int64(made - Self.aheadSeconds) * 1_000 <= now.monotonic - begin {
                create(second: made)
                made += 1
            }
            let second = (now.monotonic - begin) / 1_000 * 1_000 + 1_000
            var next = begin + second
            let wakes = Self.wakes(&core)
            if let due = wakes.due { next = min(next, now.monotonic + max(0, due - now.wall)) }
            if let deadline = wakes.deadline { next = min(next, deadline) }
            if let reply = replies.min { next = min(next, reply.at) }
            let step = max(0, next - now.monotonic)
            now.monotonic += step
            now.wall += step
            takeReplies()
            handle(.tick)
        }
    }

    /// Those of each worker in one message.
    private func takeReplies() {
        var reports: [WorkerID: [OutcomeReport]] = [:]
        while let reply = replies.min, reply.at <= now.monotonic {
            replies.removeMin()
            reports[reply.worker, default: []].append(reply.report)
        }
        for (worker, reports) in reports.sorted(by: { $0.key < $1.key }) {
            ended[worker, default: 0] += reports.count
            handle(.creditLimit(worker, Self.concurrency + ended[worker, default: 0]))
            handle(.outcomes(worker, reports))
        }
    }

    // MARK: Callers

    /// What is due in that second of the outage.
    private func create(second: Int) {
        let start = UnixSeconds(1_800_000_000 + Int64(second))
        let reminders = (0..<rate).map { index in
            Reminder(
                id: Self.id(second * rate + index), schedule: Schedule(start: start), handling: Handling(),
                payload: Payload(task: TaskName.notification, arguments: Array(repeating: 7, count: 100)), createdAt: now.wall,
                sealedAuthorization: Array(repeating: 3, count: 48))
        }
        let position = SeriesPosition(scheduledAt: start, index: 1)
        _ = submit(reminders.map { .create($0, position: position, idempotency: nil) })
        for reminder in reminders { handle(.created(DueEntry(reminder, at: position))) }
    }

    private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
    /// Its inverse modulo 2⁶⁴, by Newton's method.
    private static let inverse = (0..<6).reduce(multiplier) { inverse, _ in inverse &* (2 &- multiplier &* inverse) }

    /// Spread over all shards, and the number can be had back.
    private static func id(_ number: Int) -> ReminderID {
        ReminderID(high: 0x0189_0000_0000_7000, low: UInt64(number) &* multiplier)
    }

    private static func number(of id: ReminderID) -> Int { Int(id.low &* inverse) }

    // MARK: The core's outside

    private func handle(_ event: Event) {
        events.append(event)
        var next = 0
        while next < events.count {
            var effects: [Effect] = []
            core.handle(events[next], now: now, effects: &effects)
            next += 1
            largestMemory = max(largestMemory, Self.entriesInMemory(&core))
            for effect in effects { carryOut(effect) }
        }
        events.removeAll(keepingCapacity: true)
    }

    /// These look at the core where it is: to read a property of an object's it would be copied.
    private static func entriesInMemory(_ core: inout SchedulerCore) -> Int { core.snapshot.entriesInMemory }
    private static func wakes(_ core: inout SchedulerCore) -> (due: UnixMilliseconds?, deadline: MonotonicMilliseconds?) {
        (core.nextDue, core.nextDeadline)
    }

    private func carryOut(_ effect: Effect) {
        switch effect {
        case .load(let token, let shard, let after, let through, let limit):
            let result = wait { done in store.load(shard: shard, after: after, through: through, limit: limit) { done($0) } }
            guard let page = try? result.get() else { return events.append(.loadFailed(token: token, shard)) }
            loaded += page.entries.count
            events.append(.loaded(token: token, shard, page))
        case .loadShelf(let token, let scope, let after, let limit, let shard):
            let page = try? wait { done in store.loadShelf(scope, of: shard, after: after, limit: limit) { done($0) } }.get()
            readFromShelf += page?.keys.count ?? 0
            events.append(.shelfLoaded(token: token, page))
        case .write(let token, let writes, _):
            for write in writes { note(write) }
            events.append(.written(token: token, try? submit(writes).get()))
        case .dispatch(let worker, let dispatches): for dispatch in dispatches { send(dispatch, from: worker) }
        case .acknowledge, .extended, .revoke, .recall, .answer, .cancelled, .refuse, .released: break
        }
    }

    private func note(_ write: StoreWrite) {
        switch write {
        case .settle(_, _, let disposition, _):
            if isDown { settledDuring += 1 }
            if case .dead = disposition { deadLetters += 1 }
        case .shelve: shelved += 1
        default: break
        }
    }

    private func submit(_ writes: [StoreWrite]) -> Result<[StoreWriteResult], StoreError> {
        wait { done in store.submit(writes) { done($0) } }
    }

    /// The store answers on its own thread; simulated time waits for it.
    private func wait<R: Sendable>(_ ask: (@escaping @Sendable (R) -> Void) -> Void) -> R {
        let answer = Answer<R>()
        ask { answer.set($0) }
        return answer.wait()
    }

    // MARK: Worker, notifier, backend

    private func send(_ dispatch: Dispatch, from worker: WorkerID) {
        if now.wall < dispatch.entry.due.dueAt { early += 1 }
        let isOpen = failures >= Self.failuresToOpen
        if isOpen, now.monotonic < nextProbe {
            if isDown { unsentDuring += 1 }
            return reply(dispatch, worker, .unsent, status: 0, after: 1, retryAfter: nextProbe - now.monotonic)
        }
        if isOpen { nextProbe = now.monotonic + Self.probeMilliseconds }
        guard !isDown else {
            requestsDuring += 1
            failures += 1
            return reply(dispatch, worker, .retry, status: 0, after: Self.failureMilliseconds)
        }
        failures = 0
        take(dispatch.entry.due.occurrence)
        reply(dispatch, worker, .delivered, status: 200, after: Self.answerMilliseconds)
    }

    private func take(_ key: OccurrenceKey) {
        let number = Self.number(of: key.reminder)
        if taken[number] == 0 { delivered += 1 } else { repeated += 1 }
        taken[number] = min(taken[number], 254) + 1
        lastDelivery = now.monotonic
        if second == MonotonicMilliseconds(0) { second = now.monotonic }
        if now.monotonic - second >= 1_000 {
            if firstRates.count < 12 { firstRates.append(inSecond) }
            inSecond = 0
            second = now.monotonic
        }
        inSecond += 1
    }

    private func reply(
        _ dispatch: Dispatch, _ worker: WorkerID, _ outcome: Outcome, status: Int, after milliseconds: Int64, retryAfter: Int64? = nil
    ) {
        let report = OutcomeReport(
            lease: dispatch.lease, key: dispatch.entry.due.occurrence, outcome: outcome, retryAfterMilliseconds: retryAfter,
            startedAt: now.wall, durationMicroseconds: milliseconds * 1_000, statusCode: status, detail: "")
        replies.insert(Reply(at: now.monotonic + milliseconds, number: repliesMade, worker: worker, report: report))
        repliesMade += 1
    }

    // MARK: The account

    var account: String {
        """
        \(taken.count) due while the backend was down, \(rate) a second for \(seconds / 3_600) h
        delivered \(delivered), more than once \(repeated), early \(early), dead letters \(deadLetters)
        during the outage: \(requestsDuring) requests to the backend, \(unsentDuring) turned away by the circuit, \(settledDuring) tries recorded
        after it: the last delivered after \((lastDelivery - begin) / 1_000 - Int64(seconds)) s; in its first seconds \(firstRates)
        in memory at most \(largestMemory); shelved \(shelved), read from the shelf \(readFromShelf), read by their time \(loaded)
        """
    }

    /// What is not as it should be.
    var faults: [String] {
        var faults = storeFaults.all
        if delivered < taken.count { faults.append("\(taken.count - delivered) were not delivered") }
        if repeated > 0 { faults.append("\(repeated) came more than once") }
        if early > 0 { faults.append("\(early) came early") }
        if deadLetters > 0 { faults.append("\(deadLetters) dead letters") }
        if readFromShelf > 3 * taken.count || loaded > 3 * taken.count { faults.append("what is due is read again and again") }
        return faults
    }
}

/// What the store has to report, from its thread.
private final class Faults: Sendable {
    private let texts = Mutex<[String]>([])

    func add(_ text: String) { texts.withLock { $0.append(text) } }
    var all: [String] { texts.withLock { $0 } }
}
