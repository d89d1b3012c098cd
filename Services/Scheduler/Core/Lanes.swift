/// What is due and waits for a worker, by queue and task: a lane is what the same workers can serve.
struct Lanes {
    struct Name: Hashable {
        let queue: String
        let task: String
    }

    /// Oldest first; being one priority higher is worth being due a step earlier.
    fileprivate struct Item: Comparable {
        let rank: Int64
        let entry: Entry

        static func == (a: Item, b: Item) -> Bool { a.rank == b.rank && a.entry.key == b.entry.key }

        static func < (a: Item, b: Item) -> Bool { a.rank != b.rank ? a.rank < b.rank : a.entry.key < b.entry.key }
    }

    final class Lane {
        fileprivate var heap = Heap<Item>()
        /// Attached workers that serve it, in the order of their ids.
        fileprivate(set) var workers: [WorkerID] = []

        /// What comes next; `nil` where nothing is ready any more.
        fileprivate func head() -> Item? {
            while let item = heap.first {
                if item.entry.standing == .ready { return item }
                _ = heap.pop()
            }
            return nil
        }
    }

    private let priorityStepMilliseconds: Int64
    private var lanes: [Name: Lane] = [:]
    /// Those that some worker serves: what a dispatch looks at.
    private var served: [Name: Lane] = [:]
    /// Entries whose standing is `ready`.
    private(set) var count = 0

    init(priorityStepMilliseconds: Int64) { self.priorityStepMilliseconds = priorityStepMilliseconds }

    mutating func add(_ entry: Entry, _ workers: [WorkerID: Worker]) {
        let name = Name(queue: entry.reminder.queue, task: entry.reminder.task)
        let lane: Lane
        if let known = lanes[name] {
            lane = known
        } else {
            lane = Lane()
            lane.workers = Self.eligible(workers, name)
            lanes[name] = lane
            if !lane.workers.isEmpty { served[name] = lane }
        }
        entry.standing = .ready
        count += 1
        lane.heap.push(
            Item(rank: entry.dueAtMilliseconds - Int64(entry.reminder.priority) * priorityStepMilliseconds, entry: entry))
    }

    /// An entry is no longer ready; its item is dropped when it comes up.
    mutating func left() { count -= 1 }

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

    /// Takes what comes next in the lanes for which some worker has credit, and the one that has the most.
    mutating func next(_ workers: [WorkerID: Worker]) -> (Entry, WorkerID)? {
        var best: (item: Item, worker: WorkerID)?
        for (name, lane) in served {
            guard let item = lane.head() else {
                served[name] = nil
                lanes[name] = nil
                continue
            }
            if let best, !(item < best.item) { continue }
            if let worker = Self.freest(of: lane.workers, workers) { best = (item, worker) }
        }
        guard let best else { return nil }
        count -= 1
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
