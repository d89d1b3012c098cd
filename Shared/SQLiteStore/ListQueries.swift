import TaskDomain

/// Finds the items of a page: walks an index from the cursor on, judges each candidate, and stops when the page is full
/// or enough have been looked at. So a page costs the same wherever in the list it lies, and whatever the filter.
final class ListQueries {
    /// Candidates that one page looks at, at most; and those of which a glance at a small row is enough.
    static let maxExamined = 10_000, maxGlancedAt = 20_000

    /// What a page consists of: the places of its items, and where the next page begins.
    struct Found {
        var places: [ListCursor] = []
        var next: ListCursor?
    }

    private let connection: Connection
    /// The statements of the latest lists, by their text: filters come in few shapes.
    private var prepared: [String: Statement] = [:]
    private static let maxPrepared = 32

    init(_ connection: Connection) { self.connection = connection }

    // MARK: Reminders

    func reminders(_ filter: ReminderFilter, after: ListCursor?, limit: Int) throws(SQLiteFailure) -> Found {
        if filter.isByDueTime { return try byDueTime(filter, after: after, limit: limit) }
        if let query = StandingScan(filter) { return try merged(query, after: after, limit: limit) }
        return try newestFirst(filter, after: after, limit: limit)
    }

    /// By the rows of `reminders` alone, whose ids are in the order of creation, shard by shard.
    private func merged(_ query: StandingScan, after: ListCursor?, limit: Int) throws(SQLiteFailure) -> Found {
        try merge(
            query.sql, query.conditions, after: after, Walk(limit: limit, maxExamined: Self.maxGlancedAt), .newestFirst, in: Shard.all
        ) { $1.key < $0.key }
    }

    private func newestFirst(
        _ filter: ReminderFilter, after: ListCursor?, limit: Int
    ) throws(SQLiteFailure) -> Found {
        let query = ReminderScan(filter)
        let statement = try statement(query.sql)
        query.bind(to: statement, cursor: [.integer(after?.major ?? .max)])
        defer { statement.reset() }
        var walk = Walk(limit: limit)
        while try statement.step() {
            guard let id = statement.id(1) else { continue }
            let place = ListCursor(
                .newestFirst, major: statement.integer(0), key: OccurrenceKey(reminder: id, scheduledAt: UnixSeconds(0)))
            guard walk.take(place, matches: statement.integer(2) != 0) else { break }
        }
        return walk.found
    }

    private func byDueTime(_ filter: ReminderFilter, after: ListCursor?, limit: Int) throws(SQLiteFailure) -> Found {
        let query = DueScan(filter)
        return try merge(
            query.sql, query.conditions, after: after, Walk(limit: limit), .byDueTime, in: Shard.all, isEarlier: Self.isDueEarlier)
    }

    private static func isDueEarlier(_ a: ListCursor, than b: ListCursor) -> Bool { a.major != b.major ? a.major < b.major : a.key < b.key }

    // MARK: Occurrences

    func occurrences(_ filter: OccurrenceFilter, after: ListCursor?, limit: Int) throws(SQLiteFailure) -> Found {
        if filter.state == .pending { return try pending(filter, after: after, limit: limit) }
        let query = SetAsideScan(filter)
        let statement = try statement(query.sql)
        query.bind(
            to: statement,
            cursor: [
                .integer(after?.major ?? .max), .id(after?.key.reminder ?? ReminderID(high: .max, low: .max)),
                .integer(after?.key.scheduledAt.count ?? .max),
            ])
        defer { statement.reset() }
        var walk = Walk(limit: limit)
        while try statement.step() {
            guard let id = statement.id(1) else { continue }
            let key = OccurrenceKey(reminder: id, scheduledAt: statement.time(2))
            let place = ListCursor(.latestSetAside, major: statement.integer(0), key: key)
            guard walk.take(place, matches: statement.integer(3) != 0) else { break }
        }
        return walk.found
    }

    private func pending(_ filter: OccurrenceFilter, after: ListCursor?, limit: Int) throws(SQLiteFailure) -> Found {
        let query = PendingScan(filter)
        guard !query.shards.isEmpty else { return Found() }
        return try merge(
            query.sql, query.conditions, after: after, Walk(limit: limit), .nextTry, in: query.shards, isEarlier: Self.isDueEarlier)
    }

    // MARK: Statements

    func statement(_ sql: String) throws(SQLiteFailure) -> Statement {
        if let known = prepared[sql] { return known }
        if prepared.count >= Self.maxPrepared { prepared = [:] }
        let made = try connection.prepare(sql)
        prepared[sql] = made
        return made
    }

    /// Gathers a page.
    struct Walk {
        let limit: Int
        let maxExamined: Int
        var found = Found()
        private var examined = 0
        private var last: ListCursor?

        init(limit: Int, maxExamined: Int = ListQueries.maxExamined) {
            self.limit = limit
            self.maxExamined = maxExamined
        }

        /// - Returns: whether to go on.
        mutating func take(_ place: ListCursor, matches: Bool) -> Bool {
            // There is more behind a page that is full, or a walk that was long enough.
            if found.places.count >= limit || examined >= maxExamined {
                found.next = last
                return false
            }
            examined += 1
            last = place
            if matches { found.places.append(place) }
            return true
        }
    }
}

/// A parameter of a scan.
enum ScanValue {
    case integer(Int64)
    case text(String)
    /// `nil`: before every id.
    case id(ReminderID?)

    func bind(to statement: Statement, _ number: Int32) {
        switch self {
        case .integer(let value): statement.bind(number, value)
        case .text(let value): statement.bind(number, value)
        case .id(let id?): statement.bind(number, id)
        case .id(nil): statement.bind(number, [UInt8]())
        }
    }
}

/// Conditions with their parameters, which come after those of the cursor.
struct ScanConditions {
    private(set) var terms: [String] = []
    private(set) var values: [ScanValue] = []
    let cursorCount: Int

    init(cursorCount: Int) { self.cursorCount = cursorCount }

    mutating func add(_ value: ScanValue?, _ term: (_ parameter: String) -> String) {
        guard let value else { return }
        values.append(value)
        terms.append(term("?\(cursorCount + values.count)"))
    }

    mutating func add(_ term: String) { terms.append(term) }

    mutating func add(equal column: String, _ text: String?) {
        add(text.map(ScanValue.text)) { "\(column) = \($0)" }
    }

    /// What decides whether a candidate belongs to the page.
    var sql: String { terms.isEmpty ? "1" : terms.map { "(\($0))" }.joined(separator: " AND ") }

    func bind(to statement: Statement, cursor: [ScanValue]) {
        for (index, value) in (cursor + values).enumerated() { value.bind(to: statement, Int32(index + 1)) }
    }
}

/// Reminders by their number, downwards, along the index that leaves the fewest candidates.
private struct ReminderScan {
    let sql: String
    private var conditions = ScanConditions(cursorCount: 1)

    init(_ filter: ReminderFilter) {
        var index = "", along = ""
        // The first that is given is likely to be the most selective; common values have no index of their own.
        func driver(_ name: String, _ column: String, _ value: String?, unless common: String? = nil) {
            guard let value, value != common, index.isEmpty else { return }
            index = "INDEXED BY \(name)"
            along = common.map { "AND \(column) <> '\($0)' " } ?? ""
        }
        driver("definitions_classroom", "d.classroom_id", filter.classroomID)
        driver("definitions_creator", "d.created_by", filter.createdBy)
        driver("definitions_task", "d.task", filter.task, unless: TaskName.notification)
        driver("definitions_queue", "d.queue", filter.queue, unless: Handling.defaultQueue)
        driver("definitions_caller", "d.caller", filter.caller, unless: "")
        conditions.add(equal: "d.classroom_id", filter.classroomID)
        conditions.add(equal: "d.created_by", filter.createdBy)
        conditions.add(equal: "d.task", filter.task)
        conditions.add(equal: "d.queue", filter.queue)
        conditions.add(equal: "d.caller", filter.caller)
        // The term of the index bounds the walk; the others judge.
        let bound = index.isEmpty ? "" : "AND \(conditions.terms[Self.first(filter, index)]) \(along)"
        conditions.add(filter.state.map { .integer(Int64($0.rawValue)) }) { "r.state = \($0)" }
        conditions.add(filter.text.map { .text($0) }) { "instr(lower(d.description), lower(\($0))) > 0" }
        if index.isEmpty, let rare = filter.state.flatMap({ Self.rare[$0] }) {
            sql = """
                SELECT r.definition, r.id, \(conditions.sql)
                FROM reminders r INDEXED BY \(rare.index) CROSS JOIN definitions d ON d.number = r.definition
                WHERE r.definition < ?1 AND r.state = \(rare.state) ORDER BY r.definition DESC
                """
        } else {
            let join = filter.state == nil ? "" : "CROSS JOIN reminders r ON r.shard = d.shard AND r.id = d.id"
            sql = """
                SELECT d.number, d.id, \(conditions.sql) FROM definitions d \(index) \(join)
                WHERE d.number < ?1 \(bound) ORDER BY d.number DESC
                """
        }
    }

    /// States that few reminders are in, and their indexes.
    private static let rare: [ReminderState: (index: String, state: UInt8)] = [
        .paused: ("reminders_paused", ReminderState.paused.rawValue),
        .cancelled: ("reminders_cancelled", ReminderState.cancelled.rawValue),
    ]

    /// The number of the condition that belongs to the index.
    private static func first(_ filter: ReminderFilter, _ index: String) -> Int {
        let given: [(String, Bool)] = [
            ("definitions_classroom", filter.classroomID != nil), ("definitions_creator", filter.createdBy != nil),
            ("definitions_task", filter.task != nil), ("definitions_queue", filter.queue != nil),
            ("definitions_caller", filter.caller != nil),
        ]
        return given.prefix { !index.hasSuffix($0.0) }.count { $0.1 }
    }

    func bind(to statement: Statement, cursor: [ScanValue]) { conditions.bind(to: statement, cursor: cursor) }
}

/// Reminders of one shard by their id, downwards: for a state that many are in, which is judged without a look at the
/// definition.
private struct StandingScan {
    let sql: String
    private(set) var conditions = ScanConditions(cursorCount: 2)

    /// `nil` where the definition has an index that leaves fewer candidates.
    init?(_ filter: ReminderFilter) {
        guard let state = filter.state, state == .scheduled || state == .completed, filter.classroomID == nil,
            filter.createdBy == nil, filter.caller == nil, (filter.task ?? TaskName.notification) == TaskName.notification,
            (filter.queue ?? Handling.defaultQueue) == Handling.defaultQueue
        else { return nil }
        var definition = ScanConditions(cursorCount: 2)
        definition.add(equal: "d.task", filter.task)
        definition.add(equal: "d.queue", filter.queue)
        definition.add(filter.text.map { .text($0) }) { "instr(lower(d.description), lower(\($0))) > 0" }
        let judged = definition.terms.isEmpty
            ? "" : "AND (SELECT \(definition.sql) FROM definitions d WHERE d.number = r.definition)"
        conditions = definition
        sql = """
            SELECT r.definition, r.id, r.state = \(state.rawValue) \(judged) FROM reminders r
            WHERE r.shard = ?1 AND r.id < ?2 ORDER BY r.id DESC
            """
    }
}

/// Scheduled reminders of one shard by the time at which they fall due, upwards.
private struct DueScan {
    let sql: String
    private(set) var conditions = ScanConditions(cursorCount: 3)

    init(_ filter: ReminderFilter) {
        conditions.add(filter.dueAfter.map { .integer($0.milliseconds.count) }) { "r.due_ms >= \($0)" }
        conditions.add(filter.dueBefore.map { .integer($0.milliseconds.count) }) { "r.due_ms < \($0)" }
        let window = conditions.terms.map { "AND \($0) " }.joined()
        conditions.add(filter.state.map { .integer(Int64($0.rawValue)) }) { "r.state = \($0)" }
        conditions.add(equal: "d.classroom_id", filter.classroomID)
        conditions.add(equal: "d.created_by", filter.createdBy)
        conditions.add(equal: "d.task", filter.task)
        conditions.add(equal: "d.queue", filter.queue)
        conditions.add(equal: "d.caller", filter.caller)
        conditions.add(filter.text.map { .text($0) }) { "instr(lower(d.description), lower(\($0))) > 0" }
        sql = """
            SELECT r.due_ms, r.id, \(conditions.sql)
            FROM reminders r INDEXED BY reminders_due CROSS JOIN definitions d ON d.number = r.definition
            WHERE r.state = 0 AND r.due_ms IS NOT NULL AND r.shard = ?1 AND (r.due_ms, r.id) > (?2, ?3) \(window)
            ORDER BY r.due_ms, r.id
            """
    }
}

/// Occurrences that were set aside, the latest first.
private struct SetAsideScan {
    let sql: String
    private var conditions = ScanConditions(cursorCount: 3)

    init(_ filter: OccurrenceFilter) {
        let id = filter.key?.reminder ?? filter.reminder
        conditions.add(id.map { .integer(Int64($0.shard.number)) }) { "o.shard = \($0)" }
        conditions.add(id.map { .id($0) }) { "o.reminder = \($0)" }
        conditions.add((filter.key?.scheduledAt).map { .integer($0.count) }) { "o.scheduled_at = \($0)" }
        let bound = conditions.terms.map { "AND \($0) " }.joined()
        // Both may be given, and may contradict each other.
        conditions.add(filter.key == nil ? nil : filter.reminder.map { .id($0) }) { "o.reminder = \($0)" }
        conditions.add(equal: "d.classroom_id", filter.classroomID)
        conditions.add(equal: "d.created_by", filter.createdBy)
        conditions.add(equal: "d.task", filter.task)
        conditions.add(equal: "d.queue", filter.queue)
        conditions.add(equal: "d.caller", filter.caller)
        sql = """
            SELECT o.changed_ms, o.reminder, o.scheduled_at, \(conditions.sql)
            FROM occurrences o \(id == nil ? "INDEXED BY occurrences_set_aside" : "")
                CROSS JOIN reminders r ON r.shard = o.shard AND r.id = o.reminder
                CROSS JOIN definitions d ON d.number = r.definition
            WHERE o.state = \(filter.state.rawValue) AND o.state > 0 AND (o.changed_ms, o.reminder, o.scheduled_at) < (?1, ?2, ?3) \(bound)
            ORDER BY o.changed_ms DESC, o.reminder DESC, o.scheduled_at DESC
            """
    }

    func bind(to statement: Statement, cursor: [ScanValue]) { conditions.bind(to: statement, cursor: cursor) }
}

/// Pending occurrences of one shard, by when they are due, upwards.
private struct PendingScan {
    let sql: String
    /// Those in which there may be some.
    let shards: [Shard]
    private(set) var conditions = ScanConditions(cursorCount: 4)

    init(_ filter: OccurrenceFilter) {
        let ids = Set([filter.key?.reminder, filter.reminder].compactMap { $0 })
        shards = ids.count > 1 ? [] : ids.first.map { [$0.shard] } ?? Shard.all
        conditions.add(ids.first.map { .id($0) }) { "o.reminder = \($0)" }
        conditions.add((filter.key?.scheduledAt).map { .integer($0.count) }) { "o.scheduled_at = \($0)" }
        let bound = conditions.terms.map { "AND \($0) " }.joined()
        if filter.isTried { conditions.add("o.attempts + o.losses > 0") }
        conditions.add(equal: "d.classroom_id", filter.classroomID)
        conditions.add(equal: "d.created_by", filter.createdBy)
        conditions.add(equal: "d.task", filter.task)
        conditions.add(equal: "d.queue", filter.queue)
        conditions.add(equal: "d.caller", filter.caller)
        sql = """
            SELECT o.due_ms, o.reminder, \(conditions.sql), o.scheduled_at
            FROM occurrences o \(ids.isEmpty ? "INDEXED BY occurrences_due" : "")
                CROSS JOIN reminders r ON r.shard = o.shard AND r.id = o.reminder
                CROSS JOIN definitions d ON d.number = r.definition
            WHERE o.state = 0 AND o.shard = ?1 AND (o.due_ms, o.reminder, o.scheduled_at) > (?2, ?3, ?4) \(bound)
            ORDER BY o.due_ms, o.reminder, o.scheduled_at
            """
    }
}
