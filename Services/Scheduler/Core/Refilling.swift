import Storage
import TaskDomain

/// What is in memory, and what stays on disk.
extension SchedulerCore {
    /// Puts an entry where it belongs: into memory to wait for its time, or nowhere, for a load to bring it.
    ///
    /// What is written of it must have been added to the outbox before.
    mutating func place(_ entry: Entry) {
        let shard = entry.key.reminder.shard
        let isIn = table[entry.key] === entry
        if !isIn, entry.positionIndex != nil, passed.reached(entry.key) { return stepPast(entry) }
        guard windows[shard]?.holds(entry.due) ?? false else {
            if isIn { forget(entry) }
            return
        }
        if isIn {
            leaveTurn(entry)
        } else {
            if let other = table[entry.key], !makesWay(other, for: entry) { return }
            guard table.count < configuration.maxEntriesInMemory || breaks(.ignoresTheMemoryBound) else {
                windows[shard]?.leaveOnDisk(entry.due)
                return
            }
            table.insert(entry)
            entry.state = .waiting
            // A worker of a former process had this one too.
            if settleClaim(to: entry) { return }
        }
        entry.state = .waiting
        wait(entry)
    }

    /// Decides between two entries of one second. A load was faster than what else told of it; or a person had an occurrence of that
    /// very second run, which stands for its series' one, whichever of them is known first.
    /// - Returns: whether the one in memory has left it.
    private mutating func makesWay(_ other: Entry, for entry: Entry) -> Bool {
        if entry.positionIndex != nil, other.positionIndex == nil { stepPast(entry) }
        guard entry.positionIndex == nil, other.positionIndex != nil else { return false }
        guard !other.isHandedOut else {
            other.hasRow = true
            return false
        }
        forget(other)
        stepPast(other)
        return true
    }

    /// An entry is in memory for its time.
    mutating func wait(_ entry: Entry) {
        waiting.insert(EntryTimer(at: entry.dueAt, entry: entry))
        hasNothingToLeave = false
    }

    // MARK: Loads

    /// Asks for what comes after the windows, the most urgent shard first.
    mutating func refill() {
        guard strands.all.contains(where: { mayLoad($0) }) else { return }
        loadFromShelves()
        let first = mostUrgent()
        guard first != nil || isAnyShelfWanted else { return }
        if room < leastLoad, isAnyShelfWanted || first.map({ $0.wanted.end < now.wall }) ?? false {
            if !leaveDoubtsOnDisk() { makeRoom() }
            loadFromShelves()
        }
        let hurry = now.wall + configuration.horizonMilliseconds / 4
        while room >= leastLoad, let (token, wanted) = mostUrgent(), wanted.end < hurry || windows.loads < Self.unhurriedLoads {
            let load = Window.Load(through: now.wall + configuration.horizonMilliseconds, limit: min(configuration.loadLimit, room))
            let after = windows.begin(load, wanted, of: token)
            effects.append(.load(token: token, wanted.shard, after: after, through: load.through, limit: load.limit))
        }
    }

    /// So many loads are under way at once where nothing is needed soon: what is written waits behind those of its strand.
    static var unhurriedLoads: Int { 8 }

    /// The shard that is to be read first: the one that has been read least far, where that is less than half of the horizon.
    private mutating func mostUrgent() -> (token: UInt64, wanted: Windows.Wanted)? {
        let soon = now.wall + configuration.horizonMilliseconds / 2
        var first: (token: UInt64, wanted: Windows.Wanted)?
        for strand in strands.all where mayLoad(strand) {
            guard let wanted = windows.leastRead(of: strand.readToken), wanted.end < soon, first.map({ wanted < $0.wanted }) ?? true else { continue }
            first = (strand.readToken, wanted)
        }
        return first
    }

    /// Whether a load of a strand would see what was decided of it. What is being released is read no more.
    private func mayLoad(_ strand: Strand) -> Bool {
        strand.outbox.isHandedOver && now.monotonic >= strand.loadsPausedUntil && !strand.isRetired
            && strand.shelf.unwritten < configuration.maxPendingWrites
    }

    /// Whether a strand's shelf is to be read, and can be.
    func wantsShelf(_ strand: Strand) -> Bool { strand.shelf.isWanted && mayLoad(strand) }

    var isAnyShelfWanted: Bool { strands.all.contains { wantsShelf($0) } }

    /// Entries that memory has room for, beyond those that loads under way may bring.
    var room: Int {
        let fromShelves = strands.all.reduce(0) { $0 + ($1.shelf.load?.limit ?? 0) }
        return configuration.maxEntriesInMemory - table.count - fromShelves - windows.reserved
    }

    /// Loads of a handful at a time would cost more than they bring.
    var leastLoad: Int { max(1, min(configuration.loadLimit, configuration.maxEntriesInMemory / 64)) }

    /// Leaves what is due last to the disk, a quarter of all, for what is due already and cannot get in.
    private mutating func makeRoom() {
        guard !hasNothingToLeave else { return }
        let future = table.all.filter { $0.state == .waiting && $0.dueAt > now.wall }
            .sorted { $0.due < $1.due }
        hasNothingToLeave = future.isEmpty
        for entry in future.suffix(max(1, configuration.maxEntriesInMemory / 4)) {
            windows[entry.key.reminder.shard]?.leaveOnDisk(entry.due)
            forget(entry)
        }
    }

    /// The load of a shard that was asked for with that token; `nil`: it was asked for when the shard was another strand's.
    private func load(_ token: UInt64, of shard: Shard) -> Window.Load? {
        guard let window = windows[shard], window.token == token || breaks(.believesFormerLoads) else { return nil }
        return window.load
    }

    mutating func loaded(_ token: UInt64, _ shard: Shard, _ page: DuePage) {
        guard let load = load(token, of: shard) else { return }
        guard !load.isVoid else {
            windows[shard]?.load = nil
            return
        }
        for found in page.entries {
            // Also by what became of those before it: a claim may have ended the series.
            let isStale = windows[shard]?.load?.outdated.covers(found) ?? true
            guard !isStale || breaks(.believesStaleLoads) else { continue }
            let entry = Entry(found), key = entry.key
            if let other = table[key], !makesWay(other, for: entry) { continue }
            if entry.positionIndex != nil, passed.reached(key) {
                stepPast(entry)
                continue
            }
            // Others have come meanwhile and taken the room.
            guard table.count < configuration.maxEntriesInMemory else {
                windows[shard]?.leaveOnDisk(entry.due)
                break
            }
            table.insert(entry)
            if entry.positionIndex != nil { unheardCreates.told(of: key.reminder) }
            if !settleClaim(to: entry) { wait(entry) }
        }
        windows[shard]?.finish(end: page.end)
        if !leases.claims.isEmpty, strands[shard]?.doubt == nil, isLoaded(shard) { dropClaims { $0 == shard } }
    }

    /// How long a store that could not read is left alone.
    static var loadPauseMilliseconds: Int64 { 200 }

    mutating func loadFailed(_ token: UInt64, _ shard: Shard) {
        guard load(token, of: shard) != nil else { return }
        windows[shard]?.load = nil
        strands[shard]?.loadsPausedUntil = now.monotonic + Self.loadPauseMilliseconds
    }
}
