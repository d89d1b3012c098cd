import PostgresStore
import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("A commit whose answer is lost with the connection")
struct LostAnswerTests {
    private let server: PostgresServer
    private let folder: Folder
    private let database: String

    init() throws { (server, folder, database) = try PostgresServer.fresh() }

    /// A store behind a relay, which loses answers when it is told to.
    private func open(_ distribution: PostgresDistribution = .none) throws -> (PostgresStore, Relay) {
        let relay = try Relay(to: server.folder)
        let address = try PostgresAddress("host=\(relay.folder) user=test dbname=\(database)")
        return (try PostgresStore.taken(address, distribution: distribution) { [folder] in folder.faults.add($0) }, relay)
    }

    @Test("is asked about on another connection: what took effect counts as such, and nothing is carried out twice")
    func lost() async throws {
        let (store, relay) = try open()
        defer { relay.close() }
        let reminder = Sample.reminder(rule: "FREQ=MINUTELY")
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start)
        relay.lose(1)
        #expect(try await store.write(Sample.create(reminder)).map(\.name) == ["done"])
        #expect(try await store.write(Sample.create(reminder)).map(\.name) == ["exists"])
        relay.lose(1)
        let settled = try await store.write(
            .settle(
                key, Sample.attempt(key.scheduledAt, 1, .delivered), .delivered,
                move: PositionMove(from: key.scheduledAt, to: SeriesPosition(scheduledAt: key.scheduledAt + 60, index: 2))))
        #expect(settled.map(\.name) == ["done"])
        #expect(try await store.summary(reminder.id)?.delivered == 1)
        #expect(try await store.history(reminder.id)?.count == 1)
        // Several at once, each losing its answer or the next one's.
        for round in 0..<5 {
            relay.lose(2)
            let others = (0..<10).map { _ in Sample.reminder() }
            _ = try? await store.write(others.map { Sample.create($0) })
            relay.lose(0)
            let results = try await store.write(others.map { Sample.create($0) }).map(\.name)
            #expect(results == Array(repeating: results[0], count: 10), "round \(round): all of a transaction, or nothing")
        }
        #expect(folder.faults.all == [])
        await store.close()
    }

    @Test("is not asked about where it may be another node's: it may have taken effect, and the same writes may be repeated")
    func unknown() async throws {
        let (store, relay) = try open(.byShard)
        defer { relay.close() }
        let reminders = (0..<10).map { Sample.reminder(Sample.id(shard: Shard.all[$0 % Shard.count])) }
        relay.lose(1)
        let error = await #expect(throws: StoreError.self) { try await store.write(reminders.map { Sample.create($0) }) }
        #expect(error?.description.contains("whether it took effect is not known") ?? false)
        let results = try await store.write(reminders.map { Sample.create($0) }).map(\.name)
        #expect(results.contains("exists") && Set(results).isSubset(of: ["exists", "done"]))
        #expect(try server.run("SELECT count(*) FROM reminders", in: database) == "10")
        #expect(folder.faults.all == [])
        await store.close()
    }
}
