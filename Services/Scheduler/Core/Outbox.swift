import Storage

/// Writes on their way to the store: one batch at a time, in order.
///
/// What gathers while one batch is being committed goes into the next, so a slow disk makes larger batches, not more
/// of them; and a batch that fails is repeated before anything after it, so that the steps of a series are never
/// taken out of order.
struct Outbox {
    private struct Batch {
        let token: UInt64
        let writes: [StoreWrite]
        let acknowledgements: [(worker: WorkerID, lease: UInt64)]
    }

    private var writes: [StoreWrite] = []
    private var acknowledgements: [(worker: WorkerID, lease: UInt64)] = []
    private var inFlight: Batch?
    private var nextToken: UInt64 = 1
    private var failures = 0
    /// Monotonic milliseconds.
    private(set) var repeatAt: Int64?

    static let repeatMilliseconds: ClosedRange<Int64> = 50...2_000

    var isFailing: Bool { failures > 0 }
    var pendingCount: Int { writes.count + (inFlight?.writes.count ?? 0) }
    /// Whether everything has been handed to the store, so that a load would see it.
    var isHandedOver: Bool { writes.isEmpty && !isFailing }

    mutating func add(_ write: StoreWrite) { writes.append(write) }

    /// Tells the worker when all writes added so far are on stable storage.
    mutating func acknowledge(_ worker: WorkerID, _ lease: UInt64) { acknowledgements.append((worker, lease)) }

    /// The next batch, if the store is free for one.
    mutating func next(limit: Int, now: Int64) -> (token: UInt64, writes: [StoreWrite])? {
        guard inFlight == nil, !writes.isEmpty || !acknowledgements.isEmpty else { return nil }
        if let repeatAt, repeatAt > now { return nil }
        repeatAt = nil
        let isWhole = writes.count <= limit
        let batch = Batch(
            token: nextToken, writes: isWhole ? writes : Array(writes.prefix(limit)),
            acknowledgements: isWhole ? acknowledgements : [])
        nextToken += 1
        if isWhole {
            writes = []
            acknowledgements = []
        } else {
            writes.removeFirst(limit)
        }
        inFlight = batch
        return (batch.token, batch.writes)
    }

    /// - Returns: what can be acknowledged, by worker; `nil` if the batch failed and will be repeated.
    mutating func finished(_ token: UInt64, ok: Bool, now: Int64) -> [WorkerID: [UInt64]]? {
        guard let batch = inFlight, batch.token == token else { return [:] }
        inFlight = nil
        guard ok else {
            writes = batch.writes + writes
            acknowledgements = batch.acknowledgements + acknowledgements
            let doublings = min(failures, 10)
            failures += 1
            repeatAt = now + min(Self.repeatMilliseconds.upperBound, Self.repeatMilliseconds.lowerBound << Int64(doublings))
            return nil
        }
        failures = 0
        var result: [WorkerID: [UInt64]] = [:]
        for (worker, lease) in batch.acknowledgements { result[worker, default: []].append(lease) }
        return result
    }
}
