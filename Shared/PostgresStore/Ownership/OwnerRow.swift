/// The row of the scheduler that has a database: its beat, by which others see that it lives, and which processes of the server serve it.
enum OwnerRow {
    struct Found {
        let instance: String
        let beat: Int64
        let backends: [Backend]
    }

    private static func parameters(_ instance: String, _ backends: [Backend]) -> [Parameter] {
        [.bytes(Array(instance.utf8)), .ints(backends.map { Int64($0.number) }), .ints(backends.map(\.began))]
    }

    /// Whoever had the database has it no more. The second answers with a row for each of those that had not given it back.
    static func taking(_ instance: String, _ backends: [Backend]) -> [Query] {
        [
            Query("BEGIN"), Query("DELETE FROM schedulers RETURNING 1::bigint"),
            Query(
                "INSERT INTO schedulers (instance, beat, backends, began_us) VALUES ($1::bytea, 1, $2::bigint[], $3::bigint[])",
                parameters(instance, backends)),
            Query("COMMIT"),
        ]
    }

    /// No row: another has taken the database.
    static func beating(_ instance: String, _ backends: [Backend]) -> Query {
        Query(
            "UPDATE schedulers SET beat = beat + 1, backends = $2::bigint[], began_us = $3::bigint[] WHERE instance = $1::bytea RETURNING 1::bigint",
            parameters(instance, backends))
    }

    static func leaving(_ instance: String) -> Query {
        Query("DELETE FROM schedulers WHERE instance = $1::bytea", [.bytes(Array(instance.utf8))])
    }

    /// - Returns: `nil`: there is none. One of an earlier build has none, nor has who makes a copy.
    static func read(_ connection: Connection) throws(PostgresFailure) -> Found? {
        guard try connection.run("SELECT to_regclass('schedulers') IS NOT NULL").int(0, 0) != 0 else { return nil }
        let rows = try connection.run(
            """
            SELECT s.instance, s.beat, b.pid, b.began FROM schedulers s CROSS JOIN LATERAL unnest(s.backends, s.began_us) b (pid, began)
            """)
        guard !rows.isEmpty, let instance = rows.text(0, 0) else { return nil }
        let backends = rows.indices.map { Backend(number: Int32(truncatingIfNeeded: rows.int($0, 2)), began: rows.int($0, 3)) }
        return Found(instance: instance, beat: rows.int(0, 1), backends: backends)
    }
}
