// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    /// A task goes on for longer than its lease lasts.
    public struct Extension: WireMessage, Hashable {
        /// the worker's, for the answer; above 0
        public var id: UInt64 = 0
        public var lease: Lease? = nil
        /// how long the task may go on from now, 1 ms to an hour
        public var forMs: UInt32 = 0

        public init(id: UInt64 = 0, lease: Lease? = nil, forMs: UInt32 = 0) {
            self.id = id
            self.lease = lease
            self.forMs = forMs
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Extension>) throws(MessageError) {
            id = c.pointee.id
            if let value = c.pointee.lease { lease = try Lease(reading: value) }
            forMs = c.pointee.for_ms
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Extension>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__extension__init(c)
            c.pointee.id = id
            if let lease { c.pointee.lease = try arena.put(lease) }
            c.pointee.for_ms = forMs
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Extension>) -> Int { task_scheduler__v1__extension__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Extension>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__extension__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Extension>? {
            task_scheduler__v1__extension__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
