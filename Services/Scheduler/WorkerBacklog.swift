import SchedulerCore
import TaskDomain
import TaskMessages

/// The messages to one worker, until its stream takes them.
///
/// Small, however slow the worker is: occurrences wait as the core handed them over, their credentials sealed, and no more of them
/// than the worker's credit allows; acknowledgements and revocations wait as numbers.
struct WorkerBacklog {
    /// An occurrence that has not left yet.
    struct Waiting {
        let dispatch: Dispatch
        let leaseEndsAt: MonotonicMilliseconds
    }

    private var dispatches: [Waiting] = []
    /// The first of `dispatches` that has not been taken.
    private var next = 0
    private var acknowledged: [UInt64] = [], revoked: [UInt64] = [], recalled: [UInt64] = []
    private var extended: [Proto.Extended] = []
    /// As few as may wait for an answer (``WorkerControls``).
    private var controls: [Proto.WorkerControl] = []
    /// A lower credit limit that the worker is to be told of behind every occurrence that waits here.
    private var creditLimit: Int64?

    var isEmpty: Bool { next == dispatches.count && leaseCount == 0 && controls.isEmpty && creditLimit == nil }
    /// Acknowledgements, revocations, recalls and answers to extensions.
    var leaseCount: Int { acknowledged.count + revoked.count + recalled.count + extended.count }

    // MARK: In

    mutating func add(_ new: [Dispatch], now: MonotonicMilliseconds) {
        compact()
        dispatches += new.map { Waiting(dispatch: $0, leaseEndsAt: now + $0.leaseMilliseconds) }
    }

    mutating func acknowledge(_ leases: [UInt64]) { acknowledged += leases }

    mutating func answer(_ extensions: [Proto.Extended]) { extended += extensions }

    mutating func tell(_ control: Proto.WorkerControl) { controls.append(control) }

    /// In place of one that waits: the last is behind all that the others were to be behind.
    mutating func confirm(_ limit: Int64) { creditLimit = limit }

    /// - Returns: those that were waiting here, and that the worker need never hear of.
    mutating func revoke(_ leases: [UInt64]) -> [Dispatch] { takeBack(leases) { $0.revoked += $1 } }

    /// - Returns: as ``revoke(_:)``.
    mutating func recall(_ leases: [UInt64]) -> [Dispatch] { takeBack(leases) { $0.recalled += $1 } }

    private mutating func takeBack(_ leases: [UInt64], telling tell: (inout WorkerBacklog, [UInt64]) -> Void) -> [Dispatch] {
        compact()
        let wanted = Set(leases)
        let waiting = dispatches.map(\.dispatch).filter { wanted.contains($0.lease) }
        guard !waiting.isEmpty else {
            tell(&self, leases)
            return []
        }
        let unsent = Set(waiting.map(\.lease))
        dispatches.removeAll { unsent.contains($0.dispatch.lease) }
        tell(&self, leases.filter { !unsent.contains($0) })
        return waiting
    }

    private mutating func compact() {
        dispatches.removeFirst(next)
        next = 0
    }

    // MARK: Out

    mutating func takeDispatch() -> Waiting? {
        guard next < dispatches.count else { return nil }
        defer {
            next += 1
            if next == dispatches.count {
                dispatches.removeAll(keepingCapacity: true)
                next = 0
            }
        }
        return dispatches[next]
    }

    mutating func takeAcknowledged(limit: Int) -> [UInt64] { Self.take(&acknowledged, limit) }

    /// All of them have been sent before: see ``revoke(_:)``.
    mutating func takeRevoked(limit: Int) -> [UInt64] { Self.take(&revoked, limit) }

    /// As ``takeRevoked(limit:)``.
    mutating func takeRecalled(limit: Int) -> [UInt64] { Self.take(&recalled, limit) }

    mutating func takeExtended(limit: Int) -> [Proto.Extended] { Self.take(&extended, limit) }

    /// `nil` as long as occurrences wait.
    mutating func takeCreditLimit() -> Int64? {
        guard next == dispatches.count else { return nil }
        defer { creditLimit = nil }
        return creditLimit
    }

    mutating func takeControls() -> [Proto.WorkerControl] {
        guard !controls.isEmpty else { return [] }
        defer { controls = [] }
        return controls
    }

    private static func take<Item>(_ leases: inout [Item], _ limit: Int) -> [Item] {
        guard leases.count > limit else {
            defer { leases = [] }
            return leases
        }
        defer { leases.removeFirst(limit) }
        return Array(leases.prefix(limit))
    }
}
