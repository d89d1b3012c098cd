import Synchronization

/// Counts the API's connections, or their streams, so that idle ones make room when there are nearly as many as there may be: connections that ask for
/// nothing must not keep out those that do.
final class Crowd: Sendable {
    /// Connections at once.
    let limit: Int
    private let open = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// Whether four in five places are taken.
    var isDense: Bool { open.load(ordering: .relaxed) >= max(1, limit - limit / 5) }

    var isFull: Bool { open.load(ordering: .relaxed) >= limit }

    func opened() { open.add(1, ordering: .relaxed) }
    func closed() { open.subtract(1, ordering: .relaxed) }
}
