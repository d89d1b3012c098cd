import Storage
import TaskDomain

/// A worker whose stream is open.
struct Worker {
    let instance: String
    var queues: Set<String>
    let tasks: Set<String>
    /// It was told to take nothing, and stays.
    var isDrained = false
    var isDraining = false
    /// The next process would ask it what it runs.
    var isRemembered = false

    /// Whether it is given anything.
    var isOpen: Bool { !isDraining && isRemembered }

    /// The queues of which it is given anything.
    var served: Set<String> { isDrained ? [] : queues }
}

extension SchedulerCore {
    // MARK: Coming

    mutating func attach(
        _ id: WorkerID, instance: String, queues: [String], tasks: [String], creditLimit: Int, running: [LeaseReport],
        following: [LeaseReport]
    ) {
        let following = following.filter { owns($0.key) }
        // A worker that is back before its broken connection was noticed.
        let others = workers.filter { $0.value.instance == instance }.keys.sorted()
        for other in others {
            workers[other] = nil
            lanes.detach(other)
            _ = dropClaims(of: other)
            for strand in strands.all { strand.doubt?.stopListening(to: other) }
        }
        var inherited = leases.restore(instance, from: others, to: id)
        let worker = Worker(
            instance: instance, queues: Set(queues), tasks: Set(tasks), isRemembered: isCountedOn(instance))
        workers[id] = worker
        lanes.attach(id, queues: worker.queues, tasks: worker.tasks, credit: Credit(limit: creditLimit), isOpen: worker.isOpen)
        heedHolds(of: instance, at: id)
        holdersHaveChanged = true
        for strand in strands.all { isBack(instance, as: id, following, in: strand) }
        for report in running where owns(report.key) && !breaks(.ignoresWhatRuns) {
            // What another has is that one's, whoever else says that it runs it.
            if let lease = leases[report.lease], lease.entry.key == report.key, lease.holder == .attached(id) {
                inherited.remove(report.lease)
                // It was away when that was called off.
                if lease.entry.fate == .revoked {
                    leases.revoke(report.lease)
                } else if cancellations.contains(report.key) {
                    leases.revoke(report.lease)
                } else if recalls.open(of: report.key.reminder)[report.lease] != nil {
                    leases.recall(report.lease)
                }
            } else {
                adopt(report, by: id)
            }
        }
        for report in following where leases[report.lease]?.entry.key == report.key { inherited.remove(report.lease) }
        // Of what else it no longer runs it has reported the end in the same breath, or has forgotten it.
        let deadline = now.monotonic + Self.forgottenMilliseconds
        for lease in inherited where leases[lease].map({ owns($0.entry.key) }) ?? false { leases.setDeadline(of: lease, to: deadline) }
    }

    /// A worker that was attached when shards were taken says what it has of them.
    /// - Parameter shards: as they were taken when it was asked. Of what was lost and taken again since, it says what is old.
    mutating func hear(_ running: [LeaseReport], _ following: [LeaseReport], of shards: [OwnedShard], from id: WorkerID) {
        guard let instance = workers[id]?.instance else { return }
        let shards = Set(shards)
        let asked = strands.all.filter { !$0.isRetired && shards.isSuperset(of: $0.owned) }
        for strand in asked { isBack(instance, as: id, following, in: strand) }
        for report in running where !breaks(.ignoresWhatRuns) {
            guard let strand = strands[report.key.reminder.shard], asked.contains(where: { $0 === strand }) else { continue }
            if let lease = leases[report.lease], lease.entry.key == report.key, lease.holder == .attached(id) { continue }
            adopt(report, by: id)
        }
    }

    /// A worker of a strand's former owner is back.
    private func isBack(_ instance: String, as id: WorkerID, _ following: [LeaseReport], in strand: Strand) {
        guard strand.doubt != nil else { return }
        let leases = following.filter { strands[$0.key.reminder.shard] === strand }.map(\.lease)
        strand.doubt?.isBack(instance, listenUntil: now.monotonic + Self.forgottenMilliseconds)
        strand.doubt?.listen(to: id, of: leases, until: now.monotonic + Self.followingMilliseconds)
    }

    /// A worker says which queues it serves, in place of what it announced. What it has goes on.
    mutating func stands(_ id: WorkerID, queues: Set<String>, isDrained: Bool) {
        guard let before = workers[id]?.served, !breaks(.ignoresWhatWorkersBecome) else { return }
        change(id) {
            $0.queues = queues
            $0.isDrained = isDrained
        }
        guard let worker = workers[id], worker.served != before else { return }
        let credit = lanes.credit(of: id) ?? Credit()
        lanes.detach(id)
        lanes.attach(id, queues: worker.served, tasks: worker.tasks, credit: credit, isOpen: worker.isOpen)
        heedHolds(of: worker.instance, at: id)
    }

    /// A worker may be handed so many in all. Where it has been handed more already it gets nothing until it allows more than that.
    mutating func setCreditLimit(_ limit: Int, of id: WorkerID) {
        guard let before = lanes.credit(of: id)?.limit, limit > before || !breaks(.ignoresWhatWorkersBecome) else { return }
        lanes.setCreditLimit(breaks(.creditsAll) ? before + limit : limit, of: id)
    }

    /// Changes what is known of a worker, if it is there.
    mutating func change(_ id: WorkerID, _ change: (inout Worker) -> Void) {
        guard var worker = workers.removeValue(forKey: id) else { return }
        change(&worker)
        workers[id] = worker
        lanes.setOpen(worker.isOpen, id)
    }

    /// How long the outcomes of what a returning worker no longer runs may take, where it has not said that they come.
    static var forgottenMilliseconds: Int64 { 50 }

    /// How long what was due before this process began waits for outcomes that a returning worker has said will come.
    static var followingMilliseconds: Int64 { 10_000 }

    /// A worker runs what no lease of this process says it does: dispatched by a former one, or given up since.
    private mutating func adopt(_ report: LeaseReport, by id: WorkerID) {
        // One number stands for one lease.
        guard leases[report.lease] == nil, mayHaveHad(report.lease, of: report.key, id) else {
            foreignTotal += 1
            return leases.revoke(report.lease, at: id)
        }
        if let entry = table[report.key] {
            if entry.isHandedOut {
                leases.revoke(report.lease, at: id)
            } else {
                if let other = leases.claims.remove(report.key) { letGo(other, of: report.key) }
                believe(id, runs: entry, under: report.lease, for: term(of: report))
            }
        } else {
            claim(report, of: id)
        }
    }

    // MARK: Going

    /// The connection broke: what runs there may still come to its end.
    /// - Parameter isSilent: nothing was heard from it, and it may have heard nothing either. So what its tasks extended is not given to
    ///   others before that time is over: a task that runs on at a worker which is cut off ends by then.
    mutating func detach(_ id: WorkerID, isSilent: Bool) {
        guard let worker = workers.removeValue(forKey: id) else { return }
        let patience = isSilent ? configuration.silentGraceMilliseconds : configuration.reconnectGraceMilliseconds
        let grace = breaks(.givesUpLostWorkersAtOnce) ? 0 : patience
        leases.keep(
            id, as: worker.instance, until: now.monotonic + grace,
            keepsExtended: isSilent && !breaks(.givesUpWhatIsExtended))
        let claimed = dropClaims(of: id)
        for strand in strands.all {
            let isListenedTo = strand.doubt?.stopListening(to: id) ?? false
            if isListenedTo || strand.shards.contains(where: claimed.contains) { awaitAgain(worker.instance, in: strand, for: patience) }
        }
        if isUnstored(of: id) { goneReporters[worker.instance] = id }
        lanes.detach(id)
    }

    /// It said goodbye: what it left undone goes to others at once.
    mutating func leave(_ id: WorkerID) {
        guard let worker = workers.removeValue(forKey: id) else { return }
        holds.drop(worker.instance)
        for lease in leases.dismiss(id) {
            former.add(lease, of: worker.instance)
            loseLease(lease, because: "the worker left before it was done")
        }
        _ = dropClaims(of: id)
        for strand in strands.all { strand.doubt?.stopListening(to: id) }
        holdersHaveChanged = true
        lanes.detach(id)
    }

    /// Lost workers that did not come back in time.
    mutating func giveUpLostWorkers() {
        for (instance, held) in leases.giveUpLost(now: now) {
            holdersHaveChanged = true
            if !leases.isLost(instance) { holds.drop(instance) }
            for lease in held { loseLease(lease, because: "the connection to the worker was lost") }
        }
    }

    // MARK: Leases

    /// Makes a lease of an entry that has none.
    /// - Parameter inherited: since when and until when, on the word of the worker, which has it from a former process; `nil`: it begins now.
    mutating func lease(_ entry: Entry, as lease: LeaseID, to id: WorkerID, inherited: LeaseTerm? = nil) {
        leaveTurn(entry)
        handedThrough = max(handedThrough, entry.dueAt)
        queues.began(entry.reminder.queue)
        let term = inherited ?? LeaseTerm(since: now.monotonic, until: now.monotonic + configuration.leaseMilliseconds)
        leases.grant(entry, as: lease, to: id, isInherited: inherited != nil, for: term, now: now)
    }

    /// Takes a lease back; what its entry becomes is the caller's to settle.
    /// - Parameter isKnown: what became of it is known, so that nothing is sent under it any more.
    @discardableResult
    mutating func endLease(_ id: LeaseID, isKnown: Bool = true) -> Lease? {
        guard let lease = leases.end(id) else { return nil }
        if !isKnown { remember(id, of: lease.holder) }
        queueEnded(lease.reminder.queue)
        ended(id, lease)
        answer(recalls.ended(id, lease.entry.key, isKnown: isKnown))
        return lease
    }

    /// One of the queue runs no more: it may allow another.
    private mutating func queueEnded(_ name: String) {
        queues.ended(name)
        if lanes.isParked(name), queues.allows(name, now: now) { lanes.goOn(name) }
    }

    /// Leases past their deadline.
    mutating func expireLeases() {
        guard !breaks(.neverEndsLeases) else { return }
        while let id = leases.popExpired(now: now) {
            leases.revoke(id)
            loseLease(id, because: "the worker did not report within the lease")
        }
    }

    private mutating func loseLease(_ id: LeaseID, because reason: String) {
        guard let lease = endLease(id, isKnown: false) else { return }
        let attempt = Attempt(
            scheduledAt: lease.entry.key.scheduledAt, number: lease.entry.tries.next,
            startedAt: lease.dispatchedAt,
            durationMicroseconds: max(0, now.wall - lease.dispatchedAt) * 1_000, outcome: .leaseLost,
            statusCode: 0, detail: reason)
        settle(lease.entry, attempt, asked: nil, lease: lease)
    }
}
