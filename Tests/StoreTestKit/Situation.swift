import Storage
import TaskDomain

/// A reminder with something of everything that its state allows, so that every change finds something to do.
package enum Situation: String, CaseIterable, Sendable {
    case scheduled, paused, completed, cancelled, unknown

    /// Occurrences are a minute apart. Open ones: the first is retried, the second held, the third a dead letter, the
    /// fourth the position. Of a completed one the first is a dead letter.
    package func make(_ store: any Store, rule: String = "FREQ=MINUTELY", caller: String = "") async throws -> Reminder {
        let reminder = Sample.reminder(rule: rule, caller: caller)
        guard self != .unknown else { return reminder }
        var writes = [Sample.create(reminder)]
        func settle(_ minute: Int64, _ outcome: Outcome, _ disposition: Disposition, last: Bool = false) {
            let at = Sample.start + 60 * minute
            let next = SeriesPosition(scheduledAt: at + 60, index: minute + 2)
            writes.append(
                .settle(
                    OccurrenceKey(reminder: reminder.id, scheduledAt: at), Sample.attempt(at, 1, outcome), disposition,
                    move: PositionMove(from: at, to: last ? nil : next)))
        }
        if self == .completed {
            settle(0, .rejected, .dead(tries: Tries(attempts: 1)))
            settle(1, .delivered, .delivered, last: true)
        } else {
            settle(0, .retry, .retry(dueAt: (Sample.start + 500).milliseconds, tries: Tries(attempts: 1)))
            settle(1, .authRejected, .held(tries: Tries(attempts: 2)))
            settle(2, .rejected, .dead(tries: Tries(attempts: 3)))
        }
        if self == .paused { writes.append(.change(reminder.id, .pause, ChangeGuard(), at: Self.at)) }
        if self == .cancelled { writes.append(.cancel(reminder.id, at: Self.at)) }
        try await store.write(writes)
        return reminder
    }

    /// A moment before the position falls due.
    package static let at = (Sample.start + 150).milliseconds

    /// The second of the occurrence that is a dead letter.
    package var deadAt: UnixSeconds { self == .completed ? Sample.start : Sample.start + 120 }
}

/// A change and what it comes to in each situation.
package struct ChangeCase: Sendable, CustomStringConvertible {
    package typealias Verdict = ChangeOutcome.Verdict

    package let description: String
    package let change: @Sendable (Reminder, Situation) -> ReminderChange
    package let verdicts: [Situation: Verdict]

    init(
        _ name: String, open: Verdict, completed: Verdict, cancelled: Verdict,
        _ change: @escaping @Sendable (Reminder, Situation) -> ReminderChange
    ) {
        description = name
        self.change = change
        verdicts = [
            .scheduled: open, .paused: open, .completed: completed, .cancelled: cancelled, .unknown: .notFound,
        ]
    }

    /// Whether it has been made before in that situation: then it changes nothing, and its verdict is the first one's.
    package func isSaidTwice(in situation: Situation) -> Bool {
        situation == .paused && description == "pause" || situation == .scheduled && description.hasPrefix("resume")
    }

    private static let later = SeriesPosition(scheduledAt: Sample.start + 3_600, index: 1)

    package static let all: [ChangeCase] = [
        ChangeCase("cancel", open: .done, completed: .finished, cancelled: .finished) { _, _ in .cancel },
        ChangeCase("pause", open: .done, completed: .finished, cancelled: .finished) { _, _ in .pause },
        ChangeCase("resume where it stopped", open: .done, completed: .finished, cancelled: .finished) { _, _ in
            .resume(goesOnAt: .itsPosition)
        },
        ChangeCase("resume later", open: .done, completed: .finished, cancelled: .finished) { _, _ in
            .resume(goesOnAt: .position(later))
        },
        ChangeCase("resume after the end", open: .done, completed: .finished, cancelled: .finished) { _, _ in
            .resume(goesOnAt: .position(nil))
        },
        ChangeCase("run", open: .done, completed: .done, cancelled: .finished) { _, _ in .run },
        ChangeCase("a new credential", open: .done, completed: .done, cancelled: .done) { _, _ in
            .replaceAuthorization(sealed: [7])
        },
        ChangeCase("another description", open: .done, completed: .done, cancelled: .finished) { reminder, _ in
            .replace(Sample.reminder(reminder.id, rule: reminder.schedule.rule, description: "new"), position: later)
        },
        ChangeCase("another schedule", open: .done, completed: .finished, cancelled: .finished) { reminder, _ in
            .replace(Sample.reminder(reminder.id, start: Sample.start + 3_600), position: later)
        },
        ChangeCase("a schedule without occurrences", open: .done, completed: .finished, cancelled: .finished) { reminder, _ in
            .replace(Sample.reminder(reminder.id, start: Sample.start + 1, sealed: []), position: nil)
        },
        ChangeCase("replay of a dead letter", open: .done, completed: .done, cancelled: .done) {
            .replay(scheduledAt: $1.deadAt)
        },
        ChangeCase("replay of nothing", open: .notFound, completed: .notFound, cancelled: .notFound) { _, _ in
            .replay(scheduledAt: Sample.start + 1)
        },
        ChangeCase("discard of a dead letter", open: .done, completed: .done, cancelled: .done) {
            .discard(scheduledAt: $1.deadAt)
        },
        ChangeCase("discard of nothing", open: .notFound, completed: .notFound, cancelled: .notFound) { _, _ in
            .discard(scheduledAt: Sample.start + 1)
        },
        ChangeCase("an occurrence that nobody has, called off", open: .notFound, completed: .notFound, cancelled: .notFound) { _, _ in
            .cancelOccurrence(scheduledAt: Sample.start + 1, detail: "called off")
        },
    ]
}
