// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos
public import Domain

extension Proto {
    /// What becomes of occurrences of a series that no scheduler could fire in time.
    public enum MisfirePolicy: UInt32, WireEnum {
        /// the latest is fired
        case fireOnce = 1
        /// the latest are fired, in order, see catch_up_limit
        case fireAll = 2
        /// none is fired
        case skip = 3
    }
}

extension Proto {
    public enum FairShare: UInt32, WireEnum {
        /// the owner of the API key; those without one are one
        case caller = 1
        case createdBy = 2
        case classroomId = 3
        /// all that is ready is one backlog
        case nobody = 4
    }
}

extension Proto {
    public enum ReminderState: UInt32, WireEnum {
        case scheduled = 1
        case paused = 2
        case completed = 3
        case cancelled = 4
    }
}

extension Proto {
    /// Why an occurrence waits for a person.
    public enum OccurrenceState: UInt32, WireEnum {
        /// for a new credential
        case held = 1
        /// in the dead-letter list
        case dead = 2
    }
}

extension Proto {
    public struct Schedule: WireMessage, Hashable {
        /// unix seconds
        public var start: Int64 = 0
        /// RRULE text, or lines RRULE, EXRULE, EXDATE;VALUE=DATE; empty: one time
        public var rule: String = ""
        public var timezone: String = ""
        /// unix seconds, inclusive
        public var until: Int64? = nil
        public var rdates: [Int64] = []
        public var exdates: [Int64] = []
        /// The fields that it came with and this build does not know; they are not in what is packed.
        public private(set) var unknownFields = UnknownFields()

        public init(start: Int64 = 0, rule: String = "", timezone: String = "", until: Int64? = nil, rdates: [Int64] = [], exdates: [Int64] = []) {
            self.start = start
            self.rule = rule
            self.timezone = timezone
            self.until = until
            self.rdates = rdates
            self.exdates = exdates
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Schedule>) throws(MessageError) {
            start = c.pointee.start
            rule = Arena.string(c.pointee.rule)
            timezone = Arena.string(c.pointee.timezone)
            if c.pointee._until_case == TASK_SCHEDULER__V1__SCHEDULE___UNTIL_UNTIL { until = c.pointee.until }
            rdates = Array(UnsafeBufferPointer(start: c.pointee.rdates, count: c.pointee.n_rdates))
            exdates = Array(UnsafeBufferPointer(start: c.pointee.exdates, count: c.pointee.n_exdates))
            unknownFields = UnknownFields(areAny: c.pointee.base.n_unknown_fields > 0)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Schedule>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__schedule__init(c)
            c.pointee.start = start
            if !rule.isEmpty { c.pointee.rule = try arena.put(rule) }
            if !timezone.isEmpty { c.pointee.timezone = try arena.put(timezone) }
            if let until { (c.pointee._until_case, c.pointee.until) = (TASK_SCHEDULER__V1__SCHEDULE___UNTIL_UNTIL, until) }
            (c.pointee.rdates, c.pointee.n_rdates) = try arena.put(values: rdates)
            (c.pointee.exdates, c.pointee.n_exdates) = try arena.put(values: exdates)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Schedule>) -> Int { task_scheduler__v1__schedule__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Schedule>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__schedule__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Schedule>? {
            task_scheduler__v1__schedule__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
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
        public var misfirePolicy: MisfirePolicy
        /// 0 = no limit
        public var maxAttempts: UInt32 = 0
        public var description: String = ""
        public var classroomId: String = ""
        public var createdBy: String = ""
        public var createdAtMs: Int64 = 0
        /// each occurrence is spread over so long
        public var jitterSeconds: UInt32 = 0
        /// 0 = never
        public var expiresAfterSeconds: UInt32 = 0
        /// the name of the API key that created it; empty: anyone
        public var caller: String = ""
        /// absent: the default, a day
        public var retryForSeconds: Int64? = nil
        /// missed occurrences that FIRE_ALL fires of a gap, the latest; 0 = 100
        public var catchUpLimit: UInt32 = 0
        /// The fields that it came with and this build does not know; they are not in what is packed.
        public private(set) var unknownFields = UnknownFields()

        public init(id: [UInt8] = [], schedule: Schedule? = nil, task: String = "", arguments: [UInt8] = [], queue: String = "", priority: UInt32 = 0, misfirePolicy: MisfirePolicy, maxAttempts: UInt32 = 0, description: String = "", classroomId: String = "", createdBy: String = "", createdAtMs: Int64 = 0, jitterSeconds: UInt32 = 0, expiresAfterSeconds: UInt32 = 0, caller: String = "", retryForSeconds: Int64? = nil, catchUpLimit: UInt32 = 0) {
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
            self.jitterSeconds = jitterSeconds
            self.expiresAfterSeconds = expiresAfterSeconds
            self.caller = caller
            self.retryForSeconds = retryForSeconds
            self.catchUpLimit = catchUpLimit
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Reminder>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            if let value = c.pointee.schedule { schedule = try Schedule(reading: value) }
            task = Arena.string(c.pointee.task)
            arguments = Arena.bytes(c.pointee.arguments)
            queue = Arena.string(c.pointee.queue)
            priority = c.pointee.priority
            misfirePolicy = try MisfirePolicy(number: c.pointee.misfire_policy.rawValue, in: "Reminder.misfire_policy")
            maxAttempts = c.pointee.max_attempts
            description = Arena.string(c.pointee.description)
            classroomId = Arena.string(c.pointee.classroom_id)
            createdBy = Arena.string(c.pointee.created_by)
            createdAtMs = c.pointee.created_at_ms
            jitterSeconds = c.pointee.jitter_seconds
            expiresAfterSeconds = c.pointee.expires_after_seconds
            caller = Arena.string(c.pointee.caller)
            if c.pointee._retry_for_seconds_case == TASK_SCHEDULER__V1__REMINDER___RETRY_FOR_SECONDS_RETRY_FOR_SECONDS { retryForSeconds = c.pointee.retry_for_seconds }
            catchUpLimit = c.pointee.catch_up_limit
            unknownFields = UnknownFields(areAny: c.pointee.base.n_unknown_fields > 0)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Reminder>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__reminder__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            if let schedule { c.pointee.schedule = try arena.put(schedule) }
            if !task.isEmpty { c.pointee.task = try arena.put(task) }
            if !arguments.isEmpty { c.pointee.arguments = try arena.put(arguments) }
            if !queue.isEmpty { c.pointee.queue = try arena.put(queue) }
            c.pointee.priority = priority
            c.pointee.misfire_policy = .init(rawValue: misfirePolicy.rawValue)
            c.pointee.max_attempts = maxAttempts
            if !description.isEmpty { c.pointee.description = try arena.put(description) }
            if !classroomId.isEmpty { c.pointee.classroom_id = try arena.put(classroomId) }
            if !createdBy.isEmpty { c.pointee.created_by = try arena.put(createdBy) }
            c.pointee.created_at_ms = createdAtMs
            c.pointee.jitter_seconds = jitterSeconds
            c.pointee.expires_after_seconds = expiresAfterSeconds
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
            if let retryForSeconds { (c.pointee._retry_for_seconds_case, c.pointee.retry_for_seconds) = (TASK_SCHEDULER__V1__REMINDER___RETRY_FOR_SECONDS_RETRY_FOR_SECONDS, retryForSeconds) }
            c.pointee.catch_up_limit = catchUpLimit
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Reminder>) -> Int { task_scheduler__v1__reminder__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Reminder>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__reminder__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Reminder>? {
            task_scheduler__v1__reminder__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Position: WireMessage, Hashable {
        /// unix seconds
        public var scheduledAt: Int64 = 0
        /// from 1; 0 = no position
        public var index: Int64 = 0

        public init(scheduledAt: Int64 = 0, index: Int64 = 0) {
            self.scheduledAt = scheduledAt
            self.index = index
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Position>) throws(MessageError) {
            scheduledAt = c.pointee.scheduled_at
            index = c.pointee.index
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Position>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__position__init(c)
            c.pointee.scheduled_at = scheduledAt
            c.pointee.index = index
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Position>) -> Int { task_scheduler__v1__position__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Position>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__position__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Position>? {
            task_scheduler__v1__position__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Idempotency: WireMessage, Hashable {
        public var key: [UInt8] = []
        public var request: [UInt8] = []
        public var answer: [UInt8] = []

        public init(key: [UInt8] = [], request: [UInt8] = [], answer: [UInt8] = []) {
            self.key = key
            self.request = request
            self.answer = answer
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Idempotency>) throws(MessageError) {
            key = Arena.bytes(c.pointee.key)
            request = Arena.bytes(c.pointee.request)
            answer = Arena.bytes(c.pointee.answer)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Idempotency>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__idempotency__init(c)
            if !key.isEmpty { c.pointee.key = try arena.put(key) }
            if !request.isEmpty { c.pointee.request = try arena.put(request) }
            if !answer.isEmpty { c.pointee.answer = try arena.put(answer) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Idempotency>) -> Int { task_scheduler__v1__idempotency__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Idempotency>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__idempotency__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Idempotency>? {
            task_scheduler__v1__idempotency__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct CreateRequest: WireMessage, Hashable {
        public var reminder: Reminder? = nil
        public var authorization: Secret = ""
        public var position: Position? = nil
        public var idempotency: Idempotency? = nil
        /// reminders of its caller that are not finished, this one included; 0 = any number
        public var pendingLimit: UInt32 = 0

        public init(reminder: Reminder? = nil, authorization: Secret = "", position: Position? = nil, idempotency: Idempotency? = nil, pendingLimit: UInt32 = 0) {
            self.reminder = reminder
            self.authorization = authorization
            self.position = position
            self.idempotency = idempotency
            self.pendingLimit = pendingLimit
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__CreateRequest>) throws(MessageError) {
            if let value = c.pointee.reminder { reminder = try Reminder(reading: value) }
            authorization = Secret(Arena.string(c.pointee.authorization))
            if let value = c.pointee.position { position = try Position(reading: value) }
            if let value = c.pointee.idempotency { idempotency = try Idempotency(reading: value) }
            pendingLimit = c.pointee.pending_limit
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__CreateRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__create_request__init(c)
            if let reminder { c.pointee.reminder = try arena.put(reminder) }
            if !authorization.isEmpty { c.pointee.authorization = try arena.put(authorization.value) }
            if let position { c.pointee.position = try arena.put(position) }
            if let idempotency { c.pointee.idempotency = try arena.put(idempotency) }
            c.pointee.pending_limit = pendingLimit
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__CreateRequest>) -> Int { task_scheduler__v1__create_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__CreateRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__create_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__CreateRequest>? {
            task_scheduler__v1__create_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct CreateReply: WireMessage, Hashable {
        public enum Result: UInt32, WireEnum {
            /// on stable storage
            case created = 1
            /// its idempotency key came before, with the same request
            case replayed = 2
            /// its idempotency key came before, with another request
            case conflict = 3
            case refused = 4
            /// its caller has as many as pending_limit says
            case tooManyPending = 5
        }

        public var result: Result
        /// of RESULT_REPLAYED
        public var answer: [UInt8] = []
        /// of RESULT_REFUSED, in CreateManyReply only
        public var reason: String = ""
        /// of RESULT_TOO_MANY_PENDING: as many there are, at most one above the limit
        public var pending: UInt32 = 0

        public init(result: Result, answer: [UInt8] = [], reason: String = "", pending: UInt32 = 0) {
            self.result = result
            self.answer = answer
            self.reason = reason
            self.pending = pending
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__CreateReply>) throws(MessageError) {
            result = try Result(number: c.pointee.result.rawValue, in: "CreateReply.result")
            answer = Arena.bytes(c.pointee.answer)
            reason = Arena.string(c.pointee.reason)
            pending = c.pointee.pending
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__CreateReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__create_reply__init(c)
            c.pointee.result = .init(rawValue: result.rawValue)
            if !answer.isEmpty { c.pointee.answer = try arena.put(answer) }
            if !reason.isEmpty { c.pointee.reason = try arena.put(reason) }
            c.pointee.pending = pending
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__CreateReply>) -> Int { task_scheduler__v1__create_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__CreateReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__create_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__CreateReply>? {
            task_scheduler__v1__create_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    /// One transaction for all that can be accepted; each is answered on its own, in order.
    public struct CreateManyRequest: WireMessage, Hashable {
        public var creates: [CreateRequest] = []

        public init(creates: [CreateRequest] = []) {
            self.creates = creates
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__CreateManyRequest>) throws(MessageError) {
            creates = try Arena.messages(c.pointee.creates, c.pointee.n_creates) { (c) throws(MessageError) in try CreateRequest(reading: c) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__CreateManyRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__create_many_request__init(c)
            (c.pointee.creates, c.pointee.n_creates) = try arena.put(messages: creates)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__CreateManyRequest>) -> Int { task_scheduler__v1__create_many_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__CreateManyRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__create_many_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__CreateManyRequest>? {
            task_scheduler__v1__create_many_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct CreateManyReply: WireMessage, Hashable {
        public var replies: [CreateReply] = []

        public init(replies: [CreateReply] = []) {
            self.replies = replies
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__CreateManyReply>) throws(MessageError) {
            replies = try Arena.messages(c.pointee.replies, c.pointee.n_replies) { (c) throws(MessageError) in try CreateReply(reading: c) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__CreateManyReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__create_many_reply__init(c)
            (c.pointee.replies, c.pointee.n_replies) = try arena.put(messages: replies)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__CreateManyReply>) -> Int { task_scheduler__v1__create_many_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__CreateManyReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__create_many_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__CreateManyReply>? {
            task_scheduler__v1__create_many_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ReminderRef: WireMessage, Hashable {
        public var id: [UInt8] = []
        /// not empty: only if it is this caller's
        public var caller: String = ""

        public init(id: [UInt8] = [], caller: String = "") {
            self.id = id
            self.caller = caller
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ReminderRef>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            caller = Arena.string(c.pointee.caller)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ReminderRef>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__reminder_ref__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ReminderRef>) -> Int { task_scheduler__v1__reminder_ref__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ReminderRef>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__reminder_ref__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ReminderRef>? {
            task_scheduler__v1__reminder_ref__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ReminderReply: WireMessage, Hashable {
        public var found: Bool = false
        public var reminder: Reminder? = nil
        /// of one that was found
        public var state: ReminderState? = nil
        public var position: Position? = nil
        public var delivered: Int64 = 0
        public var retrying: Int64 = 0
        public var held: Int64 = 0
        public var dead: Int64 = 0
        public var updatedAtMs: Int64 = 0
        public var revision: Int64 = 0
        /// no live worker serves its task in its queue
        public var unserved: Bool = false
        /// of the position
        public var dueAtMs: Int64 = 0
        /// absent: none
        public var missed: Missed? = nil
        /// not 0: its credential was refused, and nothing of it is sent until another comes
        public var heldSinceMs: Int64 = 0

        public init(found: Bool = false, reminder: Reminder? = nil, state: ReminderState? = nil, position: Position? = nil, delivered: Int64 = 0, retrying: Int64 = 0, held: Int64 = 0, dead: Int64 = 0, updatedAtMs: Int64 = 0, revision: Int64 = 0, unserved: Bool = false, dueAtMs: Int64 = 0, missed: Missed? = nil, heldSinceMs: Int64 = 0) {
            self.found = found
            self.reminder = reminder
            self.state = state
            self.position = position
            self.delivered = delivered
            self.retrying = retrying
            self.held = held
            self.dead = dead
            self.updatedAtMs = updatedAtMs
            self.revision = revision
            self.unserved = unserved
            self.dueAtMs = dueAtMs
            self.missed = missed
            self.heldSinceMs = heldSinceMs
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ReminderReply>) throws(MessageError) {
            found = c.pointee.found != 0
            if let value = c.pointee.reminder { reminder = try Reminder(reading: value) }
            if c.pointee._state_case == TASK_SCHEDULER__V1__REMINDER_REPLY___STATE_STATE, c.pointee.state.rawValue != 0 { state = try ReminderState(number: c.pointee.state.rawValue, in: "ReminderReply.state") }
            if let value = c.pointee.position { position = try Position(reading: value) }
            delivered = c.pointee.delivered
            retrying = c.pointee.retrying
            held = c.pointee.held
            dead = c.pointee.dead
            updatedAtMs = c.pointee.updated_at_ms
            revision = c.pointee.revision
            unserved = c.pointee.unserved != 0
            dueAtMs = c.pointee.due_at_ms
            if let value = c.pointee.missed { missed = try Missed(reading: value) }
            heldSinceMs = c.pointee.held_since_ms
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ReminderReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__reminder_reply__init(c)
            c.pointee.found = found ? 1 : 0
            if let reminder { c.pointee.reminder = try arena.put(reminder) }
            if let state { (c.pointee._state_case, c.pointee.state) = (TASK_SCHEDULER__V1__REMINDER_REPLY___STATE_STATE, .init(rawValue: state.rawValue)) }
            if let position { c.pointee.position = try arena.put(position) }
            c.pointee.delivered = delivered
            c.pointee.retrying = retrying
            c.pointee.held = held
            c.pointee.dead = dead
            c.pointee.updated_at_ms = updatedAtMs
            c.pointee.revision = revision
            c.pointee.unserved = unserved ? 1 : 0
            c.pointee.due_at_ms = dueAtMs
            if let missed { c.pointee.missed = try arena.put(missed) }
            c.pointee.held_since_ms = heldSinceMs
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ReminderReply>) -> Int { task_scheduler__v1__reminder_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ReminderReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__reminder_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ReminderReply>? {
            task_scheduler__v1__reminder_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    /// Occurrences that were missed, and not fired.
    public struct Missed: WireMessage, Hashable {
        public var count: Int64 = 0
        /// there are more
        public var atLeast: Bool = false
        /// unix seconds
        public var first: Int64 = 0
        public var last: Int64 = 0

        public init(count: Int64 = 0, atLeast: Bool = false, first: Int64 = 0, last: Int64 = 0) {
            self.count = count
            self.atLeast = atLeast
            self.first = first
            self.last = last
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Missed>) throws(MessageError) {
            count = c.pointee.count
            atLeast = c.pointee.at_least != 0
            first = c.pointee.first
            last = c.pointee.last
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Missed>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__missed__init(c)
            c.pointee.count = count
            c.pointee.at_least = atLeast ? 1 : 0
            c.pointee.first = first
            c.pointee.last = last
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Missed>) -> Int { task_scheduler__v1__missed__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Missed>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__missed__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Missed>? {
            task_scheduler__v1__missed__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    /// Which reminders a list shows. Empty texts and absent times do not filter.
    public struct ReminderFilter: WireMessage, Hashable {
        public var state: ReminderState? = nil
        public var caller: String = ""
        public var classroomId: String = ""
        public var createdBy: String = ""
        public var queue: String = ""
        public var task: String = ""
        /// stands somewhere in the description, whatever the case of ASCII letters
        public var text: String = ""
        /// unix seconds, inclusive; with either of these only scheduled ones, by due time
        public var dueAfter: Int64? = nil
        /// unix seconds, exclusive
        public var dueBefore: Int64? = nil

        public init(state: ReminderState? = nil, caller: String = "", classroomId: String = "", createdBy: String = "", queue: String = "", task: String = "", text: String = "", dueAfter: Int64? = nil, dueBefore: Int64? = nil) {
            self.state = state
            self.caller = caller
            self.classroomId = classroomId
            self.createdBy = createdBy
            self.queue = queue
            self.task = task
            self.text = text
            self.dueAfter = dueAfter
            self.dueBefore = dueBefore
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ReminderFilter>) throws(MessageError) {
            if c.pointee._state_case == TASK_SCHEDULER__V1__REMINDER_FILTER___STATE_STATE, c.pointee.state.rawValue != 0 { state = try ReminderState(number: c.pointee.state.rawValue, in: "ReminderFilter.state") }
            caller = Arena.string(c.pointee.caller)
            classroomId = Arena.string(c.pointee.classroom_id)
            createdBy = Arena.string(c.pointee.created_by)
            queue = Arena.string(c.pointee.queue)
            task = Arena.string(c.pointee.task)
            text = Arena.string(c.pointee.text)
            if c.pointee._due_after_case == TASK_SCHEDULER__V1__REMINDER_FILTER___DUE_AFTER_DUE_AFTER { dueAfter = c.pointee.due_after }
            if c.pointee._due_before_case == TASK_SCHEDULER__V1__REMINDER_FILTER___DUE_BEFORE_DUE_BEFORE { dueBefore = c.pointee.due_before }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ReminderFilter>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__reminder_filter__init(c)
            if let state { (c.pointee._state_case, c.pointee.state) = (TASK_SCHEDULER__V1__REMINDER_FILTER___STATE_STATE, .init(rawValue: state.rawValue)) }
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
            if !classroomId.isEmpty { c.pointee.classroom_id = try arena.put(classroomId) }
            if !createdBy.isEmpty { c.pointee.created_by = try arena.put(createdBy) }
            if !queue.isEmpty { c.pointee.queue = try arena.put(queue) }
            if !task.isEmpty { c.pointee.task = try arena.put(task) }
            if !text.isEmpty { c.pointee.text = try arena.put(text) }
            if let dueAfter { (c.pointee._due_after_case, c.pointee.due_after) = (TASK_SCHEDULER__V1__REMINDER_FILTER___DUE_AFTER_DUE_AFTER, dueAfter) }
            if let dueBefore { (c.pointee._due_before_case, c.pointee.due_before) = (TASK_SCHEDULER__V1__REMINDER_FILTER___DUE_BEFORE_DUE_BEFORE, dueBefore) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ReminderFilter>) -> Int { task_scheduler__v1__reminder_filter__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ReminderFilter>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__reminder_filter__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ReminderFilter>? {
            task_scheduler__v1__reminder_filter__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ListRequest: WireMessage, Hashable {
        public var filter: ReminderFilter? = nil
        /// where the page before ended; empty: the first
        public var cursor: [UInt8] = []
        public var limit: UInt32 = 0

        public init(filter: ReminderFilter? = nil, cursor: [UInt8] = [], limit: UInt32 = 0) {
            self.filter = filter
            self.cursor = cursor
            self.limit = limit
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListRequest>) throws(MessageError) {
            if let value = c.pointee.filter { filter = try ReminderFilter(reading: value) }
            cursor = Arena.bytes(c.pointee.cursor)
            limit = c.pointee.limit
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_request__init(c)
            if let filter { c.pointee.filter = try arena.put(filter) }
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
            c.pointee.limit = limit
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListRequest>) -> Int { task_scheduler__v1__list_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListRequest>? {
            task_scheduler__v1__list_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ListReply: WireMessage, Hashable {
        public var reminders: [ReminderReply] = []
        /// empty: there is no more
        public var cursor: [UInt8] = []

        public init(reminders: [ReminderReply] = [], cursor: [UInt8] = []) {
            self.reminders = reminders
            self.cursor = cursor
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListReply>) throws(MessageError) {
            reminders = try Arena.messages(c.pointee.reminders, c.pointee.n_reminders) { (c) throws(MessageError) in try ReminderReply(reading: c) }
            cursor = Arena.bytes(c.pointee.cursor)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_reply__init(c)
            (c.pointee.reminders, c.pointee.n_reminders) = try arena.put(messages: reminders)
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListReply>) -> Int { task_scheduler__v1__list_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListReply>? {
            task_scheduler__v1__list_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    /// What is to become of reminders. One transaction; each is answered on its own, in order.
    public struct ChangeRequest: WireMessage, Hashable {
        public enum Action: UInt32, WireEnum {
            case cancel = 1
            case pause = 2
            case resume = 3
            case run = 4
            case update = 5
        }

        public var action: Action
        public var reminders: [ReminderRef] = []
        /// not 0: only if it has this revision
        public var revision: Int64 = 0
        /// of ACTION_UPDATE of one: the whole as it is to be; absent: it stays as it is
        public var reminder: Reminder? = nil
        /// of ACTION_UPDATE: the new credential; empty: the old one stays
        public var authorization: Secret = ""
        /// when it was asked for, so that a repeated ACTION_RUN is the same one; 0: when it arrives
        public var atMs: Int64 = 0

        public init(action: Action, reminders: [ReminderRef] = [], revision: Int64 = 0, reminder: Reminder? = nil, authorization: Secret = "", atMs: Int64 = 0) {
            self.action = action
            self.reminders = reminders
            self.revision = revision
            self.reminder = reminder
            self.authorization = authorization
            self.atMs = atMs
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ChangeRequest>) throws(MessageError) {
            action = try Action(number: c.pointee.action.rawValue, in: "ChangeRequest.action")
            reminders = try Arena.messages(c.pointee.reminders, c.pointee.n_reminders) { (c) throws(MessageError) in try ReminderRef(reading: c) }
            revision = c.pointee.revision
            if let value = c.pointee.reminder { reminder = try Reminder(reading: value) }
            authorization = Secret(Arena.string(c.pointee.authorization))
            atMs = c.pointee.at_ms
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ChangeRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change_request__init(c)
            c.pointee.action = .init(rawValue: action.rawValue)
            (c.pointee.reminders, c.pointee.n_reminders) = try arena.put(messages: reminders)
            c.pointee.revision = revision
            if let reminder { c.pointee.reminder = try arena.put(reminder) }
            if !authorization.isEmpty { c.pointee.authorization = try arena.put(authorization.value) }
            c.pointee.at_ms = atMs
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ChangeRequest>) -> Int { task_scheduler__v1__change_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ChangeRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ChangeRequest>? {
            task_scheduler__v1__change_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ChangeReply: WireMessage, Hashable {
        public var changes: [Change] = []

        public init(changes: [Change] = []) {
            self.changes = changes
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ChangeReply>) throws(MessageError) {
            changes = try Arena.messages(c.pointee.changes, c.pointee.n_changes) { (c) throws(MessageError) in try Change(reading: c) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ChangeReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change_reply__init(c)
            (c.pointee.changes, c.pointee.n_changes) = try arena.put(messages: changes)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ChangeReply>) -> Int { task_scheduler__v1__change_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ChangeReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ChangeReply>? {
            task_scheduler__v1__change_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Change: WireMessage, Hashable {
        public enum Result: UInt32, WireEnum {
            case done = 1
            case notFound = 2
            /// cancelled or completed before: see state
            case finished = 3
            case revisionDiffers = 4
        }

        public var result: Result
        /// as it is now, of one that was found
        public var state: ReminderState? = nil
        public var revision: Int64 = 0
        /// occurrences that no longer wait for a credential
        public var released: UInt32 = 0
        /// of ACTION_RUN: the occurrence
        public var scheduledAt: Int64 = 0
        /// occurrences that had left, or that may leave yet although they are called off
        public var inFlight: [Int64] = []

        public init(result: Result, state: ReminderState? = nil, revision: Int64 = 0, released: UInt32 = 0, scheduledAt: Int64 = 0, inFlight: [Int64] = []) {
            self.result = result
            self.state = state
            self.revision = revision
            self.released = released
            self.scheduledAt = scheduledAt
            self.inFlight = inFlight
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Change>) throws(MessageError) {
            result = try Result(number: c.pointee.result.rawValue, in: "Change.result")
            if c.pointee._state_case == TASK_SCHEDULER__V1__CHANGE___STATE_STATE, c.pointee.state.rawValue != 0 { state = try ReminderState(number: c.pointee.state.rawValue, in: "Change.state") }
            revision = c.pointee.revision
            released = c.pointee.released
            scheduledAt = c.pointee.scheduled_at
            inFlight = Array(UnsafeBufferPointer(start: c.pointee.in_flight, count: c.pointee.n_in_flight))
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Change>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change__init(c)
            c.pointee.result = .init(rawValue: result.rawValue)
            if let state { (c.pointee._state_case, c.pointee.state) = (TASK_SCHEDULER__V1__CHANGE___STATE_STATE, .init(rawValue: state.rawValue)) }
            c.pointee.revision = revision
            c.pointee.released = released
            c.pointee.scheduled_at = scheduledAt
            (c.pointee.in_flight, c.pointee.n_in_flight) = try arena.put(values: inFlight)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Change>) -> Int { task_scheduler__v1__change__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Change>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Change>? {
            task_scheduler__v1__change__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct AttemptsRequest: WireMessage, Hashable {
        public var id: [UInt8] = []
        public var limit: UInt32 = 0
        /// not empty: only if it is this caller's
        public var caller: String = ""

        public init(id: [UInt8] = [], limit: UInt32 = 0, caller: String = "") {
            self.id = id
            self.limit = limit
            self.caller = caller
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__AttemptsRequest>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            limit = c.pointee.limit
            caller = Arena.string(c.pointee.caller)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__AttemptsRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__attempts_request__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.limit = limit
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__AttemptsRequest>) -> Int { task_scheduler__v1__attempts_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__AttemptsRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__attempts_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__AttemptsRequest>? {
            task_scheduler__v1__attempts_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Attempt: WireMessage, Hashable {
        public var scheduledAt: Int64 = 0
        public var number: UInt32 = 0
        public var startedAtMs: Int64 = 0
        public var durationUs: Int64 = 0
        public var outcome: Outcome
        public var statusCode: UInt32 = 0
        public var detail: String = ""

        public init(scheduledAt: Int64 = 0, number: UInt32 = 0, startedAtMs: Int64 = 0, durationUs: Int64 = 0, outcome: Outcome, statusCode: UInt32 = 0, detail: String = "") {
            self.scheduledAt = scheduledAt
            self.number = number
            self.startedAtMs = startedAtMs
            self.durationUs = durationUs
            self.outcome = outcome
            self.statusCode = statusCode
            self.detail = detail
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Attempt>) throws(MessageError) {
            scheduledAt = c.pointee.scheduled_at
            number = c.pointee.number
            startedAtMs = c.pointee.started_at_ms
            durationUs = c.pointee.duration_us
            outcome = try Outcome(number: c.pointee.outcome.rawValue, in: "Attempt.outcome")
            statusCode = c.pointee.status_code
            detail = Arena.string(c.pointee.detail)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Attempt>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__attempt__init(c)
            c.pointee.scheduled_at = scheduledAt
            c.pointee.number = number
            c.pointee.started_at_ms = startedAtMs
            c.pointee.duration_us = durationUs
            c.pointee.outcome = .init(rawValue: outcome.rawValue)
            c.pointee.status_code = statusCode
            if !detail.isEmpty { c.pointee.detail = try arena.put(detail) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Attempt>) -> Int { task_scheduler__v1__attempt__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Attempt>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__attempt__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Attempt>? {
            task_scheduler__v1__attempt__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct AttemptsReply: WireMessage, Hashable {
        public var found: Bool = false
        public var attempts: [Attempt] = []

        public init(found: Bool = false, attempts: [Attempt] = []) {
            self.found = found
            self.attempts = attempts
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__AttemptsReply>) throws(MessageError) {
            found = c.pointee.found != 0
            attempts = try Arena.messages(c.pointee.attempts, c.pointee.n_attempts) { (c) throws(MessageError) in try Attempt(reading: c) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__AttemptsReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__attempts_reply__init(c)
            c.pointee.found = found ? 1 : 0
            (c.pointee.attempts, c.pointee.n_attempts) = try arena.put(messages: attempts)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__AttemptsReply>) -> Int { task_scheduler__v1__attempts_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__AttemptsReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__attempts_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__AttemptsReply>? {
            task_scheduler__v1__attempts_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    /// An occurrence that is held or a dead letter.
    public struct Occurrence: WireMessage, Hashable {
        /// the reminder's
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0
        public var state: OccurrenceState? = nil
        public var attempts: UInt32 = 0
        public var sinceMs: Int64 = 0
        /// of the last attempt, if there was one
        public var outcome: Outcome? = nil
        public var statusCode: UInt32 = 0
        public var detail: String = ""
        public var reminder: Reminder? = nil

        public init(id: [UInt8] = [], scheduledAt: Int64 = 0, state: OccurrenceState? = nil, attempts: UInt32 = 0, sinceMs: Int64 = 0, outcome: Outcome? = nil, statusCode: UInt32 = 0, detail: String = "", reminder: Reminder? = nil) {
            self.id = id
            self.scheduledAt = scheduledAt
            self.state = state
            self.attempts = attempts
            self.sinceMs = sinceMs
            self.outcome = outcome
            self.statusCode = statusCode
            self.detail = detail
            self.reminder = reminder
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Occurrence>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
            if c.pointee._state_case == TASK_SCHEDULER__V1__OCCURRENCE___STATE_STATE, c.pointee.state.rawValue != 0 { state = try OccurrenceState(number: c.pointee.state.rawValue, in: "Occurrence.state") }
            attempts = c.pointee.attempts
            sinceMs = c.pointee.since_ms
            if c.pointee._outcome_case == TASK_SCHEDULER__V1__OCCURRENCE___OUTCOME_OUTCOME, c.pointee.outcome.rawValue != 0 { outcome = try Outcome(number: c.pointee.outcome.rawValue, in: "Occurrence.outcome") }
            statusCode = c.pointee.status_code
            detail = Arena.string(c.pointee.detail)
            if let value = c.pointee.reminder { reminder = try Reminder(reading: value) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Occurrence>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__occurrence__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
            if let state { (c.pointee._state_case, c.pointee.state) = (TASK_SCHEDULER__V1__OCCURRENCE___STATE_STATE, .init(rawValue: state.rawValue)) }
            c.pointee.attempts = attempts
            c.pointee.since_ms = sinceMs
            if let outcome { (c.pointee._outcome_case, c.pointee.outcome) = (TASK_SCHEDULER__V1__OCCURRENCE___OUTCOME_OUTCOME, .init(rawValue: outcome.rawValue)) }
            c.pointee.status_code = statusCode
            if !detail.isEmpty { c.pointee.detail = try arena.put(detail) }
            if let reminder { c.pointee.reminder = try arena.put(reminder) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Occurrence>) -> Int { task_scheduler__v1__occurrence__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Occurrence>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__occurrence__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Occurrence>? {
            task_scheduler__v1__occurrence__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct OccurrenceRef: WireMessage, Hashable {
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0

        public init(id: [UInt8] = [], scheduledAt: Int64 = 0) {
            self.id = id
            self.scheduledAt = scheduledAt
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__OccurrenceRef>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__OccurrenceRef>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__occurrence_ref__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__OccurrenceRef>) -> Int { task_scheduler__v1__occurrence_ref__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__OccurrenceRef>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__occurrence_ref__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__OccurrenceRef>? {
            task_scheduler__v1__occurrence_ref__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    /// Which occurrences a list shows or a change is of. Empty texts do not filter.
    public struct OccurrenceFilter: WireMessage, Hashable {
        /// must be given
        public var state: OccurrenceState? = nil
        public var caller: String = ""
        public var classroomId: String = ""
        public var createdBy: String = ""
        public var queue: String = ""
        public var task: String = ""
        /// this one
        public var only: OccurrenceRef? = nil
        /// not empty: of this one
        public var reminder: [UInt8] = []

        public init(state: OccurrenceState? = nil, caller: String = "", classroomId: String = "", createdBy: String = "", queue: String = "", task: String = "", only: OccurrenceRef? = nil, reminder: [UInt8] = []) {
            self.state = state
            self.caller = caller
            self.classroomId = classroomId
            self.createdBy = createdBy
            self.queue = queue
            self.task = task
            self.only = only
            self.reminder = reminder
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__OccurrenceFilter>) throws(MessageError) {
            if c.pointee._state_case == TASK_SCHEDULER__V1__OCCURRENCE_FILTER___STATE_STATE, c.pointee.state.rawValue != 0 { state = try OccurrenceState(number: c.pointee.state.rawValue, in: "OccurrenceFilter.state") }
            caller = Arena.string(c.pointee.caller)
            classroomId = Arena.string(c.pointee.classroom_id)
            createdBy = Arena.string(c.pointee.created_by)
            queue = Arena.string(c.pointee.queue)
            task = Arena.string(c.pointee.task)
            if let value = c.pointee.only { only = try OccurrenceRef(reading: value) }
            reminder = Arena.bytes(c.pointee.reminder)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__OccurrenceFilter>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__occurrence_filter__init(c)
            if let state { (c.pointee._state_case, c.pointee.state) = (TASK_SCHEDULER__V1__OCCURRENCE_FILTER___STATE_STATE, .init(rawValue: state.rawValue)) }
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
            if !classroomId.isEmpty { c.pointee.classroom_id = try arena.put(classroomId) }
            if !createdBy.isEmpty { c.pointee.created_by = try arena.put(createdBy) }
            if !queue.isEmpty { c.pointee.queue = try arena.put(queue) }
            if !task.isEmpty { c.pointee.task = try arena.put(task) }
            if let only { c.pointee.only = try arena.put(only) }
            if !reminder.isEmpty { c.pointee.reminder = try arena.put(reminder) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__OccurrenceFilter>) -> Int { task_scheduler__v1__occurrence_filter__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__OccurrenceFilter>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__occurrence_filter__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__OccurrenceFilter>? {
            task_scheduler__v1__occurrence_filter__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ListOccurrencesRequest: WireMessage, Hashable {
        public var filter: OccurrenceFilter? = nil
        public var cursor: [UInt8] = []
        public var limit: UInt32 = 0
        /// where `only` is set
        public var withAttempts: Bool = false

        public init(filter: OccurrenceFilter? = nil, cursor: [UInt8] = [], limit: UInt32 = 0, withAttempts: Bool = false) {
            self.filter = filter
            self.cursor = cursor
            self.limit = limit
            self.withAttempts = withAttempts
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListOccurrencesRequest>) throws(MessageError) {
            if let value = c.pointee.filter { filter = try OccurrenceFilter(reading: value) }
            cursor = Arena.bytes(c.pointee.cursor)
            limit = c.pointee.limit
            withAttempts = c.pointee.with_attempts != 0
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListOccurrencesRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_occurrences_request__init(c)
            if let filter { c.pointee.filter = try arena.put(filter) }
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
            c.pointee.limit = limit
            c.pointee.with_attempts = withAttempts ? 1 : 0
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListOccurrencesRequest>) -> Int { task_scheduler__v1__list_occurrences_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListOccurrencesRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_occurrences_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListOccurrencesRequest>? {
            task_scheduler__v1__list_occurrences_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ListOccurrencesReply: WireMessage, Hashable {
        public var occurrences: [Occurrence] = []
        public var cursor: [UInt8] = []
        public var attempts: [Attempt] = []

        public init(occurrences: [Occurrence] = [], cursor: [UInt8] = [], attempts: [Attempt] = []) {
            self.occurrences = occurrences
            self.cursor = cursor
            self.attempts = attempts
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListOccurrencesReply>) throws(MessageError) {
            occurrences = try Arena.messages(c.pointee.occurrences, c.pointee.n_occurrences) { (c) throws(MessageError) in try Occurrence(reading: c) }
            cursor = Arena.bytes(c.pointee.cursor)
            attempts = try Arena.messages(c.pointee.attempts, c.pointee.n_attempts) { (c) throws(MessageError) in try Attempt(reading: c) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListOccurrencesReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_occurrences_reply__init(c)
            (c.pointee.occurrences, c.pointee.n_occurrences) = try arena.put(messages: occurrences)
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
            (c.pointee.attempts, c.pointee.n_attempts) = try arena.put(messages: attempts)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListOccurrencesReply>) -> Int { task_scheduler__v1__list_occurrences_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListOccurrencesReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_occurrences_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListOccurrencesReply>? {
            task_scheduler__v1__list_occurrences_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ChangeOccurrencesRequest: WireMessage, Hashable {
        public enum Action: UInt32, WireEnum {
            case replay = 1
            case discard = 2
        }

        public var action: Action
        public var filter: OccurrenceFilter? = nil
        public var limit: UInt32 = 0
        /// of the answer before; empty: from the latest on
        public var cursor: [UInt8] = []

        public init(action: Action, filter: OccurrenceFilter? = nil, limit: UInt32 = 0, cursor: [UInt8] = []) {
            self.action = action
            self.filter = filter
            self.limit = limit
            self.cursor = cursor
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesRequest>) throws(MessageError) {
            action = try Action(number: c.pointee.action.rawValue, in: "ChangeOccurrencesRequest.action")
            if let value = c.pointee.filter { filter = try OccurrenceFilter(reading: value) }
            limit = c.pointee.limit
            cursor = Arena.bytes(c.pointee.cursor)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ChangeOccurrencesRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change_occurrences_request__init(c)
            c.pointee.action = .init(rawValue: action.rawValue)
            if let filter { c.pointee.filter = try arena.put(filter) }
            c.pointee.limit = limit
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesRequest>) -> Int { task_scheduler__v1__change_occurrences_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change_occurrences_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ChangeOccurrencesRequest>? {
            task_scheduler__v1__change_occurrences_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ChangeOccurrencesReply: WireMessage, Hashable {
        public var changed: UInt32 = 0
        /// not empty: the next call goes on there, others may match
        public var cursor: [UInt8] = []

        public init(changed: UInt32 = 0, cursor: [UInt8] = []) {
            self.changed = changed
            self.cursor = cursor
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesReply>) throws(MessageError) {
            changed = c.pointee.changed
            cursor = Arena.bytes(c.pointee.cursor)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ChangeOccurrencesReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change_occurrences_reply__init(c)
            c.pointee.changed = changed
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesReply>) -> Int { task_scheduler__v1__change_occurrences_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change_occurrences_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ChangeOccurrencesReply>? {
            task_scheduler__v1__change_occurrences_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Queue: WireMessage, Hashable {
        public var name: String = ""
        public var paused: Bool = false
        /// 0 = no limit of its own
        public var maxConcurrency: UInt32 = 0
        /// dispatches at most in rate_seconds; 0 = no limit
        public var rateCount: UInt32 = 0
        public var rateSeconds: UInt32 = 0
        public var ready: UInt64 = 0
        public var running: UInt64 = 0
        public var workers: UInt32 = 0
        /// who has a turn each where several have something ready; absent: callers
        public var fairBy: FairShare? = nil

        public init(name: String = "", paused: Bool = false, maxConcurrency: UInt32 = 0, rateCount: UInt32 = 0, rateSeconds: UInt32 = 0, ready: UInt64 = 0, running: UInt64 = 0, workers: UInt32 = 0, fairBy: FairShare? = nil) {
            self.name = name
            self.paused = paused
            self.maxConcurrency = maxConcurrency
            self.rateCount = rateCount
            self.rateSeconds = rateSeconds
            self.ready = ready
            self.running = running
            self.workers = workers
            self.fairBy = fairBy
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Queue>) throws(MessageError) {
            name = Arena.string(c.pointee.name)
            paused = c.pointee.paused != 0
            maxConcurrency = c.pointee.max_concurrency
            rateCount = c.pointee.rate_count
            rateSeconds = c.pointee.rate_seconds
            ready = c.pointee.ready
            running = c.pointee.running
            workers = c.pointee.workers
            if c.pointee._fair_by_case == TASK_SCHEDULER__V1__QUEUE___FAIR_BY_FAIR_BY, c.pointee.fair_by.rawValue != 0 { fairBy = try FairShare(number: c.pointee.fair_by.rawValue, in: "Queue.fair_by") }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Queue>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__queue__init(c)
            if !name.isEmpty { c.pointee.name = try arena.put(name) }
            c.pointee.paused = paused ? 1 : 0
            c.pointee.max_concurrency = maxConcurrency
            c.pointee.rate_count = rateCount
            c.pointee.rate_seconds = rateSeconds
            c.pointee.ready = ready
            c.pointee.running = running
            c.pointee.workers = workers
            if let fairBy { (c.pointee._fair_by_case, c.pointee.fair_by) = (TASK_SCHEDULER__V1__QUEUE___FAIR_BY_FAIR_BY, .init(rawValue: fairBy.rawValue)) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Queue>) -> Int { task_scheduler__v1__queue__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Queue>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__queue__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Queue>? {
            task_scheduler__v1__queue__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ListQueuesRequest: WireMessage, Hashable {
        /// only names beyond this one
        public var after: String = ""
        /// 0: as many as one answer may hold
        public var limit: UInt32 = 0
        /// only these, known or not, and regardless of the others
        public var names: [String] = []

        public init(after: String = "", limit: UInt32 = 0, names: [String] = []) {
            self.after = after
            self.limit = limit
            self.names = names
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListQueuesRequest>) throws(MessageError) {
            after = Arena.string(c.pointee.after)
            limit = c.pointee.limit
            names = Arena.strings(c.pointee.names, c.pointee.n_names)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListQueuesRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_queues_request__init(c)
            if !after.isEmpty { c.pointee.after = try arena.put(after) }
            c.pointee.limit = limit
            (c.pointee.names, c.pointee.n_names) = try arena.put(strings: names)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListQueuesRequest>) -> Int { task_scheduler__v1__list_queues_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListQueuesRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_queues_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListQueuesRequest>? {
            task_scheduler__v1__list_queues_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ListQueuesReply: WireMessage, Hashable {
        /// by name
        public var queues: [Queue] = []
        /// there are others beyond the last
        public var more: Bool = false

        public init(queues: [Queue] = [], more: Bool = false) {
            self.queues = queues
            self.more = more
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListQueuesReply>) throws(MessageError) {
            queues = try Arena.messages(c.pointee.queues, c.pointee.n_queues) { (c) throws(MessageError) in try Queue(reading: c) }
            more = c.pointee.more != 0
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListQueuesReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_queues_reply__init(c)
            (c.pointee.queues, c.pointee.n_queues) = try arena.put(messages: queues)
            c.pointee.more = more ? 1 : 0
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListQueuesReply>) -> Int { task_scheduler__v1__list_queues_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListQueuesReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_queues_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListQueuesReply>? {
            task_scheduler__v1__list_queues_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ChangeQueueRequest: WireMessage, Hashable {
        public var queue: Queue? = nil

        public init(queue: Queue? = nil) {
            self.queue = queue
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ChangeQueueRequest>) throws(MessageError) {
            if let value = c.pointee.queue { queue = try Queue(reading: value) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ChangeQueueRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change_queue_request__init(c)
            if let queue { c.pointee.queue = try arena.put(queue) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ChangeQueueRequest>) -> Int { task_scheduler__v1__change_queue_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ChangeQueueRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change_queue_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ChangeQueueRequest>? {
            task_scheduler__v1__change_queue_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct ChangeQueueReply: WireMessage, Hashable {
        public var queue: Queue? = nil

        public init(queue: Queue? = nil) {
            self.queue = queue
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ChangeQueueReply>) throws(MessageError) {
            if let value = c.pointee.queue { queue = try Queue(reading: value) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ChangeQueueReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change_queue_reply__init(c)
            if let queue { c.pointee.queue = try arena.put(queue) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ChangeQueueReply>) -> Int { task_scheduler__v1__change_queue_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ChangeQueueReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change_queue_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ChangeQueueReply>? {
            task_scheduler__v1__change_queue_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
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

        public init(attach: Attach? = nil, credit: UInt32 = 0, outcomes: [OutcomeReport] = [], leaving: Bool = false) {
            self.attach = attach
            self.credit = credit
            self.outcomes = outcomes
            self.leaving = leaving
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__WorkerMessage>) throws(MessageError) {
            if let value = c.pointee.attach { attach = try Attach(reading: value) }
            credit = c.pointee.credit
            outcomes = try Arena.messages(c.pointee.outcomes, c.pointee.n_outcomes) { (c) throws(MessageError) in try OutcomeReport(reading: c) }
            leaving = c.pointee.leaving != 0
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__WorkerMessage>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__worker_message__init(c)
            if let attach { c.pointee.attach = try arena.put(attach) }
            c.pointee.credit = credit
            (c.pointee.outcomes, c.pointee.n_outcomes) = try arena.put(messages: outcomes)
            c.pointee.leaving = leaving ? 1 : 0
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__WorkerMessage>) -> Int { task_scheduler__v1__worker_message__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__WorkerMessage>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__worker_message__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__WorkerMessage>? {
            task_scheduler__v1__worker_message__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Attach: WireMessage, Hashable {
        public var instance: String = ""
        public var queues: [String] = []
        public var tasks: [String] = []
        public var running: [Lease] = []
        /// have ended; their outcomes come in the messages after this one
        public var following: [Lease] = []
        /// 16 to 64 random bytes, drawn once by a process: who says the same is the same worker
        public var token: [UInt8] = []

        public init(instance: String = "", queues: [String] = [], tasks: [String] = [], running: [Lease] = [], following: [Lease] = [], token: [UInt8] = []) {
            self.instance = instance
            self.queues = queues
            self.tasks = tasks
            self.running = running
            self.following = following
            self.token = token
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Attach>) throws(MessageError) {
            instance = Arena.string(c.pointee.instance)
            queues = Arena.strings(c.pointee.queues, c.pointee.n_queues)
            tasks = Arena.strings(c.pointee.tasks, c.pointee.n_tasks)
            running = try Arena.messages(c.pointee.running, c.pointee.n_running) { (c) throws(MessageError) in try Lease(reading: c) }
            following = try Arena.messages(c.pointee.following, c.pointee.n_following) { (c) throws(MessageError) in try Lease(reading: c) }
            token = Arena.bytes(c.pointee.token)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Attach>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__attach__init(c)
            if !instance.isEmpty { c.pointee.instance = try arena.put(instance) }
            (c.pointee.queues, c.pointee.n_queues) = try arena.put(strings: queues)
            (c.pointee.tasks, c.pointee.n_tasks) = try arena.put(strings: tasks)
            (c.pointee.running, c.pointee.n_running) = try arena.put(messages: running)
            (c.pointee.following, c.pointee.n_following) = try arena.put(messages: following)
            if !token.isEmpty { c.pointee.token = try arena.put(token) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Attach>) -> Int { task_scheduler__v1__attach__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Attach>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__attach__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Attach>? {
            task_scheduler__v1__attach__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct Lease: WireMessage, Hashable {
        public var lease: UInt64 = 0
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0

        public init(lease: UInt64 = 0, id: [UInt8] = [], scheduledAt: Int64 = 0) {
            self.lease = lease
            self.id = id
            self.scheduledAt = scheduledAt
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Lease>) throws(MessageError) {
            lease = c.pointee.lease
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Lease>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__lease__init(c)
            c.pointee.lease = lease
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Lease>) -> Int { task_scheduler__v1__lease__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Lease>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__lease__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Lease>? {
            task_scheduler__v1__lease__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct OutcomeReport: WireMessage, Hashable {
        public var lease: UInt64 = 0
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0
        /// one that this scheduler does not know is tried again, and acknowledged
        public var outcome: OpenEnum<Outcome>
        /// 0 = the scheduler decides; of OUTCOME_UNSENT: see README.md, "A worker"
        public var retryAfterMs: UInt32 = 0
        public var startedAtMs: Int64 = 0
        public var durationUs: Int64 = 0
        public var statusCode: UInt32 = 0
        public var detail: String = ""

        public init(lease: UInt64 = 0, id: [UInt8] = [], scheduledAt: Int64 = 0, outcome: OpenEnum<Outcome>, retryAfterMs: UInt32 = 0, startedAtMs: Int64 = 0, durationUs: Int64 = 0, statusCode: UInt32 = 0, detail: String = "") {
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

        public init(reading c: UnsafePointer<TaskScheduler__V1__OutcomeReport>) throws(MessageError) {
            lease = c.pointee.lease
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
            outcome = OpenEnum(number: c.pointee.outcome.rawValue)
            retryAfterMs = c.pointee.retry_after_ms
            startedAtMs = c.pointee.started_at_ms
            durationUs = c.pointee.duration_us
            statusCode = c.pointee.status_code
            detail = Arena.string(c.pointee.detail)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__OutcomeReport>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__outcome_report__init(c)
            c.pointee.lease = lease
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
            c.pointee.outcome = .init(rawValue: outcome.number)
            c.pointee.retry_after_ms = retryAfterMs
            c.pointee.started_at_ms = startedAtMs
            c.pointee.duration_us = durationUs
            c.pointee.status_code = statusCode
            if !detail.isEmpty { c.pointee.detail = try arena.put(detail) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__OutcomeReport>) -> Int { task_scheduler__v1__outcome_report__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__OutcomeReport>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__outcome_report__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__OutcomeReport>? {
            task_scheduler__v1__outcome_report__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct SchedulerMessage: WireMessage, Hashable {
        public var dispatches: [Dispatch] = []
        public var acknowledged: [UInt64] = []
        public var revoked: [UInt64] = []
        /// what has not begun, or not left yet, is to end as OUTCOME_UNSENT
        public var recalled: [UInt64] = []

        public init(dispatches: [Dispatch] = [], acknowledged: [UInt64] = [], revoked: [UInt64] = [], recalled: [UInt64] = []) {
            self.dispatches = dispatches
            self.acknowledged = acknowledged
            self.revoked = revoked
            self.recalled = recalled
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__SchedulerMessage>) throws(MessageError) {
            dispatches = try Arena.messages(c.pointee.dispatches, c.pointee.n_dispatches) { (c) throws(MessageError) in try Dispatch(reading: c) }
            acknowledged = Array(UnsafeBufferPointer(start: c.pointee.acknowledged, count: c.pointee.n_acknowledged))
            revoked = Array(UnsafeBufferPointer(start: c.pointee.revoked, count: c.pointee.n_revoked))
            recalled = Array(UnsafeBufferPointer(start: c.pointee.recalled, count: c.pointee.n_recalled))
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__SchedulerMessage>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__scheduler_message__init(c)
            (c.pointee.dispatches, c.pointee.n_dispatches) = try arena.put(messages: dispatches)
            (c.pointee.acknowledged, c.pointee.n_acknowledged) = try arena.put(values: acknowledged)
            (c.pointee.revoked, c.pointee.n_revoked) = try arena.put(values: revoked)
            (c.pointee.recalled, c.pointee.n_recalled) = try arena.put(values: recalled)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__SchedulerMessage>) -> Int { task_scheduler__v1__scheduler_message__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__SchedulerMessage>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__scheduler_message__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__SchedulerMessage>? {
            task_scheduler__v1__scheduler_message__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
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
        public var authorization: Secret = ""

        public init(lease: UInt64 = 0, id: [UInt8] = [], scheduledAt: Int64 = 0, attempt: UInt32 = 0, leaseMs: UInt32 = 0, task: String = "", arguments: [UInt8] = [], authorization: Secret = "") {
            self.lease = lease
            self.id = id
            self.scheduledAt = scheduledAt
            self.attempt = attempt
            self.leaseMs = leaseMs
            self.task = task
            self.arguments = arguments
            self.authorization = authorization
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Dispatch>) throws(MessageError) {
            lease = c.pointee.lease
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
            attempt = c.pointee.attempt
            leaseMs = c.pointee.lease_ms
            task = Arena.string(c.pointee.task)
            arguments = Arena.bytes(c.pointee.arguments)
            authorization = Secret(Arena.string(c.pointee.authorization))
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Dispatch>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__dispatch__init(c)
            c.pointee.lease = lease
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
            c.pointee.attempt = attempt
            c.pointee.lease_ms = leaseMs
            if !task.isEmpty { c.pointee.task = try arena.put(task) }
            if !arguments.isEmpty { c.pointee.arguments = try arena.put(arguments) }
            if !authorization.isEmpty { c.pointee.authorization = try arena.put(authorization.value) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Dispatch>) -> Int { task_scheduler__v1__dispatch__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Dispatch>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__dispatch__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Dispatch>? {
            task_scheduler__v1__dispatch__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    /// What two services must have the same of to compute the same times.
    public struct Bases: WireMessage, Hashable {
        /// version and digest of the zone data; empty: not known
        public var tzdata: String = ""

        public init(tzdata: String = "") {
            self.tzdata = tzdata
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Bases>) throws(MessageError) {
            tzdata = Arena.string(c.pointee.tzdata)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Bases>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__bases__init(c)
            if !tzdata.isEmpty { c.pointee.tzdata = try arena.put(tzdata) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Bases>) -> Int { task_scheduler__v1__bases__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Bases>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__bases__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Bases>? {
            task_scheduler__v1__bases__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

/// What a gateway asks of a scheduler.
public enum SchedulerService {
    /// protobuf-c's descriptor: servers build their dispatch table from it.
    public static var descriptor: ServiceDescriptor { ServiceDescriptor(task_scheduler__v1__scheduler__descriptor) }
    public static var create: UnaryMethod<Proto.CreateRequest, Proto.CreateReply> { .init(index: 0, path: "task_scheduler.v1.Scheduler/Create") }
    public static var createMany: UnaryMethod<Proto.CreateManyRequest, Proto.CreateManyReply> { .init(index: 1, path: "task_scheduler.v1.Scheduler/CreateMany") }
    public static var get: UnaryMethod<Proto.ReminderRef, Proto.ReminderReply> { .init(index: 2, path: "task_scheduler.v1.Scheduler/Get") }
    public static var list: UnaryMethod<Proto.ListRequest, Proto.ListReply> { .init(index: 3, path: "task_scheduler.v1.Scheduler/List") }
    public static var change: UnaryMethod<Proto.ChangeRequest, Proto.ChangeReply> { .init(index: 4, path: "task_scheduler.v1.Scheduler/Change") }
    public static var attempts: UnaryMethod<Proto.AttemptsRequest, Proto.AttemptsReply> { .init(index: 5, path: "task_scheduler.v1.Scheduler/Attempts") }
    public static var listOccurrences: UnaryMethod<Proto.ListOccurrencesRequest, Proto.ListOccurrencesReply> { .init(index: 6, path: "task_scheduler.v1.Scheduler/ListOccurrences") }
    public static var changeOccurrences: UnaryMethod<Proto.ChangeOccurrencesRequest, Proto.ChangeOccurrencesReply> { .init(index: 7, path: "task_scheduler.v1.Scheduler/ChangeOccurrences") }
    public static var listQueues: UnaryMethod<Proto.ListQueuesRequest, Proto.ListQueuesReply> { .init(index: 8, path: "task_scheduler.v1.Scheduler/ListQueues") }
    public static var changeQueue: UnaryMethod<Proto.ChangeQueueRequest, Proto.ChangeQueueReply> { .init(index: 9, path: "task_scheduler.v1.Scheduler/ChangeQueue") }
    public static var compare: UnaryMethod<Proto.Bases, Proto.Bases> { .init(index: 10, path: "task_scheduler.v1.Scheduler/Compare") }
    public static var work: StreamMethod<Proto.WorkerMessage, Proto.SchedulerMessage> { .init(index: 11, path: "task_scheduler.v1.Scheduler/Work") }
}
