import Storage
import TaskDomain

/// Shards that were taken together and are written together, with what belongs to them as a whole.
///
/// What the store does to one strand is felt there alone: its writes go in order, one batch at a time, and where they fail or are slow those
/// of the others go on, and so does what is handed out of them. Who may still run what a former owner handed out is found out for each by
/// itself. It comes and goes as a whole (Releasing.swift). A store that is one file, and commits everything together, has one strand.
///
/// What concerns several has a place of its own:
/// - A request for changes in several is one transaction in each, and answered once (JointRequests.swift).
/// - Whom the next owner has to ask is written by each strand, for its own next owner (Rejoining.swift).
/// - Settings of queues and the shelf's notes are of no shard: the first strand writes them (``Strands/home``). The shelf is read when all
///   strands have handed over what is to be written, as what is on it is of all.
/// - Zones are of nobody's: what is in memory is looked at anew, and what is stored is changed by requests from outside (Zones.swift).
/// - Memory, lanes, workers, leases, and what queues allow are the core's.
final class Strand {
    /// Which of all that were ever taken it is, from 0.
    let number: Int
    /// In ascending order, at least one.
    let shards: [Shard]
    var outbox: Outbox
    /// Occurrences that workers of a former owner may run; `nil`: all of them are known.
    var doubt: Doubt?
    /// Workers of former owners. What these had is not known: what they say they had is believed.
    let formerWorkers: Set<String>
    /// Creates that failed and may be stored.
    var uncertainCreates: [ReminderID] = []
    var loadsPausedUntil = MonotonicMilliseconds.distantPast
    /// Due, and passed over in its turn, as nothing could be handed out: for the next batch to be stored. With some among them that have
    /// left this state meanwhile.
    var stalled: [Entry] = []
    /// It is being released.
    fileprivate(set) var isLeaving = false

    init(number: Int, of shards: [Shard], formerWorkers: Set<String>) {
        self.number = number
        self.shards = shards
        self.formerWorkers = formerWorkers
        outbox = Outbox(tokensFrom: Strands.firstToken(of: number))
    }
}

/// The strands of a core.
struct Strands {
    /// So many batches of one strand have tokens of their own, two to this power.
    private static let tokenBits = 40

    /// In the order in which they were taken, also those that are being released.
    private(set) var all: [Strand] = []
    /// By the shard's number; `nil`: it is another's, or being released.
    private var byShard = [Strand?](repeating: nil, count: Shard.count)
    private var taken = 0

    subscript(shard: Shard) -> Strand? { byShard[Int(shard.number)] }

    var hasSeveral: Bool { all.count > 1 }

    /// The one that writes what is of no shard.
    var home: Strand? { all.first { !$0.isLeaving } }

    /// Bytes of tasks' results that wait for the store.
    var resultBytes: Int { all.reduce(0) { $0 + $1.outbox.resultBytes } }

    static func firstToken(of number: Int) -> UInt64 { UInt64(number) << tokenBits + 1 }

    /// Whose batch has that token; `nil`: it has been lost meanwhile.
    func strand(ofBatch token: UInt64) -> Strand? {
        let number = Int(token >> Self.tokenBits)
        return all.first { $0.number == number }
    }

    /// - Parameter shards: in ascending order, at least one.
    mutating func take(_ shards: [Shard], formerWorkers: Set<String>) -> Strand {
        let strand = Strand(number: taken, of: shards, formerWorkers: formerWorkers)
        taken += 1
        all.append(strand)
        for shard in shards { byShard[Int(shard.number)] = strand }
        return strand
    }

    /// Nothing more is added to a strand.
    mutating func leave(_ strand: Strand) {
        strand.isLeaving = true
        for shard in strand.shards { byShard[Int(shard.number)] = nil }
    }

    mutating func remove(_ strand: Strand) { all.removeAll { $0 === strand } }
}

extension SchedulerCore {
    /// The strand that writes what becomes of a reminder; `nil`: another's core does.
    func strand(of id: ReminderID) -> Strand? {
        if breaks(.oneOutboxForAll) { return strands.home }
        return strands[id.shard] ?? (breaks(.acknowledgesForeign) ? strands.home : nil)
    }

    /// Has something written, in order with all that was decided of the reminder before.
    func write(_ write: StoreWrite, of id: ReminderID) { strand(of: id)?.outbox.add(write) }

    /// Tells the worker when all that was decided of the occurrence's shard so far is on stable storage.
    func acknowledge(_ worker: WorkerID, _ lease: LeaseID, of key: OccurrenceKey) {
        strand(of: key.reminder)?.outbox.acknowledge(worker, lease)
    }

    mutating func take(_ shards: [OwnedShard], _ rejoin: [AttachedWorker], _ settings: [QueueSettings], _ ended: [OccurrenceKey]) {
        for queue in settings { queues.set(queue) }
        let new = shards.filter { windows[$0.shard] == nil }
        guard !new.isEmpty else { return }
        let strand = strands.take(Set(new.map(\.shard)).sorted(), formerWorkers: Set(rejoin.lazy.map(\.instance)))
        for owned in new {
            windows[owned.shard] = Window()
            leases.begin(owned)
        }
        for key in ended where owns(key) && !breaks(.forgetsWhatHasPassed) { passed.ended(key) }
        beginDoubt(of: strand, rejoin)
        countOnWorkers()
    }

    /// Hands over what this step brought: first what is written, then the loads that must see it.
    mutating func flush() {
        for (worker, leases) in leases.takeRevocations() where workers[worker] != nil {
            effects.append(.revoke(worker, leases))
        }
        for (worker, leases) in leases.takeRecalls() where workers[worker] != nil {
            effects.append(.recall(worker, leases))
        }
        if let home = strands.home, home.outbox.isFree {
            for write in shelf.takeWrites(limit: max(1, configuration.maxWritesPerBatch / 2)) { home.outbox.add(write) }
        }
        for strand in strands.all {
            guard let batch = strand.outbox.next(limit: configuration.maxWritesPerBatch, now: now.monotonic) else { continue }
            effects.append(.write(token: batch.token, batch.writes, of: strand.shards[0]))
        }
        finishReleases()
        refill()
    }

    mutating func written(_ token: UInt64, _ results: [StoreWriteResult]?) {
        let results = results ?? (breaks(.dropsFailedBatches) ? [] : nil)
        guard let strand = strands.strand(ofBatch: token) else { return }
        guard let success = strand.outbox.finished(token, results, now: now.monotonic) else {
            // Loads asked for since then have not seen what failed.
            for shard in strand.shards { windows[shard]?.load?.isVoid = true }
            shelf.load?.isVoid = true
            return
        }
        if success.hasHolders { countOnWorkers() }
        for (worker, leases) in success.acknowledged.sorted(by: { $0.key < $1.key }) where workers[worker] != nil {
            effects.append(.acknowledge(worker, leases))
        }
        forgetGoneReporters()
        for request in success.answered {
            if let storing = cancellations.stored(request.id) {
                conclude(storing, request.writes, request.results)
            } else if request.id == .own {
                for (write, result) in zip(request.writes, request.results) { changed(write, result) }
            } else {
                conclude(request.id, request.writes, request.results, of: strand)
            }
        }
        goOn(strand)
    }
}
