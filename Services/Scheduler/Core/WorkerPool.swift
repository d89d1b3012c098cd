/// The attached workers that serve the same queues and tasks, and the lanes that wait for them.
///
/// Lanes have turns as the shares of a lane have, so that neither a long one nor an old one keeps the others waiting. Those of a task
/// wait in one line, which is passed over as a whole while none of the workers that have room can send anything of it (Holds.swift).
final class WorkerPool {
    struct Key: Hashable {
        let queues: Set<String>
        let tasks: Set<String>

        func serves(queue: String, task: String) -> Bool { queues.contains(queue) && tasks.contains(task) }
    }

    /// A line, with the turn of the lane that is first in it.
    private struct LineTurn: Lapsing {
        let turn: Line.Turn
        let stamp: UInt64
        let line: Line

        var isCurrent: Bool { line.stamp == stamp }

        static func == (a: LineTurn, b: LineTurn) -> Bool { a.turn == b.turn }
        static func < (a: LineTurn, b: LineTurn) -> Bool { a.turn < b.turn }
    }

    let key: Key
    /// By what is held of them: one while nothing is. Each has somebody.
    private var crews: [Crew] = []
    private var lines: [String: Line] = [:]
    private var lineTurns = LazyHeap<LineTurn>()
    /// Lines that wait for somebody who can send what is in them. As many as tasks are held, at most.
    private var blocked: [Line] = []
    /// The latest round of which a turn was taken.
    private(set) var round: Int64 = 0
    /// Among those that may have something to do.
    var isAwake = false

    init(_ key: Key) { self.key = key }

    // MARK: Workers

    var isEmpty: Bool { crews.isEmpty }
    var memberCount: Int { crews.reduce(0) { $0 + $1.memberCount } }

    func add(_ member: Member) { put(member, into: HeldTasks()) }

    func remove(_ member: Member) {
        guard let crew = member.crew else { return }
        member.crew = nil
        member.stamp += 1
        crew.memberCount -= 1
        if crew.memberCount == 0 { crews.removeAll { $0 === crew } }
    }

    /// Some of its tasks are held, or are no more.
    func setHeld(_ held: HeldTasks, of member: Member) {
        guard member.crew?.held != held else { return }
        remove(member)
        put(member, into: held)
    }

    private func put(_ member: Member, into held: HeldTasks) {
        let crew = crews.first { $0.held == held } ?? Crew(held)
        if crew.memberCount == 0 { crews.append(crew) }
        crew.memberCount += 1
        member.crew = crew
        roomHasChanged(of: member)
    }

    /// What a worker can take is another number now.
    func roomHasChanged(of member: Member) {
        guard let crew = member.crew else { return }
        crew.sort(member)
        guard !blocked.isEmpty, member.room > 0 else { return }
        for line in blocked where !crew.held.shut.contains(line.task) { lineUp(line) }
        blocked.removeAll { !$0.isBlocked }
    }

    /// Whether anybody can take anything.
    var hasRoom: Bool { crews.contains { $0.freest != nil } }

    /// The worker that can take the most of a task.
    func freest(for task: String) -> Crew.Free? {
        var best: Crew.Free?
        for crew in crews where !crew.held.shut.contains(task) {
            guard let free = crew.freest else { continue }
            let candidate = crew.offer(free, of: task)
            if best.map({ candidate < $0 }) ?? true { best = candidate }
        }
        return best
    }

    /// The same of some of the workers only, which are looked through.
    func freest(for task: String, where isWanted: (Member) -> Bool) -> Crew.Free? {
        crews.filter { !$0.held.shut.contains(task) }.flatMap { crew in
            crew.allFree.filter { isWanted($0.member) }.map { crew.offer($0, of: task) }
        }.min()
    }

    // MARK: Lanes

    func line(of task: String) -> Line {
        if let line = lines[task] { return line }
        let line = Line(task, of: self)
        lines[task] = line
        return line
    }

    func lineUp(_ lane: Lane, at place: Lane.Place, round: Int64, in line: Line) {
        line.add(lane, at: place, round: round)
        if !line.isBlocked { sort(line) }
    }

    /// The line whose lane has its turn, with that lane; `nil` where nothing waits that somebody could send.
    var first: (line: Line, lane: Lane)? {
        while let turn = lineTurns.first {
            if let first = turn.line.first, first == turn.turn { return (turn.line, first.lane) }
            // With what it has next, or not at all.
            sort(turn.line)
        }
        return nil
    }

    /// The first lane of a line has its turn.
    func takeTurn(of line: Line) {
        guard let turn = line.take() else { return }
        round = max(round, turn.round)
    }

    /// Nobody who has room can send what is in a line.
    func block(_ line: Line) {
        line.leave()
        line.isBlocked = true
        blocked.append(line)
    }

    private func lineUp(_ line: Line) {
        line.isBlocked = false
        sort(line)
    }

    /// Puts a line where it now belongs among the others.
    private func sort(_ line: Line) {
        guard let first = line.first else { return line.leave() }
        guard line.turn != first else { return }
        line.turn = first
        line.stamp += 1
        lineTurns.insert(LineTurn(turn: first, stamp: line.stamp, line: line), besides: lines.count)
    }
}

/// The lanes of one task that wait for a pool.
final class Line {
    struct Turn: Lapsing {
        let round: Int64
        let place: Lane.Place
        let stamp: UInt64
        let lane: Lane

        var isCurrent: Bool { lane.stamp == stamp }

        static func == (a: Turn, b: Turn) -> Bool { a.round == b.round && a.place == b.place }
        static func < (a: Turn, b: Turn) -> Bool { a.round != b.round ? a.round < b.round : a.place < b.place }
    }

    let task: String
    unowned let pool: WorkerPool
    private var turns = LazyHeap<Turn>()
    /// Lanes of the task that the pool serves.
    var laneCount = 0
    /// With what it waits among the pool's lines; `nil`: it does not.
    fileprivate var turn: Turn?
    /// Changes with every new place there.
    fileprivate var stamp: UInt64 = 0
    /// It waits for somebody who can send what is in it.
    fileprivate(set) var isBlocked = false

    fileprivate init(_ task: String, of pool: WorkerPool) {
        self.task = task
        self.pool = pool
    }

    fileprivate func add(_ lane: Lane, at place: Lane.Place, round: Int64) {
        turns.insert(Turn(round: round, place: place, stamp: lane.stamp, lane: lane), besides: laneCount)
    }

    fileprivate var first: Turn? { turns.first }

    fileprivate func take() -> Turn? { turns.popFirst() }

    /// Waits no more among the pool's lines.
    fileprivate func leave() {
        turn = nil
        stamp += 1
    }
}

/// What is held of a worker, see Holds.swift.
struct HeldTasks: Hashable {
    /// Of which it is handed nothing for now.
    var shut: Set<String> = []
    /// Of which it is handed some, to find out whether it can send again.
    var tried: Set<String> = []
}

/// The workers of a pool of which the same is held, by what they can take.
final class Crew {
    /// A worker that can take something.
    struct Free: Lapsing {
        let member: Member
        let room: Int
        let stamp: UInt64

        var isCurrent: Bool { member.stamp == stamp }

        static func == (a: Free, b: Free) -> Bool { a.room == b.room && a.member.id == b.member.id }
        /// The most room first.
        static func < (a: Free, b: Free) -> Bool { a.room != b.room ? a.room > b.room : a.member.id < b.member.id }
    }

    let held: HeldTasks
    fileprivate var memberCount = 0
    /// With what is not true any more among it.
    private var free = LazyHeap<Free>()

    fileprivate init(_ held: HeldTasks) { self.held = held }

    /// Puts a worker where it now belongs.
    fileprivate func sort(_ member: Member) {
        member.stamp += 1
        guard member.room > 0 else { return }
        free.insert(Free(member: member, room: member.room, stamp: member.stamp), besides: memberCount)
    }

    /// The worker that can take the most.
    fileprivate var freest: Free? { free.first }

    /// What a worker can take of a task. Who is to find out whether it can send again counts for one: where others can send, it is for them.
    fileprivate func offer(_ free: Free, of task: String) -> Free {
        held.tried.contains(task) ? Free(member: free.member, room: 1, stamp: free.stamp) : free
    }

    /// All workers that can take something, in no order.
    fileprivate var allFree: [Free] { free.current }
}

/// What a worker may be handed on its stream.
struct Credit {
    /// In all, as it says.
    var limit = 0
    /// So far. What never reached it does not count.
    var used = 0

    /// How many more; less than nothing where it lowered the limit when more than that had been handed out.
    var left: Int { limit - used }
}

/// A worker among those of its pool: the one account of what it can take.
final class Member {
    let id: WorkerID
    let pool: WorkerPool
    private(set) var credit: Credit
    /// Whether it is given anything.
    private(set) var isOpen: Bool
    /// Those of which the same is held.
    fileprivate var crew: Crew?
    /// Changes with every other room, and every other crew.
    fileprivate var stamp: UInt64 = 0

    init(_ id: WorkerID, of pool: WorkerPool, credit: Credit, isOpen: Bool) {
        self.id = id
        self.pool = pool
        self.credit = credit
        self.isOpen = isOpen
    }

    /// How many it is given now, at most.
    var room: Int { isOpen ? credit.left : 0 }

    /// What is held of it.
    var held: HeldTasks { crew?.held ?? HeldTasks() }

    /// It is handed one, or `count`; less than nothing: one of those never reached it.
    func use(_ count: Int = 1) {
        var credit = credit
        credit.used += count
        set(credit: credit)
    }

    func set(credit: Credit? = nil, isOpen: Bool? = nil) {
        let before = room
        self.credit = credit ?? self.credit
        self.isOpen = isOpen ?? self.isOpen
        if room != before { pool.roomHasChanged(of: self) }
    }
}
