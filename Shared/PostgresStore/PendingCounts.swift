import Storage
import TaskDomain

/// How many unfinished reminders callers have that have a bound. Callers without a name have none.
///
/// While this scheduler has all shards they are counted once, and kept in step with every write, as none is made but by this store. Where
/// others write as well they are counted for each batch: what another commits in the same moment is not seen, so that a caller who creates by
/// several schedulers at once may get past its bound by what they take in meanwhile.
final class PendingCounts {
    private let epochs: OwnEpochs
    private var known: [String: Int] = [:]
    /// Counted for the batch at hand, and no further than it needs.
    private var atLeast: [String: Int] = [:]

    init(_ epochs: OwnEpochs) { self.epochs = epochs }

    /// What a batch needs counted: a caller with how far.
    func unknown(in writes: [StoreWrite]) -> [(caller: String, most: Int)] {
        if !epochs.areAll { known = [:] }
        var most: [String: Int] = [:]
        for case .create(let reminder, _, _, let limit?) in writes where known[reminder.caller] == nil && !reminder.caller.isEmpty {
            most[reminder.caller] = max(most[reminder.caller] ?? 0, limit)
        }
        // What is finished within the batch makes room, and must not make a count that ended early look small.
        return most.map { ($0.key, $0.value + 1 + writes.count) }
    }

    static func query(_ caller: String, most: Int) -> Query {
        EveryShard.pendingOfCaller.query(
            """
            SELECT count(*) FROM (SELECT 1 FROM reminders WHERE caller = $1::bytea AND caller <> '' AND finished_ms IS NULL LIMIT $2::bigint) a
            """, [.text(caller), .int(Int64(most))])
    }

    func add(_ caller: String, counted: Int, most: Int) {
        if counted < most, epochs.areAll { known[caller] = counted } else { atLeast[caller] = counted }
    }

    func count(of caller: String) -> Int { known[caller] ?? atLeast[caller] ?? 0 }

    /// So many more of the caller's are unfinished.
    func changed(_ caller: String, by number: Int) {
        if let count = known[caller] { known[caller] = count + number }
        if let count = atLeast[caller] { atLeast[caller] = count + number }
    }

    /// The batch is over.
    func endBatch() { atLeast = [:] }

    /// A transaction was rolled back, or may have been; or shards were taken, which others have written to.
    func forget() { (known, atLeast) = ([:], [:]) }
}
