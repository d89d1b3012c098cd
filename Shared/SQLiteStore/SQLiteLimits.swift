/// The bounds of an ``SQLiteStore``, each with its default.
public struct SQLiteLimits: Sendable {
    /// Writes in one transaction; a single `submit` may hold more and then goes alone.
    public var writesPerCommit = 4096
    /// New reminders that are kept in the order of their arrival before they are filed where they are found. The more at
    /// once, the less each costs (`Tests/Benchmarks/README.md`), and the longer a create waits that comes just then.
    public var unfiledCreates = 8192
    /// Bytes of them, as estimated.
    public var unfiledBytes = 8 << 20
    /// Bytes of values in one transaction, as estimated from the writes.
    public var bytesPerCommit = 8 << 20
    /// Writes that may wait for their transaction. A `submit` beyond it completes, in its turn, with `.unavailable`.
    public var queuedWrites = 262_144
    /// Reads that may wait for each of the reading threads, that for lists and that for the others.
    public var queuedReads = 16_384
    /// Refusals that may wait for their turn in each lane, of calls for which there was no room. A call beyond them is refused at once.
    public var queuedRefusals = 16_384
    /// How long a read may wait for its turn. One that has waited longer completes, in its turn, with `.overloaded`: so what waits is
    /// never more than can be answered while it is of use.
    public var readWait = Duration.seconds(1)
    /// KiB of database pages that the writing connection keeps in memory.
    public var writerCacheKibibytes = 16 << 10
    /// KiB of database pages that each of the two reading connections keeps in memory.
    public var readerCacheKibibytes = 8 << 10
    /// Pages of 4 KiB in the write-ahead log from which it is copied into the database.
    public var checkpointPages: Int32 = 8192
    /// Bytes to which the write-ahead log is cut when it begins anew after having grown.
    public var logBytesKept = 64 << 20
    /// How long to wait for another program's transaction (a shell, a backup), in milliseconds.
    public var busyTimeoutMilliseconds: Int32 = 5000
    /// The most pages of 4 KiB that the database may grow to; `nil` for as many as the disk holds.
    public var databasePages: Int64?

    public init() {}
}
