import CSQLite
import Storage
import TaskDomain

/// A `Store` in one SQLite file, for one scheduler.
///
/// Three threads, one connection each. The writing thread carries out `submit`, `load`, `prune`, `reseal`, `space`, `ownedShards` and `attachedWorkers` in
/// the order of the calls; writes that waited during a commit share the next (write-ahead log, `synchronous=FULL`: one
/// fsync each). Two threads answer from snapshots, one what is quickly found, one lists, which may look at much and find
/// little. They never wait for a commit, but for `list`, which wants new reminders filed where lists find them (see
/// `Intake`): all that wait share one filing.
///
/// After a failure (disk full, I/O error) nothing of the transaction remains, its submissions complete with
/// `.unavailable`, and the next one tries again: there is nothing to restart when the cause has passed.
///
/// A store that is released without `close` finishes what was submitted.
public final class SQLiteStore: Store {
    private let writes: TaskQueue<WriterTask>
    private let reads: ReadLane, lists: ReadLane

    /// Opens the database, creating it (file 0600, missing directories 0700) and bringing its schema up to date.
    /// - Parameters:
    ///   - path: the database's file; `<path>-wal`, `<path>-shm` and `<path>.lock` lie beside it. On a local disk.
    ///   - deliver: gets completions to call, in order, all of one commit together. Called on the store's threads; without it
    ///     they are called there, too.
    ///   - onFault: is told, in one line for an operator, of a row that had to be skipped and of trouble that no call
    ///     can report. Called on the store's threads.
    /// - Throws: `.unavailable` if the file cannot be used now; `.inUse` if another scheduler uses it; `.unusable` if it is
    ///   something else than a database of this build or an earlier one.
    public init(
        path: String, limits: SQLiteLimits = SQLiteLimits(),
        deliver: @escaping @Sendable ([@Sendable () -> Void]) -> Void = { for complete in $0 { complete() } },
        onFault: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        guard sqlite3_libversion_number() >= SQLiteStore.oldestLibrary else {
            throw .unusable(
                "SQLite \(String(cString: sqlite3_libversion())) is too old: 3.37 or later is needed. "
                    + "Upgrade libsqlite3")
        }
        let writes = TaskQueue<WriterTask>(maximumWeight: limits.queuedWrites)
        func lane() -> ReadLane { ReadLane(queuedReads: limits.queuedReads, readWait: limits.readWait) }
        let reads = lane(), lists = lane()
        let file = try DatabaseFile(path: path)
        let unfiled = UnfiledCount()
        let completions = Completions(deliver: deliver)
        let writer = ThreadBound(
            try Writer(
                queue: writes, file: file, limits: limits, unfiled: unfiled, completions: completions, onFault: onFault))
        func reader(_ lane: ReadLane) throws(StoreError) -> ThreadBound<SnapshotReader> {
            ThreadBound(
                try SnapshotReader(
                    lane: lane, file: file, limits: limits, unfiled: unfiled, completions: completions, onFault: onFault
                ) { filed in append(.file(filed), to: writes) })
        }
        let finder = try reader(reads), lister = try reader(lists)
        guard StoreThread.start({ writer.take()?.run() }), StoreThread.start({ finder.take()?.run() }),
            StoreThread.start({ lister.take()?.run() })
        else {
            for lane in [reads, lists] { lane.end() }
            writes.end()
            throw .unavailable("\(path): the system gave no thread for it. Raise the limit on processes (ulimit -u)")
        }
        self.writes = writes
        self.reads = reads
        self.lists = lists
    }

    /// 3.37.0: STRICT tables.
    private static let oldestLibrary: Int32 = 3_037_000

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
        let request = DueLoader.Request(
            shard: shard, after: after, through: through, limit: limit)
        add(.load(request, completion)) { completion(.failure($0)) }
    }

    public func loadShelf(
        _ scope: ShelfScope, after: ShelfKey, limit: Int, completion: @escaping @Sendable (Result<ShelfPage, StoreError>) -> Void
    ) {
        let request = ShelfRequest(scope: scope, after: after, limit: limit)
        add(.loadShelf(request, completion)) { completion(.failure($0)) }
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
        // The readers first: the last connection to close takes the write-ahead log with it.
        for lane in [lists, reads] { await withCheckedContinuation { done in lane.close { done.resume() } } }
        await withCheckedContinuation { done in append(.close { done.resume() }, to: writes) }
    }

    private func add(_ task: WriterTask, refused: @escaping @Sendable (StoreError) -> Void) {
        writes.append(task, weight: task.weight, refusal: .refused(refused))
    }
}

/// Adds a task that there is always room for.
private func append(_ task: WriterTask, to queue: TaskQueue<WriterTask>) {
    queue.append(task, weight: 0, refusal: task)
}
