import Domain

/// A `Reminder` as a row of `definitions`.
enum DefinitionRow {
    /// In the order in which `decode` reads and `bind` writes them.
    static let columns = """
        id, start_at, rule, timezone, until_at, rdates, exdates, task, arguments, queue, priority, misfire_policy, \
        max_attempts, description, classroom_id, created_by, created_ms, authorization, \
        jitter_s, expires_s, caller
        """
    /// The same for a query that calls the table `d`.
    static let selected = columns.split(separator: ", ").map { "d.\($0)" }.joined(separator: ", ")

    static let insert = insert(into: "definitions", also: [])

    /// - Parameter others: columns of the table that come after these, with the parameters that follow.
    static func insert(into table: String, also others: [String]) -> String {
        """
        INSERT INTO \(table) (\((["number", "shard", columns] + others).joined(separator: ", ")))
        VALUES (\((1...Int(parameterCount) + others.count).map { "?\($0)" }.joined(separator: ",")))
        """
    }

    /// Replaces all but the number: with the parameters of `insert`.
    static let update = """
        UPDATE definitions SET (shard, \(columns)) = (\((2...columnCount + 2).map { "?\($0)" }.joined(separator: ",")))
        WHERE number = ?1
        """

    private static let columnCount = columns.split(separator: ",").count

    /// How many parameters `bind` sets.
    static let parameterCount = Int32(columnCount + 2)

    /// Binds every parameter of `insert` and of `update`.
    static func bind(_ reminder: Reminder, number: Int64, to statement: Statement) {
        statement.bind(1, number)
        statement.bind(2, reminder.id.shard.number)
        statement.bind(3, reminder.id)
        statement.bind(4, reminder.schedule.start)
        statement.bind(5, reminder.schedule.rule)
        statement.bind(6, reminder.schedule.timezone)
        statement.bind(7, reminder.schedule.until)
        statement.bind(8, encode(reminder.schedule.rdates))
        statement.bind(9, encode(reminder.schedule.exdates))
        statement.bind(10, reminder.task)
        statement.bind(11, reminder.arguments)
        statement.bind(12, reminder.queue)
        statement.bind(13, reminder.priority)
        statement.bind(14, reminder.misfirePolicy.rawValue)
        statement.bind(15, reminder.maxAttempts)
        statement.bind(16, reminder.description)
        statement.bind(17, reminder.classroomID)
        statement.bind(18, reminder.createdBy)
        statement.bind(19, reminder.createdAtMilliseconds)
        statement.bind(20, reminder.sealedAuthorization)
        statement.bind(21, reminder.jitterSeconds)
        statement.bind(22, reminder.expiresAfterSeconds.map(Int64.init))
        statement.bind(23, reminder.caller)
    }

    /// Why a row cannot be understood.
    struct Damage: Error {
        let reason: String
    }

    /// Reads the columns from number `first` on.
    static func decode(_ row: Statement, from first: Int32, expecting id: ReminderID) throws(Damage) -> Reminder {
        guard row.id(first) == id else { throw Damage(reason: "no definition with its id") }
        guard let priority = UInt8(exactly: row.integer(first + 10)), priority <= 9 else {
            throw Damage(reason: "priority \(row.integer(first + 10)), expected 0 to 9")
        }
        guard let policy = UInt8(exactly: row.integer(first + 11)).flatMap(MisfirePolicy.init) else {
            throw Damage(reason: "unknown misfire policy \(row.integer(first + 11))")
        }
        guard let maxAttempts = UInt32(exactly: row.integer(first + 12)), maxAttempts >= 1 else {
            throw Damage(reason: "max_attempts \(row.integer(first + 12)), expected 1 to \(UInt32.max)")
        }
        let schedule = Schedule(
            start: row.integer(first + 1), rule: row.isNull(first + 2) ? nil : try text(row, first + 2, "rule"),
            timezone: try text(row, first + 3, "timezone"), until: row.optionalInteger(first + 4),
            rdates: try instants(row, first + 5, "rdates"), exdates: try instants(row, first + 6, "exdates"))
        return Reminder(
            id: id, schedule: schedule, task: try text(row, first + 7, "task"),
            arguments: try bytes(row, first + 8, "arguments"), queue: try text(row, first + 9, "queue"),
            priority: priority, misfirePolicy: policy, maxAttempts: Int(maxAttempts),
            description: try text(row, first + 13, "description"),
            classroomID: try text(row, first + 14, "classroom_id"),
            createdBy: try text(row, first + 15, "created_by"), createdAtMilliseconds: row.integer(first + 16),
            sealedAuthorization: try bytes(row, first + 17, "authorization"),
            jitterSeconds: Int(UInt32(clamping: row.integer(first + 18))),
            expiresAfterSeconds: row.optionalInteger(first + 19).map { Int(UInt32(clamping: $0)) },
            caller: try text(row, first + 20, "caller"))
    }

    private static func text(_ row: Statement, _ column: Int32, _ name: String) throws(Damage) -> String {
        guard let text = row.text(column) else { throw Damage(reason: "\(name) is not UTF-8 text") }
        return text
    }

    private static func bytes(_ row: Statement, _ column: Int32, _ name: String) throws(Damage) -> [UInt8] {
        guard let bytes = row.blob(column) else { throw Damage(reason: "\(name) is not a blob") }
        return bytes
    }

    private static func instants(_ row: Statement, _ column: Int32, _ name: String) throws(Damage) -> [Int64] {
        let bytes = try bytes(row, column, name)
        guard bytes.count % 8 == 0 else {
            throw Damage(reason: "\(name) has \(bytes.count) bytes, expected a multiple of 8")
        }
        return bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: 8).map {
                Int64(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: Int64.self))
            }
        }
    }

    private static func encode(_ instants: [Int64]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(instants.count * 8)
        for instant in instants { withUnsafeBytes(of: instant.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }
}
