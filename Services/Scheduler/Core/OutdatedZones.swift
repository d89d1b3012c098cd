public import Storage
public import TaskDomain

/// Zones whose series are to be worked out anew, as they are by other data than that of now: of each strand by itself, whose former owner may
/// have had other data than that of the next.
///
/// They are worked out in rounds of all that there is to do, a page of series at a time. What comes meanwhile is for the next round.
public struct OutdatedZones: Sendable {
    private struct Part: Sendable {
        let shards: [Shard]
        /// By name, with the data of now; `through`: how far it was worked out when it was added.
        var marks: [String: ZoneMark] = [:]
    }

    /// By the first shard of the strand, with a mark at least.
    private var waiting: [Shard: Part] = [:], underWay: [Shard: Part] = [:]

    public init() {}

    /// Zones of the round that is under way.
    public var zones: Set<String> { Set(underWay.values.flatMap { $0.marks.keys }) }
    /// Shards of the round that is under way.
    public var shards: Set<Shard> { Set(underWay.values.flatMap(\.shards)) }

    /// A strand is taken, perhaps not for the first time: what was to be done of it another may have done meanwhile.
    /// - Parameters:
    ///   - marks: of the strand, as they are stored.
    ///   - digest: of a zone's data of now; `nil`: it cannot be read.
    /// - Returns: the zones of which there is something to be done, and marks of an earlier version, which did not say by which data it had
    ///   computed, as they are to be written.
    public mutating func took(
        _ shards: [Shard], _ marks: [ZoneMark], digest: (String) -> UInt64?
    ) -> (changed: Set<String>, unmarked: [ZoneMark]) {
        guard let strand = shards.first else { return ([], []) }
        (waiting[strand], underWay[strand]) = (nil, nil)
        var unmarked: [ZoneMark] = []
        for mark in marks {
            guard let digest = digest(mark.zone) else { continue }
            if mark.digest == nil {
                unmarked.append(ZoneMark(zone: mark.zone, digest: digest))
            } else if mark.digest != digest {
                add(ZoneMark(zone: mark.zone, digest: digest, through: 0), of: shards)
            } else if mark.through != nil {
                add(mark, of: shards)
            }
        }
        return (Set(waiting[strand]?.marks.keys.map { $0 } ?? []), unmarked)
    }

    /// - Parameter shards: of a strand.
    public mutating func add(_ mark: ZoneMark, of shards: [Shard]) {
        guard let strand = shards.first else { return }
        underWay[strand]?.marks[mark.zone] = nil
        if underWay[strand]?.marks.isEmpty ?? false { underWay[strand] = nil }
        waiting[strand, default: Part(shards: shards)].marks[mark.zone] = mark
    }

    /// Of strands that are not own any more nothing is to be done.
    public mutating func keep(where isOwn: (Shard) -> Bool) {
        waiting = waiting.filter { isOwn($0.key) }
        underWay = underWay.filter { isOwn($0.key) }
    }

    /// A round begins with all that is to be done. The one before is over.
    /// - Returns: where in the series' order; `nil`: there is nothing to be done.
    public mutating func begin() -> Int64? {
        (underWay, waiting) = (waiting, [:])
        return underWay.values.flatMap { $0.marks.values }.map { $0.through ?? 0 }.min()
    }

    /// What is to be written of a page: its changes, and how far the round is then, where that is still of the round.
    /// - Parameter next: the end of the page; `nil`: it is the last.
    public func writes(_ changes: [StoreWrite], next: Int64?) -> [StoreWrite] {
        let shards = shards
        return changes.filter { $0.reminder.map { shards.contains($0.shard) } ?? false }
            + underWay.sorted { $0.key < $1.key }.flatMap { strand, part in
                part.marks.values.sorted { $0.zone < $1.zone }.map { .zone(ZoneMark(zone: $0.zone, digest: $0.digest, through: next), of: strand) }
            }
    }
}
