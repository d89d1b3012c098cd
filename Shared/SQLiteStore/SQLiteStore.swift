import CSQLite
import Storage
import TaskDomain

/// A `Store` in one SQLite file, for one scheduler.
///
/// Three threads, one connection each. The writing thread carries out `submit`, `load`, `prune`, `reseal`, `space` and `take` in
/// the order of the calls; writes that waited during a commit share the next (write-ahead log, `synchronous=FULL`: one
/// fsync each). Two threads answer from snapshots, one what is quickly found, one lists, which may look at much and find
/// little. They never wait for a commit, but for `list`, which wants new reminders filed where lists find them (see
/// `Intake`): all that wait share one filing.
///
/// After a failure (disk full, I/O error) nothing of the transaction remains, its submissions complete with
/// `.unavailable`, and the next one tries again: there is nothing to restart when the cause has passed.
///
/// A store that is released without `close` finishes what was submitted.
public final class SQLiteStore: LanedStore {
    public let lanes: StoreLanes
    /// One file commits everything together.
    public static let strands = [Shard.all]

    /// Opens the database, creating it (file 0600, missing directories 0700) and bringing its schema up to date.
    /// - Parameters:
    ///   - path: the database's file; `<path>-wal`, `<path>-shm` and `<path>.lock` lie beside it. On a local disk.
    ///   - deliver: gets completions to call, in order, all of one commit together. Called on the store's threads; without it
    ///     they are called there, too. Of calls for whose refusals there is no room it gets these at once, on the caller's thread.
    ///   - onFault: is told, in one line for an operator, of a row that had to be skipped and of trouble that no call
    ///     can report. Called on the store's threads.
    /// - Throws: `.unavailable` if the file cannot be used now; `.inUse` if another scheduler uses it; `.unusable` if it is
    ///   something else than a database of this build or an earlier one.
    public init(
        path: String, limits: SQLiteLimits = SQLiteLimits(),
        deliver: @escaping @Sendable ([@Sendable () -> Void]) -> Void = { for complete in $0 { complete() } },
        onFault: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        guard sqlite3_libversion_number() >= SQLiteStore.oldestLibrary else {
            throw .unusable(
                "SQLite \(String(cString: sqlite3_libversion())) is too old: 3.37 or later is needed. "
                    + "Upgrade libsqlite3")
        }
        let completions = Completions(deliver: deliver)
        let lanes = StoreLanes(
            queuedWrites: limits.queuedWrites, writesPerCommit: limits.writesPerCommit, bytesPerCommit: limits.bytesPerCommit,
            queuedReads: limits.queuedReads, queuedRefusals: limits.queuedRefusals, readWait: limits.readWait, completions: completions)
        let file = try DatabaseFile(path: path)
        let unfiled = UnfiledCount()
        let writer = ThreadBound(
            try Writer(
                lane: lanes.writes, file: file, limits: limits, unfiled: unfiled, completions: completions, onFault: onFault))
        func reader(_ lane: ReadLane) throws(StoreError) -> ThreadBound<SnapshotReader> {
            ThreadBound(
                try SnapshotReader(
                    lane: lane, file: file, limits: limits, unfiled: unfiled, completions: completions, onFault: onFault
                ) { filed in lanes.writes.add(.file(filed)) })
        }
        let finder = try reader(lanes.reads), lister = try reader(lanes.lists)
        guard lanes.start({ writer.take()?.run() }, { finder.take()?.run() }, { lister.take()?.run() }) else {
            throw .unavailable("\(path): the system gave no thread for it. Raise the limit on processes (ulimit -u)")
        }
        self.lanes = lanes
    }

    /// 3.37.0: STRICT tables.
    private static let oldestLibrary: Int32 = 3_037_000

    deinit { lanes.end() }
}
