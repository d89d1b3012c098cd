import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("Counts of occurrences by queue and state")
struct TallyTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    /// As a walk through all of them counts.
    private func walked(_ store: any Store) async throws -> OccurrenceTallies {
        var tallies = OccurrenceTallies()
        for state in OccurrenceState.allCases {
            var cursor: ListCursor?
            repeat {
                let page = try await store.page(OccurrenceFilter(state: state), after: cursor, limit: 500)
                for item in page.items {
                    Self.count(item, in: &tallies.all)
                    Self.count(item, in: &tallies.queues[item.reminder.queue, default: OccurrenceTally()])
                }
                cursor = page.next
            } while cursor != nil
        }
        return tallies
    }

    private static func count(_ item: SetAsideOccurrence, in tally: inout OccurrenceTally) {
        switch item.state {
        case .pending:
            tally.pending += 1
            if item.tries.attempts + item.tries.losses > 0 { tally.retrying += 1 }
        case .held: tally.held += 1
        case .dead: tally.dead += 1
        }
    }

    @Test("are those of a walk after every kind of change, and after another opening", arguments: Backend.all)
    func walk(backend: Backend) async throws {
        var store = try backend.open(folder)
        let queues = ["a", "b", "default"]
        var collection = Collection(seed: 5), reminders: [Reminder] = [], next: [ReminderID: Int64] = [:]
        for round in 0..<300 {
            if round < 40 {
                let reminder = Sample.reminder(rule: "FREQ=MINUTELY", queue: collection.pick(queues))
                try await store.write(Sample.create(reminder))
                reminders.append(reminder)
            }
            let reminder = collection.pick(reminders), step = next[reminder.id, default: 0]
            let at = reminder.schedule.start + 60 * step, key = OccurrenceKey(reminder: reminder.id, scheduledAt: at)
            let old = OccurrenceKey(reminder: reminder.id, scheduledAt: reminder.schedule.start + 60 * Int64(collection.pick(Array(0...5))))
            let move = PositionMove(from: at, to: SeriesPosition(scheduledAt: at + 60, index: step + 2))
            let now = (Sample.start + 60 * Int64(round)).milliseconds
            switch collection.pick(Array(0..<12)) {
            case 0, 1:
                try await store.write(.settle(key, Sample.attempt(at, 1, .retry), .retry(dueAt: now, tries: Tries(attempts: 1)), move: move))
                next[reminder.id] = step + 1
            case 2, 3:
                try await store.write(.settle(key, Sample.attempt(at, 1, .rejected), .dead(tries: Tries(attempts: 1)), move: move))
                next[reminder.id] = step + 1
            case 4: try await store.write(.hold(old, Sample.attempt(old.scheduledAt, 2, .authRejected), tries: Tries(attempts: 1)))
            case 5: try await store.write(.settle(old, Sample.attempt(old.scheduledAt, 2, .delivered), .delivered, move: nil))
            case 6: try await store.change(reminder.id, .replay(scheduledAt: old.scheduledAt), at: now)
            case 7: try await store.change(reminder.id, .discard(scheduledAt: old.scheduledAt), at: now)
            case 8: try await store.change(reminder.id, .replaceAuthorization(sealed: [9]), at: now)
            case 9: try await store.write(.settle(old, Sample.attempt(old.scheduledAt, 2, .retry), .retry(dueAt: now, tries: Tries(losses: 1)), move: nil))
            case 10:
                let other = Sample.reminder(reminder.id, rule: "FREQ=MINUTELY", queue: collection.pick(queues))
                try await store.change(reminder.id, .replace(other, position: nil), at: now)
            default:
                if round % 7 == 0 { try await store.change(reminder.id, .cancel, at: now) } else { try await store.change(reminder.id, .run, at: now) }
            }
            guard round % 10 == 9 else { continue }
            let counted = try await store.tallies(of: queues), expected = try await walked(store)
            #expect(counted.all == expected.all, "round \(round)")
            for queue in queues { #expect(counted.queues[queue] == expected.queues[queue] ?? OccurrenceTally(), "\(queue), round \(round)") }
        }
        let before = try await store.tallies(of: queues)
        #expect(before.all.pending > before.all.retrying && before.all.retrying > 0 && before.all.dead > 0)
        await store.close()
        store = try backend.open(folder)
        #expect(try await store.tallies(of: queues) == before)
        // What retention takes is no longer counted.
        var progress: PruneProgress
        repeat {
            progress = try await store.removeOld(deadBefore: .distantFuture, now: Sample.start.milliseconds + 1_000_000_000)
        } while progress.hasMore
        #expect(try await store.tallies().all.dead == 0)
        #expect(try await store.tallies(of: ["nobody's"]).queues == ["nobody's": OccurrenceTally()])
        await store.close()
    }
}
