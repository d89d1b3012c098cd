import Storage
import TaskDomain

/// A `Store` in a PostgreSQL database, for one scheduler.
///
/// Three threads, one connection each. The writing thread carries out `submit`, `load`, `prune`, `reseal` and what else goes in the order of
/// the calls; writes that waited during a commit share the next: it reads what they touch, decides by the rules of `Storage/Rules`, and
/// writes the rows that differ, in one transaction that begins with the fence (see `WriterSession`). Two threads answer questions, one what
/// is quickly found, one lists, with a limit on the time that the server may take.
///
/// After a failure nothing of the transaction remains, its submissions complete with `.unavailable`, and the next one tries again, on
/// another connection where that is needed: there is nothing to restart when the cause has passed. Where a connection is lost during a
/// commit, the server is asked what became of it; where it cannot be asked in time, the writes complete with `.unavailable` too, and may
/// have taken effect.
///
/// A store that is released without `close` finishes what was submitted.
public final class PostgresStore: Store {
    private let writes: TaskQueue<WriterTask>
    private let reads: ReadLane, lists: ReadLane
    /// What the newest credentials that are stored begin with, as `Resealing.prefix` said last, when the store was opened; `nil`: nothing
    /// was ever sealed anew here.
    public let sealedWith: [UInt8]?

    /// What room a database has its server does not tell: it is taken for an exbibyte, and a full disk is told by the writes that fail.
    static let space = StoreSpace(free: 1 << 60, capacity: 1 << 60)

    /// Opens the database and brings its schema up to date.
    /// - Parameters:
    ///   - deliver: gets completions to call, in order, all of one commit together. Called on the store's threads; without it
    ///     they are called there, too.
    ///   - onFault: is told, in one line for an operator, of a row that had to be skipped. Called on the store's threads.
    /// - Throws: `.unavailable` if the server cannot be reached, or does not let the user in; `.inUse` if another scheduler uses the
    ///   database; `.unusable` if it is something else than a store of this build or an earlier one, or its server cannot keep what it
    ///   confirms.
    public init(
        _ address: PostgresAddress, limits: PostgresLimits = PostgresLimits(),
        deliver: @escaping @Sendable ([@Sendable () -> Void]) -> Void = { for complete in $0 { complete() } },
        onFault: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        let writes = TaskQueue<WriterTask>(maximumWeight: limits.queuedWrites)
        func lane() -> ReadLane { ReadLane(queuedReads: limits.queuedReads, readWait: limits.readWait) }
        let reads = lane(), lists = lane()
        let completions = Completions(deliver: deliver)
        let opening = Opening(address, limits, onFault: onFault)
        let made = try Writer(queue: writes, opening: opening, limits: limits, completions: completions, onFault: onFault)
        sealedWith = made.sealedWith
        let writer = ThreadBound(made)
        func reader(_ lane: ReadLane) -> ThreadBound<SnapshotReader> {
            ThreadBound(SnapshotReader(lane: lane, address: address, limits: limits, completions: completions, onFault: onFault))
        }
        let finder = reader(reads), lister = reader(lists)
        guard StoreThread.start({ writer.take()?.run() }), StoreThread.start({ finder.take()?.run() }),
            StoreThread.start({ lister.take()?.run() })
        else {
            for lane in [reads, lists] { lane.end() }
            writes.end()
            throw .unavailable("\(address): the system gave no thread for it. Raise the limit on processes (ulimit -u)")
        }
        self.writes = writes
        self.reads = reads
        self.lists = lists
    }

    deinit {
        writes.end()
        reads.end()
        lists.end()
    }

    public func submit(
        _ writes: [StoreWrite], completion: @escaping @Sendable (Result<[StoreWriteResult], StoreError>) -> Void
    ) {
        add(.submit((writes, completion))) { completion(.failure($0)) }
    }

    public func load(
        shard: Shard, after: DueKey?, through: UnixMilliseconds, limit: Int,
        completion: @escaping @Sendable (Result<[DueEntry], StoreError>) -> Void
    ) {
        let request = DueRows.Request(shard: shard, after: after, through: through, limit: limit)
        add(.load(request, completion)) { completion(.failure($0)) }
    }

    public func loadShelf(
        _ scope: ShelfScope, after: ShelfKey, limit: Int, completion: @escaping @Sendable (Result<ShelfPage, StoreError>) -> Void
    ) {
        add(.loadShelf(scope, after: after, limit: limit, completion)) { completion(.failure($0)) }
    }

    public func prune(_ request: Pruning, completion: @escaping @Sendable (Result<PruneProgress, StoreError>) -> Void) {
        add(.prune(request, completion)) { completion(.failure($0)) }
    }

    public func reseal(_ request: Resealing, completion: @escaping @Sendable (Result<ResealProgress, StoreError>) -> Void) {
        add(.reseal(request, completion)) { completion(.failure($0)) }
    }

    public func space(completion: @escaping @Sendable (Result<StoreSpace, StoreError>) -> Void) {
        add(.space(completion)) { completion(.failure($0)) }
    }

    public func ownedShards(completion: @escaping @Sendable (Result<[OwnedShard], StoreError>) -> Void) {
        add(.ownedShards(completion)) { completion(.failure($0)) }
    }

    public func attachedWorkers(completion: @escaping @Sendable (Result<[AttachedWorker], StoreError>) -> Void) {
        add(.attachedWorkers(completion)) { completion(.failure($0)) }
    }

    public func passed(limit: Int, completion: @escaping @Sendable (Result<[OccurrenceKey], StoreError>) -> Void) {
        add(.passed(limit: limit, completion)) { completion(.failure($0)) }
    }

    public func reminder(
        _ id: ReminderID, for asker: Asker, completion: @escaping @Sendable (Result<ReminderSummary?, StoreError>) -> Void
    ) {
        reads.add(.reminder(id, completion), for: asker)
    }

    public func attempts(
        of id: ReminderID, limit: Int, for asker: Asker, completion: @escaping @Sendable (Result<[Attempt]?, StoreError>) -> Void
    ) {
        reads.add(.attempts(id, limit: limit, completion), for: asker)
    }

    public func attempts(
        at key: OccurrenceKey, limit: Int, for asker: Asker, completion: @escaping @Sendable (Result<[Attempt], StoreError>) -> Void
    ) {
        reads.add(.attemptsAt(key, limit: limit, completion), for: asker)
    }

    public func list(
        _ filter: ReminderFilter, after: ListCursor?, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<ListPage<ReminderSummary>, StoreError>) -> Void
    ) {
        lists.add(.list(filter, after: after, limit: limit, completion), for: asker)
    }

    public func listOccurrences(
        _ filter: OccurrenceFilter, after: ListCursor?, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<ListPage<SetAsideOccurrence>, StoreError>) -> Void
    ) {
        lists.add(.occurrences(filter, after: after, limit: limit, completion), for: asker)
    }

    public func tallies(
        of queues: [String], for asker: Asker, completion: @escaping @Sendable (Result<OccurrenceTallies, StoreError>) -> Void
    ) {
        reads.add(.tallies(queues, completion), for: asker)
    }

    public func queues(completion: @escaping @Sendable (Result<[QueueSettings], StoreError>) -> Void) {
        reads.add(.queues(completion), for: .patient)
    }

    public func zones(completion: @escaping @Sendable (Result<[ZoneMark], StoreError>) -> Void) {
        reads.add(.zones(completion), for: .patient)
    }

    public func series(
        in zones: Set<String>, after: Int64, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<SeriesPage, StoreError>) -> Void
    ) {
        lists.add(.series(zones, after: after, limit: limit, completion), for: asker)
    }

    public func close() async {
        for lane in [lists, reads] { await withCheckedContinuation { done in lane.close { done.resume() } } }
        await withCheckedContinuation { done in
            let task = WriterTask.close { done.resume() }
            writes.append(task, weight: 0, refusal: task)
        }
    }

    private func add(_ task: WriterTask, refused: @escaping @Sendable (StoreError) -> Void) {
        writes.append(task, weight: task.weight, refusal: .refused(refused))
    }
}
