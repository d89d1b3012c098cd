import Metrics
import SchedulerCore

/// What the scheduler shows of itself.
struct SchedulerMetrics {
    private let inMemory = Gauge(label: "scheduler_occurrences_in_memory")
    private let ready = Gauge(label: "scheduler_occurrences_ready")
    private let leased = Gauge(label: "scheduler_occurrences_leased")
    private let workers = Gauge(label: "scheduler_workers_attached")
    private let missed = Counter(label: "scheduler_occurrences_missed_total")
    private let foreign = Counter(label: "scheduler_foreign_reports_total")
    private let dispatches = Counter(label: "scheduler_dispatches_total")
    private let lateness = Timer(label: "scheduler_dispatch_lateness")

    /// - Parameter before: what was recorded last.
    func record(_ snapshot: Snapshot, after before: Snapshot?) {
        let newlyMissed = snapshot.missed - (before?.missed ?? 0), newlyForeign = snapshot.foreign - (before?.foreign ?? 0)
        if newlyMissed != 0 { missed.increment(by: newlyMissed) }
        if newlyForeign != 0 { foreign.increment(by: newlyForeign) }
        inMemory.record(snapshot.entriesInMemory)
        ready.record(snapshot.ready)
        leased.record(snapshot.leased)
        workers.record(snapshot.workers)
    }

    func dispatched(latenessMilliseconds: Int64) {
        dispatches.increment()
        lateness.recordMilliseconds(max(0, latenessMilliseconds))
    }
}
