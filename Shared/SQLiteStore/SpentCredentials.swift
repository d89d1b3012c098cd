import Storage
import TaskDomain

/// Credentials of reminders that were completed a while ago and of which nothing waits: nobody can have them sent any more.
///
/// Shard after shard in the order in which they were completed; how far that is stands in the table `spent`, so that each is looked at
/// once. One with a dead letter keeps its credential until that is gone; see `Standings.forgetCredentialIfUseless`.
final class SpentCredentials: PruningDuty {
    let kind = PrunedKind.credentials
    private let place: Statement, keep: Statement, list: Statement, forget: Statement, oldest: Statement
    private var turn = 0
    /// This round has seen all there was: which shards have more need not be asked once more.
    private var isDone = false

    private typealias Place = (finishedAt: UnixMilliseconds, id: [UInt8])

    init(_ connection: Connection) throws(SQLiteFailure) {
        let finished = "FROM reminders INDEXED BY reminders_finished WHERE shard = ?1 AND finished_ms IS NOT NULL AND (finished_ms, id) > (?2, ?3)"
        place = try connection.prepare("SELECT finished_ms, id FROM spent WHERE shard = ?1")
        keep = try connection.prepare("INSERT OR REPLACE INTO spent (shard, finished_ms, id) VALUES (?1, ?2, ?3)")
        list = try connection.prepare("SELECT finished_ms, id, definition \(finished) AND finished_ms < ?4 ORDER BY finished_ms, id LIMIT ?5")
        oldest = try connection.prepare("SELECT finished_ms \(finished) ORDER BY finished_ms, id LIMIT 1")
        forget = try connection.prepare(
            """
            UPDATE definitions SET authorization = x'' WHERE number = ?3 AND length(authorization) > 0
                AND NOT EXISTS (SELECT 1 FROM occurrences WHERE shard = ?1 AND reminder = ?2)
            """)
    }

    func prune(_ request: Pruning, room: inout Int, _ progress: inout PruneProgress) throws(SQLiteFailure) {
        for _ in 0..<Shard.count where room > 0 {
            let shard = Shard.all[turn % Shard.count]
            turn = (turn + 1) % Shard.count
            try prune(shard, request.credentialsBefore, room: &room)
        }
        isDone = room > 0
    }

    private func prune(_ shard: Shard, _ before: UnixMilliseconds, room: inout Int) throws(SQLiteFailure) {
        bind(list, shard, try place(of: shard, before))
        list.bind(4, before)
        list.bind(5, room)
        var found: [(place: Place, definition: Int64)] = []
        while try list.step() { found.append(((list.time(0), list.blob(1) ?? []), list.integer(2))) }
        guard let end = found.last?.place else { return }
        // In the order of the definitions, of which neighbours share pages.
        for row in found.sorted(by: { $0.definition < $1.definition }) {
            forget.bind(1, shard.number)
            forget.bind(2, row.place.id)
            forget.bind(3, row.definition)
            try forget.run()
        }
        room -= found.count
        bind(keep, shard, end)
        try keep.run()
    }

    func behindMilliseconds(_ request: Pruning) throws(SQLiteFailure) -> Int64? {
        defer { isDone = false }
        if isDone { return nil }
        let before = request.credentialsBefore
        let first = try Shard.earliest { shard throws(SQLiteFailure) in
            bind(oldest, shard, try place(of: shard, before))
            return try oldest.value()
        }
        return Pruning.behind(first, before: before)
    }

    /// How far a shard has been seen. A clock that was set back completes some before that, whose place among the others nobody knows: then
    /// it is looked through from its beginning.
    private func place(of shard: Shard, _ before: UnixMilliseconds) throws(SQLiteFailure) -> Place {
        place.bind(1, shard.number)
        defer { place.reset() }
        guard try place.step(), place.time(0) <= before else { return (.distantPast, []) }
        return (place.time(0), place.blob(1) ?? [])
    }

    private func bind(_ statement: Statement, _ shard: Shard, _ place: Place) {
        statement.bind(1, shard.number)
        statement.bind(2, place.finishedAt)
        statement.bind(3, place.id)
    }
}
