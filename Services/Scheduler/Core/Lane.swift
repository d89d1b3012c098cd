/// What is ready of one queue and task, and so waits for the same workers.
///
/// Those who have something there share it: in every round each has one turn, whatever the length of the others' backlogs. Who comes
/// joins the next round, so nobody is more than one turn of each of the others away. Within a round, and within what one of them has,
/// the order is that of the ranks. (Start-time fair queueing with equal weights: P. Goyal, H. M. Vin, H. Cheng, SIGCOMM 1996.)
///
/// Entries leave without being looked for: what refers to one that is not ready any more is dropped when it comes up.
final class Lane {
    /// Before another: a lower rank, or having become ready earlier.
    struct Place: Comparable {
        let rank: Int64
        /// Ascending, and of one entry at one time only.
        let ticket: UInt64

        static func < (a: Place, b: Place) -> Bool { a.rank != b.rank ? a.rank < b.rank : a.ticket < b.ticket }
    }

    /// An entry that was ready when it was added.
    struct Item: Lapsing {
        let place: Place
        let entry: Entry

        var isCurrent: Bool { entry.state == .ready && entry.ticket == place.ticket }

        static func == (a: Item, b: Item) -> Bool { a.place == b.place }
        static func < (a: Item, b: Item) -> Bool { a.place < b.place }
    }

    /// The turn of a share, with what it has first.
    private struct Turn: Lapsing {
        let round: Int64
        let place: Place
        let share: Share

        var isCurrent: Bool { share.place == place }

        static func == (a: Turn, b: Turn) -> Bool { a.round == b.round && a.place == b.place }
        static func < (a: Turn, b: Turn) -> Bool { a.round != b.round ? a.round < b.round : a.place < b.place }
    }

    /// Workers that serve it, and when it has its turn there.
    struct Link {
        unowned let line: Line
        var round: Int64
    }

    let task: String
    unowned let queue: LaneQueue
    /// Entries that are ready.
    fileprivate(set) var count = 0
    private var shares: [String: Share] = [:]
    /// The share that was added to last.
    private var latest: Share?
    private var turns = LazyHeap<Turn>()
    /// The round of the turn that was taken last.
    private var round: Int64 = 0

    /// Who serves it; empty: nobody.
    var links: [Link] = []
    /// Where it waits for its turn among the lanes of each pool; `nil`: nowhere.
    var place: Place?
    /// Changes with every new place there.
    var stamp: UInt64 = 0
    /// Its queue does not allow anything now.
    var isParked = false
    /// Among the lanes that nobody serves.
    var unservedIndex: Int?

    init(_ task: String, of queue: LaneQueue) {
        self.task = task
        self.queue = queue
    }

    /// The share of that name, made where it has nothing yet.
    func share(_ name: String) -> Share {
        if let latest, latest.count > 0, latest.name == name { return latest }
        let share = shares[name] ?? Share(name, of: self)
        shares[name] = share
        latest = share
        return share
    }

    func add(_ item: Item, to share: Share) {
        share.items.insert(item, besides: share.count)
        share.count += 1
        count += 1
        if let place = share.place, place < item.place { return }
        lineUp(share)
    }

    private func lineUp(_ share: Share) {
        guard let first = share.items.first else { return share.place = nil }
        if share.place == nil { share.round = max(share.round, round + 1) }
        share.place = first.place
        turns.insert(Turn(round: share.round, place: first.place, share: share), besides: shares.count)
    }

    /// What comes next; `nil` where nothing is ready any more.
    var head: Place? {
        while let turn = turns.first {
            if turn.share.items.first?.place == turn.place { return turn.place }
            // Its turn is the same, with what it has next.
            lineUp(turn.share)
        }
        return nil
    }

    /// Takes what comes next. The entry has left.
    func take() -> (entry: Entry, share: Share)? {
        guard head != nil, let turn = turns.popFirst(), let item = turn.share.items.popFirst() else { return nil }
        round = turn.round
        turn.share.place = nil
        left(turn.share)
        if turn.share.count > 0 { lineUp(turn.share) }
        return (item.entry, turn.share)
    }

    /// One of a share is no longer ready.
    func left(_ share: Share) {
        share.count -= 1
        count -= 1
        if share.count == 0 { forget(share) }
    }

    /// Forgets a share that has nothing.
    func forget(_ share: Share) {
        guard share.count == 0, shares[share.name] === share else { return }
        shares[share.name] = nil
        if latest === share { latest = nil }
    }

    /// What comes last, by rank alone.
    func last(_ limit: Int) -> [Entry] {
        shares.values.flatMap(\.items.current).sorted().suffix(limit).map(\.entry)
    }
}

/// One of those who share a lane, and what it has there.
final class Share {
    let name: String
    unowned let lane: Lane
    /// Entries that are ready.
    fileprivate(set) var count = 0
    fileprivate var items = LazyHeap<Lane.Item>()
    fileprivate var round: Int64 = 0
    /// Where it waits for its turn; `nil`: nowhere.
    fileprivate var place: Lane.Place?
    /// It overflows: what comes for it stays on disk until it has drained to so few.
    var drainedAt: Int?
    /// Among the shares of about the same length.
    var length: Shares.Index?

    fileprivate init(_ name: String, of lane: Lane) {
        self.name = name
        self.lane = lane
    }

    /// What would come last, so that `kept` remain.
    func rest(after kept: Int) -> [Entry] { items.current.sorted().dropFirst(kept).map(\.entry) }
}

/// Shares of more than one entry by their length, each found and moved in constant time.
struct Shares {
    struct Index {
        let bucket: Int
        var position: Int
    }

    /// By the binary logarithm of their length.
    private var buckets: [[Share]] = []

    /// A share has become longer or shorter.
    mutating func sort(_ share: Share) {
        let bucket = share.count < 2 ? nil : Int.bitWidth - 1 - share.count.leadingZeroBitCount
        guard bucket != share.length?.bucket else { return }
        if let old = share.length {
            let last = buckets[old.bucket].removeLast()
            if last !== share {
                buckets[old.bucket][old.position] = last
                last.length = old
            }
            share.length = nil
        }
        guard let bucket else { return }
        while buckets.count <= bucket { buckets.append([]) }
        share.length = Index(bucket: bucket, position: buckets[bucket].count)
        buckets[bucket].append(share)
    }

    /// One that is at least half as long as the longest.
    var long: Share? { buckets.last { !$0.isEmpty }?.first }
}

/// The lanes of one queue.
final class LaneQueue {
    let name: String
    /// Entries that are ready.
    var count = 0
    /// By task.
    var lanes: [String: Lane] = [:]
    /// Those that wait until the queue allows something again.
    var parked: [Lane] = []

    init(_ name: String) { self.name = name }
}
