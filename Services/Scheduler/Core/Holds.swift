import HeapModule
import TaskDomain

/// What keeps a worker from being handed more of a task of which it can send nothing for now.
///
/// A worker that reports `unsent` with a wait says that of everything of that task: the backend does not answer it. So what is due waits
/// in its lane as one, without a lease, a report or a write for each. When the time is up one occurrence is handed out to find out, and
/// for each that comes through one more may be under way: their number doubles from round to round, and does not come as one wave.
struct Hold {
    /// So many under way at once are no wave any more: the hold is over.
    static let enough = 256

    /// Nothing is handed out before.
    private(set) var until = MonotonicMilliseconds.distantPast
    /// Leases handed out since then, and how many may be at once.
    private(set) var underWay: Set<LeaseID> = []
    private(set) var allowance = 1
    /// Times in a row that what was handed out to find out found nothing changed.
    private(set) var failures = 0
    /// When it is looked at again; `nil`: at no time.
    fileprivate var openingAt: MonotonicMilliseconds?

    var isOver: Bool { allowance >= Self.enough }

    func isShut(now: Moment) -> Bool { now.monotonic < until || underWay.count >= allowance }

    mutating func began(_ lease: LeaseID) { underWay.insert(lease) }

    mutating func ended(_ lease: LeaseID) { underWay.remove(lease) }

    /// One that was handed out since came through.
    mutating func succeeded() {
        allowance += 1
        failures = 0
    }

    mutating func shut(until time: MonotonicMilliseconds, hasFailed: Bool) {
        until = max(until, time)
        underWay = []
        allowance = 1
        if hasFailed { failures += 1 }
    }
}

/// The holds of all workers that are attached, or may be back in a moment.
///
/// By instance: a worker that connects again can send no more than before.
struct Holds {
    /// Tasks of one worker that are held at once; of others each occurrence rests for itself.
    static let maxPerWorker = 16

    private struct Opening: Comparable {
        let at: MonotonicMilliseconds
        let instance: String
        let task: String

        static func < (a: Opening, b: Opening) -> Bool { (a.at, a.instance, a.task) < (b.at, b.instance, b.task) }
    }

    private struct HeldWorker {
        var holds: [String: Hold] = [:]
        /// As which it is attached, or was last.
        var worker: WorkerID?
    }

    private var workers: [String: HeldWorker] = [:]
    private var openings = Heap<Opening>()

    var isEmpty: Bool { workers.isEmpty }

    /// Of all workers, in no order.
    var all: [(instance: String, task: String, hold: Hold)] {
        workers.flatMap { instance, held in held.holds.map { (instance, $0.key, $0.value) } }
    }

    /// Setting `nil` ends a hold; one beyond ``maxPerWorker`` is not taken.
    subscript(instance: String, task: String) -> Hold? {
        get { workers[instance]?.holds[task] }
        set {
            var held = workers[instance] ?? HeldWorker()
            guard held.holds[task] != nil || held.holds.count < Self.maxPerWorker else { return }
            held.holds[task] = newValue
            workers[instance] = held.holds.isEmpty ? nil : held
        }
    }

    /// Sees to it that a hold is looked at when its time is up.
    mutating func openInTime(_ instance: String, _ task: String, now: Moment) {
        guard let hold = workers[instance]?.holds[task], hold.openingAt == nil, hold.until > now.monotonic else { return }
        workers[instance]?.holds[task]?.openingAt = hold.until
        openings.insert(Opening(at: hold.until, instance: instance, task: task))
    }

    /// A worker with holds is attached as that one.
    mutating func isAttached(_ instance: String, as worker: WorkerID) { workers[instance]?.worker = worker }

    /// Everything of a worker that is not coming back.
    mutating func drop(_ instance: String) { workers[instance] = nil }

    /// When the next one is to be looked at.
    var nextOpening: MonotonicMilliseconds? { openings.min?.at }

    /// Takes a worker of which the time of a hold is up.
    mutating func popOpened(now: Moment) -> (instance: String, worker: WorkerID)? {
        while let opening = openings.min, opening.at <= now.monotonic {
            openings.removeMin()
            guard let hold = workers[opening.instance]?.holds[opening.task], hold.openingAt == opening.at else { continue }
            workers[opening.instance]?.holds[opening.task]?.openingAt = nil
            if hold.until > now.monotonic {
                // It was shut for longer meanwhile.
                openInTime(opening.instance, opening.task, now: now)
            } else if let worker = workers[opening.instance]?.worker {
                return (opening.instance, worker)
            }
        }
        return nil
    }

    func held(of instance: String, now: Moment) -> HeldTasks {
        var held = HeldTasks()
        for (task, hold) in workers[instance]?.holds ?? [:] {
            if hold.isShut(now: now) { held.shut.insert(task) } else { held.tried.insert(task) }
        }
        return held
    }
}

extension SchedulerCore {
    /// Heeds what an outcome says of everything else of its task at that worker. Its lease has not ended yet.
    mutating func heed(_ report: OutcomeReport, of task: String, from worker: WorkerID) {
        let saysSo = report.outcome == .unsent && report.retryAfterMilliseconds != nil
        guard saysSo || !holds.isEmpty, !breaks(.letsAWaveThrough), let instance = workers[worker]?.instance else { return }
        let isProbe = holds[instance, task]?.underWay.contains(report.lease) ?? false
        guard saysSo || isProbe else { return }
        var hold = holds[instance, task] ?? Hold()
        if saysSo || !report.outcome.hasReached(statusCode: report.statusCode) {
            let wait = configuration.retry.delayMilliseconds(
                afterHeld: hold.failures + 1, asked: report.retryAfterMilliseconds, using: &random)
            hold.shut(until: now.monotonic + wait, hasFailed: isProbe)
        } else {
            hold.succeeded()
        }
        holds[instance, task] = hold.isOver ? nil : hold
        holds.openInTime(instance, task, now: now)
        heedHolds(of: instance, at: worker)
    }

    /// Of a task that is held something is handed out.
    mutating func began(_ lease: LeaseID, of task: String, at worker: WorkerID) {
        guard !holds.isEmpty, let instance = workers[worker]?.instance, var hold = holds[instance, task] else { return }
        hold.began(lease)
        holds[instance, task] = hold
        heedHolds(of: instance, at: worker)
    }

    /// A lease is over, whatever came of it.
    mutating func ended(_ id: LeaseID, _ lease: Lease) {
        guard !holds.isEmpty else { return }
        let worker: WorkerID?, instance: String?
        switch lease.holder {
        case .attached(let id): (worker, instance) = (id, workers[id]?.instance)
        case .lost(let name): (worker, instance) = (nil, name)
        }
        guard let instance, var hold = holds[instance, lease.reminder.task] else { return }
        hold.ended(id)
        holds[instance, lease.reminder.task] = hold
        if let worker { heedHolds(of: instance, at: worker) }
    }

    /// Holds whose time is up let one through.
    mutating func openHolds() {
        while let (instance, worker) = holds.popOpened(now: now) { heedHolds(of: instance, at: worker) }
    }

    /// Has the lanes know what is held of an attached worker.
    mutating func heedHolds(of instance: String, at worker: WorkerID) {
        holds.isAttached(instance, as: worker)
        lanes.setHeld(holds.held(of: instance, now: now), of: worker)
    }
}
