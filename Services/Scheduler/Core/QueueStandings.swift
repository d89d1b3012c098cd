import TaskDomain

/// The standing of queues, for those who ask from outside.
extension SchedulerCore {
    /// A page of the queues that have settings, something ready or running, or a worker, by name.
    ///
    /// Names are callers' to choose, so there may be very many: no more of them are looked at than the page has.
    /// - Parameter name: the page begins after this one; empty: at the first.
    public func queueStandings(after name: String, limit: Int) -> [QueueStanding] {
        let names = Set(queues.sortedNames.after(name, limit: limit)).union(lanes.sortedNames.after(name, limit: limit))
        return names.sorted().prefix(limit).map(queueStanding(of:))
    }

    /// Queues that have settings of their own.
    public var configuredQueues: Int { queues.configured }

    /// The queue of that name. One that nobody has used is as one that has nothing.
    public func queueStanding(of name: String) -> QueueStanding {
        QueueStanding(
            settings: queues.settings(of: name), ready: lanes.count(in: name) + lanes.stalled.count(in: name), running: queues.running(in: name),
            workers: lanes.workers(serving: name))
    }
}
