import DequeModule
import Storage
import TaskDomain

/// What is due and was left to the disk because there was no place for it in memory, and is found there by queue, task and sharer
/// (`Store.loadShelf`), without anything else that is due being read.
///
/// Of what workers serve each share is read as far as it has room, whenever it has drained; all shares of a lane are when somebody comes
/// to serve it. What nobody serves is gone through in turn as places become free there, for it expires. So an occurrence is read about
/// once, however long the backlogs are.
///
/// Each strand has one, which is written and read in order with what becomes of the occurrences on it.
struct Shelf {
    /// What is to be read.
    enum Part: Hashable {
        case share(ShelfPlace)
        case lane(Lanes.Name)
        case everything
    }

    /// What the store has been asked for.
    struct Load {
        let part: Part
        let limit: Int
        var outdated = Outdated()
        /// Its answer is worth nothing: a write that it should have seen has failed.
        var isVoid = false
        /// The part is to be read from its beginning once more.
        var isToRepeat = false
    }

    /// What a load has brought, until it is known what of it stays.
    struct Page {
        let keys: [ShelfKey]
        let isLast: Bool
        let all: Set<ShelfKey>
        /// What had no place this time either.
        var left: Set<ShelfKey> = []

        init(keys: [ShelfKey], isLast: Bool) {
            self.keys = keys
            self.isLast = isLast
            all = Set(keys)
        }
    }

    /// Names are callers' to choose: beyond so many it may be any.
    private static let maxNames = 1_000

    /// Lanes that may have something on it.
    private var names: Set<Lanes.Name> = []
    /// More lanes than are remembered.
    private var isAny = false
    /// Lanes of which something stayed since their reading began, or came.
    private var kept: Set<Lanes.Name> = []
    private var keepsAny = false

    /// Parts that are to be read, the next first, and how far each has been.
    private var wanted = Deque<Part>()
    private var isWaiting: Set<Part> = []
    private var read: [Part: ShelfKey] = [:]
    /// How far everything has been gone through for what nobody serves, and whether the beginning is still to come.
    private var reached: ShelfKey?
    private var mayBeginAgain = false
    var load: Load?
    var page: Page?
    /// Apart from others until the store is free for them: only what reads the shelf has to see them.
    private var writes = Deque<StoreWrite>()

    // MARK: What is on it

    private mutating func mark(_ lane: Lanes.Name) {
        keepsAny = true
        if kept.count < Self.maxNames || kept.contains(lane) { kept.insert(lane) } else { isAny = true }
        if names.count < Self.maxNames || names.contains(lane) { names.insert(lane) } else { isAny = true }
    }

    /// Nothing is on it.
    var isEmpty: Bool { names.isEmpty && !isAny && load == nil }

    private func holds(_ lane: Lanes.Name) -> Bool { isAny || names.contains(lane) }

    /// Lanes that workers serve and that may have something on it.
    func lanes(servedBy key: WorkerPool.Key) -> [Lanes.Name] {
        guard isAny else { return names.filter { key.serves(queue: $0.queue, task: $0.task) }.sorted() }
        return key.queues.sorted().flatMap { queue in key.tasks.sorted().map { Lanes.Name(queue: queue, task: $0) } }
    }

    /// Something finds no place in memory.
    mutating func put(_ key: ShelfKey, in lane: Lanes.Name) {
        if page?.all.contains(key) ?? false { page?.left.insert(key) } else { add(.shelve(key)) }
        mark(lane)
    }

    // MARK: Writes

    mutating func add(_ write: StoreWrite) { writes.append(write) }

    /// Writes that have not been handed on.
    var unwritten: Int { writes.count }

    mutating func takeWrites(limit: Int) -> some Sequence<StoreWrite> {
        let taken = Array(writes.prefix(limit))
        writes.removeFirst(taken.count)
        return taken
    }

    // MARK: Reading

    /// A part is to be read from its beginning; everything, from where it has been gone through to.
    mutating func want(_ part: Part) {
        switch part {
        case .share(let place): guard holds(Lanes.Name(queue: place.queue, task: place.task)) else { return }
        case .lane(let lane): guard holds(lane) else { return }
        case .everything: guard isAny || !names.isEmpty else { return }
        }
        read[part] = nil
        if load?.part == part { load?.isToRepeat = true } else if isWaiting.insert(part).inserted { wanted.append(part) }
    }

    /// Something can be asked for: what was left before has been handed to the store, so that a load would see it.
    var isWanted: Bool { load == nil && !wanted.isEmpty && writes.isEmpty }

    /// The part whose turn it is, and from where on.
    mutating func next(limit: Int) -> (scope: ShelfScope, after: ShelfKey)? {
        guard load == nil, let part = wanted.popFirst() else { return nil }
        isWaiting.remove(part)
        load = Load(part: part, limit: limit)
        switch part {
        case .share(let place): return (.share, read[part] ?? .before(place))
        case .lane(let lane):
            if read[part] == nil { kept.remove(lane) }
            return (.lane, read[part] ?? .before(ShelfPlace(queue: lane.queue, task: lane.task, sharer: "")))
        case .everything:
            if read[part] == nil {
                mayBeginAgain = reached != nil
                read[part] = reached ?? .first
                if reached == nil { keepsAny = false }
            }
            return (.everything, read[part] ?? .first)
        }
    }

    /// The part is read on later, or once more from where it began.
    mutating func goOn(_ part: Part, after key: ShelfKey?) {
        read[part] = key
        if isWaiting.insert(part).inserted { wanted.append(part) }
    }

    /// A load brought nothing that is worth anything: the same is read later.
    mutating func repeatLoad() {
        guard let load else { return }
        self.load = nil
        goOn(load.part, after: load.isToRepeat ? nil : read[load.part])
    }

    /// The part has been read as far as there is a place for it.
    mutating func stop(_ part: Part, at key: ShelfKey?) {
        if part == .everything { reached = key }
        read[part] = nil
    }

    /// The part has been read to its end.
    mutating func finish(_ part: Part) {
        read[part] = nil
        switch part {
        case .share: break
        case .lane(let lane): if !kept.contains(lane) { names.remove(lane) }
        case .everything:
            reached = nil
            if mayBeginAgain {
                mayBeginAgain = false
                keepsAny = false
                goOn(part, after: .first)
            } else if !keepsAny {
                names = []
                isAny = false
            }
        }
    }
}

extension ShelfKey {
    private static let firstDue = DueKey(
        dueAt: .distantPast, occurrence: OccurrenceKey(reminder: ReminderID(high: 0, low: 0), scheduledAt: .distantPast))

    static var first: ShelfKey { before(ShelfPlace(queue: "", task: "", sharer: "")) }
    static func before(_ place: ShelfPlace) -> ShelfKey { ShelfKey(place: place, due: firstDue) }
    static func behind(_ place: ShelfPlace) -> ShelfKey { ShelfKey(place: place, due: .end(ofMillisecond: .distantFuture)) }
}

extension SchedulerCore {
    /// What is due finds no place in memory: it is found on the shelf when there is one.
    mutating func leaveToShelf(_ entry: Entry) {
        let lane = Lanes.Name(queue: entry.reminder.queue, task: entry.reminder.task)
        let place = ShelfPlace(queue: lane.queue, task: lane.task, sharer: queues.sharer(of: entry.reminder))
        let key = ShelfKey(place: place, due: entry.due)
        strands[entry.key.reminder.shard]?.shelf.put(key, in: lane)
        forget(entry)
    }

    /// Lanes that have workers now, and shares that have room again, are read.
    mutating func wantFromShelf() {
        let pools = lanes.takeNewPools(), drained = lanes.takeDrained(), hasUnservedRoom = lanes.takeUnservedRoom()
        guard !breaks(.forgetsTheShelf) else { return }
        for strand in strands.all {
            for key in pools { for lane in strand.shelf.lanes(servedBy: key) { strand.shelf.want(.lane(lane)) } }
            for place in drained { strand.shelf.want(.share(place)) }
            if hasUnservedRoom { strand.shelf.want(.everything) }
        }
    }

    /// Asks for what comes next, where there is room.
    mutating func loadFromShelves() {
        guard isAnyShelfWanted else { return }
        for strand in strands.inTurn where wantsShelf(strand) {
            let room = room
            guard room >= leastLoad, let (scope, after) = strand.shelf.next(limit: min(configuration.loadLimit, room)) else { return }
            strands.hasTurn(strand)
            effects.append(.loadShelf(token: strand.readToken, scope, after: after, limit: strand.shelf.load?.limit ?? 0, of: strand.shards[0]))
        }
    }

    mutating func shelfLoaded(_ token: UInt64, _ result: ShelfPage?) {
        guard let strand = strands.strand(of: token), let load = strand.shelf.load else { return }
        guard let result else {
            strand.loadsPausedUntil = now.monotonic + Self.loadPauseMilliseconds
            return strand.shelf.repeatLoad()
        }
        guard !load.isVoid else { return strand.shelf.repeatLoad() }
        // Others have come meanwhile and taken the room: the rest is read again.
        let free = max(0, configuration.maxEntriesInMemory - table.count), isCut = free < result.entries.count
        var keys = result.keys
        if isCut {
            let first = result.entries[free].due.occurrence
            keys = Array(keys.prefix { $0.due.occurrence != first })
        }
        strand.shelf.page = Shelf.Page(keys: keys, isLast: !isCut && result.keys.count < load.limit)
        for found in result.entries.prefix(free) {
            // Also by what became of those before it: a claim may have ended the series.
            let isStale = strand.shelf.load?.outdated.covers(found) ?? true
            guard !isStale || breaks(.believesStaleLoads), changing[found.due.occurrence.reminder] == nil else { continue }
            place(Entry(found))
        }
    }

    /// Once what was brought is where it belongs: what has a place is on the shelf no longer.
    mutating func settleShelfPages() {
        for strand in strands.all where strand.shelf.page != nil { settleShelfPage(of: strand) }
    }

    private func settleShelfPage(of strand: Strand) {
        guard let page = strand.shelf.page, let load = strand.shelf.load else { return }
        strand.shelf.page = nil
        let gone = page.left.isEmpty ? page.keys : page.keys.filter { !page.left.contains($0) }
        if !gone.isEmpty { strand.shelf.add(.unshelve(gone)) }
        guard !load.isToRepeat, let last = page.keys.last ?? (page.isLast ? .first : nil) else { return strand.shelf.repeatLoad() }
        strand.shelf.load = nil
        let isLastShareFull = page.left.contains { $0.place == last.place }
        switch load.part {
        case .share where isLastShareFull: strand.shelf.stop(load.part, at: last)
        case .everything where page.left.contains(where: { !isServed(queue: $0.place.queue, task: $0.place.task) }):
            strand.shelf.stop(load.part, at: last)
        case _ where page.isLast: strand.shelf.finish(load.part)
        case .lane(let lane) where isLastShareFull && !lanes.isServed(lane): strand.shelf.stop(load.part, at: last)
        default: strand.shelf.goOn(load.part, after: isLastShareFull ? .behind(last.place) : last)
        }
    }
}
