import Foundation
import Storage
import StoreTestKit
import Synchronization
import TaskDomain
import Testing

@testable import PostgresStore

/// Two servers, one of which follows the other and is promoted when that is gone.
@Suite("A failover of the database", .serialized, .timeLimit(.minutes(2)))
struct FailoverTests {
    private let first: PostgresServer, second: PostgresServer
    private let folder: Folder
    private let database = PostgresServer.database
    private let deadline = ContinuousClock.now + .seconds(100)

    init() throws {
        folder = try Folder()
        // What nobody has waited for is not on its disk.
        first = try PostgresServer(["wal_writer_delay=10s"], isReplicated: true)
        second = try PostgresServer(following: first)
        try wait { try first.run("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", in: database) == "1" }
    }

    private func wait(_ condition: () throws -> Bool) throws {
        while try !condition() {
            try #require(ContinuousClock.now < deadline)
            usleep(10_000)
        }
    }

    /// As a scheduler names them both.
    private func address(user: String = "test") throws -> PostgresAddress {
        try PostgresAddress("postgres://\(user)@/\(database)?host=\(first.folder),\(second.folder)")
    }

    private func open(_ distribution: PostgresDistribution = .none, onStatement: (@Sendable (String) -> Void)? = nil) throws -> PostgresStore {
        var limits = PostgresLimits()
        limits.resolveWait = .seconds(60)
        limits.onStatement = onStatement
        return try PostgresStore.taken(try address(), distribution: distribution, limits: limits) { [folder] in folder.faults.add($0) }
    }

    private func makeSynchronous() throws {
        try first.run("ALTER SYSTEM SET synchronous_standby_names = 'replica'", in: database)
        try first.run("SELECT pg_reload_conf()", in: database)
        // What sends to the replica looks at its settings when there is something to send.
        try wait { try first.run("CHECKPOINT; SELECT sync_state FROM pg_stat_replication", in: database) == "sync" }
    }

    /// Waits until the replica has what was written.
    private func catchUp() throws {
        let position = try first.run("CHECKPOINT; SELECT pg_current_wal_flush_lsn()", in: database)
        try wait { try first.run("SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= '\(position)'", in: database) == "1" }
    }

    /// The highest that a shard was taken with.
    private func epoch(on server: PostgresServer) throws -> Int64 { try #require(Int64(try server.run("SELECT max(epoch) FROM shards", in: database))) }

    private func failOver() throws {
        first.kill()
        try second.promote()
    }

    private func failover(seenBy store: PostgresStore) async throws -> Failover {
        for await case .failover(let failover) in store.ownership.server.reports { return failover }
        throw CancellationError()
    }

    private func replication(seenBy store: PostgresStore, _ replication: Replication) async {
        for await report in store.ownership.server.reports where report == .replication(replication) { return }
    }

    @Test(
        "ends the ownership of a scheduler, which writes nothing more; taken anew, the shards have higher epochs, and what may be lost is told",
        arguments: [PostgresDistribution.none, .byShard], [false, true])
    func ends(distribution: PostgresDistribution, isSynchronous: Bool) async throws {
        if isSynchronous { try makeSynchronous() }
        let store = try open(distribution)
        await replication(seenBy: store, isSynchronous ? .synchronous : .asynchronous(replicas: 1))
        let kept = Sample.reminder()
        try await store.write(Sample.create(kept))
        try catchUp()
        try failOver()
        var losses = store.ownership.losses.makeAsyncIterator()
        #expect(await losses.next() != nil)
        #expect(!store.ownership.isTrusted && store.ownership.server.failover?.timeline == 2)
        // It may have to notice first that its connection is gone.
        _ = try? await store.write(Sample.create(Sample.reminder()))
        let error = await #expect(throws: StoreError.self) { try await store.write(Sample.create(Sample.reminder())) }
        #expect(error?.description.contains("the database is now on timeline 2") ?? false, "\(String(describing: error))")
        await store.close()
        let next = try open(distribution)
        #expect(try await failover(seenBy: next).loss == (isSynchronous ? .nothing : .tail))
        #expect(try second.run("SELECT min(epoch) FROM shards", in: database) == "\(1 << 16 + 1)")
        #expect(try await next.summary(kept.id) != nil)
        await next.close()
        // It is told once.
        let last = try open(distribution)
        await replication(seenBy: last, .none)
        #expect(try second.run("SELECT concat_ws(' ', timeline, was_synchronous) FROM last_server", in: database) == "2")
        await last.close()
    }

    @Test("brings no epoch back that was taken where it is lost")
    func lostEpochs() async throws {
        await (try open()).close()
        try catchUp()
        // What is written from now on the replica does not get.
        try second.run("ALTER SYSTEM SET primary_conninfo = ''", in: database)
        try second.run("SELECT pg_reload_conf()", in: database)
        try wait { try first.run("SELECT count(*) FROM pg_stat_replication", in: database) == "0" }
        var terms: [Int64] = []
        for _ in 0..<3 {
            let store = try open()
            terms.append(try epoch(on: first))
            await store.close()
        }
        first.kill()
        #expect(try second.run("SELECT max(epoch) FROM shards", in: database) == "1")
        try second.promote()
        let store = try open()
        let last = try epoch(on: second)
        #expect(terms == [2, 3, 4] && last > 4)
        #expect(last & 0xFF_FFFF > 4, "the end that leases' numbers bear")
        await store.close()
    }

    @Test("is told by one that stood by as it saw the former server, and otherwise as what nobody knows", arguments: [false, true])
    func witness(isThere: Bool) async throws {
        try makeSynchronous()
        let standby = Standby(try address())
        await (try open()).close()
        if isThere { #expect(try standby.look() == .free) }
        try catchUp()
        first.kill()
        // Nobody has been promoted yet.
        try wait { (try? standby.look()) == .readOnly }
        #expect(throws: StoreError.self) { try open() }
        try second.promote()
        #expect(try standby.look() == .free)
        let store = try open()
        #expect(try await failover(seenBy: store).loss == (isThere ? .nothing : .unknown))
        await store.close()
    }

    @Test("leaves unknown what became of a commit that was not confirmed: its number is another's on the new server")
    func unconfirmed() async throws {
        try makeSynchronous()
        let store = try open()
        await replication(seenBy: store, .synchronous)
        try catchUp()
        second.stop()
        let reminder = Sample.reminder(), answer = Mutex<Result<[StoreWriteResult], StoreError>?>(nil)
        store.submit([Sample.create(reminder)]) { result in answer.withLock { $0 = result } }
        try wait { try first.run("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'", in: database) == "1" }
        first.kill()
        second.goOn()
        try second.promote()
        try wait { answer.withLock { $0 } != nil }
        #expect(throws: StoreError.self) { try answer.withLock { try $0?.get() } }
        await store.close()
    }

    @Test("is not what a crash is: the scheduler goes on, but does not ask about what it had begun before, whose number is another's by now")
    func crash() async throws {
        let crashes = Mutex(1)
        let store = try open { [first] sql in
            guard sql.contains("INSERT INTO definitions"), crashes.withLock({ left in defer { left -= 1 }; return left > 0 }) else { return }
            first.kill()
            try? first.start()
        }
        let before = try ServerSight.read(try Connection(try address(), PostgresLimits())).place
        let reminder = Sample.reminder()
        let error = await #expect(throws: StoreError.self) { try await store.write(Sample.create(reminder)) }
        #expect(error?.description.contains("whether it took effect is not known") ?? false, "\(String(describing: error))")
        let after = try ServerSight.read(try Connection(try address(), PostgresLimits())).place
        #expect(before.isSame(as: after) && before.recovered < after.recovered)
        var results: [StoreWriteResult]?
        while results == nil {
            try #require(ContinuousClock.now < deadline)
            results = try? await store.write(Sample.create(reminder))
        }
        #expect(results?.map(\.name) == ["done"])
        #expect(store.ownership.server.failover == nil && !store.ownership.isLost)
        await store.close()
    }

    @Test("is seen by any user, who need not see more of the server than others do")
    func rights() throws {
        try first.run("CREATE ROLE plain LOGIN", in: database)
        let sight = try ServerSight.read(try Connection(try address(user: "plain"), PostgresLimits()))
        #expect(sight.place.timeline == 1 && sight.replication == .asynchronous(replicas: 1))
        #expect("\(sight.place.system)" == (try first.run("SELECT system_identifier FROM pg_control_system()", in: database)))
    }

    @Test("does not lead back to the former server, should that run again")
    func formerServer() async throws {
        try failOver()
        let watch = ServerWatch(), limits = PostgresLimits()
        #expect(try watch.look(try Connection(try address(), limits)).timeline == 2)
        try first.start()
        let failure = #expect(throws: PostgresFailure.self) { try watch.look(try Connection(try first.address(of: database), limits)) }
        #expect(failure?.message.contains("still on timeline 1, but the database has gone on on timeline 2") ?? false)
        #expect(watch.failover == nil)
        first.kill()
    }
}

/// Several servers in one connection string.
@Suite("A connection string with several servers")
struct ServerHostsTests {
    @Test("is divided into its servers, each tried alone; what only libpq understands is left to that")
    func divided() throws {
        func hosts(_ text: String) throws -> [[String: String]] { try PostgresAddress(text).servers.hosts }
        #expect(try hosts("postgres://u@a:1,b:2/db?target_session_attrs=read-write") == [["host": "a", "port": "1"], ["host": "b", "port": "2"]])
        #expect(try hosts("host=a,b port=7 dbname=d") == [["host": "a"], ["host": "b"]])
        #expect(try hosts("hostaddr=::1,127.0.0.1 host=a,b") == [["hostaddr": "::1", "host": "a"], ["hostaddr": "127.0.0.1", "host": "b"]])
        for text in ["postgres://u@a/db", "dbname=d", "host=a,,b", "host=a,b port=1,2,3", "host=a,b port=1,"] {
            #expect(try hosts(text) == [[:]], "\(text)")
        }
        #expect(try PostgresAddress("host=a,b connect_timeout=7").servers.patience == .seconds(7))
        #expect(try PostgresAddress("host=a,b").servers.patience == nil)
        #expect("\(try PostgresAddress("postgres://u:p@a:1,b:2/db"))" == "postgres://u@a,b/db")
    }

    @Test("leads to the one that answers, past one that is down and one that is silent, and says of each why not")
    func silent() throws {
        let (server, _, database) = try PostgresServer.fresh(), silent = try SilentServer()
        defer { silent.close() }
        var limits = PostgresLimits()
        limits.hostWait = .milliseconds(200)
        let connection = try Connection(try PostgresAddress("host=/nowhere,\(silent.folder),\(server.folder) user=test dbname=\(database)"), limits)
        #expect(try connection.run("SELECT 7::bigint").int(0, 0) == 7)
        let failure = #expect(throws: PostgresFailure.self) { try Connection(try PostgresAddress("host=/nowhere,\(silent.folder) user=test"), limits) }
        #expect(failure?.message.contains("/nowhere") ?? false)
        #expect(failure?.message.contains("no answer in time from \(silent.folder)") ?? false)
    }
}

/// Takes connections and says nothing, as a server whose machine hangs.
private final class SilentServer {
    let folder = "/tmp/silent-\(UUID().uuidString.prefix(8))"
    private let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard SocketFolder.withAddress(folder, { bind(listener, $0, $1) }) == 0, listen(listener, 8) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    func close() {
        Glibc.close(listener)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
