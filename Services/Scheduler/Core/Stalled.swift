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
    /// Whether anything of a strand is handed out: not while the store cannot keep up with what becomes of it, and not while it may be
    /// another's.
    func mayHandOut(_ strand: Strand) -> Bool {
        isTrusted && !(mayHaveRival && strand.doubt != nil) && !strand.isRetired && !strand.outbox.isFailing && strand.outbox.pendingCount < configuration.maxPendingWrites
            && strand.outbox.resultBytes < configuration.maxPendingResultBytes && !isFarBehind
    }

    /// Whether the store is behind with all strands together so far that nothing of any is handed out.
    var isFarBehind: Bool {
        strands.pendingWrites >= configuration.maxPendingWritesInAll || strands.resultBytes >= configuration.maxResultBytes
    }

    /// The worker that an occurrence is handed to: the one that can take the most, of those whom its strand's next owner would ask for it.
    /// - Parameter freest: of all that serve it.
    /// - Returns: `nil` where there is none, or its strand lets nothing be handed out.
    func member(for entry: Entry, _ freest: Member) -> Member? {
        // Of one strand alone a worker that is not counted on is given nothing at all (`Worker.isOpen`).
        guard strands.hasSeveral else { return freest }
        guard let strand = strands[entry.key.reminder.shard], mayHandOut(strand) else { return nil }
        func isCountedOn(_ member: Member) -> Bool {
            workers[member.id].map { strand.outbox.holders.isCountedOn($0.instance) } ?? false
        }
        if isCountedOn(freest) { return freest }
        // One that is new, as a rule: until its strand has written that it is here, the others take what they can.
        return lanes.freest(for: entry.reminder, where: isCountedOn)
    }

    /// It is passed over in its turn, as its strand waits for the store; those of other strands are not kept waiting. Nor are they kept out
    /// of memory: what is too much of that does not wait so, and is read again.
    mutating func stall(_ entry: Entry) {
        guard let strand = strands[entry.key.reminder.shard] else { return forget(entry) }
        guard lanes.stalled.count < configuration.maxStalledEntries else {
            windows[entry.key.reminder.shard]?.leaveOnDisk(entry.due)
            return forget(entry)
        }
        if Lapsed.prevails(in: strand.stalled.count, of: table.count) { strand.stalled.removeAll { $0.state != .stalled } }
        lanes.stall(entry)
        strand.stalled.append(entry)
    }

    /// The store has taken what a strand had to write, or a strand has gone: what was passed over has its turn again.
    /// - Parameters:
    ///   - strand: `nil`: it has gone.
    ///   - wasFarBehind: before that the store was behind with all of them (``isFarBehind``).
    mutating func goOn(_ strand: Strand?, wasFarBehind: Bool) {
        if wasFarBehind, !isFarBehind { for strand in strands.all { goOn(strand) } } else if let strand { goOn(strand) }
    }

    private mutating func goOn(_ strand: Strand) {
        guard !strand.stalled.isEmpty, mayHandOut(strand) else { return }
        let entries = strand.stalled
        strand.stalled = []
        for entry in entries where entry.state == .stalled {
            lanes.goesOn(entry)
            entry.state = .waiting
            rested(entry, isAgain: true)
        }
    }
}
