import Storage
import TaskDomain

typealias LeaseID = UInt64

/// The numbers of leases: unique among all schedulers and all their processes, without a clock.
///
/// A number is the shard's (8 bits), the end of the epoch that the shard was taken with (24 bits) and a count (32 bits). The count begins
/// anywhere: where a process could not keep its epoch, or a backup brings an old one back, the numbers are others all the same, as good as
/// always. It comes round after four thousand million leases in one shard, when those from its beginning have long ended.
struct LeaseNumbers {
    private static let shardBits = 8, epochBits = 24

    /// By the shard's number: what its leases' numbers begin with.
    private var prefixes = [LeaseID](repeating: 0, count: Shard.count)
    private var counts: [UInt32]

    /// - Parameter random: where the counts begin.
    init(using random: inout SplitMix64) {
        counts = (0..<Shard.count).map { _ in UInt32(truncatingIfNeeded: random.next()) }
    }

    /// A shard has been taken.
    mutating func begin(_ owned: OwnedShard) {
        let epoch = (LeaseID(truncatingIfNeeded: owned.epoch) << (64 - Self.epochBits)) >> Self.shardBits
        prefixes[Int(owned.shard.number)] = LeaseID(owned.shard.number) << (64 - Self.shardBits) | epoch
    }

    mutating func next(in shard: Shard) -> LeaseID {
        let place = Int(shard.number)
        defer { counts[place] &+= 1 }
        return prefixes[place] | LeaseID(counts[place])
    }
}
