import Metrics
internal import NIOCore
import TaskDomain
import TaskMessages

/// The places of a worker: what it takes, and how many of them each of its schedulers may fill.
///
/// @unchecked Sendable is safe because every mutable member is used on `eventLoop` only.
final class Places: @unchecked Sendable {
    /// A link to one of the schedulers. It holds its places, not they it.
    private struct Sharer {
        weak var link: SchedulerLink?
    }

    let eventLoop: any EventLoop
    private(set) var capacity: Capacity
    /// Ends the process: it was told to shut down, and has nothing left.
    private let shutDown: @Sendable () -> Void
    private var sharers: [Sharer] = []
    private var shares = Shares<ObjectIdentifier>()
    private var lastRun: UInt64 = 0
    private var isFlushScheduled = false, isTurnScheduled = false, hasShutDown = false

    private let runningGauge = Gauge(label: "worker_running_occurrences")

    init(eventLoop: any EventLoop, capacity: Capacity, shutDown: @escaping @Sendable () -> Void) {
        self.eventLoop = eventLoop
        self.capacity = capacity
        self.shutDown = shutDown
    }

    /// One of those that share the places.
    func add(_ link: SchedulerLink) { sharers.append(Sharer(link: link)) }

    private var links: [SchedulerLink] { sharers.compactMap(\.link) }

    /// A number for a run: tasks know theirs by it, whichever scheduler they came from.
    func numberRun() -> UInt64 {
        lastRun += 1
        return lastRun
    }

    // MARK: Who may fill them

    /// A link's stream has been opened, and is about to be told its limit.
    func opened(_ link: SchedulerLink) {
        shares[ObjectIdentifier(link)] = StreamCredit()
        spread()
        flushSoon()
    }

    /// A link's stream is over. What still runs of it keeps its places.
    func closed(_ link: SchedulerLink) {
        shares[ObjectIdentifier(link)] = nil
        flushSoon()
    }

    /// The link that takes occurrences from that process of a scheduler.
    func link(to scheduler: String) -> SchedulerLink? { links.first { $0.scheduler == scheduler } }

    /// The link that has what schedulers of that store handed out.
    func link(of store: String) -> SchedulerLink? { links.first { $0.tenure?.store == store } }

    /// So many occurrences came over a link's stream.
    func received(_ count: Int, over link: SchedulerLink) {
        shares[ObjectIdentifier(link)]?.receive(count)
        // Others may have places that they do not use.
        if shares[ObjectIdentifier(link)]?.isUsedUp ?? false { flushSoon() }
    }

    /// The scheduler of a link has answered a lower limit.
    func confirmed(_ link: SchedulerLink) {
        shares[ObjectIdentifier(link)]?.confirmed()
        flushSoon()
    }

    /// How many occurrences may come over a link's stream in all, counted as said; `nil`: as many as before.
    func newLimit(of link: SchedulerLink, mayGrow: Bool) -> CreditNews? {
        let id = ObjectIdentifier(link), held = countHeld(), before = shares[id]?.limit ?? 0
        guard let limit = shares.newLimit(of: id, places: capacity.places, held: held, mayGrow: mayGrow) else { return nil }
        if limit < before {
            eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Shares<ObjectIdentifier>.answerMilliseconds)) { [weak self] in self?.flushSoon() }
        }
        return CreditNews(limit: limit, before: before)
    }

    /// Whether there is a place for what a scheduler hands out. There always is, but where one has been given what was kept for another.
    var hasPlace: Bool { !shares.isOverdrawn || countHeld() < capacity.places }

    /// - Returns: how many places are taken.
    private func countHeld() -> Int {
        var held = 0
        for link in links {
            shares[ObjectIdentifier(link)]?.held = link.held
            held += link.held
        }
        return held
    }

    private func spread() {
        let held = countHeld()
        runningGauge.record(held)
        shares.settle(capacity.places, held: held)
        shares.spread(capacity.places, now: SystemClock.monotonic)
        guard !isTurnScheduled, shares.goesRound(capacity.places) else { return }
        isTurnScheduled = true
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Shares<ObjectIdentifier>.turnMilliseconds)) { [weak self] in
            self?.isTurnScheduled = false
            self?.flushSoon()
        }
    }

    /// Has every link say what this tick brought, and ends what has come to its end by it.
    func flushSoon() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.spread()
            for link in self.links {
                link.flush()
                link.finishDrainIfDone()
            }
            self.shutDownIfDone()
        }
    }

    // MARK: What the worker is told to be

    /// Becomes what a scheduler tells it to be, for all of them.
    func apply(_ control: Proto.WorkerControl) throws(Capacity.Refusal) {
        let before = capacity
        try capacity.apply(control)
        guard capacity != before else { return }
        shares.mustFall()
        for link in links { link.standsAnew() }
        flushSoon()
    }

    /// Whoever told it to shut down waits for no task longer than its lease. While no scheduler is there one is waited for, as it may still
    /// acknowledge what was reported.
    private func shutDownIfDone() {
        guard capacity.isShuttingDown, !hasShutDown, links.contains(where: { $0.scheduler != nil }), links.allSatisfy(\.mayShutDown)
        else { return }
        hasShutDown = true
        // Behind the answer to what it was told.
        eventLoop.assumeIsolated().execute { self.shutDown() }
    }
}
