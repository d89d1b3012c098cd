import PostgresStore
import Storage
import StoreTestKit
import Synchronization
import TaskDomain
import Testing

/// A server that commits only once its replica has what is committed: there is none, so each commit waits until somebody ends that.
@Suite("A commit that waits for a synchronous replica", .serialized, .timeLimit(.minutes(1)))
struct SynchronousReplicaTests {
    /// Of its own, as it is asked of all of a server.
    private static let server = Result { try PostgresServer(["wal_level=replica", "max_wal_senders=2"]) }

    private let server: PostgresServer
    private let folder: Folder
    private let database: String
    private let deadline = ContinuousClock.now + .seconds(50)

    init() throws {
        server = try Self.server.get()
        folder = try Folder()
        try server.run("ALTER SYSTEM RESET synchronous_standby_names", in: PostgresServer.database)
        try server.run("SELECT pg_reload_conf()", in: PostgresServer.database)
        database = try server.database(of: folder)
    }

    private func open(_ distribution: PostgresDistribution, answerWait: Duration) throws -> PostgresStore {
        var limits = PostgresLimits()
        limits.answerWait = answerWait
        limits.resolveWait = answerWait
        return try PostgresStore.taken(try server.address(of: database), distribution: distribution, limits: limits) { [folder] in folder.faults.add($0) }
    }

    private func wantReplica(_ name: String) throws {
        try server.run("ALTER SYSTEM SET synchronous_standby_names = '\(name)'", in: database)
        try server.run("SELECT pg_reload_conf()", in: database)
    }

    /// The server's process that waits for the replica; empty: none does.
    private func waiting() throws -> String {
        try #require(ContinuousClock.now < deadline, "nothing waits for the replica")
        return try server.run("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database()", in: database)
    }

    /// Has a reminder created, and is back when that waits for the replica.
    private func create(_ store: PostgresStore) throws -> (reminder: Reminder, answers: Answers, process: String) {
        try wantReplica("nobody")
        while true {
            let reminder = Sample.reminder(), answers = Answers()
            store.submit([Sample.create(reminder)]) { answers.add($0) }
            // It takes a moment until the server wants it: what is written before that does not wait.
            while answers.first == nil {
                let process = try waiting()
                if !process.isEmpty { return (reminder, answers, process) }
            }
        }
    }

    private final class Answers: Sendable {
        private let all = Mutex<[Result<[StoreWriteResult], StoreError>]>([])
        func add(_ answer: Result<[StoreWriteResult], StoreError>) { all.withLock { $0.append(answer) } }
        var first: Result<[StoreWriteResult], StoreError>? { all.withLock { $0.first } }
    }

    private func answer(_ answers: Answers) async throws -> Result<[StoreWriteResult], StoreError> {
        while true {
            if let first = answers.first { return first }
            try #require(ContinuousClock.now < deadline, "no answer")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test(
        "and is called off, or whose connection ends meanwhile, is not known to have taken effect, and the same writes may be repeated",
        arguments: ["pg_cancel_backend", "pg_terminate_backend"], [PostgresDistribution.none, .byShard])
    func unconfirmed(end: String, distribution: PostgresDistribution) async throws {
        let store = try open(distribution, answerWait: .seconds(1))
        let (reminder, answers, process) = try create(store)
        try server.run("SELECT \(end)(\(process))", in: database)
        let answer = try await answer(answers)
        let error = #expect(throws: StoreError.self) { try answer.get() }
        #expect(error?.description.contains("whether it took effect is not known") ?? false, "\(String(describing: error))")
        try wantReplica("")
        var results: [StoreWriteResult]?
        while results == nil {
            try #require(ContinuousClock.now < deadline, "nothing can be written")
            results = try? await store.write(Sample.create(reminder))
        }
        #expect(results?.map(\.name) == ["exists"])
        await store.close()
    }

    @Test("and is called off counts once a later one is confirmed")
    func confirmed() async throws {
        let store = try open(.none, answerWait: .seconds(30))
        let (reminder, answers, process) = try create(store)
        try server.run("SELECT pg_cancel_backend(\(process))", in: database)
        // The one that asks what became of it.
        while ["", process].contains(try waiting()) {}
        #expect(answers.first == nil)
        try wantReplica("")
        #expect(try await answer(answers).get().map(\.name) == ["done"])
        #expect(try await store.summary(reminder.id) != nil)
        await store.close()
    }
}
