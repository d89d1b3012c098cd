// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos
public import TaskDomain

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
