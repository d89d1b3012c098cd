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
/// - Settings of queues are of no shard: the first strand writes them (``Strands/home``).
/// - Zones are of nobody's: what is in memory is looked at anew, and what is stored is changed by requests from outside (Zones.swift). By which
///   data that was computed is known of each strand by itself (OutdatedZones.swift).
/// - Memory, lanes, workers, leases, and what queues allow are the core's.
final class Strand {
    /// Which of all that were ever taken it is, from 0.
    let number: Int
    /// In ascending order, at least one, and the same with the epochs that they were taken with.
    let shards: [Shard], owned: [OwnedShard]
    var outbox: Outbox
    /// What is due, and was left to the disk.
    var shelf = Shelf()
    /// Occurrences that workers of a former owner may run; `nil`: all of them are known.
    var doubt: Doubt?
    /// Workers of former owners. What these had is not known: what they say they had is believed.
    let formerWorkers: Set<String>
    /// Creates that failed and may be stored.
    var uncertainCreates: [ReminderID] = []
    var loadsPausedUntil = MonotonicMilliseconds.distantPast
    /// Due, and passed over in its turn, as nothing could be handed out: for the next batch to be stored (Stalled.swift). With some among
    /// them that have left this state meanwhile.
    var stalled: [Entry] = []
    /// It goes: nothing of it is taken in or handed out any more, and what is on its way to the store is written.
    fileprivate(set) var isRetired = false

    init(number: Int, of owned: [OwnedShard], formerWorkers: Set<String>) {
        self.number = number
        self.owned = owned.sorted { $0.shard < $1.shard }
        shards = self.owned.map(\.shard)
        self.formerWorkers = formerWorkers
        outbox = Outbox(tokensFrom: UInt64(number) << Strands.tokenBits + 1, of: shards[0])
    }

    /// What is read of it is known by: one page of each shard, and one of its shelf, at a time. The tokens of its batches follow.
    var readToken: UInt64 { UInt64(number) << Strands.tokenBits }
}

/// The strands of a core.
struct Strands {
    /// So many batches of one strand have tokens of their own, two to this power.
    fileprivate static let tokenBits = 40

    /// In the order in which they were taken, also those that are being released.
    private(set) var all: [Strand] = []
    /// By the shard's number; `nil`: it is another's, or being released.
    private var byShard = [Strand?](repeating: nil, count: Shard.count)
    private var taken = 0
    /// The number of the one whose shelf was read last.
    private var lastRead = -1

    subscript(shard: Shard) -> Strand? { byShard[Int(shard.number)] }

    var hasSeveral: Bool { all.count > 1 }

    /// The one that writes what is of no shard.
    var home: Strand? { all.first { !$0.isRetired } }

    /// Bytes of tasks' results that wait for the store.
    var resultBytes: Int { all.reduce(0) { $0 + $1.outbox.resultBytes } }
    /// Writes that the store has not confirmed.
    var pendingWrites: Int { all.reduce(0) { $0 + $1.outbox.pendingCount } }
    /// Requests that wait for the store.
    var pendingRequests: Int { all.reduce(0) { $0 + $1.outbox.pendingRequests } }

    /// In the order in which their shelves are read where there is not room for all: round and round.
    var inTurn: [Strand] {
        let next = all.firstIndex { $0.number > lastRead } ?? all.startIndex
        return Array(all[next...] + all[..<next])
    }

    /// A strand's shelf is read.
    mutating func hasTurn(_ strand: Strand) { lastRead = strand.number }

    /// Whose batch or load has that token; `nil`: it has been lost meanwhile.
    func strand(of token: UInt64) -> Strand? {
        let number = Int(token >> Self.tokenBits)
        return all.first { $0.number == number }
    }

    /// - Parameter shards: at least one, none of which there is.
    mutating func take(_ shards: [OwnedShard], formerWorkers: Set<String>) -> Strand {
        let strand = Strand(number: taken, of: shards, formerWorkers: formerWorkers)
        taken += 1
        all.append(strand)
        for shard in strand.shards { byShard[Int(shard.number)] = strand }
        return strand
    }

    /// Nothing more is added to a strand.
    mutating func retire(_ strand: Strand) {
        strand.isRetired = true
        for shard in strand.shards { byShard[Int(shard.number)] = nil }
    }

    mutating func remove(_ strand: Strand) { all.removeAll { $0 === strand } }
}

extension SchedulerCore {
    /// The strand that writes what becomes of a reminder; `nil`: another's core does.
    func strand(of id: ReminderID) -> Strand? { strand(of: id.shard) }

    func strand(of shard: Shard) -> Strand? {
        if breaks(.oneOutboxForAll) { return strands.home }
        return strands[shard] ?? (breaks(.acknowledgesForeign) ? strands.home : nil)
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
        let strand = strands.take(new, formerWorkers: Set(rejoin.lazy.map(\.instance)))
        for owned in new {
            windows[owned.shard] = Window(token: strand.readToken)
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
        for strand in strands.all {
            // What is being released has its next owner read everything: it has no use for notes of what there was no place for.
            if strand.outbox.isFree, !strand.isRetired {
                for write in strand.shelf.takeWrites(limit: max(1, configuration.maxWritesPerBatch / 2)) { strand.outbox.add(write) }
            }
            guard let batch = strand.outbox.next(limit: configuration.maxWritesPerBatch, now: now.monotonic) else { continue }
            effects.append(.write(token: batch.token, batch.writes, of: strand.shards[0]))
        }
        refill()
    }

    mutating func written(_ token: UInt64, _ results: [StoreWriteResult]?) {
        let results = results ?? (breaks(.dropsFailedBatches) ? [] : nil)
        guard let strand = strands.strand(of: token) else { return }
        let wasFarBehind = isFarBehind
        guard let success = strand.outbox.finished(token, results, now: now.monotonic) else {
            // Loads asked for since then have not seen what failed.
            for shard in strand.shards { windows[shard]?.load?.isVoid = true }
            strand.shelf.load?.isVoid = true
            return refuseLine(in: strand.shards)
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
        goOn(strand, wasFarBehind: wasFarBehind)
    }
}
