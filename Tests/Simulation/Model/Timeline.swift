import TaskDomain

/// Simulated time and what happens when. One thing after the other, in an order that follows from the seed.
///
/// Two clocks, as a machine has: `monotonic` only goes forwards, `wall` may be set.
final class Timeline {
    private struct Item: Comparable {
        let at: Int64
        /// Of two things at the same millisecond the one that was asked for first comes first.
        let number: UInt64
        let process: Process?
        let body: () -> Void

        static func == (a: Item, b: Item) -> Bool { a.number == b.number }

        static func < (a: Item, b: Item) -> Bool { a.at != b.at ? a.at < b.at : a.number < b.number }
    }

    /// Milliseconds.
    private(set) var monotonic: Int64 = 1_000_000
    private(set) var wallOffset: Int64
    private(set) var steps = 0
    /// Since time last passed: something that wakes itself again and again lets no time pass.
    private(set) var stepsInThisMillisecond = 0
    private var items: [Item] = []
    private var nextNumber: UInt64 = 1

    init(wall: UnixMilliseconds) { wallOffset = wall.count - monotonic }

    var wall: UnixMilliseconds { UnixMilliseconds(monotonic + wallOffset) }

    func setWallClock(by milliseconds: Int64) { wallOffset += milliseconds }

    /// - Parameter process: whose doing it is: a dead one does nothing, a stopped one does it when it goes on.
    func schedule(in milliseconds: Int64, for process: Process? = nil, _ body: @escaping () -> Void) {
        push(Item(at: monotonic + max(0, milliseconds), number: nextNumber, process: process, body: body))
        nextNumber += 1
    }

    /// Lets time pass until then.
    func run(until end: Int64, while goesOn: () -> Bool) {
        while let first = items.first, first.at <= end, goesOn() {
            let item = pop()
            if item.at > monotonic { stepsInThisMillisecond = 0 }
            monotonic = max(monotonic, item.at)
            if let process = item.process {
                guard process.isAlive else { continue }
                guard process.stoppedUntil <= monotonic else {
                    push(Item(at: process.stoppedUntil, number: item.number, process: process, body: item.body))
                    continue
                }
            }
            steps += 1
            stepsInThisMillisecond += 1
            item.body()
        }
        if goesOn() { monotonic = max(monotonic, end) }
    }

    /// Nothing more happens.
    func clear() { items = [] }

    // MARK: The heap

    private func push(_ item: Item) {
        items.append(item)
        var child = items.count - 1
        while child > 0, items[child] < items[(child - 1) / 2] {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func pop() -> Item {
        items.swapAt(0, items.count - 1)
        let first = items.removeLast()
        var parent = 0
        while true {
            let left = 2 * parent + 1, right = left + 1
            guard left < items.count else { return first }
            let least = right < items.count && items[right] < items[left] ? right : left
            guard items[least] < items[parent] else { return first }
            items.swapAt(parent, least)
            parent = least
        }
    }
}

/// Something that can die, or be stopped for a while (SIGSTOP).
class Process {
    private(set) var isAlive = true
    /// Monotonic milliseconds.
    var stoppedUntil: Int64 = 0
    /// Told when it dies: the other ends of its connections.
    private var mourners: [() -> Void] = []

    func onDeath(_ body: @escaping () -> Void) { mourners.append(body) }

    func kill() {
        guard isAlive else { return }
        isAlive = false
        let told = mourners
        mourners = []
        for mourner in told { mourner() }
    }
}
