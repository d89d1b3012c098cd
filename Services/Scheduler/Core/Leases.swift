import HeapModule
import Storage
import TaskDomain

/// A worker's right to run an occurrence.
struct Lease {
    /// Who has it.
    enum Holder: Equatable {
        case attached(WorkerID)
        /// A worker whose connection broke, by its instance.
        case lost(String)
    }

    let entry: Entry
    /// The definition that it was dispatched with: another since then may have another credential.
    let reminder: Reminder
    fileprivate(set) var holder: Holder
    fileprivate(set) var deadline: MonotonicMilliseconds
    /// Since when its worker has it, as far as that is known.
    let since: MonotonicMilliseconds
    /// Its task has said that it goes on, and was told that it may.
    fileprivate(set) var isExtended: Bool
    let dispatchedAt: UnixMilliseconds
    /// Taken over on a worker's word: which definition it was dispatched with is not known.
    let isInherited: Bool
    /// Its place in the order in which they began.
    let number: UInt64
}

/// Who may run what, and until when: the leases of attached workers and of those that may be back in a moment, and what is
/// to be taken back from them.
///
/// It keeps the state of the leased entries: `leased` while there is a lease, `ended` behind it.
struct Leases {
    /// A worker whose connection broke, and which may be back in a moment.
    private struct LostWorker {
        var leases: Set<LeaseID>
        let until: MonotonicMilliseconds
        /// It may run what was extended, and not know that it is lost: that is waited for as long as its leases last.
        let keepsExtended: Bool
    }

    private var leases: [LeaseID: Lease] = [:]
    private var attached: [WorkerID: Set<LeaseID>] = [:]
    private var lost: [String: LostWorker] = [:]
    private var deadlines = Heap<LeaseTimer>()
    private var numbers: LeaseNumbers
    /// In the order in which they began.
    private var roll = Roll<LeaseID>()
    /// Taken back in this step, by the worker to be told.
    private var revocations: [WorkerID: [LeaseID]] = [:]
    /// Called off in this step, by the worker to be told.
    private var calledOff: [WorkerID: [LeaseID]] = [:]
    /// How far tasks say that they are.
    private(set) var progress: [LeaseID: TaskProgress] = [:]
    /// What workers say they run, or have run, without a lease of this process.
    var claims = Claims()

    init(numbers: LeaseNumbers) { self.numbers = numbers }

    var count: Int { leases.count }
    subscript(id: LeaseID) -> Lease? { leases[id] }
    /// All of them, in no order.
    var all: some Sequence<(key: LeaseID, value: Lease)> { leases }

    // MARK: One lease

    /// Has numbers for leases in a shard that was taken.
    mutating func begin(_ owned: OwnedShard) { numbers.begin(owned) }

    mutating func makeID(in shard: Shard) -> LeaseID {
        var id = numbers.next(in: shard)
        // A worker may have named that one, and was believed: it had it of a former process, or it lies.
        while leases[id] != nil { id = numbers.next(in: shard) }
        return id
    }

    /// Gives a worker the right to run an entry that nobody has.
    mutating func grant(
        _ entry: Entry, as id: LeaseID, to worker: WorkerID, isInherited: Bool, for term: LeaseTerm, now: Moment
    ) {
        entry.state = .leased(id, .kept)
        let number = roll.add(id)
        leases[id] = Lease(
            entry: entry, reminder: entry.reminder, holder: .attached(worker), deadline: term.until, since: term.since,
            isExtended: term.isExtended, dispatchedAt: now.wall, isInherited: isInherited, number: number)
        deadlines.insert(LeaseTimer(at: term.until, lease: id, number: number))
        attached[worker, default: []].insert(id)
    }

    /// Ends a lease; what its entry becomes is to be settled.
    mutating func end(_ id: LeaseID) -> Lease? {
        guard let lease = leases.removeValue(forKey: id) else { return nil }
        remove(id, from: lease.holder)
        if !progress.isEmpty { progress[id] = nil }
        lease.entry.state = .ended(lease.entry.fate)
        if roll.isLoose(count: leases.count) {
            let live = leases
            roll.tidy { live[$0.item]?.number == $0.number }
        }
        return lease
    }

    /// Leases that began after that, with such as have ended among them: those have another number, or are not there.
    func began(after number: UInt64) -> ArraySlice<Roll<LeaseID>.Place> { roll.after(number) }

    /// Takes the next lease that is past its deadline out of the timers; it is still to be ended.
    mutating func popExpired(now: Moment) -> LeaseID? {
        while let timer = deadlines.min, timer.at <= now.monotonic {
            deadlines.removeMin()
            if let lease = leases[timer.lease], lease.deadline <= now.monotonic { return timer.lease }
        }
        // What was ended before its deadline stays in the heap until then; not too much of it.
        if Lapsed.prevails(in: deadlines.count, of: leases.count) {
            let live = leases
            deadlines.removeAll { live[$0.lease]?.deadline != $0.at }
        }
        return nil
    }

    /// Lets a lease end at that time.
    mutating func setDeadline(of id: LeaseID, to deadline: MonotonicMilliseconds) {
        guard let number = leases[id]?.number else { return }
        leases[id]?.deadline = deadline
        deadlines.insert(LeaseTimer(at: deadline, lease: id, number: number))
    }

    /// Lets a lease of which the task goes on last until that time.
    mutating func extend(_ id: LeaseID, to deadline: MonotonicMilliseconds) {
        setDeadline(of: id, to: deadline)
        leases[id]?.isExtended = true
    }

    /// Keeps how far a task says that it is, until its lease ends.
    mutating func setProgress(_ new: TaskProgress, of id: LeaseID) {
        if leases[id] != nil { progress[id] = new }
    }

    private mutating func remove(_ id: LeaseID, from holder: Lease.Holder) {
        switch holder {
        case .attached(let worker): attached[worker]?.remove(id)
        case .lost(let instance): lost[instance]?.leases.remove(id)
        }
    }

    // MARK: Revocations

    /// Tells the worker that has it, if it is attached, that a lease is no longer wanted. The lease itself goes on.
    mutating func revoke(_ id: LeaseID) {
        if case .attached(let worker) = leases[id]?.holder { revoke(id, at: worker) }
    }

    /// Tells a worker that it is not to run what it says it runs under that lease.
    mutating func revoke(_ id: LeaseID, at worker: WorkerID) { revocations[worker, default: []].append(id) }

    /// Tells the worker that has it, if it is attached, to stop what has not begun.
    mutating func recall(_ id: LeaseID) {
        if case .attached(let worker) = leases[id]?.holder { calledOff[worker, default: []].append(id) }
    }

    /// Takes what is to be stopped where it has not begun, as ``takeRevocations()``.
    mutating func takeRecalls() -> [(worker: WorkerID, leases: [LeaseID])] {
        guard !calledOff.isEmpty else { return [] }
        defer { calledOff = [:] }
        return calledOff.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Takes what is to be told in this step, by worker in the order of their ids.
    mutating func takeRevocations() -> [(worker: WorkerID, leases: [LeaseID])] {
        guard !revocations.isEmpty else { return [] }
        defer { revocations = [:] }
        return revocations.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    // MARK: Workers

    /// The leases of an attached worker.
    func held(by worker: WorkerID) -> Set<LeaseID> { attached[worker] ?? [] }

    /// Workers that are lost and may be back, with their leases.
    var ofLostWorkers: some Sequence<(instance: String, leases: Set<LeaseID>)> { lost.lazy.map { ($0.key, $0.value.leases) } }

    /// Whether a worker is lost and may be back.
    func isLost(_ instance: String) -> Bool { lost[instance] != nil }

    /// Gives a lease to another worker, or to the same under another id.
    private mutating func move(_ id: LeaseID, to worker: WorkerID) {
        guard let lease = leases[id] else { return }
        remove(id, from: lease.holder)
        leases[id]?.holder = .attached(worker)
        attached[worker, default: []].insert(id)
    }

    /// Gives a worker that is back what it had when its connection broke, and what an older stream of it has.
    /// - Returns: these leases.
    mutating func restore(_ instance: String, from others: [WorkerID], to worker: WorkerID) -> Set<LeaseID> {
        var inherited = lost[instance]?.leases ?? []
        for other in others { inherited.formUnion(held(by: other)) }
        for id in inherited { move(id, to: worker) }
        for other in others { attached[other] = nil }
        lost[instance] = nil
        return inherited
    }

    /// Gives up a worker that said goodbye.
    /// - Returns: its leases, in order; they are still to be ended.
    mutating func dismiss(_ worker: WorkerID) -> [LeaseID] { attached.removeValue(forKey: worker)?.sorted() ?? [] }

    /// Keeps the leases of a worker whose connection broke until that time.
    /// - Parameter keepsExtended: those that were extended for as long as they last.
    mutating func keep(_ worker: WorkerID, as instance: String, until: MonotonicMilliseconds, keepsExtended: Bool) {
        let kept = attached.removeValue(forKey: worker) ?? []
        for id in kept { leases[id]?.holder = .lost(instance) }
        lost[instance] = LostWorker(leases: kept, until: until, keepsExtended: keepsExtended)
    }

    /// Gives up the lost workers that did not come back in time. One that may run what was extended stays lost until that has ended.
    /// - Returns: each one's leases, in order; they are still to be ended.
    mutating func giveUpLost(now: Moment) -> [(instance: String, leases: [LeaseID])] {
        guard !lost.isEmpty else { return [] }
        let late = lost.filter { $0.value.until <= now.monotonic }.sorted { $0.key < $1.key }
        return late.map { instance, worker in
            let kept = worker.leases.filter { worker.keepsExtended && lasts($0, beyond: now.monotonic) }
            lost[instance] = nil
            if !kept.isEmpty {
                lost[instance] = LostWorker(leases: kept, until: lastDeadline(of: kept, notBefore: now.monotonic), keepsExtended: true)
            }
            return (instance, worker.leases.subtracting(kept).sorted())
        }
    }

    /// Whether a lease was extended, and is not over by then.
    private func lasts(_ id: LeaseID, beyond time: MonotonicMilliseconds) -> Bool {
        guard let lease = leases[id] else { return false }
        return lease.isExtended && lease.deadline > time
    }

    /// The latest deadline of some leases; not before `time`.
    func lastDeadline(of ids: Set<LeaseID>, notBefore time: MonotonicMilliseconds) -> MonotonicMilliseconds {
        ids.reduce(time) { max($0, leases[$1]?.deadline ?? $0) }
    }

    // MARK: Time

    /// The first deadline, perhaps of a lease that has ended.
    var nextDeadline: MonotonicMilliseconds? { deadlines.min?.at }
    /// When the next lost worker is given up.
    var nextLoss: MonotonicMilliseconds? { lost.values.lazy.map(\.until).min() }

    /// Leases that have a place in the order in which they began: all of them (Invariants.swift).
    var placed: Int { roll.after(0).count { leases[$0.item]?.number == $0.number } }

    /// Leases that have no timer for their deadline: there are none (Invariants.swift).
    var untimed: [LeaseID] {
        var timed: Set<LeaseID> = []
        for timer in deadlines.unordered where leases[timer.lease]?.deadline == timer.at { timed.insert(timer.lease) }
        return leases.keys.filter { !timed.contains($0) }.sorted()
    }

    /// Leases that their holders do not know of, or that holders have and that do not exist: there are none.
    var misplaced: [LeaseID] {
        var known: [LeaseID: Lease.Holder] = [:]
        for (worker, ids) in attached { for id in ids { known[id] = .attached(worker) } }
        for (instance, worker) in lost { for id in worker.leases { known[id] = .lost(instance) } }
        return Set(known.keys).union(leases.keys).filter { leases[$0]?.holder != known[$0] }.sorted()
    }
}
