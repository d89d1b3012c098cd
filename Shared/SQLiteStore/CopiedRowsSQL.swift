import Storage

/// How the tables of a database file hold the columns of ``CopiedTable``s.
enum CopiedRowsSQL {
    /// The columns that are read, in the order of the table's.
    static func select(_ table: CopiedTable) -> String {
        switch table {
        case .reminders:
            let definition = CopiedTable.definition.map { readExpression("d.", $0.name) }, standing = CopiedTable.standing.map { readExpression("r.", $0.name) }
            return """
                SELECT \((definition + standing).joined(separator: ", "))
                FROM definitions d CROSS JOIN reminders r ON r.shard = d.shard AND r.id = d.id ORDER BY d.number
                """
        case .zones: return "SELECT name, digest, iif(through IS NULL, NULL, 0) FROM zones"
        // In the order in which they were made.
        case .idempotency: return "SELECT \(names(table.columns)) FROM idempotency ORDER BY number"
        case .occurrences, .attempts, .passed, .spent, .queues, .workers, .sealing: return "SELECT \(names(table.columns)) FROM \(table.rawValue)"
        }
    }

    /// Statements that put a row there: the parameters are the table's columns, of a reminder after its definition's number.
    static func inserts(_ table: CopiedTable) -> [String] {
        switch table {
        case .reminders:
            let definition = CopiedTable.definition, standing = CopiedTable.standing
            return [
                """
                INSERT INTO definitions (number, \(names(definition)))
                VALUES (?1, \(definition.indices.map { writeExpression(definition[$0].name, $0 + 2) }.joined(separator: ", ")))
                """,
                """
                INSERT INTO reminders (definition, shard, id, \(names(standing)))
                VALUES (?1, ?2, ?3, \(standing.indices.map { writeExpression(standing[$0].name, $0 + 2 + definition.count) }.joined(separator: ", ")))
                """,
            ]
        case .sealing: return ["INSERT INTO sealing (number, prefix, through, resealed, unreadable) VALUES (1, ?1, 0, 0, 0)"]
        case .occurrences, .attempts, .idempotency, .passed, .spent, .queues, .zones, .workers:
            let columns = table.columns
            return ["INSERT INTO \(table.rawValue) (\(names(columns))) VALUES (\(columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")))"]
        }
    }

    /// How many rows each table has: of reminders the larger of both tables, as one that lacks a row cannot be copied.
    static func counts(_ connection: Connection) throws(SQLiteFailure) -> [CopiedTable: Int] {
        var counts: [CopiedTable: Int] = [:]
        for table in CopiedTable.allCases { counts[table] = Int(try connection.integer("SELECT count(*) FROM \(table.rawValue)") ?? 0) }
        let definitions = Int(try connection.integer("SELECT count(*) FROM definitions") ?? 0)
        counts[.reminders] = max(counts[.reminders] ?? 0, definitions)
        return counts
    }

    /// What a column is called here.
    static func name(_ column: String) -> String { column == "sealed" ? "authorization" : column }

    private static func names(_ columns: [CopiedTable.Column]) -> String { columns.map { name($0.name) }.joined(separator: ", ") }

    /// What stands for none is 0 here.
    private static let zeroes: Set = ["max_attempts", "missed", "missed_more"]

    private static func readExpression(_ table: String, _ column: String) -> String {
        if column == "missed_more" { return "iif(r.missed = 0, NULL, r.missed_more)" }
        return zeroes.contains(column) ? "nullif(\(table)\(column), 0)" : table + name(column)
    }

    private static func writeExpression(_ column: String, _ parameter: Int) -> String {
        zeroes.contains(column) ? "ifnull(?\(parameter), 0)" : "?\(parameter)"
    }
}

extension Statement {
    /// Reads the columns of a row from the first on.
    func row(_ columns: [CopiedTable.Column]) -> [CopiedValue] {
        columns.enumerated().map { number, column in
            let number = Int32(number)
            if isNull(number) { return .null }
            switch column.kind {
            case .integer: return .integer(integer(number))
            // One that is none is kept as it is, and refused where it cannot be.
            case .id: return id(number).map { .id($0) } ?? .bytes(bytes(number))
            case .text, .bytes: return .bytes(bytes(number))
            }
        }
    }

    /// Binds the values of a row from a parameter on.
    func bind(_ row: some Sequence<CopiedValue>, _ columns: [CopiedTable.Column], from first: Int32) {
        for ((number, value), column) in zip(row.enumerated(), columns) {
            let parameter = first + Int32(number)
            switch value {
            case .null: bindNull(parameter)
            case .integer(let value): bind(parameter, value)
            case .id(let id): bind(parameter, id)
            case .bytes(let bytes): column.kind == .text ? bind(parameter, text: bytes) : bind(parameter, bytes)
            }
        }
    }
}
