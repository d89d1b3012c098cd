/// That the database has gone on on another server than before.
public struct Failover: Sendable, Hashable, CustomStringConvertible {
    /// What of that which was confirmed is missing.
    public enum Loss: Sendable, Hashable {
        /// Nothing: no commit was confirmed before a replica had it.
        case nothing
        /// What had not reached the replica that was promoted.
        case tail
        /// The same, unless replication was synchronous, which nobody saw who is left.
        case unknown
        /// What was confirmed after the copy was made.
        case sinceCopy
    }

    public let timeline: Int64
    public let loss: Loss

    public var mayHaveLost: Bool { loss != .nothing }

    init?(from former: LastServer, to place: ServerPlace) {
        guard former.system != place.system || former.timeline != place.timeline else { return nil }
        timeline = place.timeline
        loss = former.system != place.system ? .sinceCopy : former.wasSynchronous.map { $0 ? .nothing : .tail } ?? .unknown
    }

    public var description: String {
        let now = "the database is now on timeline \(timeline)", tail = "what was confirmed in the last moments before may be lost"
        return switch loss {
        case .nothing: "\(now); nothing that was confirmed is lost, as replication is synchronous"
        case .tail: "\(now); \(tail), as replication is asynchronous"
        case .unknown: "\(now); \(tail): nobody who is left saw whether replication was synchronous"
        case .sinceCopy:
            "the database is now on a server that is no replica of the one before; what was confirmed there since it was copied is not here"
        }
    }
}

/// The row about the server on which shards were taken last.
struct LastServer {
    let system: Int64
    let timeline: Int64
    /// Whether its commits waited for a replica when it was seen last, as somebody noted who saw it until its end; `nil`: nobody has yet.
    let wasSynchronous: Bool?

    init(_ sight: ServerSight) {
        self.init(system: sight.place.system, timeline: sight.place.timeline, wasSynchronous: sight.replication == .synchronous)
    }

    private init(system: Int64, timeline: Int64, wasSynchronous: Bool?) {
        self.system = system
        self.timeline = timeline
        self.wasSynchronous = wasSynchronous
    }

    private static let exists = "SELECT to_regclass('last_server') IS NOT NULL"

    /// - Returns: `nil`: no shard was taken yet by a build that keeps this.
    static func read(_ connection: Connection) throws(PostgresFailure) -> LastServer? {
        let rows = try connection.run("SELECT system, timeline, was_synchronous FROM last_server")
        guard !rows.isEmpty else { return nil }
        return LastServer(system: rows.int(0, 0), timeline: rows.int(0, 1), wasSynchronous: rows.optionalInt(0, 2).map { $0 != 0 })
    }

    /// From now on it is this one.
    static func keep(_ place: ServerPlace, _ connection: Connection) throws(PostgresFailure) {
        _ = try connection.run(
            """
            INSERT INTO last_server (one, system, timeline) VALUES (1, $1::bigint, $2::bigint)
            ON CONFLICT (one) DO UPDATE SET (system, timeline, was_synchronous) = (excluded.system, excluded.timeline, NULL)
            """, [.int(place.system), .int(place.timeline)])
    }

    /// Notes how it was seen, on the server that has taken its place: whoever takes the shards there was perhaps not there. Of several who saw
    /// it, one who saw it not wait for a replica is believed.
    func note(_ connection: Connection) throws(PostgresFailure) {
        // An earlier build has no place for it.
        guard try connection.run(Self.exists).int(0, 0) != 0 else { return }
        let note = Query(
            """
            UPDATE last_server SET was_synchronous = least(was_synchronous, $3::bigint) WHERE system = $1::bigint AND timeline = $2::bigint
            """, [.int(system), .int(timeline), .int(wasSynchronous == true ? 1 : 0)])
        // It does not wait for replicas of the new one, which may not be there yet.
        _ = try connection.run([Query("BEGIN"), Query("SET LOCAL synchronous_commit = off"), note, Query("COMMIT")])
    }
}
