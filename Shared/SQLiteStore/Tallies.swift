import Storage
import TaskDomain

/// Rows of `tallies`: how many occurrences have rows of their own, by queue and ``CountedKind``; with the empty name those of all queues.
///
/// Triggers keep them, so that no statement can forget to, and none that leaves `occurrences` alone pays for them.
struct Tallies {
    static let table = """
        CREATE TABLE tallies (
            queue TEXT NOT NULL, state INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (queue, state)
        ) STRICT, WITHOUT ROWID;
        """

    /// Counts all that there are, and from then on what comes, goes and changes; in place of what did so before.
    static let counting = """
        DROP TRIGGER IF EXISTS occurrences_come; DROP TRIGGER IF EXISTS occurrences_go; DROP TRIGGER IF EXISTS occurrences_change;
        DROP TRIGGER IF EXISTS definitions_move; DELETE FROM tallies;
        INSERT INTO tallies SELECT d.queue, \(kind("o")), count(*)
            FROM occurrences o JOIN reminders r ON r.shard = o.shard AND r.id = o.reminder JOIN definitions d ON d.number = r.definition
            GROUP BY 1, 2;
        INSERT INTO tallies SELECT '', state, sum(count) FROM tallies GROUP BY state;
        CREATE TRIGGER occurrences_come AFTER INSERT ON occurrences BEGIN \(come("NEW")) END;
        CREATE TRIGGER occurrences_go AFTER DELETE ON occurrences BEGIN \(go("OLD")) END;
        CREATE TRIGGER occurrences_change AFTER UPDATE OF state, attempts, losses ON occurrences WHEN \(kind("OLD")) <> \(kind("NEW"))
            BEGIN \(go("OLD")) \(come("NEW")) END;
        CREATE TRIGGER definitions_move AFTER UPDATE OF queue ON definitions WHEN OLD.queue <> NEW.queue BEGIN
            UPDATE tallies SET count = count - (SELECT count(*) FROM occurrences o
                WHERE o.shard = NEW.shard AND o.reminder = NEW.id AND \(kind("o")) = tallies.state) WHERE queue = OLD.queue;
            DELETE FROM tallies WHERE queue = OLD.queue AND count <= 0;
            INSERT INTO tallies SELECT NEW.queue, \(kind("o")), count(*) FROM occurrences o
                WHERE o.shard = NEW.shard AND o.reminder = NEW.id GROUP BY 2
                ON CONFLICT (queue, state) DO UPDATE SET count = count + excluded.count;
        END;
        """

    private static func kind(_ row: String) -> String { CountedKind.sql(of: row) }

    /// The queue of a row of `occurrences`, and the empty name.
    private static func names(_ row: String) -> String {
        """
        SELECT d.queue FROM reminders r JOIN definitions d ON d.number = r.definition
            WHERE r.shard = \(row).shard AND r.id = \(row).reminder UNION ALL SELECT ''
        """
    }

    private static func come(_ row: String) -> String {
        """
        INSERT INTO tallies SELECT n.queue, \(kind(row)), 1 FROM (\(names(row))) n WHERE true
            ON CONFLICT (queue, state) DO UPDATE SET count = count + 1;
        """
    }

    private static func go(_ row: String) -> String {
        """
        UPDATE tallies SET count = count - 1 WHERE state = \(kind(row)) AND queue IN (\(names(row)));
        DELETE FROM tallies WHERE state = \(kind(row)) AND queue IN (\(names(row))) AND count <= 0;
        """
    }

    private let find: Statement

    init(_ connection: Connection) throws(SQLiteFailure) {
        find = try connection.prepare("SELECT state, count FROM tallies WHERE queue = ?1")
    }

    /// - Parameter queue: empty: all of them.
    func tally(of queue: String) throws(SQLiteFailure) -> OccurrenceTally {
        var tally = OccurrenceTally()
        find.bind(1, queue)
        defer { find.reset() }
        while try find.step() {
            guard let kind = UInt8(exactly: find.integer(0)).flatMap(CountedKind.init) else { continue }
            tally.add(find.integer(1), of: kind)
        }
        return tally
    }
}
