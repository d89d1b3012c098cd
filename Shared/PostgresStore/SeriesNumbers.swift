import TaskDomain

/// The numbers of series, which go up in the order of their creation. Nobody is asked for the last: a number is a time and a shard, and no two
/// schedulers have the same shard. Of the writing thread.
final class SeriesNumbers {
    /// Series in a millisecond, and shards, as powers of two.
    private static let countBits: Int64 = 12, shardBits: Int64 = 8

    private let now: () -> UnixMilliseconds
    /// The time and count of the last one.
    private var last: Int64 = 0

    /// - Parameter now: the clock; where it is set back the numbers go on from the last.
    init(now: @escaping () -> UnixMilliseconds = { SystemClock.now }) { self.now = now }

    func next(in shard: Shard) -> Int64 {
        last = max(last + 1, now().count << Self.countBits)
        return last << Self.shardBits | Int64(shard.number)
    }
}
