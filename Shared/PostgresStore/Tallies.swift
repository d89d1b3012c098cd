import Storage
import TaskDomain

/// Rows of `tallies`: how many occurrences have rows of their own, by queue and ``CountedKind``; with the empty name those of all queues.
///
/// They are kept in the transaction of whatever changes them, as differences: it adds to the rows of a shard that no other connection
/// adds to, so that no two wait for each other, and what a queue has is the sum over the shards.
struct Tallies {
    private struct Place: Hashable {
        let queue: String
        let kind: CountedKind
    }

    private var differences: [Place: Int64] = [:]

    /// - Parameters:
    ///   - queue: `nil` where it is not known: then only those of all queues are other.
    ///   - number: how many more, or fewer.
    mutating func add(_ queue: String?, _ kind: CountedKind, _ number: Int64) {
        for name in Set([queue ?? "", ""]) { differences[Place(queue: name, kind: kind), default: 0] += number }
    }

    // MARK: Statements

    private static let insert = Insert(
        "tallies", [("queue", "bytea"), ("state", "bigint"), ("count", "bigint")],
        "ON CONFLICT (shard, queue, state) DO UPDATE SET count = tallies.count + excluded.count")

    /// - Parameter shards: of what is counted. In lane scope all is counted in the first of all.
    func queries(of shards: some Collection<Shard>, _ scope: StoreScope) -> [Query] {
        let differences = differences.filter { $0.value != 0 }
        guard !differences.isEmpty, let shard = scope == .lane ? Shard.all.first : shards.first else { return [] }
        var queries = Self.insert.queries(
            differences.map { _ in shard },
            [
                .blobs(differences.map { Array($0.key.queue.utf8) }), .ints(differences.map { Int64($0.key.kind.rawValue) }),
                .ints(differences.map(\.value)),
            ], scope)
        let lessened = Set(differences.filter { $0.value < 0 }.map(\.key.queue))
        if !lessened.isEmpty {
            // Queues come and go.
            queries.append(
                Query(
                    "DELETE FROM tallies WHERE shard = $1 AND queue = ANY($2::bytea[]) AND count = 0",
                    [.shard(shard), .blobs(lessened.map { Array($0.utf8) })]))
        }
        return queries
    }

    static func find(_ queues: [String]) -> Query {
        EveryShard.tallies.query(
            "SELECT queue, state, sum(count)::bigint FROM tallies WHERE queue = ANY($1::bytea[]) GROUP BY queue, state",
            [.blobs(Set(queues + [""]).map { Array($0.utf8) })])
    }

    static func tallies(_ rows: Rows, of queues: [String]) -> OccurrenceTallies {
        var found: [String: OccurrenceTally] = [:]
        for row in rows.indices {
            guard let queue = rows.text(row, 0), let kind = UInt8(exactly: rows.int(row, 1)).flatMap(CountedKind.init) else { continue }
            found[queue, default: OccurrenceTally()].add(rows.int(row, 2), of: kind)
        }
        var tallies = OccurrenceTallies(all: found[""] ?? OccurrenceTally())
        for queue in queues where !queue.isEmpty { tallies.queues[queue] = found[queue] ?? OccurrenceTally() }
        return tallies
    }
}
