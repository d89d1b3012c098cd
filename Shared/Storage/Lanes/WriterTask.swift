import TaskDomain

/// What is asked for of a shard.
package struct DueRequest: Sendable {
    package var shard: Shard
    package var after: DueKey?
    package var through: UnixMilliseconds
    package var limit: Int

    package init(shard: Shard, after: DueKey?, through: UnixMilliseconds, limit: Int) {
        (self.shard, self.after, self.through, self.limit) = (shard, after, through, limit)
    }
}

/// What is asked for of the shelf.
package struct ShelfRequest: Sendable {
    package var scope: ShelfScope
    /// Of the strand.
    package var shard: Shard
    package var after: ShelfKey
    package var limit: Int
}

/// What the writing thread carries out, in the order in which it was asked.
package enum WriterTask: Sendable {
    package typealias Submission = ([StoreWrite], @Sendable (Result<[StoreWriteResult], StoreError>) -> Void)

    case submit(Submission)
    case load(DueRequest, @Sendable (Result<DuePage, StoreError>) -> Void)
    case loadShelf(ShelfRequest, @Sendable (Result<ShelfPage, StoreError>) -> Void)
    case prune(Pruning, @Sendable (Result<PruneProgress, StoreError>) -> Void)
    case reseal(Resealing, @Sendable (Result<ResealProgress, StoreError>) -> Void)
    case space(@Sendable (Result<StoreSpace, StoreError>) -> Void)
    /// What was taken in is to be found by the reading threads, in a store that does not file it at once.
    case file(@Sendable (Result<Void, StoreError>) -> Void)
    case take([Shard], passed: Int, @Sendable (Result<TakenShards, StoreError>) -> Void)
    /// A task for which there was no room.
    case refused(@Sendable (StoreError) -> Void)
    case close(@Sendable () -> Void)
}

extension WriterTask {
    /// What the task counts for among those that wait.
    package var weight: Int {
        switch self {
        case .submit(let submission): max(1, submission.0.count)
        case .load, .loadShelf, .prune, .reseal, .space, .take: 1
        case .file, .refused, .close: 0
        }
    }
}

extension StoreWrite {
    /// Roughly what the write adds to a transaction, in bytes.
    package var estimatedBytes: Int {
        switch self {
        case .create(let reminder, _, let idempotency, _): reminder.estimatedBytes + (idempotency?.answer.count ?? 0)
        case .settle(_, let attempt, _, _), .misfire(_, let attempt, _), .hold(_, let attempt, _): 128 + attempt.detail.utf8.count + attempt.result.count
        case .change(_, .replace(let reminder, _), _, _): 1024 + reminder.arguments.count
        case .change: 512
        case .materialise, .shelve, .queue, .zone: 128
        case .unshelve(let keys): 64 * keys.count
        case .workers(let workers, _): workers.reduce(64) { $0 + $1.instance.utf8.count }
        }
    }
}

extension Reminder {
    /// Roughly what its row takes, in bytes.
    package var estimatedBytes: Int {
        512 + arguments.count + sealedAuthorization.count + 8 * (schedule.rdates.count + schedule.exdates.count)
    }
}
