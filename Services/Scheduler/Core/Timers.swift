/// An occurrence at a time, in milliseconds of whichever clock its heap goes by: ascending by time, then by key, so that runs repeat exactly.
struct EntryTimer: Comparable {
    let at: Int64
    let entry: Entry

    /// Whether the entry still waits for this time.
    var isCurrent: Bool { entry.state == .waiting && entry.dueAtMilliseconds == at }

    static func == (a: EntryTimer, b: EntryTimer) -> Bool { a.at == b.at && a.entry.key == b.entry.key }

    static func < (a: EntryTimer, b: EntryTimer) -> Bool { a.at != b.at ? a.at < b.at : a.entry.key < b.entry.key }
}

/// A lease at its deadline, in monotonic milliseconds.
struct LeaseTimer: Comparable {
    let at: Int64
    let lease: UInt64

    static func < (a: LeaseTimer, b: LeaseTimer) -> Bool { a.at != b.at ? a.at < b.at : a.lease < b.lease }
}
