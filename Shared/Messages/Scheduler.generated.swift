// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct Schedule: WireMessage, Hashable {
        /// unix seconds
        public var start: Int64 = 0
        /// RRULE text; empty: one time
        public var rule: String = ""
        public var timezone: String = ""
        public var hasUntil: Bool = false
        /// unix seconds, inclusive
        public var until: Int64 = 0
        public var rdates: [Int64] = []
        public var exdates: [Int64] = []

        public init() {}

        public init(start: Int64 = 0, rule: String = "", timezone: String = "", hasUntil: Bool = false, until: Int64 = 0, rdates: [Int64] = [], exdates: [Int64] = []) {
            self.start = start
            self.rule = rule
            self.timezone = timezone
            self.hasUntil = hasUntil
            self.until = until
            self.rdates = rdates
            self.exdates = exdates
        }

        public init(reading c: UnsafePointer<TaskScheduler__Schedule>) {
            start = c.pointee.start
            rule = Arena.string(c.pointee.rule)
            timezone = Arena.string(c.pointee.timezone)
            hasUntil = c.pointee.has_until != 0
            until = c.pointee.until
            rdates = Array(UnsafeBufferPointer(start: c.pointee.rdates, count: c.pointee.n_rdates))
            exdates = Array(UnsafeBufferPointer(start: c.pointee.exdates, count: c.pointee.n_exdates))
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__Schedule>, from arena: Arena) throws(MessageError) {
            task_scheduler__schedule__init(c)
            c.pointee.start = start
            if !rule.isEmpty { c.pointee.rule = try arena.put(rule) }
            if !timezone.isEmpty { c.pointee.timezone = try arena.put(timezone) }
            c.pointee.has_until = hasUntil ? 1 : 0
            c.pointee.until = until
            (c.pointee.rdates, c.pointee.n_rdates) = try arena.put(values: rdates)
            (c.pointee.exdates, c.pointee.n_exdates) = try arena.put(values: exdates)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__Schedule>) -> Int { task_scheduler__schedule__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__Schedule>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__schedule__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__Schedule>? {
            task_scheduler__schedule__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Reminder: WireMessage, Hashable {
        /// 16 bytes
        public var id: [UInt8] = []
        public var schedule: Schedule? = nil
        public var task: String = ""
        public var arguments: [UInt8] = []
        public var queue: String = ""
        public var priority: UInt32 = 0
        public var misfirePolicy: UInt32 = 0
        public var maxAttempts: UInt32 = 0
        public var description: String = ""
        public var classroomId: String = ""
        public var createdBy: String = ""
        public var createdAtMs: Int64 = 0

        public init() {}

        public init(id: [UInt8] = [], schedule: Schedule? = nil, task: String = "", arguments: [UInt8] = [], queue: String = "", priority: UInt32 = 0, misfirePolicy: UInt32 = 0, maxAttempts: UInt32 = 0, description: String = "", classroomId: String = "", createdBy: String = "", createdAtMs: Int64 = 0) {
            self.id = id
            self.schedule = schedule
            self.task = task
            self.arguments = arguments
            self.queue = queue
            self.priority = priority
            self.misfirePolicy = misfirePolicy
            self.maxAttempts = maxAttempts
            self.description = description
            self.classroomId = classroomId
            self.createdBy = createdBy
            self.createdAtMs = createdAtMs
        }

        public init(reading c: UnsafePointer<TaskScheduler__Reminder>) {
            id = Arena.bytes(c.pointee.id)
            if let value = c.pointee.schedule { schedule = Schedule(reading: value) }
            task = Arena.string(c.pointee.task)
            arguments = Arena.bytes(c.pointee.arguments)
            queue = Arena.string(c.pointee.queue)
            priority = c.pointee.priority
            misfirePolicy = c.pointee.misfire_policy
            maxAttempts = c.pointee.max_attempts
            description = Arena.string(c.pointee.description)
            classroomId = Arena.string(c.pointee.classroom_id)
            createdBy = Arena.string(c.pointee.created_by)
            createdAtMs = c.pointee.created_at_ms
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__Reminder>, from arena: Arena) throws(MessageError) {
            task_scheduler__reminder__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            if let schedule { c.pointee.schedule = try arena.put(schedule) }
            if !task.isEmpty { c.pointee.task = try arena.put(task) }
            if !arguments.isEmpty { c.pointee.arguments = try arena.put(arguments) }
            if !queue.isEmpty { c.pointee.queue = try arena.put(queue) }
            c.pointee.priority = priority
            c.pointee.misfire_policy = misfirePolicy
            c.pointee.max_attempts = maxAttempts
            if !description.isEmpty { c.pointee.description = try arena.put(description) }
            if !classroomId.isEmpty { c.pointee.classroom_id = try arena.put(classroomId) }
            if !createdBy.isEmpty { c.pointee.created_by = try arena.put(createdBy) }
            c.pointee.created_at_ms = createdAtMs
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__Reminder>) -> Int { task_scheduler__reminder__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__Reminder>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__reminder__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__Reminder>? {
            task_scheduler__reminder__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Position: WireMessage, Hashable {
        /// unix seconds
        public var scheduledAt: Int64 = 0
        /// from 1; 0 = no position
        public var index: Int64 = 0

        public init() {}

        public init(scheduledAt: Int64 = 0, index: Int64 = 0) {
            self.scheduledAt = scheduledAt
            self.index = index
        }

        public init(reading c: UnsafePointer<TaskScheduler__Position>) {
            scheduledAt = c.pointee.scheduled_at
            index = c.pointee.index
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__Position>, from arena: Arena) throws(MessageError) {
            task_scheduler__position__init(c)
            c.pointee.scheduled_at = scheduledAt
            c.pointee.index = index
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__Position>) -> Int { task_scheduler__position__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__Position>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__position__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__Position>? {
            task_scheduler__position__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Idempotency: WireMessage, Hashable {
        public var key: [UInt8] = []
        public var request: [UInt8] = []
        public var answer: [UInt8] = []

        public init() {}

        public init(key: [UInt8] = [], request: [UInt8] = [], answer: [UInt8] = []) {
            self.key = key
            self.request = request
            self.answer = answer
        }

        public init(reading c: UnsafePointer<TaskScheduler__Idempotency>) {
            key = Arena.bytes(c.pointee.key)
            request = Arena.bytes(c.pointee.request)
            answer = Arena.bytes(c.pointee.answer)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__Idempotency>, from arena: Arena) throws(MessageError) {
            task_scheduler__idempotency__init(c)
            if !key.isEmpty { c.pointee.key = try arena.put(key) }
            if !request.isEmpty { c.pointee.request = try arena.put(request) }
            if !answer.isEmpty { c.pointee.answer = try arena.put(answer) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__Idempotency>) -> Int { task_scheduler__idempotency__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__Idempotency>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__idempotency__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__Idempotency>? {
            task_scheduler__idempotency__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct CreateRequest: WireMessage, Hashable {
        public var reminder: Reminder? = nil
        public var authorization: String = ""
        public var position: Position? = nil
        public var idempotency: Idempotency? = nil

        public init() {}

        public init(reminder: Reminder? = nil, authorization: String = "", position: Position? = nil, idempotency: Idempotency? = nil) {
            self.reminder = reminder
            self.authorization = authorization
            self.position = position
            self.idempotency = idempotency
        }

        public init(reading c: UnsafePointer<TaskScheduler__CreateRequest>) {
            if let value = c.pointee.reminder { reminder = Reminder(reading: value) }
            authorization = Arena.string(c.pointee.authorization)
            if let value = c.pointee.position { position = Position(reading: value) }
            if let value = c.pointee.idempotency { idempotency = Idempotency(reading: value) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__CreateRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__create_request__init(c)
            if let reminder { c.pointee.reminder = try arena.put(reminder) }
            if !authorization.isEmpty { c.pointee.authorization = try arena.put(authorization) }
            if let position { c.pointee.position = try arena.put(position) }
            if let idempotency { c.pointee.idempotency = try arena.put(idempotency) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__CreateRequest>) -> Int { task_scheduler__create_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__CreateRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__create_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__CreateRequest>? {
            task_scheduler__create_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct CreateReply: WireMessage, Hashable {
        public enum Result: UInt32, Sendable, Hashable {
            case created = 0
            case replayed = 1
            case conflict = 2
        }

        public var result: Result = .created
        /// of REPLAYED
        public var answer: [UInt8] = []

        public init() {}

        public init(result: Result = .created, answer: [UInt8] = []) {
            self.result = result
            self.answer = answer
        }

        public init(reading c: UnsafePointer<TaskScheduler__CreateReply>) {
            result = Result(rawValue: UInt32(truncatingIfNeeded: c.pointee.result.rawValue)) ?? .created
            answer = Arena.bytes(c.pointee.answer)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__CreateReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__create_reply__init(c)
            c.pointee.result = .init(rawValue: result.rawValue)
            if !answer.isEmpty { c.pointee.answer = try arena.put(answer) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__CreateReply>) -> Int { task_scheduler__create_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__CreateReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__create_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__CreateReply>? {
            task_scheduler__create_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ReminderRef: WireMessage, Hashable {
        public var id: [UInt8] = []

        public init() {}

        public init(id: [UInt8] = []) {
            self.id = id
        }

        public init(reading c: UnsafePointer<TaskScheduler__ReminderRef>) {
            id = Arena.bytes(c.pointee.id)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__ReminderRef>, from arena: Arena) throws(MessageError) {
            task_scheduler__reminder_ref__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__ReminderRef>) -> Int { task_scheduler__reminder_ref__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__ReminderRef>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__reminder_ref__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__ReminderRef>? {
            task_scheduler__reminder_ref__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ReminderReply: WireMessage, Hashable {
        public var found: Bool = false
        public var reminder: Reminder? = nil
        public var state: UInt32 = 0
        public var position: Position? = nil
        public var delivered: Int64 = 0
        public var retrying: Int64 = 0
        public var held: Int64 = 0
        public var dead: Int64 = 0
        public var updatedAtMs: Int64 = 0

        public init() {}

        public init(found: Bool = false, reminder: Reminder? = nil, state: UInt32 = 0, position: Position? = nil, delivered: Int64 = 0, retrying: Int64 = 0, held: Int64 = 0, dead: Int64 = 0, updatedAtMs: Int64 = 0) {
            self.found = found
            self.reminder = reminder
            self.state = state
            self.position = position
            self.delivered = delivered
            self.retrying = retrying
            self.held = held
            self.dead = dead
            self.updatedAtMs = updatedAtMs
        }

        public init(reading c: UnsafePointer<TaskScheduler__ReminderReply>) {
            found = c.pointee.found != 0
            if let value = c.pointee.reminder { reminder = Reminder(reading: value) }
            state = c.pointee.state
            if let value = c.pointee.position { position = Position(reading: value) }
            delivered = c.pointee.delivered
            retrying = c.pointee.retrying
            held = c.pointee.held
            dead = c.pointee.dead
            updatedAtMs = c.pointee.updated_at_ms
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__ReminderReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__reminder_reply__init(c)
            c.pointee.found = found ? 1 : 0
            if let reminder { c.pointee.reminder = try arena.put(reminder) }
            c.pointee.state = state
            if let position { c.pointee.position = try arena.put(position) }
            c.pointee.delivered = delivered
            c.pointee.retrying = retrying
            c.pointee.held = held
            c.pointee.dead = dead
            c.pointee.updated_at_ms = updatedAtMs
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__ReminderReply>) -> Int { task_scheduler__reminder_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__ReminderReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__reminder_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__ReminderReply>? {
            task_scheduler__reminder_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct CancelReply: WireMessage, Hashable {
        public enum Result: UInt32, Sendable, Hashable {
            case cancelled = 0
            case notFound = 1
            case alreadyFinished = 2
        }

        public var result: Result = .cancelled
        /// of ALREADY_FINISHED
        public var state: UInt32 = 0

        public init() {}

        public init(result: Result = .cancelled, state: UInt32 = 0) {
            self.result = result
            self.state = state
        }

        public init(reading c: UnsafePointer<TaskScheduler__CancelReply>) {
            result = Result(rawValue: UInt32(truncatingIfNeeded: c.pointee.result.rawValue)) ?? .cancelled
            state = c.pointee.state
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__CancelReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__cancel_reply__init(c)
            c.pointee.result = .init(rawValue: result.rawValue)
            c.pointee.state = state
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__CancelReply>) -> Int { task_scheduler__cancel_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__CancelReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__cancel_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__CancelReply>? {
            task_scheduler__cancel_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct AttemptsRequest: WireMessage, Hashable {
        public var id: [UInt8] = []
        public var limit: UInt32 = 0

        public init() {}

        public init(id: [UInt8] = [], limit: UInt32 = 0) {
            self.id = id
            self.limit = limit
        }

        public init(reading c: UnsafePointer<TaskScheduler__AttemptsRequest>) {
            id = Arena.bytes(c.pointee.id)
            limit = c.pointee.limit
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__AttemptsRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__attempts_request__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.limit = limit
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__AttemptsRequest>) -> Int { task_scheduler__attempts_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__AttemptsRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__attempts_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__AttemptsRequest>? {
            task_scheduler__attempts_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Attempt: WireMessage, Hashable {
        public var scheduledAt: Int64 = 0
        public var number: UInt32 = 0
        public var startedAtMs: Int64 = 0
        public var durationUs: Int64 = 0
        public var outcome: UInt32 = 0
        public var statusCode: UInt32 = 0
        public var detail: String = ""

        public init() {}

        public init(scheduledAt: Int64 = 0, number: UInt32 = 0, startedAtMs: Int64 = 0, durationUs: Int64 = 0, outcome: UInt32 = 0, statusCode: UInt32 = 0, detail: String = "") {
            self.scheduledAt = scheduledAt
            self.number = number
            self.startedAtMs = startedAtMs
            self.durationUs = durationUs
            self.outcome = outcome
            self.statusCode = statusCode
            self.detail = detail
        }

        public init(reading c: UnsafePointer<TaskScheduler__Attempt>) {
            scheduledAt = c.pointee.scheduled_at
            number = c.pointee.number
            startedAtMs = c.pointee.started_at_ms
            durationUs = c.pointee.duration_us
            outcome = c.pointee.outcome
            statusCode = c.pointee.status_code
            detail = Arena.string(c.pointee.detail)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__Attempt>, from arena: Arena) throws(MessageError) {
            task_scheduler__attempt__init(c)
            c.pointee.scheduled_at = scheduledAt
            c.pointee.number = number
            c.pointee.started_at_ms = startedAtMs
            c.pointee.duration_us = durationUs
            c.pointee.outcome = outcome
            c.pointee.status_code = statusCode
            if !detail.isEmpty { c.pointee.detail = try arena.put(detail) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__Attempt>) -> Int { task_scheduler__attempt__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__Attempt>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__attempt__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__Attempt>? {
            task_scheduler__attempt__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct AttemptsReply: WireMessage, Hashable {
        public var found: Bool = false
        public var attempts: [Attempt] = []

        public init() {}

        public init(found: Bool = false, attempts: [Attempt] = []) {
            self.found = found
            self.attempts = attempts
        }

        public init(reading c: UnsafePointer<TaskScheduler__AttemptsReply>) {
            found = c.pointee.found != 0
            attempts = Arena.messages(c.pointee.attempts, c.pointee.n_attempts) { Attempt(reading: $0) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__AttemptsReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__attempts_reply__init(c)
            c.pointee.found = found ? 1 : 0
            (c.pointee.attempts, c.pointee.n_attempts) = try arena.put(messages: attempts)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__AttemptsReply>) -> Int { task_scheduler__attempts_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__AttemptsReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__attempts_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__AttemptsReply>? {
            task_scheduler__attempts_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ReplaceAuthorizationRequest: WireMessage, Hashable {
        public var id: [UInt8] = []
        public var authorization: String = ""

        public init() {}

        public init(id: [UInt8] = [], authorization: String = "") {
            self.id = id
            self.authorization = authorization
        }

        public init(reading c: UnsafePointer<TaskScheduler__ReplaceAuthorizationRequest>) {
            id = Arena.bytes(c.pointee.id)
            authorization = Arena.string(c.pointee.authorization)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__ReplaceAuthorizationRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__replace_authorization_request__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            if !authorization.isEmpty { c.pointee.authorization = try arena.put(authorization) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__ReplaceAuthorizationRequest>) -> Int { task_scheduler__replace_authorization_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__ReplaceAuthorizationRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__replace_authorization_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__ReplaceAuthorizationRequest>? {
            task_scheduler__replace_authorization_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ReplaceAuthorizationReply: WireMessage, Hashable {
        public var found: Bool = false
        public var released: UInt32 = 0

        public init() {}

        public init(found: Bool = false, released: UInt32 = 0) {
            self.found = found
            self.released = released
        }

        public init(reading c: UnsafePointer<TaskScheduler__ReplaceAuthorizationReply>) {
            found = c.pointee.found != 0
            released = c.pointee.released
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__ReplaceAuthorizationReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__replace_authorization_reply__init(c)
            c.pointee.found = found ? 1 : 0
            c.pointee.released = released
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__ReplaceAuthorizationReply>) -> Int { task_scheduler__replace_authorization_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__ReplaceAuthorizationReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__replace_authorization_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__ReplaceAuthorizationReply>? {
            task_scheduler__replace_authorization_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    /// A worker's stream: Attach first, then the rest as it comes.
    public struct WorkerMessage: WireMessage, Hashable {
        public var attach: Attach? = nil
        /// occurrences that it can take beyond those granted before
        public var credit: UInt32 = 0
        public var outcomes: [OutcomeReport] = []
        /// it drains: nothing new, please
        public var leaving: Bool = false

        public init() {}

        public init(attach: Attach? = nil, credit: UInt32 = 0, outcomes: [OutcomeReport] = [], leaving: Bool = false) {
            self.attach = attach
            self.credit = credit
            self.outcomes = outcomes
            self.leaving = leaving
        }

        public init(reading c: UnsafePointer<TaskScheduler__WorkerMessage>) {
            if let value = c.pointee.attach { attach = Attach(reading: value) }
            credit = c.pointee.credit
            outcomes = Arena.messages(c.pointee.outcomes, c.pointee.n_outcomes) { OutcomeReport(reading: $0) }
            leaving = c.pointee.leaving != 0
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__WorkerMessage>, from arena: Arena) throws(MessageError) {
            task_scheduler__worker_message__init(c)
            if let attach { c.pointee.attach = try arena.put(attach) }
            c.pointee.credit = credit
            (c.pointee.outcomes, c.pointee.n_outcomes) = try arena.put(messages: outcomes)
            c.pointee.leaving = leaving ? 1 : 0
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__WorkerMessage>) -> Int { task_scheduler__worker_message__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__WorkerMessage>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__worker_message__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__WorkerMessage>? {
            task_scheduler__worker_message__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Attach: WireMessage, Hashable {
        public var instance: String = ""
        public var queues: [String] = []
        public var tasks: [String] = []
        public var running: [Lease] = []

        public init() {}

        public init(instance: String = "", queues: [String] = [], tasks: [String] = [], running: [Lease] = []) {
            self.instance = instance
            self.queues = queues
            self.tasks = tasks
            self.running = running
        }

        public init(reading c: UnsafePointer<TaskScheduler__Attach>) {
            instance = Arena.string(c.pointee.instance)
            queues = Arena.strings(c.pointee.queues, c.pointee.n_queues)
            tasks = Arena.strings(c.pointee.tasks, c.pointee.n_tasks)
            running = Arena.messages(c.pointee.running, c.pointee.n_running) { Lease(reading: $0) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__Attach>, from arena: Arena) throws(MessageError) {
            task_scheduler__attach__init(c)
            if !instance.isEmpty { c.pointee.instance = try arena.put(instance) }
            (c.pointee.queues, c.pointee.n_queues) = try arena.put(strings: queues)
            (c.pointee.tasks, c.pointee.n_tasks) = try arena.put(strings: tasks)
            (c.pointee.running, c.pointee.n_running) = try arena.put(messages: running)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__Attach>) -> Int { task_scheduler__attach__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__Attach>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__attach__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__Attach>? {
            task_scheduler__attach__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Lease: WireMessage, Hashable {
        public var lease: UInt64 = 0
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0

        public init() {}

        public init(lease: UInt64 = 0, id: [UInt8] = [], scheduledAt: Int64 = 0) {
            self.lease = lease
            self.id = id
            self.scheduledAt = scheduledAt
        }

        public init(reading c: UnsafePointer<TaskScheduler__Lease>) {
            lease = c.pointee.lease
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__Lease>, from arena: Arena) throws(MessageError) {
            task_scheduler__lease__init(c)
            c.pointee.lease = lease
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__Lease>) -> Int { task_scheduler__lease__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__Lease>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__lease__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__Lease>? {
            task_scheduler__lease__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct OutcomeReport: WireMessage, Hashable {
        public var lease: UInt64 = 0
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0
        public var outcome: UInt32 = 0
        /// 0 = the scheduler decides
        public var retryAfterMs: UInt32 = 0
        public var startedAtMs: Int64 = 0
        public var durationUs: Int64 = 0
        public var statusCode: UInt32 = 0
        public var detail: String = ""

        public init() {}

        public init(lease: UInt64 = 0, id: [UInt8] = [], scheduledAt: Int64 = 0, outcome: UInt32 = 0, retryAfterMs: UInt32 = 0, startedAtMs: Int64 = 0, durationUs: Int64 = 0, statusCode: UInt32 = 0, detail: String = "") {
            self.lease = lease
            self.id = id
            self.scheduledAt = scheduledAt
            self.outcome = outcome
            self.retryAfterMs = retryAfterMs
            self.startedAtMs = startedAtMs
            self.durationUs = durationUs
            self.statusCode = statusCode
            self.detail = detail
        }

        public init(reading c: UnsafePointer<TaskScheduler__OutcomeReport>) {
            lease = c.pointee.lease
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
            outcome = c.pointee.outcome
            retryAfterMs = c.pointee.retry_after_ms
            startedAtMs = c.pointee.started_at_ms
            durationUs = c.pointee.duration_us
            statusCode = c.pointee.status_code
            detail = Arena.string(c.pointee.detail)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__OutcomeReport>, from arena: Arena) throws(MessageError) {
            task_scheduler__outcome_report__init(c)
            c.pointee.lease = lease
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
            c.pointee.outcome = outcome
            c.pointee.retry_after_ms = retryAfterMs
            c.pointee.started_at_ms = startedAtMs
            c.pointee.duration_us = durationUs
            c.pointee.status_code = statusCode
            if !detail.isEmpty { c.pointee.detail = try arena.put(detail) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__OutcomeReport>) -> Int { task_scheduler__outcome_report__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__OutcomeReport>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__outcome_report__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__OutcomeReport>? {
            task_scheduler__outcome_report__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct SchedulerMessage: WireMessage, Hashable {
        public var dispatches: [Dispatch] = []
        public var acknowledged: [UInt64] = []
        public var revoked: [UInt64] = []

        public init() {}

        public init(dispatches: [Dispatch] = [], acknowledged: [UInt64] = [], revoked: [UInt64] = []) {
            self.dispatches = dispatches
            self.acknowledged = acknowledged
            self.revoked = revoked
        }

        public init(reading c: UnsafePointer<TaskScheduler__SchedulerMessage>) {
            dispatches = Arena.messages(c.pointee.dispatches, c.pointee.n_dispatches) { Dispatch(reading: $0) }
            acknowledged = Array(UnsafeBufferPointer(start: c.pointee.acknowledged, count: c.pointee.n_acknowledged))
            revoked = Array(UnsafeBufferPointer(start: c.pointee.revoked, count: c.pointee.n_revoked))
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__SchedulerMessage>, from arena: Arena) throws(MessageError) {
            task_scheduler__scheduler_message__init(c)
            (c.pointee.dispatches, c.pointee.n_dispatches) = try arena.put(messages: dispatches)
            (c.pointee.acknowledged, c.pointee.n_acknowledged) = try arena.put(values: acknowledged)
            (c.pointee.revoked, c.pointee.n_revoked) = try arena.put(values: revoked)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__SchedulerMessage>) -> Int { task_scheduler__scheduler_message__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__SchedulerMessage>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__scheduler_message__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__SchedulerMessage>? {
            task_scheduler__scheduler_message__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Dispatch: WireMessage, Hashable {
        public var lease: UInt64 = 0
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0
        public var attempt: UInt32 = 0
        /// time left when it was sent
        public var leaseMs: UInt32 = 0
        public var task: String = ""
        public var arguments: [UInt8] = []
        public var authorization: String = ""

        public init() {}

        public init(lease: UInt64 = 0, id: [UInt8] = [], scheduledAt: Int64 = 0, attempt: UInt32 = 0, leaseMs: UInt32 = 0, task: String = "", arguments: [UInt8] = [], authorization: String = "") {
            self.lease = lease
            self.id = id
            self.scheduledAt = scheduledAt
            self.attempt = attempt
            self.leaseMs = leaseMs
            self.task = task
            self.arguments = arguments
            self.authorization = authorization
        }

        public init(reading c: UnsafePointer<TaskScheduler__Dispatch>) {
            lease = c.pointee.lease
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
            attempt = c.pointee.attempt
            leaseMs = c.pointee.lease_ms
            task = Arena.string(c.pointee.task)
            arguments = Arena.bytes(c.pointee.arguments)
            authorization = Arena.string(c.pointee.authorization)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__Dispatch>, from arena: Arena) throws(MessageError) {
            task_scheduler__dispatch__init(c)
            c.pointee.lease = lease
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
            c.pointee.attempt = attempt
            c.pointee.lease_ms = leaseMs
            if !task.isEmpty { c.pointee.task = try arena.put(task) }
            if !arguments.isEmpty { c.pointee.arguments = try arena.put(arguments) }
            if !authorization.isEmpty { c.pointee.authorization = try arena.put(authorization) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__Dispatch>) -> Int { task_scheduler__dispatch__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__Dispatch>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__dispatch__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__Dispatch>? {
            task_scheduler__dispatch__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

/// What a gateway asks of a scheduler.
public enum SchedulerService {
    /// protobuf-c's descriptor: servers build their dispatch table from it.
    public static var descriptor: ServiceDescriptor { ServiceDescriptor(task_scheduler__scheduler__descriptor) }
    public static var create: UnaryMethod<Proto.CreateRequest, Proto.CreateReply> { .init(index: 0, path: "task_scheduler.Scheduler/Create") }
    public static var get: UnaryMethod<Proto.ReminderRef, Proto.ReminderReply> { .init(index: 1, path: "task_scheduler.Scheduler/Get") }
    public static var cancel: UnaryMethod<Proto.ReminderRef, Proto.CancelReply> { .init(index: 2, path: "task_scheduler.Scheduler/Cancel") }
    public static var attempts: UnaryMethod<Proto.AttemptsRequest, Proto.AttemptsReply> { .init(index: 3, path: "task_scheduler.Scheduler/Attempts") }
    public static var replaceAuthorization: UnaryMethod<Proto.ReplaceAuthorizationRequest, Proto.ReplaceAuthorizationReply> { .init(index: 4, path: "task_scheduler.Scheduler/ReplaceAuthorization") }
    public static var work: StreamMethod<Proto.WorkerMessage, Proto.SchedulerMessage> { .init(index: 5, path: "task_scheduler.Scheduler/Work") }
}

/// Calls of `Scheduler` as functions. Each throws `CallError`.
public struct SchedulerClient<Channel: Caller>: Sendable {
    public let channel: Channel

    public init(_ channel: Channel) { self.channel = channel }

    public func create(_ request: Proto.CreateRequest, deadline: CallDeadline) async throws(CallError) -> Proto.CreateReply {
        try await channel.call(SchedulerService.create, request, deadline: deadline)
    }

    public func get(_ request: Proto.ReminderRef, deadline: CallDeadline) async throws(CallError) -> Proto.ReminderReply {
        try await channel.call(SchedulerService.get, request, deadline: deadline)
    }

    public func cancel(_ request: Proto.ReminderRef, deadline: CallDeadline) async throws(CallError) -> Proto.CancelReply {
        try await channel.call(SchedulerService.cancel, request, deadline: deadline)
    }

    public func attempts(_ request: Proto.AttemptsRequest, deadline: CallDeadline) async throws(CallError) -> Proto.AttemptsReply {
        try await channel.call(SchedulerService.attempts, request, deadline: deadline)
    }

    public func replaceAuthorization(_ request: Proto.ReplaceAuthorizationRequest, deadline: CallDeadline) async throws(CallError) -> Proto.ReplaceAuthorizationReply {
        try await channel.call(SchedulerService.replaceAuthorization, request, deadline: deadline)
    }
}
