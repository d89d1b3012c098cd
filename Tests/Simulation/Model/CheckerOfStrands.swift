import SchedulerCore
import Storage
import TaskDomain

/// Shards that come and go while others stay: nothing of them is lost, and nobody is given what a worker has of them.
extension Checker {
    /// When this process took a shard.
    func takenAt(_ shard: Shard) -> UnixMilliseconds { takenAtWall[shard] ?? startedAtWall }

    /// Shards are given away or lost: what workers have of them is known to nobody.
    func went(_ shards: [Shard]) {
        for run in runs(in: shards) {
            // Its worker was waited for in vain, and the next owner is not told of it.
            if run.knownTo !== life.scheduler, now >= max(run.awaitedUntil, rejoining[run.instance] ?? 0) { run.start = 0 }
            run.knownTo = nil
            run.isOfFormer = true
            if holds[run.instance]?.underWay.remove(run.lease) != nil { holds[run.instance]?.isCertain = false }
        }
    }

    /// Shards are taken, and whoever may have something of them is waited for.
    func taken(_ taken: ModelStore.Taken) {
        for owned in taken.shards { takenAtWall[owned.shard] = life.timeline.wall }
        for run in runs(in: taken.shards.map(\.shard)) {
            // By its lease, or because its worker was waited for in vain.
            run.isStranger = (run.start == 0 || isGivenUp(run)) && !taken.workers.contains { $0.instance == run.instance }
            if isGivenUp(run) { run.start = 0 }
            run.knownTo = nil
            let since = taken.workers.first { $0.instance == run.instance }?.awaitedSince ?? .distantFuture
            let wasAwaited = life.timeline.wall - since >= configuration.leaseMilliseconds
            run.awaitedUntil = now + (wasAwaited ? configuration.lastCallMilliseconds : configuration.rejoinGraceMilliseconds)
        }
    }

    /// A worker answers what it has of shards that were taken.
    func told(_ has: WorkerMessage.Has, _ outcomes: [OutcomeReport], by instance: String, to scheduler: SchedulerProcess) {
        let shards = Set(has.shards.map(\.shard))
        says(instance, has.running, has.following, outcomes, isAwaited: false, to: scheduler) { shards.contains($0) }
    }

    func runs(in shards: [Shard]) -> [Run] {
        let shards = Set(shards)
        return byLease.values.filter { shards.contains($0.key.reminder.shard) }
    }

    /// A write came in a transaction with those of another strand, which may fail for what is no concern of its own.
    func strayed(_ write: StoreWrite) { broken(2, write.reminder, "what is written of a shard goes with what is written of another strand's") }

    func releasedEarly(_ shard: Shard) { broken(2, nil, "shard \(shard.number) and others are given away, and something of them is on its way to the store") }
}
