import Storage
import TaskDomain

/// A query that finds the candidates of a list from a cursor on, along an index, and judges each.
///
/// Its rows are major, id, second, and whether the candidate belongs to the list. Where the index begins with the shard, each shard has an
/// order of its own: some of each are found, with their shard, and ``ListPages`` merges them.
struct ListScan {
    let order: ListCursor.Order
    /// Candidates that one page looks at, at most.
    let maxExamined: Int
    private let scope: StoreScope
    private(set) var reach = Reach.all
    private var sql = ""
    private var parameters: [Parameter] = []

    /// What an index is searched in.
    enum Reach: Equatable {
        /// All shards together: it does not begin with the shard.
        case all
        case one(Shard)
        /// Each shard by itself.
        case each
    }

    /// Candidates that one page looks at, at most; and those of which a glance at a small row is enough.
    static let maxExamined = 10_000, maxGlancedAt = 20_000

    var isUpwards: Bool { order == .byDueTime || order == .nextTry }

    // MARK: Parameters

    private static let last = ReminderID(high: .max, low: .max), first = ReminderID(high: 0, low: 0)
    // Behind the shard.
    private static let major = "$2::bigint", id = "$3::uuid", second = "$4::bigint", limit = "$5::bigint"

    /// - Parameters:
    ///   - after: where it begins.
    ///   - limit: how many candidates it looks at, of each shard where each is searched by itself.
    /// - Returns: one, or in shard scope as many as there are shards to search.
    func queries(after: ListCursor?, limit: Int) -> [Query] {
        let end: Int64 = isUpwards ? .min : .max
        let major = Parameter.int(after?.major ?? end), second = Parameter.int(after?.key.scheduledAt.count ?? end)
        let id = Parameter.id(after?.key.reminder ?? (isUpwards ? Self.first : Self.last))
        let shards: [Parameter] = switch reach {
        case .all: [.int(nil)]
        case .one(let shard): [.shard(shard)]
        case .each: scope.groups(Shard.all) { $0 }.map { scope.parameter($0.shards) }
        }
        return shards.map { Query(sql, [$0, major, id, second, .int(Int64(limit))] + parameters) }
    }

    private mutating func bind(_ parameter: Parameter, _ type: String) -> String {
        parameters.append(parameter)
        return "$\(5 + parameters.count)::\(type)"
    }

    private mutating func text(_ text: String) -> String { bind(.text(text), "bytea") }

    /// Every query names all of these, so that the server knows their types.
    private var named: String {
        let cursor = "\(Self.major) IS NOT NULL AND \(Self.id) IS NOT NULL AND \(Self.second) IS NOT NULL"
        return reach == .all ? "($1::smallint IS NULL AND \(cursor))" : "(\(cursor))"
    }

    private static func all(_ terms: [String]) -> String { terms.isEmpty ? "true" : terms.map { "(\($0))" }.joined(separator: " AND ") }

    // MARK: Reminders

    init(_ filter: ReminderFilter, _ scope: StoreScope) {
        self.scope = scope
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
        let join = filter.state == nil ? "" : "LEFT JOIN reminders r ON r.shard = d.shard AND r.id = d.id"
        if let state = filter.state { terms.append("r.state = \(state.rawValue)") }
        return EveryShard.alongColumn.query(
            """
            SELECT 0::bigint, d.id, 0::bigint, coalesce(\(Self.all(terms)), false) FROM definitions d \(join)
            WHERE d.\(driver.column) = \(text(driver.value)) \(driver.bound) AND d.id < \(Self.id) AND \(named) ORDER BY d.id DESC LIMIT \(Self.limit)
            """).sql
    }

    private mutating func newestFirst(_ filter: ReminderFilter) -> String {
        var terms = terms(filter), candidates = Candidates(table: "reminders", columns: ["shard", "id", "state"], order: ["id"], isUpwards: false)
        candidates.condition = "c.id < \(Self.id)"
        if let state = filter.state { terms.insert("c.state = \(state.rawValue)", at: 0) }
        if let state = filter.state, state == .paused || state == .cancelled {
            candidates.condition += " AND c.state = \(state.rawValue)"
            return EveryShard.inState.query(judged(candidates, terms)).sql
        }
        return inEachShard(candidates, terms)
    }

    private mutating func byDueTime(_ filter: ReminderFilter) -> String {
        var candidates = Candidates(table: "reminders", columns: ["shard", "id", "due_ms"], order: ["due_ms", "id"], isUpwards: true)
        candidates.condition = "c.state = 0 AND c.due_ms IS NOT NULL AND (c.due_ms, c.id) > (\(Self.major), \(Self.id))"
        if let after = filter.dueAfter { candidates.condition += " AND c.due_ms >= \(bind(.time(after.milliseconds), "bigint"))" }
        if let before = filter.dueBefore { candidates.condition += " AND c.due_ms < \(bind(.time(before.milliseconds), "bigint"))" }
        var terms = terms(filter)
        if let state = filter.state { terms.insert("\(state.rawValue) = \(ReminderState.scheduled.rawValue)", at: 0) }
        return inEachShard(candidates, terms)
    }

    // MARK: Occurrences

    init(_ filter: OccurrenceFilter, _ scope: StoreScope) {
        self.scope = scope
        let isPending = filter.state == .pending
        order = isPending ? .nextTry : .latestSetAside
        maxExamined = Self.maxExamined
        var candidates = Candidates(
            table: "occurrences", columns: ["shard", "reminder", "scheduled_at", "due_ms", "attempts", "losses"],
            order: [isPending ? "due_ms" : "changed_ms", "reminder", "scheduled_at"], isUpwards: isPending)
        let place = "(c.\(candidates.order[0]), c.reminder, c.scheduled_at) \(isPending ? ">" : "<") (\(Self.major), \(Self.id), \(Self.second))"
        candidates.condition = "c.state = \(filter.state.rawValue) \(isPending ? "" : "AND c.state > 0 ")AND \(place)\(bound(filter))"
        let terms = (isPending && filter.isTried ? ["c.attempts + c.losses > 0"] : []) + terms(filter)
        if reach != .all {
            sql = judged(candidates, terms)
        } else {
            sql = isPending ? inEachShard(candidates, terms) : EveryShard.setAside.query(judged(candidates, terms)).sql
        }
    }

    /// What the index can be searched for.
    private mutating func bound(_ filter: OccurrenceFilter) -> String {
        var bound = ""
        if let id = filter.key?.reminder ?? filter.reminder {
            reach = .one(id.shard)
            bound += " AND c.reminder = \(bind(.id(id), "uuid"))"
        }
        if let key = filter.key { bound += " AND c.scheduled_at = \(bind(.time(key.scheduledAt), "bigint"))" }
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

    // MARK: Candidates

    /// Rows of a table, called `c`, along an index.
    private struct Candidates {
        let table: String
        /// What is looked at of them.
        let columns: [String]
        /// What the index has, behind the shard where it begins with that: of several columns the first counts most.
        let order: [String]
        let isUpwards: Bool
        var condition = ""

        var id: String { columns[1] }
        var sorted: String { order.map { isUpwards ? "c.\($0)" : "c.\($0) DESC" }.joined(separator: ", ") }

        /// - Parameter isSame: that a definition is in the same shard.
        func join(_ terms: [String], _ isSame: String = "d.shard = c.shard") -> String {
            terms.contains { $0.hasPrefix("d.") || $0.hasPrefix("position") } ? "LEFT JOIN definitions d ON \(isSame) AND d.id = c.\(id)" : ""
        }

        func judged(_ terms: [String]) -> String {
            let major = order.count > 1 ? "c.\(order[0])" : "0::bigint", second = order.count > 2 ? "c.\(order[2])" : "0::bigint"
            return "\(major), c.\(id), \(second), coalesce(\(ListScan.all(terms)), false)"
        }
    }

    /// All in one order.
    private func judged(_ candidates: Candidates, _ terms: [String]) -> String {
        """
        SELECT \(candidates.judged(terms)) FROM \(candidates.table) c \(candidates.join(terms))
        WHERE \(reach == .all ? "" : "c.shard = $1 AND ")\(candidates.condition) AND \(named) ORDER BY \(candidates.sorted) LIMIT \(Self.limit)
        """
    }

    /// Each shard in its own.
    private mutating func inEachShard(_ candidates: Candidates, _ terms: [String]) -> String {
        reach = .each
        let found = scope.inEach { shard in
            """
            SELECT \(candidates.columns.joined(separator: ", ")) FROM \(candidates.table) c WHERE c.shard = \(shard) AND \(candidates.condition)
            ORDER BY \(candidates.sorted) LIMIT \(Self.limit)
            """
        }
        return "SELECT \(candidates.judged(terms)), c.shard \(found) \(candidates.join(terms, scope.isSame("d", as: "c"))) WHERE \(named)"
    }
}
