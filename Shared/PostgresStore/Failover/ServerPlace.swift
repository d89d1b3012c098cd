/// Which server serves a connection.
struct ServerPlace: Sendable, Hashable {
    /// The same for a server and all of its replicas.
    let system: Int64
    /// Higher each time that a replica is promoted.
    let timeline: Int64
    /// When it last recovered from a crash, microseconds since 1970 by its own clock. Transactions from before that of which nothing was on its
    /// disk have numbers that it gives once more.
    let recovered: Int64

    /// Whether everything that was confirmed there is here.
    func isSame(as other: ServerPlace) -> Bool { system == other.system && timeline == other.timeline }

    /// Takings of a shard on one timeline for which there is room beneath the epochs of the next.
    private static let takingsBits = 16

    /// What epochs that a shard is taken with here are higher than: what was taken on an earlier timeline, and lost with its end, does not
    /// come back. On the first one they begin with 1.
    var epochFloor: Int64 { max(0, timeline - 1) << Self.takingsBits }
}

/// A server as it was seen: which it is, and whether its commits wait for a replica.
struct ServerSight: Sendable, Hashable {
    let place: ServerPlace
    var replication: Replication

    /// - Throws: where it is a replica that nobody has promoted.
    static func read(_ connection: Connection) throws(PostgresFailure) -> ServerSight {
        // What any user may ask. The number in the control file is that of the last checkpoint, which may be from before the promotion.
        let rows = try connection.run([
            Query(
                """
                SELECT system_identifier,
                    CASE WHEN NOT pg_is_in_recovery() THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END,
                    (SELECT (extract(epoch FROM stats_reset) * 1000000)::bigint FROM pg_stat_wal)
                FROM pg_control_system()
                """), Replication.query,
        ])
        guard let timeline = rows[0].optionalInt(0, 1) else { throw .isStandby }
        let place = ServerPlace(system: rows[0].int(0, 0), timeline: timeline, recovered: rows[0].int(0, 2))
        return ServerSight(place: place, replication: Replication(rows[1]))
    }
}

/// Whether a server has replicas, and waits for one of them.
public enum Replication: Sendable, Hashable {
    case none
    /// A commit is confirmed once a replica has it, too.
    case synchronous
    /// Commits wait for nobody. So many replicas, or others that read the server's log, are connected.
    case asynchronous(replicas: Int)

    /// A user without rights of its own sees how many there are, and no more of them.
    static let query = Query("SELECT current_setting('synchronous_standby_names') <> '', (SELECT count(*) FROM pg_stat_get_wal_senders())")

    /// - Parameter rows: what the query returned.
    init(_ rows: Rows) {
        let replicas = Int(rows.int(0, 1))
        self = rows.int(0, 0) != 0 ? .synchronous : replicas > 0 ? .asynchronous(replicas: replicas) : .none
    }
}

extension PostgresFailure {
    /// As the server refuses a write.
    static let isStandby = PostgresFailure(.refused(state: "25006"), "it is a standby that nobody has promoted")

    /// There is no server that takes writes, but there may be soon: a standby is there.
    var isReadOnly: Bool {
        switch kind {
        case .refused(let state): state == "25006"
        // libpq's words, of one of several servers it may be.
        case .connection: message.contains("session is read-only") || message.contains("server is in hot standby mode")
        case .late, .unconfirmed, .protocolViolation: false
        }
    }
}
