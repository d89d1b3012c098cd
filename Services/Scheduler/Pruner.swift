import Domain
import Logging
import ServiceLifecycle
import Storage

/// Removes what was finished long ago, a little at a time, so that nothing else waits for it.
struct Pruner: Service, CustomStringConvertible {
    static let interval = Duration.seconds(60)
    /// Between two rounds while there is more to remove.
    static let pause = Duration.milliseconds(200)
    /// Reminders removed in one round.
    static let limit = 500
    /// How long an `Idempotency-Key` is remembered.
    static let idempotencyMilliseconds: Int64 = 24 * 3_600_000

    let store: any Store
    let retention: Duration
    let logger: Logger

    var description: String { "pruning" }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                let removed = await round()
                try await Task.sleep(for: removed >= Self.limit ? Self.pause : Self.interval)
            }
        }
    }

    private func round() async -> Int {
        let now = WallClock.milliseconds
        let result = await withCheckedContinuation { continuation in
            store.prune(
                finishedBeforeMilliseconds: now - retention.components.seconds * 1_000,
                idempotencyBeforeMilliseconds: now - Self.idempotencyMilliseconds, limit: Self.limit
            ) { continuation.resume(returning: $0) }
        }
        switch result {
        case .success(let removed): return removed
        case .failure(let error):
            logger.warning("could not prune", metadata: ["reason": "\(error)"])
            return 0
        }
    }
}
