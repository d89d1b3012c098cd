import SchedulerCore
import Storage
import TaskDomain

/// A store in simulated time: it works off what it is asked of each strand in order, takes its time for each commit, can be full or
/// unreadable, or fail in one strand only, and forgets at a crash whatever it had not committed. What is asked of it for a strand that
/// another has taken meanwhile fails.
final class ModelStore {
    private enum Duty {
        case submit(Submitted, (Result<[StoreWriteResult], StoreError>) -> Void)
        case load(Shard, DueKey?, UnixMilliseconds, Int, (Result<DuePage, StoreError>) -> Void)
        case loadShelf(ShelfScope, ShelfKey, Int, (Result<ShelfPage, StoreError>) -> Void)
    }

    /// What is on stable storage.
    private(set) var contents = StoredReminders()
    var isFull = false
    var isUnreadable = false
    var commitMilliseconds: ClosedRange<Int64> = 1...5
    /// Told of each write that was committed, with the reminder before it.
    var onCommit: (StoreWrite, StoredReminders.Standing?, StoreWriteResult) -> Void = { _, _, _ in }
    /// Told of a write that came with those of another strand.
    var onStray: (StoreWrite) -> Void = { _ in }

    private struct Submitted {
        let writes: [StoreWrite]
        /// How often the strand had been taken when they were submitted.
        let taking: Int
    }

    /// What is written together, in order: the shards of one strand.
    private final class Lane {
        var queue: [Duty] = []
        var isBusy = false
        /// Its writes fail.
        var isFailing = false
        /// Of those that have had it.
        var session = 0
        /// As its shards were taken last.
        var epoch: Int64 = 0
        /// How often it was taken, or lost to another.
        var takings = 0
        /// The writes of the commit under way.
        var committing: [Submitted] = []
        /// Who may run something of it.
        var workers: [AttachedWorker] = []
    }

    /// A strand as a process takes it.
    struct Taken {
        let strand: Int
        /// By which its writes are known from those of who had it before.
        let taking: Int
        let shards: [OwnedShard]
        let workers: [AttachedWorker]
        let passed: [OccurrenceKey]
        let zones: [ZoneMark]
    }

    private let timeline: Timeline
    private var chance: Chance
    private let lanes: [Lane]
    private let shards: [Shard]
    /// By the shard's number.
    private let strands: [Int]

    init(_ timeline: Timeline, _ shards: [Shard], strands: Int = 1, seed: Chance) {
        self.timeline = timeline
        self.shards = shards
        self.strands = shards.enumerated().reduce(into: Array(repeating: 0, count: Shard.count)) { $0[Int($1.element.number)] = $1.offset % strands }
        chance = seed
        lanes = (0..<strands).map { _ in Lane() }
    }

    func strand(of shard: Shard) -> Int { strands[Int(shard.number)] }

    func shards(of strand: Int) -> [Shard] { shards.filter { self.strand(of: $0) == strand } }

    /// A process opens it, and takes the strands.
    func open() -> (strands: [Taken], queues: [QueueSettings]) {
        for lane in lanes { lane.session += 1 }
        return (lanes.indices.map { take($0) }, contents.queueSettings)
    }

    /// A process takes a strand. What those who had it before have not committed fails.
    func take(_ strand: Int) -> Taken {
        let lane = lanes[strand], taken = lane.epoch + 1
        fence(lane)
        if !isFull { lane.epoch = taken }
        contents.clearShelf { self.strand(of: $0) == strand }
        return Taken(
            strand: strand, taking: lane.takings, shards: shards(of: strand).map { OwnedShard($0, epoch: taken) }, workers: lane.workers,
            passed: contents.passed(limit: SchedulerCore.maxPassed).filter { self.strand(of: $0.reminder.shard) == strand },
            zones: contents.zones(of: shards(of: strand)[0]))
    }

    /// Whether a strand can be taken now.
    func isWritable(_ strand: Int) -> Bool { !isFull && !lanes[strand].isFailing }

    /// Another takes a strand.
    func lose(_ strand: Int) {
        fence(lanes[strand])
        lanes[strand].epoch += 1
    }

    /// What is being committed may be so before another has it; then its answer is lost.
    private func fence(_ lane: Lane) {
        lane.takings += 1
        guard !lane.committing.isEmpty else { return }
        if !isFull, !lane.isFailing, chance.one(in: 2) { for submitted in lane.committing { _ = apply(submitted.writes, lane) } }
        lane.committing = []
    }

    /// The process that had it open died: what was being committed may be on stable storage or not.
    func crash() {
        for lane in lanes {
            if lane.isBusy, !isFull, !lane.isFailing, chance.one(in: 2) { for submitted in lane.committing { _ = apply(submitted.writes, lane) } }
            end(lane)
        }
    }

    private func end(_ lane: Lane) {
        lane.session += 1
        lane.queue = []
        lane.committing = []
        lane.isBusy = false
    }

    /// For a while the writes of a strand fail, and those of others do not.
    func setFailing(_ isFailing: Bool, _ strand: Int) { lanes[strand % lanes.count].isFailing = isFailing }

    func heal() { for lane in lanes { lane.isFailing = false } }

    /// Finishes what was submitted, and is closed.
    func close() {
        for lane in lanes {
            if !isFull, !lane.isFailing {
                var submitted = lane.committing
                for case .submit(let more, _) in lane.queue { submitted.append(more) }
                for submitted in submitted where isCurrent(submitted, lane) { _ = apply(submitted.writes, lane) }
            }
            end(lane)
        }
    }

    /// - Parameters:
    ///   - shard: one of the strand's.
    ///   - taking: that of who submits it.
    func submit(
        _ writes: [StoreWrite], of shard: Shard, taking: Int, completion: @escaping (Result<[StoreWriteResult], StoreError>) -> Void
    ) {
        let lane = lanes[strand(of: shard)]
        for write in writes {
            let of: Shard? = if case .zone(_, let shard) = write { shard } else { write.reminder?.shard }
            if let of, lanes[strand(of: of)] !== lane { onStray(write) }
        }
        add(.submit(Submitted(writes: writes, taking: taking), completion), to: lane)
    }

    private func isCurrent(_ submitted: Submitted, _ lane: Lane) -> Bool { submitted.taking == lane.takings }

    func load(
        shard: Shard, after: DueKey?, through: UnixMilliseconds, limit: Int,
        completion: @escaping (Result<DuePage, StoreError>) -> Void
    ) {
        add(.load(shard, after, through, limit, completion), to: lanes[strand(of: shard)])
    }

    func loadShelf(
        _ scope: ShelfScope, after: ShelfKey, limit: Int, of shard: Shard, completion: @escaping (Result<ShelfPage, StoreError>) -> Void
    ) {
        add(.loadShelf(scope, after, limit, completion), to: lanes[strand(of: shard)])
    }

    func prune(finishedBefore: UnixMilliseconds, idempotencyBefore: UnixMilliseconds) -> [ReminderID] {
        contents.prune(finishedBefore: finishedBefore, idempotencyBefore: idempotencyBefore)
    }

    private func add(_ duty: Duty, to lane: Lane) {
        lane.queue.append(duty)
        goOn(lane)
    }

    private func goOn(_ lane: Lane) {
        guard !lane.isBusy, !lane.queue.isEmpty else { return }
        lane.isBusy = true
        if case .load(let shard, let after, let through, let limit, let completion) = lane.queue[0] {
            return read(lane, completion) { $0.due(in: shard, after: after, through: through, limit: limit) }
        }
        if case .loadShelf(let scope, let after, let limit, let completion) = lane.queue[0] {
            return read(lane, completion) { $0.shelf(scope, after: after, limit: limit) { self.lanes[self.strand(of: $0)] === lane } }
        }
        // All that came during the last commit goes into the next together.
        var group: [(Submitted, (Result<[StoreWriteResult], StoreError>) -> Void)] = []
        while case .submit(let submitted, let completion)? = lane.queue.first {
            group.append((submitted, completion))
            lane.queue.removeFirst()
        }
        lane.committing = group.map(\.0)
        let wasFull = isFull || lane.isFailing
        later(lane, in: chance.int(commitMilliseconds)) { [self] in
            lane.committing = []
            let isFull = isFull || lane.isFailing
            // What the disk failed in the middle of is there all the same.
            let applied: [[StoreWriteResult]?] = group.map { submitted, _ in
                isFull && wasFull || !isCurrent(submitted, lane) ? nil : apply(submitted.writes, lane)
            }
            for ((_, completion), results) in zip(group, applied) {
                completion(isFull ? .failure(.unavailable("disk full")) : results.map { .success($0) } ?? .failure(.unavailable("another's shard")))
            }
        }
    }

    /// Answers a read by what is stored when it is done.
    private func read<Found>(
        _ lane: Lane, _ completion: @escaping (Result<Found, StoreError>) -> Void, _ body: @escaping (StoredReminders) -> Found
    ) {
        lane.queue.removeFirst()
        later(lane, in: chance.int(0...max(1, commitMilliseconds.lowerBound / 2))) { [self] in
            if isUnreadable { return completion(.failure(.unavailable("an I/O error"))) }
            completion(.success(body(contents)))
        }
    }

    private func later(_ lane: Lane, in milliseconds: Int64, _ body: @escaping () -> Void) {
        let session = lane.session
        timeline.schedule(in: milliseconds) { [self] in
            guard session == lane.session else { return }
            body()
            guard session == lane.session else { return }
            lane.isBusy = false
            goOn(lane)
        }
    }

    private func apply(_ writes: [StoreWrite], _ lane: Lane) -> [StoreWriteResult] {
        writes.map { write in
            if case .workers(let workers, _) = write { lane.workers = workers }
            let before = write.reminder.flatMap { contents.reminders[$0] }
            let result = contents.apply(write)
            onCommit(write, before, result)
            return result
        }
    }
}
