import Storage
import TaskDomain

/// Writes that are carried out in one transaction, and where they come from.
struct WriterPart {
    /// What the transaction's fence is about; empty: of whichever shard.
    private(set) var shards: Set<Shard> = []
    private(set) var writes: [StoreWrite] = []
    /// Of each write, the submission that it is of and its place there.
    private(set) var origins: [(submission: Int, place: Int)] = []

    private mutating func add(_ write: StoreWrite, _ origin: (submission: Int, place: Int)) {
        if let shard = write.shard ?? write.strand { shards.insert(shard) }
        writes.append(write)
        origins.append(origin)
    }

    /// Divides what has gathered. In lane scope all goes together. In shard scope the writes of each shard go by themselves, in their order;
    /// `rest` is what is of a strand, by strand, and of nothing: written when the others of their submissions are.
    static func divide(_ submissions: some Collection<[StoreWrite]>, _ scope: StoreScope) -> (parts: [WriterPart], rest: [WriterPart]) {
        var parts = Parts<Shard>(), rest = Parts<Shard?>()
        for (submission, writes) in submissions.enumerated() {
            for (place, write) in writes.enumerated() {
                let origin = (submission, place)
                if scope == .lane {
                    parts[Shard.all[0]].add(write, origin)
                } else if let shard = write.shard {
                    parts[shard].add(write, origin)
                } else {
                    rest[write.strand].add(write, origin)
                }
            }
        }
        return (parts.all, rest.all)
    }

    /// Parts in the order in which the first write of each came.
    private struct Parts<Key: Hashable> {
        private(set) var all: [WriterPart] = []
        private var places: [Key: Int] = [:]

        subscript(key: Key) -> WriterPart {
            _modify {
                let place = places[key, default: all.count]
                if place == all.count {
                    all.append(WriterPart())
                    places[key] = place
                }
                yield &all[place]
            }
            get { places[key].map { all[$0] } ?? WriterPart() }
        }
    }

    var isOfSeveral: Bool { origins.contains { $0.submission != origins[0].submission } }

    /// Each submission's part of it.
    var bySubmission: [WriterPart] {
        var parts: [WriterPart] = []
        for (write, origin) in zip(writes, origins) {
            if parts.last?.origins.last?.submission != origin.submission { parts.append(WriterPart()) }
            parts[parts.count - 1].add(write, origin)
        }
        return parts
    }

    func filter(_ isTaken: (_ submission: Int) -> Bool) -> WriterPart {
        var part = WriterPart()
        for (write, origin) in zip(writes, origins) where isTaken(origin.submission) { part.add(write, origin) }
        return part
    }
}

extension StoreWrite {
    /// The shard whose rows it is about; `nil`: it is about rows of none.
    fileprivate var shard: Shard? { isShelving ? nil : reminder?.shard }

    /// The first shard of the strand whose rows it is about; `nil`: it is about rows of none.
    fileprivate var strand: Shard? {
        switch self {
        case .shelve(let key): Strands.first(of: key.due.occurrence.reminder.shard)
        case .unshelve(let keys): keys.first.map { Strands.first(of: $0.due.occurrence.reminder.shard) }
        case .workers(_, let shard), .zone(_, let shard): shard
        default: nil
        }
    }

    var isShelving: Bool { if case .shelve = self { true } else { false } }
}

/// What submissions came to, gathered from the parts that they were divided into.
struct WriterAnswers {
    private var results: [[StoreWriteResult]]
    private var failures: [StoreError?]

    init(_ submissions: some Collection<[StoreWrite]>) {
        results = submissions.map { [StoreWriteResult](repeating: .done, count: $0.count) }
        failures = submissions.map { _ in nil }
    }

    mutating func add(_ outcome: Result<[StoreWriteResult], StoreError>, of part: WriterPart) {
        switch outcome {
        case .success(let found): for (origin, result) in zip(part.origins, found) { results[origin.submission][origin.place] = result }
        case .failure(let error): for origin in part.origins where failures[origin.submission] == nil { failures[origin.submission] = error }
        }
    }

    func hasFailed(_ submission: Int) -> Bool { failures[submission] != nil }

    /// A submission of which one part failed has failed: it may be repeated as a whole.
    func answer(_ submission: Int) -> Result<[StoreWriteResult], StoreError> {
        failures[submission].map { .failure($0) } ?? .success(results[submission])
    }
}
