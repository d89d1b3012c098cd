import Domain

/// Occurrences that were delivered, held, given up or put off before their series came to them: run at a person's wish while the
/// series was behind (its queue is slow, its occurrences are spread), or delivered by a worker of a former process when
/// they were not in memory any more. The series goes on after them.
///
/// Kept in memory only: after a crash a series repeats one, with the same idempotency key.
struct Passed {
    /// Beyond this all are forgotten.
    static let maxReminders = 10_000

    private var seconds: [ReminderID: Set<Int64>] = [:]

    mutating func ended(_ key: OccurrenceKey) {
        if seconds.count >= Self.maxReminders { seconds = [:] }
        seconds[key.reminder, default: []].insert(key.scheduledAt)
    }

    /// A series has come to an occurrence: what lies before it is not asked for any more.
    /// - Returns: whether it had ended before.
    mutating func reached(_ key: OccurrenceKey) -> Bool {
        guard let known = seconds[key.reminder] else { return false }
        let left = known.filter { $0 > key.scheduledAt }
        seconds[key.reminder] = left.isEmpty ? nil : left
        return known.contains(key.scheduledAt)
    }

    mutating func forget(_ id: ReminderID) { seconds[id] = nil }
}
