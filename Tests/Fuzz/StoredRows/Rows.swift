import CSQLite
import TaskDomain

@testable import SQLiteStore

/// Writes the rows of one reminder, as a recipe says: a column that the recipe does not choose is as it should be.
final class Rows {
    static let start = UnixSeconds(1_795_000_000)
    static let id = ReminderID(high: 0x0193_2c07_209c_7123, low: 0x8abc_0123_4567_89ab)
    /// In the same shard.
    static let other: ReminderID = {
        var low = id.low + 1
        while ReminderID(high: id.high, low: low).shard != id.shard { low += 1 }
        return ReminderID(high: id.high, low: low)
    }()

    private let connection: Connection
    private let definition: Statement, reminder: Statement, occurrence: Statement, attempt: Statement, idempotency: Statement
    private let queue: Statement
    private let clear: [Statement]

    private static let texts = [
        "FREQ=DAILY", "FREQ=SECONDLY;INTERVAL=7", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "Europe/Berlin", "../zone", "", "edvora.notification",
    ]

    /// Text that is no UTF-8, where the bytes are none.
    private static let noText = ["rule", "timezone", "task", "queue", "description", "classroom_id", "created_by", "caller"].map {
        "UPDATE definitions SET \($0) = CAST(arguments AS TEXT)"
    } + ["UPDATE attempts SET detail = CAST(x'ff00fe' AS TEXT)", "UPDATE occurrences SET detail = CAST(x'c328' AS TEXT)"]

    init(_ connection: Connection) throws(SQLiteFailure) {
        self.connection = connection
        func insert(_ table: String, _ columns: Int) throws(SQLiteFailure) -> Statement {
            try connection.prepare("INSERT OR REPLACE INTO \(table) VALUES (\((1...columns).map { "?\($0)" }.joined(separator: ",")))")
        }
        definition = try connection.prepare(DefinitionRow.insert)
        reminder = try insert("reminders", 11)
        occurrence = try insert("occurrences", 13)
        attempt = try insert("attempts", 9)
        idempotency = try insert("idempotency", 6)
        queue = try insert("queues", 5)
        var clear: [Statement] = []
        for table in ["definitions", "reminders", "occurrences", "attempts", "idempotency", "queues"] {
            clear.append(try connection.prepare("DELETE FROM \(table)"))
        }
        self.clear = clear
    }

    static func reminder(_ id: ReminderID) -> Reminder {
        Reminder(
            id: id, schedule: Schedule(start: start, rule: "FREQ=DAILY"), handling: Handling(queue: "q"),
            payload: Payload(task: TaskName.notification, arguments: [1, 2, 3], description: "d", classroomID: "c", createdBy: "t"),
            createdAt: start.milliseconds, sealedAuthorization: [9])
    }

    func write(_ recipe: inout Recipe) throws(SQLiteFailure) {
        for statement in clear { try statement.run() }
        let shard = Int64(Self.id.shard.number), at = Self.start.milliseconds.count, start = Self.start.count
        DefinitionRow.bind(Self.reminder(Self.id), number: 1, to: definition)
        // Its number and shard are what leads here.
        for column in 3...DefinitionRow.parameterCount { spoil(definition, column, &recipe) }
        try definition.run()
        try put(reminder, [shard, Self.id, 1, 0, start, 1, 0, at, nil, 1, at], &recipe)
        for state in Int64(0)...2 where recipe.byte() % 2 == 0 {
            try put(
                occurrence, [shard, Self.id, start + state * 60, state, at, 1, at, 0, 1, 503, "detail", 1, at], &recipe)
        }
        if recipe.byte() % 2 == 0 { try put(attempt, [shard, Self.id, at, start, 1, 1, 2_000, 503, "detail"], &recipe) }
        if recipe.byte() % 2 == 0 { try put(idempotency, [1, shard, [7] as [UInt8], [8] as [UInt8], [9] as [UInt8], at], &recipe) }
        if recipe.byte() % 2 == 0 { try put(queue, ["q", 0, 5, 10, 1], &recipe) }
        let choice = Int(recipe.byte())
        if choice < Self.noText.count { try connection.execute(Self.noText[choice]) }
    }

    private func put(_ statement: Statement, _ values: [Any?], _ recipe: inout Recipe) throws(SQLiteFailure) {
        for (index, value) in values.enumerated() {
            let column = Int32(index + 1)
            switch value {
            case let number as Int64: statement.bind(column, number)
            case let number as Int: statement.bind(column, Int64(number))
            case let text as String: statement.bind(column, text)
            case let bytes as [UInt8]: statement.bind(column, bytes)
            case let id as ReminderID: statement.bind(column, id)
            default: statement.bind(column, Int64?.none)
            }
            spoil(statement, column, &recipe)
        }
        try statement.run()
    }

    /// Binds something else, now and then.
    private func spoil(_ statement: Statement, _ column: Int32, _ recipe: inout Recipe) {
        let kind = recipe.byte()
        switch kind {
        case 200..<216: statement.bind(column, recipe.number())
        case 216..<224: statement.bind(column, Int64(recipe.byte()))
        case 224..<232: statement.bind(column, Self.texts[Int(recipe.byte()) % Self.texts.count])
        case 232..<238: statement.bind(column, recipe.text(atMost: 40))
        case 238..<248: statement.bind(column, recipe.take(Int(recipe.byte())))
        case 248..<252: statement.bind(column, Int64?.none)
        case 252: statement.bind(column, String(repeating: "x", count: Int(recipe.byte()) * 300))
        default: break
        }
    }
}
