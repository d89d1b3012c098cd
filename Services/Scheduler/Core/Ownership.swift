import HeapModule
import Storage
import TaskDomain

/// The shards that a core owns, each with what of it is in memory, and when more of it is to be read.
///
/// Nothing is done for each shard while nothing of it changes: which is to be read first is kept in a heap for each strand.
struct Windows {
    /// A shard that is to be read, by how far it has been.
    struct Wanted: Comparable {
        let end: UnixMilliseconds
        let shard: Shard

        static func < (a: Wanted, b: Wanted) -> Bool { (a.end, a.shard) < (b.end, b.shard) }
    }

    /// The shards of a strand.
    private struct Line {
        var shards = 0
        /// Those of which no load is under way, with what is not true any more among it.
        var wanted = Heap<Wanted>()
    }

    /// What matters of a window to others.
    private struct Mark: Equatable {
        let token: UInt64
        let end: UnixMilliseconds
        /// Of the load under way.
        let limit: Int?

        init(_ window: Window) { (token, end, limit) = (window.token, window.end, window.load?.limit) }
    }

    /// By the shard's number; `nil`: another's.
    private var windows = [Window?](repeating: nil, count: Shard.count)
    /// By what their loads are known by (`Strand.readToken`).
    private var lines: [UInt64: Line] = [:]
    /// Loads under way, and entries that they may bring.
    private(set) var loads = 0, reserved = 0

    subscript(shard: Shard) -> Window? {
        _read { yield windows[Int(shard.number)] }
        _modify {
            let place = Int(shard.number), before = windows[place].map(Mark.init)
            defer { note(shard, before, windows[place].map(Mark.init)) }
            yield &windows[place]
        }
    }

    /// The shard of a strand that has been read least far, of those that are not being read.
    mutating func leastRead(of token: UInt64) -> Wanted? {
        while let first = lines[token]?.wanted.min {
            if isCurrent(first) { return first }
            lines[token]?.wanted.removeMin()
        }
        return nil
    }

    /// Whether a shard is still to be read from there. A strand's line goes with the strand, so that it has no others' shards.
    private func isCurrent(_ wanted: Wanted) -> Bool {
        guard let window = windows[Int(wanted.shard.number)] else { return false }
        return window.load == nil && window.end == wanted.end
    }

    /// A load of the shard that has been read least far of its strand begins.
    /// - Returns: what it goes on behind.
    mutating func begin(_ load: Window.Load, _ wanted: Wanted, of token: UInt64) -> DueKey? {
        lines[token]?.wanted.removeMin()
        self[wanted.shard]?.load = load
        return self[wanted.shard]?.boundary
    }

    /// What loads under way bring of this is old.
    mutating func outdate(_ part: Outdated.Part) { windows[Int(part.shard.number)]?.load?.outdated.add(part) }

    /// Places in the heaps.
    var waiting: Int { lines.values.reduce(0) { $0 + $1.wanted.count } }

    /// The first thing found that does not hold; `nil`: everything does.
    /// - Parameter shards: those that the strands have, each once.
    func brokenInvariant(of shards: [Shard]) -> String? {
        if lines.values.reduce(0, { $0 + $1.shards }) != shards.count { return "the strands' shards are not those that are owned" }
        var limits: [Int] = []
        var lined: Set<Shard> = []
        for (token, line) in lines {
            for wanted in line.wanted.unordered where isCurrent(wanted) && windows[Int(wanted.shard.number)]?.token == token { lined.insert(wanted.shard) }
        }
        for shard in shards {
            guard let window = windows[Int(shard.number)] else { return "shard \(shard.number) is a strand's, and is not owned" }
            if let load = window.load { limits.append(load.limit) } else if !lined.contains(shard) { return "shard \(shard.number) is never read again" }
        }
        return limits.count == loads && limits.reduce(0, +) == reserved
            ? nil : "\(reserved) places are kept for \(loads) loads, and \(limits) were asked for"
    }

    private mutating func note(_ shard: Shard, _ before: Mark?, _ after: Mark?) {
        guard before != after else { return }
        reserved += (after?.limit ?? 0) - (before?.limit ?? 0)
        loads += (after?.limit == nil ? 0 : 1) - (before?.limit == nil ? 0 : 1)
        if before?.token != after?.token {
            if let token = before?.token {
                lines[token]?.shards -= 1
                if lines[token]?.shards == 0 { lines[token] = nil }
            }
            if let token = after?.token { lines[token, default: Line()].shards += 1 }
        }
        guard let after, after.limit == nil else { return }
        // Out of the table first, so that the change is made in place.
        guard var line = lines.removeValue(forKey: after.token) else { return }
        if Lapsed.prevails(in: line.wanted.count, of: line.shards) { line.wanted.removeAll { !isCurrent($0) } }
        line.wanted.insert(Wanted(end: after.end, shard: shard))
        lines[after.token] = line
    }
}

/// Which occurrences are this core's to decide about. Of the others it says nothing, to no one: their owner does. So a worker can tell
/// every scheduler everything, and is answered once.
extension SchedulerCore {
    /// Whether an occurrence is in a shard of its own.
    func owns(_ key: OccurrenceKey) -> Bool { owns(key.reminder.shard) }

    /// Whether a shard is its own, and is not being released.
    public func owns(_ shard: Shard) -> Bool { strands[shard] != nil || breaks(.acknowledgesForeign) }

    /// Whether everything that is due in a shard has been read. Of another's shard it never is.
    func isLoaded(_ shard: Shard) -> Bool {
        owns(shard) && (windows[shard]?.end ?? .distantFuture) >= now.wall
    }

    /// Whether all that is to be changed is of shards of its own.
    func ownsAll(_ writes: [StoreWrite]) -> Bool { writes.allSatisfy { $0.shardAsked.map { owns($0) } ?? true } }
}

extension StoreWrite {
    /// Of what is asked for, the shard whose strand writes it; `nil`: it is of no shard.
    var shardAsked: Shard? {
        switch self {
        case .change(let id, _, _, _): id.shard
        case .zone(_, let shard): shard
        default: nil
        }
    }
}
