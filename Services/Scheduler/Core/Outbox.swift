import Storage
import TaskDomain

/// Writes of a strand on their way to the store: one batch at a time, in order.
///
/// What gathers while one batch is being committed goes into the next, so a slow disk makes larger batches, not more
/// of them; and a batch that fails is repeated before anything after it, so that the steps of a series are never
/// taken out of order.
struct Outbox {
    /// What is told of when writes are on stable storage.
    private struct Notices {
        var acknowledgements: [(worker: WorkerID, lease: UInt64)] = []
        /// Where a request's writes lie among the batch's.
        var requests: [(id: RequestID, writes: Range<Int>)] = []

        var isEmpty: Bool { acknowledgements.isEmpty && requests.isEmpty }
    }

    private struct Batch {
        let token: UInt64
        let writes: [StoreWrite]
        let notices: Notices
        /// After the writes.
        let holders: [AttachedWorker]?

        var count: Int { writes.count + (holders == nil ? 0 : 1) }
    }

    /// What a batch that succeeded means.
    struct Success {
        var acknowledged: [WorkerID: [UInt64]] = [:]
        /// Whom the next process would ask has changed.
        var hasHolders = false
        var answered: [(id: RequestID, writes: [StoreWrite], results: [StoreWriteResult])] = []
    }

    private var writes: [StoreWrite] = []
    private var notices = Notices()
    private var inFlight: Batch?
    /// Whom the next process has to wait for; written with whatever goes next.
    private(set) var holders = Holders()
    /// Of tasks' results, in all writes that are not known to be on stable storage.
    private(set) var resultBytes = 0
    private var nextToken: UInt64
    private let shard: Shard
    private var failures = 0
    private(set) var repeatAt: MonotonicMilliseconds?

    static let repeatMilliseconds: ClosedRange<Int64> = 50...2_000

    /// - Parameters:
    ///   - token: the first batch's; those of the others follow.
    ///   - shard: the strand's first.
    init(tokensFrom token: UInt64, of shard: Shard) {
        nextToken = token
        self.shard = shard
    }

    var isFailing: Bool { failures > 0 }
    var pendingCount: Int { writes.count + (inFlight?.count ?? 0) + (holders.isWaiting ? 1 : 0) }
    var pendingRequests: Int { notices.requests.count + (inFlight?.notices.requests.count ?? 0) }
    /// Whether everything has been handed to the store, so that a load would see it.
    var isHandedOver: Bool { writes.isEmpty && !isFailing }

    /// Whether nothing is on its way to the store, or to be told.
    var isEmpty: Bool { pendingCount == 0 && notices.isEmpty && inFlight == nil }

    /// Requests that are to be answered.
    var requests: [RequestID] { ((inFlight?.notices.requests ?? []) + notices.requests).map(\.id) }

    /// Whether what is added now is handed over at once.
    var isFree: Bool { inFlight == nil && !isFailing }

    mutating func add(_ write: StoreWrite) {
        writes.append(write)
        resultBytes += write.resultBytes
    }

    /// Adds writes that go into one transaction, and whose results are told.
    mutating func add(_ request: [StoreWrite], for id: RequestID) {
        notices.requests.append((id, writes.count..<writes.count + request.count))
        writes += request
        resultBytes += request.reduce(0) { $0 + $1.resultBytes }
    }

    /// Tells the worker when all writes added so far are on stable storage.
    mutating func acknowledge(_ worker: WorkerID, _ lease: UInt64) { notices.acknowledgements.append((worker, lease)) }

    /// Begins with the list of holders that is on disk.
    mutating func begin(with holders: [AttachedWorker]) { self.holders.begin(with: holders) }

    /// Writes whom the next process has to wait for, in place of what was to be written of it.
    mutating func write(_ holders: [AttachedWorker]) { self.holders.set(holders) }

    /// Whether some outcome is not known to be on stable storage.
    var acknowledgesAny: Bool {
        !notices.acknowledgements.isEmpty || !(inFlight?.notices.acknowledgements.isEmpty ?? true)
    }

    /// Tells whether an outcome of that worker is not known to be on stable storage.
    func acknowledges(_ worker: WorkerID) -> Bool {
        notices.acknowledgements.contains { $0.worker == worker }
            || inFlight?.notices.acknowledgements.contains { $0.worker == worker } ?? false
    }

    /// The next batch, if the store is free for one.
    mutating func next(limit: Int, now: MonotonicMilliseconds) -> (token: UInt64, writes: [StoreWrite])? {
        guard inFlight == nil, !writes.isEmpty || !notices.isEmpty || holders.isWaiting else { return nil }
        if let repeatAt, repeatAt > now { return nil }
        repeatAt = nil
        let batch = takeBatch(limit: limit)
        nextToken += 1
        inFlight = batch
        return (batch.token, batch.writes + (batch.holders.map { [.workers($0, of: shard)] } ?? []))
    }

    private mutating func takeBatch(limit: Int) -> Batch {
        guard writes.count > limit else {
            defer {
                writes = []
                notices = Notices()
            }
            return Batch(token: nextToken, writes: writes, notices: notices, holders: holders.take())
        }
        // A request is not cut in two. Acknowledgements wait for the last batch, which is late but never early.
        let cut = notices.requests.first { $0.writes.contains(limit) && $0.writes.lowerBound < limit }?.writes.upperBound ?? limit
        var now = Notices()
        now.requests = notices.requests.filter { $0.writes.upperBound <= cut }
        notices.requests = notices.requests.dropFirst(now.requests.count).map { request in
            (request.id, request.writes.lowerBound - cut..<request.writes.upperBound - cut)
        }
        defer { writes.removeFirst(cut) }
        return Batch(token: nextToken, writes: Array(writes.prefix(cut)), notices: now, holders: holders.take())
    }

    /// - Parameter results: of the batch's writes; `nil` if it failed.
    /// - Returns: what can be told; `nil` if the batch will be repeated.
    mutating func finished(_ token: UInt64, _ results: [StoreWriteResult]?, now: MonotonicMilliseconds) -> Success? {
        guard let batch = inFlight, batch.token == token else { return Success() }
        inFlight = nil
        if batch.holders != nil { holders.finish(isStored: results != nil) }
        guard let results else {
            giveBack(batch)
            let doublings = min(failures, 10)
            failures += 1
            repeatAt = now + min(Self.repeatMilliseconds.upperBound, Self.repeatMilliseconds.lowerBound << Int64(doublings))
            return nil
        }
        failures = 0
        if resultBytes > 0 { resultBytes -= batch.writes.reduce(0) { $0 + $1.resultBytes } }
        var success = Success()
        success.hasHolders = batch.holders != nil
        for (worker, lease) in batch.notices.acknowledgements { success.acknowledged[worker, default: []].append(lease) }
        success.answered = batch.notices.requests.map { id, range in
            (id, Array(batch.writes[range]), range.upperBound <= results.count ? Array(results[range]) : [])
        }
        return success
    }

    private mutating func giveBack(_ batch: Batch) {
        let count = batch.writes.count
        writes = batch.writes + writes
        notices.acknowledgements = batch.notices.acknowledgements + notices.acknowledgements
        notices.requests =
            batch.notices.requests
            + notices.requests.map { ($0.id, $0.writes.lowerBound + count..<$0.writes.upperBound + count) }
    }
}

extension StoreWrite {
    /// Bytes of what a task returned.
    fileprivate var resultBytes: Int {
        if case .settle(_, let attempt, _, _) = self { attempt.result.count } else { 0 }
    }
}
