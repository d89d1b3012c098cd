import Storage
import TaskDomain

/// Removes what has been kept long enough, a bounded number of rows at a time: each of its duties in turn goes first, and takes what
/// room the one before has left.
final class Pruner {
    private let duties: [any PruningDuty]
    private var first = 0
    /// Whether the last call had no room for all, or has not seen all.
    private(set) var isUnderWay = false

    init(_ connection: Connection) throws(SQLiteFailure) {
        duties = [
            try FinishedReminders(connection), try OldDeadLetters(connection), try OldIdempotencyKeys(connection),
            try LongHistories(connection), try SpentCredentials(connection),
        ]
    }

    func prune(_ request: Pruning) throws(SQLiteFailure) -> PruneProgress {
        var progress = PruneProgress(), room = max(1, request.rows)
        for turn in duties.indices {
            let duty = duties[(first + turn) % duties.count]
            let before = room
            if room > 0 { try duty.prune(request, room: &room, &progress) }
            progress.rows[duty.kind] = before - max(0, room)
            if room <= 0 { progress.hasMore = true }
            progress.behindMilliseconds[duty.kind] = try duty.behindMilliseconds(request)
        }
        first = (first + 1) % duties.count
        isUnderWay = progress.hasMore || progress.isUnderWay
        return progress
    }
}

/// One kind of rows that the pruner removes.
protocol PruningDuty: AnyObject {
    var kind: PrunedKind { get }

    /// - Parameter room: rows that may be removed; is lessened by those that were.
    func prune(_ request: Pruning, room: inout Int, _ progress: inout PruneProgress) throws(SQLiteFailure)

    /// How long the oldest row that is left should have been gone; `nil` where none is left.
    func behindMilliseconds(_ request: Pruning) throws(SQLiteFailure) -> Int64?
}

extension Shard {
    /// The earliest of the times that a query finds, shard after shard.
    static func earliest(_ find: (Shard) throws(SQLiteFailure) -> Int64?) throws(SQLiteFailure) -> Int64? {
        var earliest: Int64?
        for shard in all {
            if let found = try find(shard) { earliest = min(earliest ?? found, found) }
        }
        return earliest
    }
}

extension Pruning {
    /// How long the time `due` of what is left lies before `before`.
    static func behind(_ due: Int64?, before: UnixMilliseconds) -> Int64? {
        guard let due = due.map({ UnixMilliseconds($0) }), due < before else { return nil }
        return before - due
    }
}

/// Dead letters that nobody has replayed in time.
final class OldDeadLetters: PruningDuty {
    let kind = PrunedKind.deadLetters
    private let list: Statement, drop: Statement, oldest: Statement

    init(_ connection: Connection) throws(SQLiteFailure) {
        let dead = "FROM occurrences INDEXED BY occurrences_set_aside WHERE state = \(OccurrenceState.dead.rawValue) AND state > 0"
        list = try connection.prepare(
            "SELECT shard, reminder, scheduled_at \(dead) AND changed_ms < ?1 ORDER BY changed_ms LIMIT ?2")
        drop = try connection.prepare("DELETE FROM occurrences WHERE shard = ?1 AND reminder = ?2 AND scheduled_at = ?3")
        oldest = try connection.prepare("SELECT changed_ms \(dead) ORDER BY changed_ms LIMIT 1")
    }

    func prune(_ request: Pruning, room: inout Int, _ progress: inout PruneProgress) throws(SQLiteFailure) {
        list.bind(1, request.deadBefore)
        list.bind(2, room)
        var found: [(shard: Int64, reminder: [UInt8], scheduledAt: UnixSeconds)] = []
        while try list.step() { found.append((list.integer(0), list.blob(1) ?? [], list.time(2))) }
        for row in found {
            drop.bind(1, row.shard)
            drop.bind(2, row.reminder)
            drop.bind(3, row.scheduledAt)
            room -= try drop.run()
        }
    }

    func behindMilliseconds(_ request: Pruning) throws(SQLiteFailure) -> Int64? {
        Pruning.behind(try oldest.value(), before: request.deadBefore)
    }
}

/// Answers to idempotency keys that are no longer repeated.
final class OldIdempotencyKeys: PruningDuty {
    let kind = PrunedKind.idempotencyKeys
    private let redate: Statement, drop: Statement, oldest: Statement
    /// How far ahead of the clock a row's time may be before the clock counts as having been wrong.
    static let aheadMilliseconds: Int64 = 3_600_000

    init(_ connection: Connection) throws(SQLiteFailure) {
        let byTime = "FROM idempotency INDEXED BY idempotency_created"
        // None can be younger than now; from now on they are as old as they seem.
        redate = try connection.prepare(
            """
            UPDATE idempotency SET created_ms = ?1 WHERE number IN (
                SELECT number \(byTime) WHERE created_ms > ?2 ORDER BY created_ms DESC LIMIT ?3)
            """)
        drop = try connection.prepare(
            """
            DELETE FROM idempotency WHERE number IN (SELECT number \(byTime) WHERE created_ms < ?1 ORDER BY created_ms LIMIT ?2)
            """)
        oldest = try connection.prepare("SELECT created_ms \(byTime) ORDER BY created_ms LIMIT 1")
    }

    func prune(_ request: Pruning, room: inout Int, _ progress: inout PruneProgress) throws(SQLiteFailure) {
        redate.bind(1, request.now)
        redate.bind(2, request.now + Self.aheadMilliseconds)
        redate.bind(3, room)
        room -= try redate.run()
        drop.bind(1, request.idempotencyBefore)
        drop.bind(2, max(0, room))
        room -= try drop.run()
    }

    func behindMilliseconds(_ request: Pruning) throws(SQLiteFailure) -> Int64? {
        Pruning.behind(try oldest.value(), before: request.idempotencyBefore)
    }
}
