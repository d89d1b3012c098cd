import SchedulerCore
import Storage
import TaskDomain

/// Notices that the zone's data has changed, as Services/Scheduler/ZoneWatch.swift does: at start and while it runs.
final class ZoneWatching {
    private static let intervalMilliseconds: Int64 = 3_600_000, patienceMilliseconds: Int64 = 1_000, pauseMilliseconds: Int64 = 50
    /// Small, so that a process ends in the midst of it.
    private static let pageSize = 2

    private let zone: MadeZone
    private let life: Life
    private unowned let process: SchedulerProcess
    private var isNoted = false

    init?(_ life: Life, _ process: SchedulerProcess) {
        guard let zone = life.zone else { return nil }
        (self.zone, self.life, self.process) = (zone, life, process)
    }

    /// Before anything is computed.
    /// - Returns: zones of which what is stored is by other data.
    func start() -> Set<String> {
        if zone.read() { life.checker.zoneIsOther() }
        life.timeline.schedule(in: Self.intervalMilliseconds, for: process) { self.look() }
        guard let mark = life.store.contents.zones[zone.name] else { return [] }
        isNoted = true
        guard mark.digest != zone.digest || mark.through != nil else { return [] }
        renew(after: mark.digest == zone.digest ? mark.through ?? 0 : 0)
        return [zone.name]
    }

    /// A reminder with this schedule is about to be stored.
    func note(_ schedule: Schedule) {
        guard schedule.timezone == zone.name, !isNoted else { return }
        isNoted = true
        life.store.submit([.zone(ZoneMark(zone: zone.name, digest: zone.digest))], of: Shard.all[0], taking: nil) { [weak self] result in
            if case .failure = result { self?.isNoted = false }
        }
    }

    private func look() {
        life.timeline.schedule(in: Self.intervalMilliseconds, for: process) { self.look() }
        guard zone.read() else { return }
        life.checker.zoneIsOther()
        life.trace("zone data is read again")
        process.handle(.zonesChanged([zone.name]))
        renew(after: 0)
    }

    /// The last one begun counts.
    private var renewal = 0

    private func renew(after: Int64) {
        renewal += 1
        page(after: after, in: renewal)
    }

    private func page(after: Int64, in renewal: Int) {
        later(life.chance.int(0...3)) { [self] in
            guard renewal == self.renewal else { return }
            guard !life.store.isUnreadable else { return later(Self.patienceMilliseconds) { self.page(after: after, in: renewal) } }
            let page = life.store.contents.series(in: zone.name, after: after, limit: Self.pageSize)
            let now = life.timeline.wall
            let writes = page.reminders.compactMap { SchedulerCore.realignment(of: $0, at: now) }
                + [.zone(ZoneMark(zone: zone.name, digest: zone.digest, through: page.next))]
            process.request(writes) { [weak self] results in
                guard let self else { return }
                guard results != nil else { return later(Self.patienceMilliseconds) { self.page(after: after, in: renewal) } }
                if let next = page.next { later(Self.pauseMilliseconds) { self.page(after: next, in: renewal) } }
            }
        }
    }

    private func later(_ milliseconds: Int64, _ body: @escaping () -> Void) {
        life.timeline.schedule(in: milliseconds, for: process, body)
    }
}
