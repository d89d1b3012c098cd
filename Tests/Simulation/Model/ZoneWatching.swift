import SchedulerCore
import Storage
import TaskDomain

/// Notices that the zone's data has changed, as Services/Scheduler/ZoneWatch.swift and ZoneMarks.swift do: of each strand when it is taken, and
/// while the process runs.
final class ZoneWatching {
    private static let intervalMilliseconds: Int64 = 3_600_000, patienceMilliseconds: Int64 = 1_000, pauseMilliseconds: Int64 = 50
    /// Small, so that a process ends, or a strand goes, in the midst of it.
    private static let pageSize = 2

    private let zone: MadeZone
    private let life: Life
    private unowned let process: SchedulerProcess
    /// The first shards of strands that the store has a mark of, or soon will.
    private var noted: Set<Shard> = []
    private var outdated = OutdatedZones()
    private var isUnderWay = false

    /// Before anything is computed.
    init?(_ life: Life, _ process: SchedulerProcess) {
        guard let zone = life.zone else { return nil }
        (self.zone, self.life, self.process) = (zone, life, process)
        if zone.read() { life.checker.zoneIsOther() }
        life.timeline.schedule(in: Self.intervalMilliseconds, for: process) { self.look() }
    }

    /// A strand is taken.
    /// - Returns: zones of which what is stored is by other data.
    func took(_ taken: ModelStore.Taken) -> Set<String> {
        let shards = taken.shards.map(\.shard)
        if taken.zones.isEmpty { noted.remove(shards[0]) } else { noted.insert(shards[0]) }
        let changed = outdated.took(shards, taken.zones) { [zone] _ in zone.digest }.changed
        if !changed.isEmpty { later(0) { self.renew() } }
        return changed
    }

    /// A reminder is about to be stored.
    func note(_ reminder: Reminder) {
        guard let keeping = process.keeping, reminder.schedule.timezone == zone.name else { return }
        let strand = keeping.first(of: reminder.id.shard)
        guard noted.insert(strand).inserted else { return }
        keeping.create(.zone(ZoneMark(zone: zone.name, digest: zone.digest), of: strand), in: strand) { [weak self] result in
            if case .failure = result { self?.noted.remove(strand) }
        }
    }

    private func look() {
        life.timeline.schedule(in: Self.intervalMilliseconds, for: process) { self.look() }
        guard zone.read() else { return }
        life.checker.zoneIsOther()
        life.trace("zone data is read again")
        process.handle(.zonesChanged([zone.name]))
        for strand in 0..<life.plan.strands {
            let shards = life.store.shards(of: strand)
            guard process.owns(shards[0]) else { continue }
            outdated.add(ZoneMark(zone: zone.name, digest: zone.digest, through: 0), of: shards)
        }
        renew()
    }

    /// One round after the other.
    private func renew() {
        guard !isUnderWay, let after = outdated.begin() else { return }
        isUnderWay = true
        page(after: after)
    }

    private func end() {
        isUnderWay = false
        renew()
    }

    private func page(after: Int64) {
        later(life.chance.int(0...3)) { [self] in
            outdated.keep(where: process.owns)
            guard !outdated.shards.isEmpty else { return end() }
            guard !life.store.isUnreadable else { return later(Self.patienceMilliseconds) { self.page(after: after) } }
            let page = life.store.contents.series(in: zone.name, of: outdated.shards, after: after, limit: Self.pageSize)
            let now = life.timeline.wall
            later(life.chance.int(0...3)) { self.write(page, page.reminders.compactMap { SchedulerCore.realignment(of: $0, at: now) }, after: after) }
        }
    }

    private func write(_ page: SeriesPage, _ changes: [StoreWrite], after: Int64) {
        outdated.keep(where: process.owns)
        process.request(outdated.writes(changes, next: page.next)) { [weak self] results in
            guard let self else { return }
            guard results != nil else { return later(Self.patienceMilliseconds) { self.page(after: after) } }
            guard let next = page.next else { return end() }
            later(Self.pauseMilliseconds) { self.page(after: next) }
        }
    }

    private func later(_ milliseconds: Int64, _ body: @escaping () -> Void) {
        life.timeline.schedule(in: milliseconds, for: process, body)
    }
}
