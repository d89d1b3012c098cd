import TaskDomain
import TaskJSON
import TaskMessages

@testable import gateway

/// What a scheduler says, as the gateway shows it: a scheduler of another version, or one that reads a damaged row, must not end
/// the gateway. The first byte says what the others are: a message that a scheduler answers with.
enum SchedulerAnswersFuzzer: Fuzzer {
    private static let now: Int64 = 1_795_000_000

    static func run(_ bytes: [UInt8]) {
        guard let kind = bytes.first else { return }
        let message = Array(bytes.dropFirst())
        switch kind % 4 {
        case 0: if let reply = try? Proto.ReminderReply(unpacking: message) { check(reply) }
        case 1: if let attempt = try? Proto.Attempt(unpacking: message) { check(AttemptAnswer.json(attempt)) }
        case 2: if let occurrence = try? Proto.Occurrence(unpacking: message), let json = try? SetAside.json(occurrence) { check(json) }
        default: if let queue = try? Proto.Queue(unpacking: message) { check(QueueOperations.json(queue)) }
        }
    }

    private static func check(_ reply: Proto.ReminderReply) {
        guard let stored = try? StoredReminder(reply) else { return }
        check(timed("ReminderAnswer.json", milliseconds: 100) { ReminderAnswer.json(stored, now: UnixSeconds(now)) })
        _ = timed("Upcoming.times", milliseconds: 100) { try? Upcoming.times(of: stored, count: 100, after: UnixSeconds(now)) }
        // What a PATCH makes of it.
        let isNotification = stored.reminder.task == TaskName.notification
        let whole = JSONValue.object(ReminderAnswer.fields(of: stored, isWhole: false))
        timed("a draft of a stored reminder", milliseconds: 100) {
            if isNotification {
                _ = try? Exchange.read(whole, as: ReminderBody.type).draft()
            } else {
                _ = try? Exchange.read(whole, as: TaskBody.type).draft(now: UnixSeconds(now))
            }
        }
    }

    private static func check(_ answer: JSONValue) {
        let text = answer.bytes()
        let again = try? JSONValue(parsing: text, maxBytes: text.count, maxDepth: 2 * JSONValue.maxDepth)
        require(again == answer, "an answer reads as another one: \(String(decoding: text, as: UTF8.self))")
    }
}
