import HeapModule

/// What stands in a heap for something that may move or go meanwhile.
protocol Lapsing: Comparable {
    /// Whether what it stands for is still as it was when this was added.
    var isCurrent: Bool { get }
}

/// What is not current any more, where nothing is looked for when it goes.
enum Lapsed {
    /// So much of it may stay, however little is current.
    static let slack = 64

    /// Whether more has lapsed than is current. Dropped only then, each look at all of them is paid for by what was added since the last.
    static func prevails(in count: Int, of current: Int) -> Bool { count > 2 * current + slack }
}

/// A heap in which nothing is looked for: what moves is added anew, and what stands there for it from before is dropped when it comes up.
struct LazyHeap<Element: Lapsing> {
    private var heap = Heap<Element>()

    /// Adds an element. What has lapsed is never much more than what is current.
    /// - Parameter most: how many can be current besides, at most.
    mutating func insert(_ element: Element, besides most: Int) {
        if Lapsed.prevails(in: heap.count, of: most) { heap.removeAll { !$0.isCurrent } }
        heap.insert(element)
    }

    /// The first that is current.
    var first: Element? {
        mutating get {
            while let first = heap.min {
                if first.isCurrent { return first }
                heap.removeMin()
            }
            return nil
        }
    }

    /// Takes the first that is current.
    mutating func popFirst() -> Element? { first == nil ? nil : heap.popMin() }

    /// Those that are current, in no order.
    var current: [Element] { heap.unordered.filter(\.isCurrent) }
}
