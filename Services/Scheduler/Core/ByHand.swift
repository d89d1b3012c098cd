import Domain

/// Occurrences that a person had run and that were delivered, at seconds that their series may still come to: where it
/// is behind (its queue is slow, its occurrences are spread), such a second is not to be delivered again.
///
/// Kept in memory only: after a crash a series repeats one, with the same idempotency key.
struct ByHand {
    /// Beyond this all are forgotten.
    static let maxReminders = 10_000

    private var seconds: [ReminderID: Set<Int64>] = [:]

    mutating func delivered(_ key: OccurrenceKey) {
        if seconds.count >= Self.maxReminders { seconds = [:] }
        seconds[key.reminder, default: []].insert(key.scheduledAt)
    }

    /// A series has come to an occurrence: what lies before it is not asked for any more.
    /// - Returns: whether it was delivered.
    mutating func reached(_ key: OccurrenceKey) -> Bool {
        guard let known = seconds[key.reminder] else { return false }
        let left = known.filter { $0 > key.scheduledAt }
        seconds[key.reminder] = left.isEmpty ? nil : left
        return known.contains(key.scheduledAt)
    }

    mutating func forget(_ id: ReminderID) { seconds[id] = nil }
}
