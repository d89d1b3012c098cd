// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

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
