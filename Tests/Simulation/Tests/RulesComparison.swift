import Storage
import TaskDomain
import Testing

@testable import Simulation

/// Stores that read no more of a reminder than `RowsNeeded` says decide as one that has all of it.
@Suite("the rules of writes")
struct RulesComparison {
    private struct Whole {
        var standing: StoredReminder
        var history = AttemptHistory()
    }

    @Test("a write comes to the same with no more than the rows that it needs", arguments: 1...20)
    func parts(seed: UInt64) {
        var writer = RandomWrites(chance: Chance(seed, 79)), all: [ReminderID: Whole] = [:], decided = 0
        for _ in 0..<600 {
            let write = writer.next()
            guard let id = write.reminder else { continue }
            if case .create(let reminder, let position, _, _) = write, all[id] == nil {
                all[id] = Whole(standing: StoredReminder(created: reminder, position: position))
            }
            guard var whole = all[id], let needed = write.rowsNeeded else { continue }
            let before = whole.standing
            var part = Self.part(of: before, needed), known = Self.part(of: whole.history, before, write)
            let result = part.apply(write, &known), expected = whole.standing.apply(write, &whole.history)
            #expect(Self.text(result) == Self.text(expected), "\(write)")
            #expect(Self.text(part) == Self.text(whole.standing), "\(write)")
            #expect(known.recorded == whole.history.recorded)
            // What was not read is as it was.
            var occurrences = before.occurrences
            for second in Self.part(of: before, needed).occurrences.keys { occurrences[second] = nil }
            #expect(occurrences.merging(part.occurrences) { $1 } == whole.standing.occurrences, "\(write)")
            whole.history.forgetRecorded()
            all[id] = whole
            decided += 1
        }
        #expect(decided > 300)
    }

    private static func part(of whole: StoredReminder, _ needed: RowsNeeded) -> StoredReminder {
        let known: [UnixSeconds: StoredOccurrence], passed: Set<UnixSeconds>
        switch needed {
        case .at(let seconds): (known, passed) = (whole.occurrences.filter { seconds.contains($0.key) }, [])
        case .open(let seconds):
            known = whole.occurrences.filter { $0.value.state != .dead || seconds.contains($0.key) || $0.key == whole.position?.scheduledAt }
            passed = whole.passed
        }
        let others = whole.occurrences.filter { known[$0.key] == nil }.values
        return StoredReminder(
            reminder: whole.reminder, state: whole.state, position: whole.position, dueAt: whole.dueAt, delivered: whole.delivered,
            missed: whole.missed, heldSince: whole.heldSince, updatedAt: whole.updatedAt, finishedAt: whole.finishedAt,
            revision: whole.revision, occurrences: known,
            others: OtherOccurrences(hasOpen: others.contains { $0.state != .dead }, hasDead: others.contains { $0.state == .dead }),
            passed: passed)
    }

    /// The attempt that the write brings, and deliveries at the seconds that it names and at the position.
    private static func part(of history: AttemptHistory, _ standing: StoredReminder, _ write: StoreWrite) -> AttemptHistory {
        var part = AttemptHistory(), asked: Set<UnixSeconds> = []
        if case .change(_, let change, _, let at) = write {
            asked = Set([change.deliveryAsked(at: at), standing.position?.scheduledAt].compactMap { $0 })
        }
        for identity in history.attempts {
            let isAsked = identity.outcome == .delivered && asked.contains(identity.scheduledAt)
            if isAsked || identity.startedAt == write.attempt?.startedAt && identity.scheduledAt == write.attempt?.scheduledAt {
                part.add(identity)
            }
        }
        return part
    }

    private static func text(_ standing: StoredReminder) -> String {
        "\(standing.state) \(standing.position.map { "\($0)" } ?? "-") due \(standing.dueAt.map(String.init) ?? "-") \(standing.delivered) "
            + "\(standing.missed.map { "\($0)" } ?? "-") \(standing.heldSince.map(String.init) ?? "-") \(standing.updatedAt) "
            + "\(standing.finishedAt.map(String.init) ?? "-") \(standing.revision) \(standing.reminder.sealedAuthorization)"
    }

    private static func text(_ result: StoreWriteResult) -> String {
        guard case .changed(let outcome) = result else { return "\(result)" }
        let standing = outcome.standing.map { "\($0.state) \($0.revision) \($0.isHeld) \($0.entries.map(\.due))" } ?? "-"
        return "\(outcome.verdict) \(standing) \(outcome.released) \(outcome.scheduledAt.map(String.init) ?? "-")"
    }
}
