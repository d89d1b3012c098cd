import TaskDomain

/// An occurrence that a worker says it runs, or has run, for a former process.
struct Claim {
    let lease: LeaseID
    /// As which the worker is there that said so last.
    fileprivate(set) var worker: WorkerID
    /// `nil`: it is running.
    var outcome: OutcomeReport?
    /// From when on what it says it runs is wanted no longer.
    var deadline: MonotonicMilliseconds
    /// Since when its worker has it.
    let since: MonotonicMilliseconds
    /// Its task was told that it may go on.
    var isExtended = false
    /// Its worker has been told that it is not wanted. Until that has arrived it runs all the same.
    var isRevoked = false
    /// Who else says that it is done for good, of other leases. They are told with this one: none may forget it before it is stored.
    private(set) var others: [Reporter] = []

    /// Done for good, whatever else is said of the occurrence.
    var isFinal: Bool { outcome?.outcome.isFinal ?? false }

    var reporter: Reporter { Reporter(worker: worker, lease: lease) }

    /// What a claim says, by how much it weighs against another to the same occurrence.
    private enum Weight: Comparable { case hasFailed, runs, isFinal, endsSeries }

    private var weight: Weight {
        switch outcome?.outcome {
        case nil: .runs
        case .cancelSchedule: .endsSeries
        case let outcome?: outcome.isFinal ? .isFinal : .hasFailed
        }
    }

    /// Which of two claims to one occurrence stands, this one being the later: what weighs more, and of equals the later. What runs is over
    /// where the same lease's end is told.
    func stands(against earlier: Claim) -> Bool {
        let tellsItsEnd = lease == earlier.lease && earlier.weight == .runs
        return tellsItsEnd || weight >= earlier.weight
    }

    /// Whether a worker waits to be told that it is stored, or runs it.
    func isOf(_ id: WorkerID) -> Bool { worker == id || others.contains { $0.worker == id } }

    /// Stands for another claim, too, that says the same.
    mutating func join(_ other: Claim) {
        let reporters = other.others + (other.lease == lease ? [] : [other.reporter])
        others = others.filter { known in !reporters.contains { $0.lease == known.lease } } + reporters
    }
}

/// The claims to occurrences, one to each.
struct Claims {
    private var claims: [OccurrenceKey: Claim] = [:]
    /// No deadline of what runs is before this.
    private(set) var nextDeadline: MonotonicMilliseconds?

    var isEmpty: Bool { claims.isEmpty }
    subscript(key: OccurrenceKey) -> Claim? { claims[key] }
    /// All of them, in no order.
    var all: some Sequence<(key: OccurrenceKey, value: Claim)> { claims }

    /// Adds a claim; of two to one occurrence one stands (`Claim.stands`). Of two that are final that one stands for both, and of one lease
    /// whatever it said before.
    /// - Returns: the one that does not stand, and is to be let go.
    mutating func add(_ claim: Claim, to key: OccurrenceKey) -> Claim? {
        if claim.outcome == nil { nextDeadline = min(nextDeadline ?? claim.deadline, claim.deadline) }
        guard let other = claims[key] else {
            claims[key] = claim
            return nil
        }
        let isLater = claim.stands(against: other), isOfOne = claim.lease == other.lease
        var standing = isLater ? claim : other
        let fallen = isLater ? other : claim
        // Who says again what it has is told as which it is there now.
        if isOfOne { standing.worker = claim.worker }
        // What runs under a lease that was said to be over is not wanted.
        let isJoint = isOfOne ? isLater || claim.outcome != nil : standing.isFinal && fallen.isFinal
        if isJoint { standing.join(fallen) }
        claims[key] = standing
        return isJoint ? nil : fallen
    }

    /// Lets what is said to run be wanted until that time, which is no earlier than before.
    mutating func extend(_ key: OccurrenceKey, to deadline: MonotonicMilliseconds) {
        claims[key]?.deadline = deadline
        claims[key]?.isExtended = true
    }

    @discardableResult
    mutating func remove(_ key: OccurrenceKey) -> Claim? { claims.removeValue(forKey: key) }

    /// Removes the claim to an occurrence if it was made by that lease, which has ended.
    /// - Returns: who else is to be told with it.
    mutating func remove(_ key: OccurrenceKey, of lease: LeaseID) -> [Reporter] {
        guard claims[key]?.lease == lease else { return [] }
        return claims.removeValue(forKey: key)?.others ?? []
    }

    /// Marks what is said to run as revoked.
    /// - Returns: the claim, where it was not revoked before.
    mutating func revoke(_ key: OccurrenceKey) -> Claim? {
        guard let claim = claims[key], claim.outcome == nil, !claim.isRevoked else { return nil }
        claims[key]?.isRevoked = true
        return claim
    }

    /// Removes the claims to run something that are past their deadline.
    mutating func removeExpired(now: Moment) -> [(key: OccurrenceKey, value: Claim)] {
        guard let next = nextDeadline, next <= now.monotonic else { return [] }
        let expired = claims.filter { $0.value.outcome == nil && $0.value.deadline <= now.monotonic }
        for key in expired.keys { claims[key] = nil }
        nextDeadline = claims.values.lazy.filter { $0.outcome == nil }.map(\.deadline).min()
        return expired.sorted { $0.key < $1.key }
    }

    /// The occurrences of a reminder to which there are claims.
    func keys(of id: ReminderID) -> [OccurrenceKey] {
        claims.isEmpty ? [] : claims.keys.filter { $0.reminder == id }.sorted()
    }

    /// Removes the claims to what a worker that is gone was running. With an outcome a claim is worth keeping: the
    /// occurrence is done, whoever reported it.
    /// - Returns: the shards in which there was something.
    mutating func removeRunning(at worker: WorkerID) -> Set<Shard> {
        let gone = claims.lazy.filter { $0.value.worker == worker && $0.value.outcome == nil }.map(\.key)
        guard !claims.isEmpty, !gone.isEmpty else { return [] }
        let shards = Set(gone.map(\.reminder.shard))
        claims = claims.filter { $0.value.worker != worker || $0.value.outcome != nil }
        return shards
    }

    /// Whether there is a claim of that worker.
    func contains(_ worker: WorkerID) -> Bool { claims.values.contains { $0.isOf(worker) } }
}

/// Reports of workers on occurrences that are not in memory yet, or in doubt.
extension SchedulerCore {
    /// Tells whether an occurrence that is not in memory may still come there as one that a former process dispatched: its
    /// shard has not been read, its reminder is being changed, or an occurrence of its series before it is in doubt.
    func mayCome(_ key: OccurrenceKey) -> Bool {
        strands[key.reminder.shard]?.doubt != nil || changing[key.reminder] != nil || !isLoaded(key.reminder.shard)
    }

    /// Tells whether the series of an occurrence that is not in memory is known to stand before it: a former process went on
    /// with it, and ended before that was on stable storage.
    private func isAhead(_ key: OccurrenceKey) -> Bool {
        table.entries(of: key.reminder).contains { $0.positionIndex != nil && $0.key.scheduledAt < key.scheduledAt }
    }

    /// A worker says that it runs an occurrence that is not in memory.
    mutating func claim(_ report: LeaseReport, of worker: WorkerID) {
        claim(report.key, lease: report.lease, worker, nil, for: term(of: report))
        if !mayCome(report.key), !isAhead(report.key) { revokeClaim(to: report.key) }
    }

    /// A worker has ended an occurrence that is not in memory, or in doubt.
    mutating func claim(_ report: OutcomeReport, of worker: WorkerID) {
        let term = LeaseTerm(since: now.monotonic, until: now.monotonic + configuration.leaseMilliseconds)
        claim(report.key, lease: report.lease, worker, report, for: term)
    }

    /// Takes a claim, and lets the one go that does not stand against another.
    private mutating func claim(
        _ key: OccurrenceKey, lease: LeaseID, _ worker: WorkerID, _ outcome: OutcomeReport?, for term: LeaseTerm
    ) {
        let claim = Claim(lease: lease, worker: worker, outcome: outcome, deadline: term.until, since: term.since, isExtended: term.isExtended)
        if let fallen = leases.claims.add(claim, to: key) { letGo(fallen, of: key) }
    }

    /// A claim is of no use any more.
    mutating func letGo(_ claim: Claim, of key: OccurrenceKey) {
        if claim.outcome != nil {
            for reporter in [claim.reporter] + claim.others { acknowledge(reporter.worker, reporter.lease, of: key) }
        } else if !claim.isRevoked {
            leases.revoke(claim.lease, at: claim.worker)
        }
    }

    /// Tells the worker that what it says it runs is not wanted. The claim stays until its end is known, or its worker is gone, or its
    /// deadline has passed: a resumption that is faster than the revocation would have another run it beside.
    private mutating func revokeClaim(to key: OccurrenceKey) {
        if breaks(.forgetsWhatItRevokes) { return letGo(to: key) }
        if let claim = leases.claims.revoke(key) { leases.revoke(claim.lease, at: claim.worker) }
    }

    /// An entry has come into memory, or is in doubt no longer: whoever says that it has it is believed.
    /// - Returns: `false` if nobody does, or if that is only an attempt that failed, and another may be under way.
    mutating func settleClaim(to entry: Entry) -> Bool {
        guard let claim = leases.claims[entry.key] else { return false }
        guard let report = claim.outcome else {
            leases.claims.remove(entry.key)
            guard leases[claim.lease] == nil else {
                // It says so of another occurrence, too, and that one was there first.
                letGo(claim, of: entry.key)
                return false
            }
            let until = max(claim.deadline, now.monotonic + configuration.leaseMilliseconds)
            believe(claim.worker, runs: entry, under: claim.lease, for: LeaseTerm(since: claim.since, until: until, isExtended: claim.isExtended))
            return true
        }
        if !claim.isFinal {
            if strands[entry.key.reminder.shard]?.doubt?.covers(entry) ?? false { return false }
            // An attempt that began before this one fell due has been counted, or was made before a person wanted another.
            if entry.positionIndex == nil || entry.tries != .none, report.startedAt < entry.dueAt {
                leases.claims.remove(entry.key)
                letGo(claim, of: entry.key)
                return false
            }
        }
        leases.claims.remove(entry.key)
        settle(
            entry, attempt(report, of: entry), asked: report.retryAfterMilliseconds, lease: nil,
            reported: claim.reporter, others: claim.others)
        return true
    }

    /// A worker runs an entry that has no lease: its series goes on as with any other attempt.
    mutating func believe(_ worker: WorkerID, runs entry: Entry, under id: LeaseID, for term: LeaseTerm) {
        lease(entry, as: id, to: worker, inherited: term)
        guard entry.positionIndex != nil else { return }
        _ = successor(of: entry)
        scheduleOvertake(entry, within: term.until - now.monotonic)
    }

    /// Ends the claims in shards that have been read, once nothing is in doubt. What is still to come is settled by them; the rest is
    /// no longer due: the former process settled it before it ended.
    mutating func dropClaims(where isRead: (Shard) -> Bool) {
        // In their order, so that a run follows from its events.
        let keys = leases.claims.all.map(\.key).filter { isRead($0.reminder.shard) && changing[$0.reminder] == nil }.sorted()
        for key in keys { dropClaim(to: key) }
    }

    /// Ends the claims to occurrences of a reminder that has been changed, unless there is something else that they wait for.
    mutating func dropClaims(to id: ReminderID) {
        for key in leases.claims.keys(of: id) where !mayCome(key) { dropClaim(to: key) }
    }

    private mutating func dropClaim(to key: OccurrenceKey) {
        // Not due yet, as the clock was set back, or loaded in this very step: no less believed than what was in doubt.
        if let entry = table[key], entry.state == .waiting, settleClaim(to: entry) { return }
        guard let claim = leases.claims[key] else { return }
        guard claim.outcome == nil, table[key] == nil else { return letGo(to: key) }
        if !isAhead(key) { revokeClaim(to: key) }
    }

    /// Lets a claim go; what is final of it is recorded.
    mutating func letGo(to key: OccurrenceKey) {
        guard let claim = leases.claims.remove(key) else { return }
        if let report = claim.outcome, claim.isFinal { settleUnseen(report, from: claim.worker) }
        letGo(claim, of: key)
    }

    /// Lets go what workers say they run of series that did not come to it in the time of a lease.
    mutating func expireClaims() {
        for (key, claim) in leases.claims.removeExpired(now: now) {
            guard mayCome(key) else {
                letGo(claim, of: key)
                continue
            }
            let term = LeaseTerm(
                since: claim.since, until: now.monotonic + configuration.leaseMilliseconds, isExtended: claim.isExtended)
            self.claim(key, lease: claim.lease, claim.worker, nil, for: term)
        }
    }

    /// Drops the claims to what a worker that is gone was running.
    /// - Returns: the shards in which there was something.
    mutating func dropClaims(of id: WorkerID) -> Set<Shard> { leases.claims.removeRunning(at: id) }
}
