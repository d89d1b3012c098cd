import Domain

/// Occurrences that were delivered, held, given up or put off before their series came to them: run at a person's wish while the
/// series was behind (its queue is slow, its occurrences are spread), or delivered by a worker of a former process when
/// they were not in memory any more. The series goes on after them.
///
/// They are on disk, too, and read from there at the start (`Store.passed`).
struct Passed {
    /// Beyond this the oldest are forgotten: a series repeats one, with the same idempotency key.
    static let maxOccurrences = 10_000

    private var seconds: [ReminderID: Set<Int64>] = [:]
    private(set) var count = 0
    /// The oldest first; some of them are forgotten already.
    private var order: [OccurrenceKey] = []

    mutating func ended(_ key: OccurrenceKey) {
        guard seconds[key.reminder, default: []].insert(key.scheduledAt).inserted else { return }
        count += 1
        order.append(key)
        while count > Self.maxOccurrences, let oldest = order.first { evict(oldest) }
        guard order.count > 2 * Self.maxOccurrences else { return }
        let seconds = seconds
        order.removeAll { !(seconds[$0.reminder]?.contains($0.scheduledAt) ?? false) }
    }

    private mutating func evict(_ oldest: OccurrenceKey) {
        order.removeFirst()
        guard let known = seconds[oldest.reminder], known.contains(oldest.scheduledAt) else { return }
        keep(known.filter { $0 != oldest.scheduledAt }, of: oldest.reminder)
    }

    private mutating func keep(_ left: Set<Int64>, of id: ReminderID) {
        count += left.count - (seconds[id]?.count ?? 0)
        seconds[id] = left.isEmpty ? nil : left
    }

    /// A series has come to an occurrence: what lies before it is not asked for any more.
    /// - Returns: whether it had ended before.
    mutating func reached(_ key: OccurrenceKey) -> Bool {
        guard let known = seconds[key.reminder] else { return false }
        keep(known.filter { $0 > key.scheduledAt }, of: key.reminder)
        return known.contains(key.scheduledAt)
    }

    mutating func forget(_ id: ReminderID) { keep([], of: id) }
}
