/// The bounds of a ``PostgresStore``, each with its default.
public struct PostgresLimits: Sendable {
    /// Writes in one transaction; a single `submit` may hold more and then goes alone.
    public var writesPerCommit = 4096
    /// Bytes of values in one transaction, as estimated from the writes.
    public var bytesPerCommit = 8 << 20
    /// Writes that may wait for their transaction. A `submit` beyond it completes, in its turn, with `.unavailable`.
    public var queuedWrites = 262_144
    /// Reads that may wait for each of the reading threads, that for lists and that for the others.
    public var queuedReads = 16_384
    /// Refusals that may wait for their turn in each lane, of calls for which there was no room. A call beyond them is refused at once.
    public var queuedRefusals = 16_384
    /// How long a read may wait for its turn. One that has waited longer completes, in its turn, with `.overloaded`.
    public var readWait = Duration.seconds(1)
    /// How long the server may work on one statement of a read.
    public var readTime = Duration.seconds(5)
    /// How long the answer to one question may take, whatever number of statements it needs: longer than ``readTime``, which the server sees
    /// to. A connection on which it takes longer is given up.
    public var questionTime = Duration.seconds(10)
    /// Connections over which writes go at the same time where each shard's are a transaction of their own.
    public var shardConnections = 4
    /// How long making a connection may take.
    public var connectWait = Duration.seconds(5)
    /// How long one server may take where the address names several and no `connect_timeout`.
    public var hostWait = Duration.seconds(2)
    /// How long an answer of the server may take. A connection on which it takes longer is given up.
    public var answerWait = Duration.seconds(30)
    /// The same for one about all rows of a table, when the schema of an earlier build is brought up to date.
    public var migrationWait = Duration.seconds(3_600)
    /// How long a scheduler that starts waits for the one before it, whose connection the server may not have lost yet.
    public var ownWait = Duration.seconds(2)
    /// How long it is tried to find out what became of a transaction whose end was lost with its connection.
    public var resolveWait = Duration.seconds(5)

    /// Is told of every statement before the server is, for tests. Called on the store's threads.
    package var onStatement: (@Sendable (String) -> Void)?

    public init() {}
}
