public import TaskDomain

/// An occurrence that is ready, or that a worker has.
public struct LiveOccurrence: Sendable {
    /// What the worker has it by.
    public struct Run: Sendable {
        /// The worker's name, as it was attached by.
        public let worker: String
        public let since: UnixMilliseconds
        public let leaseEndsAt: MonotonicMilliseconds
        /// As its task says; `nil`: it has said nothing.
        public let progress: TaskProgress?
    }

    public let key: OccurrenceKey
    public let reminder: Reminder
    public let dueAt: UnixMilliseconds
    public let tries: Tries
    /// `nil`: it waits for a worker.
    public let run: Run?
}

/// Part of what is ready, or of what runs.
public struct LivePage: Sendable {
    public var occurrences: [LiveOccurrence] = []
    /// Of each, by which the next page can begin behind it.
    public var numbers: [UInt64] = []
    /// Where the next page begins; `nil`: there is none.
    public var next: UInt64?
}

/// What is ready and what runs, for those who ask from outside: in the order in which it came to be so, which stays.
extension SchedulerCore {
    /// Places that one page looks at, at most.
    public static var maxExamined: Int { 10_000 }

    /// A page of what is ready, the longest first, with what was passed over as the store is behind with its strand (Stalled.swift).
    /// - Parameters:
    ///   - number: the page begins behind it; 0: at the first.
    ///   - matches: says of each whether it is wanted.
    public func readyOccurrences(after number: UInt64, limit: Int, where matches: (OccurrenceKey, Reminder) -> Bool) -> LivePage {
        page(lanes.ready(after: number), limit: limit) { place in
            let entry = place.item
            guard Lanes.isReady(place), matches(entry.key, entry.reminder) else { return nil }
            return LiveOccurrence(key: entry.key, reminder: entry.reminder, dueAt: entry.dueAt, tries: entry.tries, run: nil)
        }
    }

    /// A page of what workers have, the longest first.
    public func runningOccurrences(after number: UInt64, limit: Int, where matches: (OccurrenceKey, Reminder) -> Bool) -> LivePage {
        page(leases.began(after: number), limit: limit) { place in
            guard let lease = leases[place.item], lease.number == place.number, matches(lease.entry.key, lease.reminder) else { return nil }
            return LiveOccurrence(
                key: lease.entry.key, reminder: lease.reminder, dueAt: lease.entry.dueAt, tries: lease.entry.tries, run: run(place.item, lease))
        }
    }

    /// What a worker has an occurrence by; `nil`: none has it.
    public func run(of key: OccurrenceKey) -> LiveOccurrence.Run? {
        guard case .leased(let id, _) = table[key]?.state else { return nil }
        return leases[id].map { run(id, $0) }
    }

    /// When that fell due which has been ready for longest; `nil`: nothing is ready.
    public mutating func oldestReady() -> UnixMilliseconds? { lanes.oldest()?.dueAt }

    private func run(_ id: LeaseID, _ lease: Lease) -> LiveOccurrence.Run {
        let worker =
            switch lease.holder {
            case .attached(let id): workers[id]?.instance ?? ""
            case .lost(let instance): instance
            }
        return LiveOccurrence.Run(worker: worker, since: lease.dispatchedAt, leaseEndsAt: lease.deadline, progress: leases.progress[id])
    }

    private func page<Item>(
        _ places: ArraySlice<Roll<Item>.Place>, limit: Int, _ occurrence: (Roll<Item>.Place) -> LiveOccurrence?
    ) -> LivePage {
        var page = LivePage(), examined = 0, last: UInt64 = 0
        for place in places {
            guard page.occurrences.count < limit, examined < Self.maxExamined else {
                page.next = last
                break
            }
            examined += 1
            last = place.number
            guard let found = occurrence(place) else { continue }
            page.occurrences.append(found)
            page.numbers.append(place.number)
        }
        return page
    }
}
