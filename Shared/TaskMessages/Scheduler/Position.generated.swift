// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

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
