// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos
public import TaskDomain

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
