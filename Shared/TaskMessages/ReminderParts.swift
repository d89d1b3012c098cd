public import TaskDomain

// A reminder's parts as the wire has them: in one flat message. A reader of messages holds them to their bounds; here they are only
// turned into what they are.

extension Schedule {
    public init(wire: Proto.Schedule) {
        self.init(
            start: UnixSeconds(wire.start), rule: wire.rule.isEmpty ? nil : wire.rule, timezone: wire.timezone,
            until: wire.until.map { UnixSeconds($0) }, rdates: wire.rdates.map { UnixSeconds($0) }, exdates: wire.exdates.map { UnixSeconds($0) })
    }

    public var wire: Proto.Schedule {
        Proto.Schedule(
            start: start.count, rule: rule ?? "", timezone: timezone, until: until?.count, rdates: rdates.map(\.count),
            exdates: exdates.map(\.count))
    }
}

extension Handling {
    public init(wire: Proto.Reminder) {
        self.init(
            queue: wire.queue, priority: Int(wire.priority), misfirePolicy: MisfirePolicy(wire.misfirePolicy),
            catchUpLimit: wire.catchUpLimit == 0 ? Handling.standard.catchUpLimit : Int(wire.catchUpLimit),
            retryForSeconds: wire.retryForSeconds.map { Int(clamping: $0) } ?? Handling.standard.retryForSeconds,
            maxAttempts: wire.maxAttempts == 0 ? nil : Int(wire.maxAttempts),
            jitterSeconds: Int(wire.jitterSeconds),
            expiresAfterSeconds: wire.expiresAfterSeconds == 0 ? nil : Int(wire.expiresAfterSeconds))
    }
}

extension Payload {
    public init(wire: Proto.Reminder) {
        self.init(
            task: wire.task, arguments: wire.arguments, description: wire.description, classroomID: wire.classroomId,
            createdBy: wire.createdBy)
    }
}

extension Proto.Reminder {
    public init(
        _ id: ReminderID, schedule: TaskDomain.Schedule, handling: Handling, payload: Payload, createdAt: UnixMilliseconds,
        caller: String = ""
    ) {
        self.init(
            id: id.bytes, schedule: schedule.wire, task: payload.task, arguments: payload.arguments, queue: handling.queue,
            priority: UInt32(clamping: handling.priority), misfirePolicy: handling.misfirePolicy.wire,
            maxAttempts: UInt32(clamping: handling.maxAttempts ?? 0), description: payload.description, classroomId: payload.classroomID,
            createdBy: payload.createdBy, createdAtMs: createdAt.count, jitterSeconds: UInt32(clamping: handling.jitterSeconds),
            expiresAfterSeconds: UInt32(clamping: handling.expiresAfterSeconds ?? 0), caller: caller,
            retryForSeconds: Int64(handling.retryForSeconds), catchUpLimit: UInt32(clamping: handling.catchUpLimit))
    }
}
