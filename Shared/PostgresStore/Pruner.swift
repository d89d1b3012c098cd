import Storage
import TaskDomain

/// Removes what has been kept long enough in the shards that this scheduler has, a bounded number of rows at a time: each of its duties in
/// turn goes first, and takes what room the one before has left.
final class Pruner {
    private let duties: [any PruningDuty] = [
        FinishedReminders(), OldDeadLetters(), OldIdempotencyKeys(), LongHistories(), SpentCredentials(),
    ]
    private var first = 0

    func prune(_ request: Pruning, _ session: WriterSession) throws(PostgresFailure) -> PruneProgress {
        var progress = PruneProgress(), room = max(1, request.rows)
        for turn in duties.indices {
            let duty = duties[(first + turn) % duties.count]
            let before = room
            if room > 0 { try duty.prune(request, session, room: &room, &progress) }
            progress.rows[duty.kind] = before - max(0, room)
            if room <= 0 { progress.hasMore = true }
            progress.behindMilliseconds[duty.kind] = try duty.behindMilliseconds(request, session)
        }
        first = (first + 1) % duties.count
        return progress
    }
}

/// One kind of rows that the pruner removes. What it finds is nobody else's to change, so it need not look and remove in one transaction.
protocol PruningDuty: AnyObject {
    var kind: PrunedKind { get }

    /// - Parameter room: rows that may be removed; is lessened by those that were.
    func prune(_ request: Pruning, _ session: WriterSession, room: inout Int, _ progress: inout PruneProgress) throws(PostgresFailure)

    /// How long the oldest row that is left should have been gone; `nil` where none is left.
    func behindMilliseconds(_ request: Pruning, _ session: WriterSession) throws(PostgresFailure) -> Int64?
}

extension Rows {
    /// How long the time in the only column lies before `before`.
    func behind(_ before: UnixMilliseconds) -> Int64? {
        guard !isEmpty, let due: UnixMilliseconds = optionalTime(0, 0), due < before else { return nil }
        return before - due
    }
}

/// Its own shards from one on, so that each has its turn.
struct ShardTurn {
    private var next: Int?

    /// The first is given by the clock, so that restarts do not favour one.
    func shards(of epochs: OwnEpochs, _ now: UnixMilliseconds) -> [Shard] {
        let begin = next ?? Int(now.second.count.magnitude % UInt64(Shard.count)), own = epochs.shards
        return own.filter { $0.number >= begin } + own.filter { $0.number < begin }
    }

    mutating func ended(with shard: Shard) { next = (Int(shard.number) + 1) % Shard.count }
}

/// Dead letters that nobody has replayed in time.
final class OldDeadLetters: PruningDuty {
    let kind = PrunedKind.deadLetters
    private let dead = "o.state = \(OccurrenceState.dead.rawValue) AND o.state > 0"

    func prune(_ request: Pruning, _ session: WriterSession, room: inout Int, _ progress: inout PruneProgress) throws(PostgresFailure) {
        let old = EveryShard.oldDeadLetters.query(
            """
            SELECT o.reminder, o.scheduled_at, d.queue FROM occurrences o LEFT JOIN definitions d ON d.shard = o.shard AND d.id = o.reminder
            WHERE \(dead) AND \(OwnEpochs.isOwn("o.shard", 3)) AND o.changed_ms < $1::bigint ORDER BY o.changed_ms LIMIT $2::bigint
            """, [.time(request.deadBefore), .int(Int64(room)), .shards(session.epochs.shards)])
        let rows = try session.connection.run([old])[0]
        let found = rows.indices.compactMap { row in
            rows.id(row, 0).map { (key: OccurrenceKey(reminder: $0, scheduledAt: rows.time(row, 1)), queue: rows.text(row, 2)) }
        }
        try session.change(found, in: \.key.reminder.shard) { found in
            var tallies = Tallies()
            for letter in found { tallies.add(letter.queue, .dead, -1) }
            return [OccurrenceRow.remove(found.map(\.key), session.scope)] + tallies.queries(of: found.lazy.map(\.key.reminder.shard), session.scope)
        }
        room -= found.count
    }

    func behindMilliseconds(_ request: Pruning, _ session: WriterSession) throws(PostgresFailure) -> Int64? {
        let oldest = EveryShard.oldDeadLetters.query(
            "SELECT o.changed_ms FROM occurrences o WHERE \(dead) AND \(OwnEpochs.isOwn("o.shard", 1)) ORDER BY o.changed_ms LIMIT 1",
            [.shards(session.epochs.shards)])
        return try session.connection.run([oldest])[0].behind(request.deadBefore)
    }
}

/// Answers to idempotency keys that are no longer repeated.
final class OldIdempotencyKeys: PruningDuty {
    let kind = PrunedKind.idempotencyKeys
    /// How far ahead of the clock a row's time may be before the clock counts as having been wrong.
    static let aheadMilliseconds: Int64 = 3_600_000

    func prune(_ request: Pruning, _ session: WriterSession, room: inout Int, _ progress: inout PruneProgress) throws(PostgresFailure) {
        // None can be younger than now; from now on they are as old as they seem.
        try change("> $1::bigint ORDER BY created_ms DESC", request.now + Self.aheadMilliseconds, session, &room) { given, isOne in
            ("UPDATE idempotency i SET created_ms = $3::bigint FROM \(given) WHERE \(isOne)", [.time(request.now)])
        }
        try change("< $1::bigint ORDER BY created_ms", request.idempotencyBefore, session, &room) { given, isOne in
            ("DELETE FROM idempotency i USING \(given) WHERE \(isOne)", [])
        }
    }

    /// - Parameters:
    ///   - which: what is to be true of the time.
    ///   - statement: with what is given of each, and what makes a row one of them.
    private func change(
        _ which: String, _ time: UnixMilliseconds, _ session: WriterSession, _ room: inout Int, _ statement: (String, String) -> (String, [Parameter])
    ) throws(PostgresFailure) {
        guard room > 0 else { return }
        let scope = session.scope
        let rows = try session.connection.run([
            EveryShard.oldKeys.query(
                "SELECT shard, key FROM idempotency WHERE \(OwnEpochs.isOwn("shard", 3)) AND created_ms \(which) LIMIT $2::bigint",
                [.time(time), .int(Int64(room)), .shards(session.epochs.shards)])
        ])[0]
        let found = rows.indices.compactMap { row in
            Shard(Int(rows.int(row, 0))).flatMap { shard in rows.bytes(row, 1).map { (shard: shard, key: $0) } }
        }
        let (sql, more) = statement(scope.given([("key", "bytea")]), "\(scope.isGiven("i")) AND i.key = u.key")
        try session.change(found, in: \.shard) { found in
            [Query(sql, [scope.parameter(found.map(\.shard)), .blobs(found.map(\.key))] + more)]
        }
        room -= found.count
    }

    func behindMilliseconds(_ request: Pruning, _ session: WriterSession) throws(PostgresFailure) -> Int64? {
        let oldest = EveryShard.oldKeys.query(
            "SELECT created_ms FROM idempotency WHERE \(OwnEpochs.isOwn("shard", 1)) ORDER BY created_ms LIMIT 1", [.shards(session.epochs.shards)])
        return try session.connection.run([oldest])[0].behind(request.idempotencyBefore)
    }
}
