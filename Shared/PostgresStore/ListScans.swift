import Storage
import TaskDomain

/// A query that finds the candidates of a list from a cursor on, along an index, and judges each.
///
/// Its rows are major, id, second, and whether the candidate belongs to the list.
struct ListScan {
    let order: ListCursor.Order
    /// Candidates that one page looks at, at most.
    let maxExamined: Int
    private var sql = ""
    private var parameters: [Parameter] = []

    /// Candidates that one page looks at, at most; and those of which a glance at a small row is enough.
    static let maxExamined = 10_000, maxGlancedAt = 20_000

    private static let last = ReminderID(high: .max, low: .max), first = ReminderID(high: 0, low: 0)

    /// Where the query is to begin, and how many candidates it is to look at.
    struct Place {
        var after: ListCursor?
        var limit: Int
    }

    func query(_ place: Place) -> Query {
        let isUpwards = order == .byDueTime || order == .nextTry, end: Int64 = isUpwards ? .min : .max
        let major = Parameter.int(place.after?.major ?? end), second = Parameter.int(place.after?.key.scheduledAt.count ?? end)
        let id = Parameter.id(place.after?.key.reminder ?? (isUpwards ? Self.first : Self.last))
        return Query(sql, [major, id, second, .int(Int64(place.limit))] + parameters)
    }

    private mutating func bind(_ parameter: Parameter, _ type: String) -> String {
        parameters.append(parameter)
        return "$\(4 + parameters.count)::\(type)"
    }

    private mutating func text(_ text: String) -> String { bind(.text(text), "bytea") }

    /// Every query names all of the cursor, so that the server knows its types.
    private static let named = "($1::bigint IS NOT NULL AND $2::uuid IS NOT NULL AND $3::bigint IS NOT NULL)"

    private static func all(_ terms: [String]) -> String { terms.isEmpty ? "true" : terms.map { "(\($0))" }.joined(separator: " AND ") }

    // MARK: Reminders

    init(_ filter: ReminderFilter) {
        if filter.isByDueTime {
            order = .byDueTime
            maxExamined = Self.maxExamined
            sql = byDueTime(filter)
        } else if let driver = Driver(filter) {
            order = .newestFirst
            maxExamined = Self.maxExamined
            sql = along(driver, filter)
        } else {
            order = .newestFirst
            let isCommon = filter.state == .scheduled || filter.state == .completed
            maxExamined = isCommon ? Self.maxGlancedAt : Self.maxExamined
            sql = newestFirst(filter)
        }
    }

    /// The column that leaves the fewest candidates, and what bounds its index: the first that is given is likely to be the most
    /// selective; common values have no index of their own.
    private struct Driver {
        let column: String, value: String, bound: String

        init?(_ filter: ReminderFilter) {
            let columns: [(String, String?, String?)] = [
                ("classroom_id", filter.classroomID, nil), ("created_by", filter.createdBy, nil), ("task", filter.task, TaskName.notification),
                ("queue", filter.queue, Handling.defaultQueue), ("caller", filter.caller, ""),
            ]
            guard let (column, value, common) = columns.first(where: { $0.1 != nil && $0.1 != $0.2 }), let value else { return nil }
            self.column = column
            self.value = value
            bound = common.map { "AND d.\(column) <> '\($0)'" } ?? ""
        }
    }

    /// What the definition must be.
    private mutating func terms(_ filter: ReminderFilter) -> [String] {
        var terms: [String] = []
        for (column, value) in [
            ("classroom_id", filter.classroomID), ("created_by", filter.createdBy), ("task", filter.task), ("queue", filter.queue),
            ("caller", filter.caller),
        ] { if let value { terms.append("d.\(column) = \(text(value))") } }
        if let words = filter.text, !words.isEmpty {
            terms.append("position(\(bind(.bytes(DefinitionRow.fold(words.utf8)), "bytea")) in coalesce(d.folded, d.description)) > 0")
        }
        return terms
    }

    private mutating func along(_ driver: Driver, _ filter: ReminderFilter) -> String {
        var terms = terms(filter)
        let join = filter.state == nil ? "" : "JOIN reminders r ON r.shard = c.shard AND r.id = c.id"
        if let state = filter.state { terms.append("r.state = \(state.rawValue)") }
        return """
            SELECT 0::bigint, c.id, 0::bigint, \(Self.all(terms)) FROM (
                SELECT d.shard, d.id FROM definitions d WHERE d.\(driver.column) = \(text(driver.value)) \(driver.bound) AND d.id < $2::uuid
                ORDER BY d.id DESC LIMIT $4::bigint) c
            JOIN definitions d ON d.shard = c.shard AND d.id = c.id \(join) WHERE \(Self.named) ORDER BY c.id DESC
            """
    }

    private mutating func newestFirst(_ filter: ReminderFilter) -> String {
        var terms = terms(filter)
        let join = terms.isEmpty ? "" : "LEFT JOIN definitions d ON d.shard = c.shard AND d.id = c.id"
        let candidates: String
        if let state = filter.state, state == .paused || state == .cancelled {
            candidates = "SELECT shard, id, state FROM reminders WHERE state = \(state.rawValue) AND id < $2::uuid"
        } else {
            candidates = Self.everyShard(by: "id DESC") { "SELECT shard, id, state FROM reminders WHERE shard = \($0) AND id < $2::uuid" }
        }
        if let state = filter.state { terms.insert("c.state = \(state.rawValue)", at: 0) }
        return """
            SELECT 0::bigint, c.id, 0::bigint, coalesce(\(Self.all(terms)), false) FROM (
                SELECT * FROM (\(candidates)) a ORDER BY id DESC LIMIT $4::bigint) c
            \(join) WHERE \(Self.named) ORDER BY c.id DESC
            """
    }

    private mutating func byDueTime(_ filter: ReminderFilter) -> String {
        var window = ""
        if let after = filter.dueAfter { window += " AND due_ms >= \(bind(.time(after.milliseconds), "bigint"))" }
        if let before = filter.dueBefore { window += " AND due_ms < \(bind(.time(before.milliseconds), "bigint"))" }
        var terms = terms(filter)
        let join = terms.isEmpty ? "" : "LEFT JOIN definitions d ON d.shard = c.shard AND d.id = c.id"
        if let state = filter.state { terms.insert("\(state.rawValue) = \(ReminderState.scheduled.rawValue)", at: 0) }
        let candidates = Self.everyShard(by: "due_ms, id") { shard in
            """
            SELECT shard, id, due_ms FROM reminders
            WHERE state = 0 AND due_ms IS NOT NULL AND shard = \(shard) AND (due_ms, id) > ($1::bigint, $2::uuid)\(window)
            """
        }
        return """
            SELECT c.due_ms, c.id, 0::bigint, coalesce(\(Self.all(terms)), false) FROM (
                SELECT * FROM (\(candidates)) a ORDER BY due_ms, id LIMIT $4::bigint) c
            \(join) WHERE \(Self.named) ORDER BY c.due_ms, c.id
            """
    }

    /// Each shard has its own order; they are merged as they are read. Each says its order itself: it is sorted as a whole else.
    private static func everyShard(by order: String, _ arm: (UInt8) -> String) -> String {
        Shard.all.map { "(\(arm($0.number)) ORDER BY \(order) LIMIT $4::bigint)" }.joined(separator: " UNION ALL ")
    }

    // MARK: Occurrences

    init(_ filter: OccurrenceFilter) {
        order = filter.state == .pending ? .nextTry : .latestSetAside
        maxExamined = Self.maxExamined
        let bound = bound(filter), terms = terms(filter)
        sql = filter.state == .pending ? pending(bound, (filter.isTried ? ["c.tried > 0"] : []) + terms) : setAside(filter.state, bound, terms)
    }

    /// What the index can be searched for.
    private mutating func bound(_ filter: OccurrenceFilter) -> String {
        var bound = ""
        if let id = filter.key?.reminder ?? filter.reminder {
            bound += "AND o.shard = \(bind(.int(Int64(id.shard.number)), "bigint")) AND o.reminder = \(bind(.id(id), "uuid")) "
        }
        if let key = filter.key { bound += "AND o.scheduled_at = \(bind(.time(key.scheduledAt), "bigint")) " }
        return bound
    }

    private mutating func terms(_ filter: OccurrenceFilter) -> [String] {
        var terms: [String] = []
        // Both may be given, and may contradict each other.
        if filter.key != nil, let id = filter.reminder { terms.append("c.reminder = \(bind(.id(id), "uuid"))") }
        for (column, value) in [
            ("classroom_id", filter.classroomID), ("created_by", filter.createdBy), ("task", filter.task), ("queue", filter.queue),
            ("caller", filter.caller),
        ] { if let value { terms.append("d.\(column) = \(text(value))") } }
        return terms
    }

    private func setAside(_ state: OccurrenceState, _ bound: String, _ terms: [String]) -> String {
        Self.occurrences(
            """
            SELECT o.shard, o.reminder, o.scheduled_at, o.changed_ms FROM occurrences o
            WHERE o.state = \(state.rawValue) AND o.state > 0
                AND (o.changed_ms, o.reminder, o.scheduled_at) < ($1::bigint, $2::uuid, $3::bigint) \(bound)
            """, by: "changed_ms", "DESC", terms)
    }

    private func pending(_ bound: String, _ terms: [String]) -> String {
        func candidates(_ shard: String) -> String {
            """
            SELECT o.shard, o.reminder, o.scheduled_at, o.due_ms, o.attempts + o.losses tried FROM occurrences o
            WHERE o.state = 0 \(shard) AND (o.due_ms, o.reminder, o.scheduled_at) > ($1::bigint, $2::uuid, $3::bigint) \(bound)
            """
        }
        return Self.occurrences(
            bound.isEmpty ? Self.everyShard(by: "due_ms, reminder, scheduled_at") { candidates("AND o.shard = \($0)") } : candidates(""),
            by: "due_ms", "ASC", terms)
    }

    /// - Parameter major: the column of the order that counts most; then comes the key.
    private static func occurrences(_ candidates: String, by major: String, _ direction: String, _ terms: [String]) -> String {
        let join = terms.contains { $0.hasPrefix("d.") } ? "LEFT JOIN definitions d ON d.shard = c.shard AND d.id = c.reminder" : ""
        // The same name within and outside.
        let order = [major, "reminder", "scheduled_at"].map { "c.\($0) \(direction)" }.joined(separator: ", ")
        return """
            SELECT c.\(major), c.reminder, c.scheduled_at, coalesce(\(all(terms)), false) FROM (
                SELECT * FROM (\(candidates)) c ORDER BY \(order) LIMIT $4::bigint) c
            \(join) WHERE \(named) ORDER BY \(order)
            """
    }

    // MARK: Pages

    /// What a page consists of: the places of its items, and where the next page begins.
    struct Found {
        var places: [ListCursor] = []
        var next: ListCursor?
    }

    /// Candidates that are read at once, at first and at most.
    private static let chunk = (64, 2_048)

    /// Walks from the cursor on, until the page is full or enough have been looked at.
    func page(after: ListCursor?, limit: Int, on connection: Connection) throws(PostgresFailure) -> Found {
        var found = Found(), last = after, examined = 0, size = max(Self.chunk.0, min(limit + 1, Self.chunk.1))
        while true {
            let rows = try connection.run([query(Place(after: last, limit: size))])[0]
            for row in rows.indices {
                guard let id = rows.id(row, 1) else { continue }
                // There is more behind a page that is full, or a walk that was long enough.
                if found.places.count >= limit || examined >= maxExamined {
                    found.next = last
                    return found
                }
                examined += 1
                let place = ListCursor(order, major: rows.int(row, 0), key: OccurrenceKey(reminder: id, scheduledAt: rows.time(row, 2)))
                last = place
                if rows.int(row, 3) != 0 { found.places.append(place) }
            }
            if rows.count < size { return found }
            size = min(size * 2, Self.chunk.1)
        }
    }
}
