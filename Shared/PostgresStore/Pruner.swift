import Storage
import TaskDomain

/// Removes what has been kept long enough, a bounded number of rows at a time: each of its duties in turn goes first, and takes what
/// room the one before has left.
final class Pruner {
    private let duties: [any PruningDuty] = [
        FinishedReminders(), OldDeadLetters(), OldIdempotencyKeys(), LongHistories(), SpentCredentials(),
    ]
    private var first = 0

    /// Within a transaction.
    func prune(_ request: Pruning, on connection: Connection) throws(PostgresFailure) -> PruneProgress {
        var progress = PruneProgress(), room = max(1, request.rows)
        for turn in duties.indices {
            let duty = duties[(first + turn) % duties.count]
            let before = room
            if room > 0 { try duty.prune(request, on: connection, room: &room, &progress) }
            progress.rows[duty.kind] = before - max(0, room)
            if room <= 0 { progress.hasMore = true }
            progress.behindMilliseconds[duty.kind] = try duty.behindMilliseconds(request, on: connection)
        }
        first = (first + 1) % duties.count
        return progress
    }
}

/// One kind of rows that the pruner removes.
protocol PruningDuty: AnyObject {
    var kind: PrunedKind { get }

    /// - Parameter room: rows that may be removed; is lessened by those that were.
    func prune(_ request: Pruning, on connection: Connection, room: inout Int, _ progress: inout PruneProgress) throws(PostgresFailure)

    /// How long the oldest row that is left should have been gone; `nil` where none is left.
    func behindMilliseconds(_ request: Pruning, on connection: Connection) throws(PostgresFailure) -> Int64?
}

extension Rows {
    /// How long the time in the only column lies before `before`.
    func behind(_ before: UnixMilliseconds) -> Int64? {
        guard !isEmpty, let due: UnixMilliseconds = optionalTime(0, 0), due < before else { return nil }
        return before - due
    }
}

/// Shards from one on, so that each has its turn.
struct ShardTurn {
    private var next: Int?

    /// The first is given by the clock, so that restarts do not favour one.
    func shards(_ now: UnixMilliseconds) -> [Int64] {
        let begin = next ?? Int(now.second.count.magnitude % UInt64(Shard.count))
        return (0..<Shard.count).map { Int64((begin + $0) % Shard.count) }
    }

    mutating func ended(with shard: Int64) { next = (Int(shard) + 1) % Shard.count }
}

/// Dead letters that nobody has replayed in time.
final class OldDeadLetters: PruningDuty {
    let kind = PrunedKind.deadLetters
    private let dead = "FROM occurrences WHERE state = \(OccurrenceState.dead.rawValue) AND state > 0"

    func prune(_ request: Pruning, on connection: Connection, room: inout Int, _ progress: inout PruneProgress) throws(PostgresFailure) {
        let gone = try connection.run(
            """
            WITH gone AS (
                DELETE FROM occurrences o USING (
                    SELECT shard, reminder, scheduled_at \(dead) AND changed_ms < $1::bigint ORDER BY changed_ms LIMIT $2::bigint) u
                WHERE o.shard = u.shard AND o.reminder = u.reminder AND o.scheduled_at = u.scheduled_at RETURNING o.shard, o.reminder)
            SELECT d.queue, count(*) FROM gone g LEFT JOIN definitions d ON d.shard = g.shard AND d.id = g.reminder GROUP BY d.queue
            """, [.time(request.deadBefore), .int(Int64(room))])
        var tallies = Tallies()
        for row in gone.indices {
            tallies.add(gone.text(row, 0), .dead, -gone.int(row, 1))
            room -= Int(gone.int(row, 1))
        }
        _ = try connection.run(tallies.last)
    }

    func behindMilliseconds(_ request: Pruning, on connection: Connection) throws(PostgresFailure) -> Int64? {
        try connection.run("SELECT changed_ms \(dead) ORDER BY changed_ms LIMIT 1").behind(request.deadBefore)
    }
}

/// Answers to idempotency keys that are no longer repeated.
final class OldIdempotencyKeys: PruningDuty {
    let kind = PrunedKind.idempotencyKeys
    /// How far ahead of the clock a row's time may be before the clock counts as having been wrong.
    static let aheadMilliseconds: Int64 = 3_600_000

    func prune(_ request: Pruning, on connection: Connection, room: inout Int, _ progress: inout PruneProgress) throws(PostgresFailure) {
        // None can be younger than now; from now on they are as old as they seem.
        let redated = try connection.run(
            """
            UPDATE idempotency i SET created_ms = $1::bigint FROM (
                SELECT shard, key FROM idempotency WHERE created_ms > $2::bigint ORDER BY created_ms DESC LIMIT $3::bigint) u
            WHERE i.shard = u.shard AND i.key = u.key
            """, [.time(request.now), .time(request.now + Self.aheadMilliseconds), .int(Int64(room))])
        room -= redated.affected
        let gone = try connection.run(
            """
            DELETE FROM idempotency i USING (
                SELECT shard, key FROM idempotency WHERE created_ms < $1::bigint ORDER BY created_ms LIMIT $2::bigint) u
            WHERE i.shard = u.shard AND i.key = u.key
            """, [.time(request.idempotencyBefore), .int(Int64(max(0, room)))])
        room -= gone.affected
    }

    func behindMilliseconds(_ request: Pruning, on connection: Connection) throws(PostgresFailure) -> Int64? {
        try connection.run("SELECT created_ms FROM idempotency ORDER BY created_ms LIMIT 1").behind(request.idempotencyBefore)
    }
}
