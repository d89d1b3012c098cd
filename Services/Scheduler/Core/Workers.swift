import Domain

/// A worker whose stream is open.
struct Worker {
    let instance: String
    let queues: Set<String>
    let tasks: Set<String>
    /// How many more it can take.
    var credit: Int
    var leases: Set<UInt64> = []
    var isDraining = false
    /// The next process would ask it what it runs.
    var isRemembered = false

    var canTake: Bool { credit > 0 && !isDraining && isRemembered }

    func serves(_ lane: Lanes.Name) -> Bool { queues.contains(lane.queue) && tasks.contains(lane.task) }
}

/// A worker whose connection broke, and which may be back in a moment.
struct LostWorker {
    var leases: Set<UInt64>
    /// Monotonic milliseconds.
    let until: Int64
}

/// A worker's right to run an occurrence.
struct Lease {
    let entry: Entry
    /// The definition that it was dispatched with: another since then may have another credential.
    let reminder: Reminder
    var worker: WorkerID?
    /// Monotonic milliseconds.
    var deadline: Int64
    /// Unix milliseconds.
    let dispatchedAt: Int64
}

extension SchedulerCore {
    // MARK: Coming

    mutating func attach(
        _ id: WorkerID, instance: String, queues: [String], tasks: [String], credit: Int, running: [LeaseReport]
    ) {
        var inherited = lost.removeValue(forKey: instance)?.leases ?? []
        // A worker that is back before its broken connection was noticed.
        for (other, worker) in workers where worker.instance == instance {
            inherited.formUnion(worker.leases)
            workers[other] = nil
            _ = dropClaims(of: other)
        }
        workers[id] = Worker(
            instance: instance, queues: Set(queues), tasks: Set(tasks),
            credit: min(max(0, credit), configuration.maxCreditPerWorker), isRemembered: isRemembered(instance))
        holdersHaveChanged = true
        doubt?.isBack(instance, listenUntil: now.monotonicMilliseconds + Self.forgottenMilliseconds)
        for report in running where !breaks(.ignoresWhatRuns) {
            if let lease = leases[report.lease], lease.entry.key == report.key {
                inherited.remove(report.lease)
                give(report.lease, to: id)
            } else {
                adopt(report, by: id)
            }
        }
        // What it no longer runs it has reported in the same breath, or has forgotten.
        let deadline = now.monotonicMilliseconds + Self.forgottenMilliseconds
        for lease in inherited {
            give(lease, to: id)
            leases[lease]?.deadline = deadline
            deadlines.push(LeaseTimer(at: deadline, lease: lease))
        }
        lanes.serve(workers)
    }

    /// How long the outcomes of what a returning worker no longer runs may take.
    static var forgottenMilliseconds: Int64 { 50 }

    private mutating func give(_ lease: UInt64, to id: WorkerID) {
        leases[lease]?.worker = id
        workers[id]?.leases.insert(lease)
    }

    /// A worker runs what no lease of this process says it does: dispatched by a former one, or given up since.
    private mutating func adopt(_ report: LeaseReport, by id: WorkerID) {
        if let entry = table[report.key] {
            if entry.isLeased {
                revoked[id, default: []].append(report.lease)
            } else {
                if let other = claims.removeValue(forKey: report.key) { letGo(other) }
                lease(entry, as: report.lease, to: id)
            }
        } else if mayCome(report.key) {
            claim(report.key, Claim(lease: report.lease, worker: id))
        } else {
            revoked[id, default: []].append(report.lease)
        }
    }

    /// Whether everything that is due in a shard has been read.
    func isLoaded(_ shard: Shard) -> Bool { (windows[shard]?.endMilliseconds ?? .max) >= now.wallMilliseconds }

    // MARK: Going

    /// The connection broke: what runs there may still come to its end.
    mutating func detach(_ id: WorkerID) {
        guard let worker = workers.removeValue(forKey: id) else { return }
        let grace = breaks(.givesUpLostWorkersAtOnce) ? 0 : configuration.reconnectGraceMilliseconds
        lost[worker.instance] = LostWorker(leases: worker.leases, until: now.monotonicMilliseconds + grace)
        for lease in worker.leases { leases[lease]?.worker = nil }
        if dropClaims(of: id) { awaitAgain(worker.instance) }
        lanes.serve(workers)
    }

    /// It said goodbye: what it left undone goes to others at once.
    mutating func leave(_ id: WorkerID) {
        guard let worker = workers.removeValue(forKey: id) else { return }
        for lease in worker.leases.sorted() { loseLease(lease, because: "the worker left before it was done") }
        _ = dropClaims(of: id)
        holdersHaveChanged = true
        lanes.serve(workers)
    }

    /// Lost workers that did not come back in time.
    mutating func giveUpLostWorkers() {
        for (instance, worker) in lost where worker.until <= now.monotonicMilliseconds {
            lost[instance] = nil
            holdersHaveChanged = true
            for lease in worker.leases.sorted() { loseLease(lease, because: "the connection to the worker was lost") }
        }
    }

    // MARK: Leases

    /// Makes a lease of an entry that has none.
    mutating func lease(_ entry: Entry, as lease: UInt64, to id: WorkerID) {
        if entry.standing == .ready { lanes.left(entry) }
        entry.standing = .leased(lease)
        queues.began(entry.reminder.queue)
        let deadline = now.monotonicMilliseconds + configuration.leaseMilliseconds
        leases[lease] = Lease(
            entry: entry, reminder: entry.reminder, worker: id, deadline: deadline, dispatchedAt: now.wallMilliseconds)
        deadlines.push(LeaseTimer(at: deadline, lease: lease))
        workers[id]?.leases.insert(lease)
    }

    /// Takes a lease back; the entry's standing is the caller's to change.
    @discardableResult
    mutating func endLease(_ id: UInt64) -> Lease? {
        guard let lease = leases.removeValue(forKey: id) else { return nil }
        if let worker = lease.worker { workers[worker]?.leases.remove(id) }
        queues.ended(lease.reminder.queue)
        return lease
    }

    /// Leases past their deadline.
    mutating func expireLeases() {
        while let timer = deadlines.first, timer.at <= now.monotonicMilliseconds, !breaks(.neverEndsLeases) {
            _ = deadlines.pop()
            guard let lease = leases[timer.lease], lease.deadline <= now.monotonicMilliseconds else { continue }
            if let worker = lease.worker { revoked[worker, default: []].append(timer.lease) }
            loseLease(timer.lease, because: "the worker did not report within the lease")
        }
        if deadlines.count > 2 * leases.count + 1_024 {
            let live = leases
            deadlines.filter { live[$0.lease]?.deadline == $0.at }
        }
    }

    private mutating func loseLease(_ id: UInt64, because reason: String) {
        guard let lease = endLease(id) else { return }
        let attempt = Attempt(
            scheduledAt: lease.entry.key.scheduledAt, number: lease.entry.attempts + 1,
            startedAtMilliseconds: lease.dispatchedAt,
            durationMicroseconds: max(0, now.wallMilliseconds - lease.dispatchedAt) * 1_000, outcome: .leaseLost,
            statusCode: 0, detail: reason)
        settle(lease.entry, attempt, asked: nil, lease: lease)
    }
}
