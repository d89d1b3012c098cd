import Storage
import TaskDomain

/// Rows of `tallies`: how many occurrences have rows of their own, by queue and state; with the empty name those of all queues.
///
/// Triggers keep them, so that no statement can forget to, and none that leaves `occurrences` alone pays for them.
struct Tallies {
    static let schema = """
        CREATE TABLE tallies (
            queue TEXT NOT NULL, state INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (queue, state)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO tallies SELECT d.queue, o.state, count(*)
            FROM occurrences o JOIN reminders r ON r.shard = o.shard AND r.id = o.reminder JOIN definitions d ON d.number = r.definition
            GROUP BY d.queue, o.state;
        INSERT INTO tallies SELECT '', state, sum(count) FROM tallies GROUP BY state;
        CREATE TRIGGER occurrences_come AFTER INSERT ON occurrences BEGIN \(come("NEW")) END;
        CREATE TRIGGER occurrences_go AFTER DELETE ON occurrences BEGIN \(go("OLD")) END;
        CREATE TRIGGER occurrences_change AFTER UPDATE OF state ON occurrences WHEN OLD.state <> NEW.state
            BEGIN \(go("OLD")) \(come("NEW")) END;
        CREATE TRIGGER definitions_move AFTER UPDATE OF queue ON definitions WHEN OLD.queue <> NEW.queue BEGIN
            UPDATE tallies SET count = count - (SELECT count(*) FROM occurrences o
                WHERE o.shard = NEW.shard AND o.reminder = NEW.id AND o.state = tallies.state) WHERE queue = OLD.queue;
            DELETE FROM tallies WHERE queue = OLD.queue AND count <= 0;
            INSERT INTO tallies SELECT NEW.queue, o.state, count(*) FROM occurrences o
                WHERE o.shard = NEW.shard AND o.reminder = NEW.id GROUP BY o.state
                ON CONFLICT (queue, state) DO UPDATE SET count = count + excluded.count;
        END;
        """

    /// The queue of a row of `occurrences`, and the empty name.
    private static func names(_ row: String) -> String {
        """
        SELECT d.queue FROM reminders r JOIN definitions d ON d.number = r.definition
            WHERE r.shard = \(row).shard AND r.id = \(row).reminder UNION ALL SELECT ''
        """
    }

    private static func come(_ row: String) -> String {
        """
        INSERT INTO tallies SELECT n.queue, \(row).state, 1 FROM (\(names(row))) n WHERE true
            ON CONFLICT (queue, state) DO UPDATE SET count = count + 1;
        """
    }

    private static func go(_ row: String) -> String {
        """
        UPDATE tallies SET count = count - 1 WHERE state = \(row).state AND queue IN (\(names(row)));
        DELETE FROM tallies WHERE state = \(row).state AND queue IN (\(names(row))) AND count <= 0;
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
            let count = find.integer(1)
            switch UInt8(exactly: find.integer(0)).flatMap(OccurrenceState.init(rawValue:)) {
            case .pending: tally.pending = count
            case .held: tally.held = count
            case .dead: tally.dead = count
            case nil: break
            }
        }
        return tally
    }
}
