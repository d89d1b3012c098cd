import DequeModule
import TaskDomain

/// Occurrences that were delivered, held, given up or put off before their series came to them: run at a person's wish while the
/// series was behind (its queue is slow, its occurrences are spread), or delivered by a worker of a former process when
/// they were not in memory any more. The series goes on after them.
///
/// They are on disk, too, and read from there at the start (`Store.passed`).
struct Passed {
    /// Beyond this the oldest are forgotten: a series repeats one, with the same idempotency key.
    static let maxOccurrences = 10_000

    /// By reminder and scheduled time: which of all that were ever added it is.
    private var numbers: [ReminderID: [UnixSeconds: UInt64]] = [:]
    private(set) var count = 0
    /// In the order in which they were added. One that is not in `numbers` by its number was forgotten before its turn.
    private var order: Deque<(key: OccurrenceKey, number: UInt64)> = []
    private var nextNumber: UInt64 = 0

    mutating func ended(_ key: OccurrenceKey) {
        guard numbers[key.reminder]?[key.scheduledAt] == nil else { return }
        numbers[key.reminder, default: [:]][key.scheduledAt] = nextNumber
        order.append((key, nextNumber))
        nextNumber += 1
        count += 1
        while count > Self.maxOccurrences, let oldest = order.popFirst() { evict(oldest.key, oldest.number) }
        // Not before as many were added as are looked at.
        guard order.count > 2 * Self.maxOccurrences else { return }
        let numbers = numbers
        order.removeAll { numbers[$0.key.reminder]?[$0.key.scheduledAt] != $0.number }
    }

    private mutating func evict(_ oldest: OccurrenceKey, _ number: UInt64) {
        guard numbers[oldest.reminder]?[oldest.scheduledAt] == number else { return }
        numbers[oldest.reminder]?[oldest.scheduledAt] = nil
        if numbers[oldest.reminder]?.isEmpty ?? false { numbers[oldest.reminder] = nil }
        count -= 1
    }

    /// A series has come to an occurrence: what lies before it is not asked for any more.
    /// - Returns: whether it had ended before.
    mutating func reached(_ key: OccurrenceKey) -> Bool {
        guard let known = numbers[key.reminder] else { return false }
        let left = known.filter { $0.key > key.scheduledAt }
        numbers[key.reminder] = left.isEmpty ? nil : left
        count -= known.count - left.count
        return known[key.scheduledAt] != nil
    }

    /// What is another's to know.
    mutating func forget(in shards: Set<Shard>) {
        for id in numbers.keys where shards.contains(id.shard) { forget(id) }
    }

    mutating func forget(_ id: ReminderID) { count -= numbers.removeValue(forKey: id)?.count ?? 0 }
}
