import Storage
import TaskDomain
import TaskRecurrence

/// One occurrence in memory.
final class Entry {
    enum State: Equatable {
        /// For its time.
        case waiting
        /// Due, and perhaps running at a worker of a former process (Rejoining.swift).
        case inDoubt
        /// For a worker.
        case ready
        /// Due, and handed out before, and nothing of it was sent: for its rest to end.
        case resting
        /// Due, and passed over, as the store is behind with its strand: for that to end (Stalled.swift).
        case stalled
        /// At a worker.
        case leased(LeaseID, Fate)
        /// No longer at a worker: what its end means depends on a change that is on its way (Changes.swift).
        case ended(Fate)
        /// No longer in memory; whoever still refers to it must leave it alone.
        case gone
    }

    /// What is to become of an occurrence that a worker has, or had.
    enum Fate {
        /// It is settled, and its series goes on.
        case kept
        /// Its reminder was paused or held meanwhile: what comes of it stays on disk.
        case paused
        /// Its reminder was cancelled, or has another schedule: its outcome is recorded, and no more. It is in no table.
        case revoked
    }

    /// What follows in the series.
    enum Successor {
        case unknown
        case known(Cursor?)
    }

    let key: OccurrenceKey
    var dueAt: UnixMilliseconds
    var reminder: Reminder
    var tries: Tries
    /// Times in a row that it came back from a worker and nothing had been sent.
    var unsent = 0
    /// The index in the series while this is the reminder's position; `nil` once it has a row of its own.
    var positionIndex: Int64?
    var state = State.waiting
    /// While it is ready, or passed over: which time of being ready this is, and whose part of its lane it is in (Lane.swift).
    var ticket: UInt64 = 0
    unowned var share: Share?
    var successor = Successor.unknown
    /// Asked for by a person: neither a pause nor its expiry holds it up.
    var isManual: Bool
    /// For when there is a timer, as the next of its series is due then; `distantPast`: for no time.
    var overtakeAt = UnixMilliseconds.distantPast
    /// A person had this very second run: that has a row besides the series' position, which this one is.
    var hasRow = false
    /// What its series missed up to then has been cut to what is fired of it (Misfires.swift).
    var catchUpEnd = UnixSeconds.distantPast
    /// Compiled from the schedule when first needed, and handed on to the next occurrence.
    var series: Series?

    init(_ entry: DueEntry) {
        key = entry.due.occurrence
        dueAt = entry.due.dueAt
        reminder = entry.reminder
        tries = entry.tries
        positionIndex = entry.positionIndex
        isManual = entry.isManual
    }

    var due: DueKey { DueKey(dueAt: dueAt, occurrence: key) }

    var dueEntry: DueEntry {
        DueEntry(due: due, reminder: reminder, tries: tries, positionIndex: positionIndex, isManual: isManual)
    }

    /// From when on it is not delivered any more.
    var expiry: UnixMilliseconds? { isManual ? nil : reminder.expiry(of: key.scheduledAt) }

    /// Whether it is due, and waits for a worker, also where it was passed over in its turn.
    var isReady: Bool {
        switch state {
        case .ready, .stalled: true
        case .waiting, .inDoubt, .resting, .leased, .ended, .gone: false
        }
    }

    /// Whether a worker has it, or had it and its end is not settled yet.
    var isHandedOut: Bool {
        switch state {
        case .leased, .ended: true
        case .waiting, .inDoubt, .ready, .resting, .stalled, .gone: false
        }
    }

    /// What is to become of it; `kept` unless a change while a worker had it says otherwise.
    var fate: Fate {
        switch state {
        case .leased(_, let fate), .ended(let fate): fate
        // What it was taken out of memory for decides, on disk.
        case .gone: .paused
        case .waiting, .inDoubt, .ready, .resting, .stalled: .kept
        }
    }

    /// Decides what is to become of it; does nothing where no worker has or had it.
    func destine(to fate: Fate) {
        switch state {
        case .leased(let lease, _): state = .leased(lease, fate)
        case .ended: state = .ended(fate)
        case .waiting, .inDoubt, .ready, .resting, .stalled, .gone: break
        }
    }
}

/// The occurrences in memory, found by key or by reminder.
struct EntryTable {
    /// Nearly every reminder has one occurrence in memory; it needs no table of its own.
    private enum Slot {
        case one(Entry)
        case many([UnixSeconds: Entry])
    }

    private var slots: [ReminderID: Slot] = [:]
    private(set) var count = 0

    subscript(key: OccurrenceKey) -> Entry? {
        switch slots[key.reminder] {
        case nil: nil
        case .one(let entry): entry.key == key ? entry : nil
        case .many(let entries): entries[key.scheduledAt]
        }
    }

    func entries(of id: ReminderID) -> [Entry] {
        switch slots[id] {
        case nil: []
        case .one(let entry): [entry]
        case .many(let entries): entries.values.sorted { $0.key < $1.key }
        }
    }

    var all: [Entry] {
        var all: [Entry] = []
        all.reserveCapacity(count)
        for slot in slots.values {
            switch slot {
            case .one(let entry): all.append(entry)
            case .many(let entries): all += entries.values
            }
        }
        return all
    }

    /// Does nothing where there is an entry of that key.
    mutating func insert(_ entry: Entry) {
        let id = entry.key.reminder
        switch slots[id] {
        case nil: slots[id] = .one(entry)
        case .one(let other):
            guard other.key != entry.key else { return }
            slots[id] = .many([other.key.scheduledAt: other, entry.key.scheduledAt: entry])
        case .many(var entries):
            // Out of the table first, so that the change is made in place.
            slots[id] = nil
            let before = entries.count
            if entries[entry.key.scheduledAt] == nil { entries[entry.key.scheduledAt] = entry }
            slots[id] = .many(entries)
            guard entries.count > before else { return }
        }
        count += 1
    }

    /// Does nothing where it is not in the table, even if another entry of its key is.
    mutating func remove(_ entry: Entry) {
        let id = entry.key.reminder
        guard self[entry.key] === entry else { return }
        switch slots[id] {
        case nil: return
        case .one: slots[id] = nil
        case .many(var entries):
            slots[id] = nil
            entries[entry.key.scheduledAt] = nil
            if !entries.isEmpty { slots[id] = .many(entries) }
        }
        count -= 1
    }
}
