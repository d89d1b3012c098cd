import Logging
import Metrics
import SchedulerCore
import ServiceLifecycle
import Storage
import TaskDomain
import TaskRecurrence

/// Notices that a zone's data has changed, at start and while the scheduler runs, and works out anew what comes next of the series in it:
/// a page at a time, while deliveries go on, and from where it was when the process ended.
struct ZoneWatch: Service, CustomStringConvertible {
    /// How often the zones' files are read again.
    static let interval = Duration.seconds(3_600)
    /// Series worked out anew in one transaction, and the pause after each.
    static let pageSize = 200, pause = Duration.milliseconds(50)
    /// Before a page is tried again that could not be read or written.
    static let patience = Duration.seconds(1)

    private let loop: SchedulerLoop
    private let logger: Logger
    /// At start: those not worked out by the data that this process has.
    private let outdated: [ZoneMark]
    private let moves = Counter(label: "scheduler_zone_moves")

    var description: String { "zones' watch" }

    /// Zones whose series are still as other data had them.
    var changed: Set<String> { Set(outdated.map(\.zone)) }

    /// Compares what the store knows of zones with the data that this process has. Before anything is computed.
    static func start(_ loop: SchedulerLoop, logger: Logger) async throws -> ZoneWatch {
        let marks = try await answer { loop.store.zones(completion: $0) }
        var outdated: [ZoneMark] = []
        for mark in marks {
            // What cannot be read says so where it is used.
            guard let digest = (try? Zone(identifier: mark.zone))?.digest else { continue }
            if mark.digest == nil {
                // An earlier version wrote it. From now on it will be noticed.
                loop.store.submit([.zone(ZoneMark(zone: mark.zone, digest: digest))]) { _ in }
            } else if mark.digest != digest {
                outdated.append(ZoneMark(zone: mark.zone, digest: digest, through: 0))
            } else if mark.through != nil {
                outdated.append(mark)
            }
        }
        try await loop.eventLoop.submit { loop.zoneMarks.know(marks.map(\.zone)) }.get()
        return ZoneWatch(loop: loop, logger: logger, outdated: outdated)
    }

    private init(loop: SchedulerLoop, logger: Logger, outdated: [ZoneMark]) {
        (self.loop, self.logger, self.outdated) = (loop, logger, outdated)
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var work = outdated
            while true {
                if !work.isEmpty { try await renew(work) }
                try await Task.sleep(for: Self.interval)
                work = try await look()
            }
        }
    }

    /// Reads the files again, and has what is new used from now on.
    func look() async throws -> [ZoneMark] {
        let changes = ZoneData.changes()
        let version = ZoneData.version
        try await loop.eventLoop.submit { [loop] in
            loop.zoneVersion = version
            guard !changes.zones.isEmpty else { return }
            // Nothing is computed between the two.
            changes.use()
            loop.handle(.zonesChanged(changes.zones))
        }.get()
        return changes.zones.sorted().compactMap { name in
            (try? Zone(identifier: name)).map { ZoneMark(zone: name, digest: $0.digest, through: 0) }
        }
    }

    // MARK: Working out anew

    private func renew(_ marks: [ZoneMark]) async throws {
        let names = Set(marks.map(\.zone)), list = names.sorted().joined(separator: ", ")
        logger.notice("zone data has changed; what comes next is worked out anew", metadata: ["zones": "\(list)"])
        var through: Int64? = marks.compactMap(\.through).min() ?? 0
        var looked = 0, moved = 0
        while let after = through {
            do {
                let page = try await page(names, after: after)
                let now = SystemClock.now
                let writes = page.reminders.compactMap { SchedulerCore.realignment(of: $0, at: now) }
                    + marks.map { .zone(ZoneMark(zone: $0.zone, digest: $0.digest, through: page.next)) }
                let count = try await write(writes)
                (looked, moved, through) = (looked + page.reminders.count, moved + count, page.next)
                moves.increment(by: count)
                if through != nil { try await Task.sleep(for: Self.pause) }
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning("could not work out anew; trying again", metadata: ["reason": "\(error)"])
                try await Task.sleep(for: Self.patience)
            }
        }
        logger.notice(
            "what comes next has been worked out by the new zone data",
            metadata: ["zones": "\(list)", "series": "\(looked)", "moved": "\(moved)"])
    }

    private func page(_ zones: Set<String>, after: Int64) async throws -> SeriesPage {
        try await answer { loop.store.series(in: zones, after: after, limit: Self.pageSize, for: .patient, completion: $0) }
    }

    /// - Returns: how many were moved.
    private func write(_ writes: [StoreWrite]) async throws -> Int {
        let results: [StoreWriteResult] = try await withCheckedThrowingContinuation { continuation in
            loop.eventLoop.execute { loop.request(writes) { continuation.resume(with: $0) } }
        }
        return results.count { if case .changed(let outcome) = $0 { outcome.verdict == .done } else { false } }
    }
}
