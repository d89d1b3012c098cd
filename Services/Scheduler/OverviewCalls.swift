import SchedulerCore
import Storage
import TaskDomain
import TaskMessages
import TaskOperations
import TaskWire

/// How everything stands at a glance: what gateways show to operators.
extension SchedulerAPI {
    /// Queues, and workers, that one overview names.
    static let maxNamed = 64

    func overview(_ request: Proto.OverviewRequest, _ asker: Asker, _ reply: Responder<Proto.OverviewReply>) {
        overview(limit: Int(request.limit), for: asker) { reply(.success($0)) }
    }

    /// - Parameter completion: called on the event loop.
    func overview(limit: Int, for asker: Asker, completion: @escaping @Sendable (Proto.OverviewReply) -> Void) {
        let limit = limit == 0 ? Self.maxNamed : min(limit, Self.maxNamed)
        let queues = loop.queues(after: "", limit: limit + 1)
        loop.store.tallies(of: queues.prefix(limit).map(\.settings.name), for: asker) { result in
            let tallies = try? result.get()
            var overview = Proto.OverviewReply(atMs: SystemClock.now.count, notices: notices)
            count(tallies?.all, in: &overview)
            overview.queues = queues.prefix(limit).map { Proto.Queue($0, tallies?.queues[$0.settings.name]) }
            overview.moreQueues = queues.count > limit
            let workers = loop.fleet.attached(limit: limit + 1)
            overview.workers = workers.prefix(limit).map { found in
                var told = worker(found.name, found.member, runs: 0)
                // Of any length: `ListWorkers` tells them.
                (told.queues, told.tasks) = ([], [])
                return told
            }
            overview.moreWorkers = workers.count > limit
            completion(overview)
        }
    }

    private func count(_ tally: OccurrenceTally?, in overview: inout Proto.OverviewReply) {
        let snapshot = loop.core.snapshot, now = SystemClock.monotonic, totals = loop.totals
        overview.ready = UInt64(clamping: snapshot.ready)
        overview.running = UInt64(clamping: snapshot.leased)
        overview.unserved = UInt64(clamping: snapshot.unserved)
        (overview.retrying, overview.held, overview.dead) = (tally?.retrying, tally?.held, tally?.dead)
        overview.createdMilli = loop.rates.milli(\.created, of: totals, at: now)
        overview.dispatchedMilli = loop.rates.milli(\.dispatched, of: totals, at: now)
        let finished = loop.rates.milli(\.finished, of: totals, at: now)
        overview.failedMilli = loop.rates.milli(\.failed, of: totals, at: now)
        overview.deliveredMilli = finished - min(finished, overview.failedMilli)
        overview.oldestReadyMs = loop.oldestReady.map { max(0, SystemClock.now - $0) }
    }

    private var notices: [String] { (readiness?.failures ?? []) + (readiness?.notices ?? []) }
}
