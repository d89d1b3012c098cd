import Storage
import TaskDomain

/// Rows of `tallies`: how many occurrences have rows of their own, by queue and ``CountedKind``; with the empty name those of all queues.
///
/// They are kept in the transaction of whatever changes them, as differences: a connection adds to the rows of one shard of its own, so
/// that no two wait for each other, and what a queue has is the sum over the shards.
struct Tallies {
    private struct Place: Hashable {
        let queue: String
        let kind: CountedKind
    }

    private var differences: [Place: Int64] = [:]
    private var moved: [(id: ReminderID, from: String, to: String)] = []

    /// - Parameters:
    ///   - queue: `nil` where it is not known: then only those of all queues are other.
    ///   - number: how many more, or fewer.
    mutating func add(_ queue: String?, _ kind: CountedKind, _ number: Int64) {
        for name in Set([queue ?? "", ""]) { differences[Place(queue: name, kind: kind), default: 0] += number }
    }

    /// A reminder with all its occurrences goes to another queue. What is added for it is added to that one.
    mutating func move(_ id: ReminderID, from: String, to: String) { moved.append((id, from, to)) }

    // MARK: Statements

    private static let shard = Parameter.int(Int64(Shard.all.first?.number ?? 0))
    private static let put = """
        ON CONFLICT (shard, queue, state) DO UPDATE SET count = tallies.count + excluded.count
        """

    /// What goes before the statements that change occurrences.
    var first: [Query] {
        guard !moved.isEmpty else { return [] }
        return [
            Query(
                """
                WITH own AS (
                    SELECT u.was, u.becomes, \(CountedKind.sql(of: "o")) state, count(*) number
                    FROM unnest($2::bigint[], $3::uuid[], $4::bytea[], $5::bytea[]) u (shard, id, was, becomes)
                        JOIN occurrences o ON o.shard = u.shard AND o.reminder = u.id
                    GROUP BY 1, 2, 3)
                INSERT INTO tallies (shard, queue, state, count)
                SELECT $1::bigint, c.queue, c.state, sum(c.number)::bigint
                FROM (SELECT was queue, state, -number number FROM own UNION ALL SELECT becomes, state, number FROM own) c
                GROUP BY c.queue, c.state \(Self.put)
                """,
                [
                    Self.shard, .ints(moved.map { Int64($0.id.shard.number) }), .ids(moved.map(\.id)),
                    .blobs(moved.map { Array($0.from.utf8) }), .blobs(moved.map { Array($0.to.utf8) }),
                ])
        ]
    }

    /// What goes behind them.
    var last: [Query] {
        let differences = differences.filter { $0.value != 0 }
        var queries: [Query] = []
        if !differences.isEmpty {
            queries.append(
                Query(
                    """
                    INSERT INTO tallies (shard, queue, state, count) SELECT $1::bigint, * FROM unnest($2::bytea[], $3::bigint[], $4::bigint[])
                    \(Self.put)
                    """,
                    [
                        Self.shard, .blobs(differences.map { Array($0.key.queue.utf8) }), .ints(differences.map { Int64($0.key.kind.rawValue) }),
                        .ints(differences.map(\.value)),
                    ]))
        }
        let lessened = Set(differences.filter { $0.value < 0 }.map(\.key.queue)).union(moved.map(\.from))
        if !lessened.isEmpty {
            // Queues come and go.
            queries.append(
                Query(
                    "DELETE FROM tallies WHERE shard = $1::bigint AND queue = ANY($2::bytea[]) AND count = 0",
                    [Self.shard, .blobs(lessened.map { Array($0.utf8) })]))
        }
        return queries
    }

    static func find(_ queues: [String]) -> Query {
        Query(
            """
            SELECT t.queue, t.state, sum(t.count)::bigint FROM unnest($1::bytea[]) u (queue) JOIN tallies t ON t.queue = u.queue
            GROUP BY t.queue, t.state
            """, [.blobs(Set(queues + [""]).map { Array($0.utf8) })])
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
