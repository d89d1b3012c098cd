import Storage
import StoreTestKit
import Synchronization
import TaskDomain
import Testing

@testable import PostgresStore

/// A scheduler that has a database, and others that stand by.
@Suite("The ownership of a PostgreSQL database")
struct OwnershipTests {
    private let server: PostgresServer
    private let folder: Folder
    private let database: String

    init() throws { (server, folder, database) = try PostgresServer.fresh() }

    private func open() throws -> PostgresStore {
        try PostgresStore.taken(try server.address(of: database)) { [folder] in folder.faults.add($0) }
    }

    private func standby() throws -> Standby { Standby(try server.address(of: database)) }

    /// Looks until that is seen.
    private func look(_ standby: Standby, until sight: Standby.Sight) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try standby.look() != sight {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(Standby.intervalMilliseconds))
        }
    }

    private func wait(_ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test("is seen while it lasts, is trusted in as long as its beats arrive, and is free at once when it is given back")
    func seen() async throws {
        let standby = try standby()
        #expect(try standby.look() == .free)
        let store = try open()
        #expect(store.ownership.isTrusted)
        #expect(try standby.look() == .taken)
        let beat = "SELECT beat FROM schedulers", before = try #require(Int(try server.run(beat, in: database)))
        try await wait { (try? server.run(beat, in: database)).flatMap { Int($0) } ?? 0 >= before + 2 }
        #expect(store.ownership.isTrusted)
        await store.close()
        #expect(try standby.look() == .free)
        #expect(try server.run("SELECT count(*) FROM schedulers", in: database) == "0")
        #expect(!store.ownership.isTrusted)
    }

    @Test("of one that does not show life ends: its connections are ended, another takes it, and it is told so and writes no more")
    func silent() async throws {
        let store = try open()
        store.ownership.beats { false }
        try await wait { !store.ownership.isTrusted }
        let standby = try standby()
        try await look(standby, until: .silent)
        try await look(standby, until: .free)
        let next = try open()
        // First it notices that its connection is gone.
        try await wait(until: { try await answer(of: store) }) { if case .failure(.inUse) = $0 { true } else { false } }
        // It notices as soon as it goes on.
        store.ownership.beats { true }
        var losses = store.ownership.losses.makeAsyncIterator()
        #expect(await losses.next() != nil)
        #expect(!store.ownership.isTrusted && next.ownership.isTrusted)
        try await next.write([Sample.create(Sample.reminder())])
        await store.close()
        #expect(next.ownership.isTrusted)
        #expect(try standby.look() == .taken)
        await next.close()
    }

    private func answer(of store: PostgresStore) async throws -> Result<[StoreWriteResult], StoreError> {
        let write = Sample.create(Sample.reminder())
        return await withCheckedContinuation { done in store.submit([write]) { done.resume(returning: $0) } }
    }

    private func wait<Answer>(until ask: () async throws -> Answer, isRight: (Answer) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !isRight(try await ask()) { try #require(ContinuousClock.now < deadline) }
    }

    @Test("of one that was silent and goes on before another has taken it is its own still")
    func goesOn() async throws {
        let store = try open()
        store.ownership.beats { false }
        let standby = try standby()
        try await look(standby, until: .silent)
        store.ownership.beats { true }
        try await wait { store.ownership.isTrusted }
        // First it notices that its connection is gone.
        try await wait(until: { try await answer(of: store) }) { if case .success = $0 { true } else { false } }
        #expect(try standby.look() == .taken)
        await store.close()
    }

    @Test("ends no connection that has the number of one that has gone")
    func numbers() throws {
        let address = try server.address(of: database)
        let one = try Connection(address, PostgresLimits()), other = try Connection(address, PostgresLimits())
        let backend = try Backend.serving(one)
        #expect(try other.run([Backend.ending([Backend(number: backend.number, began: backend.began - 1)])])[0].isEmpty)
        #expect(try one.run("SELECT 1::bigint").int(0, 0) == 1)
        #expect(try !other.run([Backend.ending([backend])])[0].isEmpty)
        #expect(throws: PostgresFailure.self) { try one.run("SELECT 1::bigint") }
    }

    @Test("is judged by beats that were watched all along, whatever the clock says")
    func watch() {
        var watch = OwnerWatch()
        /// Whether it is found silent at the last of looks at these times.
        func isSilent(_ instance: String, _ beat: Int64, _ times: StrideThrough<Int64>) -> Bool {
            var isSilent = false
            for time in times {
                #expect(!isSilent)
                isSilent = watch.sees(instance, beat: beat, at: MonotonicMilliseconds(time))
            }
            return isSilent
        }
        // The same for three seconds, looked at often enough.
        #expect(isSilent("a", 7, stride(from: 0, through: 3_000, by: 250)))
        // A beat, or another owner, is life.
        #expect(!isSilent("a", 8, stride(from: 3_250, through: 6_000, by: 250)))
        #expect(isSilent("b", 8, stride(from: 6_250, through: 9_250, by: 1_000)))
        // Where it was not looked for too long, it is watched anew.
        #expect(!isSilent("b", 8, stride(from: 10_251, through: 13_001, by: 250)))
        #expect(isSilent("b", 8, stride(from: 13_251, through: 13_251, by: 250)))
    }

    @Test("is trusted in for less time than others take to find it silent, counted from before its beat left")
    func trust() {
        #expect(Ownership.trustMilliseconds < OwnerWatch.silenceMilliseconds)
        let ownership = Ownership()
        #expect(!ownership.isTrusted)
        ownership.arrived(sent: SystemClock.sinceBoot)
        #expect(ownership.isTrusted)
        ownership.arrived(sent: SystemClock.sinceBoot - Ownership.trustMilliseconds)
        #expect(!ownership.isTrusted)
    }
}
