import SchedulerCore
import Storage
import TaskDomain

/// A store in simulated time: it works off what it is asked in order, takes its time for each commit, can be full or
/// unreadable, and forgets at a crash whatever it had not committed.
final class ModelStore {
    private enum Duty {
        case submit([StoreWrite], (Result<[StoreWriteResult], StoreError>) -> Void)
        case load(Shard, DueKey?, UnixMilliseconds, Int, (Result<[DueEntry], StoreError>) -> Void)
        case loadShelf(ShelfScope, ShelfKey, Int, (Result<ShelfPage, StoreError>) -> Void)
    }

    /// What is on stable storage.
    private(set) var contents = StoredReminders()
    var isFull = false
    var isUnreadable = false
    var commitMilliseconds: ClosedRange<Int64> = 1...5
    /// Told of each write that was committed, with the reminder before it.
    var onCommit: (StoreWrite, StoredReminders.Standing?, StoreWriteResult) -> Void = { _, _, _ in }

    private let timeline: Timeline
    private var chance: Chance
    private var queue: [Duty] = []
    private var isBusy = false
    /// Of the process that has it open.
    private var session = 0
    /// Of all shards, as it was taken last.
    private var epoch: Int64 = 0
    /// The writes of the commit under way.
    private var committing: [[StoreWrite]] = []

    init(_ timeline: Timeline, seed: Chance) {
        self.timeline = timeline
        chance = seed
    }

    /// A process opens it.
    func open() -> (shards: [OwnedShard], workers: [AttachedWorker], queues: [QueueSettings], passed: [OccurrenceKey]) {
        session += 1
        let taken = epoch + 1
        if !isFull { epoch = taken }
        contents.clearShelf()
        return (Shard.all.map { OwnedShard($0, epoch: taken) }, contents.workers, contents.queueSettings, contents.passed(limit: SchedulerCore.maxPassed))
    }

    /// The process that had it open died: what was being committed may be on stable storage or not.
    func crash() {
        if isBusy, !isFull, chance.one(in: 2) { for writes in committing { _ = apply(writes) } }
        session += 1
        queue = []
        committing = []
        isBusy = false
    }

    /// Finishes what was submitted, and is closed.
    func close() {
        if !isFull {
            var submitted = committing
            for case .submit(let writes, _) in queue { submitted.append(writes) }
            for writes in submitted { _ = apply(writes) }
        }
        session += 1
        queue = []
        committing = []
        isBusy = false
    }

    func submit(_ writes: [StoreWrite], completion: @escaping (Result<[StoreWriteResult], StoreError>) -> Void) {
        add(.submit(writes, completion))
    }

    func load(
        shard: Shard, after: DueKey?, through: UnixMilliseconds, limit: Int,
        completion: @escaping (Result<[DueEntry], StoreError>) -> Void
    ) {
        add(.load(shard, after, through, limit, completion))
    }

    func loadShelf(_ scope: ShelfScope, after: ShelfKey, limit: Int, completion: @escaping (Result<ShelfPage, StoreError>) -> Void) {
        add(.loadShelf(scope, after, limit, completion))
    }

    func prune(finishedBefore: UnixMilliseconds, idempotencyBefore: UnixMilliseconds) -> [ReminderID] {
        contents.prune(finishedBefore: finishedBefore, idempotencyBefore: idempotencyBefore)
    }

    private func add(_ duty: Duty) {
        queue.append(duty)
        goOn()
    }

    private func goOn() {
        guard !isBusy, !queue.isEmpty else { return }
        isBusy = true
        if case .load(let shard, let after, let through, let limit, let completion) = queue[0] {
            queue.removeFirst()
            return later(in: chance.int(0...max(1, commitMilliseconds.lowerBound / 2))) { [self] in
                if isUnreadable { return completion(.failure(.unavailable("an I/O error"))) }
                completion(.success(contents.due(in: shard, after: after, through: through, limit: limit)))
            }
        }
        if case .loadShelf(let scope, let after, let limit, let completion) = queue[0] {
            queue.removeFirst()
            return later(in: chance.int(0...max(1, commitMilliseconds.lowerBound / 2))) { [self] in
                if isUnreadable { return completion(.failure(.unavailable("an I/O error"))) }
                completion(.success(contents.shelf(scope, after: after, limit: limit)))
            }
        }
        // All that came during the last commit goes into the next together.
        var group: [([StoreWrite], (Result<[StoreWriteResult], StoreError>) -> Void)] = []
        while case .submit(let writes, let completion)? = queue.first {
            group.append((writes, completion))
            queue.removeFirst()
        }
        committing = group.map(\.0)
        let wasFull = isFull
        later(in: chance.int(commitMilliseconds)) { [self] in
            committing = []
            // What the disk failed in the middle of is there all the same.
            let applied = isFull && wasFull ? nil : group.map { apply($0.0) }
            let results = isFull ? nil : applied
            for (index, (_, completion)) in group.enumerated() {
                completion(results.map { .success($0[index]) } ?? .failure(.unavailable("disk full")))
            }
        }
    }

    private func later(in milliseconds: Int64, _ body: @escaping () -> Void) {
        let session = session
        timeline.schedule(in: milliseconds) { [self] in
            guard session == self.session else { return }
            body()
            guard session == self.session else { return }
            isBusy = false
            goOn()
        }
    }

    private func apply(_ writes: [StoreWrite]) -> [StoreWriteResult] {
        writes.map { write in
            let before = write.reminder.flatMap { contents.reminders[$0] }
            let result = contents.apply(write)
            onCommit(write, before, result)
            return result
        }
    }
}
