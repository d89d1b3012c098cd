import Storage
import TaskDomain

/// What holds between any two events, whatever came before.
///
/// A debug build checks it after each event while little is in memory, and beyond that as often as keeps the work of an
/// event bounded on average. So every test and every simulated life of a debug build checks it, too.
extension SchedulerCore {
    #if DEBUG
        /// Entries and shards that are looked at by each event, on average.
        private static var entriesPerEvent: Int { 8 }

        mutating func assertInvariants() {
            // With a promise broken on purpose, others are to notice.
            guard configuration.mutation == nil else { return }
            eventsUntilCheck -= 1
            guard eventsUntilCheck <= 0 else { return }
            let shards = strands.all.reduce(0) { $0 + $1.shards.count }
            eventsUntilCheck = (table.count + leases.count + shards) / Self.entriesPerEvent
            if let broken = brokenInvariant { preconditionFailure("the scheduler's core has lost its order: \(broken)") }
        }
    #endif

    /// The first thing found that does not hold; `nil`: everything does.
    package var brokenInvariant: String? {
        let entries = table.all
        return brokenTable(entries) ?? brokenLeases(entries) ?? brokenWorkers ?? brokenTimers(entries) ?? brokenDoubt(entries)
            ?? line.brokenInvariant(isChanging: { changing[$0] != nil }) ?? brokenStrands(entries) ?? brokenShelf
    }

    private func brokenTable(_ entries: [Entry]) -> String? {
        if table.count != entries.count { return "the table counts \(table.count) entries and has \(entries.count)" }
        if table.count > configuration.maxEntriesInMemory {
            return "\(table.count) entries in memory, \(configuration.maxEntriesInMemory) allowed"
        }
        let ready = entries.count { $0.state == .ready }
        if lanes.count != ready { return "the lanes count \(lanes.count) entries, and \(ready) are ready" }
        var byQueue: [String: Int] = [:]
        for entry in entries where entry.state == .ready { byQueue[entry.reminder.queue, default: 0] += 1 }
        if let broken = lanes.brokenInvariant { return broken }
        if lanes.countByQueue != byQueue { return "the lanes' counts are not those of the ready entries" }
        var positions: Set<ReminderID> = []
        for entry in entries {
            if entry.state == .gone || entry.fate == .revoked { return "\(entry.key) is \(entry.state), and in the table" }
            if table[entry.key] !== entry { return "the table does not find \(entry.key)" }
            if entry.positionIndex != nil, !positions.insert(entry.key.reminder).inserted {
                return "\(entry.key.reminder) has two positions in memory"
            }
            if case .ended = entry.state, changing[entry.key.reminder] == nil {
                return "\(entry.key) has ended, and no change is on its way that would settle it"
            }
        }
        return nil
    }

    /// One that was extended for as long as it may be, and whose worker had to tell a new process so.
    private var longestLease: Int64 { LeaseLimits.totalMilliseconds + LeaseLimits.outcomeMilliseconds + configuration.leaseMilliseconds }

    private func brokenLeases(_ entries: [Entry]) -> String? {
        for entry in entries {
            if case .leased(let id, _) = entry.state, leases[id]?.entry !== entry { return "\(entry.key) has no lease \(id)" }
        }
        var running: [String: Int] = [:]
        for (id, lease) in leases.all {
            guard case .leased(id, let fate) = lease.entry.state else {
                return "lease \(id) is of \(lease.entry.key), which is \(lease.entry.state)"
            }
            if (table[lease.entry.key] === lease.entry) == (fate == .revoked) {
                return "\(lease.entry.key) is leased, its fate is \(fate), and the table says otherwise"
            }
            running[lease.reminder.queue, default: 0] += 1
            if lease.deadline - lease.since > longestLease { return "lease \(id) lasts \(lease.deadline - lease.since) ms, and \(longestLease) is the most" }
        }
        for id in leases.progress.keys where leases[id] == nil { return "lease \(id) is over, and how far its task is has been kept" }
        if let id = leases.misplaced.first { return "lease \(id) is not where its holder is" }
        if leases.placed != leases.count { return "\(leases.count) leases, and \(leases.placed) have a place in the order in which they began" }
        if queues.sortedNames.all != queues.names.sorted() { return "the names of queues are not those that have settings or run something" }
        if let id = leases.untimed.first { return "lease \(id) has no timer" }
        for name in Set(queues.names).union(running.keys) where queues.running(in: name) != running[name] ?? 0 {
            return "queue \(name) counts \(queues.running(in: name)) running, and has \(running[name] ?? 0) leases"
        }
        return nil
    }

    private var brokenWorkers: String? {
        for (id, worker) in workers {
            guard let credit = lanes.credit(of: id) else { return "worker \(id.rawValue) has no place among those who serve the lanes" }
            if credit.limit < 0 || credit.used < 0 { return "worker \(id.rawValue) has been handed \(credit.used) of \(credit.limit)" }
            if leases.isLost(worker.instance) { return "\(worker.instance) is attached and lost" }
        }
        if let broken = brokenHolds { return broken }
        if let broken = brokenCancellations { return broken }
        for (id, lease) in leases.all {
            if case .attached(let worker) = lease.holder, workers[worker] == nil {
                return "lease \(id) is of worker \(worker.rawValue), which is not attached"
            }
        }
        for (key, claim) in leases.claims.all where claim.outcome == nil && workers[claim.worker] == nil {
            return "worker \(claim.worker.rawValue), which is not attached, claims to run \(key)"
        }
        for (key, claim) in leases.claims.all where claim.isRevoked && table[key] != nil {
            return "\(key) is in memory, and who says that it runs it was not believed"
        }
        return nil
    }

    /// What is called off is at a worker, or its end waits for a change.
    private var brokenCancellations: String? {
        guard !breaks(.triesAgainWhatIsCancelled) else { return nil }
        for key in cancellations.keys {
            if table[key]?.isHandedOut ?? false || changing[key.reminder] != nil { continue }
            guard !leases.all.contains(where: { $0.value.entry.key == key }) else { continue }
            return "\(key) is called off, and no worker has it"
        }
        return nil
    }

    /// What is held of a worker, and what the lanes know of that.
    private var brokenHolds: String? {
        for (id, worker) in workers {
            let held = holds.held(of: worker.instance, now: now)
            if lanes.held(of: id) != held { return "of \(worker.instance) \(held) is held, and the lanes have \(lanes.held(of: id))" }
        }
        let attached = Set(workers.values.map(\.instance))
        for (instance, task, hold) in holds.all {
            if !attached.contains(instance), !leases.isLost(instance) { return "\(task) is held of \(instance), which is gone" }
            if let id = hold.underWay.first(where: { leases[$0] == nil }) { return "the hold of \(task) counts lease \(id), which is over" }
        }
        return nil
    }

    /// What waits has its timer, and no timer keeps an entry that another has replaced.
    private func brokenTimers(_ entries: [Entry]) -> String? {
        var timed: Set<ObjectIdentifier> = []
        for timer in waiting.unordered where timer.isCurrent { timed.insert(ObjectIdentifier(timer.entry)) }
        for entry in entries where entry.state == .waiting && !timed.contains(ObjectIdentifier(entry)) {
            // Its end waits for a change.
            if changing[entry.key.reminder] == nil { return "\(entry.key) waits without a timer" }
        }
        let resting = Set(rests.unordered.map { ObjectIdentifier($0.entry) })
        for entry in entries where entry.state == .resting && !resting.contains(ObjectIdentifier(entry)) {
            return "\(entry.key) rests without a timer"
        }
        let onTheWall = waiting.unordered + overtakes.unordered + expiries.unordered
        for entry in onTheWall.map(\.entry) + rests.unordered.map(\.entry) {
            guard entry.state != .gone, entry.fate != .revoked else { continue }
            if table[entry.key] !== entry { return "a timer is of \(entry.key), which is \(entry.state), and not in the table" }
        }
        return nil
    }

    private func brokenDoubt(_ entries: [Entry]) -> String? {
        let known = Set(strands.all.flatMap { $0.doubt?.entries ?? [] }.map { ObjectIdentifier($0) })
        for entry in entries where entry.state == .inDoubt && !known.contains(ObjectIdentifier(entry)) {
            return "\(entry.key) is in doubt, and nothing will end that"
        }
        return nil
    }

    /// Each shard is of one strand, and what is passed over is found again by its own.
    private func brokenStrands(_ entries: [Entry]) -> String? {
        if let broken = windows.brokenInvariant(of: strands.all.flatMap(\.shards)) { return broken }
        let known = Set(strands.all.flatMap(\.stalled).map { ObjectIdentifier($0) })
        var byQueue: [String: Int] = [:]
        for entry in entries where entry.state == .stalled {
            byQueue[entry.reminder.queue, default: 0] += 1
            if !known.contains(ObjectIdentifier(entry)) { return "\(entry.key) is passed over, and nothing will end that" }
        }
        if lanes.stalled.countByQueue != byQueue || lanes.stalled.count != byQueue.values.reduce(0, +) {
            return "\(lanes.stalled.count) are counted that were passed over, and there are \(byQueue)"
        }
        for entry in entries {
            if windows[entry.key.reminder.shard] == nil { return "\(entry.key) is in memory, and in another's shard" }
        }
        return nil
    }

    private var brokenShelf: String? {
        for strand in strands.all {
            if strand.shelf.page != nil { return "what was brought from the shelf is not settled" }
            if let load = strand.shelf.load, load.limit > configuration.maxEntriesInMemory { return "\(load.limit) were asked of the shelf" }
        }
        return nil
    }
}
