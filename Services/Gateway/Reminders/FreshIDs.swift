import Synchronization
import TaskDomain

/// Draws the ids of reminders, several in a row of one shard.
///
/// What is created at about the same time is then stored together also where each shard is a transaction of its own
/// (`SCHEDULER_STORE_DISTRIBUTION`); drawn one by one, each would be a commit. Over the time the shards are used alike.
final class FreshIDs: Sendable {
    /// As many as a database takes in one commit without wasting it.
    static let idsInARow = 64

    private struct Row {
        var shard: Shard
        var left: Int
    }

    private let random = RandomPool()
    private let row = Mutex(Row(shard: Shard(of: 0), left: 0))

    /// A fresh id.
    /// - Parameters:
    ///   - time: what the id carries.
    ///   - shard: where it has to be; `nil`: anywhere.
    func next(at time: UnixMilliseconds, in shard: Shard? = nil) -> ReminderID {
        var random = random
        let shard = shard ?? shardInTurn()
        return ReminderID(at: time, in: shard, using: &random)
    }

    private func shardInTurn() -> Shard {
        row.withLock { row in
            if row.left == 0 { row = Row(shard: Shard(of: UInt8(truncatingIfNeeded: random.next())), left: Self.idsInARow) }
            row.left -= 1
            return row.shard
        }
    }
}
