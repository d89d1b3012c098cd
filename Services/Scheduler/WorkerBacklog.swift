import SchedulerCore

/// The messages to one worker, until its stream takes them.
///
/// Small, however slow the worker is: occurrences wait as the core handed them over, their credentials sealed, and no more of them
/// than the worker gave credit for; acknowledgements and revocations wait as numbers.
struct WorkerBacklog {
    /// An occurrence that has not left yet.
    struct Waiting {
        let dispatch: Dispatch
        /// Monotonic milliseconds.
        let leaseEndsAt: Int64
    }

    private var dispatches: [Waiting] = []
    /// The first of `dispatches` that has not been taken.
    private var next = 0
    private var acknowledged: [UInt64] = [], revoked: [UInt64] = []

    var isEmpty: Bool { next == dispatches.count && acknowledged.isEmpty && revoked.isEmpty }
    /// Acknowledgements and revocations.
    var leaseCount: Int { acknowledged.count + revoked.count }

    // MARK: In

    /// - Parameter now: monotonic milliseconds.
    mutating func add(_ new: [Dispatch], now: Int64) {
        compact()
        dispatches += new.map { Waiting(dispatch: $0, leaseEndsAt: now + $0.leaseMilliseconds) }
    }

    mutating func acknowledge(_ leases: [UInt64]) { acknowledged += leases }

    /// - Returns: those that were waiting here, and that the worker need never hear of.
    mutating func revoke(_ leases: [UInt64]) -> [Dispatch] {
        compact()
        let wanted = Set(leases)
        let recalled = dispatches.map(\.dispatch).filter { wanted.contains($0.lease) }
        guard !recalled.isEmpty else {
            revoked += leases
            return []
        }
        let unsent = Set(recalled.map(\.lease))
        dispatches.removeAll { unsent.contains($0.dispatch.lease) }
        revoked += leases.filter { !unsent.contains($0) }
        return recalled
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

    private static func take(_ leases: inout [UInt64], _ limit: Int) -> [UInt64] {
        guard leases.count > limit else {
            defer { leases = [] }
            return leases
        }
        defer { leases.removeFirst(limit) }
        return Array(leases.prefix(limit))
    }
}
