import HeapModule

/// The attached workers that serve the same queues and tasks, and the lanes that wait for them.
///
/// Lanes have turns as the shares of a lane have, so that neither a long one nor an old one keeps the others waiting.
final class WorkerPool {
    struct Key: Hashable {
        let queues: Set<String>
        let tasks: Set<String>

        func serves(queue: String, task: String) -> Bool { queues.contains(queue) && tasks.contains(task) }
    }

    private struct Turn: Comparable {
        let round: Int64
        let place: Lane.Place
        let stamp: UInt64
        let lane: Lane

        var isCurrent: Bool { lane.stamp == stamp }

        static func == (a: Turn, b: Turn) -> Bool { a.round == b.round && a.place == b.place }
        static func < (a: Turn, b: Turn) -> Bool { a.round != b.round ? a.round < b.round : a.place < b.place }
    }

    /// A worker that can take something.
    struct Free: Comparable {
        let worker: WorkerID
        let room: Int

        /// The most room first.
        static func < (a: Free, b: Free) -> Bool { a.room != b.room ? a.room > b.room : a.worker < b.worker }
    }

    let key: Key
    /// What each worker can take now.
    private var rooms: [WorkerID: Int] = [:]
    /// With what is not true any more among it.
    private var free = Heap<Free>()
    private var turns = Heap<Turn>()
    /// The round of the turn that was taken last.
    private(set) var round: Int64 = 0
    /// Lanes that it serves.
    var laneCount = 0
    /// Among those that may have something to do.
    var isAwake = false

    init(_ key: Key) { self.key = key }

    // MARK: Workers

    var workerCount: Int { rooms.count }

    func set(_ worker: WorkerID, room: Int) {
        guard rooms.updateValue(room, forKey: worker) != room, room > 0 else { return }
        if free.count > 2 * rooms.count + Lane.slack { free.removeAll { [rooms] in rooms[$0.worker] != $0.room } }
        free.insert(Free(worker: worker, room: room))
    }

    func remove(_ worker: WorkerID) { rooms[worker] = nil }

    func spend(_ worker: WorkerID) {
        if let room = rooms[worker] { set(worker, room: max(0, room - 1)) }
    }

    /// The worker that can take the most.
    var freest: Free? {
        while let first = free.min {
            if rooms[first.worker] == first.room { return first }
            free.removeMin()
        }
        return nil
    }

    // MARK: Lanes

    func lineUp(_ lane: Lane, at place: Lane.Place, round: Int64) {
        if turns.count > 2 * laneCount + Lane.slack { turns.removeAll { !$0.isCurrent } }
        turns.insert(Turn(round: round, place: place, stamp: lane.stamp, lane: lane))
    }

    /// The lane whose turn it is.
    var first: Lane? {
        while let turn = turns.min {
            if turn.isCurrent { return turn.lane }
            turns.removeMin()
        }
        return nil
    }

    /// The first lane has its turn.
    func takeTurn() {
        if first != nil, let turn = turns.popMin() { round = turn.round }
    }
}
