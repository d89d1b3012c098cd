import Domain

/// An occurrence that a worker says it runs, or has run, for a former process.
struct Claim {
    let lease: UInt64
    let worker: WorkerID
    /// `nil`: it is running.
    var outcome: OutcomeReport?

    /// Done for good, whatever else is said of the occurrence.
    var isDelivery: Bool { outcome?.outcome == .delivered }
}

/// Reports of workers on occurrences that are not in memory yet, or in doubt.
extension SchedulerCore {
    /// Tells whether an occurrence that is not in memory may still come there as one that a former process dispatched: its
    /// shard has not been read, or an occurrence of its series before it is in doubt.
    func mayCome(_ key: OccurrenceKey) -> Bool { doubt != nil || !isLoaded(key.reminder.shard) }

    /// Takes a claim: of two to one occurrence a delivery stands, then what still runs, then the later one.
    mutating func claim(_ key: OccurrenceKey, _ claim: Claim) {
        guard let other = claims[key], other.lease != claim.lease else {
            claims[key] = claim
            return
        }
        let stands = claim.isDelivery || !other.isDelivery && (claim.outcome == nil || other.outcome != nil)
        claims[key] = stands ? claim : other
        letGo(stands ? other : claim)
    }

    /// A claim is of no use any more.
    mutating func letGo(_ claim: Claim) {
        if claim.outcome == nil {
            revoked[claim.worker, default: []].append(claim.lease)
        } else {
            outbox.acknowledge(claim.worker, claim.lease)
        }
    }

    /// An entry has come into memory, or is in doubt no longer: whoever says that it has it is believed.
    /// - Returns: `false` if nobody does, or if that is only an attempt that failed, and another may be under way.
    mutating func settleClaim(to entry: Entry) -> Bool {
        guard let claim = claims[entry.key] else { return false }
        guard let report = claim.outcome else {
            claims[entry.key] = nil
            lease(entry, as: claim.lease, to: claim.worker)
            return true
        }
        if !claim.isDelivery {
            if doubt?.covers(entry) ?? false { return false }
            // An attempt that began before this one fell due has been counted.
            if entry.attempts > 0, report.startedAtMilliseconds < entry.dueAtMilliseconds {
                claims[entry.key] = nil
                letGo(claim)
                return false
            }
        }
        claims[entry.key] = nil
        settle(
            entry, attempt(report, of: entry), asked: report.retryAfterMilliseconds, lease: nil,
            reported: (claim.worker, claim.lease))
        return true
    }

    /// Ends the claims in a shard that has been read, once nothing is in doubt. What is still to come is settled by them; the rest is
    /// no longer due: the former process settled it before it ended.
    mutating func dropClaims(in shard: Shard) {
        for (key, claim) in claims where key.reminder.shard == shard {
            // Not due yet, as the clock was set back, or loaded in this very step: no less believed than what was in doubt.
            if let entry = table[key], entry.standing == .waiting, settleClaim(to: entry) { continue }
            guard claims[key] != nil else { continue }
            claims[key] = nil
            if let report = claim.outcome, claim.isDelivery { settleUnseen(report, from: claim.worker) }
            letGo(claim)
        }
    }

    /// Drops the claims to what a worker that is gone was running.
    /// - Returns: whether there was something.
    mutating func dropClaims(of id: WorkerID) -> Bool {
        let before = claims.count
        guard before > 0 else { return false }
        // With an outcome a claim is worth keeping: the occurrence is done, whoever reported it.
        claims = claims.filter { $0.value.worker != id || $0.value.outcome != nil }
        return claims.count < before
    }
}
