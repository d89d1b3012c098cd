import Storage
import StoreTestKit
import TaskDomain
import Testing

@testable import PostgresStore

/// The statements for Citus are held to their text: where `STORE_TEST_CITUS` names a database with it, all suites of stores run them.
@Suite("A cluster of Citus")
struct CitusTests {
    @Test("has every table with a shard distributed by it, together with the others, and each of the rest in one place that is said")
    func distributed() {
        #expect(Citus.distribute("shards") == "SELECT create_distributed_table('shards', 'shard', colocate_with => 'none')")
        for table in Schema.sharded where table != "shards" {
            #expect(Citus.distribute(table) == "SELECT create_distributed_table('\(table)', 'shard', colocate_with => 'shards')")
        }
        #expect(Citus.distribute("queues") == "SELECT create_reference_table('queues')")
        #expect(Set(Citus.references).isSubset(of: Schema.global))
    }

    @Test("is told that a version is too old, and that the extension is not there", arguments: [
        (nil, "does not have the extension citus"), ("12.1-1", "citus has version 12.1-1, but 13.2 or later is needed"), ("9.5", "but 13.2 or later"),
        ("13.1-2", "but 13.2 or later"), ("13", "but 13.2 or later"),
    ])
    func refused(version: String?, words: String) {
        let refusal = Citus.refusal(ofVersion: version, "db")?.description ?? "none"
        #expect(refusal.contains(words) && !refusal.contains("\n"), "\(refusal)")
    }

    @Test("that has the shards of an earlier build is not migrated: one line says what to do")
    func ofFewShards() {
        let refusal = Citus.refusal(ofSchema: 2, isDistributed: true, "db")?.description ?? "none"
        #expect(refusal.contains("32 shards of an earlier build") && refusal.contains("scheduler --copy-store") && !refusal.contains("\n"))
        for (version, isDistributed) in [(2, false), (Schema.resharded, true), (-2, true), (.max, true)] as [(Int64, Bool)] {
            #expect(Citus.refusal(ofSchema: version, isDistributed: isDistributed, "db") == nil)
        }
    }

    @Test("may be of the oldest version that is known to work, or a later one", arguments: ["13.2-1", "13.2.2", "13.10-1", "14.0"])
    func accepted(version: String) {
        #expect(Citus.refusal(ofVersion: version, "db") == nil)
    }

    @Test("is not taken a server for that lacks the extension: one line says so, and nothing is made there")
    func absent() throws {
        let server = try PostgresServer.shared.get(), database = try server.database(of: Folder())
        let address = try server.address(of: database)
        let error = #expect(throws: StoreError.self) { try PostgresStore.taken(address, distribution: .citus) { _ in } }
        #expect(error?.description.contains("does not have the extension citus. Have it created there (CREATE EXTENSION citus)") ?? false)
        #expect(try server.run("SELECT count(*) FROM pg_class WHERE relname = 'reminders'", in: database) == "0")
    }

    @Test("sees the shard in each statement: no plan is made without it")
    func plans() {
        #expect(WriterSession.settings(.lane).contains("SET plan_cache_mode = force_generic_plan"))
        #expect(!WriterSession.settings(.shard).contains { $0.contains("plan_cache_mode") })
    }
}
