import SchedulerCore
import Storage
import TaskDomain
import TaskRecurrence

/// Has the store know every zone that series run in, strand by strand, so that it is noticed when the data of one has changed; and knows what
/// is to be worked out anew.
///
/// @unchecked Sendable is safe because every mutable member is used on the scheduler's event loop only.
final class ZoneMarks: @unchecked Sendable {
    private let store: any Store
    /// The first shard of each shard's strand.
    private let strands: [Shard]
    /// By the first shard of a strand: those that the store has a mark of, or soon will.
    private var known: [Shard: Set<String>] = [:]
    var outdated = OutdatedZones()
    /// Tells that something is to be worked out anew. For one reader.
    let news: AsyncStream<Void>
    private let tell: AsyncStream<Void>.Continuation

    init(_ store: any Store) {
        self.store = store
        var strands = Shard.all
        for strand in type(of: store).strands { for shard in strand { strands[Int(shard.number)] = strand[0] } }
        self.strands = strands
        (news, tell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    deinit { tell.finish() }

    /// Strands are taken. Before anything of them is computed.
    /// - Returns: zones whose series are as other data had them.
    func took(_ taken: [TakenShards]) -> Set<String> {
        var changed: Set<String> = [], unmarked: [StoreWrite] = []
        for strand in taken {
            let shards = strand.shards.map(\.shard)
            guard let first = shards.first else { continue }
            known[first] = Set(strand.zones.map(\.zone))
            // What cannot be read says so where it is used. What an earlier version wrote will be noticed from now on.
            let found = outdated.took(shards, strand.zones) { (try? Zone(identifier: $0))?.digest }
            changed.formUnion(found.changed)
            unmarked += found.unmarked.map { StoreWrite.zone($0, of: first) }
        }
        if !unmarked.isEmpty { store.submit(unmarked) { _ in } }
        if !changed.isEmpty { tell.yield() }
        return changed
    }

    /// The data of zones is another from now on.
    /// - Parameter isOwn: whether a shard is the scheduler's.
    func changed(_ zones: Set<String>, isOwn: (Shard) -> Bool) {
        for strand in type(of: store).strands where isOwn(strand[0]) {
            for name in zones {
                guard let zone = try? Zone(identifier: name) else { continue }
                outdated.add(ZoneMark(zone: name, digest: zone.digest, through: 0), of: strand)
            }
        }
        tell.yield()
    }

    /// A reminder with this schedule is about to be stored in a shard.
    func note(_ schedule: Schedule, in shard: Shard) {
        let name = schedule.timezone, strand = strands[Int(shard.number)]
        guard !schedule.isSingle, name != Zone.utc.identifier, !(known[strand]?.contains(name) ?? false), let zone = try? Zone(identifier: name)
        else { return }
        known[strand, default: []].insert(name)
        store.submit([.zone(ZoneMark(zone: name, digest: zone.digest), of: strand)]) { [self] result in
            // The next one tries again.
            if case .failure = result { known[strand]?.remove(name) }
        }
    }
}
