import Storage
import TaskDomain

/// The uncertainty of a strand's owner about the one before it: which occurrences are running.
///
/// Leases are not on disk; the workers that may hold some are (`StoreWrite.workers`). Each of them is waited for, until it
/// is back and has said what it runs, or until it is given up. Meanwhile whatever was due before the strand was taken is in
/// doubt: it goes to nobody but a worker that says that it runs it. What falls due afterwards cannot be running, and is
/// dispatched at once.
struct Doubt {
    struct Wait {
        let until: MonotonicMilliseconds
        /// When the first process began to wait.
        let since: UnixMilliseconds
    }

    /// Workers that are not back, and how long each is waited for.
    private(set) var awaited: [String: Wait] = [:]
    /// Occurrences due by then may be running.
    let through: UnixMilliseconds
    /// Entries that are or were `inDoubt`.
    private(set) var entries: [Entry] = []
    /// What is in doubt fills the memory, and stays on disk until the end.
    private(set) var isOnDisk = false
    /// The outcomes that a returned worker kept come right behind its announcement.
    private var listensUntil = MonotonicMilliseconds.distantPast
    /// Leases of which returned workers have said that the outcomes come, and until when they are listened to for those.
    private var following: [WorkerID: (leases: Set<UInt64>, until: MonotonicMilliseconds)] = [:]

    init(through: UnixMilliseconds) { self.through = through }

    /// The moment by which everybody has been asked or given up.
    var endsAt: MonotonicMilliseconds {
        max(listensUntil, awaited.values.lazy.map(\.until).max() ?? .distantPast, following.values.map(\.until).max() ?? .distantPast)
    }

    /// Whether an occurrence may be running. What is released or run once more is due anew, at a time that says nothing of who has it.
    func covers(_ entry: Entry) -> Bool {
        let isAnew = entry.positionIndex == nil && entry.tries == .none
        return (isAnew ? min(entry.dueAt, entry.key.scheduledAt.milliseconds) : entry.dueAt) <= through
    }

    mutating func waitFor(_ instance: String, until: MonotonicMilliseconds, since: UnixMilliseconds) { awaited[instance] = Wait(until: until, since: since) }

    mutating func isBack(_ instance: String, listenUntil: MonotonicMilliseconds) {
        if awaited.removeValue(forKey: instance) != nil { listensUntil = max(listensUntil, listenUntil) }
    }

    mutating func listen(to worker: WorkerID, of leases: [UInt64], until: MonotonicMilliseconds) {
        if !leases.isEmpty { following[worker] = (Set(leases), until) }
    }

    /// An outcome has come.
    mutating func hear(_ lease: UInt64, from worker: WorkerID) {
        following[worker]?.leases.remove(lease)
        if following[worker]?.leases.isEmpty ?? false { following[worker] = nil }
    }

    /// A worker is gone.
    /// - Returns: whether outcomes of it were still to come.
    @discardableResult
    mutating func stopListening(to worker: WorkerID) -> Bool { following.removeValue(forKey: worker) != nil }

    mutating func add(_ entry: Entry) { entries.append(entry) }

    /// - Returns: what is in doubt, to be taken out of memory.
    mutating func leaveOnDisk() -> [Entry] {
        isOnDisk = true
        defer { entries = [] }
        return entries
    }
}

extension SchedulerCore {
    mutating func beginDoubt(of strand: Strand, _ workers: [AttachedWorker]) {
        strand.outbox.begin(with: workers)
        holdersHaveChanged = true
        handedThrough = max(handedThrough, workers.compactMap(\.handedThrough).max() ?? .distantPast)
        guard !workers.isEmpty, !breaks(.doesNotWaitForWorkers) else { return }
        // So is what is due by now for the process after this one, should the clock be set back meanwhile.
        handedThrough = latestDoubtful
        var doubt = Doubt(through: handedThrough)
        for worker in workers {
            doubt.waitFor(
                worker.instance, until: now.monotonic + patience(with: worker),
                since: min(now.wall, worker.awaitedSince ?? .distantFuture))
        }
        strand.doubt = doubt
    }

    /// The time that a worker of a former process is waited for: as long as its leases allow where that is known, and never
    /// less than a worker that is well takes to come back.
    private func patience(with worker: AttachedWorker) -> Int64 {
        if let since = worker.awaitedSince, now.wall - since >= configuration.leaseMilliseconds {
            return configuration.lastCallMilliseconds
        }
        let grace = configuration.rejoinGraceMilliseconds
        guard let end = worker.leasesEndAt else { return grace }
        // Bounded before it is subtracted: it was read from disk, and the clock may have been set.
        let longest = max(grace, configuration.leaseMilliseconds)
        return min(max(end, now.wall + grace), now.wall + longest) - now.wall
    }

    /// What is due by then may be running: later than now where the clock was set back.
    private var latestDoubtful: UnixMilliseconds { max(now.wall, handedThrough) }

    /// Leaves to the disk what is in doubt, so that what is not comes into memory.
    /// - Returns: whether there was something.
    mutating func leaveDoubtsOnDisk() -> Bool {
        var wasAny = false
        for strand in strands.all {
            guard let doubt = strand.doubt, !doubt.isOnDisk else { continue }
            wasAny = true
            for entry in strand.doubt?.leaveOnDisk() ?? [] where entry.state == .inDoubt { forget(entry) }
            for shard in strand.shards { windows[shard]?.pass(.end(ofMillisecond: doubt.through)) }
        }
        return wasAny
    }

    /// An occurrence that has fallen due may be running: it waits until that is known.
    /// - Returns: `false` if it cannot be.
    mutating func setAsideInDoubt(_ entry: Entry) -> Bool {
        guard let strand = strands[entry.key.reminder.shard], let through = strand.doubt?.through, strand.doubt?.covers(entry) ?? false
        else { return false }
        entry.state = .inDoubt
        strand.doubt?.add(entry)
        // Its series goes on meanwhile, unless it is behind: then its misfire policy decides once the doubt has ended.
        if now.wall - entry.dueAt <= configuration.misfireThresholdMilliseconds,
            let next = successor(of: entry), entry.reminder.due(of: UnixSeconds(next.instant)) > through
        {
            scheduleOvertake(entry, within: configuration.leaseMilliseconds)
        }
        return true
    }

    /// Everybody has been asked or given up: what nobody runs is to be run.
    mutating func endDoubts() {
        for strand in strands.all where !strand.isRetired {
            guard let doubt = strand.doubt, doubt.endsAt <= now.monotonic else { continue }
            strand.doubt = nil
            holdersHaveChanged = true
            if doubt.isOnDisk { for shard in strand.shards { windows[shard]?.restart() } }
            for entry in doubt.entries where entry.state == .inDoubt {
                entry.state = .waiting
                if settleClaim(to: entry) { continue }
                wait(entry)
            }
            guard !leases.claims.isEmpty else { continue }
            let read = Set(strand.shards.filter { isLoaded($0) })
            dropClaims { read.contains($0) }
        }
    }

    /// A worker whose connection broke had announced what has not been loaded yet: it will announce it again.
    func awaitAgain(_ instance: String, in strand: Strand, for patience: Int64) {
        var doubt = strand.doubt ?? Doubt(through: latestDoubtful)
        doubt.waitFor(instance, until: now.monotonic + patience, since: now.wall)
        strand.doubt = doubt
    }

    // MARK: For the next process

    /// Keeps on disk whom the next process has to wait for. A worker gets nothing of a strand before it is there.
    mutating func rememberHolders() {
        guard holdersHaveChanged || isDraining || isHandedOutUnknown else { return }
        holdersHaveChanged = false
        let here = holdersHere, hidden = hiddenThrough
        for strand in strands.all where !strand.isRetired {
            let holders = isDraining && breaks(.forgetsWorkersInADrain) ? [] : holders(of: strand, here, hidden)
            guard !holders.elementsEqual(strand.outbox.holders.latest, by: { $0.isKnown(as: $1) }) else { continue }
            strand.outbox.write(holders)
        }
    }

    /// Where the clock was set back before the time of something that was handed out, that time.
    private var hiddenThrough: UnixMilliseconds? {
        guard now.wall < handedThrough, !breaks(.forgetsWhatWasHandedOut) else { return nil }
        let isAnyOut =
            leases.count > 0 || !leases.claims.isEmpty || strands.all.contains { $0.doubt != nil || $0.outbox.acknowledgesAny }
        return isAnyOut ? handedThrough : nil
    }

    /// Whether the next process would take for still to come what has been handed out.
    private var isHandedOutUnknown: Bool {
        guard let hidden = hiddenThrough else { return false }
        return strands.all.contains { !$0.isRetired && $0.outbox.holders.latest.first?.handedThrough ?? .distantPast < hidden }
    }

    /// The end of the last lease, by instance, of workers that hold leases or may get some and of those that may be back; `nil`: they may get
    /// some. Once nothing more is dispatched only of those that still have something: what they run, or an outcome that is not on stable
    /// storage. Of all strands: that somebody is asked who has nothing of one costs little.
    private var holdersHere: [String: UnixMilliseconds?] {
        var ends: [String: UnixMilliseconds?] = [:]
        for (id, worker) in workers {
            guard isDraining else {
                ends[worker.instance] = .some(nil)
                continue
            }
            let held = leases.held(by: id)
            if isUnstored(of: id) || !held.isEmpty { ends[worker.instance] = wall(lastDeadline(of: held)) }
        }
        for (instance, held) in leases.ofLostWorkers where !held.isEmpty {
            ends[instance] = isDraining ? wall(lastDeadline(of: held)) : .some(nil)
        }
        return ends
    }

    /// Those that are here, those that a strand waits for, and those that are gone and have reported what is not on stable storage.
    private func holders(of strand: Strand, _ here: [String: UnixMilliseconds?], _ hidden: UnixMilliseconds?) -> [AttachedWorker] {
        let awaited = strand.doubt?.awaited ?? [:]
        var ends = goneReporters.mapValues { _ in Optional(now.wall) }
        ends.merge(awaited.mapValues { wall($0.until) }) { $1 }
        // One that has leases of this process may be waited for besides, for what it had of a strand that came later.
        ends.merge(here) { ended, leased in leased.map { max($0, ended ?? $0) } }
        return ends.map { instance, end in
            AttachedWorker(
                instance: instance, leasesEndAt: end, handedThrough: hidden,
                awaitedSince: here[instance] == nil ? awaited[instance]?.since : nil)
        }
        .sorted { $0.instance < $1.instance }
    }

    /// Whether an outcome that a worker has reported is not known to be on stable storage: it is on its way there, or waits for a change or
    /// for the end of a doubt.
    func isUnstored(of worker: WorkerID) -> Bool {
        strands.all.contains { $0.outbox.acknowledges(worker) } || leases.claims.contains(worker)
            || changing.values.contains { $0.ends.contains { $0.isReported(by: worker) } }
    }

    /// What has been written since may be all that workers which are gone had reported.
    mutating func forgetGoneReporters() {
        guard !goneReporters.isEmpty else { return }
        let owing = goneReporters.filter { isUnstored(of: $0.value) }
        if owing.count < goneReporters.count { holdersHaveChanged = true }
        goneReporters = owing
    }

    private func lastDeadline(of ids: Set<LeaseID>) -> MonotonicMilliseconds {
        leases.lastDeadline(of: ids, notBefore: now.monotonic)
    }

    /// A monotonic time by the wall clock of this moment.
    private func wall(_ time: MonotonicMilliseconds) -> UnixMilliseconds {
        now.wall + (time - now.monotonic)
    }

    /// Whom the next process would ask is on stable storage.
    mutating func countOnWorkers() {
        for (id, worker) in workers {
            let isCountedOn = isCountedOn(worker.instance)
            if worker.isRemembered != isCountedOn { change(id) { $0.isRemembered = isCountedOn } }
        }
    }

    /// Whether a worker may get something, of some strand at least (`mayHandOut`).
    func isCountedOn(_ instance: String) -> Bool {
        strands.all.contains { !$0.isRetired && $0.outbox.holders.isCountedOn(instance) }
    }
}

extension AttachedWorker {
    /// Deadlines of the same worker are not worth a write of their own.
    fileprivate func isKnown(as other: AttachedWorker) -> Bool {
        instance == other.instance && (leasesEndAt == nil) == (other.leasesEndAt == nil)
            && (awaitedSince == nil) == (other.awaitedSince == nil)
            && handedThrough ?? .distantPast <= other.handedThrough ?? .distantPast
    }
}
