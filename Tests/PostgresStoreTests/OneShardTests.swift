import PostgresStore
import StoreTestKit
import Testing

/// What holds the statements of shard scope to what Citus can send to one node, where there is no Citus.
@Suite("What is taken for a statement about one shard")
struct OneShardTests {
    @Test("names its shard wherever it reaches a table that has one", arguments: [
        "SELECT id FROM reminders WHERE shard = $1 AND id > $2::uuid",
        "SELECT r.id FROM unnest($2::uuid[]) u (id) JOIN reminders r ON r.shard = $1 AND r.id = u.id LEFT JOIN definitions d ON d.shard = r.shard AND d.id = r.id",
        "SELECT r.id, (SELECT count(*) FROM occurrences o WHERE o.shard = $1 AND o.reminder = r.id) FROM reminders r WHERE r.shard = $1",
        "UPDATE reminders r SET (state) = (u.state) FROM unnest($2::uuid[]) u (id) WHERE r.shard = $1 AND r.id = u.id",
        "DELETE FROM passed o USING unnest($2::uuid[]) u (id) WHERE o.shard = $1 AND o.reminder = u.id",
        "INSERT INTO passed (shard, reminder, scheduled_at) VALUES ($1, $2::uuid, $3::bigint), ($1, $4::uuid, $5::bigint) ON CONFLICT (shard, reminder) DO NOTHING",
        "INSERT INTO queues (name) VALUES ($1::bytea)", "BEGIN", "SELECT instance FROM schedulers",
        "/* every shard: tallies of queues */ SELECT queue FROM tallies",
    ])
    func right(sql: String) {
        #expect(OneShard.fault(sql) == nil)
    }

    @Test("is no other", arguments: [
        ("SELECT id FROM reminders WHERE id > $1::uuid", "does not name one shard"),
        ("SELECT id FROM reminders WHERE shard = $10", "does not name one shard"),
        ("SELECT id FROM reminders WHERE shard = $1 AND shard = $1", "does not name one shard"),
        ("SELECT id FROM reminders WHERE shard = ANY($1)", "does not name one shard"),
        ("SELECT id FROM reminders WHERE shard = $1 OR shard = ANY($2)", "compares shards otherwise"),
        ("SELECT id FROM reminders WHERE shard = $1 OR shard IN ($2, $3)", "compares shards otherwise"),
        ("SELECT id FROM reminders WHERE shard = $1 OR shard > $2", "compares shards otherwise"),
        ("SELECT id FROM reminders WHERE shard = $1 OR (shard, id) > ($2, $3)", "compares shards otherwise"),
        ("SELECT r.id FROM reminders r JOIN definitions d ON d.shard = $2 WHERE r.shard = $1", "compares shards otherwise"),
        ("SELECT 1 FROM reminders r, definitions d WHERE r.shard = $1", "lists tables"),
        ("SELECT r.id, (SELECT count(*) FROM occurrences o WHERE o.shard = r.shard) FROM reminders r WHERE r.shard = $1", "does not name one shard for occurrences"),
        ("SELECT * FROM (SELECT id FROM reminders WHERE shard = 0) a", "does not name one shard"),
        ("UPDATE reminders SET state = 1", "does not name one shard"),
        ("INSERT INTO passed (shard, reminder) SELECT * FROM unnest($1::smallint[], $2::uuid[])", "does not insert values"),
        ("INSERT INTO passed (shard, reminder) VALUES ($1, $2), ($3, $4)", "does not insert values of one shard"),
        ("INSERT INTO passed (shard, reminder) VALUES (0, $2)", "does not insert values of one shard"),
        ("WITH k AS (INSERT INTO queues (name) VALUES ($1) RETURNING name) SELECT name FROM k", "within another statement"),
        ("WITH k AS (DELETE FROM passed WHERE shard = $1 RETURNING reminder) SELECT 1", "within another statement"),
        ("/* every shard: all of them */ SELECT id FROM reminders", "to every shard"),
        ("/* every shard: tallies of queues */ DELETE FROM tallies", "to every shard"),
        ("/* every shard: tallies of queues */ SELECT queue FROM tallies FOR UPDATE", "to every shard"),
    ])
    func wrong(sql: String, fault: String) {
        #expect(OneShard.fault(sql)?.contains(fault) ?? false, "\(OneShard.fault(sql) ?? "nothing")")
    }
}
