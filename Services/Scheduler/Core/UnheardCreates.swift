import Storage
import TaskDomain

/// Reminders of which the store has told where they stand soon after they had been created. What it reads and what it says of writes come on
/// ways of their own, so that the create of one may be heard of after it was read, and even after what was due of it has been delivered.
struct UnheardCreates {
    /// So long after it was told of a reminder its create may still be heard of, milliseconds.
    static let milliseconds: Int64 = 60_000
    /// That of an older one has been heard of long ago, milliseconds: as much as the clocks of gateways may differ, or be set meanwhile.
    static let longestAgeMilliseconds: Int64 = 3_600_000
    /// Not looked through for old ones before there are so many.
    private static let few = 1_024

    private var toldAt: [ReminderID: MonotonicMilliseconds] = [:]
    private var limit = few

    /// The store has told where it stands.
    mutating func told(of reminder: Reminder, now: Moment) {
        guard abs(now.wall - reminder.createdAt) <= Self.longestAgeMilliseconds else { return }
        toldAt[reminder.id] = now.monotonic
        guard toldAt.count >= limit else { return }
        toldAt = toldAt.filter { now.monotonic - $0.value <= Self.milliseconds }
        limit = max(Self.few, 2 * toldAt.count)
    }

    /// Its create is heard of.
    /// - Returns: whether what it says is old.
    mutating func heard(of id: ReminderID) -> Bool { !toldAt.isEmpty && toldAt.removeValue(forKey: id) != nil }
}

extension SchedulerCore {
    /// A reminder has been created.
    mutating func created(_ entry: DueEntry) {
        // A change of it that is on its way will tell where it stands.
        guard owns(entry.due.occurrence), changing[entry.reminder.id] == nil else { return }
        guard !unheardCreates.heard(of: entry.reminder.id) || breaks(.believesLateCreates) else { return }
        place(Entry(entry))
    }
}
