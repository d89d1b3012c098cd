import Logging
import Metrics
import ServiceLifecycle
import Storage
import TaskDomain

/// Removes what has been kept long enough, a little at a time, so that nothing else waits for it.
struct Pruner: Service, CustomStringConvertible {
    /// Between two rounds where the one before found all done.
    static let interval = Duration.seconds(60)
    /// Between two rounds while reminders are still looked through for attempts to remove.
    static let lookPause = Duration.milliseconds(100)
    /// While there is more to remove, others have at least a third of the store's writing thread.
    static let pace = Pace(ofTurn: 0.5)
    /// Rows removed in one round at most. The more, the more of them share a page that is written; the longer a create waits that comes
    /// just then (`Tests/Benchmarks/README.md`).
    static let rows = 5_000
    /// Rows removed in a second at most, a quarter more than it has to keep up with: the rest of the time is others'.
    static let rowsPerSecond = 25_000
    /// How long an `Idempotency-Key` is remembered.
    static let idempotencyMilliseconds: Int64 = 24 * 3_600_000

    let store: any Store
    let retention: Duration
    let deadLetterRetention: Duration
    let logger: Logger
    var now: @Sendable () -> UnixMilliseconds = { SystemClock.now }
    let measures = PruneMetrics()

    var description: String { "pruning" }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                let began = ContinuousClock.now
                let progress = await round()
                try await Task.sleep(for: Self.pause(after: progress, took: .now - began))
            }
        }
    }

    /// How long others have the store after a round.
    static func pause(after progress: PruneProgress?, took: Duration) -> Duration {
        guard let progress else { return interval }
        if progress.hasMore {
            let rows = progress.rows.values.reduce(0, +)
            return max(pace.pause(after: took), .seconds(1) * rows / rowsPerSecond - took)
        }
        return progress.isUnderWay ? lookPause : interval
    }

    /// - Returns: `nil` where the store could not do it now.
    func round() async -> PruneProgress? {
        let now = now()
        let request = Pruning(
            finishedBefore: now - retention.wholeMilliseconds, deadBefore: now - deadLetterRetention.wholeMilliseconds,
            idempotencyBefore: now - Self.idempotencyMilliseconds, now: now, rows: Self.rows)
        do {
            let progress = try await answer { store.prune(request, completion: $0) }
            measures.record(progress)
            return progress
        } catch {
            logger.warning("could not prune", metadata: ["reason": "\(error)"])
            return nil
        }
    }
}

/// What is shown of the pruner.
struct PruneMetrics: Sendable {
    private let removed: [PrunedKind: Counter]
    private let behind: [PrunedKind: Gauge]

    init() {
        func each<Metric>(_ make: (PrunedKind) -> Metric) -> [PrunedKind: Metric] {
            Dictionary(uniqueKeysWithValues: PrunedKind.allCases.map { ($0, make($0)) })
        }
        removed = each { Counter(label: "scheduler_pruned_rows", dimensions: [("kind", $0.rawValue)]) }
        behind = each { Gauge(label: "scheduler_prune_behind_seconds", dimensions: [("kind", $0.rawValue)]) }
    }

    func record(_ progress: PruneProgress) {
        for kind in PrunedKind.allCases {
            removed[kind]?.increment(by: progress.rows[kind] ?? 0)
            behind[kind]?.record(Double(progress.behindMilliseconds[kind] ?? 0) / 1_000)
        }
    }
}
