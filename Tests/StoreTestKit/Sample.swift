import Storage
import TaskDomain

/// Ids, reminders and attempts that differ where a test says so.
package enum Sample {
    package static let start: UnixSeconds = 1_795_000_000

    package static func id(shard: Shard? = nil) -> ReminderID {
        var random = SystemRandomNumberGenerator()
        let now = start.milliseconds
        return shard.map { ReminderID(at: now, in: $0, using: &random) } ?? ReminderID(at: now, using: &random)
    }

    package static func reminder(
        _ id: ReminderID = id(), start: UnixSeconds = start, rule: String? = nil, arguments: [UInt8] = [1, 2, 3],
        sealed: [UInt8] = [9, 9], description: String = "", jitterSeconds: Int = 0, caller: String = "", queue: String = Handling.defaultQueue
    ) -> Reminder {
        Reminder(
            id: id, schedule: Schedule(start: start, rule: rule), handling: Handling(queue: queue, jitterSeconds: jitterSeconds),
            payload: Payload(task: TaskName.notification, arguments: arguments, description: description, classroomID: "c", createdBy: "t"),
            createdAt: 1_794_995_000_000, caller: caller, sealedAuthorization: sealed)
    }

    package static func attempt(_ scheduledAt: UnixSeconds, _ number: Int = 1, _ outcome: Outcome, offset: Int64 = 0, result: [UInt8] = []) -> Attempt {
        Attempt(
            scheduledAt: scheduledAt, number: number, startedAt: scheduledAt.milliseconds + offset,
            durationMicroseconds: 2000, outcome: outcome, statusCode: outcome == .delivered ? 200 : 503, detail: "d", result: result)
    }

    package static func create(_ reminder: Reminder, index: Int64 = 1) -> StoreWrite {
        .create(
            reminder, position: SeriesPosition(scheduledAt: reminder.schedule.start, index: index), idempotency: nil)
    }
}

extension StoreWrite {
    package static func cancel(_ id: ReminderID, at: UnixMilliseconds) -> StoreWrite {
        .change(id, .cancel, ChangeGuard(), at: at)
    }

    package static func replaceAuthorization(_ id: ReminderID, sealed: [UInt8], at: UnixMilliseconds) -> StoreWrite {
        .change(id, .replaceAuthorization(sealed: sealed), ChangeGuard(), at: at)
    }
}

extension StoreWriteResult {
    /// What a change came to.
    package var outcome: ChangeOutcome? { if case .changed(let outcome) = self { outcome } else { nil } }

    /// The case, for comparisons.
    package var name: String {
        switch self {
        case .done: "done"
        case .exists: "exists"
        case .replayed(let answer): "replayed \(answer)"
        case .idempotencyConflict: "conflict"
        case .tooManyPending(let count): "\(count) pending"
        case .notFound: "not found"
        case .changed(let outcome): outcome.verdict == .notFound ? "not found" : "\(outcome.verdict)"
        }
    }
}

extension DueEntry {
    /// What is to come, in one line: when it is due, which occurrence, and whose it is.
    package var line: String {
        "\(due.occurrence.scheduledAt - Sample.start) due \(due.dueAt) attempts \(tries.attempts) "
            + "position \(positionIndex.map(String.init) ?? "-") manual \(isManual)"
    }
}

extension ReminderSummary {
    /// What the writes change, in one line.
    package var line: String {
        "\(state.name) next \(position.map { "\($0.scheduledAt - Sample.start)#\($0.index)" } ?? "-") "
            + "delivered \(delivered) retrying \(retrying) held \(held) dead \(dead)"
    }
}

extension Reminder {
    package func isSame(as other: Reminder) -> Bool {
        id == other.id && schedule == other.schedule && handling == other.handling && payload == other.payload
            && createdAt == other.createdAt && caller == other.caller
            && sealedAuthorization == other.sealedAuthorization
    }
}
