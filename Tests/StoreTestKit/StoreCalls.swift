import Dispatch
import PostgresStore
import Storage
import Synchronization
import TaskDomain

/// A store that answers something else than it was asked for.
package struct Unexpected: Error, CustomStringConvertible {
    package let description: String
}

// The protocol's calls as async functions.
extension Store {
    @discardableResult
    package func write(_ writes: StoreWrite...) async throws -> [StoreWriteResult] { try await write(writes) }

    @discardableResult
    package func write(_ writes: [StoreWrite]) async throws -> [StoreWriteResult] {
        try await answer { submit(writes, completion: $0) }
    }

    package func due(
        in shard: Shard, after: DueKey? = nil, through: UnixMilliseconds = .distantFuture, limit: Int = 1000
    ) async throws -> [DueEntry] {
        try await duePage(in: shard, after: after, through: through, limit: limit).entries
    }

    package func duePage(
        in shard: Shard, after: DueKey? = nil, through: UnixMilliseconds = .distantFuture, limit: Int
    ) async throws -> DuePage {
        try await answer { load(shard: shard, after: after, through: through, limit: limit, completion: $0) }
    }

    package func summary(_ id: ReminderID) async throws -> ReminderSummary? {
        try await answer { reminder(id, completion: $0) }
    }

    package func history(_ id: ReminderID, limit: Int = 100) async throws -> [Attempt]? {
        try await answer { attempts(of: id, limit: limit, completion: $0) }
    }

    /// One call to prune. What is not given removes nothing.
    @discardableResult
    package func removeOld(
        finishedBefore: UnixMilliseconds = .distantPast, deadBefore: UnixMilliseconds = .distantPast, idempotencyBefore: UnixMilliseconds = .distantPast, now: UnixMilliseconds = Sample.start.milliseconds,
        rows: Int = 100_000
    ) async throws -> PruneProgress {
        let request = Pruning(
            finishedBefore: finishedBefore, deadBefore: deadBefore,
            idempotencyBefore: idempotencyBefore, now: now, rows: rows)
        return try await answer { prune(request, completion: $0) }
    }

    package func room() async throws -> StoreSpace {
        try await answer { space(completion: $0) }
    }

    /// Makes one change, as if asked for at `at` (unix ms).
    @discardableResult
    package func change(
        _ id: ReminderID, _ change: ReminderChange, _ guardian: ChangeGuard = ChangeGuard(), at: UnixMilliseconds
    ) async throws -> ChangeOutcome {
        let results = try await write(.change(id, change, guardian, at: at))
        guard let outcome = results.first?.outcome else { throw Unexpected(description: "a change came to \(results)") }
        return outcome
    }

    package func page(
        _ filter: ReminderFilter, after: ListCursor? = nil, limit: Int
    ) async throws -> ListPage<ReminderSummary> {
        try await answer { list(filter, after: after, limit: limit, completion: $0) }
    }

    package func page(
        _ filter: OccurrenceFilter, after: ListCursor? = nil, limit: Int
    ) async throws -> ListPage<SetAsideOccurrence> {
        try await answer { listOccurrences(filter, after: after, limit: limit, completion: $0) }
    }

    package func tries(at key: OccurrenceKey, limit: Int = 100) async throws -> [Attempt] {
        try await answer { attempts(at: key, limit: limit, completion: $0) }
    }

    package func tallies(of queues: [String] = []) async throws -> OccurrenceTallies {
        try await answer { tallies(of: queues, for: .patient, completion: $0) }
    }

    package func queueSettings() async throws -> [QueueSettings] {
        try await answer { queues(completion: $0) }
    }

    /// Takes all strands.
    /// - Parameter passed: of each, the most to read.
    package func take(passed: Int = 100) async throws -> [TakenShards] {
        var taken: [TakenShards] = []
        for strand in Self.strands { taken.append(try await answer { take(strand, passed: passed, completion: $0) }) }
        return taken
    }

    /// The same, waiting for it.
    package func takeNow() throws(StoreError) {
        for strand in Self.strands {
            let done = DispatchSemaphore(value: 0), failure = Mutex<StoreError?>(nil)
            take(strand, passed: 0) { result in
                if case .failure(let error) = result { failure.withLock { $0 = error } }
                done.signal()
            }
            done.wait()
            if let failure = failure.withLock({ $0 }) { throw failure }
        }
    }

    package func passed(limit: Int = 100) async throws -> [OccurrenceKey] {
        try await Array(take(passed: limit).flatMap(\.passed).prefix(limit))
    }

    /// Of every strand.
    package func zoneMarks() async throws -> Set<[ZoneMark]> { Set(try await take().map(\.zones)) }

    /// Has written marks of zones, of every strand.
    package func write(zones: [ZoneMark]) async throws {
        try await write(Self.strands.flatMap { strand in zones.map { .zone($0, of: strand[0]) } })
    }

    package func series(in zones: Set<String>, of shards: some Sequence<Shard> = Shard.all, after: Int64 = 0, limit: Int) async throws -> SeriesPage {
        try await answer { series(in: zones, of: Set(shards), after: after, limit: limit, for: .patient, completion: $0) }
    }

    package func owned() async throws -> [OwnedShard] { try await take().flatMap(\.shards) }

    /// Whom the next owner has to ask, of every strand.
    package func workers() async throws -> Set<[AttachedWorker]> { Set(try await take().map(\.workers)) }

    /// Has written whom the next owner has to ask.
    package func write(workers: [AttachedWorker]) async throws {
        try await write(Self.strands.map { .workers(workers, of: $0[0]) })
    }
}

extension PostgresStore {
    /// Opened, with all shards taken.
    package static func taken(
        _ address: PostgresAddress, distribution: PostgresDistribution = .none, limits: PostgresLimits = PostgresLimits(),
        onFault: @escaping @Sendable (String) -> Void
    ) throws(StoreError) -> PostgresStore {
        let store = try PostgresStore(address, distribution: distribution, limits: limits, onFault: onFault)
        try store.takeNow()
        return store
    }
}
