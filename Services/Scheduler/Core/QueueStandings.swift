import TaskDomain

/// The standing of queues, for those who ask from outside.
extension SchedulerCore {
    /// The queue of that name. One that nobody has used is as one that has nothing.
    public func queueStanding(of name: String) -> QueueStanding { queueStanding(name, ready: lanes.count(in: name)) }

    /// A page of the queues that have settings, something ready or running, or a worker, by name.
    ///
    /// Names are callers' to choose, so there may be very many: the page is picked out without sorting the rest.
    /// - Parameter name: the page begins after this one; empty: at the first.
    public func queueStandings(after name: String, limit: Int) -> [QueueStanding] {
        let ready = lanes.countByQueue
        var page: [String] = []
        func consider(_ candidate: String) {
            guard candidate > name, page.count < limit || page.last.map({ candidate < $0 }) == true else { return }
            var low = 0, high = page.count
            while low < high {
                let middle = (low + high) / 2
                if page[middle] < candidate { low = middle + 1 } else { high = middle }
            }
            guard low == page.count || page[low] != candidate else { return }
            page.insert(candidate, at: low)
            if page.count > limit { page.removeLast() }
        }
        for name in queues.names { consider(name) }
        for name in ready.keys { consider(name) }
        for worker in workers.values { for name in worker.served { consider(name) } }
        return page.map { queueStanding($0, ready: ready[$0] ?? 0) }
    }

    /// Queues that have settings of their own.
    public var configuredQueues: Int { queues.configured }

    private func queueStanding(_ name: String, ready: Int) -> QueueStanding {
        QueueStanding(
            settings: queues.settings(of: name), ready: ready, running: queues.running(in: name),
            workers: workers.values.count { $0.served.contains(name) })
    }
}
