import Storage
import TaskDomain

/// The part of a shard's future that is in memory: everything due up to a boundary.
struct Window {
    /// A load that the store has been asked for.
    struct Load {
        let through: UnixMilliseconds
        let limit: Int
        var outdated = Outdated()
        /// What was left to the disk since: the boundary must stay below.
        var ceiling: DueKey?
        /// Its answer is worth nothing: a write that it should have seen has failed.
        var isVoid = false
    }

    /// What its loads are known by (`Strand.readToken`): the answer to one with another was asked for by who had the shard before.
    let token: UInt64
    /// Everything up to and including this is in memory; `nil`: nothing was loaded yet.
    private(set) var boundary: DueKey?
    var load: Load?

    init(token: UInt64) { self.token = token }

    /// Whether an occurrence due then belongs into memory. While a load is under way that does: the load may have been
    /// read before the occurrence was written.
    func holds(_ due: DueKey) -> Bool {
        if let load, due.dueAt <= load.through { return true }
        guard let boundary else { return false }
        return due <= boundary
    }

    /// An occurrence that belongs into memory stays on disk, for want of room.
    mutating func leaveOnDisk(_ due: DueKey) {
        let below = due.justBefore
        if let old = boundary, below < old { boundary = below }
        if let ceiling = load?.ceiling, ceiling < below { return }
        load?.ceiling = below
    }

    /// Everything up to a key stays on disk, as if it were in memory.
    mutating func pass(_ key: DueKey) {
        boundary = max(boundary ?? key, key)
        load?.isVoid = true
    }

    /// Nothing is taken to be in memory any more.
    mutating func restart() {
        boundary = nil
        load?.isVoid = true
    }

    /// The load under way has been answered.
    /// - Parameter end: up to where; `nil`: all that was asked for.
    mutating func finish(end: DueKey?) {
        guard let load else { return }
        self.load = nil
        var end = end ?? .end(ofMillisecond: load.through)
        if let ceiling = load.ceiling { end = min(end, ceiling) }
        boundary = end
    }

    /// The time up to which memory has what is on disk.
    var end: UnixMilliseconds { boundary?.dueAt ?? .distantPast }
}

extension DueKey {
    private static let last = OccurrenceKey(reminder: ReminderID(high: .max, low: .max), scheduledAt: .distantFuture)

    /// After everything due in that millisecond.
    static func end(ofMillisecond milliseconds: UnixMilliseconds) -> DueKey { DueKey(dueAt: milliseconds, occurrence: last) }

    /// Before everything due in this key's millisecond.
    var justBefore: DueKey { .end(ofMillisecond: dueAt - 1) }
}
