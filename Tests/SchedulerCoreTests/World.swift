import Foundation
import SQLiteStore
import Storage
import Synchronization
import TaskDomain
import Testing

@testable import SchedulerCore

/// A scheduler core with a real SQLite store, in simulated time, with workers that a test scripts.
///
/// Nothing waits: time jumps from one thing that happens to the next.
final class World {
    /// How a worker deals with what it is given.
    struct Answer {
        var outcome: Outcome = .delivered
        /// `nil`: it never reports.
        var afterMilliseconds: Int64? = 1
        var retryAfterMilliseconds: Int64?
        var result: [UInt8] = []

        static let delivered = Answer()
        static let never = Answer(afterMilliseconds: nil)
    }

    /// What the scheduler learns of a create.
    enum CreateEnd {
        case answered
        /// It is stored, and the store's answer says that it failed.
        case lost
        /// It is not stored.
        case failed
        /// It is stored, and is heard of when the test says so.
        case unheard
    }

    struct Run: Equatable {
        var key: OccurrenceKey
        var attempt: Int
        var worker: String
        var at: UnixMilliseconds
    }

    private struct Report {
        var at: MonotonicMilliseconds
        var worker: WorkerID
        var report: OutcomeReport
    }

    static let start = UnixMilliseconds(1_800_000_000_000)

    private(set) var now = Moment(wall: World.start, monotonic: MonotonicMilliseconds(1_000))
    var configuration = CoreConfiguration()
    private(set) var core: SchedulerCore
    private(set) var store: SQLiteStore
    private let folder: URL
    private var events: [Event] = []
    private var isHandling = false
    private var reports: [Report] = []
    private var names: [WorkerID: String] = [:]
    private var nextWorker: UInt64 = 1
    /// What each may be handed on its stream, as it has said.
    private var limits: [WorkerID: Int] = [:]
    private let shards: [Shard]
    private var nextReminder: UInt64 = 1
    private var unheard: [ReminderID: DueEntry] = [:]
    private var nextRequest: UInt64 = 1
    /// What requests came to; `nil` where they were refused.
    private(set) var outcomes: [RequestID: [StoreWriteResult]?] = [:]

    /// What each occurrence comes to.
    var answer: (Dispatch) -> Answer = { _ in .delivered }
    /// What a dispatch that cannot be sent ends as; `nil`: it is sent.
    var unsendable: (Dispatch) -> Outcome? = { _ in nil }
    /// While true workers go on with what was revoked.
    var isDeaf = false
    /// How long the store takes for each answer: what it does is done at once, in order, what it says comes later, in order.
    var storeDelay: () -> Int64 = { 0 }
    private var answers: [(at: MonotonicMilliseconds, event: Event)] = []
    /// While true the store refuses writes.
    var isDiskFull = false
    /// The next write is carried out, and its answer says that it was not.
    var losesAnswer = false
    /// Loads fail.
    var isUnreadable = false
    private(set) var runs: [Run] = []
    /// Leases that workers run at this moment.
    private(set) var running: [UInt64: (worker: WorkerID, key: OccurrenceKey)] = [:]
    private(set) var revoked: [UInt64] = []
    /// Leases under which nothing is to leave any more; a test says what comes of them.
    private(set) var recalled: [UInt64] = []
    /// What the answers to requests named as on its way.
    private(set) var inFlight: [RequestID: [OccurrenceKey]] = [:]
    /// What became of what was called off by itself, and which requests were refused.
    private(set) var cancellations: [RequestID: Cancellation] = [:], refused: Set<RequestID> = []
    private(set) var acknowledged: [UInt64] = []
    /// What became of extensions, in their order.
    private(set) var extensions: [Result<Int64, ExtensionRefusal>] = []
    private(set) var largestMemory = 0
    /// The writes that reached the store, but for who is attached.
    private(set) var writes = 0
    /// Occurrences that loads brought, and keys that were read by lane.
    private(set) var loaded = 0, readFromShelf = 0
    /// How many came at once.
    private(set) var batches: [Int] = []

    /// - Parameter isOfOne: the world has one reminder, and only its shard, so that days pass in a moment: each shard is read once a
    ///   minute.
    init(configuration: CoreConfiguration = CoreConfiguration(), seed: UInt64 = 1, isOfOne: Bool = false) throws {
        self.configuration = configuration
        shards = isOfOne ? [Self.id(nextReminder, at: now.wall).shard] : Self.used
        let memory = URL(filePath: "/dev/shm")
        let base = FileManager.default.isWritableFile(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
        folder = base.appending(path: "core-\(UUID().uuidString)")
        store = try Self.open(folder)
        core = SchedulerCore(configuration: configuration, seed: seed)
        handle(.take(try taken().shards, rejoin: []))
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The shards of this world.
    private func taken() throws -> TakenShards { try wait { done in store.take(shards, passed: SchedulerCore.maxPassed) { done($0) } }.get() }

    private static func open(_ folder: URL) throws -> SQLiteStore {
        try SQLiteStore(path: folder.appending(path: "store.db").path) { Issue.record("the store reports: \($0)") }
    }

    // MARK: What a test does

    @discardableResult
    func create(
        in milliseconds: Int64, rule: String? = nil, policy: MisfirePolicy = .fireOnce, catchUpLimit: Int = 100, maxAttempts: Int? = nil,
        retryForSeconds: Int = 86_400,
        priority: Int = 5, queue: String = "default", task: String = "test", jitterSeconds: Int = 0,
        expiresAfterSeconds: Int? = nil, timezone: String = "UTC", caller: String = "", comesTo end: CreateEnd = .answered
    ) throws -> ReminderID {
        let seconds = (now.wall + milliseconds).second
        let id = Self.id(nextReminder, at: now.wall)
        precondition(shards.contains(id.shard), "a world of one has one reminder")
        nextReminder += 1
        let reminder = Reminder(
            id: id, schedule: Schedule(start: seconds, rule: rule, timezone: timezone),
            handling: Handling(
                queue: queue, priority: priority, misfirePolicy: policy, catchUpLimit: catchUpLimit, retryForSeconds: retryForSeconds,
                maxAttempts: maxAttempts, jitterSeconds: jitterSeconds,
                expiresAfterSeconds: expiresAfterSeconds),
            payload: Payload(task: task, arguments: []), createdAt: now.wall, caller: caller, sealedAuthorization: [1])
        let first = try #require(try reminder.schedule.series().first())
        let position = SeriesPosition(first)
        core.creating(id)
        if end != .failed { _ = try submit([.create(reminder, position: position, idempotency: nil)]).get() }
        let entry = DueEntry(reminder, at: position)
        switch end {
        case .answered: answer(.created(entry))
        case .lost, .failed: answer(.mayBeStored(entry))
        case .unheard: unheard[id] = entry
        }
        return id
    }

    /// One shard in eight: each is read again and again.
    private static let used = stride(from: 0, to: Shard.count, by: 8).compactMap { Shard($0) }

    private static func id(_ number: UInt64, at wall: UnixMilliseconds) -> ReminderID {
        var random = SplitMix64(seed: number)
        return ReminderID(at: wall, in: used[Int(random.next() % UInt64(used.count))], using: &random)
    }

    /// A create is heard of that was not before.
    func hear(of id: ReminderID) throws {
        let entry = unheard.removeValue(forKey: id)
        handle(.created(try #require(entry)))
    }

    func cancel(_ id: ReminderID) { change(id, .cancel) }

    func replaceAuthorization(of id: ReminderID) { change(id, .replaceAuthorization(sealed: [2])) }

    /// Resumes a reminder as the scheduler does: a series goes on with what comes after now.
    func resume(_ id: ReminderID) throws {
        let schedule = try summary(id).reminder.schedule
        let next = try schedule.series().cursor(after: now.wall.second.count)
        change(
            id,
            .resume(goesOnAt: schedule.isSingle ? .itsPosition : .position(next.map { SeriesPosition($0) })))
    }

    /// Asks for a change; `outcomes` has what it came to once the store has answered.
    @discardableResult
    func change(_ id: ReminderID, _ change: ReminderChange, _ guardian: ChangeGuard = ChangeGuard()) -> RequestID {
        request([.change(id, change, guardian, at: now.wall)])
    }

    @discardableResult
    func request(_ writes: [StoreWrite]) -> RequestID {
        let request = RequestID(rawValue: nextRequest)
        nextRequest += 1
        handle(.request(request, writes))
        return request
    }

    @discardableResult
    func attach(
        _ name: String = "a", credit: Int = 1_000, queues: [String] = ["default"], tasks: [String] = ["test"],
        running: [LeaseReport] = [], following: [LeaseReport] = []
    ) -> WorkerID {
        let id = WorkerID(rawValue: nextWorker)
        nextWorker += 1
        names[id] = name
        limits[id] = credit
        handle(.workerAttached(id, instance: name, queues: queues, tasks: tasks, creditLimit: credit, running: running, following: following))
        return id
    }

    /// The worker says that what it runs under a lease goes on for so long from now.
    /// - Returns: what came of it.
    @discardableResult
    func extend(_ id: WorkerID, _ lease: UInt64, _ key: OccurrenceKey, by milliseconds: Int64) -> Result<Int64, ExtensionRefusal>? {
        handle(.extend(id, [LeaseExtension(id: 1, lease: lease, key: key, milliseconds: milliseconds)]))
        return extensions.last
    }

    /// The worker says how far what it runs under a lease is.
    func progress(_ id: WorkerID, _ lease: UInt64, _ progress: TaskProgress) { handle(.progress(id, [(lease, progress)])) }

    func drain(_ id: WorkerID) { handle(.workerDraining(id)) }

    /// Somebody calls off an occurrence.
    func cancel(_ key: OccurrenceKey, caller: String? = nil) -> RequestID {
        let id = RequestID(rawValue: nextRequest)
        nextRequest += 1
        handle(.cancel(id, key, caller: caller))
        return id
    }

    /// The worker has room for so many more, or fewer.
    func grant(_ id: WorkerID, _ more: Int) { handle(room(of: id, more)) }

    private func room(of id: WorkerID, _ more: Int) -> Event {
        let limit = limits[id, default: 0] + more
        limits[id] = limit
        return .creditLimit(id, limit)
    }

    /// The worker serves these queues from now on.
    func stands(_ id: WorkerID, _ queues: [String], isDrained: Bool = false) {
        handle(.workerStands(id, queues: queues, isDrained: isDrained))
    }

    /// The scheduler is to end: it dispatches nothing more.
    func drain() { handle(.drain) }

    /// The connection breaks; what runs there goes on running.
    func detach(_ id: WorkerID, isSilent: Bool = false) { handle(.workerDetached(id, isSilent: isSilent)) }

    /// The worker ends of its own accord, with everything that it runs.
    func leave(_ id: WorkerID) {
        running = running.filter { $0.value.worker != id }
        reports.removeAll { $0.worker == id }
        handle(.workerLeft(id))
    }

    /// The worker dies with everything that it runs.
    func kill(_ id: WorkerID) {
        running = running.filter { $0.value.worker != id }
        reports.removeAll { $0.worker == id }
        handle(.workerDetached(id))
    }

    /// A worker reports something now.
    func report(_ id: WorkerID, _ lease: UInt64, _ key: OccurrenceKey, _ outcome: Outcome, startedMillisecondsAgo: Int64 = 0) {
        running[lease] = nil
        var report = Self.report(lease, key, outcome, now)
        report.startedAt -= startedMillisecondsAgo
        handle(.outcomes(id, [report]))
    }

    /// The process ends without a word, and another opens the store.
    /// - Parameter rejoin: whom the next one is to wait for; `nil`: whom the former wrote down.
    func crash(rejoin: [String]? = nil, queues: [QueueSettings] = [], downMilliseconds: Int64 = 0) async throws {
        events = []
        answers = []
        // Frees the file's lock.
        await store.close()
        store = try Self.open(folder)
        reports = []
        now.wall += downMilliseconds
        now.monotonic += downMilliseconds
        core = SchedulerCore(configuration: configuration, seed: UInt64(now.wall.count))
        let taken = try taken(), workers = rejoin.map { $0.map { AttachedWorker(instance: $0) } } ?? taken.workers
        handle(.take(taken.shards, rejoin: workers, queues: queues, passed: taken.passed))
    }

    func zonesChanged(_ zones: Set<String>) { handle(.zonesChanged(zones)) }

    func setWallClock(by milliseconds: Int64) {
        now.wall += milliseconds
        handle(.tick)
    }

    /// Lets time pass.
    func run(milliseconds: Int64) {
        let end = now.monotonic + milliseconds
        // The real loop looks at least twice a second. What takes hours is looked at less often, so that it passes in a moment: the core
        // says itself when it is to be woken.
        let longestSleep: Int64 = milliseconds > 2 * 3_600_000 ? 20_000 : 500
        // Turns since time last went on: a core that wants to be woken at once for ever would let nothing else happen.
        var turns = 0
        while true {
            var next = end
            if let due = core.nextDue {
                next = min(next, now.monotonic + max(0, due - now.wall))
            }
            if let deadline = core.nextDeadline { next = min(next, deadline) }
            if let report = reports.map(\.at).min() { next = min(next, report) }
            if let answer = answers.first { next = min(next, answer.at) }
            next = max(now.monotonic, min(next, now.monotonic + longestSleep))
            let step = next - now.monotonic
            turns = step > 0 ? 0 : turns + 1
            guard turns < 100_000 else {
                Issue.record("the core is woken again and again, and time stands still")
                return
            }
            now.monotonic += step
            now.wall += step
            while let answer = answers.first, answer.at <= now.monotonic {
                answers.removeFirst()
                handle(answer.event)
            }
            let due = reports.filter { $0.at <= now.monotonic }
            reports.removeAll { $0.at <= now.monotonic }
            for report in due {
                guard running.removeValue(forKey: report.report.lease) != nil else { continue }
                grant(report.worker, 1)
                handle(.outcomes(report.worker, [report.report]))
            }
            handle(.tick)
            if now.monotonic >= end { return }
        }
    }

    // MARK: What a test sees

    func summary(_ id: ReminderID) throws -> ReminderSummary {
        try #require(try wait { done in store.reminder(id) { done($0) } }.get())
    }

    func attempts(_ id: ReminderID) throws -> [Attempt] {
        try #require(try wait { done in store.attempts(of: id, limit: 10_000) { done($0) } }.get())
    }

    func queueSettings() throws -> [QueueSettings] { try wait { done in store.queues { done($0) } }.get() }

    func name(of worker: WorkerID) -> String { names[worker] ?? "" }

    func runs(of id: ReminderID) -> [Run] { runs.filter { $0.key.reminder == id } }

    // MARK: The core's outside

    private func handle(_ event: Event) {
        events.append(event)
        // What an event leads to is handled after it, by the call that is under way.
        guard !isHandling else { return }
        isHandling = true
        defer { isHandling = false }
        while !events.isEmpty {
            var effects: [Effect] = []
            core.handle(events.removeFirst(), now: now, effects: &effects)
            largestMemory = max(largestMemory, core.snapshot.entriesInMemory)
            for effect in effects { carryOut(effect) }
        }
    }

    /// The store has something to say.
    private func answer(_ event: Event) {
        let delay = storeDelay()
        // Never before what it said earlier.
        guard delay > 0 || !answers.isEmpty else { return handle(event) }
        answers.append((max(now.monotonic + delay, answers.last?.at ?? .distantPast), event))
    }

    private func carryOut(_ effect: Effect) {
        switch effect {
        case .load(let token, let shard, let after, let through, let limit):
            guard !isUnreadable else { return answer(.loadFailed(token: token, shard)) }
            let result = wait { done in
                store.load(shard: shard, after: after, through: through, limit: limit) { done($0) }
            }
            switch result {
            case .success(let page):
                loaded += page.entries.count
                answer(.loaded(token: token, shard, page))
            case .failure(let error):
                Issue.record("load: \(error)")
                answer(.loadFailed(token: token, shard))
            }
        case .loadShelf(let token, let scope, let after, let limit, let shard):
            guard !isUnreadable else { return answer(.shelfLoaded(token: token, nil)) }
            let result = wait { done in store.loadShelf(scope, of: shard, after: after, limit: limit) { done($0) } }
            if case .success(let page) = result { readFromShelf += page.keys.count }
            answer(.shelfLoaded(token: token, try? result.get()))
        case .write(let token, let batch, _):
            guard !isDiskFull else { return answer(.written(token: token, nil)) }
            writes += batch.count { if case .workers = $0 { false } else { true } }
            batches.append(batch.count)
            let result = submit(batch)
            if losesAnswer {
                losesAnswer = false
                return answer(.written(token: token, nil))
            }
            switch result {
            case .success(let results): answer(.written(token: token, results))
            case .failure(let error):
                Issue.record("write: \(error)")
                answer(.written(token: token, nil))
            }
        case .answer(let request, let results, let named):
            outcomes[request] = .some(results)
            inFlight[request] = named
        case .cancelled(let request, let what): cancellations[request] = what
        case .recall(_, let leases): recalled += leases
        case .released: break
        case .extended(_, let answers): extensions += answers.map(\.result)
        case .refuse(let request):
            outcomes[request] = .some(nil)
            refused.insert(request)
        case .dispatch(let worker, let dispatches): for dispatch in dispatches { run(dispatch, on: worker) }
        case .acknowledge(_, let leases): acknowledged += leases
        case .revoke(let worker, let leases):
            revoked += leases
            // A worker stops what nobody wants, and is free for something else.
            for lease in leases where !isDeaf && running.removeValue(forKey: lease) != nil { events.append(room(of: worker, 1)) }
        }
    }

    private func run(_ dispatch: Dispatch, on worker: WorkerID) {
        let key = dispatch.entry.due.occurrence
        if let outcome = unsendable(dispatch) {
            return events.append(.undispatchable(worker, [Self.report(dispatch.lease, key, outcome, now)]))
        }
        #expect(now.wall >= key.scheduledAt.milliseconds, "early")
        #expect(now.wall >= dispatch.entry.due.dueAt, "early")
        runs.append(Run(key: key, attempt: dispatch.attempt, worker: names[worker] ?? "", at: now.wall))
        running[dispatch.lease] = (worker, key)
        let answer = answer(dispatch)
        guard let after = answer.afterMilliseconds else { return }
        var report = Self.report(dispatch.lease, key, answer.outcome, now)
        (report.retryAfterMilliseconds, report.result) = (answer.retryAfterMilliseconds, answer.result)
        reports.append(Report(at: now.monotonic + after, worker: worker, report: report))
    }

    private static func report(_ lease: UInt64, _ key: OccurrenceKey, _ outcome: Outcome, _ now: Moment) -> OutcomeReport {
        OutcomeReport(
            lease: lease, key: key, outcome: outcome, retryAfterMilliseconds: nil,
            startedAt: now.wall, durationMicroseconds: 1_000, statusCode: 0, detail: "")
    }

    private func submit(_ writes: [StoreWrite]) -> Result<[StoreWriteResult], StoreError> {
        wait { done in store.submit(writes) { done($0) } }
    }

    /// The store answers on its own thread; a simulation waits for it.
    private func wait<R: Sendable>(_ ask: (@escaping @Sendable (R) -> Void) -> Void) -> R {
        let box = Mutex<R?>(nil), semaphore = DispatchSemaphore(value: 0)
        ask { result in
            box.withLock { $0 = result }
            semaphore.signal()
        }
        semaphore.wait()
        return box.withLock { $0! }
    }
}
