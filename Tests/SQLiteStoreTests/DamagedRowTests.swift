import Foundation
import Storage
import StoreTestKit
import TaskDomain
import Testing

@testable import SQLiteStore

@Suite("Changes of rows that cannot be read")
struct DamagedRowTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private var path: String { folder.path + "/damaged.db" }

    private func open() throws -> SQLiteStore { try SQLiteStore(path: path) { [faults = folder.faults] in faults.add($0) } }

    @Test("numbers that no reminder can have do not end the process", arguments: [
        "UPDATE definitions SET max_attempts = 4294967296", "UPDATE definitions SET max_attempts = 9223372036854775807",
        "UPDATE definitions SET jitter_s = 9223372036854775807; UPDATE reminders SET next_at = -9000000000000000, due_ms = 0",
        "UPDATE definitions SET expires_s = 9223372036854775807, jitter_s = -1", "UPDATE definitions SET start_at = -9223372036854775808",
    ])
    func extremes(damage: String) async throws {
        var store = try open()
        let reminder = Sample.reminder(jitterSeconds: 5)
        try await store.write(Sample.create(reminder))
        await store.close()
        try tamper(damage, in: path)
        store = try open()
        let due = try await store.due(in: reminder.id.shard)
        let summary = try? await store.summary(reminder.id)
        #expect(due.isEmpty == (summary == nil))
        for entry in due {
            #expect(entry.reminder.jitterSeconds <= UInt32.max && entry.reminder.maxAttempts ?? 0 <= UInt32.max)
            _ = entry.reminder.due(of: entry.due.occurrence.scheduledAt)
        }
        let outcome = try await store.change(reminder.id, .pause, at: Situation.at)
        #expect(outcome.verdict == (due.isEmpty ? .notFound : .done))
        await store.close()
    }

    @Test("a due time or a second that is no whole number is reported and skipped, and the others fire in order", arguments: [
        ("reminders", "due_ms = due_ms + 0.5"), ("reminders", "next_at = next_at + 0.5"), ("reminders", "next_at = 'soon'"),
        ("occurrences", "due_ms = due_ms + 0.5"), ("occurrences", "scheduled_at = scheduled_at + 0.5"), ("occurrences", "scheduled_at = x'00'"),
    ])
    func fractions(table: String, damage: String) async throws {
        let shard = Sample.id().shard
        var store = try open(), due: [DueKey] = []
        for offset in 0..<3 {
            let reminder = Sample.reminder(Sample.id(shard: shard), start: Sample.start + Int64(offset))
            let key = OccurrenceKey(reminder: reminder.id, scheduledAt: reminder.schedule.start)
            due.append(DueKey(dueAt: key.scheduledAt.milliseconds, occurrence: key))
            try await store.write(Sample.create(reminder))
            guard table == "occurrences" else { continue }
            try await store.write(
                .materialise(key, dueAt: due[offset].dueAt, tries: .none, move: PositionMove(from: key.scheduledAt, to: nil)))
        }
        #expect(try await store.due(in: shard).map(\.due) == due)
        await store.close()
        // The tables refuse what is no integer; a damaged file does not.
        try tamper(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, 'STRICT, WITHOUT ROWID', 'WITHOUT ROWID') WHERE name = '\(table)'
            """,
            in: path)
        let second = table == "reminders" ? "next_at" : "scheduled_at"
        try tamper("UPDATE \(table) SET \(damage) WHERE \(second) = \(Sample.start + 1)", in: path)
        store = try open()
        #expect(try await store.due(in: shard).map(\.due) == [due[0], due[2]])
        #expect(folder.faults.all.count == 1)
        #expect(folder.faults.all.allSatisfy { $0.contains("\(due[1].occurrence.reminder)") && $0.contains("no whole number") })
        await store.close()
    }

    @Test("what cannot be read is left out of lists and reported, and the pages go on")
    func lists() async throws {
        var store = try open(), reminders: [Reminder] = []
        for number in 0..<UInt64(5) {
            // Ascending, as the gateway's are.
            let reminder = Sample.reminder(ReminderID(high: (UInt64(Sample.start.milliseconds.count) + number) << 16 | 0x7000, low: 1 << 63))
            reminders.append(reminder)
            try await store.write(
                Sample.create(reminder),
                .settle(
                    OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start), Sample.attempt(Sample.start, 1, .rejected),
                    .dead(tries: Tries(attempts: 1)),
                    move: PositionMove(from: Sample.start, to: SeriesPosition(scheduledAt: Sample.start + 60, index: 2))))
        }
        await store.close()
        try tamper(
            "UPDATE definitions SET priority = 77 WHERE number = 3; UPDATE reminders SET state = 99 WHERE definition = 4",
            in: path)
        store = try open()
        for limit in [1, 2, 10] {
            var found: [ReminderID] = [], dead: [ReminderID] = [], cursor: ListCursor?
            repeat {
                let page = try await store.page(ReminderFilter(), after: cursor, limit: limit)
                #expect(page.places.count == page.items.count)
                found += page.items.map(\.reminder.id)
                cursor = page.next
            } while cursor != nil
            repeat {
                let page = try await store.page(OccurrenceFilter(state: .dead), after: cursor, limit: limit)
                #expect(page.places.count == page.items.count)
                dead += page.items.map(\.key.reminder)
                cursor = page.next
            } while cursor != nil
            #expect(found == [reminders[4], reminders[1], reminders[0]].map(\.id))
            #expect(dead == [reminders[4], reminders[3], reminders[1], reminders[0]].map(\.id))
        }
        #expect(folder.faults.all.contains { $0.contains("\(reminders[2].id)") && $0.contains("left out of a list") })
        await store.close()
    }
}
