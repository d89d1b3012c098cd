import Storage
import TaskDomain

/// A `Store` in a PostgreSQL database, for one scheduler.
///
/// Three threads, one connection each, and the writing one three more where each shard has transactions of its own; and one that shows that
/// the scheduler lives (see `Ownership`). The writing thread
/// carries out `submit`, `load`, `prune`, `reseal` and what else goes in the order of the calls; writes that waited during a commit share
/// the next: it reads what they touch, decides by the rules of `Storage/Rules`, and writes the rows that differ, in one transaction that
/// begins with the fence (see `WriterSession`). Two threads answer questions, one what is quickly found, one lists, with a limit on the
/// time that the server may take.
///
/// How the tables are distributed says how much one transaction is about (see `StoreScope`). Where it is one shard, what has gathered is
/// divided by shard, read in one trip and written in another, over several connections; where the transaction of one shard fails, the
/// submissions with writes to that shard do, and what they wrote to others may stay.
///
/// After a failure nothing of the transaction remains, its submissions complete with `.unavailable`, and the next one tries again, on
/// another connection where that is needed: there is nothing to restart when the cause has passed. Where a connection is lost during a
/// commit, or the server did not wait for its synchronous replica, the server is asked what became of it; where that cannot be told in time,
/// or it has recovered from a crash since, the writes complete with `.unavailable` too, and may have taken effect. Where another server has been
/// promoted in its place, nothing is written any more (see `Ownership`).
///
/// A store that is released without `close` finishes what was submitted.
public final class PostgresStore: LanedStore {
    public let lanes: StoreLanes
    /// What one scheduler has, and another takes over, is a number of these.
    public static let strands = Strands.all
    /// What the newest credentials that are stored begin with, as `Resealing.prefix` said last, when the store was opened; `nil`: nothing
    /// was ever sealed anew here.
    public let sealedWith: [UInt8]?
    /// Whether the database is this store's still.
    public let ownership: Ownership

    /// What room a database has its server does not tell: it is taken for an exbibyte, and a full disk is told by the writes that fail.
    static let space = StoreSpace(free: 1 << 60, capacity: 1 << 60)

    /// Opens the database and brings its schema up to date.
    /// - Parameters:
    ///   - distribution: how the database has the tables, or is to have them.
    ///   - deliver: gets completions to call, in order, all of one commit together. Called on the store's threads; without it
    ///     they are called there, too. Of calls for whose refusals there is no room it gets these at once, on the caller's thread.
    ///   - onFault: is told, in one line for an operator, of a row that had to be skipped. Called on the store's threads.
    /// - Throws: `.unavailable` if the server cannot be reached, or does not let the user in; `.inUse` if another scheduler uses the
    ///   database; `.unusable` if it is something else than a store of this build or an earlier one, or its server cannot keep what it
    ///   confirms.
    public init(
        _ address: PostgresAddress, distribution: PostgresDistribution = .none, limits: PostgresLimits = PostgresLimits(),
        deliver: @escaping @Sendable ([@Sendable () -> Void]) -> Void = { for complete in $0 { complete() } },
        onFault: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        let completions = Completions(deliver: deliver)
        let lanes = StoreLanes(
            queuedWrites: limits.queuedWrites, writesPerCommit: limits.writesPerCommit, bytesPerCommit: limits.bytesPerCommit,
            queuedReads: limits.queuedReads, queuedRefusals: limits.queuedRefusals, readWait: limits.readWait, completions: completions)
        let ownership = Ownership()
        self.ownership = ownership
        let opening = Opening(address, distribution, limits, ownership, onFault: onFault)
        // It shows life from when the database has been taken: what follows may take its time.
        let beat = ThreadBound(OwnerBeat(address, limits, ownership))
        guard StoreThread.start({ beat.take()?.run() }) else { throw Self.lacksThreads(address) }
        let made: Writer
        do throws(StoreError) {
            made = try Writer(lane: lanes.writes, opening: opening, limits: limits, completions: completions, onFault: onFault)
        } catch {
            ownership.end()
            throw error
        }
        sealedWith = made.sealedWith
        let writer = ThreadBound(made)
        func reader(_ lane: ReadLane) -> ThreadBound<SnapshotReader> {
            ThreadBound(
                SnapshotReader(lane: lane, address: address, scope: distribution.scope, limits: limits, completions: completions, onFault: onFault))
        }
        let finder = reader(lanes.reads), lister = reader(lanes.lists)
        guard lanes.start({ writer.take()?.run() }, { finder.take()?.run() }, { lister.take()?.run() }) else {
            ownership.end()
            throw Self.lacksThreads(address)
        }
        self.lanes = lanes
    }

    private static func lacksThreads(_ address: PostgresAddress) -> StoreError {
        .unavailable("\(address): the system gave no thread for it. Raise the limit on processes (ulimit -u)")
    }

    deinit {
        ownership.end()
        lanes.end()
    }
}
