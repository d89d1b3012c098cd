import Storage
import TaskDomain

/// How the tables of a database hold the columns of ``CopiedTable``s.
enum CopiedRowsSQL {
    /// The columns that are read, in the order of the table's.
    static func select(_ table: CopiedTable) -> String {
        switch table {
        case .reminders:
            let columns = CopiedTable.definition.map { "d.\($0.name)" } + CopiedTable.standing.map { "r.\($0.name)" }
            return """
                SELECT \(columns.joined(separator: ", ")) FROM definitions d JOIN reminders r ON r.shard = d.shard AND r.id = d.id ORDER BY d.id
                """
        // Of every strand. Where they were not all computed by the same data, none counts as computed.
        case .zones:
            return """
                SELECT name, max(digest), CASE WHEN count(through) > 0 OR count(DISTINCT digest) > 1 OR count(digest) NOT IN (0, count(*)) THEN 0 END
                FROM zone_marks GROUP BY name
                """
        case .idempotency: return "SELECT \(names(table.columns)) FROM idempotency ORDER BY created_ms"
        // Of every strand, and asked once by the next owner of all.
        case .workers:
            return """
                SELECT instance, CASE WHEN bool_or(leases_end_ms IS NULL) THEN NULL ELSE max(leases_end_ms) END, max(handed_through_ms),
                    CASE WHEN bool_or(awaited_since_ms IS NULL) THEN NULL ELSE min(awaited_since_ms) END
                FROM attached GROUP BY instance
                """
        // Of all strands, where they are not sealed with one key.
        case .sealing: return "SELECT prefix FROM sealing ORDER BY since_ms DESC LIMIT 1"
        case .occurrences, .attempts, .passed, .spent, .queues: return "SELECT \(names(table.columns)) FROM \(table.rawValue)"
        }
    }

    /// Statements that put rows there.
    /// - Parameter number: the next one of a series.
    static func inserts(_ table: CopiedTable, _ rows: CopiedRows, number: () -> Int64) -> [Query] {
        switch table {
        case .reminders:
            let count = CopiedTable.definition.count
            return [definitions(rows.map { Array($0.prefix(count)) }, number), standings(rows, count)]
        case .workers: return [inEveryStrand("attached", table.columns, rows)]
        case .zones: return [inEveryStrand("zone_marks", table.columns, rows)]
        case .sealing: return [inEveryStrand("sealing", table.columns + SealingRow.begun, rows.map { $0 + SealingRow.begun.map { _ in .integer(0) } })]
        case .occurrences, .attempts, .idempotency, .passed, .spent, .queues:
            return [insert(table.rawValue, table.columns, rows)]
        }
    }

    /// With what is made of the other columns: a series' number, and the description with small letters.
    private static func definitions(_ rows: CopiedRows, _ number: () -> Int64) -> Query {
        let columns = CopiedTable.definition
        func values(_ name: String) -> [CopiedValue] {
            guard let place = columns.firstIndex(where: { $0.name == name }) else { return rows.map { _ in .null } }
            return rows.map { $0[place] }
        }
        let numbers = zip(values("rule"), values("rdates")).map { rule, dates -> CopiedValue in
            rule == .null && [.null, .bytes([])].contains(dates) ? .null : .integer(number())
        }
        let folded = values("description").map { description -> CopiedValue in
            guard case .bytes(let text) = description else { return .null }
            return DefinitionRow.folded(text).map(CopiedValue.bytes) ?? .null
        }
        let made = [CopiedTable.Column(name: "number", kind: .integer), CopiedTable.Column(name: "folded", kind: .bytes)]
        let all = zip(rows, zip(numbers, folded)).map { row, made in row + [made.0, made.1] }
        return insert("definitions", columns + made, all)
    }

    private static func standings(_ rows: CopiedRows, _ count: Int) -> Query {
        let definition = CopiedTable.definition, caller = definition.firstIndex { $0.name == "caller" } ?? 0
        return insert(
            "reminders", Array(definition.prefix(2)) + CopiedTable.standing + [definition[caller]],
            rows.map { Array($0.prefix(2) + $0.dropFirst(count)) + [$0[caller]] })
    }

    private static func insert(_ table: String, _ columns: [CopiedTable.Column], _ rows: CopiedRows) -> Query {
        Query("INSERT INTO \(table) (\(names(columns))) SELECT * FROM unnest(\(arrays(columns)))", parameters(columns, rows))
    }

    private static func inEveryStrand(_ table: String, _ columns: [CopiedTable.Column], _ rows: CopiedRows) -> Query {
        Query(
            """
            INSERT INTO \(table) (shard, \(names(columns)))
            SELECT s.shard, u.* FROM unnest(\(arrays(columns))) u CROSS JOIN unnest($\(columns.count + 1)::smallint[]) s (shard)
            """, parameters(columns, rows) + [.shards(Strands.all.compactMap(\.first))])
    }

    private static func arrays(_ columns: [CopiedTable.Column]) -> String {
        columns.enumerated().map { "$\($0.offset + 1)::\($0.element.kind.type)[]" }.joined(separator: ", ")
    }

    private static func parameters(_ columns: [CopiedTable.Column], _ rows: CopiedRows) -> [Parameter] {
        columns.enumerated().map { place, column in
            switch column.kind {
            case .integer: .ints(rows.map { if case .integer(let value) = $0[place] { value } else { nil } })
            case .text, .bytes: .blobs(rows.map { if case .bytes(let bytes) = $0[place] { bytes } else { nil } })
            case .id: .ids(rows.map { if case .id(let id) = $0[place] { id } else { ReminderID(high: 0, low: 0) } })
            }
        }
    }

    private static func names(_ columns: [CopiedTable.Column]) -> String { columns.map(\.name).joined(separator: ", ") }

    // MARK: Whole tables

    /// How many rows each table has: of reminders the larger of both tables, as one that lacks a row cannot be copied.
    static func counts(_ connection: Connection) throws(PostgresFailure) -> [CopiedTable: Int] {
        let tables = CopiedTable.allCases
        let rows = try connection.run(
            tables.map { Query(count($0)) }
                + [Query("SELECT count(*) FROM definitions")])
        var counts: [CopiedTable: Int] = [:]
        for (table, rows) in zip(tables, rows) { counts[table] = Int(rows.int(0, 0)) }
        counts[.reminders] = max(counts[.reminders] ?? 0, Int(rows.last?.int(0, 0) ?? 0))
        return counts
    }

    private static func count(_ table: CopiedTable) -> String {
        switch table {
        case .workers: "SELECT count(DISTINCT instance) FROM attached"
        case .zones: "SELECT count(DISTINCT name) FROM zone_marks"
        case .sealing: "SELECT least(count(*), 1) FROM sealing"
        default: "SELECT count(*) FROM \(table.rawValue)"
        }
    }

    /// The counts by queue and kind, from what there is.
    static let tallies = """
        WITH own AS (
            SELECT d.queue, \(CountedKind.sql(of: "o")) state
            FROM occurrences o LEFT JOIN definitions d ON d.shard = o.shard AND d.id = o.reminder)
        INSERT INTO tallies (shard, queue, state, count)
        SELECT \(Shard.all.first?.number ?? 0), c.queue, c.state, count(*)
        FROM (SELECT queue, state FROM own WHERE queue IS NOT NULL UNION ALL SELECT '', state FROM own) c
        GROUP BY c.queue, c.state
        """

    static let empty = "TRUNCATE tallies, shelf, definitions, attached, zone_marks, "
        + CopiedTable.allCases.filter { ![.workers, .zones].contains($0) }.map(\.rawValue).joined(separator: ", ")
}

extension CopiedTable.Column.Kind {
    fileprivate var type: String {
        switch self {
        case .integer: "bigint"
        case .text, .bytes: "bytea"
        case .id: "uuid"
        }
    }
}

extension Rows {
    /// A row's columns from the first on.
    func copied(_ row: Int, _ columns: [CopiedTable.Column]) -> [CopiedValue] {
        columns.enumerated().map { place, column in
            if isNull(row, place) { return .null }
            switch column.kind {
            case .integer: return .integer(int(row, place))
            case .text, .bytes: return .bytes(bytes(row, place) ?? [])
            case .id: return id(row, place).map { .id($0) } ?? .null
            }
        }
    }
}
