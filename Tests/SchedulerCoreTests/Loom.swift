import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

/// A core whose shards are two strands, on a store that has what a test put there, and of which each strand can fail or be slow.
final class Loom {
    /// The shards of each strand.
    static let shards = [Array(Shard.all.prefix(Shard.count / 2)), Array(Shard.all.dropFirst(Shard.count / 2))]

    private(set) var core: SchedulerCore
    private(set) var now = Moment(wall: World.start, monotonic: MonotonicMilliseconds(1_000))
    private var random = SplitMix64(seed: 7)
    /// What loads bring, once.
    var stored: [Shard: [DueEntry]] = [:]
    /// Strands whose writes fail, and those that answer neither writes nor loads before they are told to.
    var failing: Set<Int> = [], silent: Set<Int> = []
    private var unanswered: [(strand: Int, event: Event)] = []

    private(set) var dispatched: [Dispatch] = []
    private(set) var acknowledged: [UInt64] = [], revoked: [UInt64] = []
    private(set) var refused: [RequestID] = [], answered: [RequestID: Int] = [:]
    private(set) var extended: [ExtensionAnswer] = []
    private(set) var released: [[Shard]] = []
    private var shelf: Set<ShelfKey> = [], entries: [OccurrenceKey: DueEntry] = [:]
    /// What is on stable storage, but for whom the next owner of each strand has to ask.
    private(set) var written: [StoreWrite] = []
    private(set) var holders: [Int: [AttachedWorker]] = [:]
    /// Batches that failed.
    private(set) var failures = 0

    init(mutation: Mutation? = nil, configure: (inout CoreConfiguration) -> Void = { _ in }) {
        var configuration = CoreConfiguration()
        configuration.mutation = mutation
        configure(&configuration)
        core = SchedulerCore(configuration: configuration, seed: 1)
    }

    // MARK: What a test does

    func take(_ strand: Int, epoch: Int64 = 1, rejoin: [String] = []) {
        handle(.take(Self.owned(strand, epoch: epoch), rejoin: rejoin.map { AttachedWorker(instance: $0) }))
    }

    /// The shards of a strand, as they are taken with that epoch.
    static func owned(_ strand: Int, epoch: Int64) -> [OwnedShard] { shards[strand].map { OwnedShard($0, epoch: epoch) } }

    /// From the next event on.
    func trusts(_ isTrusted: Bool) { core.isTrusted = isTrusted }

    /// From the next event on.
    func mayHaveRival(_ mayHaveRival: Bool) { core.mayHaveRival = mayHaveRival }

    func release(_ strand: Int) { handle(.release(Self.shards[strand][3])) }

    func lose(_ strand: Int) { handle(.lose(Self.shards[strand][3])) }

    @discardableResult
    func attach(_ number: UInt64 = 1, _ instance: String = "w", running: [LeaseReport] = []) -> WorkerID {
        let id = WorkerID(rawValue: number)
        handle(.workerAttached(id, instance: instance, queues: ["default"], tasks: ["test"], creditLimit: 100, running: running))
        return id
    }

    /// The first occurrence of a reminder, due after so many milliseconds; another follows every hour.
    func entry(in strand: Int, after milliseconds: Int64 = 0) -> DueEntry {
        let reminder = Reminder(
            id: ReminderID(at: now.wall, in: Self.shards[strand][5], using: &random),
            schedule: Schedule(start: (now.wall + milliseconds).second, rule: "FREQ=HOURLY", timezone: "UTC"),
            handling: Handling(queue: "default"), payload: Payload(task: "test", arguments: []), createdAt: now.wall,
            sealedAuthorization: [])
        let entry = DueEntry(reminder, at: SeriesPosition(scheduledAt: reminder.schedule.start, index: 1))
        entries[entry.due.occurrence] = entry
        return entry
    }

    func entry(of key: OccurrenceKey) -> DueEntry {
        entries[key] ?? entry(in: Self.strand(of: key.reminder.shard))
    }

    @discardableResult
    func create(in strand: Int, after milliseconds: Int64 = 0) -> OccurrenceKey {
        let entry = entry(in: strand, after: milliseconds)
        handle(.created(entry))
        return entry.due.occurrence
    }

    func report(_ key: OccurrenceKey, _ outcome: Outcome = .delivered, by worker: WorkerID = WorkerID(rawValue: 1)) {
        if let lease = lease(of: key) { handle(.outcomes(worker, [outcomeReport(lease, key, outcome)])) }
    }

    func outcomeReport(_ lease: UInt64, _ key: OccurrenceKey, _ outcome: Outcome) -> OutcomeReport {
        OutcomeReport(
            lease: lease, key: key, outcome: outcome, retryAfterMilliseconds: nil, startedAt: now.wall, durationMicroseconds: 1_000,
            statusCode: 0, detail: "")
    }

    func change(_ number: UInt64, _ keys: [OccurrenceKey]) {
        handle(.request(RequestID(rawValue: number), keys.map { .change($0.reminder, .cancel, ChangeGuard(), at: now.wall) }))
    }

    /// What was asked of a strand is answered now.
    func answer(_ strand: Int) {
        silent.remove(strand)
        let events = unanswered.filter { $0.strand == strand }.map(\.event)
        unanswered.removeAll { $0.strand == strand }
        for event in events { handle(event) }
    }

    /// Lets time pass.
    func run(milliseconds: Int64) {
        let end = now.monotonic + milliseconds
        while now.monotonic < end {
            var step = min(500, end - now.monotonic)
            if let deadline = core.nextDeadline { step = min(step, max(1, deadline - now.monotonic)) }
            if let due = core.nextDue { step = min(step, max(1, due - now.wall)) }
            now.monotonic += step
            now.wall += step
            handle(.tick)
        }
    }

    // MARK: What a test sees

    func lease(of key: OccurrenceKey) -> UInt64? { dispatched.last { $0.entry.due.occurrence == key }?.lease }

    func times(_ key: OccurrenceKey) -> Int { dispatched.count { $0.entry.due.occurrence == key } }

    func isAcknowledged(_ key: OccurrenceKey) -> Bool { lease(of: key).map(acknowledged.contains) ?? false }

    func isWritten(_ key: OccurrenceKey) -> Bool { written.contains { $0.reminder == key.reminder } }

    // MARK: The core's outside

    private static func strand(of shard: Shard) -> Int { shards[0].contains(shard) ? 0 : 1 }

    func handle(_ event: Event) {
        var events = [event]
        while !events.isEmpty {
            var effects: [Effect] = []
            core.handle(events.removeFirst(), now: now, effects: &effects)
            for effect in effects { carryOut(effect, &events) }
        }
    }

    private func carryOut(_ effect: Effect, _ events: inout [Event]) {
        switch effect {
        case .load(let token, let shard, _, _, _):
            answer(.loaded(token: token, shard, DuePage(entries: stored.removeValue(forKey: shard) ?? [])), of: shard, &events)
        case .loadShelf(let token, _, let after, let limit, let shard):
            answer(.shelfLoaded(token: token, page(of: Self.strand(of: shard), after, limit)), of: shard, &events)
        case .write(let token, let batch, let shard):
            let isOfOne = batch.allSatisfy { ($0.shardAsked ?? $0.reminder?.shard).map { Self.strand(of: $0) == Self.strand(of: shard) } ?? true }
            #expect(isOfOne || core.configuration.mutation != nil)
            guard !failing.contains(Self.strand(of: shard)) else {
                failures += 1
                return answer(.written(token: token, nil), of: shard, &events)
            }
            for write in batch {
                switch write {
                case .workers(let workers, _): holders[Self.strand(of: shard)] = workers
                case .shelve(let key): shelf.insert(key)
                case .unshelve(let keys): shelf.subtract(keys)
                default: written.append(write)
                }
            }
            answer(.written(token: token, batch.map(Self.result)), of: shard, &events)
        case .dispatch(_, let new): dispatched += new
        case .acknowledge(_, let leases): acknowledged += leases
        case .extended(_, let answers): extended += answers
        case .revoke(_, let leases): revoked += leases
        case .recall, .cancelled: break
        case .answer(let id, let results, _): answered[id] = results.count
        case .refuse(let id): refused.append(id)
        case .released(let shards): released.append(shards)
        }
    }

    /// What is on a strand's shelf, of one sharer.
    private func page(of strand: Int, _ after: ShelfKey, _ limit: Int) -> ShelfPage {
        let keys = shelf.filter { Self.strand(of: $0.due.occurrence.reminder.shard) == strand && $0.due > after.due }.sorted { $0.due < $1.due }
        return ShelfPage(keys: Array(keys.prefix(limit)), entries: keys.prefix(limit).compactMap { entries[$0.due.occurrence] })
    }

    private static func result(_ write: StoreWrite) -> StoreWriteResult {
        if case .change = write { .changed(ChangeOutcome(.done, nil)) } else { .done }
    }

    private func answer(_ event: Event, of shard: Shard, _ events: inout [Event]) {
        let strand = Self.strand(of: shard)
        if silent.contains(strand) { unanswered.append((strand, event)) } else { events.append(event) }
    }
}
