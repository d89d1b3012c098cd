import Dispatch
import PostgresStore
import Storage
import StoreTestKit
import Synchronization
import TaskDomain
import Testing

/// What becomes of writes that are divided by shard, one transaction each.
@Suite("Writes that are divided by shard")
struct ShardScopeTests {
    private let server: PostgresServer
    private let folder: Folder
    private let database: String

    init() throws { (server, folder, database) = try PostgresServer.fresh() }

    private func open() throws -> PostgresStore {
        try PostgresStore.taken(try server.address(of: database), distribution: .byShard) { [folder] in folder.faults.add($0) }
    }

    private static let shards = Array(Shard.all.prefix(3))

    private func create(in shard: Shard, priority: Int = 5) -> StoreWrite {
        var reminder = Sample.reminder(Sample.id(shard: shard))
        if priority != 5 {
            reminder = Reminder(
                id: reminder.id, schedule: reminder.schedule, handling: Handling(priority: priority), payload: reminder.payload,
                createdAt: reminder.createdAt, sealedAuthorization: [])
        }
        return Sample.create(reminder)
    }

    private func epoch(of shard: Shard) -> String { "UPDATE shards SET epoch = epoch + 1 WHERE shard = \(shard.number)" }

    @Test("are answered each by its own shard's transaction: one that another scheduler has taken fails what touches it, and nothing else")
    func fenced() async throws {
        let store = try open(), (taken, other, third) = (Self.shards[0], Self.shards[1], Self.shards[2])
        try server.run(epoch(of: taken), in: database)
        let submissions = [
            [create(in: taken)], [create(in: other)], [create(in: other), create(in: third), create(in: taken)], [create(in: third)],
        ]
        let answers = await submitted(store, submissions)
        #expect(answers.map(\.isSuccess) == [false, true, false, true])
        #expect(try server.run("SELECT count(*) FROM reminders WHERE shard = \(taken.number)", in: database) == "0")
        // Repeated, what is there already is no other.
        let again = await submitted(store, [submissions[2].dropLast()])
        #expect(try again[0].get().map(\.name) == ["exists", "exists"])
        await store.close()
    }

    @Test("whose values are refused fail their own submission, and no other of the same shard")
    func values() async throws {
        let store = try open(), shard = Self.shards[0]
        let answers = await submitted(store, [[create(in: shard)], [create(in: shard, priority: 40_000)], [create(in: shard)]])
        #expect(answers.map(\.isSuccess) == [true, false, true])
        #expect(try server.run("SELECT count(*) FROM reminders", in: database) == "2")
        await store.close()
    }

    @Test("are followed by what is of no shard, where all of their submission took effect")
    func rest() async throws {
        let store = try open(), (taken, other) = (Self.shards[0], Self.shards[1])
        try server.run(epoch(of: other), in: database)
        let answers = await submitted(
            store,
            [
                [create(in: taken), .workers([AttachedWorker(instance: "kept")], of: Shard.all[0])],
                [.workers([AttachedWorker(instance: "lost")], of: Shard.all[8]), create(in: other)],
                [.queue(QueueSettings(name: "q", isPaused: true))],
            ])
        #expect(answers.map(\.isSuccess) == [true, false, true])
        #expect(try server.run("SELECT convert_from(instance, 'UTF8') FROM attached", in: database) == "kept")
        #expect(try server.run("SELECT count(*) FROM queues", in: database) == "1")
        await store.close()
    }

    @Test("keep their order within a shard, also where one needs what another brings")
    func order() async throws {
        let store = try open(), at = Sample.start.milliseconds
        let reminders = (0..<40).map { Sample.reminder(Sample.id(shard: Self.shards[$0 % 3]), rule: "FREQ=MINUTELY") }
        let writes = reminders.map { Sample.create($0) } + reminders.map { .change($0.id, .pause, ChangeGuard(), at: at) }
            + reminders.map { StoreWrite.cancel($0.id, at: at) }
        let results = try await store.write(writes)
        #expect(results.count == 120 && Set(results.prefix(40).map(\.name)) == ["done"] && Set(results.dropFirst(40).map(\.name)) == ["done"])
        for reminder in reminders { #expect(try await store.summary(reminder.id)?.state == .cancelled) }
        await store.close()
    }

    private typealias Answer = Result<[StoreWriteResult], StoreError>

    /// What submissions come to that gather while the store's thread is busy, and so are carried out together.
    private func submitted(_ store: PostgresStore, _ submissions: [[StoreWrite]]) async -> [Answer] {
        let gate = DispatchSemaphore(value: 0)
        store.submit([]) { _ in gate.wait() }
        return await withCheckedContinuation { done in
            let answers = Answers()
            for (index, writes) in submissions.enumerated() {
                store.submit(writes) { answer in
                    let all = answers.all.withLock { all in
                        all[index] = answer
                        return all
                    }
                    if all.count == submissions.count { done.resume(returning: submissions.indices.compactMap { all[$0] }) }
                }
            }
            gate.signal()
        }
    }

    private final class Answers: Sendable {
        let all = Mutex<[Int: Answer]>([:])
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
