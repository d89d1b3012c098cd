import Storage
import TaskDomain

/// What changed since a load was asked for: what it brings of that is old.
struct Outdated {
    /// What of a reminder it is.
    enum Part: Hashable {
        case reminder(ReminderID)
        case occurrence(OccurrenceKey)
        /// A series has left it behind. What a person had run at that very second is another of the same key, and as it was.
        case position(OccurrenceKey)

        var shard: Shard {
            switch self {
            case .reminder(let id): id.shard
            case .occurrence(let key), .position(let key): key.reminder.shard
            }
        }
    }

    private var parts: Set<Part> = []

    mutating func add(_ part: Part) { parts.insert(part) }

    func covers(_ found: DueEntry) -> Bool {
        guard !parts.isEmpty else { return false }
        let key = found.due.occurrence
        return parts.contains(.occurrence(key)) || parts.contains(.reminder(key.reminder))
            || found.positionIndex != nil && parts.contains(.position(key))
    }
}
