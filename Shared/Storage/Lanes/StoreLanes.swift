import TaskDomain

/// The three lanes in which a store's calls wait for its threads: writes and what must keep their order, what is quickly read, and lists,
/// which may look at much.
public struct StoreLanes: Sendable {
    package let writes: WriterLane
    package let reads: ReadLane, lists: ReadLane

    /// - Parameters:
    ///   - queuedWrites, queuedReads: what may wait in each lane.
    ///   - queuedRefusals: refusals of others that may wait in each lane besides.
    ///   - readWait: how long a question may wait.
    package init(
        queuedWrites: Int, writesPerCommit: Int, bytesPerCommit: Int, queuedReads: Int, queuedRefusals: Int, readWait: Duration, completions: Completions
    ) {
        writes = WriterLane(
            queuedWrites: queuedWrites, queuedRefusals: queuedRefusals, writesPerCommit: writesPerCommit, bytesPerCommit: bytesPerCommit,
            completions: completions)
        reads = ReadLane(queuedReads: queuedReads, queuedRefusals: queuedRefusals, readWait: readWait, completions: completions)
        lists = ReadLane(queuedReads: queuedReads, queuedRefusals: queuedRefusals, readWait: readWait, completions: completions)
    }

    /// Gives each lane a thread.
    /// - Returns: whether the system gave them; where it did not, the lanes have been ended.
    package func start(_ writer: @escaping @Sendable () -> Void, _ finder: @escaping @Sendable () -> Void, _ lister: @escaping @Sendable () -> Void) -> Bool {
        let isRunning = StoreThread.start(writer) && StoreThread.start(finder) && StoreThread.start(lister)
        if !isRunning { end() }
        return isRunning
    }

    /// Lets the threads end once what waits is done.
    package func end() {
        writes.end()
        reads.end()
        lists.end()
    }
}

/// A store whose calls wait in lanes: all that it does of them itself is to carry them out.
public protocol LanedStore: Store {
    var lanes: StoreLanes { get }
}

extension LanedStore {
    public func submit(
        _ writes: [StoreWrite], completion: @escaping @Sendable (Result<[StoreWriteResult], StoreError>) -> Void
    ) {
        lanes.writes.add(.submit((writes, completion))) { completion(.failure($0)) }
    }

    public func load(
        shard: Shard, after: DueKey?, through: UnixMilliseconds, limit: Int,
        completion: @escaping @Sendable (Result<DuePage, StoreError>) -> Void
    ) {
        lanes.writes.add(.load(DueRequest(shard: shard, after: after, through: through, limit: limit), completion)) { completion(.failure($0)) }
    }

    public func loadShelf(
        _ scope: ShelfScope, of shard: Shard, after: ShelfKey, limit: Int,
        completion: @escaping @Sendable (Result<ShelfPage, StoreError>) -> Void
    ) {
        lanes.writes.add(.loadShelf(ShelfRequest(scope: scope, shard: shard, after: after, limit: limit), completion)) { completion(.failure($0)) }
    }

    public func prune(_ request: Pruning, completion: @escaping @Sendable (Result<PruneProgress, StoreError>) -> Void) {
        lanes.writes.add(.prune(request, completion)) { completion(.failure($0)) }
    }

    public func reseal(_ request: Resealing, completion: @escaping @Sendable (Result<ResealProgress, StoreError>) -> Void) {
        lanes.writes.add(.reseal(request, completion)) { completion(.failure($0)) }
    }

    public func space(completion: @escaping @Sendable (Result<StoreSpace, StoreError>) -> Void) {
        lanes.writes.add(.space(completion)) { completion(.failure($0)) }
    }

    public func take(_ shards: [Shard], passed: Int, completion: @escaping @Sendable (Result<TakenShards, StoreError>) -> Void) {
        lanes.writes.add(.take(shards, passed: passed, completion)) { completion(.failure($0)) }
    }

    public func reminder(
        _ id: ReminderID, for asker: Asker, completion: @escaping @Sendable (Result<ReminderSummary?, StoreError>) -> Void
    ) {
        lanes.reads.add(.reminder(id, completion), for: asker)
    }

    public func attempts(
        of id: ReminderID, limit: Int, for asker: Asker, completion: @escaping @Sendable (Result<[Attempt]?, StoreError>) -> Void
    ) {
        lanes.reads.add(.attempts(id, limit: limit, completion), for: asker)
    }

    public func attempts(
        at key: OccurrenceKey, limit: Int, for asker: Asker, completion: @escaping @Sendable (Result<[Attempt], StoreError>) -> Void
    ) {
        lanes.reads.add(.attemptsAt(key, limit: limit, completion), for: asker)
    }

    public func list(
        _ filter: ReminderFilter, after: ListCursor?, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<ListPage<ReminderSummary>, StoreError>) -> Void
    ) {
        lanes.lists.add(.list(filter, after: after, limit: limit, completion), for: asker)
    }

    public func listOccurrences(
        _ filter: OccurrenceFilter, after: ListCursor?, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<ListPage<SetAsideOccurrence>, StoreError>) -> Void
    ) {
        lanes.lists.add(.occurrences(filter, after: after, limit: limit, completion), for: asker)
    }

    public func tallies(
        of queues: [String], for asker: Asker, completion: @escaping @Sendable (Result<OccurrenceTallies, StoreError>) -> Void
    ) {
        lanes.reads.add(.tallies(queues, completion), for: asker)
    }

    public func queues(completion: @escaping @Sendable (Result<[QueueSettings], StoreError>) -> Void) {
        lanes.reads.add(.queues(completion), for: .patient)
    }

    public func series(
        in zones: Set<String>, of shards: Set<Shard>, after: Int64, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<SeriesPage, StoreError>) -> Void
    ) {
        lanes.lists.add(.series(zones, of: shards, after: after, limit: limit, completion), for: asker)
    }

    public func close() async {
        // The readers first: a database may be tidied up by the last connection that is closed.
        for lane in [lanes.lists, lanes.reads] { await withCheckedContinuation { done in lane.close { done.resume() } } }
        await withCheckedContinuation { done in lanes.writes.add(.close { done.resume() }) }
    }
}
