import Storage
import TaskDomain

/// The shards that a core owns, each with what of it is in memory.
struct Windows {
    /// By the shard's number; `nil`: another's.
    private var windows = [Window?](repeating: nil, count: Shard.count)
    /// In ascending order.
    private(set) var shards: [Shard] = []
    /// Loads that were asked for when a shard was let go, by its number. Their answers come before those of any that are asked for later.
    private var orphans = [Int](repeating: 0, count: Shard.count)

    subscript(shard: Shard) -> Window? {
        _read { yield windows[Int(shard.number)] }
        _modify {
            let wasOwn = windows[Int(shard.number)] != nil
            defer { if (windows[Int(shard.number)] != nil) != wasOwn { note(shard, isOwn: !wasOwn) } }
            yield &windows[Int(shard.number)]
        }
    }

    /// Lets go of a shard. What a load under way brings is nobody's.
    mutating func release(_ shard: Shard) {
        if self[shard]?.load != nil { orphans[Int(shard.number)] += 1 }
        self[shard] = nil
    }

    /// A load of a shard has been answered.
    /// - Returns: whether it was asked for when the shard was owned before.
    mutating func takeOrphan(_ shard: Shard) -> Bool {
        guard orphans[Int(shard.number)] > 0 else { return false }
        orphans[Int(shard.number)] -= 1
        return true
    }

    private mutating func note(_ shard: Shard, isOwn: Bool) {
        shards.removeAll { $0 == shard }
        if isOwn { shards.insert(shard, at: shards.firstIndex { $0 > shard } ?? shards.endIndex) }
    }
}

/// Which occurrences are this core's to decide about. Of the others it says nothing, to no one: their owner does. So a worker can tell
/// every scheduler everything, and is answered once.
extension SchedulerCore {
    /// Whether an occurrence is in a shard of its own.
    func owns(_ key: OccurrenceKey) -> Bool { owns(key.reminder.shard) }

    /// Whether a shard is its own, and is not being released.
    private func owns(_ shard: Shard) -> Bool { strands[shard] != nil || breaks(.acknowledgesForeign) }

    /// Whether everything that is due in a shard has been read. Of another's shard it never is.
    func isLoaded(_ shard: Shard) -> Bool {
        owns(shard) && (windows[shard]?.end ?? .distantFuture) >= now.wall
    }

    /// Whether all reminders that are to be changed are in shards of its own.
    func ownsAll(_ writes: [StoreWrite]) -> Bool {
        writes.allSatisfy { write in
            guard case .change(let id, _, _, _) = write else { return true }
            return owns(id.shard)
        }
    }
}
