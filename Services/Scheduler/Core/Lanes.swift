import HeapModule

/// What is due and waits for a worker, by queue and task: a lane is what the same workers can serve.
///
/// A lane that nobody works off (its queue is paused or slow, no worker runs its task) must not fill the memory that the
/// others need: when memory gets scarce the longest overflows, and what comes for it stays on disk until it has drained.
struct Lanes {
    struct Name: Hashable {
        let queue: String
        let task: String

        init(queue: String, task: String) {
            self.queue = queue
            self.task = task
        }

        fileprivate var text: String { "\(queue)/\(task)" }

        fileprivate init(_ entry: Entry) { self.init(queue: entry.reminder.queue, task: entry.reminder.task) }
    }

    /// Oldest first; being one priority higher is worth being due a step earlier.
    fileprivate struct Item: Comparable {
        let rank: Int64
        let entry: Entry

        static func == (a: Item, b: Item) -> Bool { a.rank == b.rank && a.entry.key == b.entry.key }

        static func < (a: Item, b: Item) -> Bool { a.rank != b.rank ? a.rank < b.rank : a.entry.key < b.entry.key }
    }

    final class Lane {
        /// Entries that are ready.
        fileprivate(set) var count = 0
        fileprivate var heap = Heap<Item>()
        /// Attached workers that serve it, in the order of their ids.
        fileprivate(set) var workers: [WorkerID] = []

        /// Takes out what would come last, so that `kept` remain.
        fileprivate func cut(to kept: Int) -> [Entry] {
            var items: [Item] = [], seen: Set<ObjectIdentifier> = []
            heap.removeAll { item in
                // An entry that was ready before may have an old item.
                guard item.entry.state == .ready, seen.insert(ObjectIdentifier(item.entry)).inserted else { return true }
                items.append(item)
                return false
            }
            guard items.count > kept else { return [] }
            items.sort()
            let first = items[kept]
            heap.removeAll { !($0 < first) }
            return items[kept...].map(\.entry)
        }

        /// What comes next; `nil` where nothing is ready any more.
        fileprivate func head() -> Item? {
            while let item = heap.min {
                if item.entry.state == .ready { return item }
                heap.removeMin()
            }
            return nil
        }
    }

    private let priorityStepMilliseconds: Int64
    /// Entries that memory holds at most.
    private let maxEntries: Int
    /// Lanes that overflow, and the count at which they have drained.
    private var overflowing: [Name: Int] = [:]
    private var lanes: [Name: Lane] = [:]
    /// Those that some worker serves: what a dispatch looks at.
    private var served: [Name: Lane] = [:]
    /// Entries that are `ready`.
    private(set) var count = 0

    init(priorityStepMilliseconds: Int64, maxEntries: Int) {
        self.priorityStepMilliseconds = priorityStepMilliseconds
        self.maxEntries = maxEntries
    }

    /// - Parameter tableCount: entries that memory holds.
    /// - Returns: what has to go back to the disk: the entry itself, or others.
    mutating func add(_ entry: Entry, _ workers: [WorkerID: Worker], tableCount: Int) -> [Entry] {
        let name = Name(entry)
        let shed = tableCount >= maxEntries / 4 * 3 ? shed(for: name) : []
        guard overflowing[name] == nil else { return shed + [entry] }
        let lane: Lane
        if let known = lanes[name] {
            lane = known
        } else {
            lane = Lane()
            lane.workers = Self.eligible(workers, name)
            lanes[name] = lane
            if !lane.workers.isEmpty { served[name] = lane }
        }
        entry.state = .ready
        count += 1
        lane.count += 1
        lane.heap.insert(
            Item(rank: entry.dueAtMilliseconds - Int64(entry.reminder.priority) * priorityStepMilliseconds, entry: entry))
        return shed
    }

    /// Memory gets scarce when something comes for a lane: that lane overflows if it is long; if many lanes together fill
    /// the memory, the longest of them gives up half of what it has.
    private mutating func shed(for name: Name) -> [Entry] {
        let own = lanes[name]?.count ?? 0
        guard overflowing[name] == nil else { return [] }
        if own >= maxEntries / 4 {
            overflowing[name] = own / 2
            return []
        }
        guard count >= maxEntries / 2,
            let longest = lanes.max(by: { ($0.value.count, $0.key.text) < ($1.value.count, $1.key.text) }),
            longest.value.count > 1
        else { return [] }
        let isOwn = longest.key == name, kept = isOwn ? own : longest.value.count / 2
        overflowing[longest.key] = kept / 2
        return isOwn ? [] : longest.value.cut(to: kept)
    }

    /// An entry is no longer ready; its item is dropped when it comes up.
    mutating func left(_ entry: Entry) {
        count -= 1
        lanes[Name(entry)]?.count -= 1
    }

    /// Whether a lane that overflowed has room again, so that what was left to the disk is to be read.
    mutating func takeDrained() -> Bool {
        guard !overflowing.isEmpty else { return false }
        let before = overflowing.count
        overflowing = overflowing.filter { (lanes[$0.key]?.count ?? 0) > $0.value }
        return overflowing.count < before
    }

    /// Lanes with something ready that no worker serves, as `queue/task`.
    func unserved(limit: Int) -> [String] {
        lanes.filter { $0.value.count > 0 && $0.value.workers.isEmpty }.map(\.key.text)
            .sorted().prefix(limit).map { $0 }
    }

    /// Entries that are ready.
    var countByQueue: [String: Int] {
        lanes.reduce(into: [:]) { counts, lane in counts[lane.key.queue, default: 0] += lane.value.count }
    }

    /// Entries of that queue that are ready.
    func count(in queue: String) -> Int { lanes.reduce(0) { $1.key.queue == queue ? $0 + $1.value.count : $0 } }

    /// The workers have changed.
    mutating func serve(_ workers: [WorkerID: Worker]) {
        served = [:]
        for (name, lane) in lanes {
            guard lane.head() != nil else {
                lanes[name] = nil
                continue
            }
            lane.workers = Self.eligible(workers, name)
            if !lane.workers.isEmpty { served[name] = lane }
        }
    }

    private static func eligible(_ workers: [WorkerID: Worker], _ name: Name) -> [WorkerID] {
        workers.filter { $0.value.serves(name) }.keys.sorted()
    }

    /// Takes what comes next in the lanes whose queue allows it and for which some worker has credit, and the worker that
    /// has the most.
    mutating func next(_ workers: [WorkerID: Worker], _ allows: (_ queue: String) -> Bool) -> (Entry, WorkerID)? {
        var best: (item: Item, worker: WorkerID)?
        for (name, lane) in served {
            guard let item = lane.head() else {
                served[name] = nil
                lanes[name] = nil
                continue
            }
            if let best, !(item < best.item) { continue }
            guard allows(name.queue) else { continue }
            if let worker = Self.freest(of: lane.workers, workers) { best = (item, worker) }
        }
        guard let best else { return nil }
        left(best.item.entry)
        return (best.item.entry, best.worker)
    }

    private static func freest(of ids: [WorkerID], _ workers: [WorkerID: Worker]) -> WorkerID? {
        var best: (id: WorkerID, credit: Int)?
        for id in ids {
            guard let worker = workers[id], worker.canTake else { continue }
            if best.map({ worker.credit > $0.credit }) ?? true { best = (id, worker.credit) }
        }
        return best?.id
    }
}
