import Storage
import TaskDomain

/// A `Reminder` as a row of `definitions`.
///
/// A column stands in three places: in the list of its part, where the part is bound, and where it is read, in the same order.
enum DefinitionRow {
    private static let schedule = "start_at, rule, timezone, until_at, rdates, exdates"
    private static let handling = "queue, priority, misfire_policy, retry_for_s, max_attempts, jitter_s, expires_s, catch_up_limit"
    private static let payload = "task, arguments, description, classroom_id, created_by"

    static let columns = "id, \(schedule), \(handling), \(payload), created_ms, caller, authorization"
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

    /// Parameters that `bind` sets.
    static let parameterCount = Int32(columnCount + 2)

    /// Binds every parameter of `insert` and of `update`.
    static func bind(_ reminder: Reminder, number: Int64, to statement: Statement) {
        var last: Int32 = 0
        func next() -> Int32 {
            last += 1
            return last
        }
        statement.bind(next(), number)
        statement.bind(next(), reminder.id.shard.number)
        statement.bind(next(), reminder.id)
        bind(reminder.schedule, to: statement, next)
        bind(reminder.handling, to: statement, next)
        bind(reminder.payload, to: statement, next)
        statement.bind(next(), reminder.createdAt)
        statement.bind(next(), reminder.caller)
        statement.bind(next(), reminder.sealedAuthorization)
    }

    private static func bind(_ schedule: Schedule, to statement: Statement, _ next: () -> Int32) {
        statement.bind(next(), schedule.start)
        statement.bind(next(), schedule.rule)
        statement.bind(next(), schedule.timezone)
        statement.bind(next(), schedule.until)
        statement.bind(next(), InstantBytes.encode(schedule.rdates))
        statement.bind(next(), InstantBytes.encode(schedule.exdates))
    }

    private static func bind(_ handling: Handling, to statement: Statement, _ next: () -> Int32) {
        statement.bind(next(), handling.queue)
        statement.bind(next(), handling.priority)
        statement.bind(next(), handling.misfirePolicy.rawValue)
        statement.bind(next(), handling.retryForSeconds)
        statement.bind(next(), handling.maxAttempts ?? 0)
        statement.bind(next(), handling.jitterSeconds)
        statement.bind(next(), handling.expiresAfterSeconds.map(Int64.init))
        statement.bind(next(), handling.catchUpLimit)
    }

    private static func bind(_ payload: Payload, to statement: Statement, _ next: () -> Int32) {
        statement.bind(next(), payload.task)
        statement.bind(next(), payload.arguments)
        statement.bind(next(), payload.description)
        statement.bind(next(), payload.classroomID)
        statement.bind(next(), payload.createdBy)
    }

    /// Why a row cannot be understood.
    struct Damage: Error {
        let reason: String
    }

    /// Reads the columns from number `first` on.
    static func decode(_ row: Statement, from first: Int32, expecting id: ReminderID) throws(Damage) -> Reminder {
        var last = first - 1
        func next() -> Int32 {
            last += 1
            return last
        }
        guard row.id(next()) == id else { throw Damage(reason: "no definition with its id") }
        return Reminder(
            id: id, schedule: try schedule(row, next), handling: try handling(row, next), payload: try payload(row, next),
            createdAt: row.time(next()), caller: try text(row, next(), "caller"),
            sealedAuthorization: try bytes(row, next(), "authorization"))
    }

    private static func schedule(_ row: Statement, _ next: () -> Int32) throws(Damage) -> Schedule {
        let start: UnixSeconds = row.time(next()), rule = next()
        return Schedule(
            start: start, rule: row.isNull(rule) ? nil : try text(row, rule, "rule"), timezone: try text(row, next(), "timezone"),
            until: row.optionalTime(next()), rdates: try instants(row, next(), "rdates"), exdates: try instants(row, next(), "exdates"))
    }

    private static func handling(_ row: Statement, _ next: () -> Int32) throws(Damage) -> Handling {
        let queue = try text(row, next(), "queue")
        let priority = row.integer(next())
        let priorities = Handling.Limits.priority
        guard priorities.contains(priority) else {
            throw Damage(reason: "priority \(priority), expected \(priorities.lowerBound) to \(priorities.upperBound)")
        }
        let policyNumber = row.integer(next())
        guard let policy = UInt8(exactly: policyNumber).flatMap(MisfirePolicy.init) else {
            throw Damage(reason: "unknown misfire policy \(policyNumber)")
        }
        let retryForSeconds = Int(UInt32(clamping: row.integer(next())))
        let attempts = row.integer(next())
        guard let maxAttempts = UInt32(exactly: attempts) else {
            throw Damage(reason: "max_attempts \(attempts), expected 0 to \(UInt32.max)")
        }
        var handling = Handling(
            queue: queue, priority: Int(priority), misfirePolicy: policy, retryForSeconds: retryForSeconds,
            maxAttempts: maxAttempts == 0 ? nil : Int(maxAttempts),
            jitterSeconds: Int(UInt32(clamping: row.integer(next()))),
            expiresAfterSeconds: row.optionalInteger(next()).map { Int(UInt32(clamping: $0)) })
        let catchUp = row.integer(next())
        guard Handling.Limits.catchUp.contains(catchUp) else {
            let limits = Handling.Limits.catchUp
            throw Damage(reason: "catch_up_limit \(catchUp), expected \(limits.lowerBound) to \(limits.upperBound)")
        }
        handling.catchUpLimit = Int(catchUp)
        return handling
    }

    private static func payload(_ row: Statement, _ next: () -> Int32) throws(Damage) -> Payload {
        Payload(
            task: try text(row, next(), "task"), arguments: try bytes(row, next(), "arguments"),
            description: try text(row, next(), "description"), classroomID: try text(row, next(), "classroom_id"),
            createdBy: try text(row, next(), "created_by"))
    }

    private static func text(_ row: Statement, _ column: Int32, _ name: String) throws(Damage) -> String {
        guard let text = row.text(column) else { throw Damage(reason: "\(name) is not UTF-8 text") }
        return text
    }

    private static func bytes(_ row: Statement, _ column: Int32, _ name: String) throws(Damage) -> [UInt8] {
        guard let bytes = row.blob(column) else { throw Damage(reason: "\(name) is not a blob") }
        return bytes
    }

    private static func instants(_ row: Statement, _ column: Int32, _ name: String) throws(Damage) -> [UnixSeconds] {
        let bytes = try bytes(row, column, name)
        guard let instants = InstantBytes.decode(bytes) else { throw Damage(reason: "\(name) has \(bytes.count) bytes, expected a multiple of 8") }
        return instants
    }
}
