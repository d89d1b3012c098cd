import SchedulerCore
import Storage
import TaskDomain
import TaskMessages

/// The bounds that a scheduler holds every caller to, whatever a gateway has checked before, beside those that every reminder has:
/// `ReminderLimits`, `Handling.Limits`, `TaskName`.
enum RequestBounds {
    static let maxAuthorizationBytes = ReminderLimits.authorizationBytes.upperBound
    /// The name of a worker's instance, and of a key.
    static let maxNameBytes = 256
    static let maxIdempotencyAnswerBytes = 16 << 10
    /// Items of one call that changes many.
    static let maxItems = ReminderLimits.itemsPerCall.upperBound
}

/// A message whose fields are out of bounds.
struct InvalidRequest: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    var callError: CallError { CallError(.invalidArgument, description) }

    static func check(_ name: String, _ text: String, _ length: ClosedRange<Int>) throws(InvalidRequest) {
        guard ReminderLimits.fits(text, length) else {
            throw InvalidRequest("\(name) must have \(length.lowerBound) to \(length.upperBound) characters")
        }
    }
}

extension ReminderID {
    init(wire bytes: [UInt8]) throws(InvalidRequest) {
        guard let id = ReminderID(bytes: bytes) else { throw InvalidRequest("an id of \(bytes.count) bytes; 16 are needed") }
        self = id
    }
}

extension Schedule {
    init(_ wire: Proto.Schedule) throws(InvalidRequest) {
        guard ReminderLimits.scheduleSeconds.contains(wire.start) else { throw InvalidRequest("start \(wire.start) is out of range") }
        guard ReminderLimits.dates.contains(wire.rdates.count), ReminderLimits.dates.contains(wire.exdates.count) else {
            throw InvalidRequest("more than \(ReminderLimits.dates.upperBound) rdates or exdates")
        }
        guard wire.rule.utf8.count <= ReminderLimits.patternBytes else { throw InvalidRequest("the rule is too long") }
        try InvalidRequest.check("timezone", wire.timezone, ReminderLimits.timezoneLength)
        self.init(wire: wire)
    }
}

extension Reminder {
    /// - Parameter seal: turns the credential into what is stored.
    convenience init(
        _ wire: Proto.Reminder, authorization: Secret, seal: (Secret, ReminderID) throws -> [UInt8]
    ) throws {
        let id = try ReminderID(wire: wire.id)
        guard let schedule = wire.schedule else { throw InvalidRequest("a reminder without a schedule") }
        let handling = Handling(wire: wire)
        if let fault = handling.faults.first { throw InvalidRequest("\(fault.field) \(fault.words)") }
        guard TaskName.isValid(wire.task) else { throw InvalidRequest("task must be \(TaskName.rule)") }
        guard wire.arguments.count <= ReminderLimits.argumentsBytes,
            authorization.value.utf8.count <= RequestBounds.maxAuthorizationBytes
        else { throw InvalidRequest("arguments or credential are too long") }
        guard wire.caller.utf8.count <= RequestBounds.maxNameBytes else {
            throw InvalidRequest("the caller has more than \(RequestBounds.maxNameBytes) bytes")
        }
        try InvalidRequest.check("description", wire.description, ReminderLimits.descriptionLength)
        try InvalidRequest.check("classroom_id", wire.classroomId, ReminderLimits.identifierLength)
        try InvalidRequest.check("created_by", wire.createdBy, ReminderLimits.identifierLength)
        self.init(
            id: id, schedule: try Schedule(schedule), handling: handling, payload: Payload(wire: wire),
            createdAt: UnixMilliseconds(wire.createdAtMs), caller: wire.caller,
            sealedAuthorization: authorization.isEmpty ? [] : try seal(authorization, id))
    }

    var wire: Proto.Reminder {
        Proto.Reminder(
            id, schedule: schedule, handling: handling, payload: payload, createdAt: createdAt, caller: caller)
    }
}

extension SeriesPosition {
    init?(_ wire: Proto.Position?) {
        guard let wire, wire.index > 0 else { return nil }
        self.init(scheduledAt: UnixSeconds(wire.scheduledAt), index: wire.index)
    }

    var wire: Proto.Position { Proto.Position(scheduledAt: scheduledAt.count, index: index) }
}

extension Attempt {
    var wire: Proto.Attempt {
        Proto.Attempt(
            scheduledAt: scheduledAt.count, number: UInt32(clamping: number), startedAtMs: startedAt.count,
            durationUs: durationMicroseconds, outcome: outcome.wire, statusCode: UInt32(clamping: statusCode),
            detail: detail, result: result, resultLeftOut: isResultLeftOut)
    }
}

extension LeaseReport {
    /// - Returns: `nil` where the id is none.
    init?(_ wire: Proto.Lease) {
        guard let id = ReminderID(bytes: wire.id) else { return nil }
        self.init(
            lease: wire.lease, key: OccurrenceKey(reminder: id, scheduledAt: UnixSeconds(wire.scheduledAt)),
            leftMilliseconds: Int64(wire.leftMs), heldMilliseconds: Int64(wire.heldMs))
    }
}

extension LeaseExtension {
    /// One of no good lease is of none that the worker has, and is refused as such.
    init(_ wire: Proto.Extension) {
        let lease = wire.lease.flatMap { LeaseReport($0) }
        self.init(
            id: wire.id, lease: lease?.lease ?? 0,
            key: lease?.key ?? OccurrenceKey(reminder: ReminderID(high: 0, low: 0), scheduledAt: UnixSeconds(0)), milliseconds: Int64(wire.forMs))
    }
}

extension ExtensionAnswer {
    var wire: Proto.Extended {
        switch result {
        case .success(let milliseconds): Proto.Extended(id: id, forMs: UInt32(clamping: milliseconds))
        case .failure(let refusal): Proto.Extended(id: id, refusal: refusal.description)
        }
    }
}

extension OutcomeReport {
    /// An outcome that is none of a worker's, or that a newer build knows, is one to be tried again: so it is settled and
    /// acknowledged, and takes no other outcome and no stream with it.
    /// - Returns: `nil` where the id is none, so that it is no occurrence's outcome.
    init?(_ wire: Proto.OutcomeReport) {
        guard let id = ReminderID(bytes: wire.id) else { return nil }
        let outcome: Outcome
        var detail = wire.detail
        switch wire.outcome {
        case .known(.misfired), .known(.expired), .known(.cancelled), .unknown:
            outcome = .retry
            detail = "the worker reported outcome \(wire.outcome.number), which this scheduler takes from no worker: \(wire.detail)"
        case .known(let value): outcome = Outcome(value)
        }
        let isKept = wire.result.count <= Attempt.resultLimit
        if !isKept { detail = "the result, \(wire.result.count) bytes, was not kept: \(Attempt.resultLimit) are allowed" }
        self.init(
            lease: wire.lease, key: OccurrenceKey(reminder: id, scheduledAt: UnixSeconds(wire.scheduledAt)), outcome: outcome,
            retryAfterMilliseconds: wire.retryAfterMs == 0 ? nil : Int64(wire.retryAfterMs), startedAt: UnixMilliseconds(wire.startedAtMs),
            durationMicroseconds: wire.durationUs, statusCode: Int(wire.statusCode), detail: detail, result: isKept ? wire.result : [])
    }
}

extension Proto.ReminderReply {
    init(_ summary: ReminderSummary, isServed: Bool) {
        self.init(
            found: true, reminder: summary.reminder.wire, state: summary.state.wire,
            position: summary.position?.wire, delivered: summary.delivered, retrying: Int64(summary.retrying),
            held: Int64(summary.held), dead: Int64(summary.dead), updatedAtMs: summary.updatedAt.count,
            revision: summary.revision, unserved: !isServed,
            dueAtMs: summary.position.map { summary.reminder.due(of: $0.scheduledAt).count } ?? 0,
            missed: summary.missed.map {
                Proto.Missed(count: $0.count, atLeast: $0.isAtLeast, first: $0.first.count, last: $0.last.count)
            }, heldSinceMs: summary.heldSince?.count ?? 0)
    }
}

extension ReminderFilter {
    init(_ wire: Proto.ReminderFilter?) throws(InvalidRequest) {
        self.init()
        guard let wire else { return }
        state = wire.state.map(ReminderState.init)
        (caller, classroomID, createdBy) = (wire.caller.ifAny, wire.classroomId.ifAny, wire.createdBy.ifAny)
        (queue, task, text) = (wire.queue.ifAny, wire.task.ifAny, wire.text.ifAny)
        (dueAfter, dueBefore) = (wire.dueAfter.map { UnixSeconds($0) }, wire.dueBefore.map { UnixSeconds($0) })
    }
}

extension OccurrenceKey {
    init(_ wire: Proto.OccurrenceRef) throws(InvalidRequest) {
        self.init(reminder: try ReminderID(wire: wire.id), scheduledAt: UnixSeconds(wire.scheduledAt))
    }
}

extension OccurrenceFilter {
    /// - Parameter known: what is looked through, where that is not the store.
    init(_ wire: Proto.OccurrenceFilter?, of known: OccurrenceState? = nil) throws(InvalidRequest) {
        guard let wire, let state = known ?? wire.state.flatMap({ OccurrenceState($0) }) else {
            throw InvalidRequest("a filter of occurrences must say in which state they are, and a change is of held or of dead ones")
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
            id: occurrence.key.reminder.bytes, scheduledAt: occurrence.key.scheduledAt.count,
            state: occurrence.state.wire, attempts: UInt32(clamping: occurrence.tries.attempts),
            sinceMs: occurrence.since.count, outcome: occurrence.outcome?.wire,
            statusCode: UInt32(clamping: occurrence.statusCode), detail: occurrence.detail,
            reminder: occurrence.reminder.wire)
        guard occurrence.state == .pending else { return }
        (sinceMs, nextTryMs, attempt) = (0, occurrence.dueAt.count, UInt32(clamping: occurrence.tries.next))
    }

    init(_ occurrence: LiveOccurrence) {
        self.init(
            id: occurrence.key.reminder.bytes, scheduledAt: occurrence.key.scheduledAt.count, state: occurrence.run == nil ? .ready : .running,
            attempts: UInt32(clamping: occurrence.tries.attempts), sinceMs: (occurrence.run?.since ?? occurrence.dueAt).count,
            reminder: occurrence.reminder.wire, attempt: UInt32(clamping: occurrence.tries.next))
    }
}

extension QueueSettings {
    init(_ wire: Proto.Queue?) throws(InvalidRequest) {
        guard let wire, TaskName.isValid(wire.name) else { throw InvalidRequest("a queue's name must be \(TaskName.rule)") }
        guard wire.maxConcurrency <= QueueSettings.concurrencyLimits.upperBound, wire.rateCount <= DispatchRate.countLimits.upperBound,
            wire.rateSeconds <= DispatchRate.secondsLimits.upperBound
        else { throw InvalidRequest("a queue's concurrency or rate is out of range") }
        self.init(
            name: wire.name, isPaused: wire.paused, maxConcurrency: wire.maxConcurrency == 0 ? nil : Int(wire.maxConcurrency),
            rate: DispatchRate(count: Int(wire.rateCount), seconds: Int(wire.rateSeconds)),
            fairBy: wire.fairBy.map { FairShare($0) } ?? .caller)
    }
}

extension Proto.Queue {
    /// A queue with nothing in it.
    init(_ settings: QueueSettings) {
        self.init(
            name: settings.name, paused: settings.isPaused, maxConcurrency: UInt32(clamping: settings.maxConcurrency ?? 0),
            rateCount: UInt32(clamping: settings.rate?.count ?? 0), rateSeconds: UInt32(clamping: settings.rate?.seconds ?? 0),
            fairBy: settings.fairBy.wire)
    }

    init(_ standing: QueueStanding, _ tally: OccurrenceTally?) {
        self.init(standing.settings)
        ready = UInt64(clamping: standing.ready)
        running = UInt64(clamping: standing.running)
        workers = UInt32(clamping: standing.workers)
        guard let tally else { return }
        (retrying, held, dead) = (UInt64(clamping: tally.retrying), UInt64(clamping: tally.held), UInt64(clamping: tally.dead))
    }
}

extension String {
    fileprivate var ifAny: String? { isEmpty ? nil : self }
}
