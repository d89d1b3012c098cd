/// A process of the server that serves a connection. Numbers are used again, so it is known by when it began, too.
struct Backend: Sendable, Hashable {
    let number: Int32
    /// Microseconds since 1970, by the server's clock.
    let began: Int64

    private static let began = "(extract(epoch FROM a.backend_start) * 1000000)::bigint"

    /// The one that serves a connection.
    static func serving(_ connection: Connection) throws(PostgresFailure) -> Backend {
        let found = try connection.run("SELECT a.pid::bigint, \(began) FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()")
        guard !found.isEmpty else { throw PostgresFailure(.protocolViolation, "the server does not tell which of its processes serves this connection") }
        return Backend(number: Int32(truncatingIfNeeded: found.int(0, 0)), began: found.int(0, 1))
    }

    /// Ends those of some processes that are there still, but for the one that is asked. A row for each of them.
    static func ending(_ backends: [Backend]) -> Query {
        Query(
            """
            SELECT pg_terminate_backend(a.pid) FROM unnest($1::bigint[], $2::bigint[]) b (pid, began) JOIN pg_stat_activity a ON a.pid = b.pid
            WHERE \(began) = b.began AND a.pid <> pg_backend_pid()
            """, [.ints(backends.map { Int64($0.number) }), .ints(backends.map(\.began))])
    }
}
