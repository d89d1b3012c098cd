public import Storage
import TaskDomain

/// A scheduler that stands by while another has the database: sees whether that lives, and when the database can be taken.
///
/// What the other has is a lock of its connection, which the server lets go of when the connection ends. The connections of one that has not
/// shown life for a while are ended: a process that stands still keeps them, and may stand in the midst of a transaction.
public final class Standby {
    /// What was seen of the scheduler that has the database.
    public enum Sight: Sendable, Hashable {
        /// Nobody has it.
        case free
        case taken
        /// Who has it did not show life, and its connections have been ended.
        case silent
        /// Nobody can have it now: its server is a standby that nobody has promoted yet.
        case readOnly
    }

    /// How far apart looks are to be, milliseconds.
    public static let intervalMilliseconds: Int64 = 250
    /// How long an answer is waited for: a look that takes longer says nothing.
    private static let answerWait = Duration.seconds(2)

    /// For the connections that are still to come.
    public var address: PostgresAddress
    private let limits: PostgresLimits
    private var connection: Connection?
    private var watch = OwnerWatch()
    /// What it saw of the server may be all that is left to know of that.
    private let server = ServerWatch()

    public init(_ address: PostgresAddress, limits: PostgresLimits = PostgresLimits()) {
        self.address = address
        self.limits = limits
    }

    /// Looks at who has the database. Waits for the server, and for no more than seconds.
    /// - Throws: `.unavailable` where the server cannot be reached, or does not let the user in.
    public func look() throws(StoreError) -> Sight {
        do throws(PostgresFailure) {
            let connection = try open()
            server.saw(Replication(try connection.run([Replication.query])[0]))
            if try Schema.own(connection) {
                Schema.disown(connection)
                return .free
            }
            guard let owner = try OwnerRow.read(connection), watch.sees(owner.instance, beat: owner.beat, at: SystemClock.sinceBoot) else { return .taken }
            _ = try connection.run([Backend.ending(owner.backends)])
            return .silent
        } catch {
            connection = nil
            if error.isReadOnly { return .readOnly }
            throw error.storeError(address.description)
        }
    }

    private func open() throws(PostgresFailure) -> Connection {
        if let connection { return connection }
        let new = try Connection(address, limits)
        new.answerWait = Self.answerWait
        _ = try new.run("SET idle_session_timeout = 0")
        _ = try server.look(new)
        // What the former server had is not in this one's memory: it goes on.
        if server.failover != nil {
            server.forget()
            _ = try server.look(new)
        }
        connection = new
        return new
    }
}
