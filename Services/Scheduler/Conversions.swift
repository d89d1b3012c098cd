import Domain
import Messages
import SchedulerCore
import Storage

/// The bounds that a scheduler holds every caller to, whatever a gateway has checked before.
enum RequestBounds {
    static let maxArgumentsBytes = 64 << 10
    static let maxAuthorizationBytes = 8 << 10
    static let maxNameBytes = 256
    static let maxDescriptionBytes = 4 << 10
    static let maxDates = 1_000
    static let maxAttempts: ClosedRange<UInt32> = 1...100
    static let maxPriority: UInt32 = 9
    /// 1970 … 9999, as RFC 5545's four-digit years.
    static let unixSeconds: ClosedRange<Int64> = 0...253_402_300_799
    static let maxIdempotencyAnswerBytes = 16 << 10
    /// A day, and ten years.
    static let maxJitterSeconds: UInt32 = 86_400
    static let maxExpirySeconds: UInt32 = 315_360_000
    /// Items of one call that changes many.
    static let maxItems = 1_000
    static let maxQueueConcurrency: UInt32 = 1_000_000
    static let maxRateCount: UInt32 = 1_000_000
    static let maxRateSeconds: UInt32 = 86_400
}

/// A message whose fields are out of bounds.
struct InvalidRequest: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    var callError: CallError { CallError(.invalidArgument, description) }
}

extension ReminderID {
    init(wire bytes: [UInt8]) throws(InvalidRequest) {
        guard let id = ReminderID(bytes: bytes) else { throw InvalidRequest("an id of \(bytes.count) bytes; 16 are needed") }
        self = id
    }
}

extension Schedule {
    init(_ wire: Proto.Schedule) throws(InvalidRequest) {
        guard RequestBounds.unixSeconds.contains(wire.start) else { throw InvalidRequest("start \(wire.start) is out of range") }
        guard wire.rdates.count <= RequestBounds.maxDates, wire.exdates.count <= RequestBounds.maxDates else {
            throw InvalidRequest("more than \(RequestBounds.maxDates) rdates or exdates")
        }
        guard wire.rule.utf8.count <= RequestBounds.maxDescriptionBytes else { throw InvalidRequest("the rule is too long") }
        self.init(
            start: wire.start, rule: wire.rule.isEmpty ? nil : wire.rule, timezone: wire.timezone,
            until: wire.hasUntil ? wire.until : nil, rdates: wire.rdates, exdates: wire.exdates)
    }

    var wire: Proto.Schedule {
        Proto.Schedule(
            start: start, rule: rule ?? "", timezone: timezone, hasUntil: until != nil, until: until ?? 0,
            rdates: rdates, exdates: exdates)
    }
}

extension Reminder {
    /// - Parameter seal: turns the credential into what is stored.
    convenience init(
        _ wire: Proto.Reminder, authorization: String, seal: (String, ReminderID) throws -> [UInt8]
    ) throws {
        let id = try ReminderID(wire: wire.id)
        guard let schedule = wire.schedule else { throw InvalidRequest("a reminder without a schedule") }
        guard let policy = MisfirePolicy(rawValue: UInt8(clamping: wire.misfirePolicy)) else {
            throw InvalidRequest("misfire policy \(wire.misfirePolicy) is unknown")
        }
        guard wire.priority <= RequestBounds.maxPriority, RequestBounds.maxAttempts.contains(wire.maxAttempts) else {
            throw InvalidRequest("priority \(wire.priority) or max_attempts \(wire.maxAttempts) is out of range")
        }
        guard wire.arguments.count <= RequestBounds.maxArgumentsBytes,
            authorization.utf8.count <= RequestBounds.maxAuthorizationBytes,
            wire.description.utf8.count <= RequestBounds.maxDescriptionBytes
        else { throw InvalidRequest("arguments, credential or description are too long") }
        guard wire.jitterSeconds <= RequestBounds.maxJitterSeconds, wire.expiresAfterSeconds <= RequestBounds.maxExpirySeconds
        else { throw InvalidRequest("jitter or expiry is out of range") }
        for name in [wire.caller, wire.classroomId, wire.createdBy] where name.utf8.count > 4 * RequestBounds.maxNameBytes {
            throw InvalidRequest("caller, classroom or creator have more than \(4 * RequestBounds.maxNameBytes) bytes")
        }
        for name in [wire.task, wire.queue] where name.isEmpty || name.utf8.count > RequestBounds.maxNameBytes {
            throw InvalidRequest("task and queue need names of 1 to \(RequestBounds.maxNameBytes) bytes")
        }
        self.init(
            id: id, schedule: try Schedule(schedule), task: wire.task, arguments: wire.arguments, queue: wire.queue,
            priority: UInt8(wire.priority), misfirePolicy: policy, maxAttempts: Int(wire.maxAttempts),
            description: wire.description, classroomID: wire.classroomId, createdBy: wire.createdBy,
            createdAtMilliseconds: wire.createdAtMs,
            sealedAuthorization: authorization.isEmpty ? [] : try seal(authorization, id),
            jitterSeconds: Int(wire.jitterSeconds),
            expiresAfterSeconds: wire.expiresAfterSeconds == 0 ? nil : Int(wire.expiresAfterSeconds), caller: wire.caller)
    }

    var wire: Proto.Reminder {
        Proto.Reminder(
            id: id.bytes, schedule: schedule.wire, task: task, arguments: arguments, queue: queue,
            priority: UInt32(priority), misfirePolicy: UInt32(misfirePolicy.rawValue), maxAttempts: UInt32(maxAttempts),
            description: description, classroomId: classroomID, createdBy: createdBy,
            createdAtMs: createdAtMilliseconds, jitterSeconds: UInt32(clamping: jitterSeconds),
            expiresAfterSeconds: UInt32(clamping: expiresAfterSeconds ?? 0), caller: caller)
    }
}

extension SeriesPosition {
    init?(_ wire: Proto.Position?) {
        guard let wire, wire.index > 0 else { return nil }
        self.init(scheduledAt: wire.scheduledAt, index: wire.index)
    }

    var wire: Proto.Position { Proto.Position(scheduledAt: scheduledAt, index: index) }
}

extension Attempt {
    var wire: Proto.Attempt {
        Proto.Attempt(
            scheduledAt: scheduledAt, number: UInt32(clamping: number), startedAtMs: startedAtMilliseconds,
            durationUs: durationMicroseconds, outcome: UInt32(outcome.rawValue), statusCode: UInt32(clamping: statusCode),
            detail: detail)
    }
}

extension Proto.ReminderReply {
    init(_ summary: ReminderSummary, isServed: Bool) {
        self.init(
            found: true, reminder: summary.reminder.wire, state: UInt32(summary.state.rawValue),
            position: summary.position?.wire, delivered: summary.delivered, retrying: Int64(summary.retrying),
            held: Int64(summary.held), dead: Int64(summary.dead), updatedAtMs: summary.updatedAtMilliseconds,
            revision: summary.revision, unserved: !isServed,
            dueAtMs: summary.position.map { summary.reminder.dueMilliseconds(of: $0.scheduledAt) } ?? 0)
    }
}

extension ReminderFilter {
    init(_ wire: Proto.ReminderFilter?) throws(InvalidRequest) {
        self.init()
        guard let wire else { return }
        if wire.hasState {
            guard let state = ReminderState(rawValue: UInt8(clamping: wire.state)) else {
                throw InvalidRequest("state \(wire.state) is unknown")
            }
            self.state = state
        }
        (caller, classroomID, createdBy) = (wire.caller.ifAny, wire.classroomId.ifAny, wire.createdBy.ifAny)
        (queue, task, text) = (wire.queue.ifAny, wire.task.ifAny, wire.text.ifAny)
        dueAfter = wire.hasDueAfter ? wire.dueAfter : nil
        dueBefore = wire.hasDueBefore ? wire.dueBefore : nil
    }
}

extension OccurrenceKey {
    init(_ wire: Proto.OccurrenceRef) throws(InvalidRequest) {
        self.init(reminder: try ReminderID(wire: wire.id), scheduledAt: wire.scheduledAt)
    }
}

extension OccurrenceFilter {
    init(_ wire: Proto.OccurrenceFilter?) throws(InvalidRequest) {
        guard let wire, let state = OccurrenceState(rawValue: UInt8(clamping: wire.state)), state != .pending else {
            throw InvalidRequest("a list of occurrences is of held (1) or dead (2) ones")
        }
        self.init(state: state)
        (caller, classroomID, createdBy) = (wire.caller.ifAny, wire.classroomId.ifAny, wire.createdBy.ifAny)
        (queue, task) = (wire.queue.ifAny, wire.task.ifAny)
        if !wire.reminder.isEmpty { reminder = try ReminderID(wire: wire.reminder) }
        if let only = wire.only { key = try OccurrenceKey(only) }
    }
}

extension ListCursor {
    /// `nil` for the first page.
    static func read(_ wire: [UInt8], _ order: Order) throws(InvalidRequest) -> ListCursor? {
        if wire.isEmpty { return nil }
        guard let cursor = ListCursor(bytes: wire), cursor.order == order else {
            throw InvalidRequest("the cursor is not one of this list")
        }
        return cursor
    }
}

extension Proto.Occurrence {
    init(_ occurrence: SetAsideOccurrence) {
        self.init(
            id: occurrence.key.reminder.bytes, scheduledAt: occurrence.key.scheduledAt,
            state: UInt32(occurrence.state.rawValue), attempts: UInt32(clamping: occurrence.attempts),
            sinceMs: occurrence.sinceMilliseconds, outcome: UInt32(occurrence.outcome?.rawValue ?? 255),
            statusCode: UInt32(clamping: occurrence.statusCode), detail: occurrence.detail,
            reminder: occurrence.reminder.wire)
    }
}

extension QueueSettings {
    init(_ wire: Proto.Queue?) throws(InvalidRequest) {
        guard let wire, !wire.name.isEmpty, wire.name.utf8.count <= RequestBounds.maxNameBytes else {
            throw InvalidRequest("a queue needs a name of 1 to \(RequestBounds.maxNameBytes) bytes")
        }
        guard wire.maxConcurrency <= RequestBounds.maxQueueConcurrency, wire.rateCount <= RequestBounds.maxRateCount,
            wire.rateSeconds <= RequestBounds.maxRateSeconds
        else { throw InvalidRequest("a queue's concurrency or rate is out of range") }
        self.init(
            name: wire.name, isPaused: wire.paused, maxConcurrency: wire.maxConcurrency == 0 ? nil : Int(wire.maxConcurrency),
            rate: DispatchRate(count: Int(wire.rateCount), seconds: Int(wire.rateSeconds)))
    }
}

extension Proto.Queue {
    init(_ standing: QueueStanding) {
        let settings = standing.settings
        self.init(
            name: settings.name, paused: settings.isPaused, maxConcurrency: UInt32(clamping: settings.maxConcurrency ?? 0),
            rateCount: UInt32(clamping: settings.rate?.count ?? 0), rateSeconds: UInt32(clamping: settings.rate?.seconds ?? 0),
            ready: UInt64(clamping: standing.ready), running: UInt64(clamping: standing.running),
            workers: UInt32(clamping: standing.workers))
    }
}

extension String {
    fileprivate var ifAny: String? { isEmpty ? nil : self }
}
