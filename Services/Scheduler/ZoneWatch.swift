import Logging
import Metrics
import SchedulerCore
import ServiceLifecycle
import Storage
import TaskDomain
import TaskRecurrence

/// Notices that a zone's data has changed while the scheduler runs, and works out anew what comes next of the series of which that is by other
/// data, as of strands that another scheduler had (see `ZoneMarks`): a page at a time, while deliveries go on, and from where it was when
/// the process ended, or the strand's former owner.
struct ZoneWatch: Service, CustomStringConvertible {
    /// How often the zones' files are read again.
    static let interval = Duration.seconds(3_600)
    /// Series worked out anew in one transaction, and the pause after each.
    static let pageSize = 200, pause = Duration.milliseconds(50)
    /// Before a page is tried again that could not be read or written.
    static let patience = Duration.seconds(1)

    private let loop: SchedulerLoop
    private let logger: Logger
    private let moves = Counter(label: "scheduler_zone_moves")

    var description: String { "zones' watch" }

    init(_ loop: SchedulerLoop, logger: Logger) { (self.loop, self.logger) = (loop, logger) }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while true {
                        try await Task.sleep(for: Self.interval)
                        try await look()
                    }
                }
                group.addTask { for await _ in loop.zoneMarks.news { try await renew() } }
                try await group.waitForAll()
            }
        }
    }

    /// Reads the files again, and has what is new used from now on.
    func look() async throws {
        let changes = ZoneData.changes()
        let version = ZoneData.version
        try await loop.eventLoop.submit { [loop] in
            loop.zoneVersion = version
            guard !changes.zones.isEmpty else { return }
            // Nothing is computed between the two.
            changes.use()
            loop.handle(.zonesChanged(changes.zones))
            loop.zoneMarks.changed(changes.zones, isOwn: loop.owns)
        }.get()
    }

    // MARK: Working out anew

    /// What is to be worked out of the strands that the scheduler has.
    private struct Work: Sendable {
        let zones: Set<String>, shards: Set<Shard>
    }

    /// One round.
    func renew() async throws {
        let (begin, first) = try await loop.eventLoop.submit { [self] in (loop.zoneMarks.outdated.begin(), work()) }.get()
        guard var after = begin, var work = first else { return }
        let list = work.zones.sorted().joined(separator: ", ")
        logger.notice("zone data has changed; what comes next is worked out anew", metadata: ["zones": "\(list)"])
        var looked = 0, moved = 0
        while true {
            do {
                let page = try await page(work, after: after)
                moved += try await write(page)
                looked += page.reminders.count
                guard let next = page.next else { break }
                after = next
                try await Task.sleep(for: Self.pause)
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning("could not work out anew; trying again", metadata: ["reason": "\(error)"])
                try await Task.sleep(for: Self.patience)
            }
            // All of it may have gone to another scheduler, or come anew.
            guard let left = try await loop.eventLoop.submit({ self.work() }).get() else { return }
            work = left
        }
        logger.notice(
            "what comes next has been worked out by the new zone data",
            metadata: ["zones": "\(list)", "series": "\(looked)", "moved": "\(moved)"])
    }

    /// On the event loop.
    private func work() -> Work? {
        loop.zoneMarks.outdated.keep(where: loop.owns)
        let work = Work(zones: loop.zoneMarks.outdated.zones, shards: loop.zoneMarks.outdated.shards)
        return work.shards.isEmpty ? nil : work
    }

    private func page(_ work: Work, after: Int64) async throws -> SeriesPage {
        try await answer {
            loop.store.series(in: work.zones, of: work.shards, after: after, limit: Self.pageSize, for: .patient, completion: $0)
        }
    }

    /// - Returns: how many were moved.
    private func write(_ page: SeriesPage) async throws -> Int {
        let now = SystemClock.now, changes = page.reminders.compactMap { SchedulerCore.realignment(of: $0, at: now) }
        let results: [StoreWriteResult] = try await withCheckedThrowingContinuation { continuation in
            loop.eventLoop.execute { [self] in
                // What has gone to another scheduler since it was read is that one's.
                guard work() != nil else { return continuation.resume(returning: []) }
                loop.request(loop.zoneMarks.outdated.writes(changes, next: page.next)) { continuation.resume(with: $0) }
            }
        }
        let count = results.count { if case .changed(let outcome) = $0 { outcome.verdict == .done } else { false } }
        moves.increment(by: count)
        return count
    }
}
