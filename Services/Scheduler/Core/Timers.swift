import TaskDomain

/// An occurrence at a time of the clock that its heap goes by: ascending by time, then by key, so that runs repeat exactly.
struct EntryTimer<Time: Comparable>: Comparable {
    let at: Time
    let entry: Entry

    static func == (a: EntryTimer, b: EntryTimer) -> Bool { a.at == b.at && a.entry.key == b.entry.key }

    static func < (a: EntryTimer, b: EntryTimer) -> Bool { a.at != b.at ? a.at < b.at : a.entry.key < b.entry.key }
}

extension EntryTimer<UnixMilliseconds> {
    /// Whether the entry still waits for this time.
    var isCurrent: Bool { entry.state == .waiting && entry.dueAt == at }
}

/// A lease at its deadline: ascending by time, then in the order in which they began, so that each new one comes last of all.
struct LeaseTimer: Comparable {
    let at: MonotonicMilliseconds
    let lease: LeaseID
    /// Its place in the order in which they began.
    let number: UInt64

    static func < (a: LeaseTimer, b: LeaseTimer) -> Bool { a.at != b.at ? a.at < b.at : a.number < b.number }
}
