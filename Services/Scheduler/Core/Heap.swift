/// A binary min-heap (J. W. J. Williams, "Algorithm 232: Heapsort", CACM 7, 1964).
struct Heap<Element: Comparable> {
    private var elements: [Element] = []

    var count: Int { elements.count }
    var isEmpty: Bool { elements.isEmpty }
    var first: Element? { elements.first }
    /// All of them, in no order.
    var unordered: [Element] { elements }

    mutating func push(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard elements[child] < elements[parent] else { return }
            elements.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> Element? {
        guard let last = elements.popLast() else { return nil }
        guard let top = elements.first else { return last }
        elements[0] = last
        siftDown(0)
        return top
    }

    /// Removes what does not pass, in linear time.
    mutating func filter(_ isKept: (Element) -> Bool) {
        elements.removeAll { !isKept($0) }
        for index in stride(from: elements.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            let left = 2 * parent + 1, right = left + 1
            guard left < elements.count else { return }
            let least = right < elements.count && elements[right] < elements[left] ? right : left
            guard elements[least] < elements[parent] else { return }
            elements.swapAt(parent, least)
            parent = least
        }
    }
}

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
