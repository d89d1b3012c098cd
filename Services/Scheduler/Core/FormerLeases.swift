import TaskDomain

/// Who had leases that are none any more. What those workers say of them still counts, so that what they delivered is not delivered
/// again; what any other says of them does not, or it could end, or take over, what it was never given.
struct FormerLeases {
    /// So many of those that were given up are remembered, and at most twice as many.
    static let remembered = 32_768

    /// By lease, the worker that had it when it was given up: the latest, and those before them.
    private var latest: [LeaseID: String] = [:], before: [LeaseID: String] = [:]

    /// So many of those whose end was told are remembered, two to this power.
    private static let toldBits = 12
    /// The latest whose end was told, each in the place that its number gives, with who told it.
    private var told: [(lease: LeaseID, instance: String)] = []

    /// A worker has lost a lease, and what became of it is not known.
    mutating func add(_ id: LeaseID, of instance: String) {
        if latest.count >= Self.remembered { (before, latest) = (latest, [:]) }
        latest[id] = instance
    }

    /// The counts of all shards' leases are spread by multiplying with an odd constant, and taking the top bits.
    private static func place(of id: LeaseID) -> Int { Int((id &* 0x9E37_79B9_7F4A_7C15) >> (64 - toldBits)) }

    /// A worker has told the end of a lease that was its own.
    mutating func end(_ id: LeaseID, toldBy instance: String) {
        if told.isEmpty { told = Array(repeating: (0, ""), count: 1 << Self.toldBits) }
        told[Self.place(of: id)] = (id, instance)
    }

    /// Whether a worker has told the end of a lease before, as one that has connected anew does where it has not heard that it arrived.
    func isTold(_ id: LeaseID, by instance: String) -> Bool {
        guard !told.isEmpty else { return false }
        let known = told[Self.place(of: id)]
        return known.lease == id && known.instance == instance
    }

    /// Whether a worker had a lease when it was given up.
    func has(_ id: LeaseID, of instance: String) -> Bool { latest[id] == instance || before[id] == instance }
}

extension SchedulerCore {
    /// Whether what a worker says of a lease that it does not have counts: it had it, as far as that can be known.
    func mayHaveHad(_ lease: LeaseID, of key: OccurrenceKey, _ worker: WorkerID) -> Bool {
        guard let instance = workers[worker]?.instance else { return false }
        let isOfFormer = strands[key.reminder.shard]?.formerWorkers.contains(instance) ?? false
        return breaks(.believesAnyWorker) || isOfFormer || former.has(lease, of: instance)
    }

    /// Remembers who loses a lease of which nothing is known.
    mutating func remember(_ id: LeaseID, of holder: Lease.Holder) {
        switch holder {
        case .attached(let worker): if let instance = workers[worker]?.instance { former.add(id, of: instance) }
        case .lost(let instance): former.add(id, of: instance)
        }
    }
}
