import SchedulerCore
import Storage
import TaskDomain

/// What a process cannot know of the one before it, and whom it has to wait for.
extension Checker {
    func schedulerStarted(_ scheduler: SchedulerProcess, of strands: [ModelStore.Taken]) {
        let rejoin = strands.flatMap(\.workers)
        // Who has something that the former process knew of, and those that it waited for itself.
        for run in byLease.values where isGivenUp(run) { run.start = 0 }
        for run in byLease.values where rejoin.contains(where: { $0.instance == run.instance }) { run.isStranger = false }
        let owing = byLease.values.filter { $0.start == starts }
        // The former process had its own leases from workers that are on disk, and knew of others' from those that it was told of.
        let owed = owing.filter { isOfKnown($0) }.map(\.instance)
        starts += 1
        former = Set(rejoin.map(\.instance)).union(owed)
        startedAtWall = life.timeline.wall
        takenAtWall = [:]
        rejoining = rejoining.filter { $0.value > now }
        for run in owing { rejoining[run.instance] = now + configuration.rejoinGraceMilliseconds }
        let hadNoTime = lastEnd - lastSetBack < Self.timeToWriteMilliseconds || lastTrouble > lastSetBack
        let isUnwritten = lastSetBack + 1_000 > lastHolders && hadNoTime
        isSetBackUnknown = wasSetBack && lastSetBack > now - 2 * configuration.leaseMilliseconds && (isSetBackUnknown || isUnwritten)
        let told = Dictionary(grouping: rejoin, by: \.instance)
        rejoining.merge(told.mapValues { $0.map { now + patience(with: $0) }.min() ?? now }) { $1 }
        // Each strand is told by itself how long somebody may have something of it.
        for strand in strands {
            for run in runs(in: strand.shards.map(\.shard)) {
                for worker in strand.workers where worker.instance == run.instance { run.awaitedUntil = now + patience(with: worker) }
            }
        }
        away = [:]
        holds = [:]
    }

    /// How long a worker that a process is told of is waited for.
    private func patience(with worker: AttachedWorker) -> Int64 {
        if let since = worker.awaitedSince, startedAtWall - since >= configuration.leaseMilliseconds { return configuration.lastCallMilliseconds }
        let leases = (worker.leasesEndAt ?? .distantPast) - life.timeline.wall
        return max(configuration.rejoinGraceMilliseconds, min(leases, configuration.leaseMilliseconds))
    }

    /// Whether what is said of a run counts: it was handed out by this process, or by a former one to a worker that this one was told of. A
    /// stranger was given up before, by whoever had the shard then, or came when it was not on disk yet that it is there.
    func isOfKnown(_ run: Run) -> Bool { !run.isStranger && (run.origin == starts || former.contains(run.instance)) }

    func clockWasSet(by milliseconds: Int64) {
        guard milliseconds < 0 else { return }
        wasSetBack = true
        lastSetBack = now
    }

    /// How long a process that is well takes at most to write down what the clock hides.
    static let timeToWriteMilliseconds: Int64 = 3_000

    /// The scheduler's process has ended.
    func schedulerEnded() { lastEnd = now }

    /// Something keeps the scheduler from writing for a while.
    func isTroubled(for milliseconds: Int64) { lastTrouble = max(lastTrouble, now + milliseconds) }
}
