import StoreTestKit
import Testing

@testable import PostgresStore

/// What is waited for on one connection, or on several at once.
@Suite("The answers on a connection")
struct ConnectionTests {
    private let server: PostgresServer
    private let folder: Folder
    private let database: String

    init() throws { (server, folder, database) = try PostgresServer.fresh() }

    private func connect() throws -> Connection { try Connection(try server.address(of: database), PostgresLimits()) }

    @Test("that came while nobody could look are taken, however late it is")
    func late() async throws {
        let connection = try connect(), backend = try Backend.serving(connection)
        let query = Query("SELECT 7")
        try connection.prepare(query.sql)
        try connection.send(query)
        try connection.sync()
        // Until the server has sent them.
        let sent = """
            SELECT count(*) FROM pg_stat_activity
            WHERE pid = \(backend.number) AND state = 'idle' AND wait_event = 'ClientRead' AND query = 'SELECT 7'
            """
        let deadline = ContinuousClock.now + .seconds(60)
        while try server.run(sent, in: database) != "1" { try #require(ContinuousClock.now < deadline, "the server does not answer") }
        let rows = try connection.receive([.prepare(query.sql), .query], until: .now - .seconds(1)).get()
        #expect(rows.last?.int(0, 0) == 7)
        #expect(!connection.isBroken)
    }

    @Test("that came in full before it was lost count, also where another's are waited for first")
    func lastAnswers() throws {
        let relay = try Relay(to: server.folder), first = try connect()
        defer { relay.close() }
        let lost = try Connection(try PostgresAddress("host=\(relay.folder) user=test dbname=\(database)"), PostgresLimits())
        relay.cut(1)
        // Long enough for the other's answers, and its end, to be there before they are looked at.
        let answers = SetTrip.run([
            (first, [[Query("SELECT pg_sleep(1)")]]), (lost, [[Query("BEGIN"), Query("CREATE TABLE kept (a bigint)")], [Query("COMMIT")]]),
        ])
        for answer in answers.joined() { #expect(throws: Never.self) { try answer.rows.get() } }
        #expect(throws: PostgresFailure.self) { try lost.run("SELECT 1") }
        #expect(try server.run("SELECT count(*) FROM kept", in: database) == "0")
    }
}
