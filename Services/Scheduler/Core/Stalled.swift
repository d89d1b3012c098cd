import TaskDomain

/// How many have been passed over in their turn, as the store is behind with their strands: by queue, as they are ready all the same.
struct Stalled {
    private(set) var count = 0
    private(set) var countByQueue: [String: Int] = [:]

    func count(in queue: String) -> Int { countByQueue[queue] ?? 0 }

    mutating func add(_ entry: Entry) {
        count += 1
        countByQueue[entry.reminder.queue, default: 0] += 1
    }

    mutating func left(_ entry: Entry) {
        count -= 1
        let left = count(in: entry.reminder.queue) - 1
        countByQueue[entry.reminder.queue] = left > 0 ? left : nil
    }
}

/// What is handed out of one strand, and what of it waits while others go on.
extension SchedulerCore {
    /// Whether anything of a strand is handed out: not while the store cannot keep up with what becomes of it.
    func mayHandOut(_ strand: Strand) -> Bool {
        !strand.isLeaving && !strand.outbox.isFailing && strand.outbox.pendingCount < configuration.maxPendingWrites
            && strand.outbox.resultBytes < configuration.maxPendingResultBytes
    }

    /// Whether an occurrence's strand lets it be handed out, and its next owner would ask the worker for it.
    func mayHandOut(_ entry: Entry, to worker: WorkerID) -> Bool {
        guard let strand = strands[entry.key.reminder.shard], mayHandOut(strand), let instance = workers[worker]?.instance else { return false }
        return strand.outbox.holders.isCountedOn(instance)
    }

    /// It is passed over in its turn, as its strand waits for the store; those of other strands are not kept waiting. Nor are they kept out
    /// of memory: more than a quarter of that does not wait so, and is read again.
    mutating func stall(_ entry: Entry) {
        guard let strand = strands[entry.key.reminder.shard] else { return forget(entry) }
        guard stalled.count < configuration.maxEntriesInMemory / 4 else {
            windows[entry.key.reminder.shard]?.leaveOnDisk(entry.due)
            return forget(entry)
        }
        if strand.stalled.count > 2 * table.count + 1_024 { strand.stalled.removeAll { $0.state != .stalled } }
        entry.state = .stalled
        stalled.add(entry)
        strand.stalled.append(entry)
    }

    /// The store has taken what a strand had to write: what was passed over has its turn again.
    mutating func goOn(_ strand: Strand) {
        guard !strand.stalled.isEmpty, mayHandOut(strand) else { return }
        let entries = strand.stalled
        strand.stalled = []
        for entry in entries where entry.state == .stalled {
            stalled.left(entry)
            entry.state = .waiting
            rested(entry)
        }
    }
}
