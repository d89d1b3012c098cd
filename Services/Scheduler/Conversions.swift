import Domain
import Messages

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
        for name in [wire.task, wire.queue] where name.isEmpty || name.utf8.count > RequestBounds.maxNameBytes {
            throw InvalidRequest("task and queue need names of 1 to \(RequestBounds.maxNameBytes) bytes")
        }
        self.init(
            id: id, schedule: try Schedule(schedule), task: wire.task, arguments: wire.arguments, queue: wire.queue,
            priority: UInt8(wire.priority), misfirePolicy: policy, maxAttempts: Int(wire.maxAttempts),
            description: wire.description, classroomID: wire.classroomId, createdBy: wire.createdBy,
            createdAtMilliseconds: wire.createdAtMs,
            sealedAuthorization: authorization.isEmpty ? [] : try seal(authorization, id))
    }

    var wire: Proto.Reminder {
        Proto.Reminder(
            id: id.bytes, schedule: schedule.wire, task: task, arguments: arguments, queue: queue,
            priority: UInt32(priority), misfirePolicy: UInt32(misfirePolicy.rawValue), maxAttempts: UInt32(maxAttempts),
            description: description, classroomId: classroomID, createdBy: createdBy,
            createdAtMs: createdAtMilliseconds)
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
