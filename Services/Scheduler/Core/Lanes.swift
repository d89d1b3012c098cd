import Storage
import TaskDomain

/// What is due and waits for a worker, by queue and task.
///
/// What nobody works off (its queue is paused or slow, no worker runs its task) must not fill the memory that the others need. What no
/// attached worker serves has a tenth of it, together. Of the rest, when memory gets scarce, the longest backlog overflows, and what
/// comes for it stays on disk until it has drained. What is left there is found again by lane and sharer (Shelf.swift).
///
/// Neither the number of lanes, of callers nor of workers is looked through for a dispatch; only the pools that serve the lane are.
struct Lanes {
    struct Name: Hashable, Comparable {
        let queue: String
        let task: String

        var text: String { "\(queue)/\(task)" }

        static func < (a: Name, b: Name) -> Bool { (a.queue, a.task) < (b.queue, b.task) }
    }

    /// Entries that memory holds at most.
    private let maxEntries: Int
    /// And that lanes which nobody serves hold at most.
    private let maxUnserved: Int
    private var queues: [String: LaneQueue] = [:]
    /// The lane that was added to last.
    private var latest: Lane?
    private var pools: [WorkerPool.Key: WorkerPool] = [:]
    private var poolsByQueue: [String: [WorkerPool]] = [:]
    /// Of the queues that have a lane, or somebody who serves them.
    private(set) var sortedNames = SortedNames()
    private var members: [WorkerID: Member] = [:]
    /// Pools that may have something to do.
    private var awake: [WorkerPool] = []
    /// Lanes that nobody serves, and what is ready there.
    private var unserved: [Lane] = []
    private var unservedCount = 0
    private var shares = Shares()
    /// Shares that overflowed, and have room again.
    private var drained: Set<ShelfPlace> = []
    /// What workers serve that nobody with the same queues and tasks did before.
    private var newPools: [WorkerPool.Key] = []
    /// There is room for more of what nobody serves.
    private var hasUnservedRoom = false
    /// What is ready, in the order in which it became so, with what was passed over; the numbers are the entries' tickets.
    private var roll = Roll<Entry>()
    /// What was passed over in its turn (Stalled.swift).
    private(set) var stalled = Stalled()
    /// Entries whose state is `ready`.
    private(set) var count = 0

    init(maxEntries: Int) {
        self.maxEntries = maxEntries
        maxUnserved = max(1, maxEntries / 10)
    }

    // MARK: Entries

    /// - Parameters:
    ///   - rank: lower goes first, of what the same one has.
    ///   - sharer: who it is that it belongs to.
    ///   - tableCount: entries that memory holds.
    ///   - keepsTicket: it was passed over, and has been ready since before.
    /// - Returns: what has to go back to the disk: the entry itself, or others.
    mutating func add(_ entry: Entry, rank: Int64, sharer: String, tableCount: Int, keepsTicket: Bool) -> [Entry] {
        guard let lane = lane(Name(queue: entry.reminder.queue, task: entry.reminder.task)) else { return [entry] }
        let share = lane.share(sharer)
        let shed = tableCount >= maxEntries / 4 * 3 ? shed(for: share) : []
        guard share.drainedAt == nil else { return shed + [entry] }
        entry.state = .ready
        if !keepsTicket { entry.ticket = roll.add(entry) }
        entry.share = share
        lane.add(Lane.Item(place: Lane.Place(rank: rank, ticket: entry.ticket), entry: entry), to: share)
        count += 1
        lane.queue.count += 1
        if lane.links.isEmpty { unservedCount += 1 }
        shares.sort(share)
        lineUp(lane)
        return shed
    }

    /// - Returns: `nil` if nobody serves it, and what nobody serves has its places.
    private mutating func lane(_ name: Name) -> Lane? {
        // One that somebody serves has not been dropped.
        if let latest, !latest.links.isEmpty, latest.task == name.task, latest.queue.name == name.queue { return latest }
        let known = queues[name.queue]?.lanes[name.task]
        if let known, !known.links.isEmpty {
            latest = known
            return known
        }
        let serving = known == nil ? pools(serving: name) : []
        guard !serving.isEmpty || unservedCount < maxUnserved else { return nil }
        if let known { return known }
        let queue = queues[name.queue] ?? makeQueue(name.queue)
        let lane = Lane(name.task, of: queue)
        queue.lanes[name.task] = lane
        putAmongUnserved(lane)
        for pool in serving { link(lane, to: pool) }
        return lane
    }

    private mutating func makeQueue(_ name: String) -> LaneQueue {
        let queue = LaneQueue(name)
        queues[name] = queue
        sortedNames.insert(name)
        return queue
    }

    /// Forgets the name of a queue that has neither a lane nor anybody who serves it.
    private mutating func dropName(_ name: String) {
        if queues[name] == nil, poolsByQueue[name] == nil { sortedNames.remove(name) }
    }

    /// An entry is no longer ready.
    mutating func left(_ entry: Entry) {
        guard let share = entry.share else { return }
        entry.share = nil
        share.lane.left(share)
        hasLeft(share)
    }

    /// An entry that has just left its lane is passed over.
    mutating func stall(_ entry: Entry) {
        entry.state = .stalled
        stalled.add(entry)
    }

    /// An entry is passed over no longer.
    mutating func goesOn(_ entry: Entry) { stalled.left(entry) }

    private mutating func hasLeft(_ share: Share) {
        let lane = share.lane
        count -= 1
        if roll.isLoose(count: count + stalled.count) { roll.tidy(Self.isReady) }
        lane.queue.count -= 1
        shares.sort(share)
        if let few = share.drainedAt, share.count <= few {
            share.drainedAt = nil
            drained.insert(ShelfPlace(queue: lane.queue.name, task: lane.task, sharer: share.name))
        }
        guard lane.links.isEmpty else { return }
        leaveUnserved(1)
        if lane.count == 0 { drop(lane) }
    }

    /// So many fewer are ready of what nobody serves.
    private mutating func leaveUnserved(_ entries: Int) {
        let half = maxUnserved / 2
        if unservedCount > half, unservedCount - entries <= half { hasUnservedRoom = true }
        unservedCount -= entries
    }

    private mutating func drop(_ lane: Lane) {
        takeFromUnserved(lane)
        let queue = lane.queue
        queue.lanes[lane.task] = nil
        guard queue.lanes.isEmpty else { return }
        queues[queue.name] = nil
        dropName(queue.name)
    }

    // MARK: Overflow

    /// Memory gets scarce when something comes for a share: that one overflows if it is long; if many together fill the memory, a long
    /// one gives up half of what it has.
    private mutating func shed(for own: Share) -> [Entry] {
        if unservedCount > maxUnserved { return shedUnserved() }
        guard own.drainedAt == nil else { return [] }
        if own.count >= max(1, maxEntries / 4) {
            own.drainedAt = own.count / 2
            return []
        }
        guard count >= maxEntries / 2, let long = shares.long else { return [] }
        let kept = long === own ? own.count : long.count / 2
        long.drainedAt = kept / 2
        return long === own ? [] : long.rest(after: kept)
    }

    /// Their worker has gone: they held more than those that nobody serves may.
    private mutating func shedUnserved() -> [Entry] {
        var shed: [Entry] = [], excess = unservedCount - maxUnserved
        for lane in unserved.reversed() where excess > 0 {
            let last = lane.last(excess)
            excess -= last.count
            shed += last
        }
        return shed
    }

    /// Takes the shares that overflowed, and have room again.
    mutating func takeDrained() -> [ShelfPlace] {
        guard !drained.isEmpty else { return [] }
        defer { drained = [] }
        return drained.sorted { ($0.queue, $0.task, $0.sharer) < ($1.queue, $1.task, $1.sharer) }
    }

    /// Takes what has been served since this was last asked, and was not before.
    mutating func takeNewPools() -> [WorkerPool.Key] {
        guard !newPools.isEmpty else { return [] }
        defer { newPools = [] }
        return newPools
    }

    /// Whether half of the places for what nobody serves have become free since this was last asked.
    mutating func takeUnservedRoom() -> Bool {
        defer { hasUnservedRoom = false }
        return hasUnservedRoom
    }

    // MARK: Turns

    /// Puts a lane where it now belongs among those of its pools.
    private mutating func lineUp(_ lane: Lane) {
        guard !lane.links.isEmpty, !lane.isParked else { return }
        guard let head = lane.head else { return lane.leaveLine() }
        guard lane.place != head else { return }
        let joins = lane.place == nil
        lane.place = head
        lane.stamp += 1
        for index in lane.links.indices {
            let line = lane.links[index].line, pool = line.pool
            if joins { lane.links[index].round = pool.round + 1 }
            pool.lineUp(lane, at: head, round: lane.links[index].round, in: line)
            wake(pool)
        }
    }

    private mutating func wake(_ pool: WorkerPool) {
        guard !pool.isAwake, pool.hasRoom else { return }
        pool.isAwake = true
        awake.append(pool)
    }

    /// Takes what comes next in the lanes whose queue allows it and for which some worker has room, and the worker that has the most.
    mutating func next(_ allows: (_ queue: String) -> Bool) -> (Entry, Member)? {
        while let pool = awake.last {
            guard pool.hasRoom, let (line, lane) = pool.first else {
                pool.isAwake = false
                awake.removeLast()
                continue
            }
            guard lane.head == lane.place else {
                lineUp(lane)
                continue
            }
            guard allows(lane.queue.name) else {
                park(lane)
                continue
            }
            guard let free = freest(for: lane) else {
                pool.block(line)
                continue
            }
            guard let (entry, share) = lane.take() else { return nil }
            pool.takeTurn(of: line)
            entry.share = nil
            lane.leaveLine()
            lineUp(lane)
            hasLeft(share)
            return (entry, free.member)
        }
        return nil
    }

    private func freest(for lane: Lane) -> Crew.Free? {
        var best: Crew.Free?
        for link in lane.links {
            guard let free = link.line.pool.freest(for: lane.task) else { continue }
            if best.map({ free < $0 }) ?? true { best = free }
        }
        return best
    }

    /// The worker that can take the most of a reminder's lane, of some of them only.
    func freest(for reminder: Reminder, where isWanted: (Member) -> Bool) -> Member? {
        let name = Name(queue: reminder.queue, task: reminder.task)
        return pools(serving: name).compactMap { $0.freest(for: name.task, where: isWanted) }.min()?.member
    }

    private func park(_ lane: Lane) {
        lane.isParked = true
        lane.leaveLine()
        lane.queue.parked.append(lane)
    }

    /// The queue may allow something again.
    mutating func goOn(_ queue: String) {
        guard let queue = queues[queue], !queue.parked.isEmpty else { return }
        let lanes = queue.parked
        queue.parked = []
        for lane in lanes {
            lane.isParked = false
            lineUp(lane)
        }
    }

    /// Whether something of the queue waits until it allows more.
    func isParked(_ queue: String) -> Bool { queues[queue]?.parked.isEmpty == false }

    // MARK: Workers

    mutating func attach(_ id: WorkerID, queues: Set<String>, tasks: Set<String>, credit: Credit, isOpen: Bool) {
        let key = WorkerPool.Key(queues: queues, tasks: tasks)
        let pool = pools[key] ?? makePool(key)
        let member = Member(id, of: pool, credit: credit, isOpen: isOpen)
        members[id] = member
        pool.add(member)
        wake(pool)
    }

    mutating func detach(_ id: WorkerID) {
        guard let member = members.removeValue(forKey: id) else { return }
        member.pool.remove(member)
        if member.pool.isEmpty { remove(member.pool) }
    }

    /// What a worker may be handed; `nil` if it is not there.
    func credit(of id: WorkerID) -> Credit? { members[id]?.credit }

    /// A worker may be handed so many in all.
    mutating func setCreditLimit(_ limit: Int, of id: WorkerID) {
        guard let member = members[id] else { return }
        member.set(credit: Credit(limit: limit, used: member.credit.used))
        wake(member.pool)
    }

    /// One that was handed to a worker never reached it.
    mutating func giveBack(to id: WorkerID) {
        guard let member = members[id] else { return }
        member.use(-1)
        wake(member.pool)
    }

    /// Whether a worker is given anything.
    mutating func setOpen(_ isOpen: Bool, _ id: WorkerID) {
        guard let member = members[id] else { return }
        member.set(isOpen: isOpen)
        wake(member.pool)
    }

    /// What is held of a worker.
    func held(of id: WorkerID) -> HeldTasks { members[id]?.held ?? HeldTasks() }

    mutating func setHeld(_ held: HeldTasks, of id: WorkerID) {
        guard let member = members[id] else { return }
        member.pool.setHeld(held, of: member)
        wake(member.pool)
    }

    private mutating func makePool(_ key: WorkerPool.Key) -> WorkerPool {
        let pool = WorkerPool(key)
        pools[key] = pool
        for queue in key.queues.sorted() {
            poolsByQueue[queue, default: []].append(pool)
            sortedNames.insert(queue)
            for lane in lanes(of: queue, key.tasks) { link(lane, to: pool) }
        }
        newPools.append(key)
        return pool
    }

    private mutating func remove(_ pool: WorkerPool) {
        pools[pool.key] = nil
        for queue in pool.key.queues.sorted() {
            poolsByQueue[queue]?.removeAll { $0 === pool }
            if poolsByQueue[queue]?.isEmpty == true { poolsByQueue[queue] = nil }
            for lane in lanes(of: queue, pool.key.tasks) { unlink(lane, from: pool) }
            dropName(queue)
        }
    }

    /// As many as the announcement names at most, however many there are.
    private func lanes(of queue: String, _ tasks: Set<String>) -> [Lane] {
        guard let lanes = queues[queue]?.lanes else { return [] }
        return tasks.sorted().compactMap { lanes[$0] }
    }

    private func pools(serving name: Name) -> [WorkerPool] {
        (poolsByQueue[name.queue] ?? []).filter { $0.key.tasks.contains(name.task) }
    }

    private mutating func link(_ lane: Lane, to pool: WorkerPool) {
        if lane.links.isEmpty {
            takeFromUnserved(lane)
            leaveUnserved(lane.count)
        }
        let line = pool.line(of: lane.task)
        line.laneCount += 1
        lane.links.append(Lane.Link(line: line, round: pool.round + 1))
        guard let place = lane.place else { return lineUp(lane) }
        pool.lineUp(lane, at: place, round: pool.round + 1, in: line)
        wake(pool)
    }

    private mutating func unlink(_ lane: Lane, from pool: WorkerPool) {
        guard let index = lane.links.firstIndex(where: { $0.line.pool === pool }) else { return }
        lane.links.remove(at: index).line.laneCount -= 1
        guard lane.links.isEmpty else { return }
        lane.leaveLine()
        if lane.isParked {
            lane.isParked = false
            lane.queue.parked.removeAll { $0 === lane }
        }
        putAmongUnserved(lane)
        unservedCount += lane.count
        if lane.count == 0 { drop(lane) }
    }

    private mutating func putAmongUnserved(_ lane: Lane) {
        lane.unservedIndex = unserved.count
        unserved.append(lane)
    }

    private mutating func takeFromUnserved(_ lane: Lane) {
        guard let index = lane.unservedIndex else { return }
        lane.unservedIndex = nil
        let last = unserved.removeLast()
        guard last !== lane else { return }
        unserved[index] = last
        last.unservedIndex = index
    }

    // MARK: Outside's view

    /// Lanes with something ready that no worker serves, as `queue/task`; the first by name.
    func unserved(limit: Int) -> [String] {
        var names: [String] = []
        for lane in unserved where lane.count > 0 {
            names.append(Name(queue: lane.queue.name, task: lane.task).text)
            if names.count > 2 * limit { names = Array(names.sorted().prefix(limit)) }
        }
        return Array(names.sorted().prefix(limit))
    }

    /// Of what nobody serves, how much is ready.
    var unservedReady: Int { unservedCount }

    static func isReady(_ place: Roll<Entry>.Place) -> Bool { place.item.isReady && place.item.ticket == place.number }

    /// What has been ready for longest.
    mutating func oldest() -> Entry? { roll.first(Self.isReady) }

    /// What became ready after that, with what is not ready any more among it (`isReady`).
    func ready(after number: UInt64) -> ArraySlice<Roll<Entry>.Place> { roll.after(number) }

    func isServed(_ name: Name) -> Bool { !pools(serving: name).isEmpty }

    /// Entries that are ready.
    var countByQueue: [String: Int] { queues.mapValues(\.count).filter { $0.value > 0 } }

    /// How many attached workers serve that queue.
    func workers(serving queue: String) -> Int { poolsByQueue[queue]?.reduce(0) { $0 + $1.memberCount } ?? 0 }

    /// Entries of that queue that are ready.
    func count(in queue: String) -> Int { queues[queue]?.count ?? 0 }

    /// The first thing found that does not hold; `nil`: everything does.
    var brokenInvariant: String? {
        var total = 0, withoutWorkers = 0
        for queue in queues.values {
            let counted = queue.lanes.values.reduce(0) { $0 + $1.count }
            if queue.count != counted { return "queue \(queue.name) counts \(queue.count) ready, and its lanes \(counted)" }
            total += counted
            for lane in queue.lanes.values {
                if lane.links.isEmpty { withoutWorkers += lane.count }
                if lane.count > 0, !lane.links.isEmpty, !lane.isParked, lane.place == nil {
                    return "lane \(queue.name)/\(lane.task) has something, and waits for no turn"
                }
                if lane.isParked != queue.parked.contains(where: { $0 === lane }) {
                    return "lane \(queue.name)/\(lane.task) is not where it is parked"
                }
            }
        }
        let places = roll.after(0).count(where: Self.isReady)
        if places != count + stalled.count {
            return "\(count) are ready and \(stalled.count) passed over, and \(places) have a place in the order in which they became so"
        }
        if sortedNames.all != Set(queues.keys).union(poolsByQueue.keys).sorted() { return "the names of queues are not those that there are" }
        if total != count { return "the lanes count \(count) ready, and have \(total)" }
        if withoutWorkers != unservedCount { return "\(unservedCount) are counted that nobody serves, and there are \(withoutWorkers)" }
        return nil
    }
}

extension Lane {
    /// Waits for no turn.
    fileprivate func leaveLine() {
        place = nil
        stamp += 1
    }
}
