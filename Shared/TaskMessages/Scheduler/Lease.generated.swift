// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct Lease: WireMessage, Hashable {
        public var lease: UInt64 = 0
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0
        /// Of one that is running and was extended:
        public var leftMs: UInt32 = 0
        /// how long its worker has had it
        public var heldMs: UInt32 = 0

        public init(lease: UInt64 = 0, id: [UInt8] = [], scheduledAt: Int64 = 0, leftMs: UInt32 = 0, heldMs: UInt32 = 0) {
            self.lease = lease
            self.id = id
            self.scheduledAt = scheduledAt
            self.leftMs = leftMs
            self.heldMs = heldMs
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Lease>) throws(MessageError) {
            lease = c.pointee.lease
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
            leftMs = c.pointee.left_ms
            heldMs = c.pointee.held_ms
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Lease>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__lease__init(c)
            c.pointee.lease = lease
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
            c.pointee.left_ms = leftMs
            c.pointee.held_ms = heldMs
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Lease>) -> Int { task_scheduler__v1__lease__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Lease>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__lease__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Lease>? {
            task_scheduler__v1__lease__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
