import Storage
import TaskDomain

/// The shards that a core owns, each with what of it is in memory.
struct Windows {
    /// By the shard's number; `nil`: another's.
    private var windows = [Window?](repeating: nil, count: Shard.count)
    /// In ascending order.
    private(set) var shards: [Shard] = []

    subscript(shard: Shard) -> Window? {
        _read { yield windows[Int(shard.number)] }
        _modify {
            let wasOwn = windows[Int(shard.number)] != nil
            defer { if (windows[Int(shard.number)] != nil) != wasOwn { note(shard, isOwn: !wasOwn) } }
            yield &windows[Int(shard.number)]
        }
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
