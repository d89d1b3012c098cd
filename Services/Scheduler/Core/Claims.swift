import Domain

/// An occurrence that a worker says it runs, or has run, for a former process.
struct Claim {
    let lease: LeaseID
    let worker: WorkerID
    /// `nil`: it is running.
    var outcome: OutcomeReport?

    /// Done for good, whatever else is said of the occurrence.
    var isDelivery: Bool { outcome?.outcome == .delivered }
}

/// The claims to occurrences, one to each.
struct Claims {
    private var claims: [OccurrenceKey: Claim] = [:]

    var isEmpty: Bool { claims.isEmpty }
    subscript(key: OccurrenceKey) -> Claim? { claims[key] }
    /// All of them, in no order.
    var all: some Sequence<(key: OccurrenceKey, value: Claim)> { claims }

    /// Adds a claim: of two to one occurrence a delivery stands, then what still runs, then the later one.
    /// - Returns: the one that does not stand.
    mutating func add(_ claim: Claim, to key: OccurrenceKey) -> Claim? {
        guard let other = claims[key], other.lease != claim.lease else {
            claims[key] = claim
            return nil
        }
        let stands = claim.isDelivery || !other.isDelivery && (claim.outcome == nil || other.outcome != nil)
        claims[key] = stands ? claim : other
        return stands ? other : claim
    }

    @discardableResult
    mutating func remove(_ key: OccurrenceKey) -> Claim? { claims.removeValue(forKey: key) }

    /// Removes the claims to what a worker that is gone was running. With an outcome a claim is worth keeping: the
    /// occurrence is done, whoever reported it.
    /// - Returns: whether there was something.
    mutating func removeRunning(at worker: WorkerID) -> Bool {
        let before = claims.count
        guard before > 0 else { return false }
        claims = claims.filter { $0.value.worker != worker || $0.value.outcome != nil }
        return claims.count < before
    }

    /// Whether there is a claim of that worker.
    func contains(_ worker: WorkerID) -> Bool { claims.values.contains { $0.worker == worker } }
}

/// Reports of workers on occurrences that are not in memory yet, or in doubt.
extension SchedulerCore {
    /// Tells whether an occurrence that is not in memory may still come there as one that a former process dispatched: its
    /// shard has not been read, or an occurrence of its series before it is in doubt.
    func mayCome(_ key: OccurrenceKey) -> Bool { doubt != nil || !isLoaded(key.reminder.shard) }

    /// Takes a claim, and lets the one go that does not stand against another.
    mutating func claim(_ key: OccurrenceKey, _ claim: Claim) {
        if let fallen = leases.claims.add(claim, to: key) { letGo(fallen) }
    }

    /// A claim is of no use any more.
    mutating func letGo(_ claim: Claim) {
        if claim.outcome == nil {
            leases.revoke(claim.lease, at: claim.worker)
        } else {
            outbox.acknowledge(claim.worker, claim.lease)
        }
    }

    /// An entry has come into memory, or is in doubt no longer: whoever says that it has it is believed.
    /// - Returns: `false` if nobody does, or if that is only an attempt that failed, and another may be under way.
    mutating func settleClaim(to entry: Entry) -> Bool {
        guard let claim = leases.claims[entry.key] else { return false }
        guard let report = claim.outcome else {
            leases.claims.remove(entry.key)
            lease(entry, as: claim.lease, to: claim.worker)
            return true
        }
        if !claim.isDelivery {
            if doubt?.covers(entry) ?? false { return false }
            // An attempt that began before this one fell due has been counted.
            if entry.tries != .none, report.startedAtMilliseconds < entry.dueAtMilliseconds {
                leases.claims.remove(entry.key)
                letGo(claim)
                return false
            }
        }
        leases.claims.remove(entry.key)
        settle(
            entry, attempt(report, of: entry), asked: report.retryAfterMilliseconds, lease: nil,
            reported: (claim.worker, claim.lease))
        return true
    }

    /// Ends the claims in a shard that has been read, once nothing is in doubt. What is still to come is settled by them; the rest is
    /// no longer due: the former process settled it before it ended.
    mutating func dropClaims(in shard: Shard) {
        for (key, claim) in leases.claims.all where key.reminder.shard == shard {
            // Not due yet, as the clock was set back, or loaded in this very step: no less believed than what was in doubt.
            if let entry = table[key], entry.state == .waiting, settleClaim(to: entry) { continue }
            guard leases.claims.remove(key) != nil else { continue }
            if let report = claim.outcome, claim.isDelivery { settleUnseen(report, from: claim.worker) }
            letGo(claim)
        }
    }

    /// Drops the claims to what a worker that is gone was running.
    /// - Returns: whether there was something.
    mutating func dropClaims(of id: WorkerID) -> Bool { leases.claims.removeRunning(at: id) }
}
