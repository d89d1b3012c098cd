import Storage
import TaskDomain

/// The shards of a database as they are taken: eight neighbours together, which are called by the first of them in the tables that have rows
/// of a strand.
enum Strands {
    private static let shards = 8

    static let all = stride(from: 0, to: Shard.count, by: shards).map { first in Array(Shard.all[first..<first + shards]) }

    /// By which a shard's strand is called.
    static func first(of shard: Shard) -> Shard { Shard.all[Int(shard.number) / shards * shards] }
}

/// The epochs that this scheduler has taken shards with. Of the writing thread.
final class OwnEpochs {
    private var epochs: [Int64?] = Array(repeating: nil, count: Shard.count)

    /// Of another's shard it is one that no shard ever has.
    subscript(shard: Shard) -> Int64 { epochs[Int(shard.number)] ?? -1 }

    /// A shard of its own, for writes that are of none.
    var anyShard: Shard { shards.first ?? Shard.all[0] }

    /// Those of its own, in ascending order.
    private(set) var shards: [Shard] = []
    var areAll: Bool { shards.count == Shard.count }
    /// The strands of its own, in ascending order.
    var strands: [[Shard]] { Strands.all.filter { epochs[Int($0[0].number)] != nil } }

    /// That a row is of a shard of its own, of rows that are found in another order: no index is to be searched by this.
    /// - Parameter parameter: the number of the one that is given ``shards``.
    static func isOwn(_ column: String, _ parameter: Int) -> String { "(\(column) + 0::smallint) = ANY($\(parameter)::smallint[])" }

    func took(_ taken: [OwnedShard]) {
        for owned in taken { epochs[Int(owned.shard.number)] = owned.epoch }
        shards = Shard.all.filter { epochs[Int($0.number)] != nil }
    }
}
