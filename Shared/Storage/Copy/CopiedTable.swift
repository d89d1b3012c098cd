import TaskDomain

/// A table of what a store holds, with the columns that every kind of store has of it. What is not among them, a store makes by itself.
///
/// A table or a column that a step of a schema adds is added here, too, or named in the copy's tests as one that is made anew.
public enum CopiedTable: String, Sendable, CaseIterable {
    /// Reminders, each with where it stands. In the order of their creation.
    case reminders
    case occurrences, attempts, idempotency, passed, spent, queues, zones, workers, sealing

    /// A column with the kind of its values.
    public struct Column: Sendable, Hashable {
        public enum Kind: Sendable { case integer, text, bytes, id }

        public let name: String
        public let kind: Kind

        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }

        fileprivate static func integers(_ names: String...) -> [Column] { names.map { Column(name: $0, kind: .integer) } }
        fileprivate static func texts(_ names: String...) -> [Column] { names.map { Column(name: $0, kind: .text) } }
        fileprivate static func bytes(_ names: String...) -> [Column] { names.map { Column(name: $0, kind: .bytes) } }
        fileprivate static func id(_ name: String) -> [Column] { [Column(name: name, kind: .id)] }
    }

    /// Of a reminder, what its caller asked for. Its shard and id come first.
    public static let definition: [Column] = [
        Column.integers("shard"), Column.id("id"), Column.integers("start_at", "until_at"), Column.texts("rule", "timezone"),
        Column.bytes("rdates", "exdates"), Column.texts("queue"),
        Column.integers("priority", "misfire_policy", "retry_for_s", "max_attempts", "jitter_s", "expires_s", "catch_up_limit"),
        Column.bytes("arguments"), Column.texts("task", "description", "classroom_id", "created_by", "caller"), Column.integers("created_ms"),
        Column.bytes("sealed"),
    ].flatMap { $0 }

    /// Of a reminder, where it stands. `max_attempts` and the columns about what was missed are NULL where there is none.
    public static let standing: [Column] = Column.integers(
        "state", "next_at", "next_index", "due_ms", "delivered", "missed", "missed_more", "missed_first", "missed_last", "held_ms",
        "updated_ms", "finished_ms", "revision")

    /// The columns of a row, in their order.
    public var columns: [Column] { parts.flatMap { $0 } }

    private var parts: [[Column]] {
        switch self {
        case .reminders: [Self.definition, Self.standing]
        case .occurrences:
            [
                Column.integers("shard"), Column.id("reminder"),
                Column.integers(
                    "scheduled_at", "state", "due_ms", "attempts", "losses", "tried_since_ms", "changed_ms", "manual", "outcome", "status_code"),
                Column.texts("detail"),
            ]
        case .attempts:
            [
                Column.integers("shard"), Column.id("reminder"),
                Column.integers("started_ms", "scheduled_at", "number", "outcome", "duration_us", "status_code"), Column.texts("detail"),
                Column.bytes("result"),
            ]
        case .idempotency: [Column.integers("shard"), Column.bytes("key", "request", "answer"), Column.integers("created_ms")]
        case .passed: [Column.integers("shard"), Column.id("reminder"), Column.integers("scheduled_at")]
        case .spent: [Column.integers("shard", "finished_ms"), Column.id("id")]
        case .queues: [Column.texts("name"), Column.integers("paused", "max_concurrency", "rate_count", "rate_seconds", "fair_by")]
        // `through`: 0 where the zone's series are being computed anew, which then begins from the start.
        case .zones: [Column.texts("name"), Column.integers("digest", "through")]
        case .workers: [Column.texts("instance"), Column.integers("leases_end_ms", "handed_through_ms", "awaited_since_ms")]
        // How far credentials have been sealed anew is looked for from the start.
        case .sealing: [Column.bytes("prefix")]
        }
    }
}

/// A value in a column of a ``CopiedTable``.
public enum CopiedValue: Sendable, Hashable {
    case null
    case integer(Int64)
    /// Text, too, in UTF-8.
    case bytes([UInt8])
    case id(ReminderID)
}

/// The rows of a table, or some of them.
public typealias CopiedRows = [[CopiedValue]]
